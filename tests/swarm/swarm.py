#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""swarm.py - random workloads through the whole of sim: none may crash, hang or end nameless

Each workload is a pure function of (seed, number). Ranges and choices come from `sim params
--format=json`, so that a new row of the parameter table is drawn from without a change here; what
no row knows (that regions fit in RAM, that a loop takes time) is below. Lengths are short and
sizes small: it is the corners that are looked for.

A run is good when sim ends in time with status 0, or with status 1 and a named outcome that this
workload may have (END below). sim checks its ledger, its page tables and the protocol's invariants
by itself; here the JSON is checked for sums: the ledger against wall time x vCPUs, the outcomes
of faults against the reasons.

  swarm.py SIM [--seed S] [--runs N] [--only I] [--show] [--timeout SECONDS]

--seed takes any text (nightly: the commit hash). --only I runs one workload; --show prints it.
"""

import argparse
import json
import os
import random
import re
import subprocess
import sys
import tempfile

KIB = 1024
UNITS = {"ns": 1, "us": 1000, "ms": 10**6, "s": 10**9,
         "B": 1, "KiB": KIB, "MiB": KIB**2, "GiB": KIB**3, "TiB": KIB**4}

# Where the table's range is far wider than what a short run can show: the largest that is drawn.
CAPS = {"guest.vcpus": 16, "host.hz": 10000, "guest.hz": 10000, "host.page_cluster": 8,
        "host.read_around": 256, "disk.channels": 8, "monitor.parallelism": 8, "cost.*": 50000,
        "guest.cfs.*": 20 * 10**6, "host.sched.*": 20 * 10**6, "host.halt_poll": 10**6,
        "host.memory.min_free": 256 * KIB, "monitor.network_rtt": 10**6,
        "monitor.copy": 10**5, "monitor.lock_hold": 10**5, "monitor.lock_per_waiter": 10**4,
        "disk.per_page": 10**5}
# Drawn by their own functions, or fixed.
APART = ("name", "protocol", "duration", "warmup", "seed", "replicas", "modes", "check.", "host.memory.limit",
         "host.cpus", "guest.memory", "guest.vcpus", "guest.hotplug.", "disk.", "monitor.latency",
         "monitor.bandwidth", "regions.", "tasks.", "guests.")

# Outcomes with status 1 that a valid workload may have, and when.
END = {
    # a guest that asks for events in kernel mode gets what real Linux would do with them
    "guest_panic": lambda text, last: "send_always: true" in text,
    # vCPUs that steal a few frames from each other, when neither exits nor touches take time
    # (and, where a page in flight is tried again at once, a vCPU that does)
    "no_progress": lambda text, last: re.search(r" exit: 0ns", text) and
                   (re.search(r"touch: 0ns", text) and re.search(r"limit: (4|8|12|28)KiB", text)
                    or "protocol: arm64-sdei" in text and re.search(r" fault: 0ns", text)),
    # the weakness of all guests: with tasks that sleep on the stale slot, or before one does
    "stuck_tasks": lambda text, last: "hotplug: " in text and "(HOLE-1)" in last,
    "broken": lambda text, last: "hotplug: " in text and "(HOLE-1)" in last,
}


class Table:
    """The rows of `sim params`, as things to draw from."""

    def __init__(self, sim):
        out = subprocess.run([sim, "params", "--format=json"], check=True, capture_output=True)
        self.rows = {row["key"]: row for row in json.loads(out.stdout)}

    def cap(self, key):
        return CAPS.get(key, CAPS.get(key.split(".")[0] + ".*",
                                      CAPS.get(key.rsplit(".", 1)[0] + ".*")))

    def choices(self, key):
        return [c for c in self.rows[key]["range"].split(" | ") if c]

    def draw(self, rng, key):
        """A value of the row as YAML text. Ends of the range are drawn often."""
        text = self.rows[key]["range"]
        match = re.fullmatch(r"(-?[\d.]+)([a-zA-Z%]*) to (-?[\d.]+)([a-zA-Z%]*)", text)
        if not match:
            return rng.choice(self.choices(key))
        low = int(float(match[1]) * UNITS.get(match[2], 1))
        high = int(float(match[3]) * UNITS.get(match[4], 1))
        cap = self.cap(key)
        high = min(high, cap) if cap else high
        kind = rng.random()
        value = low if kind < 0.2 else high if kind < 0.25 else wide(rng, low, high)
        if match[4] in ("ns", "us", "ms", "s"):
            return "%dns" % value
        if match[4] == "%":
            return "%d%%" % value
        return pages(value // (4 * KIB)) if match[4] in UNITS else str(value)


def wide(rng, low, high):
    """Between low and high, by orders of magnitude."""
    if low >= high:
        return low
    top = (high - low).bit_length()
    return min(high, low + rng.getrandbits(rng.randint(1, top)))


def nanoseconds(rng, least, most):
    return wide(rng, least, most)


def distribution(rng, least, most):
    a, b = sorted(nanoseconds(rng, least, most) for _ in range(2))
    kind = rng.choice(["constant", "constant", "uniform", "exponential", "lognormal", "quantiles"])
    if kind == "uniform":
        return "uniform(%dns,%dns)" % (a, b)
    if kind == "exponential":
        return "exponential(%dns)" % max(b, 1)
    if kind == "lognormal" and a > 0:
        return "lognormal(p50=%dns,p99=%dns)" % (a, min(max(b, a + 1), 50 * a))
    if kind == "quantiles":
        return "quantiles(0:%dns,0.5:%dns,1:%dns)" % (a, (a + b) // 2, b)
    return "%dns" % a


def pages(n):
    return "%dKiB" % (4 * n)


class Workload:
    """Draws one workload; text() is the YAML."""

    def __init__(self, table, rng):
        self.table = table
        self.rng = rng
        self.vcpus = rng.choice([1, 1, 2, 3, 4, 8, 16])
        longest = 10**8 // self.vcpus
        self.duration = rng.choice([wide(rng, 1, longest), rng.randint(1, longest)])
        self.sections = {}
        self.regions, self.owner = {}, {}
        for key in table.rows:
            if not key.startswith(APART) and rng.random() < 0.5:
                self.put(key, table.draw(rng, key))
        self.costs()
        self.put("guest.vcpus", self.vcpus)
        self.many_guests()
        self.put("host.cpus", rng.choice(["own", "own", 1, rng.randint(1, 2 * self.vcpus)]))
        if self.get("host.hlt_in_guest") == "true":
            self.sections.get("host", {}).pop("halt_poll", None)
        self.disk()
        self.memory()
        self.tasks()
        self.hotplug()
        self.protocol()

    def put(self, key, value):
        *path, last = key.split(".")
        at = self.sections
        for name in path:
            at = at.setdefault(name, {})
        at[last] = str(value)

    def get(self, key):
        at = self.sections
        for name in key.split("."):
            at = at.get(name, {})
        return at

    def protocol(self):
        """One in four is a what-if, on kernels of today and without what is x86's alone."""
        if self.rng.random() > 0.25 or "hotplug" in self.sections.get("guest", {}):
            return
        if self.rng.random() < 0.3:
            for task in self.sections["tasks"].values():
                task["nested"] = self.rng.choice(["true", "false"])
            return
        self.put("protocol", self.rng.choice(["async-pf-user", "arm64-sdei", "s390"]))
        for side in ("host", "guest"):
            self.put(side + ".kernel", self.rng.choice(["6.12", "tip"]))
        self.put("guest.send_always", "false")

    def hotplug(self):
        """A CPU that goes and comes, in some of the guests that have one to spare."""
        rng = self.rng
        if self.vcpus == 1 or self.duration == 1 or rng.random() < 0.6 or "" not in self.guests:
            return
        self.put("guest.hotplug.count", rng.choice([1, 2, 1000]))
        self.put("guest.hotplug.vcpu", rng.randint(1, self.vcpus - 1))
        self.put("guest.hotplug.first", "%dns" % rng.randint(1, self.duration - 1))
        for key in "offline", "online":
            self.put("guest.hotplug." + key, "%dns" % wide(rng, 1, 10**6))
        if rng.random() < 0.5:
            self.put("check.fix", "HOLE-1")

    def many_guests(self):
        """Often one; else each with some keys of its own."""
        rng = self.rng
        self.guests, self.copies = {"": self.vcpus}, {}
        if rng.random() < 0.7:
            return
        self.guests = {"g%d" % i: rng.choice([1, 1, 2, self.vcpus]) for i in range(rng.randint(1, 3))}
        for name, vcpus in self.guests.items():
            self.put("guests.%s.vcpus" % name, vcpus)
            self.put("guests.%s.apf" % name, rng.choice(["true", "false"]))
            self.copies[name] = rng.choice([1, 1, 2])
            self.put("guests.%s.copies" % name, self.copies[name])
        self.vcpus = sum(n * self.copies[name] for name, n in self.guests.items())

    def guest(self, of):
        """The guest of a region or task, and that it says so."""
        name = self.rng.choice(sorted(self.guests))
        if name:
            of["guest"] = name
        return name

    def costs(self):
        """All zero, now and then: an exact model is made so."""
        kind = self.rng.random()
        if kind > 0.3:
            return
        for key in self.table.rows:
            if key.startswith("cost.") and (kind < 0.15 or self.rng.random() < 0.5):
                self.put(key, "0ns")

    def disk(self):
        rng = self.rng
        devices = ["hdd", "sata-ssd", "nvme-flash", "optane", "zram", "zram-zstd", "custom"]
        device = rng.choice(devices)
        self.put("disk.device", device)
        if device == "custom" or rng.random() < 0.2:
            self.put("disk.read", distribution(rng, 0, 10**6))
            self.put("disk.write", distribution(rng, 0, 10**6))
        for key in ("disk.channels", "disk.per_page", "disk.seek", "disk.synchronous"):
            if rng.random() < 0.2:
                self.put(key, self.table.draw(rng, key))
        if self.get("disk.synchronous") != "true" and not device.startswith("zram"):
            if rng.random() < 0.2:
                self.put("disk.network_rtt", "%dns" % nanoseconds(rng, 0, 10**6))
        if rng.random() < 0.5:
            self.put("monitor.latency", distribution(rng, 0, 10**6))
        if rng.random() < 0.3:
            self.put("monitor.bandwidth", rng.choice(["none", "4KiB", "1MiB", "1GiB", "1TiB"]))

    def memory(self):
        rng = self.rng
        limit = rng.choice([0, 1, 2, 3, 7, 64, wide(rng, 1, 4096)])
        if limit and self.get("host.memory.kind") == "global":
            limit = 256 + limit  # below its watermarks there is no such machine
        left, total, for_good = limit or 10**9, 0, 0
        self.put("host.memory.limit", pages(limit) if limit else "none")
        for i in range(rng.choice([1, 1, 2, 4])):
            size = wide(rng, 1, 8192)
            region = {}
            owner = self.owner["r%d" % i] = self.guest(region)
            copies = self.copies.get(owner, 1)
            resident = min(rng.choice([0, size, wide(rng, 0, size)]), left // copies)
            left -= resident * copies
            total += size
            self.regions["r%d" % i] = size
            backing = rng.choice(self.table.choices("regions.*.backing"))
            if backing == "private" and limit and for_good + size * copies > limit:
                backing = "hugetlb"  # private memory is never reclaimed
            if backing == "hugetlb":  # pages of 2 MiB; those beyond count in `total` all the same
                size, resident = max(size // 512, 1) * 512, resident // 512 * 512
                total += 512
                self.regions["r%d" % i] = size
            for_good += size * copies if backing == "private" else 0
            region.update({
                "size": pages(size),
                "backing": backing,
                "advice": rng.choice(self.table.choices("regions.*.advice")),
                "resident": pages(resident) if resident else "0",
                "dirty": rng.choice(["true", "false"]),
            })
            self.sections.setdefault("regions", {})["r%d" % i] = region
        self.put("guest.memory", pages(total + rng.choice([0, 1, 1000])))

    def share(self):
        return self.rng.choice([0, 0, 0, 10, 50, 100])

    def touch(self):
        """A page of the guest that the task runs in, if it has any."""
        rng = self.rng
        mine = [r for r in sorted(self.regions) if self.owner[r] == self.current]
        if not mine:
            return "compute: %s" % distribution(rng, 0, 10**6)
        region = rng.choice(mine)
        size = self.regions[region]
        first = rng.choice([0, 0, wide(rng, 0, size - 1)])
        span = rng.choice([0, 1, wide(rng, 1, size - first)])
        kernel = self.share()
        irq_off = rng.choice([0, 0, rng.randint(0, 100 - kernel)])
        pattern = rng.choice(["sequential", "cyclic", "uniform", "zipf"])
        t = {"region": region, "pattern": pattern, "pages": rng.choice([1, 1, 2, 20]),
             "write": "%d%%" % self.share(), "kernel": "%d%%" % kernel,
             "irq_off": "%d%%" % irq_off, "first": pages(first) if first else "0",
             "span": pages(span) if span else "0"}
        if pattern in ("sequential", "cyclic"):
            t["stride"] = rng.choice([1, 1, 2, 1000, 2147483647])
        if pattern == "zipf":
            t["zipf"] = rng.choice(["0.001", "0.8", "1.0", "3", "10"])
        return "touch: " + flow(t)

    def step(self):
        kind = self.rng.choice(["touch", "touch", "touch", "compute", "compute", "sleep", "yield"])
        if kind == "touch":
            return self.touch()
        if kind == "yield":
            return "yield: true"
        return "%s: %s" % (kind, distribution(self.rng, 0, 10**6))

    def task(self):
        rng = self.rng
        task = {}
        self.current = self.guest(task)
        loop = [self.step() for _ in range(rng.randint(1, 4))]
        loop.insert(rng.randint(0, len(loop)), "compute: %dns" % nanoseconds(rng, 500, 10**5))
        if rng.random() < 0.05:
            loop.append("exit: true")
        task["count"] = rng.choice([1, 1, 2, 5, 70 if self.vcpus < 4 else 3])
        if rng.random() < 0.4:
            task["per_vcpu"] = "true"
        elif rng.random() < 0.4:
            task["vcpu"] = rng.randrange(self.guests[self.current])
        if rng.random() < 0.3:
            task["nice"] = rng.randint(-20, 19)
        if rng.random() < 0.2:
            task["iterations"] = wide(rng, 1, 1000)
        if rng.random() < 0.2:
            task["start"] = "%dns" % nanoseconds(rng, 0, self.duration - 1)
        task["measure"] = rng.choice(["true", "false"])
        task["loop"] = loop
        return task

    def tasks(self):
        tasks = {"t%d" % i: self.task() for i in range(self.rng.randint(1, 4))}
        tasks["t0"]["measure"] = "true"
        self.sections["tasks"] = tasks
        self.services()

    def lock(self, rng, task):
        """One lock over a part of the loop: a task that holds one asks for no other."""
        if rng.random() > 0.25 or "exit: true" in task["loop"]:
            return
        name = rng.choice(["a", "b"])
        first = rng.randint(0, len(task["loop"]))
        task["loop"].insert(first, "lock: " + name)
        task["loop"].insert(rng.randint(first + 1, len(task["loop"])), "unlock: " + name)

    def arrivals(self, rng, task):
        if rng.random() > 0.25 or "exit: true" in task["loop"] or "iterations" in task:
            return
        process = rng.choice(["poisson", "constant", "bursts", "clients"])
        a = {"process": process, "queue": wide(rng, 1, 10000)}
        if process == "clients":
            a["clients"] = wide(rng, 1, 100)
            a["queue"] = max(a["queue"], a["clients"])
            a["think"] = "'%s'" % distribution(rng, 0, 10**6)
        elif rng.random() < 0.5:
            a["rate"] = "%d/s" % wide(rng, 1, 100000)
        else:
            a["interval"] = "%dns" % nanoseconds(rng, 5000, 10**7)
        if process == "bursts":
            a["burst"] = wide(rng, 1, 100)
        task["arrivals"] = a
        if rng.random() < 0.5:
            task["objective"] = "p%s < %dns" % (rng.choice(["50", "99", "99.9"]), nanoseconds(rng, 1, 10**7))

    def services(self):
        """Draws of its own: the rest of a workload is what it was without."""
        rng = random.Random(self.rng.getrandbits(32))
        for task in self.sections["tasks"].values():
            self.lock(rng, task)
            self.arrivals(rng, task)
        self.ends(rng)

    def ends(self, rng):
        """Who ends may end the run; what is there need not be mapped."""
        for task in self.sections["tasks"].values():
            if ("iterations" in task or "exit: true" in task["loop"]) and rng.random() < 0.3:
                task["ends_run"] = "true"
        for region in self.sections["regions"].values():
            if region["backing"] not in ("hugetlb", "private") and rng.random() < 0.2:
                region["unmapped"] = "true"

    def text(self):
        rng = self.rng
        top = {"duration": "%dns" % self.duration,
               "warmup": rng.choice(["0s", "%dns" % nanoseconds(rng, 0, 5 * 10**7 // self.vcpus)]),
               "seed": rng.getrandbits(rng.choice([3, 63])), "replicas": rng.choice([1, 1, 2]),
               "check": {"walk_every": rng.choice([0, 1, 7, 1024])}}
        top.update(self.sections)
        return "\n".join(lines(top, "")) + "\n"


def flow(value):
    if isinstance(value, dict):
        return "{" + ", ".join("%s: %s" % (k, flow(v)) for k, v in value.items()) + "}"
    return str(value)


def lines(value, indent):
    for key, v in value.items():
        if isinstance(v, dict):
            yield "%s%s:" % (indent, key)
            yield from lines(v, indent + "  ")
        elif isinstance(v, list):
            yield "%s%s:" % (indent, key)
            yield from ("%s  - %s" % (indent, item) for item in v)
        else:
            yield "%s%s: %s" % (indent, key, v)


def check_sums(result):
    """What the report promises about its own figures; a sentence when it does not hold."""
    for name, mode in result["modes"].items():
        wall, vcpus = mode["wall_ns"], result["_vcpus"]
        ledger = sum(mode["ledger_ns"].values())
        if mode["runs"] == result["replicas"] and ledger != wall * vcpus:
            return "%s: the ledger sums to %d, not %d" % (name, ledger, wall * vcpus)
        host = mode.get("host", {"ledger_ns": {}})["ledger_ns"]
        if mode["runs"] == result["replicas"] and host and \
                sum(host.values()) != wall * result["host_cpus"]:
            return "%s: the host's books sum to %d" % (name, sum(host.values()))
        for kind, task in mode["tasks"].items():
            r = task.get("requests", {"arrived": 0, "dropped": 0})
            if r["dropped"] > r["arrived"] or not 0 <= r.get("objective", {"within_share": 0})["within_share"] <= 1:
                return "%s: requests of %s: more dropped than came, or more in time than all" % (name, kind)
        f = mode["faults"]
        needed = sum(f.values()) - f["resident"] - f["minor"] - f["stale"]
        if f["delivered"] + sum(mode["why"].values()) != needed:
            return "%s: delivered + why is not what needed I/O (%d)" % (name, needed)
        if mode["attempts"]["repeated"] > mode["attempts"]["total"]:
            return "%s: more repeated attempts than attempts" % name
    return None


def judge(run, text, vcpus):
    """None when the run was good, else what was wrong with it."""
    words = run.stderr.strip().splitlines()
    last = words[-1] if words else ""
    if run.returncode == 1:
        match = re.match(r"sim: (\w+): ", last)
        if match and match[1] in END and END[match[1]](text, last):
            return None
        return "status 1: " + last
    if run.returncode != 0:
        return "status %d: %s" % (run.returncode, last)
    result = json.loads(run.stdout)
    if result["outcome"] not in ("horizon", "all_done"):
        return "status 0 with outcome " + result["outcome"]
    result["_vcpus"] = vcpus
    return check_sums(result)


def run_one(sim, table, number, o, folder):
    rng = random.Random("%s/%d" % (o.seed, number))
    workload = Workload(table, rng)
    text = workload.text()
    path = os.path.join(folder, "swarm.yaml")
    with open(path, "w", encoding="utf-8") as f:
        f.write(text)
    if o.show:
        print(text)
    command = [sim, "run", "--workload=" + path, "--format=json", "--jobs=1"]
    try:
        run = subprocess.run(command, capture_output=True, text=True, timeout=o.timeout,
                             check=False)
    except subprocess.TimeoutExpired:
        return "no end within %g s" % o.timeout
    return judge(run, text, workload.vcpus)


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("sim")
    parser.add_argument("--seed", default="1")
    parser.add_argument("--runs", type=int, default=60)
    parser.add_argument("--only", type=int)
    parser.add_argument("--show", action="store_true")
    parser.add_argument("--timeout", type=float, default=60)
    o = parser.parse_args()
    table = Table(o.sim)
    numbers = [o.only] if o.only is not None else range(o.runs)
    failed = 0
    with tempfile.TemporaryDirectory() as folder:
        for number in numbers:
            wrong = run_one(o.sim, table, number, o, folder)
            if wrong:
                failed += 1
                print("tests/swarm/swarm.py %s --seed=%s --only=%d --show  # %s" %
                      (o.sim, o.seed, number, wrong), flush=True)
    print("%d passed, %d failed, 0 skipped" % (len(numbers) - failed, failed))
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
