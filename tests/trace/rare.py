#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""rare.py SIM: captures of rare paths that keep every rule have no finding in strict mode, wherever a capture of them begins and
whatever kind of event was not recorded; what breaks a rule on such a path is still found.

The lines are written here by the kernel's rules (docs/protocol-rules.md) and its print formats, as a real KVM would give them.
"""
import os
import random
import subprocess
import sys
import tempfile

VECTOR = 243
EOI_PV = 'kvm_pv_eoi'


class Capture:
    """One vCPU's thread, its worker and others, as tracefs prints them."""

    def __init__(self, vcpu=0, en=0x9009, begin=1000, boots=True):
        self.lines, self.now, self.vcpu = [], begin, vcpu
        if boots:
            self.boot(en)

    def say(self, event, comm=None, pid=None):
        self.now += 3
        comm, pid = comm or f'CPU {self.vcpu}/KVM', 1000 + self.vcpu if pid is None else pid
        self.lines.append((self.now, f'{comm:>16}-{pid:<7} [{self.vcpu:03}] ..... {self.now // 10**6:5}.{self.now % 10**6:06}: {event}'))

    def msr(self, number, value, refused=False):
        self.say(f'kvm_msr: msr_write {number:x} = {value:#x}{" (#GP)" if refused else ""}')

    def accept(self, vector=VECTOR, mode='Fixed', apicid=None, **who):
        self.say(f'kvm_apic_accept_irq: apicid {self.vcpu if apicid is None else apicid:x} vec {vector} ({mode}|edge)', **who)

    def ready(self, token, page=0, told=True):
        self.say(f'kvm_async_pf_ready: token {token:#x} gva {page << 12:#x}')
        if told:
            self.accept()

    def eoi(self, vector=VECTOR, paravirtual=False):
        self.say(f'kvm_eoi: apicid {self.vcpu:x} vector {vector}')
        self.say(f'kvm_pv_eoi: apicid {self.vcpu:x} vector {vector}') if paravirtual else self.msr(0x80b, 0)

    def handler(self, **how):
        self.say(f'kvm_inj_virq: IRQ {VECTOR:#x}')
        self.eoi(**how)
        self.msr(0x4b564d07, 1)

    def boot(self, en=0x9009):
        self.msr(0x1b, 0xfee00d00)
        self.msr(0x80f, 0x1ff)
        self.msr(0x4b564d06, VECTOR)
        self.enable(en)

    def enable(self, en=0x9009):
        self.msr(0x4b564d02, en)
        self.ready(0xffffffff)
        self.handler()

    def tries(self, page, gva=None):
        gva = page << 12 if gva is None else gva
        self.say(f'kvm_page_fault: vcpu {self.vcpu} rip 0x40 address {gva:#018x} error_code 0x100000004')
        self.say(f'kvm_try_async_get_page: gva = {gva:#x}, gfn = {page:#x}')
        return gva

    def fault(self, page, ident, told=True, gva=None):
        gva = self.tries(page, gva)
        self.say(f'kvm_async_pf_not_present: token {ident << 12 | self.vcpu:#x} gva {gva:#x}')
        if told:
            self.say('kvm_inj_exception: #PF (0x0)')

    def repeats(self, page):
        gva = self.tries(page)
        self.say(f'kvm_async_pf_repeated_fault: gva = {gva:#x}, gfn = {page:#x}')

    def completes(self, page):
        self.say(f'kvm_async_pf_completed: gva {page << 12:#x} address {0x7f0000000000 + (page << 12):#x}', f'kworker/{self.vcpu}:1',
                 200 + self.vcpu)

    def cycle(self, page, ident, told=True, **how):
        self.fault(page, ident, told)
        self.completes(page)
        self.ready(ident << 12 | self.vcpu, page, told)
        if told:
            self.handler(**how)

    def cycles(self, count, ident, **how):
        for i in range(count):
            self.cycle(0x100 + ident + i, ident + i, **how)

    def vmexit(self, page, ident, vmx=True, told=True):
        """L1 is told while its L2 runs: a VM-exit, no exception; gva is L2's."""
        token, l2 = ident << 12 | self.vcpu, page + 0x7000
        self.fault(page, ident, False, l2 << 12)
        if told:
            self.say(f'kvm_nested_vmexit_inject: reason: EXCEPTION_NMI ext_inf1: {token if vmx else 0:#018x} '
                     f'ext_inf2: {0 if vmx else token:#018x} ext_int: 0x80000b0e ext_int_err: 0x00000000')
        self.completes(l2)
        self.ready(token, l2)
        self.handler()


def merged(*captures):
    whole = Capture(boots=False)
    whole.lines = sorted((line for c in captures for line in c.lines), key=lambda line: line[0])
    return whole


def other_vm(capture):
    """The same guest once more: other threads, the same addresses and tokens."""
    capture.lines = [(t, line.replace('-1000 ', '-5000 ').replace('-200 ', '-5200 ')) for t, line in capture.lines]
    return capture


RARE = {}


def rare(make):
    RARE[make.__name__] = make
    return make


@rare
def plain():
    c = Capture()
    c.cycles(4, 1)
    return c


@rare
def acks_in_a_row():
    """Pages that come while the slot is busy are delivered inside of the ACK."""
    c = Capture()
    for i in range(4):
        c.fault(0x500 + i, i + 1, told=i != 2)
    for i in (2, 0, 3, 1):
        c.completes(0x500 + i)
    c.ready(0x3000, 0x502, False)
    c.ready(0x1000, 0x500)
    for i in (3, 1):
        c.say(f'kvm_inj_virq: IRQ {VECTOR:#x}')
        c.eoi()
        c.ready((i + 1) << 12, 0x500 + i)
        c.msr(0x4b564d07, 1)
    c.handler()
    return c


@rare
def enabled_anew_in_flight():
    c = Capture()
    c.fault(0x500, 1)
    c.enable()
    c.repeats(0x500)
    c.completes(0x500)
    c.ready(0x1000, 0x500)
    c.handler()
    return c


@rare
def disabled_in_flight():
    c = Capture()
    c.fault(0x500, 1)
    c.completes(0x500)
    c.msr(0x4b564d02, 0)
    c.msr(0x4b564d06, VECTOR)
    c.enable()
    c.cycles(3, 2)
    return c


@rare
def slot_zeroed_while_disabled():
    """A guest that zeroes the slot before it enables (HOLE-1's remedy): a ready without an ACK is no fault."""
    c = Capture()
    c.fault(0x500, 1)
    c.completes(0x500)
    c.ready(0x1000, 0x500)
    c.msr(0x4b564d02, 0)
    c.say(f'kvm_inj_virq: IRQ {VECTOR:#x}')
    c.eoi()
    c.msr(0x4b564d06, VECTOR)
    c.enable()
    c.cycles(3, 2)
    return c


@rare
def reset_by_the_vmm():
    c = Capture()
    c.fault(0x500, 1)
    c.completes(0x500)
    c.boot()
    c.cycles(3, 2)
    return c


@rare
def init_of_a_cpu():
    """A guest without APF takes a CPU offline and online: INIT drops what is in flight."""
    off, cpu = Capture(1, boots=False), Capture(0)
    off.now = cpu.now
    off.msr(0x80f, 0x1ff)
    off.fault(0x500, 1, told=False)
    off.completes(0x500)
    cpu.now = off.now
    cpu.accept(0, 'INIT', 1)
    cpu.accept(0x98, 'SIPI', 1)
    off.now = cpu.now
    off.msr(0x80f, 0x1ff)
    off.cycles(3, 2, told=False)
    return merged(off, cpu)


@rare
def lapic_off():
    c = Capture(boots=False)
    c.msr(0x1b, 0xfee00d00)
    c.msr(0x4b564d06, VECTOR)
    c.msr(0x4b564d02, 0x9009)
    c.msr(0x80f, 0x1ff)
    c.ready(0xffffffff)
    c.handler()
    c.msr(0x80f, 0xff)
    c.fault(0x500, 1, told=False)
    c.completes(0x500)
    c.msr(0x80f, 0x1ff)
    c.ready(0x1000, 0x500, False)
    c.cycles(2, 2)
    return c


@rare
def migrated():
    """The destination: an old token is still in the slot, the wake-all behind it."""
    c = Capture(boots=False)
    c.say(f'kvm_inj_virq: IRQ {VECTOR:#x}')
    c.eoi()
    c.ready(0xffffffff)
    c.msr(0x4b564d07, 1)
    c.handler()
    c.cycles(3, 1)
    return c


@rare
def nested_on_vmx():
    c = Capture(en=0x900d)
    c.cycles(40, 1)
    c.vmexit(0x900, 41)
    c.vmexit(0x901, 42)
    return c


@rare
def nested_on_svm():
    c = Capture(en=0x900d)
    c.cycles(2, 1)
    c.vmexit(0x900, 3, vmx=False)
    return c


@rare
def nested_without_its_event():
    c = Capture(en=0x900d)
    c.cycles(2, 1)
    c.vmexit(0x900, 3, told=False)
    return c


@rare
def paravirtual_eoi():
    c = Capture()
    c.msr(0x4b564d04, 0x5001)
    c.cycles(30, 1)
    c.cycles(2, 31, paravirtual=True)
    return c


@rare
def interrupts_of_others():
    """An IPI, a device's and a timer's interrupt are accepted in the sender's thread, or in none of the VM's."""
    a, b = Capture(0), Capture(1)
    a.cycles(30, 1)
    b.now = a.now
    b.cycles(30, 1)
    b.accept(253, apicid=0)
    b.accept(0x23, apicid=0, comm='qemu', pid=999)
    b.accept(236, apicid=0, comm='<idle>', pid=0)
    a.now = b.now
    for vector in 253, 0x23, 236:
        a.say(f'kvm_inj_virq: IRQ {vector:#x}')
        a.eoi(vector)
    return merged(a, b)


@rare
def exceptions_of_the_guest():
    c = Capture()
    c.cycles(30, 1)
    c.say('kvm_inj_exception: #PF (0x0)')
    c.cycles(2, 31)
    return c


@rare
def two_vms():
    a, b = Capture(), Capture()
    for i in range(3):
        a.fault(0x800 + i, i + 1)
        b.now = a.now
        b.fault(0x800 + i, i + 1)
        for c, before in ((b, b), (a, b)):
            c.now = before.now
            c.completes(0x800 + i)
            c.ready((i + 1) << 12, 0x800 + i)
            c.handler()
    return merged(a, other_vm(b))


@rare
def many_vcpus():
    captures = [Capture(v, begin=1000 + 7 * v) for v in range(100)]
    for c in captures:
        c.cycles(1, 1)
    return merged(*captures)


@rare
def halted():
    c = Capture()
    c.fault(0x500, 1, told=False)
    for _ in range(3):
        c.say('kvm_vcpu_wakeup: wait time 1000 ns, polling valid')
        c.accept(236)
        c.say('kvm_inj_virq: IRQ 0xec')
        c.eoi(236)
        c.repeats(0x500)
    c.completes(0x500)
    c.ready(0x1000, 0x500, False)
    c.cycles(2, 2)
    return c


# What is wrong on such a path: which of them, from what, to what, the rule.
WRONG = [
    ('nested_on_vmx', 'gva = 0x7900000, gfn = 0x900', 'gva = 0x7901000, gfn = 0x900', 'K-12'),
    ('nested_on_vmx', 'gva = 0x105000, gfn = 0x105', 'gva = 0x105000, gfn = 0x106', 'K-3'),
    ('nested_on_vmx', 'ext_inf1: 0x0000000000029000', 'ext_inf1: 0x0000000000028000', 'INV-6'),
    ('nested_without_its_event', 'kvm_inj_exception: #PF (0x0)', 'kvm_inj_exception: #UD', 'INV-6'),
    ('slot_zeroed_while_disabled', 'msr_write 4b564d02 = 0x0', 'msr_write 4b564d02 = 0x9009', 'G-6'),
    ('init_of_a_cpu', '(INIT|edge)', '(NMI|edge)', 'INV-22'),
    ('interrupts_of_others', 'apicid 0 vec 253', 'apicid 9 vec 253', 'G-6'),
    ('migrated', 'token 0x2000 gva 0x102000', 'token 0x3000 gva 0x102000', 'A.5'),
]


# What may be left out of a recording, and where that hides what it takes to know better: the INIT; that a page is L2's.
KINDS = ['kvm_async_pf_not_present', 'kvm_async_pf_ready', 'kvm_async_pf_completed', 'kvm_async_pf_repeated_fault',
         'kvm_try_async_get_page', 'kvm_msr', 'kvm_inj_exception', 'kvm_inj_virq', 'kvm_apic_accept_irq', 'kvm_eoi', 'kvm_page_fault',
         'kvm_vcpu_wakeup']
BLIND = [('init_of_a_cpu', 'kvm_apic_accept_irq'), ('nested_without_its_event', 'kvm_async_pf_ready'),
         ('nested_without_its_event', 'kvm_try_async_get_page'), ('nested_without_its_event', 'kvm_apic_accept_irq')]


def check(sim, lines, counts=True):
    with open('capture', 'w', encoding='utf-8') as file:
        if counts:
            file.write(f'# entries-in-buffer/entries-written: {len(lines)}/{len(lines)}   #P:4\n#\n')
        file.write('# tracer: nop\n')
        file.write(''.join(line + '\n' for line in lines))
    return subprocess.run([sim, 'trace', 'check', 'capture'], capture_output=True, text=True, check=False)


def main():
    sim, passed, failed = os.path.abspath(sys.argv[1]), 0, 0

    def judge(good, name, done):
        nonlocal passed, failed
        passed, failed = passed + good, failed + (not good)
        if not good:
            print(f'FAIL: {name}: exit {done.returncode}\n{done.stdout[:800]}{done.stderr}')

    def incomplete(name, lines):
        """Events that were not recorded, or not all: nothing is claimed that they would explain."""
        for kind in KINDS:
            done = check(sim, [line for line in lines if f': {kind}:' not in line])
            judge(done.returncode == 0 or (name, kind) in BLIND, f'{name}, without {kind}', done)
        for share in 0.05, 0.3, 0.6:
            done = check(sim, [line for line in lines if rng.random() > share], counts=False)
            judge(done.returncode == 0, f'{name}, {share} of its lines left out', done)

    rng = random.Random(1)
    with tempfile.TemporaryDirectory() as folder:
        os.chdir(folder)
        for name, make in RARE.items():
            lines = [text for _, text in make().lines]
            done = check(sim, lines)
            judge(done.returncode == 0 and 'strict: host rules kept' in done.stdout, name, done)
            incomplete(name, lines)
            for begin in range(1, len(lines), 1 + len(lines) // 40):
                done = check(sim, lines[begin:])
                judge(done.returncode == 0, f'{name}, begun with its line {begin}', done)
        for name, old, new, rule in WRONG:
            text = '\n'.join(text for _, text in RARE[name]().lines)
            done = check(sim, text.replace(old, new, 1).split('\n'))
            judge(old in text and done.returncode == 1 and f'broken: {rule}:' in done.stdout, f'{name}: {new}', done)
    print(f'{passed} passed, {failed} failed, 0 skipped')
    return 0 if passed and not failed else 1


if __name__ == '__main__':
    sys.exit(main())
