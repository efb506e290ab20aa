#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""The user's own device behaves as its file says: device.py SIM [--fio [FOLDER]]

Without --fio: a file that fio wrote (tests/data/fio), variants of it, histograms, and files that
must be refused with their line. With --fio: fio measures the disk under FOLDER (default: this
machine's temporary folder) for some seconds first, 4 KiB random reads at depth 1 and 16, and the
simulator is compared with what it found: percentiles at depth 1 within 10 % and the mean within 2 %,
both beyond what 4 standard errors of the simulated sample are (a disk may have rare reads that take a
thousand times as long); the mean at depth 16 within 15 %, or within what a whole number of channels
can give if that is less exact.
"""
import json
import math
import os
import shutil
import subprocess
import sys
import tempfile

HERE = os.path.dirname(os.path.abspath(__file__))
LOOP = os.path.join(HERE, 'closed-loop.yaml')
passed, failed = 0, 0


def check(good, what):
    global passed, failed
    passed, failed = passed + bool(good), failed + (not good)
    print(f'{"ok" if good else "FAIL"}: {what}')


def sim(exe, device, count=1, more=()):
    args = [exe, '--workload=' + LOOP, '--format=json', '--set', f'disk.device={device}', '--set', f'tasks.program.count={count}']
    for m in more:
        args += ['--set', m]
    return subprocess.run(args, capture_output=True, text=True, timeout=300)


def latency(exe, device, count, name, more=()):
    r = sim(exe, device, count, more)
    if r.returncode:
        print(r.stderr)
        return None
    return json.loads(r.stdout)['modes']['apf']['latency_ns'][name]


def read_of(path, name):
    with open(path, encoding='utf-8') as f:
        job = next(j for j in json.load(f)['jobs'] if j['jobname'] == name)
    read = job['read']
    return read['iops'], read['lat_ns'] if 'percentile' in read['lat_ns'] else read['clat_ns']


def quantile(percentiles, q):
    """By straight lines between fio's percentiles, as the device has them."""
    points = sorted((float(k) / 100, v) for k, v in percentiles.items() if v)
    for (q0, v0), (q1, v1) in zip(points, points[1:]):
        if q <= q1:
            return v0 + (v1 - v0) * max(0, q - q0) / (q1 - q0)
    return points[-1][1]


def compare_depth_1(one, got):
    check(got, 'depth 1: it ran')
    if not got:
        return
    for key, q in (('p50', 0.5), ('p90', 0.9), ('p99', 0.99)):
        off = 4 * math.sqrt(q * (1 - q) / got['count'])
        low, high = (factor * quantile(one['percentile'], at) for factor, at in ((0.9, q - off), (1.1, q + off)))
        check(low <= got[key] <= high, f'depth 1 {key}: simulated {got[key]} ns, by fio {low:.0f} to {high:.0f} ns')
    bound = 0.02 * one['mean'] + 4 * one['stddev'] / math.sqrt(got['count'])
    check(abs(got['mean'] - one['mean']) <= bound,
          f'depth 1 mean: fio {one["mean"]:.0f} ns, simulated {got["mean"]:.0f} ns, within {bound:.0f} ns')


def compare(exe, path):
    """Depth 1 and 16 of `path`, which must have jobs qd1 and qd16."""
    _, one = read_of(path, 'qd1')
    iops, deep = read_of(path, 'qd16')
    compare_depth_1(one, latency(exe, 'fio:' + path, 1, 'disk_service'))
    exact = iops * one['mean'] / 1e9
    whole = max(1, int(exact + 0.5))
    # The completion latency leaves out the submission: at depth 16 it may be less than 16 / IOPS.
    low, high = min(deep['mean'], 16e9 / iops), max(deep['mean'], 16e9 / iops)
    bound = max(0.15, abs(exact / whole - 1) + 0.10)
    got = latency(exe, 'fio:' + path, 16, 'fault')
    check(got and low * (1 - bound) <= got['mean'] <= high * (1 + bound),
          f'depth 16 mean: fio {low:.0f} to {high:.0f} ns, simulated {got and got["mean"]:.0f} ns, {whole} channels for {exact:.2f}, within {bound:.0%}')


def run_fio(folder):
    """fio's JSON in a file, or None when it cannot run here."""
    with tempfile.TemporaryDirectory(dir=folder) as work:
        common = ['fio', '--filename=' + os.path.join(work, 'data'), '--size=128m', '--rw=randread', '--bs=4k',
                  '--ioengine=libaio', '--time_based=1', '--runtime=3', '--ramp_time=1', '--output-format=json']
        jobs = ['--name=qd1', '--iodepth=1', '--name=qd16', '--stonewall', '--iodepth=16']
        for direct in ('--direct=1', '--direct=0'):
            r = subprocess.run(common + [direct] + jobs, capture_output=True, text=True, timeout=300)
            if r.returncode == 0:
                out = tempfile.NamedTemporaryFile('w', suffix='.json', delete=False)
                out.write(r.stdout)
                out.close()
                return out.name
    print(r.stderr[-500:])
    return None


def live(exe, folder):
    if not shutil.which('fio'):
        print('skipped: fio is not installed (apt-get install fio)\n0 passed, 0 failed, 1 skipped')
        return 0
    path = run_fio(folder)
    check(path, 'fio ran')
    if path:
        compare(exe, path)
        os.unlink(path)
    print(f'{passed} passed, {failed} failed, 0 skipped')
    return 1 if failed else 0


# ---- variants and mistakes -------------------------------------------------------------------
def value(exe, device, key):
    with tempfile.TemporaryDirectory() as work:
        r = subprocess.run([exe, '--workload=' + LOOP, '--quiet', '--set', f'disk.device={device}', '--set', 'duration=1ms',
                            '--set', 'warmup=0s', '--output=' + os.path.join(work, 'o')], capture_output=True, text=True)
        if r.returncode:
            return r.stderr
        with open(os.path.join(work, 'o', 'params.txt'), encoding='utf-8') as f:
            return next(l.split(' = ')[1].split('#')[0].strip() for l in f if l.startswith(key + ' = '))


def variants(exe, path, work):
    def changed(name, change):
        with open(path, encoding='utf-8') as f:
            d = json.load(f)
        change(d)
        out = os.path.join(work, name)
        with open(out, 'w', encoding='utf-8') as f:
            json.dump(d, f, indent=1)
        return 'fio:' + out

    def drop_deep(d):
        del d['jobs'][1]
    check(value(exe, changed('one.json', drop_deep), 'disk.channels') == '1', 'without a deeper job there is one channel')

    def sync_engine(d):
        d['global options']['ioengine'] = 'psync'
    check(value(exe, changed('sync.json', sync_engine), 'disk.channels') == '1', 'a synchronous engine has depth 1, whatever iodepth says')

    def with_writes(d):
        w = d['jobs'][0]['write']
        w.update(json.loads(json.dumps(d['jobs'][0]['read'])))
        w['clat_ns']['mean'] *= 0.9
    dev = changed('writes.json', with_writes)
    check(value(exe, dev, 'disk.write') != value(exe, dev, 'disk.read'), 'writes have times of their own if fio made some')

    def with_lat(d):
        for j in d['jobs']:
            j['read']['lat_ns']['percentile'] = {k: v + 18000 for k, v in j['read']['clat_ns']['percentile'].items()}
    check(latency(exe, changed('lat.json', with_lat), 1, 'disk_service')['mean'] > 75e3, 'lat percentiles go before clat')

    def with_big(d):
        big = json.loads(json.dumps(d['jobs'][0]))
        big['jobname'], big['groupid'] = 'big', 2
        big['job options']['bs'] = '64k'
        big['read']['clat_ns']['mean'] += 15000
        d['jobs'].append(big)
    check(value(exe, changed('big.json', with_big), 'disk.per_page') == '1us', 'a job of larger requests says what a further page takes')

    def numjobs(d):
        d['jobs'][1]['job options'].update(iodepth='4', numjobs='4', group_reporting='1')
    check(value(exe, changed('jobs.json', numjobs), 'disk.channels') == value(exe, 'fio:' + path, 'disk.channels'), 'depth is iodepth x numjobs')
    loud = os.path.join(work, 'loud.json')
    with open(path, encoding='utf-8') as f, open(loud, 'w', encoding='utf-8') as g:
        g.write('fio: a note before\n' + f.read())
    check(value(exe, 'fio:' + loud, 'disk.channels') == value(exe, 'fio:' + path, 'disk.channels'), 'lines before the JSON are passed over')
    check(19 <= value(exe, 'fio:' + path, 'disk.read').count(':') <= 32, 'every percentile of fio is a point, and both ends')


def histograms(exe, work):
    def written(name, text):
        with open(os.path.join(work, name), 'w', encoding='utf-8') as f:
            f.write(text)
        return 'histogram:' + os.path.join(work, name)
    two = latency(exe, written('two.csv', 'latency_us,count\n10,90\n1000,10\n'), 1, 'disk_service')
    check(abs(two['mean'] / 109000 - 1) < 0.03 and abs(two['p50'] - 10000) < 100 and abs(two['p99'] / 1e6 - 1) < 0.01,
          'two bins are two steps')
    check(value(exe, written('one.csv', 'latency_ns,count\n5000,7\n'), 'disk.read') == '5us', 'one bin is a constant')
    check(value(exe, written('mark.csv', '\ufefflatency_ns,count\n5000,7\n'), 'disk.read') == '5us',
          'a byte order mark is passed over')
    rows = ''.join(f'{i * 0.5},{1000 if i < 150 else 10}\n' for i in range(100, 300))
    many = latency(exe, written('many.csv', 'latency_us,count\n' + rows), 1, 'disk_service')
    mean = sum(i * 500 * (1000 if i < 150 else 10) for i in range(100, 300)) / sum(1000 if i < 150 else 10 for i in range(100, 300))
    check(abs(many['mean'] / mean - 1) < 0.005 and abs(many['p50'] / 62500 - 1) < 0.03, 'many bins keep mean and median')


def named(exe, path, work):
    """What a device is called, and where its path begins: the shell's folder, or the workload's."""
    def run(*args, folder=work):
        r = subprocess.run([exe, *args], capture_output=True, text=True, cwd=folder, timeout=300)
        return r.stdout + r.stderr
    away = os.path.join(work, 'away')
    os.mkdir(away)
    shutil.copy(path, os.path.join(work, 'mine.json'))
    shutil.copy(path, os.path.join(away, 'beside.json'))
    with open(os.path.join(away, 'w.yaml'), 'w', encoding='utf-8') as f:
        f.write('# w: whose device is it?\nduration: 5ms\nwarmup: 0s\nreplicas: 1\ndisk: {device: hdd}\n'
                'host: {memory: {limit: 1MiB}}\nguest: {vcpus: 1, memory: 64MiB}\n'
                'regions: {a: {size: 4MiB, backing: swap}}\n'
                'tasks: {t: {measure: true, loop: [touch: {region: a, pattern: uniform}]}}\n'
                "sweep: {disk: [hdd, 'fio:beside.json']}\n")
    long = run('away/w.yaml', '--set', 'disk.device=fio:mine.json')
    check('\n  device   fio:mine.json, 5 channels\n' in long, "--set disk.device: the report names the file")
    check(run('away/w.yaml', '--set', 'disk=fio:mine.json').replace('disk=fio', 'disk.device=fio') == long,
          '--set disk=fio:FILE is --set disk.device=fio:FILE')
    with open(os.path.join(work, 'h.csv'), 'w', encoding='utf-8') as f:
        f.write('latency_us,count\n10,1\n')
    check('\n  device   histogram:h.csv, 1 channel\n' in run('away/w.yaml', '--set', 'disk=histogram:h.csv'), 'and so is histogram:')
    check('no file beside.json; paths on the command line begin at the shell\'s folder\n' in
          run('away/w.yaml', '--set', 'disk=fio:beside.json'), "a path of --set does not begin at the workload's folder")

    def digest(text):
        return next(l for l in text.splitlines() if l.startswith('  digest'))
    os.rename(os.path.join(work, 'mine.json'), os.path.join(work, 'other.json'))
    check(digest(run('away/w.yaml', '--set', 'disk=fio:other.json')) == digest(long), "the file's name is no part of the digest")
    one, two = run('sweep', 'away/w.yaml', '--output=one'), run('sweep', 'w.yaml', '--output=../two', folder=away)
    with open(os.path.join(work, 'one/sweep.csv'), encoding='utf-8') as f, open(os.path.join(work, 'two/sweep.csv'), encoding='utf-8') as g:
        check('2 points' in one and '2 points' in two and f.read() == g.read(),
              "a path in the workload's sweep: begins at its folder, and the results do not know where that is")


def mistakes(exe, path, work):
    with open(path, encoding='utf-8') as f:
        text = f.read()
    cases = [
        ('fio', 'no.json', None, 'disk.device: no file'),
        ('histogram', '/dev/null', None, 'disk.device: /dev/null is not a file'),
        ('fio', 'cut.json', text[:len(text) // 2], 'cut.json:'),
        ('fio', 'text.json', 'hello\n', 'text.json: error: no JSON'),
        ('fio', 'list.json', '{"jobs" : []}\n', 'list.json:1:11: error: no list of "jobs"'),
        ('fio', 'deep.json', text.replace('"iodepth" : "1"', '"iodepth" : "2"'), 'no job of reads with bs=4k and iodepth=1'),
        ('fio', 'nan.json', text.replace('"mean" : ', '"mean" : x', 40), 'is not a number from 0 to 1e15'),
        ('fio', 'wild.json', text.replace('"50.000000" : ', '"50.000000" : 9'), 'do not fit the mean'),
        ('fio', 'order.json', text.replace('"50.000000"', '"5.5"'), 'percentiles must rise'),
        ('fio', 'error.json', text.replace('"error" : 0', '"error" : 5', 1), "fio's job ended with error 5; run it again"),
        ('histogram', 'head.csv', 'latency,count\n1,2\n', 'head.csv:1:1: error: a histogram has the columns'),
        ('histogram', 'row.csv', 'latency_us,count\n1,2\n1,2,3\n', 'row.csv:3:1: error: 3 cells'),
        ('histogram', 'falls.csv', 'latency_us,count\n5,2\n4,2\n', 'falls.csv:3:1: error: latencies must rise'),
        ('histogram', 'word.csv', 'latency_us,count\n5,many\n', "word.csv:2:3: error: 'many' is not a number"),
        ('histogram', 'none.csv', 'latency_us,count\n5,0\n', 'no row with a count above 0'),
    ]
    for kind, name, data, want in cases:
        full = os.path.join(work, name)
        if data is not None:
            with open(full, 'w', encoding='utf-8') as f:
                f.write(data)
        r = sim(exe, f'{kind}:{full}')
        check(r.returncode == 2 and r.stderr.count('\n') == 1 and want in r.stderr and not r.stdout, f'{name}: {r.stderr.strip()[-110:]}')


def main():
    exe = os.path.abspath(sys.argv[1])
    if sys.argv[2:3] == ['--fio']:
        return live(exe, sys.argv[3] if len(sys.argv) > 3 else tempfile.gettempdir())
    path = os.path.join(HERE, '../data/fio/virtio.json')
    compare(exe, os.path.abspath(path))
    with tempfile.TemporaryDirectory() as work:
        variants(exe, os.path.abspath(path), work)
        histograms(exe, work)
        named(exe, path, work)
        mistakes(exe, path, work)
    print(f'{passed} passed, {failed} failed, 0 skipped')
    return 1 if failed or passed < 25 else 0


if __name__ == '__main__':
    sys.exit(main())
