#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""The recipes of tools/scale: each gives the bytes of one sweep on one machine.

Slurm is a real one (munged, slurmctld, slurmd) in a folder of the test's own, with one task killed
and requeued in the middle of its work; GNU parallel is run; the manifest of the Kubernetes Job is checked, and what its pods
would do is done. What is not installed is skipped by name.

usage: scale.py SIM SOURCE
"""
import contextlib
import getpass
import os
import re
import shutil
import signal
import socket
import subprocess
import sys
import time

from sweeping import Place, Skip, run_tests

GRID = ('--workload=small.yaml', '--vary=disk.read=1us..1ms:10:log', '--vary=tasks.spinner.count=1..8:8',
        '--set=duration=100ms', '--modes=off,apf')
SHARDS, POINTS = 8, 10  # POINTS: of a shard
KILLED = 3
here = source = None


def recipe(name):
    return os.path.join(source, 'tools', 'scale', name)


def need(*programs):
    for program in programs:
        if not shutil.which(program, path=os.environ['PATH'] + ':/usr/sbin'):
            raise Skip(f'no {program}')


def free_port():
    with contextlib.closing(socket.socket()) as s:
        s.bind(('127.0.0.1', 0))
        return s.getsockname()[1]


class Slurm:
    """One node that takes SHARDS tasks at once, whatever CPUs there are."""

    def __init__(self, folder):
        self.folder, self.processes = folder, []
        self.host = socket.gethostname().split('.')[0]
        self.conf = os.path.join(folder, 'slurm.conf')
        self.env = {**os.environ, 'SLURM_CONF': self.conf,
                    'PATH': os.environ['PATH'] + ':/usr/sbin'}

    def path(self, *name):
        return os.path.join(self.folder, *name)

    def write_conf(self):
        user = getpass.getuser()
        settings = {
            'ClusterName': 'test', 'SlurmctldHost': f'{self.host}(127.0.0.1)',
            'SlurmUser': user, 'SlurmdUser': user,
            'AuthType': 'auth/munge', 'AuthInfo': 'socket=' + self.path('munge', 'socket'),
            'SlurmctldPort': free_port(), 'SlurmdPort': free_port(),
            'StateSaveLocation': self.path('state'), 'SlurmdSpoolDir': self.path('spool'),
            'SlurmctldPidFile': self.path('ctld.pid'), 'SlurmdPidFile': self.path('d.pid'),
            'ProctrackType': 'proctrack/linuxproc', 'TaskPlugin': 'task/none',
            'SelectType': 'select/cons_tres', 'SelectTypeParameters': 'CR_Core',
            'SchedulerType': 'sched/builtin', 'MpiDefault': 'none', 'KillWait': 2,
            'SchedulerParameters': 'batch_sched_delay=0,sched_min_interval=0,sched_interval=1',
            'SlurmdParameters': 'config_overrides', 'ReturnToService': 2,
        }
        with open(self.conf, 'w', encoding='utf-8') as file:
            file.writelines(f'{key}={value}\n' for key, value in settings.items())
            file.write(f'NodeName={self.host} NodeAddr=127.0.0.1 CPUs={SHARDS} RealMemory=500\n'
                       f'PartitionName=all Nodes={self.host} Default=YES State=UP\n')

    def launch(self, *command):
        log = open(self.path(command[0] + '.log'), 'wb')
        self.processes.append(subprocess.Popen(command, env=self.env, stdout=log, stderr=log,
                                               stdin=subprocess.DEVNULL, start_new_session=True))
        log.close()

    def ask(self, *command, fails=False):
        done = subprocess.run(command, env=self.env, capture_output=True, text=True, timeout=100,
                              cwd=here.folder)
        assert fails or done.returncode == 0, f'{command}: {done.stderr}'
        return done.stdout.strip()

    def wait_for(self, what, seconds, question):
        end = time.monotonic() + seconds
        while time.monotonic() < end:
            if question():
                return
            if any(process.poll() is not None for process in self.processes):
                raise AssertionError(f'{what}: a daemon has ended\n{self.logs()}')
            time.sleep(0.1)
        raise AssertionError(f'{what} took more than {seconds} s\n{self.logs()}')

    def logs(self):
        return ''.join(f'{name}:\n' + open(os.path.join(folder, name), errors='replace').read()[-2000:]
                       for folder in (self.folder, here.folder)
                       for name in sorted(os.listdir(folder)) if name.endswith('.log'))

    def __enter__(self):
        os.chmod(self.folder, 0o755)  # munged wants every folder above its socket to be open
        for name in ('munge', 'state', 'spool'):
            os.mkdir(self.path(name), 0o755)
        with open(self.path('munge', 'key'), 'wb') as file:
            os.chmod(self.path('munge', 'key'), 0o600)
            file.write(os.urandom(1024))
        for last in (False, False, True):  # a port that was free may be taken when it is needed
            self.write_conf()
            try:
                self.start()
                return self
            except BaseException as error:
                self.__exit__()
                if last or not isinstance(error, AssertionError):
                    raise

    def start(self):
        self.launch('munged', '--foreground', '--force', '--key-file=' + self.path('munge', 'key'),
                    '--socket=' + self.path('munge', 'socket'), '--num-threads=2',
                    '--pid-file=' + self.path('munge', 'pid'),
                    '--log-file=' + self.path('munge', 'log'),
                    '--seed-file=' + self.path('munge', 'seed'))
        self.wait_for('munged', 60, lambda: os.path.exists(self.path('munge', 'socket')))
        self.launch('slurmctld', '-D', '-i', '-f', self.conf)
        self.launch('slurmd', '-D', '-f', self.conf, '-N', self.host)
        self.wait_for('Slurm', 60, lambda: self.ask('sinfo', '-h', '-o', '%T', fails=True) == 'idle')

    def __exit__(self, *_):
        for process in reversed(self.processes):
            process.send_signal(signal.SIGTERM)
            try:
                process.wait(5)
            except subprocess.TimeoutExpired:
                process.kill()
                process.wait()
        self.processes = []


def stored(number):
    try:
        return len(re.findall(rb'\n(?:good|bad) ', here.read('slurm', f'shard-{number}-of-{SHARDS}.points')))
    except FileNotFoundError:
        return 0


# In the first run of task KILLED, sim is killed in the middle, and the task then waits until Slurm
# kills it, too: Slurm continues what stands still before it ends it, and the rest of a shard is done
# in no time. One that was too quick to be caught in the middle begins anew.
HELD_SIM = r'''#!/bin/bash
set -u
points=slurm/shard-{killed}-of-{shards}.points
stored() {{ cat "$points" 2>&- | grep -acE '^(good|bad) '; }}
[[ $SLURM_ARRAY_TASK_ID == {killed} && ! -e held ]] || exec {sim} "$@"
while :; do
    {sim} "$@" 2>first.log &
    until (($(stored) >= 1)); do sleep 0.01; done
    kill -KILL $! 2>&-
    wait
    (($(stored) < {points})) && break
    rm "$points"
done
cat first.log >&2
touch held
exec sleep 1000
'''


class Requeued:
    """Task KILLED: killed by `requeuehold`, released, gone on with.

    Slurm stamps credentials to the second, and slurmd refuses one that is not younger than the last
    kill ("already killed, do not launch batch job"). So the release comes in a later second; a task
    that has ended without having gone on is asked for again.
    """

    def __init__(self, slurm, job):
        self.slurm, self.task, self.release_at = slurm, f'{job}_{KILLED}', None

    def state(self):
        shown = self.slurm.ask('scontrol', '-o', 'show', 'job', self.task, fails=True)
        found = re.search(r' JobState=(\S+) Reason=(\S+)', shown)
        return (found[1], found[2]) if found else ('', '')

    def goes_on(self):
        with open(here.path(f'sweep-{KILLED}.log'), encoding='utf-8') as file:
            if 'are there already' in file.read():
                return True
        state, reason = self.state()
        if state != 'PENDING':
            self.release_at = None
            if state in ('COMPLETED', 'FAILED', 'CANCELLED', 'NODE_FAIL'):
                self.slurm.ask('scontrol', 'requeuehold', self.task, fails=True)
        elif self.release_at is None:
            self.release_at = time.time() + 2
        elif time.time() > self.release_at and reason != 'None':
            # BeginTime: a requeued task is put off for two minutes
            self.slurm.ask('scontrol', 'update', f'JobId={self.task}', 'StartTime=now', fails=True)
            self.slurm.ask('scontrol', 'release', self.task, fails=True)
            self.release_at = None
        return False


def kill_and_requeue(slurm, job):
    slurm.wait_for('the first points', 120, lambda: os.path.exists(here.path('held')))
    assert 1 <= stored(KILLED) < POINTS
    slurm.ask('scontrol', 'requeuehold', f'{job}_{KILLED}')
    slurm.wait_for('the requeued task', 120, Requeued(slurm, job).goes_on)


def a_slurm_job_array_with_a_task_that_is_killed():
    need('slurmctld', 'slurmd', 'sbatch', 'munged')
    folder = here.path('cluster')
    os.chmod(here.folder, 0o755)
    os.mkdir(folder)
    here.write('held-sim', HELD_SIM.format(sim=here.sim, killed=KILLED, shards=SHARDS, points=POINTS))
    os.chmod(here.path('held-sim'), 0o755)
    with Slurm(folder) as slurm:
        job = slurm.ask('sbatch', '--parsable', f'--array=0-{SHARDS - 1}',
                        f'--export=ALL,SIM={here.path("held-sim")}', recipe('slurm-array.sh'), 'slurm', *GRID)
        kill_and_requeue(slurm, job)
        slurm.wait_for('the array', 120, lambda: not slurm.ask('squeue', '-h', '-j', job, fails=True))
    with open(here.path(f'sweep-{KILLED}.log'), encoding='utf-8') as file:
        log = file.read()
    kept = re.search(rf'(\d+) of {POINTS} points are there already', log)
    assert kept and 1 <= int(kept[1]) < POINTS, log
    assert 'DUE TO JOB REQUEUE' in log, log
    assert log.count(f'shard {KILLED} of {SHARDS} (from SLURM_ARRAY_TASK_ID)') == 2, log
    here.good('merge', 'slurm')
    here.same('whole', 'slurm')


def gnu_parallel_on_one_machine():
    need('parallel')
    done = subprocess.run([recipe('parallel.sh'), '5', 'parallel', *GRID], cwd=here.folder, timeout=120,
                          env={**os.environ, 'SIM': here.sim, 'PARALLEL_OPTIONS': '--jobs 2'},
                          capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    here.same('whole', 'parallel')


def recipes_say_what_is_missing():
    bare = here.path('bare')
    os.mkdir(bare)
    for program in ('bash', 'seq'):
        os.symlink(shutil.which(program), os.path.join(bare, program))
    clean = {'PATH': bare}
    for status, said, env, *command in (
            (2, 'SHARDS OUTPUT and the arguments', clean, 'parallel.sh', '5'),
            (2, "'x' is no number of shards", clean, 'parallel.sh', 'x', 'out', *GRID),
            (3, 'apt-get install parallel', clean, 'parallel.sh', '5', 'out', *GRID),
            (2, 'not in a Slurm array', clean, 'slurm-array.sh', 'out', *GRID),
            (3, 'no sim here: put sim into PATH', {**clean, 'SLURM_ARRAY_TASK_ID': '0'}, 'slurm-array.sh', 'out',
             *GRID)):
        done = subprocess.run(['bash', recipe(command[0]), *command[1:]], cwd=here.folder, env=env, timeout=60,
                              executable=shutil.which('bash'), capture_output=True, text=True)
        assert done.returncode == status and said in done.stderr and done.stderr.count('\n') == 1, done


def manifest():
    try:
        import yaml
    except ImportError as error:
        raise Skip('no python3-yaml') from error
    with open(recipe('kubernetes-job.yaml'), encoding='utf-8') as file:
        documents = list(yaml.safe_load_all(file))
    assert len(documents) == 1
    return documents[0]


def the_kubernetes_job_is_valid():
    """The fields that batch/v1 requires of an indexed Job, and that its parts fit together."""
    job = manifest()
    assert (job['apiVersion'], job['kind']) == ('batch/v1', 'Job')
    assert re.fullmatch(r'[a-z0-9]([-a-z0-9]*[a-z0-9])?', job['metadata']['name'])
    spec = job['spec']
    assert set(spec) <= {'completionMode', 'completions', 'parallelism', 'backoffLimit', 'template'}
    assert spec['completionMode'] == 'Indexed'
    assert all(isinstance(spec[k], int) and spec[k] > 0
               for k in ('completions', 'parallelism', 'backoffLimit'))
    pod = spec['template']['spec']
    assert set(pod) <= {'restartPolicy', 'containers', 'volumes'}
    assert pod['restartPolicy'] in ('Never', 'OnFailure')
    volumes = {v['name'] for v in pod['volumes']}
    for container in pod['containers']:
        assert {'name', 'image', 'command', 'args'} <= set(container)
        assert all(isinstance(a, str) for a in container['command'] + container['args'])
        assert {m['name'] for m in container['volumeMounts']} == volumes
        env = {e['name']: e['value'] for e in container['env']}
        assert all(isinstance(v, str) for v in env.values())
        assert env['JOB_COMPLETIONS'] == str(spec['completions'])


def the_pods_of_the_kubernetes_job_make_one_sweep():
    """Its arguments with our folder in place of the volume, and less to do."""
    job = manifest()
    shutil.copy(os.path.join(source, 'workloads', 'memhog.yaml'), here.path('memhog.yaml'))
    container = job['spec']['template']['spec']['containers'][0]
    mount = container['volumeMounts'][0]['mountPath']
    arguments = [a.replace(mount, here.folder) for a in container['args']]
    less = ['--set=duration=10ms', '--set=warmup=0s', '--replicas=1', '--modes=apf']
    assert container['command'] == ['sim', 'sweep']
    for number in range(job['spec']['completions']):
        env = {e['name']: e['value'] for e in container['env']}
        here.good('sweep', *arguments, *less, env={**env, 'JOB_COMPLETION_INDEX': str(number)})
    here.good('merge', 'out')
    here.good('sweep', *[a.replace('/out', '/one') for a in arguments], *less)
    here.same('one', 'out')


def main():
    global here, source
    here, source = Place(sys.argv[1]), os.path.abspath(sys.argv[2])
    try:
        here.good('sweep', *GRID, '--output=whole')
        return run_tests([test for name, test in list(globals().items())
                          if callable(test) and name.count('_') > 2], 5)
    finally:
        shutil.rmtree(here.folder)


if __name__ == '__main__':
    sys.exit(main())
