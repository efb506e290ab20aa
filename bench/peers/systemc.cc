/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * systemc.cc - hold model and M/M/1 on SystemC: methods timed by next_trigger() and events
 *
 * A step of SystemC's time is 1 ns here. See peer.hh.
 */
#define SC_INCLUDE_DYNAMIC_PROCESSES
#include <systemc>

#include <deque>
#include <memory>
#include <vector>

#include "peer.hh"

static sc_core::sc_time ns(uint64_t count)
{
    return sc_core::sc_time::from_value(count);
}

static peer::Exponential increment(peer::MEAN, 1), gap(peer::GAP, 1), service(peer::SERVICE, 2);
static uint64_t left;

struct Holder : sc_core::sc_module {
    SC_HAS_PROCESS(Holder);
    explicit Holder(sc_core::sc_module_name) : sc_module()
    {
        SC_METHOD(fire);
    }
    void fire()
    {
        if (left-- == 0)
            sc_core::sc_stop();
        next_trigger(ns(increment.draw()));
    }
};

struct Shop : sc_core::sc_module {
    std::deque<uint64_t> came;
    uint64_t served = 0;
    double in_system = 0;
    sc_core::sc_event done;

    SC_HAS_PROCESS(Shop);
    explicit Shop(sc_core::sc_module_name) : sc_module()
    {
        SC_METHOD(arrival);
        SC_METHOD(serve);
        sensitive << done;
        dont_initialize();
    }
    void arrival()
    {
        came.push_back(sc_core::sc_time_stamp().value());
        if (came.size() == 1)
            done.notify(ns(service.draw()));
        next_trigger(ns(gap.draw()));
    }
    void serve()
    {
        in_system += (double)(sc_core::sc_time_stamp().value() - came.front());
        came.pop_front();
        if (++served == left)
            sc_core::sc_stop();
        if (!came.empty())
            done.notify(ns(service.draw()));
    }
};

static void run_hold(const peer::Task &task)
{
    std::vector<std::unique_ptr<Holder>> holders;
    double begin;

    for (unsigned long i = 0; i < task.pending; i++)
        holders.push_back(std::make_unique<Holder>(sc_core::sc_gen_unique_name("holder")));
    left = task.pending;
    sc_core::sc_start(ns(1)); /* each is made and set for the first time */
    left = task.count;
    begin = peer::seconds();
    sc_core::sc_start();
    peer::tell_hold(task.pending, begin, task.count);
}

static void run_mm1(const peer::Task &task)
{
    Shop shop("shop");
    double begin;

    left = task.count;
    begin = peer::seconds();
    sc_core::sc_start();
    peer::tell_mm1(begin, shop.served, shop.in_system);
}

int sc_main(int argc, char **argv)
{
    peer::Task task(argc, argv);

    if (!task.good)
        return peer::usage("systemc");
    sc_core::sc_report_handler::set_actions(sc_core::SC_INFO, sc_core::SC_DO_NOTHING);
    sc_core::sc_set_time_resolution(1, sc_core::SC_NS);
    if (task.mm1)
        run_mm1(task);
    else
        run_hold(task);
    return 0;
}
