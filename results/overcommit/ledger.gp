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
set title 'Where the time of the vCPUs went'."\n".'at disk.device = nvme-flash'."\n".'4 of 9 values of host.memory.limit are drawn; sweep.csv has all' noenhanced
set style fill solid 1.0 border linecolor '#ffffff'
set yrange [0:100]
set ylabel '% of vCPU time'
unset grid
set grid y linecolor '#dddddd' linetype 1
set key bmargin center horizontal Left reverse maxcols 2 font ',10' samplen 1
set xtics ('off' 1, 'halt'."\n".'8 MiB' 2, 'apf' 3, 'off' 5, 'halt'."\n".'24 MiB' 6, 'apf' 7, 'off' 9, 'halt'."\n".'48 MiB' 10, 'apf' 11, 'off' 13, 'halt'."\n".'72 MiB' 14, 'apf' 15) scale 0 font ',11'
set xrange [0.4:15.6]
set xlabel 'host memory that the guest''s pages share (host.memory.limit)'."\n " noenhanced
set xlabel offset 0,-0.5
at(row) = stringcolumn('mode') eq 'off' && (column('host.memory.limit_bytes')) == 8388608 && (stringcolumn('disk.device') eq 'optane' ? 0 : stringcolumn('disk.device') eq 'nvme-flash' ? 1 : stringcolumn('disk.device') eq 'sata-ssd' ? 2 : NaN) == 1 ? 1 : \
  stringcolumn('mode') eq 'halt' && (column('host.memory.limit_bytes')) == 8388608 && (stringcolumn('disk.device') eq 'optane' ? 0 : stringcolumn('disk.device') eq 'nvme-flash' ? 1 : stringcolumn('disk.device') eq 'sata-ssd' ? 2 : NaN) == 1 ? 2 : \
  stringcolumn('mode') eq 'apf' && (column('host.memory.limit_bytes')) == 8388608 && (stringcolumn('disk.device') eq 'optane' ? 0 : stringcolumn('disk.device') eq 'nvme-flash' ? 1 : stringcolumn('disk.device') eq 'sata-ssd' ? 2 : NaN) == 1 ? 3 : \
  stringcolumn('mode') eq 'off' && (column('host.memory.limit_bytes')) == 25165824 && (stringcolumn('disk.device') eq 'optane' ? 0 : stringcolumn('disk.device') eq 'nvme-flash' ? 1 : stringcolumn('disk.device') eq 'sata-ssd' ? 2 : NaN) == 1 ? 5 : \
  stringcolumn('mode') eq 'halt' && (column('host.memory.limit_bytes')) == 25165824 && (stringcolumn('disk.device') eq 'optane' ? 0 : stringcolumn('disk.device') eq 'nvme-flash' ? 1 : stringcolumn('disk.device') eq 'sata-ssd' ? 2 : NaN) == 1 ? 6 : \
  stringcolumn('mode') eq 'apf' && (column('host.memory.limit_bytes')) == 25165824 && (stringcolumn('disk.device') eq 'optane' ? 0 : stringcolumn('disk.device') eq 'nvme-flash' ? 1 : stringcolumn('disk.device') eq 'sata-ssd' ? 2 : NaN) == 1 ? 7 : \
  stringcolumn('mode') eq 'off' && (column('host.memory.limit_bytes')) == 50331648 && (stringcolumn('disk.device') eq 'optane' ? 0 : stringcolumn('disk.device') eq 'nvme-flash' ? 1 : stringcolumn('disk.device') eq 'sata-ssd' ? 2 : NaN) == 1 ? 9 : \
  stringcolumn('mode') eq 'halt' && (column('host.memory.limit_bytes')) == 50331648 && (stringcolumn('disk.device') eq 'optane' ? 0 : stringcolumn('disk.device') eq 'nvme-flash' ? 1 : stringcolumn('disk.device') eq 'sata-ssd' ? 2 : NaN) == 1 ? 10 : \
  stringcolumn('mode') eq 'apf' && (column('host.memory.limit_bytes')) == 50331648 && (stringcolumn('disk.device') eq 'optane' ? 0 : stringcolumn('disk.device') eq 'nvme-flash' ? 1 : stringcolumn('disk.device') eq 'sata-ssd' ? 2 : NaN) == 1 ? 11 : \
  stringcolumn('mode') eq 'off' && (column('host.memory.limit_bytes')) == 75497472 && (stringcolumn('disk.device') eq 'optane' ? 0 : stringcolumn('disk.device') eq 'nvme-flash' ? 1 : stringcolumn('disk.device') eq 'sata-ssd' ? 2 : NaN) == 1 ? 13 : \
  stringcolumn('mode') eq 'halt' && (column('host.memory.limit_bytes')) == 75497472 && (stringcolumn('disk.device') eq 'optane' ? 0 : stringcolumn('disk.device') eq 'nvme-flash' ? 1 : stringcolumn('disk.device') eq 'sata-ssd' ? 2 : NaN) == 1 ? 14 : \
  stringcolumn('mode') eq 'apf' && (column('host.memory.limit_bytes')) == 75497472 && (stringcolumn('disk.device') eq 'optane' ? 0 : stringcolumn('disk.device') eq 'nvme-flash' ? 1 : stringcolumn('disk.device') eq 'sata-ssd' ? 2 : NaN) == 1 ? 15 : \
  NaN
total(row) = column('ledger_user_ns') + column('ledger_guest_apf_ns') + column('ledger_guest_switch_ns') + column('ledger_guest_tick_ns') + column('ledger_guest_kernel_ns') + column('ledger_exit_ns') + column('ledger_worker_ns') + column('ledger_sync_blocked_ns') + column('ledger_apf_halted_ns') + column('ledger_idle_waiting_ns') + column('ledger_idle_ns') + column('ledger_stolen_ns')
plot 'sweep.csv' using (at(0)):(0):(at(0)-0.42):(at(0)+0.42):(100*(0)/total(0)):(100*(0+column('ledger_user_ns'))/total(0)) with boxxyerror fillcolor '#009E73' title 'guest user mode: the work', \
  'sweep.csv' using (at(0)):(0):(at(0)-0.42):(at(0)+0.42):(100*(0+column('ledger_user_ns'))/total(0)):(100*(0+column('ledger_user_ns')+column('ledger_guest_apf_ns'))/total(0)) with boxxyerror fillcolor '#CC79A7' title 'guest kernel: APF handlers', \
  'sweep.csv' using (at(0)):(0):(at(0)-0.42):(at(0)+0.42):(100*(0+column('ledger_user_ns')+column('ledger_guest_apf_ns'))/total(0)):(100*(0+column('ledger_user_ns')+column('ledger_guest_apf_ns')+column('ledger_guest_switch_ns'))/total(0)) with boxxyerror fillcolor '#F0E442' title 'guest kernel: task switches', \
  'sweep.csv' using (at(0)):(0):(at(0)-0.42):(at(0)+0.42):(100*(0+column('ledger_user_ns')+column('ledger_guest_apf_ns')+column('ledger_guest_switch_ns'))/total(0)):(100*(0+column('ledger_user_ns')+column('ledger_guest_apf_ns')+column('ledger_guest_switch_ns')+column('ledger_exit_ns'))/total(0)) with boxxyerror fillcolor '#56B4E9' title 'host: exits, fault handling, reclaim', \
  'sweep.csv' using (at(0)):(0):(at(0)-0.42):(at(0)+0.42):(100*(0+column('ledger_user_ns')+column('ledger_guest_apf_ns')+column('ledger_guest_switch_ns')+column('ledger_exit_ns'))/total(0)):(100*(0+column('ledger_user_ns')+column('ledger_guest_apf_ns')+column('ledger_guest_switch_ns')+column('ledger_exit_ns')+column('ledger_sync_blocked_ns'))/total(0)) with boxxyerror fillcolor '#D55E00' title 'vCPU thread waits for a page', \
  'sweep.csv' using (at(0)):(0):(at(0)-0.42):(at(0)+0.42):(100*(0+column('ledger_user_ns')+column('ledger_guest_apf_ns')+column('ledger_guest_switch_ns')+column('ledger_exit_ns')+column('ledger_sync_blocked_ns'))/total(0)):(100*(0+column('ledger_user_ns')+column('ledger_guest_apf_ns')+column('ledger_guest_switch_ns')+column('ledger_exit_ns')+column('ledger_sync_blocked_ns')+column('ledger_apf_halted_ns'))/total(0)) with boxxyerror fillcolor '#E69F00' title 'halted by the host for a page', \
  'sweep.csv' using (at(0)):(0):(at(0)-0.42):(at(0)+0.42):(100*(0+column('ledger_user_ns')+column('ledger_guest_apf_ns')+column('ledger_guest_switch_ns')+column('ledger_exit_ns')+column('ledger_sync_blocked_ns')+column('ledger_apf_halted_ns'))/total(0)):(100*(total(0))/total(0)) with boxxyerror fillcolor '#D9CCEE' title 'the rest'
set terminal pngcairo size 1280,2*height noenhanced font 'Arial,14' fontscale 1.5 linewidth 2 pointscale 3 background '#ffffff'
set output 'ledger.png'
replot
