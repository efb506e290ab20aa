# SPDX-License-Identifier: GPL-2.0-or-later
# utilization: What the guest gets of its vCPUs, against host.cpus
# Drawn from sweep.csv by `gnuplot -d utilization.gp` in this directory.
set encoding utf8
set datafile separator ','
set datafile columnheaders
set datafile missing NaN
height = 450
set terminal svg size 640,height dynamic noenhanced font 'Arial,14' background '#ffffff'
set output 'utilization.svg'
set border 3 linecolor '#444444'
set tics nomirror textcolor '#222222'
set grid linecolor '#dddddd' linetype 1
set pointintervalbox 0.01
set key bmargin center horizontal noenhanced samplen 2 spacing 1.2
set title 'User time of the guest (mean, 95 % interval)' noenhanced
set xrange [1.68:10.32]
set xtics ('2' 2, '3' 3, '4' 4, '5' 5, '6' 6, '8' 8, '10' 10)
set xlabel 'host CPUs that all vCPU threads and APF workers share (host.cpus)'."\n " noenhanced
set yrange [0:102]
set ytics 0,20,100
set ylabel 'user time, % of vCPU time'
plot NaN notitle, \
  'sweep.csv' using (stringcolumn('mode') eq 'off' ? (column('host.cpus')) : NaN):(100*column('utilization_share')) smooth unique with linespoints pointtype 7 pointsize 0.5 linewidth 2 linecolor '#000000' title 'off', \
  'sweep.csv' using (stringcolumn('mode') eq 'off' ? (column('host.cpus')) : NaN):(100*column('utilization_share')):(100*column('utilization_ci95')) with yerrorbars pointtype 7 pointsize 0.5 linecolor '#000000' notitle, \
  'sweep.csv' using (stringcolumn('mode') eq 'halt' ? (column('host.cpus')) : NaN):(100*column('utilization_share')) smooth unique with linespoints pointtype 7 pointsize 0.5 linewidth 2 linecolor '#D55E00' title 'halt', \
  'sweep.csv' using (stringcolumn('mode') eq 'halt' ? (column('host.cpus')) : NaN):(100*column('utilization_share')):(100*column('utilization_ci95')) with yerrorbars pointtype 7 pointsize 0.5 linecolor '#D55E00' notitle, \
  'sweep.csv' using (stringcolumn('mode') eq 'apf' ? (column('host.cpus')) : NaN):(100*column('utilization_share')) smooth unique with linespoints pointtype 7 pointsize 0.5 linewidth 2 linecolor '#0072B2' title 'apf', \
  'sweep.csv' using (stringcolumn('mode') eq 'apf' ? (column('host.cpus')) : NaN):(100*column('utilization_share')):(100*column('utilization_ci95')) with yerrorbars pointtype 7 pointsize 0.5 linecolor '#0072B2' notitle
set terminal pngcairo size 1280,2*height noenhanced font 'Arial,14' fontscale 1.5 linewidth 2 pointscale 3 background '#ffffff'
set output 'utilization.png'
replot
