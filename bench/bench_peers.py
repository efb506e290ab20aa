#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""Other simulators that happen to be installed, on the same machine: twins of the hold model and of M/M/1.

usage: bench_peers.py BUILD

Compiles what is under bench/peers/ into BUILD/bench/peers/ and prints CSV: peer, model, pending, ns an
event or customer (median of rounds). What is not installed is named on stderr and left out: none of it is
needed. bench.py sets the figures against the engine's. Debian: libns3-dev, libsystemc-dev,
libsimgrid-dev, python3-simpy3.
"""
import collections
import os
import pathlib
import shutil
import statistics
import subprocess
import sys

TWINS = pathlib.Path(__file__).resolve().parent / 'peers'
PENDING, ROUNDS = (64, 1024, 65536), 3

# header: what must be there; pending: up to how many (an actor of SimGrid has a stack of its own, mapped and
# guarded: 65536 are more than a process may map); events: so many take some tenths of a second.
Peer = collections.namedtuple('Peer', 'name twin package header library pending events')
PEERS = [Peer('ns-3', 'ns3.cc', 'ns3-core', 'ns3/core-module.h', 'ns3-core', 65536, 1000000),
         Peer('SystemC', 'systemc.cc', 'systemc', 'systemc', 'systemc', 65536, 1000000),
         Peer('SimGrid', 'simgrid.cc', 'simgrid', 'simgrid/s4u.hpp', 'simgrid', 1024, 300000),
         Peer('SimPy', 'simpy_peer.py', None, None, None, 65536, 100000)]

Row = collections.namedtuple('Row', 'peer model pending ns')


def output(*command):
    """What it printed, or None if it failed or does not exist."""
    environment = dict(os.environ, SYSTEMC_DISABLE_COPYRIGHT_MESSAGE='1')
    try:
        done = subprocess.run([str(c) for c in command], stdout=subprocess.PIPE, text=True, check=False,
                              stderr=subprocess.DEVNULL, env=environment, timeout=120)
    except (OSError, subprocess.TimeoutExpired):
        return None
    return done.stdout.strip() if done.returncode == 0 else None


def compiled(peer, build):
    """(the command to run it, version), or a sentence why not. Libraries by name: the list that ns-3's own
    package file has names development files of libraries that are not installed with it."""
    flags = (output('pkg-config', '--cflags', peer.package) or '').replace('\\;', '').split()
    program = build / 'bench/peers' / pathlib.Path(peer.twin).stem
    compiler = ['g++', '-std=c++17', *flags]
    if not shutil.which('g++'):
        return 'g++ is not installed'
    if output(*compiler, f'-include{peer.header}', '-E', '-xc++', '/dev/null') is None:
        return 'is not installed'
    program.parent.mkdir(parents=True, exist_ok=True)
    if output(*compiler, '-O3', TWINS / peer.twin, '-o', program, f'-l{peer.library}') is None:
        return f'bench/peers/{peer.twin} does not compile with the version that is installed'
    return [program], output('pkg-config', '--modversion', peer.package) or ''


def interpreted(peer):
    """As compiled(). Debian's interpreter may be another than the one that runs this."""
    for python in (sys.executable, '/usr/bin/python3'):
        version = output(python, '-c', 'import simpy; assert simpy.__version__ >= "3"; print(simpy.__version__)')
        if version:
            return [python, TWINS / peer.twin], version
    return 'is not installed'


def times(command, rounds, *model):
    """Median of ns an event or customer, or None if the twin failed."""
    lines = [output(*command, *model) for _ in range(rounds)]
    return None if None in lines else statistics.median(float(line.split(',')[2]) for line in lines)


def measure(build):
    """(rows, sentences about what is left out)"""
    rows, notes = [], []
    for peer in PEERS:
        found = compiled(peer, build) if peer.package else interpreted(peer)
        if isinstance(found, str):
            notes.append(f'{peer.name}: {found}')
            continue
        command, version = found
        name = f'{peer.name} {version}'.strip()
        models = [('hold', n) for n in PENDING if n <= peer.pending] + [('mm1', 1)]
        for model, n in models:
            words = ['hold', n, peer.events] if model == 'hold' else ['mm1', peer.events]
            ns = times(command, ROUNDS, *words)
            if ns is None:
                notes.append(f'{name}: {model} with {n} pending failed')
            else:
                rows.append(Row(name, model, n, ns))
    return rows, notes


def main():
    if len(sys.argv) != 2 or sys.argv[1].startswith('-'):
        print(__doc__, file=sys.stderr)
        return 2
    rows, notes = measure(pathlib.Path(sys.argv[1]).resolve())
    print('peer,model,pending,ns')
    for row in rows:
        print(f'{row.peer},{row.model},{row.pending},{row.ns:.1f}')
    for note in notes:
        print(f'bench_peers: note: left out: {note}', file=sys.stderr)
    return 0


if __name__ == '__main__':
    sys.exit(main())
