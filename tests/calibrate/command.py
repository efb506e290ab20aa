#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""`sim calibrate` on this machine: what it writes, what it needs, what it leaves: command.py SIM"""
import os
import re
import shutil
import signal
import subprocess
import sys
import tempfile
import time

TRACEFS = '/sys/kernel/tracing'
MOUNTED = ['unshare', '--mount', 'sh', '-c',
           f'[ -d {TRACEFS}/instances ] || mount -t tracefs tracefs {TRACEFS} && exec "$@"', 'sh']
UNMOUNTED = ['unshare', '--mount', 'sh', '-c',
             f'umount -l {TRACEFS} /sys/kernel/debug 2>/dev/null; exec "$@"', 'sh',
             'setpriv', '--bounding-set', '-sys_admin', '--inh-caps', '-sys_admin']
NOBODY = 65534


class Case:
    def __init__(self, sim):
        self.folder = tempfile.mkdtemp()
        os.chmod(self.folder, 0o755)
        self.sim = os.path.join(self.folder, 'sim')  # where anybody may run it
        shutil.copy(sim, self.sim)
        self.passed = self.failed = self.skipped = 0

    def path(self, name):
        return os.path.join(self.folder, name)

    def run(self, *args, within=(), **more):
        return subprocess.run([*within, self.sim, *args], cwd=self.folder, text=True, capture_output=True,
                              timeout=120, **more)

    def start(self, *args):
        return subprocess.Popen([self.sim, *args], cwd=self.folder, stdout=subprocess.DEVNULL,
                                stderr=subprocess.DEVNULL)

    def expect(self, what, good, shown=''):
        self.passed += bool(good)
        self.failed += not good
        if not good:
            print(f'FAIL: {what}\n{shown}')

    def skip(self, what, why):
        print(f'skipped: {what} ({why})')
        self.skipped += 1


def can_trace():
    return os.access(f'{TRACEFS}/instances', os.W_OK) or not subprocess.run(
        [*MOUNTED, 'test', '-w', f'{TRACEFS}/instances'], stderr=subprocess.DEVNULL, check=False).returncode


def instances():
    """Whether or not tracefs is mounted here."""
    shown = subprocess.run([*MOUNTED, 'ls', f'{TRACEFS}/instances'], text=True, capture_output=True, check=False)
    return {name for name in shown.stdout.split() if name.startswith('apfsim-')}


def until(condition, seconds):
    """In looks, 50 a second where nobody is in the way: a slow machine is given the time it needs."""
    for _ in range(int(seconds / 0.02)):
        if condition():
            return True
        time.sleep(0.02)
    return condition()


def guardian_of(pid):
    """The child of that process which is called sim-guardian, or None."""
    for entry in os.listdir('/proc'):
        try:
            with open(f'/proc/{entry}/stat', encoding='ascii', errors='replace') as file:
                text = file.read()
        except OSError:
            continue
        name, fields = text[text.index('(') + 1:text.rindex(')')], text[text.rindex(')') + 2:].split()
        if name == 'sim-guardian' and fields[1] == str(pid):
            return int(entry)
    return None


def alive(pid):
    try:
        with open(f'/proc/{pid}/stat', encoding='ascii', errors='replace') as file:
            return file.read().rsplit(')', 1)[1].split()[0] != 'Z'
    except OSError:
        return False


def check_values(t):
    before, began = instances(), time.monotonic()
    r = t.run('calibrate', '--output=c.yaml')
    t.expect('it ends well', r.returncode == 0, r.stderr)
    t.expect('within a minute', time.monotonic() - began < 60)
    text = ' '.join(r.stdout.split())
    cycles = int(text.split('checked ')[1].split()[0]) if 'checked ' in text else 0
    t.expect('200 cycles and more agree with the protocol', cycles >= 200, text[:900])
    t.expect('no trace instance is left', instances() == before)
    with open(t.path('c.yaml'), encoding='utf-8') as file:
        stages = re.findall(r'^  (\w+): \{p50: ', file.read(), re.M)
    t.expect('turns and the exits below are among the stages',
             {'tick', 'tick_switch', 'host_cpuid'} <= set(stages), stages)
    with open(t.path('w.yaml'), 'w', encoding='utf-8') as file:
        file.write('# Is it read?\nduration: 10ms\nreplicas: 1\nguest: {memory: 64MiB}\n'
                   'regions: {a: {size: 1MiB, backing: userfaultfd}}\n'
                   'tasks: {x: {measure: true, loop: [{compute: 9us}, {touch: {region: a}}]}}\n')
    r = t.run('run', 'w.yaml', '--calibration=c.yaml')
    t.expect('sim run reads what was written', r.returncode == 0 and 'cost.exit' in r.stdout,
             r.stderr)


def page_in_is_measured_or_why_not(out, traced):
    """Its row with samples, or its name under the reason that is true here, and no other way."""
    row = re.search(r'^ +[\d.]+ +[\d.]+ +[\d.]+ +(\d+)(?: +\d+)?  page_in_file: ', out, re.M)
    touches = re.search(r'^touches .*?(?: async (\d+))?( |$)', out, re.M)
    announced = int(touches[1] or 0) if touches else 0
    why = re.search(r'\n  (\S[^\n]*(?:\n  \S[^\n]*)*):\n    [^\n]*(?:\n    [^\n]*)*\bpage_in_file\b', out)
    if row:
        return traced and announced >= int(row[1]) > 0 and not why
    want = ('needs trace points (no tracefs: mount -t tracefs' if not traced else
            'no page of the file was announced to the guest' if not announced else None)
    return why and want and want in why[1]


def check_file(t):
    before = set(os.listdir(t.folder))
    r = t.run('calibrate', '--samples=64', f'--backing=file:{t.folder}')
    t.expect('a file as backing: the page-in, or why there is none', r.returncode == 0 and
             page_in_is_measured_or_why_not(r.stdout, can_trace()), r.stdout + r.stderr)
    t.expect('leaves no file', set(os.listdir(t.folder)) == before)
    if os.geteuid() == 0:
        r = t.run('calibrate', '--samples=10', f'--backing=file:{t.folder}', within=UNMOUNTED)
        t.expect('without tracefs: said what is missing', r.returncode == 0 and
                 '\ntraced   no: no tracefs: ' in r.stdout and
                 page_in_is_measured_or_why_not(r.stdout, False), r.stdout + r.stderr)
    r = t.run('calibrate', '--samples=64', '--backing=file:/dev/shm', '--output=shm.yaml')
    t.expect('a file that cannot be evicted: said, nothing written',
             r.returncode == 3 and 'tmpfs cannot be evicted' in r.stderr and
             not os.path.exists(t.path('shm.yaml')), r.stderr)


def check_case(t):
    before = instances()
    r = t.run('calibrate', '--case=full-cycle,slot-zeroed')
    t.expect('two cases, one line each', r.returncode == 0 and r.stdout.count('\ngood ') == 2 and
             '2 cases, 0 failed' in r.stdout, r.stdout + r.stderr)
    t.expect('a case leaves no trace instance', instances() == before)


def drop_all():
    os.setgroups([])
    os.setgid(NOBODY)
    os.setuid(NOBODY)


def check_without_rights(t):
    if os.geteuid() != 0:
        t.skip('without the right to /dev/kvm', 'not root: cannot become somebody else')
        return
    os.chmod(t.folder, 0o777)
    r = t.run('calibrate', '--output=no.yaml', preexec_fn=drop_all)
    t.expect('without /dev/kvm: exit 3, one line with the remedy',
             r.returncode == 3 and not r.stdout and r.stderr.count('\n') == 1 and
             '/dev/kvm: run as root, or join its group' in r.stderr, r.stderr)
    t.expect('nothing half-written',
             not [f for f in os.listdir(t.folder) if 'no.yaml' in f])
    os.chmod(t.folder, 0o755)


def check_killed(t, both):
    what = 'both killed' if both else 'killed'
    if not can_trace():
        t.skip(f'{what}: no trace instance is left', 'no tracefs')
        return
    main = t.start('calibrate', '--samples=3000', '--output=k.yaml')
    name = f'apfsim-{main.pid}'
    t.expect(f'{what}: it had an instance', until(lambda: name in instances(), 10))
    guardian = guardian_of(main.pid)
    t.expect(f'{what}: it had a guardian', guardian is not None)
    if both and guardian:
        os.kill(guardian, signal.SIGKILL)
    main.kill()
    main.wait()
    if both:
        t.expect('the guardian is dead', until(lambda: not alive(guardian), 5))
        t.expect('the instance of both is an orphan', name in instances())
        r = t.run('calibrate', '--samples=10', '--quiet')
        t.expect('the next start removes it', r.returncode == 0 and name not in instances(),
                 r.stderr)
    else:
        t.expect('the guardian removes it within 2 s', until(lambda: name not in instances(), 2))
        t.expect('and ends', until(lambda: not alive(guardian), 2))
    t.expect(f'{what}: nothing half-written', not [f for f in os.listdir(t.folder) if 'k.yaml' in f])


def check_usage(t):
    for args, want in [(['--backing=disk'], '--backing=disk: write userfaultfd, or file:DIR'),
                       (['--samples=3'], '--samples'), (['--output=.'], 'is no file'),
                       (['--backing=file:/no/such/dir', '--samples=10'], '/no/such/dir'),
                       (['--case=none'], '--case=none: is none; sim calibrate --case=list'),
                       (['--case=all', '--output=x.yaml'], '--case goes with none of'),
                       (['--guest=linux:'], 'write linux:BZIMAGE'),
                       (['--guest=linux:none'], 'No such file or directory; name a bzImage'),
                       (['--guest=linux:sim'], 'is no bzImage of a 64-bit Linux'),
                       (['--guest=linux:sim', '--case=all'], '--case goes with none of'),
                       (['--offlines=3'], '--offlines is about --guest'),
                       (['--guest=linux:sim', '--seconds=0'], "--seconds: '0'")]:
        r = t.run('calibrate', *args)
        t.expect(' '.join(args), r.returncode == 2 and not r.stdout and want in r.stderr and
                 r.stderr.count('\n') == 1, r.stderr)


def check_guest(t):
    """Where a Linux guest cannot run, the head of a kernel is enough to be told so."""
    r = t.run('calibrate', '--samples=10', '--output=backend.yaml', '--quiet')
    with open(t.path('backend.yaml'), encoding='utf-8') as file:
        if 'backend: kvm_pvm' not in file.read():
            t.skip('a Linux guest where it cannot run', 'no kvm_pvm')
            return
    head = bytearray(0x2000)
    head[0x202:0x208] = b'HdrS' + (0x20c).to_bytes(2, 'little')
    head[0x236] = 1
    with open(t.path('kernel'), 'wb') as file:
        file.write(head)
    r = t.run('calibrate', '--guest=linux:kernel')
    t.expect('a Linux guest on kvm_pvm: exit 3, one line', r.returncode == 3 and not r.stdout and
             r.stderr.count('\n') == 1 and 'a host with kvm_intel or kvm_amd is needed' in r.stderr, r.stderr)


def main():
    t = Case(sys.argv[1])
    r = t.run('calibrate', '--samples=10', '--quiet')
    if r.returncode == 3:
        t.expect('what is missing is one line', r.stderr.count('\n') == 1, r.stderr)
        t.skip('everything that needs KVM', r.stderr.strip())
    else:
        for check in (check_values, check_file, check_case, check_without_rights, check_usage,
                      check_guest):
            check(t)
        check_killed(t, False)
        check_killed(t, True)
    shutil.rmtree(t.folder)
    print(f'{t.passed} passed, {t.failed} failed, {t.skipped} skipped')
    return t.failed > 0


if __name__ == '__main__':
    sys.exit(main())
