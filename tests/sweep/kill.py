#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""A sweep that is killed goes on where it was, and ends with the bytes of one that was not.

usage: kill.py SIM [--times=N] [--seed=N]
"""
import os
import random
import re
import shutil
import signal
import subprocess
import sys
import time

from sweeping import Place, run_tests

GRID = ('--vary=disk.read=1us..1ms:12:log', '--vary=tasks.spinner.count=1..4:4',
        '--set=duration=30ms', '--jobs=2')
POINTS = 48
here = undisturbed_s = None
times, seed = 3, 1


def start(output, *more):
    return subprocess.Popen([here.sim, 'sweep', '--workload=small.yaml', f'--output={output}', *GRID,
                             *more], cwd=here.folder, stdin=subprocess.DEVNULL,
                            stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)


def stored(output):
    """Whole records in the file of points."""
    try:
        return len(re.findall(rb'\n(?:good|bad) ', here.read(output, 'sweep.points')))
    except FileNotFoundError:
        return None


def caught(output, least=1):
    """A sweep that stands still (SIGSTOP) in the middle, with so many points stored; one that was too
    quick to be caught begins anew."""
    for _ in range(50):
        sweep = start(output)
        while sweep.poll() is None and (stored(output) or 0) < least:
            time.sleep(0.002)
        sweep.send_signal(signal.SIGSTOP)
        if sweep.poll() is None and least <= (stored(output) or 0) < POINTS - 2:
            return sweep
        sweep.kill()
        sweep.communicate()
        shutil.rmtree(here.path(output), ignore_errors=True)
    raise AssertionError(f'no sweep could be caught with {least} points or a few more')


def finish(output):
    """The rest; how many points were there already."""
    done = here.good('sweep', '--workload=small.yaml', f'--output={output}', *GRID)
    here.same('undisturbed', output)
    assert not [f for f in os.listdir(here.path(output)) if f not in ('sweep.csv', 'sweep.json')]
    found = re.search(r'(\d+) of 48 points are there already', done.stderr)
    return int(found[1]) if found else 0


def kill_9_at_any_moment_loses_points_in_flight_alone():
    dice = random.Random(seed)
    interrupted = 0
    for n in range(times):
        output = f'killed{n}'
        sweep = start(output)
        time.sleep(dice.uniform(0, 1.1) * undisturbed_s)
        sweep.kill()
        sweep.communicate()
        before = stored(output)
        there = finish(output)
        if before:
            interrupted += before < POINTS
            # the last record may be a part of one, which counts for none
            assert before - 1 <= there <= before or there == 0 and before == POINTS, (before, there)
    assert times < 10 or interrupted >= times // 3, f'only {interrupted} of {times} were in the middle'


def what_a_killed_one_left_beside_its_files_goes():
    sweep = caught('beside')
    sweep.kill()
    sweep.communicate()
    for name in ('.sweep.csv.1.tmp', '.sweep.json.99.tmp'):
        with open(here.path('beside', name), 'w', encoding='utf-8') as file:
            file.write('half')
    finish('beside')


def it_can_be_killed_again_and_again():
    dice = random.Random(seed + 1)
    for _ in range(200):
        sweep = start('again')
        try:
            sweep.communicate(timeout=dice.uniform(0.2, 0.6) * undisturbed_s)
            break
        except subprocess.TimeoutExpired:
            sweep.kill()
            sweep.communicate()
    finish('again')


def ctrl_c_says_what_is_kept_and_how_to_go_on():
    for number in (signal.SIGINT, signal.SIGTERM):
        output = f'stopped{number}'
        sweep = caught(output)
        sweep.send_signal(number)
        sweep.send_signal(signal.SIGCONT)
        _, said = sweep.communicate(timeout=100)
        assert sweep.returncode == -number, sweep.returncode
        kept = re.fullmatch(r'sim: stopped: (\d+) of 48 points are kept in \S+; the same command '
                            r'goes on\n', said)
        assert kept and int(kept[1]) == stored(output) < POINTS, said
        assert finish(output) == int(kept[1])


def a_file_that_was_cut_or_damaged_is_mended():
    dice = random.Random(seed + 2)
    sweep = caught('cut', 8)
    sweep.kill()
    sweep.communicate()
    whole = here.read('cut', 'sweep.points')
    for n in range(2 * times):
        output = f'cut{n}'
        at = dice.randrange(len(whole))
        damaged = whole[:at] + (bytes([whole[at] ^ 0x10]) + whole[at + 1:] if n % 2 else b'')
        if not damaged.startswith(b'sweep '[:at]):
            continue
        os.mkdir(here.path(output))
        with open(here.path(output, 'sweep.points'), 'wb') as file:
            file.write(damaged)
        assert finish(output) < POINTS


def two_at_once_in_one_directory_are_refused():
    sweep = caught('both')
    here.bad(2, 'another sim sweep is writing there', 'sweep', '--workload=small.yaml',
             '--output=both', *GRID)
    sweep.send_signal(signal.SIGCONT)
    sweep.communicate()
    here.same('undisturbed', 'both')


def progress_is_for_terminals_only():
    """Under script(1) there is a line that replaces itself; without a terminal nothing is said."""
    assert here.sweep('quiet', *GRID).stderr == ''
    if not shutil.which('script'):
        return
    command = ' '.join([here.sim, 'sweep', '--workload=small.yaml', '--output=shown', *GRID])
    done = subprocess.run(['script', '-qec', command, '/dev/null'], cwd=here.folder,
                          stdin=subprocess.DEVNULL, capture_output=True, text=True, timeout=60)
    assert re.search(r'[\r\n]\x1b\[K\d+ of 48 points, [\d.]+ a second, \d+ s left', done.stdout), done.stdout
    here.same('undisturbed', 'shown')


def main():
    global here, times, seed, undisturbed_s
    for argument in sys.argv[2:]:
        name, value = argument[2:].split('=')
        times, seed = (int(value), seed) if name == 'times' else (times, int(value))
    here = Place(sys.argv[1])
    try:
        began = time.monotonic()
        here.sweep('undisturbed', *GRID)
        undisturbed_s = time.monotonic() - began
        return run_tests([test for name, test in list(globals().items())
                          if callable(test) and name.count('_') > 1 and name != 'run_tests'], 6)
    finally:
        shutil.rmtree(here.folder)


if __name__ == '__main__':
    sys.exit(main())
