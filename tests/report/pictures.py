#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""pictures.py SIM [DIR...] - no text of a picture is clipped, and no two touch

Sweeps that need no simulation, of every kind of axis, with few and many points, long names and large
numbers, are drawn by `sim report`; in each SVG every text must lie inside the picture and apart from
the others, and what was asked for must stand there. DIR: look at the pictures there instead.
"""
import itertools
import math
import os
import subprocess
import sys
import tempfile
import xml.etree.ElementTree as ET

SVG = '{http://www.w3.org/2000/svg}'
NARROW, WIDE = " !'(),-./:;I[]fijlrt|", '%@MWmw'  # 0.33 and 0.9 of the font's size; others 0.6
UP, DOWN = 0.72, 0.2                              # of the font's size, from the base line
LONG = 'a-name-of-thirty-one-characters'


def width(text, font):
    return font * sum(0.33 if c in NARROW else 0.9 if c in WIDE else 0.6 for c in text)


def box(group, text):
    """The four corners of a text, from its group's translate(x,y) rotate(a)."""
    parts = group.get('transform').replace(')', '(').split('(')
    x, y = (float(n) for n in parts[1].split(','))
    turn = math.radians(float(parts[3])) if len(parts) > 3 else 0.0
    font = float(group.get('font-size'))
    wide = width(text, font)
    left = {'middle': -wide / 2, 'end': -wide}.get(group.get('text-anchor'), 0.0)
    return [(x + dx * math.cos(turn) - dy * math.sin(turn), y + dx * math.sin(turn) + dy * math.cos(turn))
            for dx, dy in ((left, -UP * font), (left + wide, -UP * font), (left + wide, DOWN * font),
                           (left, DOWN * font))]


def apart(a, b):
    """Is there a side of one beyond which the whole other lies?"""
    for corners in (a, b):
        for i in range(4):
            (x0, y0), (x1, y1) = corners[i - 1], corners[i]
            side = [[(x - x0) * (y1 - y0) - (y - y0) * (x1 - x0) for x, y in c] for c in (a, b)]
            if max(side[0]) <= min(side[1]) or max(side[1]) <= min(side[0]):
                return True
    return False


def texts(path):
    root = ET.parse(path).getroot()
    size = tuple(float(n) for n in root.get('viewBox').split()[2:])
    found = []
    for group in root.iter(SVG + 'g'):
        for element in group.findall(SVG + 'text'):
            text = ''.join(element.itertext()).strip()
            if text:
                found.append((text, box(group, text)))
    return size, found


def wrong(path):
    """What is wrong with a picture, a line each."""
    (wide, high), found = texts(path)
    for text, corners in found:
        if any(x < 0 or y < 0 or x > wide or y > high for x, y in corners):
            yield f"'{text}' is clipped"
    for (one, a), (other, b) in itertools.combinations(found, 2):
        if not apart(a, b):
            yield f"'{one}' touches '{other}'"


def log_range(low, high, count):
    return [round(low * (high / low) ** (i / (count - 1))) for i in range(count)]


def sweep(folder, axes, guests=(), kinds=()):
    """sweep.csv of a grid on which APF gains up to 2.4 at the last point."""
    names = [name for name, _ in axes]
    head = names + ['point', 'workload', 'mode', 'outcome', 'utilization_share', 'utilization_ci95', 'gain_ratio',
                    'gain_ratio_ci95', 'ledger_user_ns', 'ledger_sync_blocked_ns', 'ledger_apf_halted_ns',
                    'ledger_idle_waiting_ns']
    for guest in guests:
        head += [f'guest_{guest}_gain_ratio', f'guest_{guest}_gain_ratio_ci95']
    for kind in kinds:
        head += [f'task_{kind}_request_{p}_ns{ci}' for p in ('p50', 'p99') for ci in ('', '_ci95')]
    rows = []
    for point, values in enumerate(itertools.product(*[v for _, v in axes])):
        at = [list(v).index(x) / (len(v) - 1) for (_, v), x in zip(axes, values)]
        gain = 0.8 + 1.6 * math.prod(at)
        for mode in ('off', 'halt', 'apf'):
            ratio = {'off': None, 'halt': 1.0, 'apf': gain}[mode]
            row = list(values) + [point, 'made', mode, 'horizon', 0.4 * (ratio or 1), 0.01, ratio, 0.02, 40 * (ratio or 1),
                                  60 * (mode == 'off'), 60 * (mode == 'halt'), 4 * (mode == 'apf')]
            row += [x for i, _ in enumerate(guests) for x in (ratio and ratio + 0.1 * i, 0.02)]
            row += [3e5, 1e4, 2e6 * 30 ** at[0], 1e5] * len(kinds)
            rows.append(row)
    with open(os.path.join(folder, 'sweep.csv'), 'w', encoding='ascii') as file:
        for row in [head] + rows:
            cells = ['' if x is None else str(x) for x in row]
            file.write(','.join(f'"{c}"' if ',' in c else c for c in cells) + '\n')


TIMES = ('disk.read_ns', log_range(1000, 20000000, 8))
WORDS = ('tasks.x.loop.1.compute', ['constant(50us)', 'exponential(50us)', 'lognormal(median=50us,p99=2ms)'])
KERNELS = ('host.kernel', ['5.8', '5.10', '5.13', '5.17', '6.1', '6.12', 'tip'])
# name: axes, what sweep() is given besides, texts that must stand in a picture
CASES = {
    'eight values on a log axis, and versions': ([TIMES, KERNELS], {}, ('gain', ['10 us', '5.10', 'break-even'])),
    'versions': ([('guest.kernel', ['5.10', '6.1', '6.12'])], {}, ('gain', ['5.10', '6.1', '6.12'])),
    'names with commas, and a long key': ([WORDS, (f'regions.{LONG}.backing', ['swap', 'userfaultfd', 'file'])], {},
                                          ('gain', ['lognormal(median=50us,p99=2ms)'])),
    'thirty names': ([('disk.device', [f'device-{i}' for i in range(30)])], {}, ('gain', ['device-0', 'device-29'])),
    'twenty sizes and times': ([('host.memory.limit_bytes', log_range(2 ** 26, 2 ** 33, 20)),
                                ('disk.read_ns', log_range(1, 10 ** 12, 20))], {}, ('heat', ['64 MiB', '1 ns'])),
    'sixteen guests with long names': ([('guest.tickless', ['true', 'false'])],
                                       {'guests': [f'{LONG[:29]}{i}' for i in range(10, 26)]}, ('guests', ['true', 'no APF'])),
    'a service': ([('tasks.web.arrivals.rate_per_s', [1000, 3000, 5000, 9000, 1000000])], {'kinds': ['web', LONG]},
                  ('requests_web', ['1000', 'apf p99', 'off p50'])),
    'three axes of a service': ([TIMES, ('guest.hz', [0, 100, 250, 300, 1000, 10000, 100000, 1000000]),
                                 ('regions.x.resident_share', [0, 0.333333, 1])], {'kinds': ['web']},
                                ('requests_web', ['at regions.x.resident = 33.33 %', '1000000'])),
}


def check(sim, what, folder):
    axes, more, (picture, expected) = CASES[what]
    sweep(folder, axes, **more)
    done = subprocess.run([sim, 'report', folder], capture_output=True, text=True, check=False)
    if done.returncode:
        return [done.stderr.strip()]
    said = {text for text, _ in texts(os.path.join(folder, picture + '.svg'))[1]}
    return [f"{picture}: no '{text}'" for text in expected if text not in said] + look(folder)


def look(folder):
    return [f'{name[:-4]}: {fault}' for name in sorted(os.listdir(folder)) if name.endswith('.svg')
            for fault in wrong(os.path.join(folder, name))]


def main():
    if len(sys.argv) < 2:
        sys.exit(__doc__)
    sim, failed = os.path.abspath(sys.argv[1]), 0
    for folder in sys.argv[2:]:
        for fault in look(folder):
            print(f'{folder}: {fault}')
            failed += 1
    if sys.argv[2:]:
        sys.exit(failed > 0)
    print(f'1..{len(CASES)}')
    for number, what in enumerate(CASES, 1):
        with tempfile.TemporaryDirectory() as folder:
            faults = check(sim, what, folder)
        for fault in faults:
            print('#', fault)
        print(f'{"not ok" if faults else "ok"} {number} - {what}: no text is clipped or touches another')
        failed += bool(faults)
    sys.exit(failed > 0)


main()
