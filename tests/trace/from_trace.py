#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""from_trace.py SIM DATA: `sim calibrate --from-trace`: costs from a capture whose every step is known
(DATA/capture/README.md), in the forms of trace-cmd, perf and bpftrace, with events lost, missing, cut off, out of
order, of several VMs; each is said, and the figures are exact."""
import os
import re
import shutil
import subprocess
import sys
import tempfile

LINE = re.compile(r' *(.*)-(\d+) +\[(\d+)\] (\S+) (\d+)\.(\d{9}): (\w+): (.*)')
FULL = {'cost.exit': 600, 'cost.fault': 1100, 'cost.not_present': 900, 'cost.prefault': 1400,
        'cost.ready': 1600, 'cost.vcpu_wake': 6600}
STAGES = {'page_fault_to_try': (700, 24), 'try_to_not_present': (400, 24), 'not_present_to_inject': (900, 24),
          'not_present_to_completed': (80000, 24), 'completed_to_ready': (2000, 18),
          'completed_to_ready_halted': (8000, 6), 'ready_to_accept': (200, 24), 'accept_to_ack': (1700, 24),
          'ready_to_ack': (1900, 24), 'msr_to_ack': (600, 24), 'msr_to_msr': (600, 24)}


class Event:
    """A line of the base capture, to be written in another form."""
    def __init__(self, line):
        m = LINE.match(line)
        self.comm, self.pid, self.cpu = m[1], int(m[2]), int(m[3])
        self.ns, self.kind, self.words = int(m[5]) * 10**9 + int(m[6]), m[7], m[8]

    def ftrace(self, digits=9, flags=' .....'):
        time = f'{self.ns // 10**9}.{self.ns % 10**9 // 10**(9 - digits):0{digits}}'
        return f'{self.comm:>16}-{self.pid:<5} [{self.cpu:03}]{flags} {time}: {self.kind}: {self.words}'

    def perf(self):
        return (f'{self.comm:>16} {self.pid:5} [{self.cpu:03}] {self.ns // 10**9}.{self.ns % 10**9:09}: '
                f'{"kvm:" + self.kind:>30}: {self.words}')

    def ticks(self, per_us):
        return (f'{self.comm:>16}-{self.pid:<5} [{self.cpu:03}] ..... {self.ns * per_us // 1000}: '
                f'{self.kind}: {self.words}')


class Case:
    def __init__(self, sim, data):
        self.sim, self.data, self.folder = os.path.abspath(sim), data, tempfile.mkdtemp()
        with open(os.path.join(data, 'capture/two-vcpus.trace'), encoding='ascii') as file:
            self.base = file.read()
        self.events = [Event(line) for line in self.base.splitlines() if line[0] != '#']
        self.passed = self.failed = 0

    def expect(self, what, good, shown=''):
        self.passed += bool(good)
        self.failed += not good
        if not good:
            print(f'FAIL: {what}\n{shown}')

    def run(self, *args):
        return subprocess.run([self.sim, *args], cwd=self.folder, text=True, capture_output=True, timeout=60)

    def write(self, lines):
        with open(os.path.join(self.folder, 't.txt'), 'w', encoding='ascii') as file:
            file.write('\n'.join(lines) + '\n')

    def fit(self, lines, *options):
        """The report in one line, {key: ns}, {stage: (p50, samples)}, the file."""
        self.write(lines)
        r = self.run('calibrate', '--from-trace=t.txt', '--output=c.yaml', *options)
        if r.returncode:
            return r.stderr, {}, {}, ''
        with open(os.path.join(self.folder, 'c.yaml'), encoding='ascii') as file:
            text = file.read()
        values = {k: float(v) for k, v in re.findall(r'^  (cost\.\w+): \{value: (\d+)ns', text, re.M)}
        stages = {k: (float(v), int(n)) for k, v, n in
                  re.findall(r'^  (\w+): \{p50: (\d+)ns.* samples: (\d+)', text, re.M)}
        return ' '.join(r.stdout.split()), values, stages, text

    def same(self, what, lines, says, *options, values=None, stages=None):
        said, got, steps, _ = self.fit(lines, *options)
        want_values, want_stages = values or FULL, stages or STAGES
        self.expect(f'{what}: values', got == want_values, f'{got}\nwant {want_values}')
        self.expect(f'{what}: stages', steps == want_stages, f'{steps}\nwant {want_stages}')
        for words in says:
            self.expect(f'{what}: says "{words}"', words in said, said)


def without(wanted, *keys):
    return {k: v for k, v in wanted.items() if k not in keys}


def check_whole(t):
    t.same('whole', t.base.splitlines(), ['cycles 24 on 2 vCPUs', 'guest told 24', 'with ACK 24',
                                          'from WRMSR 0x80b (EOI) to WRMSR 0x4b564d07 (ASYNC_PF_ACK)'])
    said, _, _, text = t.fit(t.base.splitlines(), '--backend=kvm_intel', '--kernel=6.1')
    t.expect('nothing is said to be missing', not re.search(r' (lost|absent|left out|in part) ', said), said)
    t.expect('the spread is of the samples', 'cost.not_present: {value: 900ns, p10: 900ns, p90: 2900ns, samples: 24'
             in text, text)
    t.expect('bounds are called so', 'from: "at most: from one MSR exit' in text, text)
    t.expect('what hangs on the guest is called so',
             re.search(r'accept_to_ack: .*hangs_on: "guest code"', text), text)
    t.expect('whose costs', '  backend: kvm_intel\n' in text and '  whole: true\n' in text, text)
    with open(os.path.join(t.folder, 'w.yaml'), 'w', encoding='ascii') as file:
        file.write('# Is it read?\nduration: 10ms\nreplicas: 1\nguest: {memory: 64MiB}\n'
                   'regions: {a: {size: 1MiB, backing: userfaultfd}}\n'
                   'tasks: {x: {measure: true, loop: [{compute: 9us}, {touch: {region: a}}]}}\n')
    r = t.run('run', 'w.yaml', '--calibration=c.yaml')
    t.expect('sim run reads it', r.returncode == 0 and 'cost.vcpu_wake' in r.stdout and '(kvm_intel, Linux 6.1)' in r.stdout,
             r.stdout[:900] + r.stderr)


def check_forms(t):
    e = t.events
    t.same('trace-cmd', ['cpus=4'] + [x.ftrace(flags='') for x in e], ['nothing that shows'])
    t.same('perf', [x.perf() for x in e], ['nothing that shows'])
    raw = [x.perf().replace('#PF (0x0)', '[FAILED TO PARSE] exception=14 has_error=1 error_code=0 reinjected=0')
           for x in e]
    t.same('perf that cannot print an event', raw, [])
    t.same('bpftrace', ['Attaching 11 probes...', '# tracer: bpftrace'] + [x.ftrace(flags='') for x in e] + [''], [])
    t.same('ticks', [x.ticks(3000) for x in e], ['ticks at 3000.000 MHz, as told'], '--mhz=3000')
    said, got, _, _ = t.fit([x.ftrace(digits=6) for x in e])
    t.expect('microseconds are said', "the capture's, in us: steps below that are not seen" in said, said)
    t.expect('microseconds: long steps are as they were', got.get('cost.vcpu_wake') in (6000, 7000), got)


def check_absent(t):
    kinds = lambda *absent: [x.ftrace() for x in t.events if x.kind not in absent]
    t.same('no kvm_msr', kinds('kvm_msr'), ['absent kvm_msr: no ACKs and no exits', 'with ACK 0'],
           values={**without(FULL, 'cost.exit', 'cost.ready'), 'cost.prefault': 2000, 'cost.vcpu_wake': 6000},
           stages=without(STAGES, 'accept_to_ack', 'ready_to_ack', 'msr_to_ack', 'msr_to_msr'))
    t.same('no kvm_page_fault', kinds('kvm_page_fault'), ['absent kvm_page_fault', 'cost.fault: at least'],
           values={**FULL, 'cost.fault': 400}, stages=without(STAGES, 'page_fault_to_try'))
    t.same('no kvm_vcpu_wakeup', kinds('kvm_vcpu_wakeup'), ['has vCPUs in HLT in it'],
           values=without(FULL, 'cost.vcpu_wake'),
           stages={**without(STAGES, 'completed_to_ready_halted'), 'completed_to_ready': (2000, 24)})
    t.same('no kvm_async_pf_completed', kinds('kvm_async_pf_completed'),
           ['24 without kvm_async_pf_completed', 'no page-in, no cost.prefault'],
           values=without(FULL, 'cost.prefault', 'cost.vcpu_wake'),
           stages=without(STAGES, 'not_present_to_completed', 'completed_to_ready', 'completed_to_ready_halted'))
    five = [x.ftrace() for x in t.events if '_async_' in x.kind]
    t.same('five trace points', five, ['not known 24', 'cost.prefault: at most'],
           values={'cost.fault': 400, 'cost.prefault': 2000},
           stages={'try_to_not_present': (400, 24), 'completed_to_ready': (2000, 24),
                   'not_present_to_completed': (80000, 24)})


def check_damage(t):
    e = t.events
    by_cpu = [x.ftrace() for cpu in (3, 1, 0, 2) for x in e if x.cpu == cpu]
    t.same('buffers of CPUs one after the other', by_cpu, ['put in the order of time'])
    # Lost between the 5th not_present of vCPU 0 and its ready.
    fifth = [i for i, x in enumerate(e) if x.kind == 'kvm_async_pf_not_present' and x.cpu == 0][4]
    for word in ('CPU:1 [LOST 17 EVENTS]', 'CPU:0 [3 EVENTS DROPPED]', 'Lost 9 events',
                 'sim 1 [000] 12.002001200: PERF_RECORD_LOST lost 57'):
        lines = [x.ftrace() for x in e[:fifth + 1]] + [word] + [x.ftrace() for x in e[fifth + 1:]]
        said, got, steps, _ = t.fit(lines)
        t.expect(f'{word}: said', 'lost events, in 1 places' in said and 'cycles 23 on 2 vCPUs' in said and
                 'left out 1 with lost events' in said, said)
        t.expect(f'{word}: the others count', got == FULL and steps.get('accept_to_ack') == (1700, 23), (got, steps))
    said, got, steps, _ = t.fit([x.ftrace() for x in e[fifth:]])
    t.expect('begins in the middle', 'cycles 16 on 2 vCPUs' in said and got == FULL, (said, got))
    said, got, steps, _ = t.fit([x.ftrace() for x in e[:fifth + 1]])
    t.expect('ends in the middle', 'left out 1 in flight when the capture ends' in said and
             steps.get('ready_to_ack') == (1900, 8), (said, steps))
    for cut in range(1, len(e[fifth + 1].ftrace()), 7):
        t.write([x.ftrace() for x in e[:fifth + 1]])
        with open(os.path.join(t.folder, 't.txt'), 'a', encoding='ascii') as file:
            file.write(e[fifth + 1].ftrace()[:cut])
        r = t.run('calibrate', '--from-trace=t.txt')
        t.expect(f'cut off in column {cut}', r.returncode == 0 and ' cycles   8 on 2 vCPUs' in ' ' + r.stdout.replace(
            '\n', ' '), r.stdout + r.stderr)
    said, _, _, text = t.fit(t.base.splitlines()[:100])
    t.expect('a header of more than there is', '134 events that the header counts and the text does not hold' in said
             and '  whole: false\n' in text and ' rules ' not in said, said)
    head = '# entries-in-buffer/entries-written: 228/900   #P:4'
    said, _, _, text = t.fit([head] + [x.ftrace() for x in e])
    t.expect('a buffer that ran over', 'the buffer held 228 of 900 events' in said and '  whole: false\n' in text,
             said)


def check_several(t):
    """A second VM with the same addresses and tokens, 30 us later; its vCPU threads have other ids."""
    other = [Event(x.ftrace()) for x in t.events]
    for x in other:
        x.ns += 30000
        x.pid += 5000
    lines = [x.ftrace() for x in sorted(t.events + other, key=lambda x: x.ns)]
    said, got, steps, _ = t.fit(lines)
    t.expect('two VMs', 'cycles 48 on 4 vCPUs, whose samples are put together' in said and
             '48 whose address another vCPU or VM waited for' in said, said)
    t.expect('two VMs: completed is not guessed', got == without(FULL, 'cost.prefault', 'cost.vcpu_wake'), got)
    t.expect('two VMs: the rest counts twice', steps.get('accept_to_ack') == (1700, 48), steps)
    for x in other:
        x.ns += 100000
    lines = [x.ftrace() for x in sorted(t.events + other, key=lambda x: x.ns)]
    twice = {k: (v, 2 * n) for k, (v, n) in STAGES.items()}
    t.same('two VMs that do not meet', lines, ['cycles 48 on 4 vCPUs'], stages=twice)


def check_none(t):
    msrs = [x.ftrace() for x in t.events if x.kind == 'kvm_msr']
    t.same('no cycle', msrs, ['cycles none: no asynchronous page fault begins and ends in this capture; only MSR '
                              'exits are fitted', 'absent kvm_async_pf_not_present: no cycles'],
           values={'cost.exit': 600}, stages={'msr_to_ack': (600, 24), 'msr_to_eoi': (499400, 22), 'msr_to_msr': (600, 24)})
    slow = [f' x-1 [000] ..... 1.{k:06}000: kvm_msr: msr_write 6e0 = 0x1' for k in range(0, 990, 90)]
    said, got, steps, _ = t.fit(slow + [x.ftrace() for x in t.events if '_async_' in x.kind])
    t.expect('MSR exits too far apart', 'too far apart to say what an exit costs' in said and
             'cost.exit' not in got and got.get('cost.prefault') == 2000 and steps.get('msr_to_msr') == (90000, 10),
             (said, got))
    for what, lines, want in (
            ('nothing', [x.ftrace() for x in t.events if x.kind == 'kvm_page_fault'], 'nothing to fit'),
            ('actor streams', ['# case a: vmm', 'vcpu vmm kvm_msr: msr_write 80b = 0x0'], 'have no times'),
            ('a broken event', [t.events[0].ftrace(), t.events[1].ftrace().replace('gfn', 'g')], 't.txt:2:1: error'),
            ('no capture', ['duration: 1s'], 't.txt:1:1: error')):
        t.write(lines)
        r = t.run('calibrate', '--from-trace=t.txt', '--output=n.yaml')
        t.expect(f'{what}: one line, exit 2, no file', r.returncode == 2 and want in r.stderr and not r.stdout and
                 r.stderr.count('\n') == 1 and not os.path.exists(os.path.join(t.folder, 'n.yaml')), r.stderr)


def check_usage(t):
    for args, want in ((['--from-trace=no'], 'no: cannot be read'), (['--mhz=3000'], '--mhz is about a capture'),
                       (['--from-trace=t.txt', '--samples=20'], '--samples has no meaning'),
                       (['--from-trace=t.txt', '--mhz=0'], '--mhz=0'), (['--from-trace=.'], 'is a folder'),
                       (['--from-trace=t.txt', '--backend=a: b'], '--backend=a: b'),
                       (['--from-trace=t.txt', '--kernel=7'], '--kernel=7'),
                       (['--from-trace=t.txt', '--output=.'], 'is no file')):
        r = t.run('calibrate', *args)
        t.expect(' '.join(args), r.returncode == 2 and not r.stdout and want in r.stderr and
                 r.stderr.count('\n') == 1, r.stderr)


def check_recorded(t):
    """Forty cycles of a real kvm_pvm: within a tenth of the medians of the 250 that were recorded, in us."""
    want = {'try_to_not_present': 0.4, 'not_present_to_inject': 31.0, 'not_present_to_completed': 59.5,
            'completed_to_ready': 9.0, 'ready_to_accept': 0.3, 'accept_to_ack': 191.8}
    with open(os.path.join(t.data, 'kvm-pvm-6.18/loop_seq.trace'), encoding='ascii') as file:
        said, _, steps, _ = t.fit(file.read().splitlines(), '--mhz=2596.15', '--backend=kvm_pvm')
    for name, us in want.items():
        got = steps.get(name, (0, 0))[0] / 1000
        t.expect(f'recorded: {name}', abs(got - us) <= max(0.1, 0.1 * us), f'{got} {us}\n{said}')


def check_own(t):
    """The trace.dat of a run of the simulator's own, with costs of ours: they come out again."""
    with open(os.path.join(t.folder, 'own.yaml'), 'w', encoding='ascii') as file:
        file.write('# What do the costs look like from outside?\nduration: 20ms\nwarmup: 0s\nreplicas: 1\nmodes: [apf]\n'
                   'guest: {memory: 64MiB, hz: 0}\nhost: {hz: 0}\nmonitor: {latency: 40us}\n'
                   'cost: {exit: 600ns, ready: 700ns, prefault: 900ns}\n'
                   'regions: {a: {size: 32MiB, backing: userfaultfd}}\n'
                   'tasks: {x: {measure: true, count: 2, loop: [{compute: 200us}, {touch: {region: a}}]}}\n')
    r = t.run('run', 'own.yaml', '--trace=own.dat')
    t.expect('a trace of a run', r.returncode == 0, r.stderr)
    r = t.run('calibrate', '--from-trace=own.dat', '--backend=sim', '--output=c.yaml')
    with open(os.path.join(t.folder, 'c.yaml'), encoding='ascii') as file:
        text = file.read()
    for stage, ns in (('completed_to_ready', 600 + 900), ('ready_to_ack', 700 + 600)):
        t.expect(f'own trace.dat: {stage}', f'  {stage}: {{p50: {ns}ns, p10: {ns}ns, p90: {ns}ns' in text, text)
    cycles = int(text.split('\n  cycles: ')[1].split('\n')[0])
    t.expect('own trace.dat: many cycles', cycles > 50 and '  clock: "the capture\'s, in ns"' in text, text)


def main():
    t = Case(sys.argv[1], sys.argv[2])
    for check in (check_whole, check_forms, check_absent, check_damage, check_several, check_none, check_usage,
                  check_own, check_recorded):
        check(t)
    shutil.rmtree(t.folder)
    print(f'{t.passed} passed, {t.failed} failed, 0 skipped')
    return t.failed > 0


if __name__ == '__main__':
    sys.exit(main())
