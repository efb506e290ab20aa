#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""corrupt.py SIM DATA [--count N] [--seed S] [--list]: does `sim trace check` see that a capture was tampered with?

Takes recordings that keep every rule, and changes one line at a time by one of six operators: drop, duplicate, swap with the
protocol's next event of the thread, change the token, change the page, move across an ACK. Only events change places, times stay
where they are: a swapped pair is not to be known by its times. At least 95 % must be found in strict mode; --list prints each
corruption with the rule that it broke. Left out is what is legal by any rule: two workers that end in the other order,
interrupts of other devices. Whether another change breaks a rule is not asked, so a few cannot be found.
"""
import argparse
import glob
import os
import random
import re
import subprocess
import sys
import tempfile

PROTOCOL = re.compile(r'kvm_try_async_get_page|kvm_async_pf_|kvm_apic_accept_irq|msr_write 4b564d07|kvm_inj_exception: #PF \(0x0\)')
ACK = 'msr_write 4b564d07 = 0x1'
TOKEN = re.compile(r'(token )(0x[0-9a-f]+)')
PAGE = re.compile(r'((?:gva|gfn)(?: =)? )(0x[0-9a-f]+)')


class Line:
    """One line: who and when (stays), what (may be changed or move)."""

    def __init__(self, text):
        found = (re.match(r'(.*\S-\d+ +\[\d+\] \S+ +[\d.]+: )(.*)$', text) or re.match(r'((?:vcpu|worker|uffd) \S+ )(.*)$', text))
        self.head, self.what = found.groups() if found else (text, '')
        self.thread = self.head.split()[0].split('-')[-1] if found else None

    def is_protocol(self):
        return bool(PROTOCOL.search(self.what)) and not self.is_other_vector

    is_other_vector = False  # an interrupt that is not ours


def next_of_thread(lines, at, step):
    """The nearest protocol event of the same thread, or None."""
    i = at + step
    while 0 <= i < len(lines):
        if lines[i].thread == lines[at].thread and lines[i].is_protocol():
            return i
        i += step
    return None


def exchange(lines, a, b):
    lines[a].what, lines[b].what = lines[b].what, lines[a].what


def drop(lines, at, rng):
    del lines[at]
    return True


def duplicate(lines, at, rng):
    lines.insert(at + 1, lines[at])
    return True


def swap(lines, at, rng):
    other = next_of_thread(lines, at, 1)
    if other is None or 'completed' in lines[at].what:  # workers end in any order
        return False
    exchange(lines, at, other)
    return True


def change(lines, at, rng, pattern, unit):
    places = list(pattern.finditer(lines[at].what))
    if not places:
        return False
    place = rng.choice(places)
    value = int(place[2], 16) + rng.choice([-2, -1, 1, 2, 5]) * (1 if ' gfn' in lines[at].what and 'gfn' in place[1] else unit)
    if value <= 0 or value > 0xffffffffffff or place[2] == '0xffffffff' and value > 0xffffffff:
        return False
    lines[at].what = f'{lines[at].what[:place.start(2)]}{value:#x}{lines[at].what[place.end(2):]}'
    return True


def change_token(lines, at, rng):
    return change(lines, at, rng, TOKEN, 0x1000)


def change_gfn(lines, at, rng):
    return change(lines, at, rng, PAGE, 0x1000)


def move_across_ack(lines, at, rng):
    """The protocol's event beside an ACK, to its other side."""
    acks = [i for i, l in enumerate(lines) if ACK in l.what]
    if not acks:
        return False
    ack = rng.choice(acks)
    other = next_of_thread(lines, ack, rng.choice([-1, 1]))
    if other is None or ACK in lines[other].what:
        return False
    exchange(lines, ack, other)
    return True


OPERATORS = [drop, duplicate, swap, change_token, change_gfn, move_across_ack]


def is_clean(sim, path):
    return subprocess.run([sim, 'trace', 'check', path], capture_output=True, check=False).returncode == 0


def corrupted(text, operator, rng):
    """(line number, text) or None."""
    lines = [Line(l) for l in text.rstrip('\n').split('\n')]
    for before, line in zip([lines[0]] + lines, lines):
        line.is_other_vector = 'accept_irq' in line.what and 'async_pf_ready' not in before.what
    places = [i for i, l in enumerate(lines) if l.is_protocol()]
    if not places:
        return None
    at = rng.choice(places)
    if not operator(lines, at, rng):
        return None
    return at + 1, '\n'.join(l.head + l.what for l in lines) + '\n'


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument('sim')
    parser.add_argument('data')
    parser.add_argument('--count', type=int, default=200)
    parser.add_argument('--seed', type=int, default=1)
    parser.add_argument('--list', action='store_true')
    args = parser.parse_args()
    rng = random.Random(args.seed)
    paths = sorted(glob.glob(os.path.join(args.data, '*', '*.trace')) + glob.glob(os.path.join(args.data, '*', 'further', '*.trace')))
    clean = [p for p in paths if is_clean(args.sim, p)]
    found, missed, by_operator = 0, [], {}
    with tempfile.TemporaryDirectory() as folder:
        path = os.path.join(folder, 'corrupted')
        while found + len(missed) < args.count:
            operator = OPERATORS[(found + len(missed)) % len(OPERATORS)]
            source = rng.choice(clean)
            with open(source, encoding='utf-8') as file:
                made = corrupted(file.read(), operator, rng)
            if not made:
                continue
            with open(path, 'w', encoding='utf-8') as file:
                file.write(made[1])
            run = subprocess.run([args.sim, 'trace', 'check', '--strict', path], capture_output=True, text=True, check=False)
            rule = re.search(r': (?:host rule|guest or VMM rule) broken: ([^:]+: .*)|: capture contradicts itself: (.*)', run.stdout)
            name = f'{operator.__name__:16} {os.path.basename(source)}:{made[0]}'
            good = run.returncode == 1 and rule
            by_operator.setdefault(operator.__name__, []).append(bool(good))
            if run.returncode not in (0, 1):
                print(f'FAIL: {name}: exit {run.returncode}: {run.stderr.strip()}')
                missed.append(name)
            elif good:
                found += 1
            else:
                missed.append(name)
            if args.list:
                print(f'{name}  {(rule[1] or rule[2]) if good else "-- not found"}')
    for operator, results in by_operator.items():
        print(f'{operator:16} {sum(results)} of {len(results)}')
    for name in missed:
        print(f'not found: {name}')
    enough = found * 100 >= 95 * args.count
    print(f'{"ok" if enough else "FAIL"}: {found} of {args.count} found')
    print(f'{int(enough)} passed, {int(not enough)} failed, 0 skipped')
    return 0 if enough else 1


if __name__ == '__main__':
    sys.exit(main())
