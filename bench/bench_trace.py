#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-or-later
#
# bench_trace.py BUILD_DIR [ROUNDS] - how fast a run is traced into a pipe, and in how much memory
#
# trace-sqlite, mode apf, one replica, some 1e7 trace points of KVM as text, and as JSON (events of
# its own are counted, too), read by this process; the events of the text also as trace.dat, into a
# file. The simulation is part of the time. By the clock: the best of ROUNDS (3), which needs a CPU
# for each of both; CPU time: of sim, on any machine. Memory: the most that sim had, and that with a
# tenth of the events.
import os
import subprocess
import sys
import tempfile
import time


def most_memory(pid, so_far):
    """KiB that the process has had at most; getrusage() would count this one before its exec."""
    with open(f"/proc/{pid}/status", encoding="ascii") as status:
        for line in status:
            if line.startswith("VmHWM:"):
                return max(so_far, int(line.split()[1]))
    return so_far


def command(sim, workload, seconds):
    return [sim, "run", workload, "--quiet", "--modes=apf", "--replicas=1", "--jobs=1",
            "--set", "warmup=0s", "--set", f"duration={seconds}s", "--trace-cap=none"]


def traced(sim, workload, kind, seconds):
    """(events, bytes, s by the clock, CPU s of sim, KiB of sim)"""
    began = time.monotonic()
    run = subprocess.Popen(command(sim, workload, seconds) +
                           ["--trace=-", f"--trace-format={kind}"], stdout=subprocess.PIPE)
    events = total = reads = kib = 0
    buffer = bytearray(1 << 18)
    while n := run.stdout.readinto(buffer):
        total += n
        events += buffer.count(b"\n", 0, n)
        reads += 1
        if reads % 256 == 0:
            kib = most_memory(run.pid, kib)
    _, status, used = os.wait4(run.pid, 0)
    assert status == 0
    return events, total, time.monotonic() - began, used.ru_utime + used.ru_stime, kib


def dat_seconds(sim, workload, seconds):
    with tempfile.TemporaryDirectory() as folder:
        began = time.monotonic()
        subprocess.run(command(sim, workload, seconds) + [f"--trace={folder}/x.dat"], check=True)
        return time.monotonic() - began


def main():
    if len(sys.argv) < 2:
        sys.exit("usage: bench_trace.py BUILD_DIR [ROUNDS]")
    sim = os.path.join(sys.argv[1], "sim/cli/sim")
    workload = os.path.join(os.path.dirname(os.path.realpath(__file__)),
                            "../workloads/trace-sqlite.yaml")
    rounds = int(sys.argv[2]) if len(sys.argv) > 2 else 3
    print("figure,value")
    for kind, seconds in (("txt", 20), ("json", 5)):
        runs = [traced(sim, workload, kind, seconds) for _ in range(rounds)]
        events, total = runs[0][:2]
        print(f"{kind}_events,{events}")
        print(f"{kind}_bytes,{total}")
        print(f"{kind}_events_per_second,{events / min(r[2] for r in runs):.0f}")
        print(f"{kind}_events_per_cpu_second,{events / min(r[3] for r in runs):.0f}")
        print(f"{kind}_kib,{max(r[4] for r in runs)}")
        print(f"{kind}_kib_of_a_tenth,{traced(sim, workload, kind, seconds / 10)[4]}")
        if kind == "txt":
            best = min(dat_seconds(sim, workload, seconds) for _ in range(rounds))
            print(f"dat_events_per_second,{events / best:.0f}")


main()
