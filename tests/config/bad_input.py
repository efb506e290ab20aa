#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""Bad input gets one clear line: bad_input.py SIM bad_input.txt [--update]

Each case of the table is a file, or the valid file below with some --set, and the line that `sim` must
print. Exit status 2, nothing on standard output, exactly one line on standard error. The files that
cannot be written as text (binary, huge, directories, cut traces) are cases of this script.
"""
import os
import subprocess
import sys
import tempfile

VALID = """# valid: is this read?
duration: 10ms
warmup: 0s
replicas: 1
host: {memory: {limit: 1MiB}}
guest: {vcpus: 1, memory: 64MiB}
disk: {device: optane}
regions:
  array: {size: 4MiB, backing: swap, resident: 1MiB}
tasks:
  worker:
    measure: true
    loop:
      - compute: 1us
      - touch: {region: array, pattern: uniform}
"""


def run(sim, folder, sets=(), name='bad.yaml'):
    args = [os.path.abspath(sim), f'--workload={name}', '--format=csv']
    for s in sets:
        args += ['--set', s]
    return subprocess.run(args, cwd=folder, capture_output=True, text=True, errors='replace',
                          timeout=20)


def read_table(path):
    """`--- title` begins a case; `set: X` lines or the file's text follow; `>>> line` is expected."""
    cases = []
    for line in open(path, encoding='utf-8'):
        if line.startswith('--- '):
            cases.append({'title': line[4:].strip(), 'sets': [], 'text': [], 'want': ''})
        elif line.startswith('>>> ') and cases:
            cases[-1]['want'] = line[4:].rstrip('\n')
        elif line.startswith('set: '):
            cases[-1]['sets'].append(line[5:].rstrip('\n'))
        elif cases:
            cases[-1]['text'].append(line)
    return cases


def write_table(path, cases):
    with open(path, 'w', encoding='utf-8') as f:
        for c in cases:
            f.write(f'--- {c["title"]}\n' + ''.join(f'set: {s}\n' for s in c['sets']))
            f.write(''.join(c['text']) + f'>>> {c["want"]}\n')


def odd_files(folder):
    """Files that no table can hold: (title, name, what the line must contain)."""
    def write(name, data):
        with open(os.path.join(folder, name), 'wb') as f:
            f.write(data)
        return name
    os.makedirs(os.path.join(folder, 'folder.yaml'), exist_ok=True)
    valid = VALID.encode()
    return [
        ('a directory', 'folder.yaml', 'directory'),
        ('a missing file', 'nowhere.yaml', 'no such file'),
        ('an empty file', write('empty.yaml', b''), 'empty'),
        ('only a comment', write('comment.yaml', b'# nothing\n'), 'empty'),
        ('over 1 MiB', write('huge.yaml', valid + b'#' * (1 << 20)), '1 MiB'),
        ('a NUL byte', write('nul.yaml', valid + b'\0'), 'error'),
        ('not UTF-8', write('latin.yaml', valid + b'name: \xff\xfe\n'), 'UTF-8'),
        ('deep flow nesting', write('deep.yaml', b'duration: ' + b'[' * 60000), 'deep'),
        ('deep block nesting', write('deep2.yaml', b''.join(b' ' * i + b'a:\n' for i in range(99))),
         'deep'),
        ('a control character in a key', write('control.yaml', b'"du\\u0007ration": 1s\n'), 'error'),
        ('binary', write('binary.yaml', bytes(range(256)) * 8), 'error'),
        ('a trace that is no trace', write('trace.yaml', trace(write('no.pt', b'hello\n'))), 'no.pt'),
        ('a trace that is missing', write('trace2.yaml', trace('gone.pt')), 'gone.pt'),
        ('arrivals that are no times', write('a1.yaml', arrivals(write('a1.csv', b'time\n1\n'))),
         'a1.csv:1:1: error: no column of times'),
        ('arrivals that go back', write('a2.yaml', arrivals(write('a2.csv', b'n,time_us\n1,5\n\n2, 3\n'))),
         'a2.csv:4:3: error: earlier'),
        ('arrivals without a number', write('a3.yaml', arrivals(write('a3.csv', b'time_us\nx\n'))),
         "a3.csv:2:1: error: 'xus' is not a number"),
        ('arrivals without rows', write('a4.yaml', arrivals(write('a4.csv', b'# none\ntime_us\n'))),
         'a4.csv:2:1: error: no times'),
        ('a row too short', write('a5.yaml', arrivals(write('a5.csv', b'time_us,x\n1\n'))),
         'a5.csv:2:1: error: 1 cells'),
    ]


def arrivals(name):
    return VALID.replace('    measure: true\n',
                         f'    measure: true\n    arrivals: {{process: file, file: {name}}}\n').encode()


def trace(name):
    return VALID.replace('pattern: uniform', f'pattern: trace, trace: {name}').encode()


def cut_traces(sim, folder, workloads):
    """A real page trace cut at many places: one line that says so, never a crash."""
    name = sorted(f for f in os.listdir(workloads) if f.endswith('.pt'))[0]
    data = open(os.path.join(workloads, name), 'rb').read()
    with open(os.path.join(folder, 'cut.yaml'), 'wb') as f:
        f.write(trace('cut.pt').replace(b'size: 4MiB', b'size: 60MiB'))
    bad = 0
    for i in range(24):
        with open(os.path.join(folder, 'cut.pt'), 'wb') as f:
            f.write(data[:len(data) * i // 24])
        bad += not one_line(run(sim, folder, name='cut.yaml'), 'cut.pt')
    flipped = bytearray(data)
    flipped[len(data) // 2] ^= 4
    with open(os.path.join(folder, 'cut.pt'), 'wb') as f:
        f.write(flipped)
    return bad + (not one_line(run(sim, folder, name='cut.yaml'), 'cut.pt'))


def one_line(r, contains):
    err = r.stderr
    return (r.returncode == 2 and r.stdout == '' and err.count('\n') == 1 and contains in err and
            'error: ' in err and all(c >= ' ' for c in err[:-1]))


def main():
    sim, table = sys.argv[1], sys.argv[2]
    update = '--update' in sys.argv
    cases, failed, passed = read_table(table), 0, 0
    with tempfile.TemporaryDirectory() as folder:
        for c in cases:
            with open(os.path.join(folder, 'bad.yaml'), 'w', encoding='utf-8') as f:
                f.write(VALID if c['sets'] else ''.join(c['text']))
            r = run(sim, folder, c['sets'])
            got = r.stderr.rstrip('\n')
            if update:
                c['want'] = got
            ok = one_line(r, '') and got == c['want']
            passed, failed = passed + ok, failed + (not ok)
            if not ok:
                print(f'FAIL: {c["title"]} (exit {r.returncode})\n  wanted: {c["want"]}\n'
                      f'  got:    {r.stderr!r}')
        for title, name, contains in odd_files(folder):
            r = run(sim, folder, name=name)
            ok = one_line(r, contains)
            passed, failed = passed + ok, failed + (not ok)
            if not ok:
                print(f'FAIL: {title}: exit {r.returncode}, {r.stderr!r}')
        bad = cut_traces(sim, folder, os.path.join(os.path.dirname(table), '../../workloads'))
        passed, failed = passed + (bad == 0), failed + (bad != 0)
        if bad:
            print(f'FAIL: {bad} cut or changed traces')
    if update:
        write_table(table, cases)
    print(f'{passed} passed, {failed} failed, 0 skipped')
    return 1 if failed or passed < 60 else 0


if __name__ == '__main__':
    sys.exit(main())
