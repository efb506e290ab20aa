#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""plot.py SIM DATA: what sim trace stats --plot draws says what the figures say; without gnuplot the data are
there; sim trace timeline draws each token of a capture."""
import csv
import json
import os
import re
import subprocess
import sys
import tempfile
import xml.etree.ElementTree as ET

SVG = '{http://www.w3.org/2000/svg}'
MHZ = '--mhz=2596.15'  # of the recording machine: tests/data/kvm-pvm-6.18/README.md
NAMES = ('capture_latencies', 'capture_in_flight')


def stats(sim, capture, *options, env=None):
    return subprocess.run([sim, 'trace', 'stats', capture, *options], capture_output=True, text=True, check=False, env=env)


def rows(name):
    with open(os.path.join('pictures', f'{name}.csv'), encoding='utf-8') as file:
        return list(csv.DictReader(file))


def latencies(want):
    """each distribution rises to 100 % at the longest"""
    unit = want['latency']['page_in']['unit']
    keys = [key for key, figures in want['latency'].items() if figures['unit'] == unit]
    found = rows('capture_latencies')
    if list(dict.fromkeys(row['latency'] for row in found)) != keys:
        yield f'latencies {keys}'
    for key in keys:
        points = [(float(row['share']), int(row['value'])) for row in found if row['latency'] == key]
        if points != sorted(points) or len(points) > 1000 or points[-1] != (1.0, want['latency'][key]['max']):
            yield f'{key}: {points[-3:]}'


def in_flight(want):
    """the level begins and ends at 0 and goes up to the most that the figures say"""
    points = [(int(row['since']), int(row['in_flight'])) for row in rows('capture_in_flight')]
    if points[0] != (0, 0) or points[-1][1] or [p[0] for p in points] != sorted(p[0] for p in points) or len(points) > 1002:
        yield f'{points[:2]} .. {points[-2:]}'
    if max(level for _, level in points) != want['in_flight_max']:
        yield f'at most {max(level for _, level in points)}'


def drawn(sim, capture, *options):
    done = stats(sim, capture, '--json', '--plot=pictures', *options)
    if done.returncode:
        return [f'exit {done.returncode}: {done.stderr}']
    want = json.loads(done.stdout)
    wrong = [f'no {name}.{ext}' for name in NAMES for ext in ('csv', 'gp', 'svg', 'png')
             if not os.path.getsize(os.path.join('pictures', f'{name}.{ext}'))]
    return wrong + [f'{check.__doc__}: {w}' for check in (latencies, in_flight) for w in check(want)]


def long_capture(sim):
    """A capture with more faults than a curve has rows."""
    with open('long.txt', 'w', encoding='utf-8') as out:
        for i in range(5000):
            at, gva = i * 100, f'0x{0x40000000 + i * 4096:x}'
            token = f'0x{(i + 1) << 12:x}'
            for us, who, words in [(0, 'CPU 0/KVM-1001', f'kvm_try_async_get_page: gva = {gva}, gfn = 0x{0x40000 + i:x}'),
                                   (1, 'CPU 0/KVM-1001', f'kvm_async_pf_not_present: token {token} gva {gva}'),
                                   (1, 'CPU 0/KVM-1001', 'kvm_inj_exception: #PF (0x0)'),
                                   (60 + i % 7, 'kworker/0:1-101', f'kvm_async_pf_completed: gva {gva} address {gva}'),
                                   (70, 'CPU 0/KVM-1001', f'kvm_async_pf_ready: token {token} gva {gva}'),
                                   (72, 'CPU 0/KVM-1001', 'kvm_msr: msr_write 4b564d07 = 0x1')]:
                out.write(f'{who:>24} [000] ..... {(at + us) // 1000000:5}.{(at + us) % 1000000:06}: {words}\n')
    return drawn(sim, 'long.txt')


def without_gnuplot(sim, capture):
    os.mkdir('empty')
    done = stats(sim, capture, MHZ, '--plot=pictures', env={**os.environ, 'PATH': os.path.realpath('empty')})
    wrong = [] if done.returncode == 3 and done.stderr.count('\n') == 1 and 'apt-get install gnuplot-nox' in done.stderr \
        else [f'exit {done.returncode}: {done.stderr}']
    wrong += [] if 'page_in' in done.stdout else ['no figures']
    return wrong + [f'no {n}' for n in ('capture_latencies.csv', 'capture_latencies.gp', 'capture_in_flight.csv')
                    if not os.path.exists(os.path.join('pictures', n))]


def refused(sim, words, *arguments):
    done = stats(sim, *arguments, '--plot=pictures')
    good = done.returncode == 2 and words in done.stderr and not os.path.exists('pictures')
    return [] if good else [f'exit {done.returncode}: {done.stderr}']


def timeline(sim, capture, tokens, broadcasts, *options):
    """sim trace timeline: an arrow for each token, in the window, from its not_present to its ready."""
    done = subprocess.run([sim, 'trace', 'timeline', capture, 'x.svg', *options], capture_output=True, text=True, check=False)
    if done.returncode:
        return [f'exit {done.returncode}: {done.stderr}']
    root = ET.parse('x.svg').getroot()
    paths = [p for p in root.iter(f'{SVG}path') if p.find(f'{SVG}title') is not None]
    arrows = [p for p in paths if p.get('class').startswith('token')]
    alls = [p for p in paths if p.get('class') == 'all']
    wrong = [] if (len(arrows), len(alls)) == (tokens, broadcasts) else [f'{len(arrows)} tokens, {len(alls)} wake-alls']
    for arrow in arrows:
        xs = [float(x) for x in re.findall(r'[MH]([\d.]+)', arrow.get('d'))]
        if not 132 <= xs[0] <= xs[1] <= 1172 or 'ready' not in arrow.findtext(f'{SVG}title'):
            wrong.append(arrow.get('d'))
    return wrong


def no_timeline(sim, words, *arguments):
    done = subprocess.run([sim, 'trace', 'timeline', *arguments], capture_output=True, text=True, check=False)
    good = done.returncode == 2 and words in done.stderr and done.stderr.count('\n') == 1 and not os.path.exists('x.svg')
    return [] if good else [f'exit {done.returncode}: {done.stderr}']


def main():
    sim, data = os.path.realpath(sys.argv[1]), os.path.realpath(sys.argv[2])
    pvm = os.path.join(data, 'kvm-pvm-6.18')
    many, forty = os.path.join(pvm, 'multi100.trace'), os.path.join(pvm, 'loop_seq.trace')
    cases = [
        ('the limit', drawn, many, MHZ), ('forty faults', drawn, forty, MHZ), ('ticks', drawn, forty),
        ('five thousand faults', long_capture), ('no gnuplot', without_gnuplot, forty),
        ('streams have no times', refused, 'have no times', os.path.join(data, 'kvm-amd-6.1', '02_user.trace')),
        ('nothing to draw', refused, 'no asynchronous fault', os.path.join(pvm, 'warm.trace')),
        ('a timeline', timeline, forty, 40, 1, MHZ),
        ('a timeline: nobody was told', timeline, os.path.join(pvm, 'noapf_uffd.trace'), 4, 0, MHZ),
        ('a timeline of a stretch', timeline, forty, 2, 0, MHZ, '--window=600us..1200us'),
        ('a timeline of ticks', no_timeline, 'say --mhz=N', forty, 'x.svg'),
        ('a timeline of streams', no_timeline, 'have no times', os.path.join(data, 'kvm-amd-6.1', '02_user.trace'), 'x.svg'),
        ('a timeline of nothing', no_timeline, 'no asynchronous fault', os.path.join(pvm, 'warm.trace'), 'x.svg', MHZ),
        ('a timeline beyond the end', no_timeline, 'the run ends at', forty, 'x.svg', MHZ, '--window=1s..2s'),
        ('a timeline as what', no_timeline, 'ends in .svg', forty, 'x.png', MHZ),
        ('a timeline where', no_timeline, 'want two files', forty, MHZ),
        ('one at a time', refused, 'one FILE at a time', many, forty),
    ]
    failed = 0
    for name, check, *arguments in cases:
        with tempfile.TemporaryDirectory() as here:
            os.chdir(here)
            wrong = check(sim, *arguments)
            os.chdir('/')
        failed += bool(wrong)
        print(f'{"FAIL" if wrong else "ok"}: {name}{"".join(chr(10) + "    " + w for w in wrong[:8])}')
    print(f'{len(cases) - failed} passed, {failed} failed, 0 skipped')
    return 1 if failed else 0


if __name__ == '__main__':
    sys.exit(main())
