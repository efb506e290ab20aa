#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""`sim validate`: all rows are there, and are judged by the rule: validate.py SIM

How many rows agree depends on who else uses the machine, so that is printed and not asserted; that the
command counts, judges and ends as it says, is.
"""
import json
import os
import subprocess
import sys
import tempfile

SIM = os.path.abspath(sys.argv[1])
passed = failed = 0


def expect(what, good, shown=''):
    global passed, failed
    passed += bool(good)
    failed += not good
    if not good:
        print(f'FAIL: {what}\n{shown}')


def close(a, b):
    return abs(a - b) <= 1e-3 * max(abs(a), abs(b), 1e-3)


def judged_right(quantity, floor):
    """The rule, once more: within the floor, or twice the difference of the two real runs."""
    a, b = quantity['measured']
    spread, error = abs(a - b), quantity['predicted'] - (a + b) / 2
    allowed = max(floor, 2 * spread)
    sure = abs(abs(error) - allowed) < 1e-3 * allowed  # too near to call from rounded figures
    return (close(quantity['spread'], spread) and close(quantity['allowed'], allowed) and
            (sure or quantity['pass'] == (abs(error) <= allowed)))


def check_rows(result):
    rows = result['rows']
    keys = {(r['workload'], r['mode'], r['delay_us']) for r in rows}
    want = {(w, m, d) for w in ('lone', 'spinner', 'four', 'burst') for m in ('off', 'halt', 'apf')
            for d in (500, 5000)}
    expect('24 rows, none dropped', len(rows) == 24 and keys == want, sorted(keys ^ want))
    for r in rows:
        name = f"{r['workload']} {r['mode']} {r['delay_us']}"
        median = r['median_us']
        expect(f'{name}: utilisation is judged by the rule', judged_right(r['utilization'], 0.05), r)
        expect(f'{name}: so is the median',
               judged_right(median, 0.1 * sum(median['measured']) / 2), r)
        expect(f'{name}: a miss has a reason, a hit has none', r['pass'] == (r['reason'] == ''), r)
        expect(f'{name}: both make the row',
               r['pass'] == (r['utilization']['pass'] and median['pass']), r)
    hits = sum(r['pass'] for r in rows)
    expect('the count is that of the rows', result['passed'] == hits and result['of'] == 24)
    per_kind = [sum(r['pass'] for r in rows if r['workload'] == w) for w in ('lone', 'spinner', 'four',
                                                                             'burst')]
    expect('good is 80 % of all and 2 of 3 in each kind',
           result['good'] == (hits * 5 >= 24 * 4 and all(n >= 4 for n in per_kind)))
    print(f'{hits} of 24 rows agree, by workload {per_kind}')


def main():
    with tempfile.TemporaryDirectory() as folder:
        r = subprocess.run([SIM, 'validate', '--format=json', '--tries=2', '--output=out'], cwd=folder,
                           text=True, capture_output=True, timeout=250)
        if r.returncode == 3 and not r.stdout:
            expect('what is missing is one line', r.stderr.count('\n') == 1, r.stderr)
            print(f'skipped: validate ({r.stderr.strip()})\n{passed} passed, {failed} failed, 1 skipped')
            return failed > 0
        result = json.loads(r.stdout)
        expect('the status says whether it is good', r.returncode == (0 if result['good'] else 1),
               r.stderr)
        check_rows(result)
        files = set(os.listdir(os.path.join(folder, 'out')))
        expect('files and a picture', {'validate.txt', 'validate.json', 'validate.csv', 'validate.gp',
                                       'validate.svg'} <= files, files)
        with open(os.path.join(folder, 'out', 'validate.txt'), encoding='utf-8') as file:
            text = file.read()
        expect('every miss is in the text',
               text.count('miss: ') == sum(not row['pass'] for row in result['rows']), text)
    for args in (['--tries=1'], ['--format=xml'], ['--backing=disk']):
        r = subprocess.run([SIM, 'validate', *args], text=True, capture_output=True, timeout=60)
        expect(' '.join(args), r.returncode == 2 and r.stderr.count('\n') == 1, r.stderr)
    print(f'{passed} passed, {failed} failed, 0 skipped')
    return failed > 0


if __name__ == '__main__':
    sys.exit(main())
