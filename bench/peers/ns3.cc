/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * ns3.cc - hold model and M/M/1 on ns-3's core: callbacks that schedule the next
 *
 * With PriorityQueueScheduler, the fastest of ns-3's own for these loads. See peer.hh.
 */
#include <ns3/core-module.h>

#include <deque>

#include "peer.hh"

using ns3::NanoSeconds;
using ns3::Simulator;

static struct {
    peer::Exponential increment{peer::MEAN, 1}, gap{peer::GAP, 1}, service{peer::SERVICE, 2};
    std::deque<int64_t> came;
    uint64_t left, served;
    double in_system;
} run;

static void Hold()
{
    if (--run.left == 0)
        Simulator::Stop();
    Simulator::Schedule(NanoSeconds(run.increment.draw()), &Hold);
}

static void Served()
{
    run.in_system += (double)(Simulator::Now().GetNanoSeconds() - run.came.front());
    run.came.pop_front();
    if (++run.served == run.left)
        Simulator::Stop();
    if (!run.came.empty())
        Simulator::Schedule(NanoSeconds(run.service.draw()), &Served);
}

static void Arrival()
{
    run.came.push_back(Simulator::Now().GetNanoSeconds());
    if (run.came.size() == 1)
        Simulator::Schedule(NanoSeconds(run.service.draw()), &Served);
    Simulator::Schedule(NanoSeconds(run.gap.draw()), &Arrival);
}

int main(int argc, char **argv)
{
    peer::Task task(argc, argv);
    ns3::ObjectFactory scheduler("ns3::PriorityQueueScheduler");
    double begin;

    if (!task.good)
        return peer::usage("ns3");
    Simulator::SetScheduler(scheduler);
    run.left = task.count;
    for (unsigned long i = 0; i < task.pending; i++)
        Simulator::Schedule(NanoSeconds(run.increment.draw()), task.mm1 ? &Arrival : &Hold);
    begin = peer::seconds();
    Simulator::Run();
    if (task.mm1)
        peer::tell_mm1(begin, run.served, run.in_system);
    else
        peer::tell_hold(task.pending, begin, task.count);
    Simulator::Destroy();
    return 0;
}
