#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""Counts the test cases in the logs of `meson test` and ends with "N passed, N failed, N skipped".

meson counts executables; one of ours holds many cases. So:
- a Criterion executable says "Tested: N | Passing: N | Failing: N | Crashing: N" at its end; one
  that tested nothing is a failure (Criterion itself returns 0 then);
- a script may end with the line "N passed, N failed, N skipped";
- anything else is one case, judged by meson.

usage: count_tests.py testlog.json...
"""
import json
import re
import sys

COLOUR = re.compile(r'\x1b\[[0-9;]*m')
CRITERION = re.compile(r'Tested: (\d+) \| Passing: (\d+) \| Failing: (\d+) \| Crashing: (\d+)')
SCRIPT = re.compile(r'^(\d+) passed, (\d+) failed, (\d+) skipped$', re.M)
WORDS = 'passed, failed, skipped'.split(', ')


def counts_of(test):
    """(passed, failed, skipped) of one line of testlog.json."""
    text = COLOUR.sub('', (test.get('stdout') or '') + '\n' + (test.get('stderr') or ''))
    good = test['result'] in ('OK', 'EXPECTEDFAIL')
    criterion = CRITERION.findall(text)
    script = SCRIPT.findall(text)
    if test['result'] == 'SKIP':
        return 0, 0, 1
    if criterion:
        tested, passing, failing, _ = map(int, criterion[-1])
        if tested == 0:
            return 0, 1, 0
        return passing, failing if good else max(1, failing), 0
    if script:
        passed, failed, skipped = map(int, script[-1])
        return passed, failed if good else max(1, failed), skipped
    return (1, 0, 0) if good else (0, 1, 0)


def main(paths):
    total = [0, 0, 0]
    for path in paths:
        with open(path, encoding='utf-8') as lines:
            for line in lines:
                test = json.loads(line)
                counts = counts_of(test)
                total = [a + b for a, b in zip(total, counts)]
                if counts[1]:
                    print(f'failed: {test["name"]} ({test["result"]}): {counts[1]} of {sum(counts)}')
                elif counts[2]:
                    print(f'skipped: {test["name"]}')
    print(', '.join(f'{n} {word}' for n, word in zip(total, WORDS)))
    return 1 if total[1] or total[0] == 0 else 0


if __name__ == '__main__':
    sys.exit(main(sys.argv[1:]))
