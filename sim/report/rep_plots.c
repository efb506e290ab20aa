/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * rep_plots.c - every maker of pictures, asked in turn
 */
#include "rep_plot.h"

GPtrArray *rep_plots(const struct rep_study *s)
{
    struct rep_plot *(*const makers[])(const struct rep_study *) = {
        rep_plot_gain, rep_plot_guests, rep_plot_utilization, rep_plot_heat, rep_plot_ledger};
    GPtrArray *plots = rep_plot_list();

    rep_plot_requests(plots, s); /* of a service they are the question */
    for (unsigned i = 0; i < G_N_ELEMENTS(makers); i++) {
        struct rep_plot *plot = makers[i](s);

        if (plot)
            g_ptr_array_add(plots, plot);
    }
    return plots;
}
