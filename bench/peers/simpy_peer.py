#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""Hold model and M/M/1 on SimPy (3 or later): processes that wait for timeouts. See peer.hh.

usage: simpy_peer.py hold PENDING EVENTS | mm1 CUSTOMERS
"""
import collections
import random
import sys
import time

import simpy

SERVICE, GAP, MEAN = 900000, 1000000, 1000000


def hold(pending, events):
    env, draw = simpy.Environment(), random.Random(1)
    increments = [int(draw.expovariate(1 / MEAN)) for _ in range(4096)]
    done, left = env.event(), [events + pending]

    def holder():
        choose = draw.getrandbits
        while True:
            yield env.timeout(increments[choose(12)])
            left[0] -= 1
            if left[0] == 0:
                done.succeed()

    for _ in range(pending):
        env.process(holder())
    env.run(until=0.5)  # all processes have begun
    left[0] = events
    begin = time.process_time()
    env.run(until=done)
    print(f'hold,{pending},{(time.process_time() - begin) * 1e9 / events:.1f}')


def mm1(customers):
    env, draw = simpy.Environment(), random.Random(1)
    gaps = [int(draw.expovariate(1 / GAP)) for _ in range(4096)]
    services = [int(draw.expovariate(1 / SERVICE)) for _ in range(4096)]
    came, store = collections.deque(), simpy.Store(env)
    in_system = 0

    def arrivals():
        while True:
            came.append(env.now)
            store.put(None)
            yield env.timeout(gaps[draw.getrandbits(12)])

    def server():
        nonlocal in_system
        for _ in range(customers):
            yield store.get()
            yield env.timeout(services[draw.getrandbits(12)])
            in_system += env.now - came.popleft()

    env.process(arrivals())
    begin = time.process_time()
    env.run(until=env.process(server()))
    spent = time.process_time() - begin
    print(f'mm1,{customers},{spent * 1e9 / customers:.1f},{in_system / customers / SERVICE:.3f}')


def main():
    if len(sys.argv) == 4 and sys.argv[1] == 'hold':
        hold(int(sys.argv[2]), int(sys.argv[3]))
    elif len(sys.argv) == 3 and sys.argv[1] == 'mm1':
        mm1(int(sys.argv[2]))
    else:
        print(__doc__, file=sys.stderr)
        return 2
    return 0


if __name__ == '__main__':
    sys.exit(main())
