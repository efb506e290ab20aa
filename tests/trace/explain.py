#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""explain.py SIM WORKLOADS: --explain names the reason, and each branch of its tree sums to its stem; sim explain
gives the rule that decides about one fault."""
import json
import re
import subprocess
import sys

# Workload, options, what must be said in the tree, which share of the accesses that leaf holds at least.
CASES = [
    ('no-pressure', [], 'page made on the spot, or found in memory', 0.9),
    ('file-backed', [], 'fast GUP hit', 0.5),
    ('file-backed', ['--modes=apf'], 'told: asynchronous', 0.01),
    ('memhog-6.1', [], 'read at once: swap, read-ahead window 1', 0.99),
    ('memhog', ['--set', 'host.kernel=6.1'], 'read at once: swap, read-ahead window 1', 0.99),
    ('memhog', ['--set', 'guest.kernel=6.1'], 'told: asynchronous', 0.99),
    ('memhog', [], 'told: asynchronous', 0.3),
    ('memhog', ['--modes=halt'], '1: the guest has not enabled APF', 0.3),
    ('kernel-mode-heavy', ['--modes=apf'], '2: access from kernel mode, and no SEND_ALWAYS', 0.2),
    ('zram', [], 'read at once: synchronous swap device', 0.3),
    ('what-if-s390', ['--modes=apf'], 'an interrupt is pending', 0.1),
    ('what-if-arm64', [], 'access from kernel mode', 0.09),
]
# x86's words, which are not another protocol's.
X86 = ('halts', 'SEND_ALWAYS', 'can_do', 'can_deliver', 'no-kvmapf')
SAYS = {
    'no-pressure': 'Fresh anonymous memory is allocated at once',
    'file-backed': 'only the page that a read-around window is tripped over',
    'memhog-6.1': 'Host kernels up to 6.1 read a random swap fault synchronously',
}
# sim explain: options, the line that decides.
ONE = [
    ('', 'TOLD: #PF with flags = 1 and CR2 = token 0x1000'),
    ('--cpl=0', 'HALTED: can_deliver 2: access from kernel mode'),
    ('--cpl=0 --en=0xb', 'TOLD: #PF'),
    ('--en=1', 'HALTED: can_deliver 1'),
    ('--enforce --cpuid=0x10', 'HALTED: can_deliver 1'),
    ('--enforce --cpuid=0x4000', 'EN   := 0x9009      #GP'),
    ('--irq-off', 'SYNCHRONOUS: can_do 5'),
    ('--hlt-in-guest', 'TOLD: #PF'),
    ('--hlt-in-guest --en=0', 'SYNCHRONOUS: can_do 4'),
    ('--no-lapic', 'SYNCHRONOUS: can_do 1'),
    ('--reinject', 'SYNCHRONOUS: can_do 2'),
    ('--exception', 'SYNCHRONOUS: can_do 3'),
    ('--l2', 'HALTED: can_deliver 3: L2'),
    ('--l2 --en=13', 'TOLD: #PF as a VM-exit from L2 to L1'),
    ('--no-paging', 'HALTED: can_deliver 3: paging is off'),
    ('--no-paging --kernel=5.13', 'TOLD: #PF'),
    ('--in-flight=63', 'TOLD: #PF'),
    ('--in-flight=64', 'SYNCHRONOUS: set-up refused'),
    ('--repeated', 'HALTED: the page is in flight already'),
    ('--no-int', 'A vector below 16 is never delivered'),
    ('--lapic-off', 'not before the LAPIC is enabled'),
]


def tree(text):
    """[(depth, [count of each mode], words)]"""
    rows = []
    for line in text.partition('\n\n')[2].split('\n'):
        if line == '':
            break
        columns = line[1:]
        counts, at = [], 0
        while re.match(r' [ \d]{13}(?: |$)', columns[at:at + 15]) and re.search(r'\d', columns[at:at + 14]):
            counts.append(int(columns[at:at + 14].replace(' ', '')))
            at += 14
        if not counts:
            continue
        words = columns[at + 2:]
        rows.append(((len(words) - len(words.lstrip())) // 2, counts, words.strip()))
    return rows


def check_sums(rows):
    """A row with deeper rows behind it is their sum."""
    for i, (depth, counts, words) in enumerate(rows):
        below = []
        for d, c, _ in rows[i + 1:]:
            if d <= depth:
                break
            if d == depth + 1:
                below.append(c)
        if below and [sum(column) for column in zip(*below)] != counts:
            return f'{words}: {counts} is not the sum of {below}'
    return None


def check_report(rows, command):
    """The tree counts the accesses that the report counts, in all and told."""
    report = json.loads(subprocess.run([*command, '--format=json'], capture_output=True, text=True, check=True).stdout)
    faults = [mode['faults'] for mode in report['modes'].values()]
    told = next((c for _, c, words in rows if words == 'told: asynchronous'), [0] * len(faults))
    if rows[0][1] != [sum(f.values()) for f in faults]:
        return f'{rows[0][1]} accesses, the report has {faults}'
    if told != [f['delivered'] for f in faults]:
        return f'{told} told, the report has {faults}'
    return None


def main():
    passed = failed = 0
    for name, options, leaf, share in CASES:
        command = [sys.argv[1], 'run', f'--workload={sys.argv[2]}/{name}.yaml', '--set', 'duration=1s', '--replicas=1', *options]
        run = subprocess.run([*command, '--explain'], capture_output=True, text=True, check=False)
        rows = tree(run.stdout)
        wrong = check_sums(rows) or (check_report(rows, command) if rows else None)
        counts = [c[-1] for _, c, words in rows if words.startswith(leaf)]
        if run.returncode or not rows:
            wrong = f'exit {run.returncode}: {run.stderr}'
        elif not counts or counts[0] < share * rows[0][1][-1]:
            wrong = f'{leaf}: {counts} of {rows[0][1][-1]}'
        elif name.startswith('what-if') and any(word in run.stdout for word in X86):
            wrong = 'words of x86 about another protocol'
        elif SAYS.get(name, '') not in re.sub(r'\s+', ' ', run.stdout):
            wrong = f'no "{SAYS[name]}"'
        passed, failed = passed + (not wrong), failed + bool(wrong)
        print(f'{"FAIL" if wrong else "ok"}: {name} {" ".join(options)}{": " + wrong if wrong else ""}')
    for options, line in ONE:
        run = subprocess.run([sys.argv[1], 'explain', *options.split()], capture_output=True, text=True, check=False)
        good = run.returncode == 0 and line in run.stdout
        passed, failed = passed + good, failed + (not good)
        print(f'{"ok" if good else "FAIL"}: explain {options}')
    print(f'{passed} passed, {failed} failed, 0 skipped')
    return 1 if failed or not passed else 0


if __name__ == '__main__':
    sys.exit(main())
