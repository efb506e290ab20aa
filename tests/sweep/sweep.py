#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""`sim sweep` and `sim merge`: same bytes however it is run, axes, shards, what is refused.

usage: sweep.py SIM SOURCE
"""
import fcntl
import json
import os
import re
import shutil
import sys

from sweeping import Place, Skip, run_tests

GRID = ('--vary=disk.read=1us..20ms:4:log', '--vary=tasks.spinner.count=1,2')
here = source = None


def any_number_of_threads_gives_the_same_bytes():
    for jobs in ('1', '2', '5'):
        here.sweep(f'jobs{jobs}', *GRID, f'--jobs={jobs}')
    here.same('jobs1', 'jobs2')
    here.same('jobs1', 'jobs5')


def any_shards_in_any_order_give_the_bytes_of_none():
    here.sweep('whole', *GRID)
    for count in (1, 2, 3, 5, 11):
        for number in reversed(range(count)):
            here.sweep(f'shards{count}', *GRID, f'--shard={number}/{count}')
        if count > 1:
            here.good('merge', f'shards{count}')
            here.good('merge', f'shards{count}')
        here.same('whole', f'shards{count}')


def a_row_is_what_a_run_says():
    here.sweep('rows', *GRID)
    rows = here.rows('rows', 'sweep.csv')
    assert len(rows) == 8 * 3
    for point, read, count in ((0, '1us', 1), (3, '27.144us', 2), (7, '20ms', 2)):
        one = here.good('run', '--workload=small.yaml', '--set', f'disk.read={read}', '--set',
                        f'tasks.spinner.count={count}', '--format=csv').stdout
        here.write('run.csv', one)
        for row, run in zip(rows[3 * point:3 * point + 3], here.rows('run.csv')):
            assert row['point'] == str(point)
            assert [k for k in run if row[k] != run[k]] in ([], ['point']), (point, row, run)


def columns_stand_in_their_order():
    here.sweep('columns', '--vary=disk.read=1us,2us', '--vary=host.memory.limit=1MiB',
               '--vary=tasks.faulter.loop.0.touch.write=30%,0.5', '--vary=guest.scheduler=cfs,fifo',
               '--modes=off,apf')
    rows = here.rows('columns', 'sweep.csv')
    assert list(rows[0])[:9] == ['disk.read_ns', 'host.memory.limit_bytes',
                                 'tasks.faulter.loop.0.touch.write_share', 'guest.scheduler',
                                 'point', 'workload', 'mode', 'seed', 'replicas']
    assert [list(r.values())[:7] for r in rows[:3]] == [
        ['1000', '1048576', '0.3', 'cfs', '0', 'small', 'off'],
        ['1000', '1048576', '0.3', 'cfs', '0', 'small', 'apf'],
        ['1000', '1048576', '0.3', 'fifo', '1', 'small', 'off']]
    assert [r['mode'] for r in rows] == ['off', 'apf'] * 8


def the_side_file_says_what_was_run():
    here.sweep('side', *GRID, '--seed=7', '--set', 'duration=4ms')
    side = json.loads(here.read('side', 'sweep.json'))
    rows = here.rows('side', 'sweep.csv')
    assert side['points'] == 8 and side['rows'] == len(rows) == 24 and side['runs'] == 48
    assert side['seed'] == 7 and side['version'] and side['modes'] == ['off', 'halt', 'apf']
    assert side['axes'][0]['values'] == ['1us', '27.144us', '736.806us', '20ms']
    assert side['axes'][0]['column'] == 'disk.read_ns' and side['axes'][0]['log']
    again = side['command'].split()[1:] + ['--output=side2']
    here.good(*again)
    here.same('side', 'side2')


def points_share_their_random_numbers():
    """A cost that nobody pays changes nothing, at any point: all have the same draws."""
    here.sweep('common', '--vary=cost.not_present=1us,2us', '--modes=off')
    rows = here.rows('common', 'sweep.csv')
    assert len(rows) == 2
    same = [k for k in rows[0] if rows[0][k] == rows[1][k]]
    assert len(rows[0]) - len(same) <= 3, [k for k in rows[0] if k not in same]


def distributions_words_and_truth_values_are_axes():
    here.sweep('text', '--vary', 'disk.read=lognormal(p50=76us,p99=96us),80us',
               '--vary=guest.tickless=true,false', '--modes=apf')
    rows = here.rows('text', 'sweep.csv')
    assert rows[0]['disk.read'] == 'lognormal(p50=76us,p99=96us)' and rows[2]['disk.read'] == '80us'
    assert [r['guest.tickless'] for r in rows] == ['true', 'false'] * 2


def any_key_is_an_axis():
    """Each at the value that it has: the very same runs come out."""
    short = ('--modes=off', '--replicas=1', '--set', 'duration=1ms', '--set', 'warmup=0s')
    here.good('run', 'small.yaml', '--output=keys', '--quiet', *short)
    lines = [re.fullmatch(r'(\S+) = (.*?) +# .*', line)
             for line in here.read('keys', 'params.txt').decode().splitlines()]
    axes = [f'--vary={line[1]}={line[2]}' for line in lines if line[1] != 'modes']
    assert len(axes) > 100
    for first in range(0, len(axes), 16):
        here.sweep(f'keys{first}', *axes[first:first + 16], *short)
        row, = here.rows(f'keys{first}', 'sweep.csv')
        assert row['digest'] == here.rows('keys', 'result.csv')[0]['digest'], axes[first:first + 16]


def columns_of_some_points_are_there_for_all():
    here.sweep('some', '--vary=host.cpus=own,1', '--modes=off')
    rows = here.rows('some', 'sweep.csv')
    assert [r['host.cpus'] for r in rows] == ['own', '1']
    two = here.read('small.yaml').decode().replace('guest: {vcpus: 2, memory: 16MiB}', (
        'guests: {a: {vcpus: 1, memory: 16MiB, copies: 1}}')).replace('size: 2MiB', 'guest: a, size: 2MiB').replace(
            'spinner: {', 'spinner: {guest: a, ').replace('faulter: {', 'faulter: {guest: a, ')
    here.write('two.yaml', two)
    here.good('sweep', 'two.yaml', '--output=copies', '--vary=guests.a.copies=1,2', '--modes=off',
              '--set', 'host.memory.limit=4MiB')
    one, both = here.rows('copies', 'sweep.csv')
    names = [k for k in one if k.startswith('task_') and k.endswith('_per_s')]
    assert len(names) >= 3 and all(bool(both[k]) or bool(one[k]) for k in names), (names, one)
    assert sum(not one[k] for k in names) >= 1
    assert rows[0]['host_utilization_share'] == '' and float(rows[1]['host_utilization_share']) > 0.9


def a_workload_brings_its_axes():
    block = here.read('small.yaml').decode() + (
        'sweep:\n  disk.read: 1us..20ms:4:log\n  tasks.spinner.count: [1, 2]\n')
    here.write('axes.yaml', block)
    here.sweep('block1', *GRID, '--set', 'name=small')
    here.good('sweep', 'axes.yaml', '--output=block2', '--set', 'name=small')
    assert here.read('block1', 'sweep.csv') == here.read('block2', 'sweep.csv')
    here.good('sweep', 'axes.yaml', '--output=block3', '--vary=disk.read=1us,3us', '--set', 'name=small')
    rows = here.rows('block3', 'sweep.csv')
    assert [r['disk.read_ns'] for r in rows[::3]] == ['1000', '1000', '3000', '3000']
    for old, new, pattern in (('[1, 2]', '[1, 1]', 'axes.yaml:15:28: error: tasks.spinner.count'),
                              ('20ms:4:log', '20ms', 'axes.yaml:14:14: error: disk.read: a range'),
                              ('  disk.read:', '  disk.raed:', "axes.yaml:14:3: error: disk: unknown")):
        here.write('axes.yaml', block.replace(old, new))
        here.bad(2, pattern, 'sweep', 'axes.yaml', '--output=nothing')
        here.bad(2, pattern, 'run', 'axes.yaml')


def whole_numbers_stay_whole():
    done = here.sweep('whole-numbers', '--vary=guest.hz=1..4:9', '--modes=off')
    assert '5 of 9 values are equal once rounded; 4 are left' in done.stderr
    rows = here.rows('whole-numbers', 'sweep.csv')
    assert [r['guest.hz'] for r in rows] == ['1', '2', '3', '4']
    here.sweep('negative', '--vary=tasks.faulter.nice=-5..5:3', '--modes=off')
    assert [r['tasks.faulter.nice'] for r in here.rows('negative', 'sweep.csv')] == ['-5', '0', '5']
    here.sweep('pages', '--vary=regions.array.size=2MiB..3MiB:4', '--modes=off')
    assert all(int(r['regions.array.size_bytes']) % 4096 == 0
               for r in here.rows('pages', 'sweep.csv'))


def precision_adds_replicas_until_the_interval_is_narrow():
    for jobs in ('1', '2'):
        here.sweep(f'precise{jobs}', '--vary=disk.read=10us,100us,exponential(100us)', f'--jobs={jobs}',
                   '--precision=1%', '--replicas-most=40')
    here.same('precise1', 'precise2')
    rows = here.rows('precise1', 'sweep.csv')
    side = json.loads(here.read('precise1', 'sweep.json'))
    assert side['points_not_precise'] == 0
    assert len({r['replicas'] for r in rows}) > 1, 'all points took as many replicas'
    for row in rows:
        for mean, ci95 in (('utilization_share', 'utilization_ci95'), ('gain_ratio', 'gain_ratio_ci95')):
            assert not row[mean] or float(row[ci95]) <= 0.01 * float(row[mean]), row
    done = here.sweep('vague', '--vary=disk.read=exponential(100us)', '--precision=0.0001%', '--replicas-most=3')
    assert '1 point did not reach the precision' in done.stdout
    assert json.loads(here.read('vague', 'sweep.json'))['points_not_precise'] == 1


def bad_axes_are_one_line():
    sweep = ('sweep', '--workload=small.yaml', '--output=refused')
    for pattern, *arguments in (
            ("unknown key 'raed' (did you mean 'read'?)", '--vary=disk.raed=1us'),
            ('the range 5us..1us is empty', '--vary=disk.read=5us..1us:3'),
            ('a range of 0 values is empty', '--vary=disk.read=1us..5us:0'),
            ('a range is LO..HI:N', '--vary=disk.read=1us..5us'),
            ('cannot begin at 0', '--vary=disk.read=0..5us:3:log'),
            ('1000000000 values, at most 10000000', '--vary=disk.read=1ns..1s:1000000000'),
            ('1000000000 points, and at most 10000000 fit one sweep', '--vary=seed=1..1000:1000',
             '--vary=guest.hz=1..1000:1000', '--vary=host.hz=1..1000:1000'),
            ('2 needs a unit', '--vary=disk.read=1us,2'),
            ('is out of range', '--vary=disk.read=1us,999999s'),
            ('the value 2 is there twice', '--vary=guest.vcpus=2,2'),
            ("unknown value 'foo'", '--vary=guest.scheduler=cfs,foo'),
            ('has no numbers', '--vary=guest.scheduler=cfs..fifo:2'),
            ('modes: is no axis', '--vary=modes=off,apf'),
            ('not KEY=A,B,C', '--vary=guest.vcpus'),
            ('varied twice', '--vary=guest.hz=1,2', '--vary=guest.hz=3'),
            ('nothing to vary',),
            ('point 1 (regions.array.resident=2MiB): regions.array.resident: more resident than',
             '--vary=regions.array.resident=1MiB..2MiB:2'),
            ('--precision: 0% is never reached', '--vary=guest.hz=1', '--precision=0%'),
            ('--replicas-most needs --precision', '--vary=guest.hz=1', '--replicas-most=3'),
            ('shards are numbered from 0', '--vary=guest.hz=1', '--shard=3/3'),
            ('is not K/N', '--vary=guest.hz=1', '--shard=3'),
            ('--replicas=0: error', '--vary=guest.hz=1', '--replicas=0')):
        here.bad(2, pattern, *sweep, *arguments)
    assert not os.path.exists(here.path('refused')) or os.listdir(here.path('refused')) == []
    here.bad(2, 'no --output=DIR', 'sweep', '--workload=small.yaml', '--vary=guest.hz=1')
    here.bad(2, "(did you mean 'sweep'?)", 'swep')


def shards_come_from_the_environment_and_are_said():
    slurm = {'SLURM_ARRAY_TASK_ID': '1', 'SLURM_ARRAY_TASK_COUNT': '2'}
    job = {'JOB_COMPLETION_INDEX': '1', 'JOB_COMPLETIONS': '2'}
    for env, flag, said in (
            (slurm, (), 'shard 1 of 2 (from SLURM_ARRAY_TASK_ID)'),
            (job, (), 'shard 1 of 2 (from JOB_COMPLETION_INDEX)'),
            ({**slurm, **job}, (), 'shard 1 of 2 (from SLURM_ARRAY_TASK_ID)'),
            (slurm, ('--shard=0/2',), 'shard 0 of 2 (from --shard)')):
        shutil.rmtree(here.path('env'), ignore_errors=True)
        assert said in here.sweep('env', *GRID, *flag, env=env).stderr
        assert os.listdir(here.path('env')) == [f'shard-{said[6]}-of-2.points']
    for env, pattern in (
            ({'SLURM_ARRAY_TASK_ID': '1'}, 'SLURM_ARRAY_TASK_COUNT is not'),
            ({'JOB_COMPLETION_INDEX': '0'}, 'JOB_COMPLETIONS is not'),
            ({**slurm, 'SLURM_ARRAY_TASK_ID': '2'}, 'no shard 2 of 2'),
            ({**slurm, 'SLURM_ARRAY_TASK_ID': 'x'}, "'x' is no whole number"),
            ({**slurm, 'SLURM_ARRAY_TASK_MIN': '1', 'SLURM_ARRAY_TASK_MAX': '2'}, 'is not 0-1'),
            ({**slurm, **job, 'JOB_COMPLETION_INDEX': '0'}, 'contradict each other')):
        here.bad(2, pattern, 'sweep', '--workload=small.yaml', '--output=env2', *GRID, env=env)


def merge_refuses_what_does_not_belong_together():
    def shards(folder, count, *more):
        shutil.rmtree(here.path(folder), ignore_errors=True)
        for number in range(count):
            here.sweep(folder, *GRID, *more, f'--shard={number}/{count}')

    def name(number, count=3):
        return here.path('m', f'shard-{number}-of-{count}.points')

    shards('m', 3)
    shards('other', 3, '--seed=2')
    os.rename(name(1), here.path('kept'))
    here.bad(2, 'of 3 shards 1 are missing: 1', 'merge', 'm')
    shutil.copy(here.path('other', 'shard-1-of-3.points'), name(1))
    here.bad(2, 'is of another sweep than', 'merge', 'm')
    shutil.copy(name(2), name(1))
    here.bad(2, 'is shard 2 of 3, whatever its name says', 'merge', 'm')
    here.bad(2, 'is one of 3 shards, this would be one of 2', 'sweep', '--workload=small.yaml',
             '--output=m', *GRID, '--shard=0/2')
    os.unlink(name(1))
    os.rename(name(2), here.path('kept2'))
    shutil.copy(name(0), name(2))
    here.bad(2, 'shard 0 of 3 is there twice', 'merge', 'm')
    shutil.copy(here.path('kept2'), name(2))
    shutil.copy(here.path('kept'), name(1))
    shutil.copy(name(0), name(0, 2))
    here.bad(2, 'shard', 'merge', 'm')
    os.unlink(name(0, 2))
    whole = here.read('kept')
    for at in (3, len(whole) // 2, len(whole) - 5):
        with open(name(1), 'wb') as file:
            file.write(whole[:at] + bytes([whole[at] ^ 1]) + whole[at + 1:])
        here.bad(2, 'damaged', 'merge', 'm')
    with open(name(1), 'wb') as file:
        file.write(whole[:-30])
    here.bad(2, 'shard-1-of-3.points: ', 'merge', 'm')
    here.sweep('m', *GRID, '--shard=1/3')
    with open(here.path('m', '.sweep.csv.tmp'), 'w', encoding='ascii') as other:
        other.write('what a killed one left')
        fcntl.flock(other, fcntl.LOCK_EX)
        here.bad(2, 'm/sweep.csv: another sim is making it', 'merge', 'm')
    here.good('merge', 'm')
    assert '.sweep.csv.tmp' not in os.listdir(here.path('m'))
    here.sweep('m-whole', *GRID)
    here.same('m', 'm-whole')
    here.bad(2, 'no shards there', 'merge', '.')
    here.bad(2, 'cannot read this directory', 'merge', 'nowhere')


def another_sweep_in_the_directory_is_refused():
    here.sweep('taken', *GRID)
    before = here.read('taken', 'sweep.csv')
    assert 'there already' in here.sweep('taken', *GRID).stderr
    again = ('sweep', '--workload=small.yaml', '--output=taken')
    for pattern, *arguments in (
            ('the axes have changed (axis 2 is missing here, tasks.spinner.count there)',
             '--vary=disk.read=1us..20ms:4:log'),
            ('the values of disk.read have changed (4 points here, 8 there)', '--vary=disk.read=1us,2us', GRID[1]),
            ('the seed has changed (9 here, 1 there)', *GRID, '--seed=9'),
            ('the replicas have changed (3 here, 2 there)', *GRID, '--replicas=3'),
            ('the modes have changed (["off"] here', *GRID, '--modes=off'),
            ('the precision has changed (1 % here, 0 % there; 0: none)', *GRID, '--precision=1%'),
            ('the workload or a --set has changed', *GRID, '--set', 'warmup=2ms')):
        here.bad(2, pattern, *again, *arguments)
    here.sweep('half', *GRID, '--shard=0/2')
    half = ('sweep', '--workload=small.yaml', '--output=half', *GRID)
    here.bad(2, 'holds points of another sweep: the values of disk.read', *half[:3], '--shard=0/2',
             '--vary=disk.read=1us,2us')
    here.bad(2, 'take another --output, or remove the shards there', *half)
    os.rename(here.path('half', 'shard-0-of-2.points'), here.path('half', 'sweep.points'))
    here.bad(2, 'half/sweep.points: is of a sweep without shards', *half, '--shard=0/2')
    text = here.read('small.yaml').decode()
    here.write('small.yaml', text.replace('10us', '11us'))
    here.bad(2, "what is in the workload's files has changed", *again, *GRID)
    here.write('small.yaml', text)
    assert here.read('taken', 'sweep.csv') == before


def results_of_another_build_are_not_mixed():
    """A stored point that comes out differently now is noticed, whatever the version says."""
    shard = ('sweep', '--workload=small.yaml', *GRID, '--shard=0/2')
    here.good(*shard, '--output=build')
    here.good(*shard, '--output=build2', '--replicas=3')
    ours, theirs = (here.read(d, 'shard-0-of-2.points').split(b'\npoint ')
                    for d in ('build', 'build2'))
    for points, status in ((ours[1:3], 0), (theirs[1:3], 2)):
        with open(here.path('build', 'shard-0-of-2.points'), 'wb') as file:
            file.write(b'\npoint '.join([ours[0], *points]) + b'\n')
        done = here.good(*shard, '--output=build', status=status)
        assert '2 of 4 points are there already' in done.stderr
        assert ('comes out differently now' in done.stderr) == (status == 2)


def diff_says_what_moved_beyond_its_interval():
    here.sweep('a', *GRID, '--replicas=5')
    here.sweep('b', *GRID, '--replicas=5', '--seed=2')
    here.sweep('c', *GRID, '--replicas=5', '--set', 'cost.not_present=200us')
    text = here.good('diff', 'a', 'a').stdout
    assert text.endswith('0 of 112 figures moved beyond their intervals; '
                         '24 of 24 rows are of the very same runs\n'), text
    text = here.run('diff', 'a', 'b').stdout
    moved = int(text.splitlines()[-2].split()[0]) if 'by chance' in text else 0
    assert moved <= 30, text
    text = here.good('diff', 'a', 'c', status=1).stdout
    assert 'point 0 apf (disk.read_ns=1000 tasks.spinner.count=1): gain_ratio 1.' in text, text
    assert text.endswith(' 0 of 24 rows are of the very same runs\n'), text
    assert not [l for l in text.splitlines() if ' off ' in l or ' halt ' in l]
    here.good('run', 'small.yaml', '--output=run', '--quiet')
    assert '3 of 3 rows' in here.good('diff', 'run', 'run/result.csv').stdout
    here.write('foreign.csv', 'point,mode\n1,2\n')
    here.write('quote.csv', 'point,mode,digest,outcome,seed\n1,"a"b\n')
    here.write('short.csv', here.read('a', 'sweep.csv').decode()[:-200])
    here.good('run', 'small.yaml', '--output=run2', '--quiet', '--set', 'cost.not_present=2us')
    text = here.run('diff', 'run', 'run2').stdout
    assert text.startswith('  run: sim run --workload=small.yaml\n  run2: sim run --workload=small.yaml '
                           '--set=cost.not_present=2us\n  cost.not_present: 500ns -> 2us\n'), text
    here.sweep('many', '--vary=disk.read=1us..20ms:40:log', '--modes=apf')
    here.sweep('many2', '--vary=disk.read=1us..20ms:40:log', '--modes=apf', '--set', 'cost.not_present=200us')
    text = here.good('diff', 'many', 'many2', status=1).stdout
    assert re.search(r'  and \d+ more \(--all\); of all:\n  utilization_share moved in \d+ rows, most by '
                     r'[+-][\d.]+ % at point \d+ apf \(disk.read_ns=\d+\)\n', text), text
    for pattern, a, b in (('have different axes', 'a', 'run'), ('cannot read nowhere', 'a', 'nowhere'),
                          ('neither sweep.csv nor result.csv', 'a', '.'), ("no column 'digest'", 'a', 'foreign.csv'),
                          ('row 2', 'quote.csv', 'quote.csv'), ('row 25 has', 'a', 'short.csv')):
        here.bad(2, pattern, 'diff', a, b)
    here.sweep('d', '--vary=disk.read=1us..20ms:4:log', '--vary=tasks.spinner.count=1,3')
    here.bad(2, 'row 5 is point 1 off (disk.read_ns=1000 tasks.spinner.count=2) in a/sweep.csv, and point 1 '
             'off (disk.read_ns=1000 tasks.spinner.count=3) in d/sweep.csv: only', 'diff', 'a', 'd')
    here.bad(2, 'two results are needed', 'diff', 'a')


def a_table_that_was_changed_is_noticed_and_made_again():
    here.sweep('intact', *GRID)
    here.sweep('hurt', *GRID)
    whole = here.read('hurt', 'sweep.csv')
    for changed in (b'', whole[:len(whole) // 2], whole[:whole.rindex(b'\n', 0, -1) + 1],
                    whole.replace(b'0.9', b'0.8', 1), whole + b'\n'):
        assert changed != whole
        with open(here.path('hurt', 'sweep.csv'), 'wb') as file:
            file.write(changed)
        here.bad(2, 'hurt/sweep.csv: damaged', 'report', 'hurt')
        here.bad(2, 'hurt/sweep.csv: damaged', 'diff', 'intact', 'hurt')
        here.bad(2, 'hurt/sweep.csv: damaged', 'diff', 'hurt/sweep.csv', 'intact')
        assert 'sweep.csv is damaged: it is made again' in here.sweep('hurt', *GRID).stderr
        here.same('intact', 'hurt')


def what_is_no_file_is_not_waited_for():
    here.sweep('pipes', *GRID, '--shard=0/2')
    for name in ('shard-1-of-2.points', 'sweep.csv', 'sweep.json', 'result.csv'):
        os.mkfifo(here.path('pipes', name))
        calls = [('merge', 'pipes')]
        if name.endswith('.csv'):
            calls = [('report', 'pipes'), ('diff', 'pipes', 'pipes')]
        if name.startswith('sweep'):
            calls.append(('sweep', '--workload=small.yaml', '--output=pipes', *GRID))
        for call in calls:
            if name != 'sweep.json' or call[0] == 'sweep':
                here.bad(2, f'{name}: not a file', *call)
        os.unlink(here.path('pipes', name))


def output_that_cannot_be_written_is_one_line():
    vary = ('--vary=disk.read=1us..20ms:40:log',)
    here.write('file', 'x')
    here.bad(2, 'is a file', 'sweep', '--workload=small.yaml', '--output=file', *vary)
    here.bad(3, 'File too large', 'sweep', '--workload=small.yaml', '--output=full', *vary,
             shell='ulimit -f 20;')
    kept = len(here.read('full', 'sweep.points'))
    assert 10000 < kept <= 20 * 1024
    here.sweep('full', *vary)
    here.sweep('roomy', *vary)
    here.same('full', 'roomy')
    if os.geteuid() != 0:
        os.mkdir(here.path('closed'), 0o500)
        here.bad(2, 'cannot write there', 'sweep', '--workload=small.yaml', '--output=closed', *vary)


def a_file_system_that_is_full_or_read_only_loses_nothing():
    """A small tmpfs in a mount namespace of its own: full, read-only, then with room."""
    if here.run(shell='unshare -rm mount -t tmpfs tmpfs . ; true').stderr:
        raise Skip('no mount namespace')
    here.write('small-disk.sh', """
        sweep() { "$sim" sweep small.yaml --vary=disk.read=1us..20ms:40:log --output="$1" --quiet; }
        mkdir disk && mount -t tmpfs -o size=64k tmpfs disk
        sweep disk/out; echo "exit $?"; ls disk/out
        mount -o remount,ro,size=64k disk && sweep disk/out; echo "exit $?"
        mount -o remount,rw,size=8m disk && sweep disk/out; echo "exit $?"; ls disk/out
        sweep room && cmp room/sweep.csv disk/out/sweep.csv && cmp room/sweep.json disk/out/sweep.json
        echo "exit $?"
        """)
    done = here.good(env={'sim': here.sim}, shell='unshare -rm bash small-disk.sh; true')
    assert done.stdout.split('\n')[:-1] == ['exit 3', 'sweep.points', 'exit 2', 'exit 0', 'sweep.csv',
                                            'sweep.json', 'exit 0'], (done.stdout, done.stderr)
    said = done.stderr.splitlines()
    assert 'No space left on device' in said[0] and 'points are kept there' in said[0], said
    assert 'cannot write there: Read-only file system' in said[1], said
    assert 'of 40 points are there already' in said[2] and len(said) == 3, said


def help_is_complete():
    text = here.good('sweep', '--help').stdout
    for word in ('--vary', '--shard', '--precision', 'SLURM_ARRAY_TASK_ID', 'JOB_COMPLETIONS'):
        assert word in text, word
    assert 'sweep' in here.good('help').stdout and 'merge' in here.good('help').stdout
    here.good('help', 'merge')


def the_readme_shows_what_comes_out():
    with open(os.path.join(source, 'README.md'), encoding='utf-8') as file:
        block = file.read().split('\n## Sweeps\n')[1].split('```\n')[1]
    os.mkdir(here.path('workloads'))
    shutil.copy(os.path.join(source, 'workloads', 'optane-breakeven.yaml'), here.path('workloads'))
    commands = block.replace('\\\n', '').split('$ ')[1:]
    assert len(commands) == 2
    for text in commands:
        command, output = text.split('\n', 1)
        path = os.path.dirname(here.sim) + ':' + os.environ['PATH']
        done = here.good(env={'PATH': path}, shell=f'{command}; true')
        assert done.stdout.startswith(output), f'{command} prints\n{done.stdout}not\n{output}'


def main():
    global here, source
    here, source = Place(sys.argv[1]), sys.argv[2]
    try:
        return run_tests([test for name, test in list(globals().items())
                          if callable(test) and name.count('_') > 1 and name != 'run_tests'], 15)
    finally:
        shutil.rmtree(here.folder)


if __name__ == '__main__':
    sys.exit(main())
