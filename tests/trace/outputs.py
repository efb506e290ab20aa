#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-or-later
#
# outputs.py SIM WORKLOADS - traces of runs: `sim run --trace`
#
# Text: no rule of the protocol is broken in it, a window and a cap are parts of the whole, a pipe
# gets the bytes of a file. JSON: by the fields that Chrome's trace format asks of each phase, and
# the time of every vCPU is there exactly once. trace.dat: trace-cmd reads back what text says, and
# so does sim trace.
# Looking changes nothing. Mistakes are one line.
import json
import os
import random
import re
import shutil
import subprocess
import sys
import tempfile

SIM = os.path.realpath(sys.argv[1])
WORKLOADS = os.path.realpath(sys.argv[2])
passed = failed = skipped = 0


def check(good, name, detail=""):
    global passed, failed
    if good:
        passed += 1
    else:
        failed += 1
        print(f"FAIL: {name}: {str(detail)[:300]}")


def call(*arguments, **options):
    return subprocess.run([SIM, *arguments], capture_output=True, check=False, **options)


def run(workload, *arguments, duration="100ms"):
    if workload == "cpu-hotplug.yaml":
        arguments += ("--set", "guest.hotplug.first=5ms")
    return call("run", os.path.join(WORKLOADS, workload), "--set", f"duration={duration}",
                "--set", "warmup=0s", "--replicas=1", *arguments)


def trace(workload, name, *arguments, **options):
    """Runs with --trace=NAME and gives the file's bytes."""
    done = run(workload, "--quiet", f"--trace={name}", *arguments, **options)
    check(done.returncode == 0, f"{workload} --trace={name}", done.stderr)
    with open(name, "rb") as file:
        return file.read()


# ---- text ----

LINE = re.compile(r" *(\S.*?)-(\d+) +\[(\d+)\] \.{5} +(\d+)\.(\d{6}): (\w+): (.*)$")
HEAD = re.compile(r"# entries-in-buffer/entries-written: (\d+)/(\d+)   #P:(\d+)$")


def events_of(text):
    """(comm, pid, cpu, us, event, words) of each line, and the two counts at the end."""
    lines = text.decode().splitlines()
    head = HEAD.match(lines[-2])
    events = []
    for line in lines:
        if line.startswith("#"):
            continue
        found = LINE.match(line)
        assert found, line
        comm, pid, cpu, seconds, part, event, words = found.groups()
        events.append((comm, int(pid), int(cpu), int(seconds) * 1000000 + int(part), event, words))
    return events, int(head[1]), int(head[2])


def text():
    for workload in sorted(os.listdir(WORKLOADS)):
        if not workload.endswith(".yaml") or workload.startswith(("what-if", "trace-")):
            continue
        events, here, of_all = events_of(trace(workload, "x.txt", "--modes=apf", duration="50ms"))
        check(len(events) == here == of_all > 0, f"{workload}: counts", (len(events), here, of_all))
        judged = call("trace", "check", "x.txt")
        check(judged.returncode == 0 and b": strict: host rules kept" in judged.stdout,
              f"{workload}: sim trace check", judged.stdout)


def window_and_cap():
    whole = trace("memhog.yaml", "whole.txt")
    events, _, _ = events_of(whole)
    part, here, of_all = events_of(trace("memhog.yaml", "part.txt", "--trace-window=40ms..80ms"))
    check(part == [e for e in events if 40000 <= e[3] < 80000] and part, "a window is a part")
    check((here, of_all) == (len(part), len(events)), "a window's counts", (here, of_all))
    times = [ns(e["ts"]) for e in json.loads(trace("memhog.yaml", "whole.json"))["traceEvents"]
             if e["ph"] == "i"]
    at = times[len(times) // 2]
    _, before, _ = events_of(trace("memhog.yaml", "part.txt", f"--trace-window=0..{at}ns"))
    _, after, _ = events_of(trace("memhog.yaml", "part.txt", f"--trace-window={at}ns..1s"))
    check((before, after) == (sum(t < at for t in times), sum(t >= at for t in times)),
          "a window has its beginning and not its end", (before, after, at))
    for name in ("cut.txt", "cut.json", "cut.dat"):
        done = run("memhog.yaml", "--quiet", f"--trace={name}", "--trace-cap=12KiB")
        size = os.path.getsize(name)
        said = done.stderr.decode()
        check(done.returncode == 0 and "--trace-cap=SIZE raises that" in said, f"{name}: said", said)
        check(8 << 10 < size < 40 << 10, f"{name}: size", size)
    first, here, of_all = events_of(open("cut.txt", "rb").read())
    check(first == events[:len(first)] and here < of_all == len(events), "a cap keeps the first")
    check_json(open("cut.json", "rb").read(), "cut.json")
    check(trace("memhog.yaml", "uncut.txt", "--trace-cap=none") == whole, "no cap")


def places():
    whole = trace("memhog.yaml", "whole.txt")
    check(trace("memhog.yaml", "again.txt") == whole, "twice the same bytes")
    for path in ("-", "/dev/stdout"):
        piped = run("memhog.yaml", f"--trace={path}", "--trace-format=txt")
        check(piped.stdout == whole, f"{path}: the bytes of a file", piped.stderr)
    os.mkfifo("fifo.txt")
    reader = subprocess.Popen(["cat", "fifo.txt"], stdout=subprocess.PIPE)
    done = run("memhog.yaml", "--quiet", "--trace=fifo.txt")
    if done.returncode != 0:
        reader.kill()  # nobody has opened the other end
    check(reader.communicate()[0] == whole and done.returncode == 0, "a FIFO", done.stderr)
    check(not [f for f in os.listdir(".") if f.endswith((".tmp", ".pages"))], "nothing is left")
    check(run("memhog.yaml", "--quiet", "--trace=/dev/full", "--trace-format=txt").returncode == 3,
          "a full disk is exit 3")


def looking():
    for mode in ("off", "halt", "apf"):
        plain = run("memhog.yaml", f"--modes={mode}", "--format=json").stdout
        for name in ("l.txt", "l.json", "l.dat"):
            seen = run("memhog.yaml", f"--modes={mode}", "--format=json", f"--trace={name}").stdout
            check(plain and seen == plain, f"{mode} {name}: the same report")
    both = run("memhog.yaml", "--quiet", "--trace=l.txt", "--trace-mode=halt")
    check(both.returncode == 0 and "kvm_inj_exception" not in open("l.txt").read(),
          "--trace-mode=halt: the guest is never told")
    second = run("memhog.yaml", "--quiet", "--replicas=2", "--trace=r.txt", "--trace-replica=1")
    check(second.returncode == 2, "--replicas twice")
    one = call("run", os.path.join(WORKLOADS, "memhog.yaml"), "--set", "duration=100ms", "--quiet",
               "--replicas=2", "--trace=r.txt", "--trace-replica=1")
    check(one.returncode == 0 and open("r.txt").read() != open("whole.txt").read(), "replica 1")


# ---- JSON ----

FIELDS = {
    "M": {"args"},
    "B": {"cat"},
    "E": {"cat"},
    "C": {"args"},
    "b": {"id", "cat", "args"},
    "e": {"id", "cat", "args"},
    "i": {"s", "cat", "args"},
}
ALWAYS = {"ph", "pid", "tid", "ts", "name"}
# What a slice may have besides: trace viewers warn of arguments at E, too.
MORE = {"B": {"args", "cname"}, "E": {"cname"}}
COLOURS = {"running": "running", "runnable": "runnable", "sleeps": "sleeping",
           "waits for a page": "iowait", "waits": "uninterruptible"}


def no_twins(pairs):
    keys = [key for key, _ in pairs]
    assert len(keys) == len(set(keys)), f"a key twice: {keys}"
    return dict(pairs)


def refuse(text):
    raise ValueError(text)


def ns(number):
    """Microseconds with three decimals, as whole ns."""
    return round(number * 1000)


def slices(events, pid=None):
    """(pid, tid, begin, end, name) of each slice; what does not fit together is None."""
    begun = {}
    for e in events:
        track = (e["pid"], e["tid"])
        if pid not in (None, e["pid"]):
            continue
        if e["ph"] == "B":
            if track in begun:
                yield None
            begun[track] = e
        elif e["ph"] == "E":
            begin = begun.pop(track, None)
            same = begin and all(begin.get(k) == e.get(k) for k in ("name", "cat"))
            yield (*track, ns(begin["ts"]), ns(e["ts"]), e["name"]) if same else None
    if begun:
        yield None


def check_fields(events):
    for e in events:
        wrong = None
        if e.get("ph") not in FIELDS:
            wrong = "phase"
        elif not ALWAYS | FIELDS[e["ph"]] <= set(e) <= (
                ALWAYS | FIELDS[e["ph"]] | MORE.get(e["ph"], {"args"})):
            wrong = "fields"
        elif e["ph"] in "BE" and e.get("cname") != (
                "thread_state_" + COLOURS[e["name"]] if e["pid"] == 2 else None):
            wrong = "colour"
        elif not all(isinstance(e[k], int) and e[k] >= 0 for k in ("pid", "tid")):
            wrong = "pid or tid"
        elif not isinstance(e["ts"], float) or e["ts"] < 0 or not e["name"]:
            wrong = "time or name"
        elif e["ph"] == "C" and not all(isinstance(v, int) for v in e["args"].values()):
            wrong = "a counter that is no number"
        elif e["ph"] == "i" and e["s"] != "t":
            wrong = "scope"
        if wrong:
            return f"{wrong}: {e}"
    return None


def check_spans(events):
    open_now, ever = {}, set()
    for e in events:
        key = (e.get("cat"), e.get("id"))
        if e["ph"] == "b":
            if key in ever:
                return f"an id twice: {e}"
            ever.add(key)
            open_now[key] = e
        elif e["ph"] == "e":
            begin = open_now.pop(key, None)
            if not begin or begin["ts"] > e["ts"] or any(
                    begin[k] != e[k] for k in ("name", "pid", "tid")):
                return f"no begin of {e}"
            if not re.fullmatch("0x[0-9a-f]+", begin["args"]["token"]) or "gfn" not in begin["args"]:
                return f"token and gfn: {begin}"
    return f"never ended: {open_now}" if open_now else None


def check_order(events):
    """Slices of a track follow each other, counters and instants go forward."""
    last = {}
    for e in events:
        if e["ph"] not in "BECi":
            continue
        key = (e["ph"] in "BE", e["pid"], e["tid"], e["name"] if e["ph"] == "C" else "")
        if e["ts"] < last.get(key, 0):  # as doubles, as viewers have them
            return f"goes back: {e}"
        last[key] = e["ts"]
    wrong = [s for s in slices(events) if not s or s[2] >= s[3]]
    return f"slices: {wrong}" if wrong else None


def check_counters(events, cut):
    """Queues change one by one; what runs and may run are some of the tasks; all go to the end."""
    end = max((e["ts"] for e in events if e["ph"] == "E" and e["pid"] == 1), default=None)
    last = {e["name"]: e["ts"] for e in events if e["ph"] == "C"}
    if not cut and any(ts != end for ts in last.values()):
        return f"counters end at {last}, slices at {end}"
    tasks = sum(e["name"] == "thread_name" and e["pid"] == 2 for e in events)
    queue = {}
    for e in events:
        if e["ph"] != "C":
            continue
        if e["name"] == "run queue" and sum(e["args"].values()) > tasks:
            return f"more than there are: {e}"
        if e["name"].startswith("queue "):
            now = e["args"]["waiting"]
            step = abs(now - queue.get(e["name"], now + 1))
            if step != 1 and not (step == 0 and e["ts"] == last[e["name"]]):
                return f"not by one: {e}"
            queue[e["name"]] = now
    return None


def check_names(events):
    named = {(e["pid"], e["tid"]) for e in events if e["name"] == "thread_name"}
    processes = {e["pid"] for e in events if e["name"] == "process_name"}
    for e in events:
        if e["ph"] in "BEibe" and (e["pid"], e["tid"]) not in named or e["pid"] not in processes:
            return f"a track without a name: {e}"
    return None


def check_json(raw, name):
    try:
        whole = json.loads(raw.decode("utf-8", "strict"), object_pairs_hook=no_twins,
                           parse_constant=refuse)
    except (ValueError, AssertionError) as wrong:
        check(False, f"{name}: JSON", wrong)
        return []
    events = whole["traceEvents"]
    check(set(whole) == {"displayTimeUnit", "traceEvents", "otherData"}, f"{name}: top")
    for test in (check_fields, check_spans, check_order, check_names):
        wrong = test(events)
        check(not wrong, f"{name}: {test.__name__}", wrong)
    wrong = check_counters(events, "cut_at_us" in whole["otherData"])
    check(not wrong, f"{name}: counters", wrong)
    return events


def time_is_there_once(events, name, since, until):
    """Each vCPU's slices fill the window, each task that has been heard of is somewhere."""
    for pid, least in ((1, until - since), (2, 0)):
        total = {}
        for _, tid, begin, end, _ in slices(events, pid):
            total[tid] = total.get(tid, 0) + end - begin
            if not since <= begin < end <= until:
                check(False, f"{name}: outside of the window", (begin, end))
        wrong = [t for t in total.values() if not least <= t <= until - since]
        check(total and not wrong, f"{name}: the time of process {pid}", total)


def json_traces():
    ms = 1000000
    for workload, since, until in (("memhog.yaml", 0, 100), ("memhog.yaml", 41, 77),
                                   ("post-copy.yaml", 10, 20), ("shared-host.yaml", 3, 9),
                                   ("cpu-hotplug.yaml", 0, 50), ("zram.yaml", 0, 20),
                                   ("nested.yaml", 0, 30), ("kernel-mode-heavy.yaml", 5, 25)):
        window = (f"--trace-window={since}ms..{until}ms", "--modes=apf")
        name = f"{workload} {since}..{until}"
        events = check_json(trace(workload, "x.json", *window), name)
        time_is_there_once(events, name, since * ms, until * ms)
        said, _, _ = events_of(trace(workload, "x.txt", *window))
        points = [(e["tid"], int(ns(e["ts"]) / 1000), e["name"]) for e in events if e["ph"] == "i"]
        check(points == [(cpu, us, event) for _, _, cpu, us, event, _ in said],
              f"{name}: the trace points of text")
        begun = sum(e["ph"] == "b" and ns(e["ts"]) > since * ms for e in events)
        check(begun == sum(e[4] == "kvm_async_pf_not_present" for e in said),
              f"{name}: a span for each not_present", begun)
    check(any(slices(events, 3)), "workers have tracks")


# ---- trace.dat ----


def of_report(line):
    """An event as events_of() has it, with ns in place of us."""
    found = re.match(r" *(\S.*?)-(\d+) +\[(\d+)\] +(\d+)\.(\d{9}): (\w+): +(.*)$", line)
    assert found, line
    comm, pid, cpu, seconds, part, event, words = found.groups()
    words = re.sub(r"\bgva 0$", "gva 0x0", words)  # libc's %#llx of zero
    return comm, int(pid), int(cpu), int(seconds) * 10**9 + int(part), event, words


def trace_dat():
    global skipped
    same = trace("memhog.yaml", "x.dat") == trace("memhog.yaml", "y.dat")
    check(same and os.path.getsize("x.dat") % 4096 == 0, "twice the same trace.dat")
    if not shutil.which("trace-cmd"):
        skipped += 1
        print("skipped: trace-cmd report of a trace.dat: no trace-cmd (apt-get install trace-cmd)")
        return
    for workload, options in (("memhog.yaml", ()), ("memhog.yaml", ("--trace-window=40ms..80ms",)),
                              ("cpu-hotplug.yaml", ()), ("halt-pays.yaml", ())):
        trace(workload, "x.dat", *options)
        said, _, _ = events_of(trace(workload, "x.txt", *options))
        done = subprocess.run(["trace-cmd", "report", "-t", "x.dat"], capture_output=True,
                              text=True, check=False)
        check(done.returncode == 0 and not done.stderr, f"{workload}: trace-cmd", done.stderr)
        lines = [x for x in done.stdout.splitlines() if not x.startswith("cpus=")]
        read = [of_report(line) for line in lines]
        # Who was first in the same ns on different CPUs is not in the file.
        rest = [(c, p, n, t // 1000, e, w) for c, p, n, t, e, w in read]
        check(sorted(rest, key=lambda e: e[2]) == sorted(said, key=lambda e: e[2]),
              f"{workload} {options}: trace-cmd reads what text says")
        with open("report", "w", encoding="ascii") as file:
            file.write(done.stdout)
        whole = () if options else ("--strict",)
        judged = call("trace", "check", *whole, "report")
        check(judged.returncode == 0 and b"host rules kept, guest and VMM rules kept" in
              judged.stdout, f"{workload}: sim trace check of trace-cmd report", judged.stdout)
    done = subprocess.run(["trace-cmd", "report", "-F", "kvm_msr: ecx == 0x4b564d02", "x.dat"],
                          capture_output=True, text=True, check=False)
    found = [x for x in done.stdout.splitlines() if "kvm_msr:" in x]
    check(len(found) == sum(e[4] == "kvm_msr" and " 4b564d02 " in e[5] for e in said) > 0,
          "trace-cmd filters by field", done.stdout)


def reading():
    """sim trace reads a trace.dat as the text that it stands for."""
    for workload in ("memhog.yaml", "cpu-hotplug.yaml", "shared-host.yaml"):
        trace(workload, "x.dat", "--modes=apf")
        trace(workload, "x.txt", "--modes=apf")
        done = call("trace", "convert", "x.dat", "back.txt")
        want, read = (open(name, "rb").read() for name in ("x.txt", "back.txt"))
        by_cpu = [sorted(events_of(t)[0], key=lambda e: e[2]) for t in (want, read)]
        check(done.returncode == 0 and by_cpu[0] == by_cpu[1] and
              events_of(read)[1:] == events_of(want)[1:], f"{workload}: trace.dat to text")
        judged = call("trace", "check", "x.dat")
        check(judged.returncode == 0 and b"x.dat: strict: host rules kept" in judged.stdout,
              f"{workload}: sim trace check x.dat", judged.stdout + judged.stderr)
    part = run("memhog.yaml", "--quiet", "--trace=x.dat", "--trace-window=40ms..80ms")
    judged = call("trace", "check", "x.dat")
    check(part.returncode == judged.returncode == 0 and b"tolerant" in judged.stdout,
          "a part of a run is judged tolerantly", judged.stdout)
    check(b"told " in call("trace", "stats", "x.dat").stdout, "sim trace stats x.dat")


def converting():
    """Text to trace.dat and back: the same bytes; to JSON: a span for each fault."""
    whole = trace("memhog.yaml", "x.txt")
    for step in (("x.txt", "y.dat"), ("y.dat", "y.txt"), ("x.txt", "y.json")):
        done = call("trace", "convert", *step)
        check(done.returncode == 0 and not done.stderr, " to ".join(step), done.stderr)
    check(open("y.txt", "rb").read() == whole, "text to trace.dat and back")
    with open("x.txt", "ab") as file:  # EOI of nothing, as x86's KVM traces it
        file.write(b"       CPU 0/KVM-1001    [000] .....  1000.000000: kvm_eoi: apicid 0 vector -1\n")
    call("trace", "convert", "x.txt", "y.dat")
    call("trace", "convert", "y.dat", "y.txt")
    check(open("y.txt", "rb").read().count(b"kvm_eoi: apicid 0 vector -1\n") == 1, "vector -1")
    call("trace", "convert", "y.dat", "y.json")
    check(b'"name":"kvm_eoi","args":{"apicid":0,"vector":-1}' in open("y.json", "rb").read(),
          "vector -1 in JSON")
    trace("memhog.yaml", "x.txt")
    call("trace", "convert", "x.txt", "y.json")
    events = check_json(open("y.json", "rb").read(), "of a capture")
    said, _, _ = events_of(whole)
    check(sum(e["ph"] == "b" for e in events) ==
          sum(e[4] == "kvm_async_pf_not_present" for e in said) > 0, "a span for each fault")
    check(sum(e["ph"] == "i" for e in events) == len(said), "an instant for each event")
    folder = os.path.join(os.path.dirname(WORKLOADS), "tests/data/kvm-pvm-6.18")
    for name in sorted(os.listdir(folder)):
        if not name.endswith(".trace"):
            continue
        there = call("trace", "convert", os.path.join(folder, name), "y.dat")
        back = call("trace", "convert", "y.dat", "y.txt")
        with open(os.path.join(folder, name), encoding="ascii") as file:
            want = [line for line in file if line[0] != "#" and "kvm_userspace_exit" not in line]
        with open("y.txt", encoding="ascii") as file:
            read = [line for line in file if line[0] != "#"]
        check(there.returncode == back.returncode == 0 and read == want and want,
              f"{name}: what a real KVM said, as trace.dat and back")


def as_workload():
    """A trace turned into a workload and run again has as many asynchronous faults, within 2 %."""
    for workload in ("file-backed.yaml", "shared-host.yaml"):
        events_before = trace(workload, "x.txt", "--modes=apf")
        before = events_before.count(b"kvm_async_pf_not_present:")
        trace(workload, "x.dat", "--modes=apf")
        call("trace", "convert", "x.dat", "again.yaml")
        done = call("run", "again.yaml", "--modes=apf", "--replicas=1", "--quiet",
                    "--trace=y.txt")
        after = open("y.txt", "rb").read().count(b"kvm_async_pf_not_present:")
        check(done.returncode == 0 and before > 0 and abs(after - before) <= before / 50,
              f"{workload}: as a workload", (before, after, done.stderr))


def refused(name, words):
    done = call("trace", "check", name)
    said = done.stderr.decode()
    check(done.returncode == 2 and words in said and said.count("\n") == 1, f"{name}: {words}", said)


def damaged():
    """Cut anywhere, or with any bytes changed: one line or a judgement, never a crash."""
    whole = trace("memhog.yaml", "x.dat", "--set", "guest.vcpus=2", duration="30ms")
    draw = random.Random(7)
    for size in (12, 40, 300, 3000, 8000, len(whole) - 1):
        with open("cut.dat", "wb") as file:
            file.write(whole[:size])
        refused("cut.dat", "cut short")
    for name, at, byte, words in (("seven", 10, b"7", "packed by 'header_page'"),
                                  ("nine", 10, b"9", "version '9'; want 6 or 7"),
                                  ("big", 12, b"\1", "big-endian"),
                                  ("torn", 20, b"X", "is damaged")):
        with open(name, "wb") as file:
            file.write(whole[:at] + byte + whole[at + 1:])
        refused(name, words)
    bad = bytearray(whole)
    places = whole.index(b"flyrecord\0") + len(b"flyrecord\0")
    first = int.from_bytes(whole[places:places + 8], "little")
    bad[first + 11] |= 0x80  # in a page's commit: events were lost before it
    with open("lost.dat", "wb") as file:
        file.write(bad)
    call("trace", "convert", "lost.dat", "lost.txt")
    with open("lost.txt", encoding="ascii") as file:
        read = file.read()
    check(read.count("CPU:0 [LOST EVENTS]\n") == 1, "lost events are said", read[:2000])
    check(b": tolerant: " in call("trace", "check", "lost.dat").stdout, "and make it tolerant")
    strange = []
    for number in range(60):
        bad = bytearray(whole)
        for _ in range(draw.choice((1, 4, 40))):
            bad[draw.randrange(len(bad) if number % 2 else 8192)] = draw.randrange(256)
        with open("bad.dat", "wb") as file:
            file.write(bad)
        done = call("trace", "check", "bad.dat")
        if done.returncode not in (0, 1, 2) or done.stderr.count(b"\n") > 1:
            strange.append((number, done.returncode, done.stderr[:200]))
    check(not strange, "bytes changed at random", strange)


# ---- mistakes ----


def mistakes():
    for arguments, words in (
        (("--trace=x",), "want a name that ends in .json, .dat or .txt"),
        (("--trace=",), "the name of a file is empty"),
        (("--trace=x.xml",), "want a name that ends in"),
        (("--trace=-",), "--trace-format=json|dat|txt"),
        (("--trace=-", "--trace-format=dat"), "a stream cannot have"),
        (("--trace=x.txt", "--trace-format=jason"), "did you mean 'json'"),
        (("--trace=.", "--trace-format=txt"), "is a folder"),
        (("--trace=nowhere/x.txt",), "cannot be written"),
        (("--trace=x.txt", "--trace-window=2s"), "want FROM..TO"),
        (("--trace=x.txt", "--trace-window=5ms..2ms"), "ends before it begins"),
        (("--trace=x.txt", "--trace-window=1s..2s"), "the run ends at"),
        (("--trace=x.txt", "--trace-cap=12"), "--trace-cap=12: "),
        (("--trace=x.txt", "--trace-mode=on"), "unknown value 'on'"),
        (("--trace=x.txt", "--modes=off", "--trace-mode=apf"), "this mode is not run"),
        (("--trace=x.txt", "--trace-replica=1"), "no whole number from 0 to 0"),
        (("--trace-window=1ms..2ms",), "--trace=PATH is missing"),
    ):
        done = run("memhog.yaml", *arguments)
        said = done.stderr.decode()
        check(done.returncode == 2 and words in said and said.count("\n") == 1 and not done.stdout,
              " ".join(arguments), said)


def ends_anywhere():
    """A run that ends in the middle of a cycle breaks no rule, whatever it ends between."""
    said, _, _ = events_of(trace("memhog.yaml", "x.txt"))
    for nth in (0, 5):  # a wake-all, a page
        ready = [e for e in said if e[4] == "kvm_async_pf_ready"][nth]
        for after in range(0, 4000, 250):
            run("memhog.yaml", "--quiet", "--trace=x.dat", "--modes=apf",
                duration=f"{ready[3] * 1000 + after}ns")
            judged = call("trace", "check", "x.dat")
            check(judged.returncode == 0 and b"strict: host rules kept" in judged.stdout,
                  f"ends {after} ns behind ready {nth}", judged.stdout + judged.stderr)


def words():
    """Usage lines name the command, a capture may come through a pipe, and what is said fits."""
    for name in ("check", "stats", "explain", "convert", "timeline", "replay", "record", "import"):
        told = call("trace", name, "--help").stdout.decode()
        check(told.startswith(f"Usage:\n  sim trace {name} "), f"usage of sim trace {name}", told)
    whole = trace("memhog.yaml", "x.txt", "--trace-window=40ms..80ms")
    piped = subprocess.run([SIM, "trace", "check", "-"], input=whole, capture_output=True,
                           check=False)
    named = call("trace", "check", "x.txt")
    check(piped.returncode == named.returncode == 0 and
          piped.stdout.splitlines()[-1].split(b":")[1:] ==
          named.stdout.splitlines()[-1].split(b":")[1:], "a capture through a pipe", piped.stderr)
    trace("memhog.yaml", "x.dat", "--trace-window=1ms..2ms")
    told = call("trace", "stats", "x.dat").stdout
    check(told.startswith(b"x.dat: trace.dat, ") and b"no latency: " in told, "stats", told)
    told = call("explain", "--en=0x13").stdout
    check(b"bits 4 and 5 are reserved" in told and b"CPUID bits are needed" not in told,
          "EN with a reserved bit", told)
    told = call("explain", "--enforce", "--cpuid=0x10").stdout.decode()
    lines = told[told.index("What to change"):].splitlines()
    check("CPUID bits are needed" in told and max(map(len, lines)) <= 100, "what to change", told)


def main():
    with tempfile.TemporaryDirectory() as folder:
        os.chdir(folder)
        for part in (text, window_and_cap, places, looking, json_traces, trace_dat, reading,
                     ends_anywhere, converting, as_workload, damaged, mistakes, words):
            part()
        os.chdir("/")
    print(f"{passed} passed, {failed} failed, {skipped} skipped")
    return failed != 0 or not passed


sys.exit(main())
