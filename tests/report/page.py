#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""page.py SIM ROOT [KEEP] - the page of `sim report` in a real browser, without a network

Chromium opens the page of a run and of a sweep at a width of 1000 and of 400 pixels. One test each:
the picture is not blank, as wide as was asked for, nothing of the page stands out beyond its width,
and Chromium's log knows of nothing that was refused, missing or asked for outside. KEEP: a directory for the pictures, to be looked at.
"""
import os
import re
import shutil
import struct
import subprocess
import sys
import tempfile
import zlib

HEIGHT = 2400
COLOURS_LEAST = 40      # a page with pictures and text has thousands, a blank one 1
INK_LEAST = 0.02        # share of pixels that are not white
WORDS_OF_TROUBLE = (b'Refused to', b'ERR_', b'Not allowed to load', b'Failed to load', b'net::')


def pixels(path):
    """(width, height, rows of RGB bytes) of a PNG with 8 bits a channel, RGB or RGBA."""
    with open(path, 'rb') as file:
        data = file.read()
    assert data[:8] == b'\x89PNG\r\n\x1a\n', 'no PNG'
    at, packed = 8, b''
    while at < len(data):
        length, kind = struct.unpack('>I4s', data[at:at + 8])
        body = data[at + 8:at + 8 + length]
        if kind == b'IHDR':
            width, height, bits, colour, _, _, interlace = struct.unpack('>IIBBBBB', body)
        elif kind == b'IDAT':
            packed += body
        at += 12 + length
    assert bits == 8 and colour in (2, 6) and not interlace, 'another kind of PNG'
    return width, height, unfilter(zlib.decompress(packed), width, 3 if colour == 2 else 4)


def unfilter(raw, width, channels):
    stride, rows, last = width * channels, [], bytearray(width * channels)
    for at in range(0, len(raw), stride + 1):
        kind, line = raw[at], bytearray(raw[at + 1:at + 1 + stride])
        for i in range(stride):
            left = line[i - channels] if i >= channels else 0
            up, corner = last[i], last[i - channels] if i >= channels else 0
            if kind == 1:
                line[i] = (line[i] + left) & 255
            elif kind == 2:
                line[i] = (line[i] + up) & 255
            elif kind == 3:
                line[i] = (line[i] + (left + up) // 2) & 255
            elif kind == 4:
                near = min((abs(up - corner), 0, left), (abs(left - corner), 1, up),
                           (abs(left + up - 2 * corner), 2, corner))
                line[i] = (line[i] + near[2]) & 255
        rows.append(line)
        last = line
    return [[bytes(row[i:i + 3]) for i in range(0, stride, channels)] for row in rows[::4]]


def look(page, width, png, work):
    """Chromium's picture of the page; what is wrong, or None."""
    log = subprocess.run(
        ['chromium', '--headless', '--no-sandbox', '--disable-gpu', '--hide-scrollbars',
         '--disable-background-networking', '--host-resolver-rules=MAP * ~NOTFOUND',
         '--enable-logging=stderr', '--user-data-dir=' + os.path.join(work, 'profile'),
         '--virtual-time-budget=5000', f'--window-size={width},{HEIGHT}', '--screenshot=' + png,
         'file://' + page], capture_output=True, timeout=120, check=False).stderr
    trouble = [line for line in log.split(b'\n')
               if b'CONSOLE' in line or (b'file://' in line and any(w in line for w in WORDS_OF_TROUBLE))]
    if trouble:
        return trouble[0].decode(errors='replace')
    if not os.path.exists(png):
        return 'no picture: ' + log.decode(errors='replace')[-300:]
    wide, high, rows = pixels(png)
    colours = {p for row in rows for p in row}
    ink = sum(p != b'\xff\xff\xff' for row in rows for p in row) / (len(rows) * wide)
    if (wide, high) != (width, HEIGHT):
        return f'{wide} x {high} pixels'
    if len(colours) < COLOURS_LEAST or ink < INK_LEAST:
        return f'blank: {len(colours)} colours, {100 * ink:.1f} % ink'
    return None


def too_wide(pages, work):
    """Which pages must be scrolled sideways, in frames of three widths; what is wrong, or None."""
    frames = ''.join(f'<iframe src="file://{page}" width={width} height=900 frameborder=0></iframe>'
                     for page in pages for width in (1000, 400, 320))
    path = os.path.join(work, 'frames.html')
    with open(path, 'w', encoding='utf-8') as file:
        file.write(f'''{frames}<pre></pre><script>onload = () => document.querySelector("pre").textContent =
            [...document.querySelectorAll("iframe")].map(f => f.width + ":" +
            f.contentDocument.documentElement.scrollWidth).join(" ")</script>''')
    dom = subprocess.run(
        ['chromium', '--headless', '--no-sandbox', '--disable-gpu', '--hide-scrollbars',
         '--allow-file-access-from-files', '--user-data-dir=' + os.path.join(work, 'profile'),
         '--virtual-time-budget=5000', '--dump-dom', 'file://' + path],
        capture_output=True, timeout=120, check=False, text=True).stdout
    found = re.search('<pre>(.*)</pre>', dom)
    widths = [pair.split(':') for pair in found[1].split()] if found else []
    if len(widths) != 3 * len(pages):
        return 'not measured: ' + dom[-200:]
    wide = [pair for pair in widths if int(pair[1]) > int(pair[0])]
    return f'{wide[0][1]} pixels in a window of {wide[0][0]}' if wide else None


def make_run(sim, root, work):
    out = os.path.join(work, 'run')
    subprocess.run([sim, 'run', f'--workload={root}/workloads/web-service.yaml', '--set', 'duration=500ms',
                    '--set', 'warmup=100ms', '--replicas=2', '--quiet', '--output=' + out], check=True)
    return out


def make_sweep(work):
    """A sweep that needs no simulation: gain = read / 4 us."""
    out = os.path.join(work, 'sweep')
    os.mkdir(out)
    with open(os.path.join(out, 'sweep.csv'), 'w', encoding='ascii') as file:
        file.write('disk.read_ns,tasks.worker.count,point,workload,mode,seed,replicas,outcome,digest,'
                   'utilization_share,utilization_ci95,work_per_s,gain_ratio,gain_ratio_ci95,'
                   'ledger_user_ns,ledger_sync_blocked_ns\n')
        for read in (1000, 2000, 4000, 8000, 40000, 200000):
            for count in (1, 2, 8):
                gain = min(read / 4000, 2 * count)
                file.write(f'{read},{count},0,made,off,1,5,horizon,0,0.5,0.01,100,,,5,5\n'
                           f'{read},{count},0,made,apf,1,5,horizon,0,0.9,0.01,200,{gain},0.05,9,1\n')
    return out


def main():
    if len(sys.argv) < 3:
        sys.exit(__doc__)
    sim, root = (os.path.abspath(p) for p in sys.argv[1:3])
    results, pages = [], []
    if not shutil.which('chromium'):
        print('skipped: the page in a browser (no chromium)')
        print('0 passed, 0 failed, 5 skipped')
        return
    with tempfile.TemporaryDirectory() as work:
        keep = sys.argv[3] if len(sys.argv) > 3 else work
        for what, folder in (('run', make_run(sim, root, work)), ('sweep', make_sweep(work))):
            subprocess.run([sim, 'report', folder], check=True, stdout=subprocess.DEVNULL)
            pages.append(os.path.join(folder, 'report.html'))
            for width in (1000, 400):
                png = os.path.join(os.path.abspath(keep), f'{what}-{width}.png')
                results.append((f'the page of a {what}, {width} pixels wide', look(pages[-1], width, png, work)))
        results.append(('no page is wider than its window', too_wide(pages, work)))
    for what, wrong in results:
        print(f'{"FAIL" if wrong else "ok"}: {what}{": " + wrong if wrong else ""}')
    failed = sum(wrong is not None for _, wrong in results)
    print(f'{len(results) - failed} passed, {failed} failed, 0 skipped')
    sys.exit(failed > 0)


main()
