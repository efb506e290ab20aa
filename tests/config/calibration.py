#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""Calibration files: what they change, who wins, and one clear line for a bad one: calibration.py SIM"""
import json
import os
import subprocess
import sys
import tempfile

WORKLOAD = """# Is this read?
duration: 20ms
warmup: 0s
replicas: 1
guest: {memory: 64MiB}
disk: {device: optane}
cost: {fault: 900ns}
regions: {array: {size: 4MiB, backing: swap}}
tasks: {worker: {measure: true, loop: [{compute: 1us}, {touch: {region: array}}]}}
"""
GOOD = """calibration: 1
provenance: {backend: BACKEND, kernel: "6.12.1", date: 2026-01-01}
values:
  cost.exit: {value: 780ns, p10: 770ns, p90: 805ns, samples: 300, from: "ack"}
  cost.fault: {value: 700ns}
  cost.ready: {value: 600ns}
stages:
  ack: {p50: 780ns, p10: 770ns, p90: 805ns, samples: 300}
"""
# what to replace in GOOD, by what, and the line (after the name of the file) that must come
BAD = [
    ('calibration: 1', 'calibration: 2',
     ':1:14: error: calibration: another version of the format; this program reads 1'),
    ('calibration: 1\n', '', ":1:1: error: no `calibration: 1`: a workload? sim calibrate writes "
     'calibrations'),
    ('stages:', 'stage:', ":7:1: error: unknown key 'stage' (did you mean 'stages'?)"),
    ('provenance: {backend: BACKEND, kernel: "6.12.1", date: 2026-01-01}\n', '',
     ':1:1: error: no `provenance`: whose costs are these? write '
     '{backend: kvm_intel, kernel: 6.12}'),
    ('backend: BACKEND, ', '',
     ':2:13: error: provenance: no backend; write backend: kvm_intel, kvm_amd or what it is'),
    ('cost.exit: {value: 780ns', 'cost.exti: {value: 780ns',
     ":4:3: error: 'cost.exti' is no cost that is measured (did you mean 'cost.exit'?)"),
    ('cost.exit: {value', 'guest.vcpus: {value', ":4:3: error: 'guest.vcpus' is no cost"),
    ('780ns, p10: 770ns, p90: 805ns, samples: 300, from', '780, p10: 770ns, from',
     ":4:22: error: value: 780 needs a unit"),
    ('{value: 700ns}', '{value: 700s}', ":5:23: error: cost.fault: '700s' is out of range"),
    ('{value: 700ns}', '700ns', ':5:15: error: cost.fault: a value where a mapping'),
    ('{value: 700ns}', '{p10: 700ns}', ':5:15: error: cost.fault: has no value'),
    ('{value: 700ns}', '{value: 700ns, p99: 1us}', ":5:30: error: unknown key 'p99'"),
    ('p10: 770ns, p90: 805ns, samples: 300, from', 'p10: 790ns, from',
     ':4:14: error: cost.exit: p10 and p90 do not lie around the value'),
    ('samples: 300, from', 'samples: 0, from', ':4:62: error: samples: a value without a sample'),
    ('ack: {p50: 780ns', 'ack: {p51: 780ns', ":8:9: error: unknown key 'p51'"),
    ('stages:\n', 'values: {}\nstages:\n', ":7:1: error: duplicate key 'values'"),
]


class Case:
    def __init__(self, sim):
        self.sim, self.passed, self.failed = os.path.abspath(sim), 0, 0
        self.folder = tempfile.mkdtemp()
        self.write('w.yaml', WORKLOAD)

    def write(self, name, text):
        with open(os.path.join(self.folder, name), 'w', encoding='utf-8') as file:
            file.write(text)

    def run(self, *args):
        return subprocess.run([self.sim, 'w.yaml', *args], cwd=self.folder, text=True,
                              capture_output=True, timeout=60)

    def expect(self, what, good, shown=''):
        self.passed += bool(good)
        self.failed += not good
        if not good:
            print(f'FAIL: {what}\n{shown}')

    def params(self, *args):
        """{key: (value, source)} of params.txt."""
        r = self.run('--quiet', '--output=out', *args)
        if r.returncode:
            return {'error': r.stderr}
        found = {}
        with open(os.path.join(self.folder, 'out', 'params.txt'), encoding='utf-8') as file:
            for line in file:
                key, _, rest = line.partition(' = ')
                value, _, source = rest.partition('#')
                found[key.strip()] = (value.strip(), source.strip())
        return found


def check_order(t):
    p = t.params('--calibration=c.yaml', '--set', 'cost.ready=5us')
    t.expect('a measured cost takes the place of the default',
             p.get('cost.exit', ('', ''))[0] == '780ns' and 'c.yaml:4' in p['cost.exit'][1], p)
    t.expect('the workload wins over the calibration', p.get('cost.fault', ('',))[0] == '900ns', p)
    t.expect('--set wins over all', p.get('cost.ready', ('',))[0] == '5us', p)
    t.expect('what was not measured stays', p.get('cost.tick', ('',))[0] == '1us', p)


def check_report(t):
    text = ' '.join(t.run('--calibration=c.yaml').stdout.split())
    t.expect('the report names what was measured',
             'costs from c.yaml (kvm_intel, Linux 6.12.1): cost.exit, cost.ready' in text, text)
    result = json.loads(t.run('--calibration=c.yaml', '--format=json').stdout)
    t.expect('and so does JSON', 'cost.exit' in result.get('calibration', ''), result)
    t.write('c.yaml', GOOD.replace('BACKEND', 'kvm_pvm'))
    text = ' '.join(t.run('--calibration=c.yaml').stdout.split())
    t.expect('costs of kvm_pvm are not passed off as those of VMX',
             'kvm_pvm, Linux 6.12.1), not what VMX or SVM cost' in text, text)
    t.expect('without one there is no such line', '  costs ' not in t.run().stdout)


def check_bad(t):
    for before, after, want in BAD:
        text = GOOD.replace('BACKEND', 'kvm_intel')
        before = before.replace('BACKEND', 'kvm_intel')
        t.expect(f'{before!r} is in the good file', before in text)
        t.write('bad.yaml', text.replace(before, after, 1))
        r = t.run('--calibration=bad.yaml')
        t.expect(f'{after!r}', r.returncode == 2 and not r.stdout and r.stderr.count('\n') == 1 and
                 r.stderr.startswith('bad.yaml' + want), r.stderr + 'want: bad.yaml' + want)
    r = t.run('--calibration=none.yaml')
    t.expect('a file that is not there', r.returncode == 2 and
             r.stderr == 'none.yaml: error: cannot read it: No such file or directory\n', r.stderr)


def main():
    t = Case(sys.argv[1])
    t.write('c.yaml', GOOD.replace('BACKEND', 'kvm_intel'))
    check_order(t)
    check_report(t)
    check_bad(t)
    print(f'{t.passed} passed, {t.failed} failed, 0 skipped')
    return t.failed > 0


if __name__ == '__main__':
    sys.exit(main())
