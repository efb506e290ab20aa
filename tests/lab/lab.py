#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""The protocol on a real kvm-amd, under QEMU's software emulation: lab.py SIM CACHE [--offline]

One boot of a stock Debian kernel (boot.sh), in which sim runs every case of `sim calibrate --case`, judges
what the trace points saw by `sim trace check`, and measures. Times mean nothing there; what happens, and
in which order, does. Instructions are its clock, so that it is the same on a busy machine.

A second one, in real time, in which the same kernel is the guest (linux.sh).

--offline: instead, one in which a CPU of that guest goes and comes (offline.sh): HOLE-1 on a real kernel.
"""
import os
import re
import subprocess
import sys

HERE = os.path.dirname(os.path.abspath(__file__))
passed = failed = 0

# try, not_present, repeated_fault, completed, ready of Linux 6.1's kvm-amd; None: as it comes.
COUNTS = {
    'full-cycle': (20, 20, 0, 20, 21),
    'two-vcpus': (40, 40, 0, 40, 42),
    'halt': (None, 20, None, 20, 20),
    'irq-off': (0, 0, 0, 0, 1),
    'limit': (65, 64, 0, 64, 65),
    'repeated': (2, 1, 1, 1, 2),
    'wake-all': (3, 2, 1, 2, 4),
    'no-ack': (8, 8, 0, 8, 2),
    'slot-left': (2, 2, 0, 2, 2),
    'slot-zeroed': (2, 2, 0, 2, 4),
    'reset-halted': (1, 1, 0, 1, 0),
    'reset-told': (1, 1, 0, 1, 2),
}
NAMES = ('t_try', 't_not_present', 't_repeated', 't_completed', 't_ready')
# Rules that `sim trace check` finds broken, by the guest; a token thrown away with APF off had no ACK.
BROKEN = {'no-ack': {'G-6'}, 'slot-left': {'HOLE-1'}}


def expect(what, good, shown=''):
    global passed, failed
    passed += bool(good)
    failed += not good
    if not good:
        print(f'FAIL: {what}\n{shown}')


def sections(text):
    """What follows each line 'LAB: NAME', by name."""
    parts = re.split(r'^LAB: ((?:case|trace|linux|offline) \S+|calibrate|killed)\n', text, flags=re.M)
    return dict(zip(parts[1::2], parts[2::2]))


def status_of(part):
    found = re.search(r'^LAB: status (\d+)$', part, flags=re.M)
    return int(found[1]) if found else None


def check_case(name, part):
    expect(f'{name}: as the protocol has it',
           re.search(rf'^good    {name} ', part, flags=re.M) and status_of(part) == 0 and
           'kvm_amd' in part and '1 cases, 0 failed' in part, part)
    for what, want in zip(NAMES, COUNTS.get(name, ())):
        found = re.search(rf' {what} (\d+)', part)
        n = int(found[1]) if found else 0
        if want is None:
            expect(f'{name}: {what} is counted', n > 0, part)
        else:
            expect(f'{name}: {what} is {want}', n == want, part)


def check_trace(name, part):
    broken = set(re.findall(r'(?:guest or VMM|host) rule broken: (\S+?):', part))
    expect(f'{name}: the host keeps its rules, the guest breaks {BROKEN.get(name, "none")}',
           'host rules kept' in part and broken == BROKEN.get(name, set()) and
           status_of(part) == bool(broken), part)


def check_measure(part):
    text = ' '.join(part.split())
    found = re.search(r'checked (\d+) asynchronous cycles .* against the protocol as of Linux 6.1: '
                      'no difference', text)
    expect('a whole measurement: 80 cycles and more, no difference',
           status_of(part) == 0 and found and int(found[1]) >= 80, part)
    expect('it says whose figures these are', 'backend kvm_amd, QEMU TCG' in text, part)
    for stage in ('touch_to_try', 'completed_to_ready_halted', 'accept_to_handler', 'halt_fault'):
        expect(f'it has {stage}', re.search(rf' \d+ {stage}: ', text), part)


def check_linux(parts):
    tries = [parts[name] for name in sorted(parts) if name.startswith('linux ')]
    part = tries[-1] if tries else ''
    print(f'Linux as the guest: {len(tries)} of 3 tries')
    expect('Linux: it comes to its end, and the host keeps its rules',
           status_of(part) == 0 and 'checked  strictly, rules of 6.1: 0 findings' in part, part)
    expect('Linux: 3 touchers touch 300 pages twice and find what they wrote',
           'touches  1800, wrong contents 0;' in part, part)
    found = re.search(r'^HYP +(\d+) -> (\d+)', part, flags=re.M)
    interrupts = int(found[2]) - int(found[1]) if found else 0
    expect('Linux: /proc/interrupts has more than 1000 HYP', interrupts > 1000, part)
    found = re.search(r'guest told (\d+), vCPU halted (\d+);', part)
    told, halted = (int(found[1]), int(found[2])) if found else (0, 0)
    expect('Linux: one interrupt for each fault that it was told of (a few may come after the count)',
           interrupts <= told <= interrupts + 64, part)
    expect('Linux: faults of its kernel halt the vCPU', halted > 0, part)


def check_killed(part):
    expect('killed in the middle: it had a trace instance', 'instances before: apfsim-' in part, part)
    expect('killed in the middle: after 2 s nothing is left',
           re.search(r'^instances after: *$', part, flags=re.M) and
           re.search(r'^processes after: *$', part, flags=re.M), part)


def check_offline(parts):
    tries = [parts[name] for name in sorted(parts) if name.startswith('offline ')]
    part = tries[-1] if tries else ''
    print(f'a CPU that goes and comes: {len(tries)} of 3 tries')
    found = re.search(r'^offline  CPU 1 went and came (\d+) times; then nothing there went on: (\d+) of 8', part,
                      flags=re.M)
    expect('offline: touchers on CPU 1 sleep for a token for ever', found and int(found[2]) > 0, part)
    expect('offline: and HOLE-1 is found in the trace', ': HOLE-1: no wake-all follows' in part and
           'rules of 6.1: 1 findings' in part and status_of(part) == 0, part)
    expect('offline: what was read is what was written', ', wrong contents 0;' in part, part)


def boot(sim, cache, script, clock, seconds='150'):
    return subprocess.run(['bash', os.path.join(HERE, 'boot.sh'), sim, cache, os.path.join(HERE, script)],
                          text=True, errors='replace', capture_output=True, check=False,
                          env=dict(os.environ, LAB_CLOCK=clock, LAB_SECONDS=seconds))


def comes_to_its_end(what, r):
    expect(f'the laboratory boots and comes to its end: {what}',
           re.search('^LAB: end', r.stdout, flags=re.M), r.stdout[-2000:] + r.stderr)


def end():
    print(f'{passed} passed, {failed} failed, 0 skipped')
    return failed > 0


def main():
    sim, cache = sys.argv[1:3]
    offline = sys.argv[3:] == ['--offline']
    r = boot(sim, cache, 'offline.sh', 'real', '240') if offline else boot(sim, cache, 'cases.sh', 'instructions')
    if r.returncode == 3:
        print(f'skipped: lab ({r.stderr.strip()})\n0 passed, 0 failed, 1 skipped')
        return 0
    if offline:
        comes_to_its_end('offline', r)
        check_offline(sections(r.stdout))
        return end()
    parts = sections(r.stdout)
    comes_to_its_end('cases', r)
    listed = subprocess.run([sim, 'calibrate', '--case=list'], text=True, capture_output=True, check=True)
    names = [line.split()[0] for line in listed.stdout.splitlines()]
    expect('each case has its counts here', set(names) == set(COUNTS), names)
    for name in names:
        check_case(name, parts.get(f'case {name}', ''))
        check_trace(name, parts.get(f'trace {name}', ''))
    check_measure(parts.get('calibrate', ''))
    r = boot(sim, cache, 'linux.sh', 'real')
    parts = sections(r.stdout)
    comes_to_its_end('Linux', r)
    check_linux(parts)
    check_killed(parts.get('killed', ''))
    return end()


if __name__ == '__main__':
    sys.exit(main())
