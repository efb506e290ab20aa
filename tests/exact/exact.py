#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""The simulator against exact formulas: tests/exact/exact.py SIM [--customers N] [--seeds N] [--jobs N]

Each case is a workload (base.yaml, network.yaml, cache.yaml here), some --set, a figure of the JSON
report, and a formula evaluated in this file: finite-source queues, machine repairman, product form,
mean value analysis, Pollaczek-Khinchine, Erlang C, processor sharing, King's LRU, Che's approximation. A case passes when the mean
over the seeds 1..N lies within 4 standard errors of the formula (or equals it to 1e-9 where the
model has no randomness) and within the relative tolerance of the case. Little's law is checked on
every run of every case.
"""
import argparse, concurrent.futures, itertools, json, math, os, statistics, subprocess, sys

HERE = os.path.dirname(os.path.abspath(__file__))


# ---- formulas -------------------------------------------------------------------------------
def closed(n, m, c, z, s):
    """N tasks, m CPUs (mean z), c channels (mean s), exponential: mean busy CPUs / m."""
    def product(k, servers):
        out = 1.0
        for j in range(1, k + 1):
            out *= min(j, servers)
        return out
    w = [s ** k / product(k, c) * z ** (n - k) / product(n - k, m) for k in range(n + 1)]
    return sum(p * min(n - k, m) for k, p in enumerate(w)) / sum(w) / m


def sync(m, c, z, s):
    """m vCPUs that block: finite-source M/M/c//m."""
    p = [1.0]
    for n in range(1, m + 1):
        p.append(p[-1] * (m - n + 1) * (s / z) / min(n, c))
    return 1 - sum(n * q for n, q in enumerate(p)) / sum(p) / m


def repairman(n, z, s):
    """One CPU, a channel for each task; exponential compute, any page-in."""
    return 1 - 1 / sum(math.factorial(n) / math.factorial(n - k) * (z / s) ** k for k in range(n + 1))


def mva(demands, think, n):
    q = [0.0] * len(demands)
    x = 0.0
    for k in range(1, n + 1):
        r = [d * (1 + y) for d, y in zip(demands, q)]
        x = k / (think + sum(r))
        q = [x * y for y in r]
    return x


def erlang_c(c, a):
    """M/M/c with a = arrival rate x mean service: the share of customers that wait."""
    top = a ** c / math.factorial(c) * c / (c - a)
    return top / (sum(a ** k / math.factorial(k) for k in range(c)) + top)


def zipf(n, a):
    w = [k ** -a for k in range(1, n + 1)]
    return [x / sum(w) for x in w]


def lru_king(p, c):
    hit = 0.0
    for t in itertools.permutations(range(len(p)), c):
        pr, used = 1.0, 0.0
        for i in t:
            pr *= p[i] / (1 - used)
            used += p[i]
        hit += pr * used
    return hit


def lru_che(p, c):
    lo, hi = 0.0, 1e9
    for _ in range(200):
        mid = (lo + hi) / 2
        if sum(1 - math.exp(-q * mid) for q in p) < c:
            lo = mid
        else:
            hi = mid
    return sum(q * (1 - math.exp(-q * lo)) for q in p)


# ---- cases ----------------------------------------------------------------------------------
MS = 1e-3


class Case:
    def __init__(self, name, file, sets, mode, figure, want, cycle_s, tol=0.01, exact=False):
        self.__dict__.update(locals())


def queue(name, mode, n, m, c, z, s, want, zdist='exponential({}us)', sdist='exponential({}us)', tol=0.01, exact=False):
    sets = {'guest.vcpus': m, 'tasks.program.count': n, 'disk.channels': c,
            'tasks.program.loop.0.compute': zdist.format(round(z * 1000)), 'disk.read': sdist.format(round(s * 1000))}
    rate = want * m / z if want else 1 / s  # faults per ms
    return Case(name, 'base.yaml', sets, mode, 'utilization', want, 1 / rate * MS, tol, exact)


LOGN = 'lognormal(p50={}us,p99={}us)'


def cases():
    out = []
    for z, s in ((1, 4), (10, 1)):
        out.append(queue(f'model 1: off, Z={z} S={s}', 'off', 3, 1, 2, z, s, z / (z + s)))
        out.append(queue(f'model 1: off, Z={z} S={s}, constant times', 'off', 3, 1, 2, z, s, z / (z + s), '{}us', '{}us', exact=True))
    for m, c, z, s in ((2, 1, 1, 1), (4, 1, 10, 12.4), (4, 2, 1, 4)):
        out.append(queue(f'model 2: off, m={m} c={c} Z={z} S={s}', 'off', m, m, c, z, s, sync(m, c, z, s)))
    for n in (1, 2, 4):
        out.append(queue(f'model 3: Z=S=1 N={n}', 'apf', n, 1, 1, 1, 1, n / (n + 1)))
    for n in (2, 4):
        out.append(queue(f'model 3: Z=1 S=4 N={n}', 'apf', n, 1, 1, 1, 4, (1 - 4 ** n) / (1 - 4 ** (n + 1))))
    for n in (2, 4, 8):
        u = repairman(n, 1, 4)
        out.append(queue(f'model 4: Z=1 S=4 N={n}', 'apf', n, 1, n, 1, 4, u))
        out.append(queue(f'model 4: Z=1 S=4 N={n}, constant page-in', 'apf', n, 1, n, 1, 4, u, sdist='{}us'))
    out.append(queue('model 4: Z=1 S=4 N=4, uniform page-in', 'apf', 4, 1, 4, 1, 4, repairman(4, 1, 4), sdist='uniform(1us,7999us)'))
    out.append(queue('model 4: Z=1 S=4 N=4, lognormal page-in', 'apf', 4, 1, 4, 1, 4, repairman(4, 1, 4),
                     sdist='lognormal(p50=2828us,p99=19634us)'))
    for n in (8, 16):
        out.append(queue(f'model 5: c=4 Z=1 S=4 N={n}', 'apf', n, 1, 4, 1, 4, closed(n, 1, 4, 1, 4)))
    for m, n, z, s in ((2, 4, 1, 1), (4, 8, 10, 12.4)):
        out.append(queue(f'model 5: m={m} N={n} Z={z} S={s} c=1', 'apf', n, m, 1, z, s, closed(n, m, 1, z, s)))
    x = mva([5, 4], 10, 10)
    for figure, want in (('work_per_ms', x), ('disk', 5 * x), ('monitor', 4 * x)):
        out.append(Case(f'model 6: MVA D=5,4 think 10 N=10: {figure}', 'network.yaml', {}, 'apf', figure, want, 1 / x * MS))
    for n in range(1, 7):
        out.append(queue(f'model 7: constant Z=1 S=4 c=N N={n}', 'apf', n, 1, n, 1, 4, min(1, n / 5), '{}us', '{}us', tol=1e-4, exact=True))
    uffd = {'regions.far.backing': 'userfaultfd', 'monitor.latency': '4000us'}
    for n in range(1, 7):
        c = queue(f'model 7: userfaultfd, constant Z=1 S=4 c=N N={n}', 'apf', n, 1, n, 1, 4, min(1, n / 5), '{}us', '{}us', tol=1e-4, exact=True)
        c.sets.update({**uffd, 'monitor.parallelism': n})
        out.append(c)
    for n in (2, 6, 12):  # the bound is c Z / S: one thread answers one fault after the other
        c = queue(f'model 7: userfaultfd, constant Z=1 S=4 c=1 N={n}', 'apf', n, 1, 1, 1, 4, 1 / 4, '{}us', '{}us', tol=1e-4, exact=True)
        c.sets.update({**uffd, 'monitor.parallelism': 1})
        out.append(c)
    for n, c in ((4, 1), (8, 4)):  # model 5 with the monitor's threads in the place of channels
        case = queue(f'model 5: userfaultfd, Z=1 S=4 c={c} N={n}', 'apf', n, 1, c, 1, 4, closed(n, 1, c, 1, 4))
        case.sets.update({**uffd, 'monitor.latency': 'exponential(4000us)', 'monitor.parallelism': c})
        out.append(case)
    # A thread that waits for the network is busy; one that does not has its next fault meanwhile.
    for pipelined, want in (('false', 1 / 5), ('true', 1 / 4)):
        c = queue(f'model 7: userfaultfd, S=4 and 1 of network, pipelined {pipelined}', 'apf', 12, 1, 1, 1, 4, want, '{}us', '{}us', tol=1e-4, exact=True)
        c.sets.update({**uffd, 'monitor.parallelism': 1, 'monitor.network_rtt': '1000us', 'monitor.pipelined': pipelined})
        out.append(c)
    for rho, (cv2, dist) in itertools.product((0.5, 0.8), ((0, '1000us'), (1, 'exponential(1ms)'), (4, LOGN.format('447.214', '8554.76')))):
        # Eight saturated CPUs whose compute is exponential: their faults are a Poisson stream.
        sets = {'guest.vcpus': 8, 'tasks.program.count': 512, 'disk.read': dist,
                'tasks.program.loop.0.compute': f'exponential({8 / rho * 1000:.0f}us)'}
        out.append(Case(f'model 9: M/G/1 rho={rho} cv2={cv2}', 'base.yaml', sets, 'apf', 'disk_wait_ms',
                        rho * (1 + cv2) / (2 * (1 - rho)), 1 / rho * MS, 0.03))
    hit = lambda name, sets, want, tol=0.01, exact=False: out.append(
        Case(f'model 11: {name}', 'cache.yaml', sets, 'off', 'hit', want, 1.5e-6, tol, exact))
    for policy in ('lru', 'two-list', 'random', 'mru', 'clock', 'mglru'):
        hit(f'uniform n=200 C=100 {policy}', {'host.memory.reclaim': policy}, 0.5)
    cyc = {'tasks.program.loop.1.touch.pattern': 'cyclic'}
    hit('cyclic n=200 C=100 lru', {**cyc, 'host.memory.reclaim': 'lru'}, 0.0, 1e-9, True)
    hit('cyclic n=200 C=100 clock', {**cyc, 'host.memory.reclaim': 'clock'}, 0.0, 1e-9, True)
    hit('cyclic n=200 C=100 mru', {**cyc, 'host.memory.reclaim': 'mru'}, 99 / 199, 1e-3, True)
    # An approximation (a page survives each of the misses between two touches with 1 - 1/C), so it has
    # no standard error to meet.
    hit('cyclic n=200 C=100 random (approx.)', {**cyc, 'host.memory.reclaim': 'random'}, 0.2026, 0.01, True)
    for n, c in ((5, 2), (8, 4)):
        hit(f'zipf(1) n={n} C={c} lru', {'tasks.program.loop.1.touch.pattern': 'zipf', 'regions.array.size': f'{4 * n}KiB',
                                        'host.memory.limit': f'{4 * c}KiB'}, lru_king(zipf(n, 1), c))
    for a in (0.8, 1.0):
        hit(f'zipf({a}) n=10000 C=1000 lru (Che)', {'tasks.program.loop.1.touch.pattern': 'zipf', 'tasks.program.loop.1.touch.zipf': a,
            'regions.array.size': '40000KiB', 'host.memory.limit': '4000KiB'}, lru_che(zipf(10000, a), 1000))
    for n in (1, 2, 3, 4, 5, 8):
        z = 25 / n ** 2
        out.append(queue(f'model 12: thrashing N={n}, on', 'apf', n, 1, 1, z, 1, closed(n, 1, 1, z, 1)))
        out.append(queue(f'model 12: thrashing N={n}, off', 'off', n, 1, 1, z, 1, z / (z + 1)))
    out += services()
    return out


def services():
    """Requests: mean latency in ms, of tasks that serve them; service 1 ms."""
    out = []
    add = lambda name, sets, figure, want, cycle_ms, exact=False: out.append(
        Case(name, 'service.yaml', sets, 'apf', figure, want, cycle_ms * MS, 0.03, exact))
    for c, rho in ((1, 0.5), (1, 0.7), (2, 0.7), (4, 0.8)):
        sets = {'guest.vcpus': c, 'tasks.server.count': c, 'tasks.server.arrivals.interval': f'{round(1e6 / (c * rho))}ns'}
        add(f'model 13: M/M/{c} rho={rho}, latency', sets, 'request_ms', 1 + erlang_c(c, c * rho) / (c - c * rho), 1 / (c * rho))
        add(f'model 13: M/M/{c} rho={rho}, load', sets, 'utilization', rho, 1 / (c * rho))
    for process in ('constant', 'bursts'):
        add(f'model 13: load of {process} requests, rho=0.8', {'guest.vcpus': 2, 'tasks.server.count': 2,
            'tasks.server.arrivals.process': process, 'tasks.server.arrivals.interval': '625us'}, 'utilization', 0.8, 0.625)
    for rho in (0.5, 0.8):
        add(f'model 13: M/D/1 rho={rho}, latency', {'tasks.server.loop.0.compute': '1ms', 'tasks.server.arrivals.interval':
            f'{round(1e6 / rho)}ns'}, 'request_ms', 1 + rho / (2 * (1 - rho)), 1 / rho)
    # As many tasks as there may ever be requests, each for one tick of 100 us at a time: near processor
    # sharing, not quite, so it has no standard error to meet.
    ps = {'tasks.server.count': 200, 'guest.scheduler': 'rr', 'guest.rr.slice': '20us', 'guest.hz': 10000, 'guest.balance': 'none'}
    for rho, dist in ((0.5, 'exponential(1ms)'), (0.5, '1ms'), (0.7, 'exponential(1ms)'), (0.7, '1ms')):
        add(f'model 14: M/G/1-PS rho={rho} {dist}', {**ps, 'tasks.server.loop.0.compute': dist,
            'tasks.server.arrivals.interval': f'{round(1e6 / rho)}ns'}, 'request_ms', 1 / (1 - rho), 1 / rho, True)
    fair = {'tasks.server.count': 200, 'guest.scheduler': 'cfs', 'guest.hz': 10000, 'guest.balance': 'none', 'guest.cfs.scaling': 'false',
            'guest.cfs.latency': '1us', 'guest.cfs.min_granularity': '1us', 'guest.cfs.wakeup_granularity': '0s', 'guest.cfs.sleeper_credit': 'false'}
    for dist in ('exponential(1ms)', '1ms'):
        add(f'model 14: the same by cfs, rho=0.5 {dist}', {**fair, 'tasks.server.loop.0.compute': dist,
            'tasks.server.arrivals.interval': '2ms'}, 'request_ms', 2, 2, True)
    for n, z in ((2, 1), (8, 10)):
        add(f'model 15: {n} clients think {z} ms', {'tasks.server.arrivals.process': 'clients', 'tasks.server.arrivals.interval': '0s',
            'tasks.server.arrivals.clients': n, 'tasks.server.arrivals.think': f'exponential({z}ms)'},
            'utilization', n * sync(n, 1, z, 1) / z, z / (n * sync(n, 1, z, 1)))
    return out


# ---- running --------------------------------------------------------------------------------
def run(sim, case, seed, customers):
    dur = max(1, round(case.cycle_s * customers * 1e6))
    warm = max(1, dur // 50, round(case.cycle_s * 5000 * 1e6))
    args = [sim, f'--workload={HERE}/{case.file}', '--format=json', f'--seed={seed}', '--replicas=1', '--jobs=1',
            f'--modes={case.mode}', '--set', f'duration={dur}us', '--set', f'warmup={warm}us']
    for k, v in case.sets.items():
        args += ['--set', f'{k}={v}']
    r = subprocess.run(args, capture_output=True, text=True)
    if r.returncode:
        raise SystemExit(f'{case.name}: exit {r.returncode}: {r.stderr.strip()}\n{" ".join(args)}')
    return json.loads(r.stdout)['modes'][case.mode]


def figure(mode, what):
    if what == 'utilization':
        return mode['utilization']['mean']
    if what == 'work_per_ms':
        return mode['work_per_s']['mean'] / 1000
    if what == 'request_ms':
        return mode['tasks']['server']['requests']['latency_ns']['mean'] / 1e6
    if what in ('disk', 'monitor'):
        return mode[what]['utilization']
    if what == 'disk_wait_ms':
        return mode['latency_ns']['disk_wait']['mean'] / 1e6
    f = mode['faults']
    io = sum(f[k] for k in ('inline', 'delivered', 'halted', 'sync', 'sync_prefault'))
    return 1 - io / sum(t['iterations'] for t in mode['tasks'].values())


def little(mode):
    """Mean outstanding faults = fault rate x mean fault latency, up to the faults cut by the edges."""
    x, last = mode['outstanding'], mode['latency_ns'].get('fault', {'max': 0})['max'] / 1e9
    wall = mode['wall_ns'] / 1e9
    most = mode['high_water']['faults']
    return abs(x['mean'] - x['faults_per_s'] * x['latency_s']), 2 * most * last / wall + 1e-9


def judge(case, modes, short):
    v = [figure(m, case.figure) for m in modes]
    mean = statistics.fmean(v)
    se = statistics.stdev(v) / math.sqrt(len(v)) if len(v) > 1 else 0
    err = abs(mean - case.want)
    close = err <= case.tol * max(abs(case.want), 1e-12) if case.want else err <= case.tol
    # Without randomness, or with an approximate formula, only the tolerance counts.
    # A short run is a sample: what its beginning and end weigh is more than the standard error.
    ok = close and (case.exact or short or err <= 4 * se + 1e-9)
    for m in modes:
        gap, bound = little(m)
        ok = ok and gap <= bound
    return ok, mean, se


def main():
    ap = argparse.ArgumentParser()
    ap.add_argument('sim')
    ap.add_argument('--customers', type=float, default=1e6)
    ap.add_argument('--seeds', type=int, default=20)
    ap.add_argument('--jobs', type=int, default=os.cpu_count())
    ap.add_argument('--only', default='')
    ap.add_argument('--tolerance', type=float, default=0, help='short runs: judge by this relative tolerance alone')
    a = ap.parse_args()
    todo = [c for c in cases() if a.only in c.name]
    bad = 0
    with concurrent.futures.ThreadPoolExecutor(a.jobs) as pool:
        jobs = [[pool.submit(run, a.sim, c, seed, a.customers) for seed in range(1, a.seeds + 1)] for c in todo]
        print(f'{"case":52} {"formula":>10} {"simulated":>10} {"se":>9} {"off by":>8}')
        for c, futures in zip(todo, jobs):
            if a.tolerance:
                c.tol = max(c.tol, a.tolerance)
            ok, mean, se = judge(c, [f.result() for f in futures], a.tolerance > 0)
            bad += not ok
            off = (mean - c.want) / c.want * 100 if c.want else mean * 100
            print(f'{c.name:52} {c.want:10.6f} {mean:10.6f} {se:9.6f} {off:+7.3f}% {"ok" if ok else "DIFFERS"}', flush=True)
    print(f'exact: {len(todo) - bad} passed, {bad} failed')
    return 1 if bad or not todo else 0


if __name__ == '__main__':
    sys.exit(main())
