#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""make.py SIM [--sample] [STUDY...] - the reference studies again, and what has changed in them

Each folder here with a study.yaml is one: `sim sweep` and `sim report` make its sweep.csv, sweep.json,
scripts and pictures, which then stand in place of the old ones. Says of each study whether its CSV is
the same, else how many rows moved, and by how many intervals the gain did at most.

--sample: only the corners of each grid, compared with the rows kept here, figure for figure but for the
number of the point and columns that are new; nothing is written. For CI.
"""
import csv
import io
import os
import shutil
import subprocess
import sys
import tempfile

HERE = os.path.dirname(os.path.abspath(__file__))
ROOT = os.path.dirname(HERE)


def sweep(sim, study, out, vary=()):
    """The rows of the sweep as dicts, and the text of its CSV."""
    subprocess.run([sim, 'sweep', f'--workload=results/{study}/study.yaml', '--quiet', '--output=' + out,
                    *('--vary=' + v for v in vary)], check=True, cwd=ROOT)
    return rows_of(out)


def rows_of(folder):
    path = os.path.join(folder, 'sweep.csv')
    if not os.path.exists(path):
        return [], ''
    with open(path, encoding='utf-8') as file:
        text = file.read()
    return list(csv.DictReader(io.StringIO(text))), text


def axes_of(rows):
    names = list(rows[0])
    return names[:names.index('point')]


def identity(rows):
    """{axis values and mode: row without its number}"""
    axes = axes_of(rows)
    return {tuple(r[k] for k in axes) + (r['mode'],): {k: v for k, v in r.items() if k != 'point'}
            for r in rows}


def moved_rows(old, new):
    """Keys of rows that are in both and differ in a column that is in both."""
    return [k for k in new if k in old and
            any(new[k][c] != old[k][c] for c in new[k] if c in old[k])]


def what_moved(old, new):
    if not old:
        return 'is new'
    old, new = identity(old), identity(new)
    moved = moved_rows(old, new)
    worst = 0.0
    for k in moved:
        a, b = (x[k].get('gain_ratio') for x in (old, new))
        width = float(old[k].get('gain_ratio_ci95') or 0)
        if a and b and width:
            worst = max(worst, abs(float(a) - float(b)) / width)
    return (f'{len(moved)} of {len(new)} rows moved, {len(set(new) ^ set(old))} came or went; '
            f'the gain by at most {worst:.2f} of its interval')


def make(sim, study):
    here = os.path.join(HERE, study)
    with tempfile.TemporaryDirectory() as out:
        old, before = rows_of(here)
        new, after = sweep(sim, study, out)
        subprocess.run([sim, 'report', out], check=True, stdout=subprocess.DEVNULL)
        print(f'{study}: {"the same, byte for byte" if before == after else what_moved(old, new)}')
        for name in sorted(os.listdir(out)):
            if name.endswith(('.csv', '.json', '.gp', '.svg')):
                shutil.copyfile(os.path.join(out, name), os.path.join(here, name))


def corners(sim, study):
    """True when the corners of the grid come out as they are kept."""
    kept, _ = rows_of(os.path.join(HERE, study))
    vary = []
    for axis in axes_of(kept):
        values = list(dict.fromkeys(r[axis] for r in kept))
        key, _, unit = axis.rpartition('_')
        key, unit = (key, 'ns' if unit == 'ns' else 'B') if unit in ('ns', 'bytes') else (axis, '')
        vary.append(f'{key}={values[0]}{unit},{values[-1]}{unit}')
    with tempfile.TemporaryDirectory() as out:
        new, _ = sweep(sim, study, out, vary)
    kept, new = identity(kept), identity(new)
    wrong = [k for k in new if k not in kept] + moved_rows(kept, new)
    print(f'{"FAIL" if wrong else "ok"}: {study}: {len(new)} rows at the corners'
          + (f', not as kept: {wrong[0]}; if that is right, ./dev results {study} and commit' if wrong else ''))
    return not wrong


def main():
    words = sys.argv[1:]
    sample = '--sample' in words
    words = [w for w in words if w != '--sample']
    if not words or any(w.startswith('-') for w in words):
        sys.exit(__doc__)
    sim = os.path.abspath(words[0])
    studies = words[1:] or sorted(d for d in os.listdir(HERE)
                                  if os.path.exists(os.path.join(HERE, d, 'study.yaml')))
    if not sample:
        for study in studies:
            make(sim, study)
        return
    good = sum(corners(sim, study) for study in studies)
    print(f'{good} passed, {len(studies) - good} failed')
    sys.exit(good < len(studies))


main()
