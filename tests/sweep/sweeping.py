# SPDX-License-Identifier: GPL-2.0-or-later
"""What the scripts of this folder share: a small workload, running `sim`, running all tests."""
import csv
import os
import subprocess
import sys
import tempfile

WORKLOAD = """# small: does the sweep work?
duration: 5ms
warmup: 1ms
replicas: 2
host: {memory: {limit: 1MiB}}
guest: {vcpus: 2, memory: 16MiB}
disk: {device: nvme-flash}
regions:
  array: {size: 2MiB, backing: swap, resident: 1MiB, dirty: true}
tasks:
  spinner: {per_vcpu: true, measure: true, loop: [{compute: 10us}]}
  faulter: {per_vcpu: true, loop: [{touch: {region: array, pattern: uniform}}]}
"""
SCHEDULERS = ('SLURM_', 'JOB_COMPLETION')


class Place:
    """A folder of its own with small.yaml in it, and `sim`."""

    def __init__(self, sim, root=None):
        self.sim = os.path.abspath(sim)
        self.folder = tempfile.mkdtemp(dir=root)
        self.write('small.yaml', WORKLOAD)

    def path(self, *name):
        return os.path.join(self.folder, *name)

    def write(self, name, text):
        with open(self.path(name), 'w', encoding='utf-8') as file:
            file.write(text)

    def read(self, *name):
        with open(self.path(*name), 'rb') as file:
            return file.read()

    def run(self, *arguments, env=None, shell=None):
        """shell: what comes before the program, in a shell."""
        clean = {k: v for k, v in os.environ.items() if not k.startswith(SCHEDULERS)}
        command = [self.sim, *arguments]
        if shell:
            command = ['bash', '-c', shell + ' "$0" "$@"', *command]
        return subprocess.run(command, cwd=self.folder, env={**clean, **(env or {})},
                              stdin=subprocess.DEVNULL, capture_output=True, text=True, timeout=120)

    def good(self, *arguments, status=0, **more):
        done = self.run(*arguments, **more)
        assert done.returncode == status, f'{arguments}: exit {done.returncode}: {done.stderr}'
        return done

    def bad(self, status, pattern, *arguments, **more):
        """One line on stderr with the pattern, nothing on stdout, that exit status."""
        done = self.run(*arguments, **more)
        lines = [l for l in done.stderr.splitlines() if not l.startswith('sim: shard ')]
        assert done.returncode == status, f'{arguments}: exit {done.returncode}: {done.stderr}'
        assert len(lines) == 1, f'{arguments}: not one line: {done.stderr}'
        assert pattern in lines[0], f'{arguments}: no {pattern!r} in {lines[0]!r}'
        assert not done.stdout, f'{arguments}: on stdout: {done.stdout}'

    def sweep(self, output, *arguments, **more):
        return self.good('sweep', '--workload=small.yaml', f'--output={output}', *arguments, **more)

    def rows(self, *name):
        with open(self.path(*name), newline='', encoding='utf-8') as file:
            return list(csv.DictReader(file, strict=True))

    def same(self, a, b):
        for name in ('sweep.csv', 'sweep.json'):
            assert self.read(a, name) == self.read(b, name), f'{a}/{name} and {b}/{name} differ'


def run_tests(tests, least):
    """tests: functions; prints what fails and the counts. SkipTest skips by name."""
    failed = skipped = 0
    for test in tests:
        try:
            test()
        except Skip as why:
            skipped += 1
            print(f'skipped: {test.__name__} ({why})')
        except Exception as error:  # told, and the others still run
            failed += 1
            print(f'FAIL: {test.__name__}: {type(error).__name__}: {error}', file=sys.stderr)
    assert len(tests) >= least
    print(f'{len(tests) - failed - skipped} passed, {failed} failed, {skipped} skipped')
    return failed != 0


class Skip(Exception):
    """The facility is missing; the text says which."""
