/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * simgrid.cc - hold model and M/M/1 on SimGrid: actors that sleep, a semaphore between two of them
 *
 * See peer.hh.
 */
#include <simgrid/s4u.hpp>

#include <deque>

#include "peer.hh"

namespace sg4 = simgrid::s4u;

static peer::Exponential increment(peer::MEAN, 1), gap(peer::GAP, 1), service(peer::SERVICE, 2);
static uint64_t left, served;
static double in_system, begin;
static std::deque<double> came;
static sg4::SemaphorePtr waiting;

static void pass(uint64_t ns)
{
    sg4::this_actor::sleep_for((double)ns * 1e-9);
}

static void hold()
{
    pass(increment.draw());
    if (begin == 0)
        begin = peer::seconds(); /* all have been started */
    while (left > 0) {
        left--;
        pass(increment.draw());
    }
}

static void arrivals()
{
    while (served < left) {
        came.push_back(sg4::Engine::get_clock());
        waiting->release();
        pass(gap.draw());
    }
}

static void server()
{
    while (served < left) {
        waiting->acquire();
        pass(service.draw());
        in_system += (sg4::Engine::get_clock() - came.front()) * 1e9;
        came.pop_front();
        served++;
    }
}

int main(int argc, char **argv)
{
    peer::Task task(argc, argv);
    sg4::Engine engine(&argc, argv);
    sg4::NetZone *zone = sg4::create_full_zone("world");
    sg4::Host *host = zone->create_host("host", 1e9)->seal();

    if (!task.good)
        return peer::usage("simgrid");
    zone->seal();
    left = task.count;
    waiting = sg4::Semaphore::create(0);
    if (task.mm1) {
        sg4::Actor::create("server", host, server);
        sg4::Actor::create("arrivals", host, arrivals);
        begin = peer::seconds();
    }
    for (unsigned long i = 0; !task.mm1 && i < task.pending; i++)
        sg4::Actor::create("holder", host, hold);
    engine.run();
    if (task.mm1)
        peer::tell_mm1(begin, served, in_system);
    else
        peer::tell_hold(task.pending, begin, task.count);
    return 0;
}
