#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""breakeven.py SIM - does a sweep find the break-even where the costs put it?

In the saturated limit (breakeven.yaml: one vCPU, ready work without end, a channel for each task, no
fault in kernel mode) a vCPU gives U = Z / (Z + S + h_s) without APF and Z / (Z + h_a) with it: Z the
compute between two faults, S the page-in, h_s and h_a what a fault costs the vCPU. So APF gains if and
only if S > h_a - h_s. h_s and h_a are sums of cost keys, read from the program's own list.

For each set of costs: `sim sweep` over disk.read, `sim report`; one test that the break-even's 95 %
interval holds h_a - h_s, and one that U of every point is within 0.6 % of the formula.
"""
import csv
import os
import re
import subprocess
import sys
import tempfile

HERE = os.path.dirname(os.path.abspath(__file__))
COMPUTE_NS = 20000
TOLERANCE = 0.006
COSTS = [{}, {'context_switch': '3us'}, {'exit': '840ns'}, {'sync_fault': '1us', 'ready': '1500ns'},
         {'prefault': '2500ns', 'reclaim': '0ns'}]
UNITS = {'ns': 1, 'us': 1e3, 'ms': 1e6, 's': 1e9}


def time_ns(text):
    number, unit = re.fullmatch(r'([0-9.]+) ?(ns|us|ms|s)', text).groups()
    return float(number) * UNITS[unit]


def costs_of(sim, sets, work):
    """{'exit': 500.0, ...} as the program understands them."""
    out = os.path.join(work, 'costs')
    subprocess.run([sim, 'run', f'--workload={HERE}/breakeven.yaml', '--quiet', '--output=' + out,
                    '--set', 'duration=1ms', '--set', 'warmup=0s', '--replicas=1', *sets], check=True)
    with open(os.path.join(out, 'params.txt'), encoding='utf-8') as file:
        return {key: time_ns(value) for key, value in
                re.findall(r'^cost\.(\w+) = ([0-9.]+(?:ns|us|ms|s)) ', file.read(), re.M)}


def sweep(sim, sets, want, out):
    """(rows, low, high) around the wanted break-even, in ns."""
    lo, hi = round(0.75 * want), round(1.5 * want)  # steps of at most a fifth: fine enough
    subprocess.run([sim, 'sweep', f'--workload={HERE}/breakeven.yaml', '--quiet', '--output=' + out,
                    f'--vary=disk.read={lo}ns..{hi}ns:6', *sets], check=True)
    said = subprocess.run([sim, 'report', out], check=True, capture_output=True, text=True).stdout
    found = re.search(r'APF gains from .* \(95 %: (.*) \.\. (.*)\) on', said)
    with open(os.path.join(out, 'sweep.csv'), encoding='utf-8') as file:
        rows = list(csv.DictReader(file))
    return rows, *(map(time_ns, found.groups()) if found else (0, 0))


def main():
    if len(sys.argv) != 2:
        sys.exit(__doc__)
    sim, passed, failed = os.path.abspath(sys.argv[1]), 0, 0
    for changed in COSTS:
        name = ', '.join(f'{k} {v}' for k, v in changed.items()) or 'defaults'
        sets = [a for k, v in changed.items() for a in ('--set', f'cost.{k}={v}')]
        with tempfile.TemporaryDirectory() as work:
            c = costs_of(sim, sets, work)
            sync = c['exit'] + c['fault'] + c['reclaim'] + c['sync_fault']
            apf = (c['exit'] + c['fault'] + c['reclaim'] + c['not_present'] + c['context_switch'] +
                   c['exit'] + c['prefault'] + c['ready'] + c['exit'])  # with the kick's, the ACK's
            rows, low, high = sweep(sim, sets, apf - sync, os.path.join(work, 'out'))
        z = COMPUTE_NS + c['touch']
        off = 0
        for row in rows:
            lost = apf if row['mode'] == 'apf' else float(row['disk.read_ns']) + sync
            off = max(off, abs(float(row['utilization_share']) * (z + lost) / z - 1))
        for what, good in (
                (f'break-even {(apf - sync) / 1e3:.2f} us in {low / 1e3:.2f} .. {high / 1e3:.2f} us',
                 low <= apf - sync <= high),
                (f'utilisation off by at most {100 * off:.2f} %', off <= TOLERANCE)):
            print(f'{"ok" if good else "FAIL"}: {name}: {what}')
            passed, failed = passed + good, failed + (not good)
    print(f'{passed} passed, {failed} failed')
    sys.exit(failed > 0)


main()
