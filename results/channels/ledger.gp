# SPDX-License-Identifier: GPL-2.0-or-later
# ledger: Where the time of the vCPUs went
# Drawn from sweep.csv by `gnuplot -d ledger.gp` in this directory.
set encoding utf8
set datafile separator ','
set datafile columnheaders
set datafile missing NaN
height = 560
set terminal svg size 640,height dynamic noenhanced font 'Arial,14' background '#ffffff'
set output 'ledger.svg'
set border 3 linecolor '#444444'
set tics nomirror textcolor '#222222'
set grid linecolor '#dddddd' linetype 1
set pointintervalbox 0.01
set key bmargin center horizontal noenhanced samplen 2 spacing 1.2
set title 'Where the time of the vCPUs went'."\n".'at disk.channels = 4'."\n".'4 of 10 values of tasks.pager.count are drawn; sweep.csv has all' noenhanced
set style fill solid 1.0 border linecolor '#ffffff'
set yrange [0:100]
set ylabel '% of vCPU time'
unset grid
set grid y linecolor '#dddddd' linetype 1
set key bmargin center horizontal Left reverse maxcols 2 font ',10' samplen 1
set xtics ('off' 1, 'apf' 2, ''."\n".'1' 1.5, 'off' 4, 'apf' 5, ''."\n".'6' 4.5, 'off' 7, 'apf' 8, ''."\n".'16' 7.5, 'off' 10, 'apf' 11, ''."\n".'48' 10.5) scale 0 font ',11'
set xrange [0.4:11.6]
set xlabel 'tasks of this kind (tasks.pager.count)'."\n " noenhanced
set xlabel offset 0,-0.5
at(row) = stringcolumn('mode') eq 'off' && (column('tasks.pager.count')) == 1 && (column('disk.channels')) == 4 ? 1 : \
  stringcolumn('mode') eq 'apf' && (column('tasks.pager.count')) == 1 && (column('disk.channels')) == 4 ? 2 : \
  stringcolumn('mode') eq 'off' && (column('tasks.pager.count')) == 6 && (column('disk.channels')) == 4 ? 4 : \
  stringcolumn('mode') eq 'apf' && (column('tasks.pager.count')) == 6 && (column('disk.channels')) == 4 ? 5 : \
  stringcolumn('mode') eq 'off' && (column('tasks.pager.count')) == 16 && (column('disk.channels')) == 4 ? 7 : \
  stringcolumn('mode') eq 'apf' && (column('tasks.pager.count')) == 16 && (column('disk.channels')) == 4 ? 8 : \
  stringcolumn('mode') eq 'off' && (column('tasks.pager.count')) == 48 && (column('disk.channels')) == 4 ? 10 : \
  stringcolumn('mode') eq 'apf' && (column('tasks.pager.count')) == 48 && (column('disk.channels')) == 4 ? 11 : \
  NaN
total(row) = column('ledger_user_ns') + column('ledger_guest_apf_ns') + column('ledger_guest_switch_ns') + column('ledger_guest_tick_ns') + column('ledger_guest_kernel_ns') + column('ledger_exit_ns') + column('ledger_worker_ns') + column('ledger_sync_blocked_ns') + column('ledger_apf_halted_ns') + column('ledger_idle_waiting_ns') + column('ledger_idle_ns') + column('ledger_stolen_ns')
plot 'sweep.csv' using (at(0)):(0):(at(0)-0.42):(at(0)+0.42):(100*(0)/total(0)):(100*(0+column('ledger_user_ns'))/total(0)) with boxxyerror fillcolor '#009E73' title 'guest user mode: the work', \
  'sweep.csv' using (at(0)):(0):(at(0)-0.42):(at(0)+0.42):(100*(0+column('ledger_user_ns'))/total(0)):(100*(0+column('ledger_user_ns')+column('ledger_guest_apf_ns'))/total(0)) with boxxyerror fillcolor '#CC79A7' title 'guest kernel: APF handlers', \
  'sweep.csv' using (at(0)):(0):(at(0)-0.42):(at(0)+0.42):(100*(0+column('ledger_user_ns')+column('ledger_guest_apf_ns'))/total(0)):(100*(0+column('ledger_user_ns')+column('ledger_guest_apf_ns')+column('ledger_guest_switch_ns'))/total(0)) with boxxyerror fillcolor '#F0E442' title 'guest kernel: task switches', \
  'sweep.csv' using (at(0)):(0):(at(0)-0.42):(at(0)+0.42):(100*(0+column('ledger_user_ns')+column('ledger_guest_apf_ns')+column('ledger_guest_switch_ns'))/total(0)):(100*(0+column('ledger_user_ns')+column('ledger_guest_apf_ns')+column('ledger_guest_switch_ns')+column('ledger_exit_ns'))/total(0)) with boxxyerror fillcolor '#56B4E9' title 'host: exits, fault handling, reclaim', \
  'sweep.csv' using (at(0)):(0):(at(0)-0.42):(at(0)+0.42):(100*(0+column('ledger_user_ns')+column('ledger_guest_apf_ns')+column('ledger_guest_switch_ns')+column('ledger_exit_ns'))/total(0)):(100*(0+column('ledger_user_ns')+column('ledger_guest_apf_ns')+column('ledger_guest_switch_ns')+column('ledger_exit_ns')+column('ledger_sync_blocked_ns'))/total(0)) with boxxyerror fillcolor '#D55E00' title 'vCPU thread waits for a page', \
  'sweep.csv' using (at(0)):(0):(at(0)-0.42):(at(0)+0.42):(100*(0+column('ledger_user_ns')+column('ledger_guest_apf_ns')+column('ledger_guest_switch_ns')+column('ledger_exit_ns')+column('ledger_sync_blocked_ns'))/total(0)):(100*(0+column('ledger_user_ns')+column('ledger_guest_apf_ns')+column('ledger_guest_switch_ns')+column('ledger_exit_ns')+column('ledger_sync_blocked_ns')+column('ledger_idle_waiting_ns'))/total(0)) with boxxyerror fillcolor '#555555' title 'guest idle, tasks wait for pages', \
  'sweep.csv' using (at(0)):(0):(at(0)-0.42):(at(0)+0.42):(100*(0+column('ledger_user_ns')+column('ledger_guest_apf_ns')+column('ledger_guest_switch_ns')+column('ledger_exit_ns')+column('ledger_sync_blocked_ns')+column('ledger_idle_waiting_ns'))/total(0)):(100*(0+column('ledger_user_ns')+column('ledger_guest_apf_ns')+column('ledger_guest_switch_ns')+column('ledger_exit_ns')+column('ledger_sync_blocked_ns')+column('ledger_idle_waiting_ns')+column('ledger_idle_ns'))/total(0)) with boxxyerror fillcolor '#DDDDDD' title 'guest idle, no task wants to run', \
  'sweep.csv' using (at(0)):(0):(at(0)-0.42):(at(0)+0.42):(100*(0+column('ledger_user_ns')+column('ledger_guest_apf_ns')+column('ledger_guest_switch_ns')+column('ledger_exit_ns')+column('ledger_sync_blocked_ns')+column('ledger_idle_waiting_ns')+column('ledger_idle_ns'))/total(0)):(100*(total(0))/total(0)) with boxxyerror fillcolor '#D9CCEE' title 'the rest'
set terminal pngcairo size 1280,2*height noenhanced font 'Arial,14' fontscale 1.5 linewidth 2 pointscale 3 background '#ffffff'
set output 'ledger.png'
replot
