# SPDX-License-Identifier: GPL-2.0-or-later
# utilization: What the guest gets of its vCPUs, against host.memory.limit
# Drawn from sweep.csv by `gnuplot -d utilization.gp` in this directory.
set encoding utf8
set datafile separator ','
set datafile columnheaders
set datafile missing NaN
height = 530
set terminal svg size 640,height dynamic noenhanced font 'Arial,14' background '#ffffff'
set output 'utilization.svg'
set border 3 linecolor '#444444'
set tics nomirror textcolor '#222222'
set grid linecolor '#dddddd' linetype 1
set pointintervalbox 0.01
set key bmargin center horizontal noenhanced samplen 2 spacing 1.2
set title 'User time of the guest (mean, 95 % interval)'."\n".'modes apf and off; of mode halt see the CSV file' noenhanced
set xrange [5704253.4399999995:78181826.56]
set xtics ('16 MiB' 16777216, '32 MiB' 33554432, '48 MiB' 50331648, '64 MiB' 67108864)
set xlabel 'host memory that the guest''s pages share (host.memory.limit)'."\n " noenhanced
set key title 'paging device that fills the other disk keys (disk.device)'
set yrange [0:102]
set ytics 0,20,100
set ylabel 'user time, % of vCPU time'
plot NaN notitle, \
  'sweep.csv' using (stringcolumn('mode') eq 'off' && (stringcolumn('disk.device') eq 'optane' ? 0 : stringcolumn('disk.device') eq 'nvme-flash' ? 1 : stringcolumn('disk.device') eq 'sata-ssd' ? 2 : NaN) == 0 ? (column('host.memory.limit_bytes')) : NaN):(100*column('utilization_share')) smooth unique with linespoints pointtype 4 pointsize 0.5 linewidth 2 dashtype (6,4) linecolor '#440154' title '', \
  'sweep.csv' using (stringcolumn('mode') eq 'off' && (stringcolumn('disk.device') eq 'optane' ? 0 : stringcolumn('disk.device') eq 'nvme-flash' ? 1 : stringcolumn('disk.device') eq 'sata-ssd' ? 2 : NaN) == 0 ? (column('host.memory.limit_bytes')) : NaN):(100*column('utilization_share')):(100*column('utilization_ci95')) with yerrorbars pointtype 4 pointsize 0.5 linecolor '#440154' notitle, \
  'sweep.csv' using (stringcolumn('mode') eq 'off' && (stringcolumn('disk.device') eq 'optane' ? 0 : stringcolumn('disk.device') eq 'nvme-flash' ? 1 : stringcolumn('disk.device') eq 'sata-ssd' ? 2 : NaN) == 1 ? (column('host.memory.limit_bytes')) : NaN):(100*column('utilization_share')) smooth unique with linespoints pointtype 4 pointsize 0.5 linewidth 2 dashtype (6,4) linecolor '#2C718E' title '', \
  'sweep.csv' using (stringcolumn('mode') eq 'off' && (stringcolumn('disk.device') eq 'optane' ? 0 : stringcolumn('disk.device') eq 'nvme-flash' ? 1 : stringcolumn('disk.device') eq 'sata-ssd' ? 2 : NaN) == 1 ? (column('host.memory.limit_bytes')) : NaN):(100*column('utilization_share')):(100*column('utilization_ci95')) with yerrorbars pointtype 4 pointsize 0.5 linecolor '#2C718E' notitle, \
  'sweep.csv' using (stringcolumn('mode') eq 'off' && (stringcolumn('disk.device') eq 'optane' ? 0 : stringcolumn('disk.device') eq 'nvme-flash' ? 1 : stringcolumn('disk.device') eq 'sata-ssd' ? 2 : NaN) == 2 ? (column('host.memory.limit_bytes')) : NaN):(100*column('utilization_share')) smooth unique with linespoints pointtype 4 pointsize 0.5 linewidth 2 dashtype (6,4) linecolor '#5CC863' title '', \
  'sweep.csv' using (stringcolumn('mode') eq 'off' && (stringcolumn('disk.device') eq 'optane' ? 0 : stringcolumn('disk.device') eq 'nvme-flash' ? 1 : stringcolumn('disk.device') eq 'sata-ssd' ? 2 : NaN) == 2 ? (column('host.memory.limit_bytes')) : NaN):(100*column('utilization_share')):(100*column('utilization_ci95')) with yerrorbars pointtype 4 pointsize 0.5 linecolor '#5CC863' notitle, \
  'sweep.csv' using (stringcolumn('mode') eq 'apf' && (stringcolumn('disk.device') eq 'optane' ? 0 : stringcolumn('disk.device') eq 'nvme-flash' ? 1 : stringcolumn('disk.device') eq 'sata-ssd' ? 2 : NaN) == 0 ? (column('host.memory.limit_bytes')) : NaN):(100*column('utilization_share')) smooth unique with linespoints pointtype 7 pointsize 0.5 linewidth 2 linecolor '#440154' title 'optane', \
  'sweep.csv' using (stringcolumn('mode') eq 'apf' && (stringcolumn('disk.device') eq 'optane' ? 0 : stringcolumn('disk.device') eq 'nvme-flash' ? 1 : stringcolumn('disk.device') eq 'sata-ssd' ? 2 : NaN) == 0 ? (column('host.memory.limit_bytes')) : NaN):(100*column('utilization_share')):(100*column('utilization_ci95')) with yerrorbars pointtype 7 pointsize 0.5 linecolor '#440154' notitle, \
  'sweep.csv' using (stringcolumn('mode') eq 'apf' && (stringcolumn('disk.device') eq 'optane' ? 0 : stringcolumn('disk.device') eq 'nvme-flash' ? 1 : stringcolumn('disk.device') eq 'sata-ssd' ? 2 : NaN) == 1 ? (column('host.memory.limit_bytes')) : NaN):(100*column('utilization_share')) smooth unique with linespoints pointtype 7 pointsize 0.5 linewidth 2 linecolor '#2C718E' title 'nvme-flash', \
  'sweep.csv' using (stringcolumn('mode') eq 'apf' && (stringcolumn('disk.device') eq 'optane' ? 0 : stringcolumn('disk.device') eq 'nvme-flash' ? 1 : stringcolumn('disk.device') eq 'sata-ssd' ? 2 : NaN) == 1 ? (column('host.memory.limit_bytes')) : NaN):(100*column('utilization_share')):(100*column('utilization_ci95')) with yerrorbars pointtype 7 pointsize 0.5 linecolor '#2C718E' notitle, \
  'sweep.csv' using (stringcolumn('mode') eq 'apf' && (stringcolumn('disk.device') eq 'optane' ? 0 : stringcolumn('disk.device') eq 'nvme-flash' ? 1 : stringcolumn('disk.device') eq 'sata-ssd' ? 2 : NaN) == 2 ? (column('host.memory.limit_bytes')) : NaN):(100*column('utilization_share')) smooth unique with linespoints pointtype 7 pointsize 0.5 linewidth 2 linecolor '#5CC863' title 'sata-ssd', \
  'sweep.csv' using (stringcolumn('mode') eq 'apf' && (stringcolumn('disk.device') eq 'optane' ? 0 : stringcolumn('disk.device') eq 'nvme-flash' ? 1 : stringcolumn('disk.device') eq 'sata-ssd' ? 2 : NaN) == 2 ? (column('host.memory.limit_bytes')) : NaN):(100*column('utilization_share')):(100*column('utilization_ci95')) with yerrorbars pointtype 7 pointsize 0.5 linecolor '#5CC863' notitle, \
  NaN with linespoints pointtype 4 pointsize 0.5 linewidth 2 dashtype (6,4) linecolor '#666666' title 'without APF'
set terminal pngcairo size 1280,2*height noenhanced font 'Arial,14' fontscale 1.5 linewidth 2 pointscale 3 background '#ffffff'
set output 'utilization.png'
replot
