#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""The recipes of tools/scale: each gives the bytes of one sweep on one machine.

Slurm is a real one (munged, slurmctld, slurmd) in a folder of the test's own, with one task killed
and requeued; GNU parallel is run; the manifest of the Kubernetes Job is checked, and what its pods
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
SHARDS = 8
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
        done = subprocess.run(command, env=self.env, capture_output=True, text=True, timeout=30,
                              cwd=here.folder)
        assert fails or done.returncode == 0, f'{command}: {done.stderr}'
        return done.stdout.strip()

    def wait_for(self, what, seconds, question):
        end = time.monotonic() + seconds
        while time.monotonic() < end:
            if question():
                return
            time.sleep(0.1)
        logs = ''.join(open(self.path(f), errors='replace').read()[-2000:]
                       for f in sorted(os.listdir(self.folder)) if f.endswith('.log'))
        raise AssertionError(f'{what} took more than {seconds} s\n{logs}')

    def __enter__(self):
        os.chmod(self.folder, 0o755)  # munged wants every folder above its socket to be open
        for name in ('munge', 'state', 'spool'):
            os.mkdir(self.path(name), 0o755)
        with open(self.path('munge', 'key'), 'wb') as file:
            os.chmod(self.path('munge', 'key'), 0o600)
            file.write(os.urandom(1024))
        self.write_conf()
        try:
            self.launch('munged', '--foreground', '--force', '--key-file=' + self.path('munge', 'key'),
                        '--socket=' + self.path('munge', 'socket'), '--num-threads=2',
                        '--pid-file=' + self.path('munge', 'pid'),
                        '--log-file=' + self.path('munge', 'log'),
                        '--seed-file=' + self.path('munge', 'seed'))
            self.wait_for('munged', 10, lambda: os.path.exists(self.path('munge', 'socket')))
            self.launch('slurmctld', '-D', '-i', '-f', self.conf)
            self.launch('slurmd', '-D', '-f', self.conf, '-N', self.host)
            self.wait_for('Slurm', 20, lambda: self.ask('sinfo', '-h', '-o', '%T', fails=True) == 'idle')
        except BaseException:
            self.__exit__()
            raise
        return self

    def __exit__(self, *_):
        for process in reversed(self.processes):
            process.send_signal(signal.SIGTERM)
            try:
                process.wait(5)
            except subprocess.TimeoutExpired:
                process.kill()
                process.wait()


def stored(number):
    try:
        return len(re.findall(rb'\n(?:good|bad) ', here.read('slurm', f'shard-{number}-of-{SHARDS}.points')))
    except FileNotFoundError:
        return 0


def kill_and_requeue(slurm, job, number):
    """A task that has stored something and has something left to do."""
    slurm.wait_for('the first points', 30, lambda: stored(number) >= 1)
    slurm.ask('scontrol', 'requeue', f'{job}_{number}')

    def goes_on():
        # A requeued task is put off for two minutes; it is pending when the old one has gone.
        if slurm.ask('squeue', '-h', '-t', 'PD', '-o', '%r', '-j', f'{job}_{number}', fails=True) == 'BeginTime':
            slurm.ask('scontrol', 'update', f'JobId={job}_{number}', 'StartTime=now', fails=True)
            time.sleep(1)
        with open(here.path(f'sweep-{number}.log'), encoding='utf-8') as file:
            return 'are there already' in file.read()

    slurm.wait_for('the requeued task', 40, goes_on)


def a_slurm_job_array_with_a_task_that_is_killed():
    need('slurmctld', 'slurmd', 'sbatch', 'munged')
    folder = here.path('cluster')
    os.chmod(here.folder, 0o755)
    os.mkdir(folder)
    with Slurm(folder) as slurm:
        job = slurm.ask('sbatch', '--parsable', f'--array=0-{SHARDS - 1}',
                        f'--export=ALL,SIM={here.sim}', recipe('slurm-array.sh'), 'slurm', *GRID)
        kill_and_requeue(slurm, job, 3)
        slurm.wait_for('the array', 60, lambda: not slurm.ask('squeue', '-h', '-j', job, fails=True))
    with open(here.path('sweep-3.log'), encoding='utf-8') as file:
        log = file.read()
    kept = re.search(r'(\d+) of 10 points are there already', log)
    assert kept and 1 <= int(kept[1]) < 10, log
    assert log.count('shard 3 of 8 (from SLURM_ARRAY_TASK_ID)') == 2, log
    here.good('merge', 'slurm')
    here.same('whole', 'slurm')


def gnu_parallel_on_one_machine():
    need('parallel')
    done = subprocess.run([recipe('parallel.sh'), '5', 'parallel', *GRID], cwd=here.folder, timeout=120,
                          env={**os.environ, 'SIM': here.sim, 'PARALLEL_OPTIONS': '--jobs 2'},
                          capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    here.same('whole', 'parallel')


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
                          if callable(test) and name.count('_') > 2], 4)
    finally:
        shutil.rmtree(here.folder)


if __name__ == '__main__':
    sys.exit(main())
