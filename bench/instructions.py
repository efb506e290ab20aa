#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""Three fixed runs take as many instructions as bench/instructions.csv says, within 5 %.

usage: instructions.py SIM [--record]

Callgrind counts, so that no load of the machine matters; a compiler counts differently from another,
so that with another one than was recorded the runs are skipped by name. --record writes the file
anew: for a change that costs or saves on purpose, with the figures in the commit.
"""
import csv
import os
import pathlib
import re
import shutil
import subprocess
import sys

FILE = pathlib.Path(__file__).resolve().with_suffix('.csv')
MEMHOG = FILE.parent.parent / 'workloads/memhog.yaml'
SMALL = [f'--workload={MEMHOG}', '--set=disk.device=nvme-flash', '--set=warmup=10ms',
         '--set=regions.array.size=64MiB', '--set=regions.array.resident=32MiB',
         '--set=host.memory.limit=32MiB']
RUNS = {
    'delivered': SMALL + ['--set=duration=100ms', '--modes=apf'],
    'off-and-halted': SMALL + ['--set=duration=100ms', '--modes=off,halt'],
    'eevdf-mglru-64-vcpus': SMALL + ['--set=duration=10ms', '--modes=apf', '--set=guest.vcpus=64',
                                     '--set=guest.scheduler=eevdf',
                                     '--set=host.memory.reclaim=mglru'],
}
DRIFT = 0.05


def compiler():
    cc = os.environ.get('CC', 'gcc')
    if not shutil.which(cc):
        return f'{cc}: not there'
    return subprocess.run([cc, '--version'], capture_output=True, text=True,
                          check=True).stdout.splitlines()[0]


def count(sim, arguments):
    done = subprocess.run(['valgrind', '--tool=callgrind', '--callgrind-out-file=/dev/null', sim, 'run',
                           *arguments, '--replicas=1', '--jobs=1', '--format=csv'],
                          stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True)
    found = re.search(r'I +refs: +([0-9,]+)', done.stderr)
    if done.returncode or not found:
        sys.exit(f'instructions: error: the run failed:\n{done.stderr[-2000:]}')
    return int(found.group(1).replace(',', ''))


def record(sim):
    with open(FILE, 'w', encoding='utf-8', newline='') as out:
        rows = csv.writer(out, lineterminator='\n')
        rows.writerow(['run', 'instructions', 'compiler'])
        for name, arguments in RUNS.items():
            rows.writerow([name, count(sim, arguments), compiler()])
    return 0


def check(sim):
    passed = failed = skipped = 0
    with open(FILE, encoding='utf-8', newline='') as file:
        wanted = {row['run']: row for row in csv.DictReader(file)}
    here = compiler()
    for name, arguments in RUNS.items():
        if name not in wanted:
            print(f'{name}: not in {FILE.name}: record it')
            failed += 1
            continue
        if not shutil.which('valgrind') or wanted[name]['compiler'] != here:
            why = 'valgrind is not installed' if not shutil.which('valgrind') else \
                f"recorded with {wanted[name]['compiler']}, here is {here}"
            print(f'skipped: instructions {name}: {why}')
            skipped += 1
            continue
        was, now = int(wanted[name]['instructions']), count(sim, arguments)
        good = abs(now - was) <= DRIFT * was
        print(f"{'ok' if good else 'FAILED'}: {name}: {now} instructions, recorded {was}: "
              f'{100 * (now - was) / was:+.1f} % (at most 5)')
        passed, failed = passed + good, failed + (not good)
    print(f'{passed} passed, {failed} failed, {skipped} skipped')
    return 1 if failed else 0


def main():
    arguments = [a for a in sys.argv[1:] if a != '--record']
    if len(arguments) != 1 or arguments[0].startswith('-'):
        print(__doc__, file=sys.stderr)
        return 2
    return record(arguments[0]) if '--record' in sys.argv[1:] else check(arguments[0])


if __name__ == '__main__':
    sys.exit(main())
