#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""All bars of speed in one run: what was measured, the bar, and whether it is met.

usage: bench.py BUILD [--csv=FILE]

Builds the measuring programs, runs them one after the other, prints a table in Markdown. Each program
alternates what it compares and takes medians; ratios are what counts, times belong to the machine.
Other simulators are measured in the same run if they are installed (bench_peers.py); figures of those
that are not are quoted, with their source, in bench/README.md. Exit status: 0 measured, whether bars are
met or not; 1 a program failed; 2 usage.
"""
import csv
import io
import os
import pathlib
import platform
import shutil
import statistics
import subprocess
import sys

import bench_peers

HERE = pathlib.Path(__file__).resolve().parent
PROGRAMS = ['hold', 'mm1', 'touch', 'fault', 'dram', 'explore']
# Cimba, best flags with profile, beside a bare loop of M/M/1 on one machine (79 and 28 ns): README.
CIMBA_MM1 = 79 / 28
ROUNDS = 5


class Table:
    def __init__(self):
        self.rows = []
        self.engine = {}  # (model, pending): ns an event or customer of ours

    def add(self, what, measured, bar, met, text=None):
        """met: True, False, or None where there is no bar."""
        word = '' if met is None else 'met' if met else 'not met'
        self.rows.append((what, text or f'{measured:.4g}', bar, word))
        print(f'bench: {what}: {self.rows[-1][1]} ({bar}) {word}', file=sys.stderr)

    def most(self, what, measured, limit, unit=''):
        self.add(what, measured, f'<= {limit:.4g}{unit}', measured <= limit, f'{measured:.4g}{unit}')

    def least(self, what, measured, limit, unit=''):
        self.add(what, measured, f'>= {limit:.4g}{unit}', measured >= limit, f'{measured:.4g}{unit}')


def run(*command):
    done = subprocess.run([str(c) for c in command], stdout=subprocess.PIPE, text=True)
    if done.returncode:
        sys.exit(f'bench: error: {command[0]} failed with status {done.returncode}')
    return done.stdout


def rows_of(*command):
    return list(csv.DictReader(io.StringIO(run(*command))))


def hold(build, table):
    bars = {'actors/tree': ('actors: engine / bare tree', 1.3),
            'actors/own': ('actors with draws of their own: engine / bare tree', 1.3),
            'posted/ladder': ('posted: engine / bare ladder', 1.5)}
    for row in rows_of(build / 'bench/bench_hold', 1000000, ROUNDS):
        if row['increments'] == 'exponential' and row['engine/bare'] != 'actors/own':
            table.engine['hold', int(row['pending'])] = float(row['engine_ns_per_event'])
        what, bar = bars[row['engine/bare']]
        table.most(f"hold model, {row['increments']}, {row['pending']} {what}", float(row['ratio']), bar)


def queue(build, table):
    rows = rows_of(build / 'bench/bench_mm1', 1000000, ROUNDS)
    ratio = statistics.median(float(r['ratio']) for r in rows)
    table.engine['mm1', 1] = statistics.median(float(r['engine_ns']) for r in rows)
    table.least("M/M/1: times as fast as Cimba's best (by chain)", CIMBA_MM1 / ratio, 2)


def peers(build, table):
    rows, notes = bench_peers.measure(build)
    for r in rows:
        ours = table.engine[r.model, r.pending]
        what = f'hold model, exponential, {r.pending} pending' if r.model == 'hold' else 'M/M/1'
        table.add(f'{what}: {r.peer} / engine ({r.ns:.0f} / {ours:.1f} ns)', r.ns / ours, '', None)
    for note in notes:
        table.add('not measured', 0, '', None, note)


def touches(build, table):
    bars = {('ids', 'lru'): 70, ('uniform', ''): 100, ('cyclic', ''): 100, ('zipf', ''): 50}
    for row in rows_of(build / 'bench/bench_touch', 100000, ROUNDS):
        name, policy = row['touches'], row['policy']
        if name.endswith('-ids'):
            bar = bars.get(('ids', policy), 100)
        elif policy == 'lru':
            continue
        else:
            bar = bars[name, '']
        table.least(f'touches that hit, {name}, {policy}', float(row['ours_M_per_s']), bar, ' M/s')


def fault(build, table):
    memhog = HERE.parent / 'workloads/memhog.yaml'
    row = rows_of(build / 'bench/bench_fault', memhog, ROUNDS,
                  'disk.device=nvme-flash,warmup=100ms,duration=1s')[0]
    table.most('delivered fault, memhog on nvme-flash', float(row['ns_per_fault']), 400, ' ns')
    table.add('events a delivered fault', int(row['events']) / int(row['faults']), '', None)
    table.most('bytes that malloc() gave during the run', int(row['allocated_while_running']), 0)


def growth(build, table):
    vcpus = [1, 16, 128, 1024]
    points = [f'guest.vcpus={n},duration={2000 // n + 20}ms' for n in vcpus]
    ns = [float(r['ns_per_fault'])
          for r in rows_of(build / 'bench/bench_fault', HERE / 'fault.yaml', ROUNDS, *points)]
    for n, time in zip(vcpus[1:], ns[1:]):
        table.most(f'growth: fault with {n} vCPUs / with 1 ({ns[0]:.0f} ns)', time / ns[0], 1.5)
    latency = {int(r['MiB']): float(r['ns_per_read'])
               for r in rows_of(build / 'bench/bench_dram', 2, 2048)}
    sizes = [('1GiB', '512MiB'), ('128GiB', '64GiB'), ('1048575MiB', '524287MiB')]
    points = [f'warmup=200ms,regions.array.size={size},regions.array.resident={half},'
              f'host.memory.limit={half}' for size, half in sizes]
    ns = [float(r['ns_per_fault'])
          for r in rows_of(build / 'bench/bench_fault', HERE / 'fault.yaml', 3, *points)]
    for (size, _), time in zip(sizes[1:], ns[1:]):
        table.most(f'growth: {size} of guest memory, more than 1 GiB ({ns[0]:.0f} ns), in reads of a '
                   f'2 GiB table ({latency[2048]:.0f} ns; 2 MiB: {latency[2]:.0f})',
                   (time - ns[0]) / latency[2048], 4)


def child(command):
    """(seconds of wall, bytes of memory, seconds of processors)"""
    begin = os.times().elapsed
    process = subprocess.Popen([str(c) for c in command], stdout=subprocess.DEVNULL)
    _, status, usage = os.wait4(process.pid, 0)
    if status:
        sys.exit(f'bench: error: {command[0]} failed')
    return (os.times().elapsed - begin, usage.ru_maxrss * 1024,
            usage.ru_utime + usage.ru_stime)


def whole_runs(build, table):
    sim, memhog = build / 'sim/cli/sim', HERE.parent / 'workloads/memhog.yaml'
    size = 1048575 << 8  # pages
    big = [sim, 'run', f'--workload={HERE / "fault.yaml"}', '--replicas=1', '--jobs=1',
           '--set=duration=10ms', '--set=regions.array.size=1048575MiB',
           '--set=regions.array.resident=524287MiB', '--set=host.memory.limit=524287MiB']
    few = child(big)[1]
    many = child(big + ['--set=guest.vcpus=1024'])[1]
    table.most('bytes a page, 1 TiB guest, 4 vCPUs, whole process', few / size, 8)
    table.most('memory, 1 TiB guest, 1024 vCPUs', many / (1 << 30), 8, ' GiB')
    wall = min(child([sim, 'run', f'--workload={memhog}'])[0] for _ in range(3))
    table.most(f'memhog as shipped, {os.cpu_count()} CPUs', wall, 1, ' s')
    wall, _, busy = child([sim, 'run', f'--workload={memhog}', '--set=disk.device=nvme-flash'])
    table.most(f'the same on nvme-flash ({busy:.1f} s of processor time)', wall, 8, ' s')


def sweep(build, table):
    words = run('bash', HERE / 'sweep.sh', build / 'sim/cli/sim', 3).split()
    share, cpus = float(words[-3]), int(words[-1])
    table.least(f'sweep: share of {cpus} CPUs that it makes use of', share, 0.95)


def explorer(build, table):
    if not shutil.which('spin'):
        table.add('explorer / Spin on a toy protocol', 0, '>= 3', None, 'Spin is not installed')
        return
    done = subprocess.run(['bash', str(HERE / 'explore.sh'), str(build)], stdout=subprocess.PIPE,
                          text=True)
    lines = done.stdout.splitlines()
    if done.returncode > 1 or not lines:
        sys.exit('bench: error: explore.sh failed')
    times = float(lines[-1].split('explorer is ')[1].split()[0])
    equal = lines[-1].startswith('counts are equal')
    table.add('explorer / Spin on a toy protocol, equal counts', times, '>= 3', times >= 3 and equal)
    table.least('explorer on a real scope (two-vcpus)', float(lines[-2].split()[-2]), 0.2,
                ' M states/s')


def machine():
    name = platform.processor() or platform.machine()
    try:
        for line in open('/proc/cpuinfo', encoding='utf-8'):
            if line.startswith('model name'):
                name = line.split(':')[1].strip()
                break
    except OSError:
        pass
    compiler = run('gcc', '--version').splitlines()[0]
    return f'{name}, {os.cpu_count()} CPUs, load {os.getloadavg()[0]:.1f}; {compiler}'


def main():
    arguments = [a for a in sys.argv[1:] if not a.startswith('--csv=')]
    files = [a[len('--csv='):] for a in sys.argv[1:] if a.startswith('--csv=')]
    if len(arguments) != 1 or arguments[0].startswith('-') or len(files) > 1:
        print(__doc__, file=sys.stderr)
        return 2
    build, table = pathlib.Path(arguments[0]).resolve(), Table()
    run('ninja', '-C', build, 'sim/cli/sim', *[f'bench/bench_{p}' for p in PROGRAMS])
    where = machine()
    for part in (hold, queue, peers, touches, fault, growth, whole_runs, sweep, explorer):
        part(build, table)
    head = ('figure', 'measured', 'bar', '')
    print(f'Machine: {where}\n')
    for row in [head, ('---',) * 4] + table.rows:
        print('| ' + ' | '.join(row) + ' |')
    if files:
        with open(files[0], 'w', encoding='utf-8', newline='') as out:
            csv.writer(out).writerows([head[:3] + ('met',)] + table.rows)
    return 0


if __name__ == '__main__':
    sys.exit(main())
