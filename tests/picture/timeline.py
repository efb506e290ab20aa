#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""timeline.py SIM WORKLOADS: the picture of sim run --timeline is well-formed, everything in it lies in the window
and on its lane, its bars are the ledger of the window to the nanosecond, texts do not overlap, and drawing it changes
neither the run nor, from one time to the next, a byte."""
import json
import os
import re
import subprocess
import sys
import tempfile
import xml.etree.ElementTree as ET

import cases

SVG = '{http://www.w3.org/2000/svg}'
LEFT, WIDTH = 132, 1040  # of the plot, as in timeline_draw.h
RIGHT = LEFT + WIDTH
# What a lane shows of the ledger's classes.
CLASSES = {
    'user': ['user'], 'kernel': ['guest_apf', 'guest_switch', 'guest_tick', 'guest_kernel'], 'host': ['exit', 'worker'],
    'stands': ['sync_blocked', 'flush_blocked'], 'halted': ['apf_halted'], 'idle_waiting': ['idle_waiting'],
    'idle': ['idle'], 'ready': ['stolen'], 'offline': ['offline'],
}
# Workload, mode, from, span in us, other options.
CASES = [
    ('memhog', 'apf', 5000800, 1000, []),
    ('memhog', 'apf', 5000000, 100000, []),
    ('memhog', 'halt', 100000, 10000, []),
    ('memhog', 'off', 100000, 10000, []),
    ('post-copy', 'apf', 3900, 1000, []),
    ('post-copy', 'apf', 3000, 10000, []),
    ('post-copy', 'apf', 0, 100000, []),
    ('cpu-hotplug', 'apf', 1000000, 20000, []),
    ('cpu-hotplug', 'apf', 1014000, 1000, []),
    ('shared-host', 'apf', 1100000, 1000, []),
    ('shared-host', 'apf', 1100000, 10000, []),
    ('nested', 'apf', 100000, 10000, []),
    ('web-service', 'apf', 100000, 10000, []),
    ('lock-holder', 'apf', 100000, 10000, []),
    ('../docs/protocol/early-ready', 'apf', 1000, 500, []),
    ('what-if-s390', 'apf', 100000, 10000, []),
    ('no-pressure', 'apf', 100000, 1000, []),
]


def run(sim, path, options):
    done = subprocess.run([sim, 'run', path, '--replicas=1', '--format=json', *options], capture_output=True, text=True,
                          check=False)
    return done, json.loads(done.stdout) if done.stdout.startswith('{') else None


def number(element, name):
    return float(element.get(name, '0'))


def ns_of(desc):
    return {m[1]: int(m[2]) for m in re.finditer(r'(\w+) (\d+) ns; ', desc or '')}


class Picture:
    def __init__(self, text):
        self.root = ET.fromstring(text)
        self.sheet = self.root.find(f'{SVG}g')
        self.lanes = {g.get('id'): g for g in self.sheet.iter(f'{SVG}g') if g.get('class', '').startswith('lane')}
        self.top = float(re.search(r'translate\(0,(\d+)\)', self.sheet.get('transform'))[1])

    def of(self, kind):
        return [g for name, g in self.lanes.items() if name.startswith(kind)]

    def edges(self, kind, bottom):
        """The tops or bottoms of all lanes of a kind, from their bars."""
        found = set()
        for lane in self.of(kind):
            bars = list(lane.iter(f'{SVG}rect'))
            if bars:
                found.add(max(number(b, 'y') + number(b, 'height') for b in bars) if bottom else
                          min(number(b, 'y') for b in bars))
        return found


def bars_in_window(p):
    """every bar lies in the window"""
    for lane in p.lanes.values():
        for bar in lane.iter(f'{SVG}rect'):
            x0, x1 = number(bar, 'x'), number(bar, 'x') + number(bar, 'width')
            if x0 < LEFT or x1 > RIGHT + 0.001 or x1 < x0:
                yield f'{lane.get("id")}: bar from {x0} to {x1}'


def bars_are_sums(p, span_ns):
    """the area of the bars of each colour is what the lane says in ns"""
    for name, lane in p.lanes.items():
        area, height = {}, {'v': 20, 't': 16, 'c': 11}[name[0]]
        said = ns_of(lane.findtext(f'{SVG}desc'))
        for bar in lane.iter(f'{SVG}rect'):
            area[bar.get('class')] = area.get(bar.get('class'), 0) + number(bar, 'width') * number(bar, 'height')
        for colour in set(area) | set(said):
            drawn = area.get(colour, 0) / (WIDTH * height) * span_ns
            # A coordinate is rounded down to 1/100 pixel: edges of one lane share theirs, stacked bars in height do.
            if abs(drawn - said.get(colour, 0)) > span_ns * 0.002:
                yield f'{name}: {colour}: drawn {drawn:.0f} ns, said {said.get(colour, 0)} ns'


def bars_are_the_ledger(p, result, mode, span_ns):
    """the vCPUs' lanes are the ledger of the window, to the nanosecond"""
    ledger, said = result['modes'][mode]['ledger_ns'], {}
    for lane in p.of('vcpu'):
        one = ns_of(lane.findtext(f'{SVG}desc'))
        if sum(one.values()) != span_ns:
            yield f'{lane.get("id")}: {sum(one.values())} ns of {span_ns} ns'
        for colour, ns in one.items():
            said[colour] = said.get(colour, 0) + ns
    for colour, classes in CLASSES.items():
        want = sum(ledger.get(c, 0) for c in classes)
        if said.get(colour, 0) != want:
            yield f'{colour}: {said.get(colour, 0)} ns, the ledger has {want} ns'


def tasks_are_somewhere(p, span_ns):
    """a task is in one state at a time, and always in one"""
    for lane in p.of('task'):
        have = sum(ns_of(lane.findtext(f'{SVG}desc')).values())
        if have != span_ns:
            yield f'{lane.get("id")}: {have} ns of {span_ns} ns'


def tasks_run_on_vcpus(p):
    """the tasks' user time is the vCPUs', unless lanes are left out"""
    user = {kind: sum(ns_of(g.findtext(f'{SVG}desc')).get('user', 0) for g in p.of(kind)) for kind in ('vcpu', 'task')}
    if user['vcpu'] != user['task'] and 'more tasks' not in ''.join(p.root.itertext()):
        yield f'vCPUs {user["vcpu"]} ns, tasks {user["task"]} ns'


def points(path):
    """[(x, y)] of a path of M, V, H, v."""
    x = y = 0.0
    for command, text in re.findall(r'([MVHv])([\d.,]+)', path.get('d')):
        if command == 'M':
            x, y = map(float, text.split(','))
        elif command == 'H':
            x = float(text)
        else:
            y = float(text) + (y if command == 'v' else 0)
        yield x, y


def arrows_end_on_lanes(p):
    """an arrow begins under a vCPU's lane, or at the left edge; it ends there, on a task's lane or at the right edge"""
    under, on = p.edges('vcpu', True), p.edges('task', False)
    for path in p.sheet.iter(f'{SVG}path'):
        if not path.get('class', '').startswith('token'):
            continue
        way = list(points(path))
        if any(x < LEFT or x > RIGHT for x, _ in way):
            yield f'outside the window: {path.get("d")}'
        if all(x == LEFT for x, _ in way):
            yield f'was over before the window: {path.findtext(f"{SVG}title")}'
        if way[0][1] not in under and way[0][0] != LEFT:
            yield f'begins nowhere: {path.get("d")}'
        if path.get('marker-end') and way[-1][1] not in under | on:
            yield f'ends nowhere: {path.get("d")}'
        if not path.get('marker-end') and way[-1][0] not in (LEFT, RIGHT):
            yield f'ends in the middle: {path.get("d")}'
        if not re.search(r'token 0x[0-9a-f]+, gfn 0x[0-9a-f]+', path.findtext(f'{SVG}title') or ''):
            yield f'no token and gfn in its title: {path.get("d")}'


def texts_apart(p):
    """no two texts overlap, and none leaves the sheet"""
    boxes = []
    for parent, dy in ((p.root, 0), (p.sheet, p.top)):
        for t in parent.findall(f'{SVG}text'):
            css = t.get('class', '')
            size = 15 if 'head' in css else 10 if 'small' in css or 'halo' in css else 12
            wide = len(t.text) * size * 0.58
            x, y = number(t, 'x'), number(t, 'y') + dy
            x -= {'end': wide, 'middle': wide / 2}.get(t.get('text-anchor'), 0)
            boxes.append((x, y - size * 0.75, x + wide, y + size * 0.2, t.text))
    for i, a in enumerate(boxes):
        if a[0] < 0 or a[2] > 1200:
            yield f'"{a[4]}" leaves the sheet'
        for b in boxes[:i]:
            if a[0] < b[2] and b[0] < a[2] and a[1] < b[3] and b[1] < a[3]:
                yield f'"{a[4]}" lies over "{b[4]}"'


def bounded(p, text):
    """as many bars and bytes as are allowed"""
    bars = sum(1 for lane in p.lanes.values() for _ in lane.iter(f'{SVG}rect'))
    if bars > 5 * 20000 or len(text) > 5000000:
        yield f'{bars} bars, {len(text)} bytes'


def case(sim, folder, name, mode, start, span, options):
    """All that is wrong with one picture."""
    path, svg = os.path.join(folder, f'{name}.yaml'), 'x.svg'
    same = [f'--modes={mode}', '--set', f'warmup={start}us', '--set', f'duration={span}us', *options]
    done, result = run(sim, path, [*same, f'--timeline={svg}', f'--timeline-window={start}us..{start + span}us'])
    if not os.path.exists(svg) or not result:
        return [f'exit {done.returncode}: {done.stderr}']
    with open(svg, encoding='utf-8') as file:
        text = file.read()
    _, without = run(sim, path, same)
    run(sim, path, [*same, f'--timeline={svg}', f'--timeline-window={start}us..{start + span}us'])
    with open(svg, encoding='utf-8') as file:
        again = file.read()
    os.unlink(svg)
    p, span_ns = Picture(text), span * 1000
    wrong = [f'{check.__doc__}: {w}' for check, found in [
        (bars_in_window, bars_in_window(p)), (bars_are_sums, bars_are_sums(p, span_ns)),
        (bars_are_the_ledger, bars_are_the_ledger(p, result, mode, span_ns)),
        (tasks_are_somewhere, tasks_are_somewhere(p, span_ns)), (tasks_run_on_vcpus, tasks_run_on_vcpus(p)),
        (arrows_end_on_lanes, arrows_end_on_lanes(p)), (texts_apart, texts_apart(p)), (bounded, bounded(p, text))]
        for w in found]
    if 'protocol' in name and not any(path.get('class') == 'token' for path in p.sheet.iter(f'{SVG}path')):
        wrong.append('no arrow, though tokens are few')
    if not p.of('vcpu'):
        wrong.append('no lane of a vCPU')
    if result != without:
        wrong.append('the run is another one with the picture')
    if again != text:
        wrong.append('not the same bytes again')
    return wrong


def default_window(sim, folder, name, options, least, most):
    """Without a window: what is shown, in ns, and whether it holds what is to be seen."""
    done, _ = run(sim, os.path.join(folder, f'{name}.yaml'), ['--timeline=x.svg', *options])
    with open('x.svg', encoding='utf-8') as file:
        text = file.read()
    os.unlink('x.svg')
    unit = {'us': 1e3, 'ms': 1e6, 's': 1e9}
    found = re.search(r': ([\d.]+) (us|ms|s) from', text)
    span = float(found[1]) * unit[found[2]]
    wrong = [] if least <= span <= most and done.returncode == 0 else [f'{span} ns, exit {done.returncode}']
    if '--modes=apf' in options and not re.search(r'class="token" d="[^"]*V[^"]*" marker-end="url\(#head\)"><title>token', text):
        wrong.append('no token that ends')
    return wrong


BAD = [
    (['--timeline=x.png'], 'a picture ends in .svg'),
    (['--timeline-window=0s..1ms'], 'without --timeline'),
    (['--timeline=x.svg', '--timeline-window=1ms'], 'want FROM..TO'),
    (['--timeline=x.svg', '--timeline-window=2ms..1ms'], 'ends before it begins'),
    (['--timeline=x.svg', '--timeline-window=1ms..1ms'], 'it is empty'),
    (['--timeline=x.svg', '--timeline-window=1..2ms'], 'needs a unit'),
    (['--timeline=x.svg', '--timeline-window=-1ms..2ms'], 'has a sign'),
    (['--timeline=x.svg', '--timeline-window=1ms..30s'], 'more than 10 s'),
    (['--timeline=x.svg', '--timeline-window=100s..101s'], 'the run ends at'),
    (['--timeline=x.svg', '--timeline-window=..'], 'empty value'),
]


def main():
    sim, folder = os.path.realpath(sys.argv[1]), os.path.realpath(sys.argv[2])
    results = []
    with tempfile.TemporaryDirectory() as here:
        os.chdir(here)
        for name, mode, start, span, options in CASES:
            results.append((f'{name} {mode} {start} us {span} us', case(sim, folder, name, mode, start, span, options)))
        for name, options, least, most in [
                ('memhog', ['--modes=apf', '--set', 'duration=1s'], 1e6, 1e9),
                ('post-copy', ['--modes=apf', '--set', 'duration=100ms'], 1e6, 1e7),
                ('memhog', ['--modes=halt', '--set', 'duration=1s'], 1e6, 1e9),
                ('memhog', ['--modes=off', '--set', 'duration=1s'], 1e6, 1e9),
                ('no-pressure', ['--set', 'duration=100ms'], 1e7, 1e7)]:
            results.append((f'default window: {name} {options[0]}', default_window(sim, folder, name, options, least, most)))
        for options, words in BAD:
            done, _ = run(sim, os.path.join(folder, 'memhog.yaml'), ['--set', 'duration=100ms', *options])
            results.append((' '.join(options), cases.refused(done, words)))
        done, _ = run(sim, os.path.join(folder, 'memhog.yaml'), ['--set', 'duration=100ms', '--timeline=no/such/x.svg'])
        results.append(('a folder that is not there', [] if done.returncode == 3 else [f'exit {done.returncode}']))
        os.chdir('/')
    return cases.tell(results)


if __name__ == '__main__':
    sys.exit(main())
