#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""Page traces from perf, DAMON, CSV and valgrind, and what is refused: trace_pages.py SIM"""
import os
import shutil
import subprocess
import sys
import tempfile
import time

passed, failed, skipped = 0, 0, 0
SIM = os.path.abspath(sys.argv[1])

RAW = '''base_time_absolute: 8 m 59.809 s

monitoring_start:                0 ns
monitoring_end:            100 us
monitoring_duration:       100 us
target_id: 18446623438842320000
nr_regions: 3
'''
POINT = '''kdamond.0  4568 [001] 10.000100: damon:damon_aggregated: target_id=0 nr_regions=2 4096-8192: 1 5
kdamond.0  4568 [001] 10.000100: damon:damon_aggregated: target_id=0 nr_regions=2 8192-12288: 0 5
kdamond.0  4568 [001] 10.000200: damon:damon_aggregated: target_id=0 nr_regions=2 4096-8192: 3 1
kdamond.0  4568 [001] 10.000200: damon:damon_aggregated: target_id=0 nr_regions=2 8192-12288: 3
'''
SCRIPT = 'print with perf script -F time,event,addr'
SORT = 'earlier than the access before; sort by time'
REGION = 'no region: START-END: NUMBER is expected'

# format, options, input, the touches as GAP:PAGE or GAP:PAGEw, or the line that refuses
CASES = [
    ('perf', 'loads and stores, times in us or ns', [], '# a comment\n 100.000001: cpu/mem-loads,ldlat=30/P:  7f0000001234\n'
     ' 100.000002500: cpu/mem-stores/P: 7f0000002000\n100.000003: cpu/mem-loads,ldlat=30/P: 7f0000001000\n', '0:0 1500:1w 500:0'),
    ('perf', 'comm, tid and a period before', [], '  python3  1234 [002] 100.000001:   1000 page-faults:u:  7f0000001234 more\n', '0:0'),
    ('perf', 'kernel addresses and samples without one are no accesses', [],
     '1.000001: page-faults: ffff888000001000\n1.000002: page-faults: 0\n1.000003: page-faults: 5000\n', '0:0'),
    ('perf', 'a line without a time', [], '1.000001: page-faults: 1000\nhello\n',
     f'in:2:1: error: no time such as 12345.678901: in this line; {SCRIPT}'),
    ('perf', 'a line without an event', [], '1.000001: 5 6\n', f'in:1:14: error: no event behind the time; {SCRIPT}'),
    ('perf', 'a line without an address', [], ' 1.000001: page-faults: xyz\n',
     f'in:1:25: error: no address behind the event; record with perf mem record (or -d) and {SCRIPT}'),
    ('perf', 'time runs back', [], '2.000001: page-faults:  1000\n1.000001: page-faults:  2000\n', f'in:2:25: error: {SORT}'),
    ('perf', 'a NUL byte', [], '2.000001: page-faults:\0 1000\n', 'in:1:1: error: not text: a NUL byte'),
    ('damon', 'a region that is always seen is touched whole, one half as often by half', [],
     RAW + '10000-14000(  16.000 KiB):\t4\n20000-24000(  16.000 KiB): 2\n30000-34000( 16.000 KiB): 0\n',
     '0:0 16666:1 16667:2 16667:3 16666:4 16667:5'),
    ('damon', 'other pages in the next interval', [],
     RAW + '10000-14000( 16 KiB): 2\n20000-21000( 4 KiB): 4\n\nmonitoring_start: 100 us\nmonitoring_end: 200 us\n'
     '10000-14000( 16 KiB): 2\n20000-21000( 4 KiB): 4\n', '0:0 33333:2 33333:4 33334:1 33333:3 33333:4'),
    ('damon', 'seconds and milliseconds', [],
     RAW + '1000-2000( 4 KiB): 1\nmonitoring_start: 2 s 500 ms\nmonitoring_end: 3 s\n2000-3000( 4 KiB): 1\n', '0:0 2500000000:1'),
    ('damon', 'trace point: the first aggregation says when the second began', [], POINT, '0:0 50000:1'),
    ('damon', 'nonsense', [], 'hello: 3\n', 'in:1:1: error: neither a line of damo report raw nor of the trace point damon_aggregated'),
    ('damon', 'a region before its interval', [], '1000-2000( 4 KiB): 1\n', 'in:1:1: error: a region before any monitoring_start'),
    ('damon', 'an empty region', [], RAW + '2000-2000( 0 B): 1\n', f'in:8:1: error: {REGION}'),
    ('damon', 'a region without its number', [], RAW + '2000-3000( 4 KiB): many\n', f'in:8:1: error: {REGION}'),
    ('damon', 'an interval without a unit', [], 'monitoring_start: 5\n', 'in:1:18: error: no time such as 104.599 ms'),
    ('damon', 'an interval that goes back', [], 'monitoring_start: 5 s\nmonitoring_start: 4 s\n',
     'in:2:18: error: earlier than the interval before; report one target alone'),
    ('damon', 'trace point: a second target', [], POINT.replace('target_id=0', 'target_id=1', 3).replace('target_id=1', 'target_id=0', 2),
     'in:3:40: error: a second target; keep one, such as grep target_id=0'),
    ('damon', 'trace point: no regions', [], POINT.replace('nr_regions=2', 'nr_regions=0'), 'in:1:40: error: no nr_regions=NUMBER'),
    ('damon', 'more than a trace holds', [], RAW + '0-7ffffffff000: 5\n',
     'in:8:1: error: a region of 34359738367 pages is too big'),
    ('damon', 'nothing was accessed', [], RAW + '2000-3000( 4 KiB): 0\n',
     'in: error: no access to memory of the program in it; see docs/page-trace.md on how to record'),
    ('csv', 'pages', [], 'time_us,page,rw\n1,7,r\n6,3,w\n', '0:1 5000:0w'),
    ('csv', 'addresses, no rw, a fraction', [], 'address,time_us\n0x1fff,0\n8192,1.5\n', '0:0 1500:1'),
    ('csv', 'an access to the page used last is no touch', [], 'time_ns,page\n0,1\n2,1\n4,2\n', '0:0 4:1'),
    ('csv', 'a larger filter', ['--filter=8'], 'time_ns,page\n0,1\n2,2\n4,1\n', '0:0 2:1'),
    ('csv', 'no time', [], 'time,page\n1,2\n',
     'in:1:1: error: a page trace has the columns time_ns (or _us, _ms, _s), page or address, and, if it knows, rw'),
    ('csv', 'no number', [], 'time_ns,page\n1,x\n', 'in:2:3: error: no number; write 4096 or 0x1000'),
    ('csv', 'no direction', [], 'time_ns,page,rw\n1,2,r\n2,3,x\n', 'in:3:5: error: neither r nor w'),
    ('csv', 'earlier', [], 'time_ns,page\n5,2\n4,3\n', f'in:3:3: error: {SORT}'),
    ('lackey', 'instructions are time', ['--picoseconds=1000'], '==1== x\nI  1000,4\nI  1004,4\nI  1008,4\n S 2000,8\n', '1:0 2:1w'),
]


def check(good, what, more=''):
    global passed, failed
    passed, failed = passed + bool(good), failed + (not good)
    if not good:
        print(f'FAIL: {what}: {more}')


def trace(*args, path=None):
    env = dict(os.environ, **({'PATH': path} if path else {}))
    return subprocess.run([SIM, 'trace', *args], capture_output=True, text=True, env=env, timeout=60)


def touches(path):
    with open(path, 'rb') as f:
        data = f.read()
    body, at, page, out = data[data.index(b'\n\n') + 2:-20], 0, 0, []

    def varint():
        nonlocal at
        value = shift = 0
        while True:
            byte = body[at]
            at, value, shift = at + 1, value | (byte & 127) << shift, shift + 7
            if not byte & 128:
                return value
    while at < len(body):
        coded, gap = varint(), varint()
        zigzag = coded >> 1
        page += (zigzag >> 1) ^ -(zigzag & 1)
        out.append(f'{gap}:{page}{"w" if coded & 1 else ""}')
    return ' '.join(out)


def imports():
    for kind, title, options, text, want in CASES:
        with open('in', 'w', encoding='utf-8') as f:
            f.write(text)
        if os.path.exists('out.pt'):
            os.unlink('out.pt')
        r = trace('import', 'in', '--from=' + kind, '--output=out.pt', *options)
        if 'error' in want:
            good = r.returncode == 2 and r.stderr == want + '\n' and not r.stdout and not os.path.exists('out.pt')
            check(good, f'{kind}: {title}', r.stderr)
        else:
            got = touches('out.pt') if r.returncode == 0 else r.stderr
            check(got == want, f'{kind}: {title}', got)


def usage():
    usage_line = 'sim: error: sim trace import FILE --from=perf|damon|csv|lackey --output=FILE.pt\n'
    for args, status, want in (
            (('import', 'in', '--output=x.pt'), 2, usage_line),
            (('import', 'in', '--from=pref', '--output=x.pt'), 2,
             "sim: error: --from: unknown value 'pref' (did you mean 'perf'?); there are perf, damon, csv, lackey\n"),
            (('import', 'gone', '--from=perf', '--output=x.pt'), 2, 'gone: error: cannot read it: No such file or directory\n'),
            (('import', '/dev/zero', '--from=csv', '--output=x.pt'), 2, '/dev/zero: error: a device; want a file or a pipe\n'),
            (('import', '/dev/zero', '--from=perf', '--output=x.pt'), 2, '/dev/zero: error: a device; want a file or a pipe\n'),
            (('import', 'good', '--from=csv', '--output=no/x.pt'), 3, 'sim: error: no/x.pt: No such file or directory\n'),
            (('import', 'good', '--from=csv', '--output=x.pt', '--filter=0'), 2,
             "sim: error: --filter: '0' is no whole number from 1 to 4096\n"),
            (('record',), 2, 'sim: error: no program: sim trace record -- PROGRAM [ARGUMENT...]\n')):
        with open('good', 'w', encoding='utf-8') as f:
            f.write('time_ns,page\n0,1\n')
        r = trace(*args)
        check(r.returncode == status and r.stderr == want, ' '.join(args), r.stderr)
    check(not [n for n in os.listdir('.') if n.endswith('.part')], 'nothing half-written is left')
    r = trace('record', '--', '/bin/true', path=os.getcwd())
    check(r.returncode == 3 and r.stderr == 'sim: error: valgrind is not installed: apt-get install valgrind\n', 'without valgrind', r.stderr)


def played():
    with open('in', 'w', encoding='utf-8') as f:
        f.write('time_us,page,rw\n0,0,r\n10,5,w\n20,9,r\n')
    trace('import', 'in', '--from=csv', '--output=out.pt')
    with open('w.yaml', 'w', encoding='utf-8') as f:
        f.write('# w: is it played?\nduration: 1ms\nwarmup: 0s\nreplicas: 1\nguest: {vcpus: 1, memory: 64MiB}\n'
                'regions: {mine: {size: 40KiB}}\ntasks: {t: {measure: true, iterations: 3, loop: [touch: {region: mine, '
                'pattern: trace, trace: out.pt}]}}\n')
    r = subprocess.run([SIM, 'w.yaml', '--format=json'], capture_output=True, text=True, timeout=60)
    check(r.stdout.count('"iterations": 3,') == 3, 'a workload plays it in each mode', r.stderr)


def runs(pid):
    """False when it is gone, or dead and not yet waited for."""
    try:
        with open(f'/proc/{pid}/stat', encoding='utf-8') as f:
            return f.read().rsplit(')', 1)[1].split()[0] not in 'ZX'
    except OSError:
        return False


def until(done):
    for _ in range(1200):
        if done():
            return True
        time.sleep(0.05)
    return False


def killed():
    """A program that would never end goes with its recorder."""
    r = subprocess.Popen([SIM, 'trace', 'record', '--output=k.pt', '--', '/bin/sh', '-c', 'echo $$ >pid.part; mv pid.part pid; read -r x'],
                         stdin=subprocess.PIPE)
    began = until(lambda: os.path.exists('pid'))
    pid = int(open('pid', encoding='utf-8').read()) if began else 0
    r.kill()
    r.wait()
    check(began and until(lambda: not runs(pid)), 'a recorder that is killed leaves no valgrind', pid)
    check(not os.path.exists('k.pt'), 'and no trace')
    r.stdin.close()


def record():
    global skipped
    if not shutil.which('valgrind'):
        print('skipped: sim trace record: valgrind is not installed (apt-get install valgrind)')
        skipped += 1
        return
    r = trace('record', '--output=r.pt', '--', '/bin/sh', '-c', 'exit 3')
    check(r.returncode == 0 and 'sh ended with status 3' in r.stderr, "the program's status is said", r.stderr)
    with open('r.pt', 'rb') as f:
        head = f.read(400)
    check(b'\ncommand: /bin/sh -c exit 3\n' in head, 'what ran is in the header', head)
    check(len(touches('r.pt').split()) > 50, 'a shell touches more than 50 pages')
    r = trace('record', '--output=r.pt', '--', '/bin/sh', '-c', 'kill -9 $$')
    check(r.returncode == 0 and 'sh was ended by signal 9' in r.stderr, 'a signal is said', r.stderr)
    r = trace('record', '--output=r.pt', '--', '/bin/echo', 'mine')
    check(r.stdout == 'mine\n' and 'r.pt: ' in r.stderr, "the program's output is its own", r.stdout)
    killed()
    r = trace('record', '--', 'gone')
    check(r.returncode == 2 and r.stderr == 'sim: error: no program gone; give its path\n', 'no program of that name', r.stderr)


with tempfile.TemporaryDirectory() as folder:
    os.chdir(folder)
    imports()
    usage()
    played()
    record()
    os.chdir('/')
print(f'{passed} passed, {failed} failed, {skipped} skipped')
sys.exit(1 if failed else 0)
