#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""sequence.py SIM ROOT: the sequence diagrams of docs/protocol.md are what the simulator draws, to the byte, and tell the
story that they are to tell; arrows go from lifeline to lifeline, time does not run backward, texts do not overlap."""
import filecmp
import os
import re
import subprocess
import sys
import tempfile
import xml.etree.ElementTree as ET

import cases

SVG = '{http://www.w3.org/2000/svg}'
# Picture: what it must say, in this order.
STORIES = {
    'full-cycle': [
        'in user mode, touches gfn', 'starts the read, and fails', 'needs I/O', 'token 0x1000 is made', '#PF',
        'kvm_handle_async_pf()', 'a worker waits', 'reader 0 sleeps under 0x1000', 'other 0 runs', 'the page is there', 'list `done`',
        'slot := 0x1000', 'IRQ 0xf3', 'reader 0 is woken', 'ACK := 1', 'reader 0 runs', "access is complete", 'delivered'],
    'halt-fallback': [
        'token 0x1000, but the guest may not be told', 'the halt ends', '0xec, is served', 'repeated fault', 'the halt ends',
        '0xec, is served', 'repeated fault', 'the page is there', 'nobody was told of it', 'halted', 'the guest has not enabled'],
    'early-ready': [
        'token 0x1000 is made', 'kvm_handle_page_fault()', 'UFFDIO_COPY', 'slot := 0x1000', 'a dummy is left', 'ACK := 1',
        'finds the dummy of 0x1000', 'access is complete'],
    'busy-slot': [
        'reader 0 sleeps under 0x1000', 'reader 1 sleeps under 0x2000', 'item of 0x1000', 'slot := 0x1000', 'IRQ 0xf3',
        'item of 0x2000', 'reader 0 is woken', 'ACK := 1', 'slot := 0x2000', 'IRQ 0xf3', 'reader 1 is woken', 'ACK := 1'],
    'wake-all': [
        'reader 0 sleeps under 0x1001', 'EN := 0', 'woken with all others', 'the CPU is offline', 'INT', 'KVM queues a wake-all',
        'slot := 0xffffffff', 'online again', 'IRQ 0xf3', 'ACK := 1'],
    'user-mode-only': [
        'in user mode, touches gfn', 'token 0x1000 is made', 'reader 0 sleeps', 'delivered', 'in kernel mode, touches gfn',
        'token 0x2000, but the guest may not be told', 'nobody was told of it', 'halted', 'access from kernel mode'],
}
# Not in a picture: what would contradict its story.
NEVER = {'halt-fallback': ['#PF', 'slot :='], 'early-ready': ['0 sleeps under'], 'full-cycle': ['halt']}


def texts(root):
    return [(t.text or '', t) for t in root.iter(f'{SVG}text')]


def story(name, root):
    """it tells its story, in order"""
    said, at = [text for text, _ in texts(root)], 0
    rows = sorted(((float(t.get('y')), float(t.get('x'))), text) for text, t in texts(root))
    said = [text for _, text in rows]
    for words in STORIES[name]:
        while at < len(said) and words not in said[at]:
            at += 1
        if at == len(said):
            yield f'no "{words}" where it should be'
            return
    for words in NEVER.get(name, []):
        if any(words in text for text in said):
            yield f'says "{words}"'


def lifelines(root):
    return {float(re.match(r'M([\d.]+),', p.get('d'))[1]) for p in root.iter(f'{SVG}path') if p.get('class') == 'life'}


def arrows(root):
    """arrows go from one lifeline to another"""
    lines = lifelines(root)
    for path in root.iter(f'{SVG}path'):
        if path.get('class') != 'arrow':
            continue
        x0, x1 = map(float, re.match(r'M([\d.]+),[\d.]+H([\d.]+)', path.get('d')).groups())
        for x in (x0, x1):
            if not any(abs(x - line) <= 4 for line in lines):
                yield f'no lifeline at {x}'
        if x0 == x1:
            yield f'goes nowhere: {path.get("d")}'


def times(root):
    """time does not run backward"""
    unit, last = {'ns': 1, 'us': 1e3, 'ms': 1e6, 's': 1e9}, -1.0
    for text, _ in texts(root):
        found = re.fullmatch(r'\+([\d.]+) (ns|us|ms|s)', text)
        if found:
            now = float(found[1]) * unit[found[2]]
            if now < last * 0.994:  # three digits are shown
                yield f'{text} after {last} ns'
            last = now


def apart(root):
    """no text lies over another, and none leaves the sheet"""
    boxes = []
    for text, t in texts(root):
        css = t.get('class') or ''
        size = 15 if css == 'head' else 11 if not css else 10
        wide = len(text) * size * (0.602 if css == 'function' else 0.56)
        x, y = float(t.get('x')), float(t.get('y'))
        x -= {'end': wide, 'middle': wide / 2}.get(t.get('text-anchor'), 0)
        boxes.append((x, y - size * 0.72, x + wide, y + size * 0.2, text))
    for i, a in enumerate(boxes):
        if a[0] < 0 or a[2] > float(root.get('width')) or a[3] > float(root.get('height')):
            yield f'"{a[4]}" leaves the sheet'
        for b in boxes[:i]:
            if a[0] < b[2] and b[0] < a[2] and a[1] < b[3] and b[1] < a[3]:
                yield f'"{a[4]}" lies over "{b[4]}"'


def look(root):
    return [f'{check.__doc__}: {w}' for check in (arrows, times, apart) for w in check(root)]


def documented(sim, root, here):
    """The pictures of the page, drawn again."""
    folder = os.path.join(root, 'docs', 'protocol')
    drawn = subprocess.run(['bash', os.path.join(folder, 'draw.sh'), sim, here], capture_output=True, text=True, check=False)
    with open(os.path.join(root, 'docs', 'protocol.md'), encoding='utf-8') as page:
        shown = set(re.findall(r'\]\(protocol/([\w-]+\.svg)\)', page.read()))
    yield 'draw.sh draws', [] if drawn.returncode == 0 else [drawn.stderr]
    yield 'the page shows what is drawn', [] if shown == {n for n in os.listdir(here) if n.endswith('.svg')} else [str(shown)]
    for name in sorted(shown):
        mine, theirs = os.path.join(folder, name), os.path.join(here, name)
        same = os.path.exists(mine) and os.path.exists(theirs) and filecmp.cmp(mine, theirs, shallow=False)
        yield f'{name}: as drawn now', [] if same else ['differs: ./dev docs draws it again; look at it']
    for name in STORIES:
        tree = ET.parse(os.path.join(here, f'{name}.svg')).getroot()
        yield f'{name}: story', list(story(name, tree)) + look(tree)


def others(sim, root):
    """Workloads as they are."""
    for name, options in [('memhog', ['duration=1s']), ('post-copy', ['duration=100ms']), ('shared-host', ['duration=100ms']),
                          ('nested', ['duration=1s']), ('cpu-hotplug', ['duration=300ms'])]:
        path = os.path.join(root, 'workloads', f'{name}.yaml')
        command = [sim, 'run', path, '--quiet', '--replicas=1', '--sequence=x.svg', *[f'--set={o}' for o in options]]
        done = subprocess.run(command, capture_output=True, text=True, check=False)
        with open('x.svg', encoding='utf-8') as file:
            text = file.read()
        tree = ET.fromstring(text)
        wrong = look(tree) + ([] if done.returncode == 0 else [done.stderr])
        if 'sleeps under' not in text or ('is woken' not in text and 'more steps' not in text):
            wrong.append('no token from its wait to its wake-up')
        subprocess.run(command, capture_output=True, check=False)
        with open('x.svg', encoding='utf-8') as file:
            wrong += [] if file.read() == text else ['not the same bytes again']
        yield f'{name}: the first token', wrong
    path = os.path.join(root, 'workloads', 'post-copy.yaml')
    subprocess.run([sim, 'run', path, '--quiet', '--replicas=1', '--set=duration=20ms', '--sequence=x.svg',
                    '--sequence-window=0s..20ms', '--sequence-vcpu=3'], check=False)
    with open('x.svg', encoding='utf-8') as file:
        text = file.read()
    circles, paths = text.count('<circle'), text.count('class="arrow"')
    yield 'a long window is cut', [] if circles + paths == 90 and 'more steps' in text else [f'{circles + paths} steps']


BAD = [
    (['--sequence=x.png'], 'a picture ends in .svg'),
    (['--sequence-window=0s..1ms'], 'without --sequence'),
    (['--sequence-vcpu=1'], 'without --sequence'),
    (['--sequence=x.svg', '--sequence-vcpu=4'], '0 to 3'),
    (['--sequence=x.svg', '--sequence-window=1ms'], 'want FROM..TO'),
]


def refused(sim, root):
    for options, words in BAD:
        done = subprocess.run([sim, 'run', os.path.join(root, 'workloads', 'memhog.yaml'), *options], capture_output=True,
                              text=True, check=False)
        yield ' '.join(options), cases.refused(done, words)


def main():
    sim, root = os.path.realpath(sys.argv[1]), os.path.realpath(sys.argv[2])
    with tempfile.TemporaryDirectory() as here:
        results = list(documented(sim, root, here))
        os.chdir(here)
        results += list(others(sim, root)) + list(refused(sim, root))
        os.chdir('/')
    return cases.tell(results)


if __name__ == '__main__':
    sys.exit(main())
