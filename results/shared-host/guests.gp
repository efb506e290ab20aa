# SPDX-License-Identifier: GPL-2.0-or-later
# guests: What APF gains each guest, against host.cpus
# Drawn from sweep.csv by `gnuplot -d guests.gp` in this directory.
set encoding utf8
set datafile separator ','
set datafile columnheaders
set datafile missing NaN
height = 470
set terminal svg size 640,height dynamic noenhanced font 'Arial,14' background '#ffffff'
set output 'guests.svg'
set border 3 linecolor '#444444'
set tics nomirror textcolor '#222222'
set grid linecolor '#dddddd' linetype 1
set pointintervalbox 0.01
set key bmargin center horizontal noenhanced samplen 2 spacing 1.2
set title 'What APF gains each guest (mean, 95 % interval)' noenhanced
set xrange [1.68:10.32]
set xtics ('2' 2, '3' 3, '4' 4, '5' 5, '6' 6, '8' 8, '10' 10)
set xlabel 'host CPUs that all vCPU threads and APF workers share (host.cpus)'."\n " noenhanced
set yrange [0.68370572587483147:1.5914817384297573]
set format y '%g'
set ylabel 'gain: work with / without APF'
plot 1 with lines dashtype 3 linewidth 1.5 linecolor '#666666' title 'no APF', \
  'sweep.csv' using (stringcolumn('mode') eq 'apf' ? (column('host.cpus')) : NaN):(column('guest_paging.0_gain_ratio')) smooth unique with linespoints pointtype 7 pointsize 0.5 linewidth 2 linecolor '#440154' title 'paging.0', \
  'sweep.csv' using (stringcolumn('mode') eq 'apf' ? (column('host.cpus')) : NaN):(column('guest_paging.0_gain_ratio')):(1*column('guest_paging.0_gain_ratio_ci95')) with yerrorbars pointtype 7 pointsize 0.5 linecolor '#440154' notitle, \
  'sweep.csv' using (stringcolumn('mode') eq 'apf' ? (column('host.cpus')) : NaN):(column('guest_paging.1_gain_ratio')) smooth unique with linespoints pointtype 7 pointsize 0.5 linewidth 2 linecolor '#3B518B' title 'paging.1', \
  'sweep.csv' using (stringcolumn('mode') eq 'apf' ? (column('host.cpus')) : NaN):(column('guest_paging.1_gain_ratio')):(1*column('guest_paging.1_gain_ratio_ci95')) with yerrorbars pointtype 7 pointsize 0.5 linecolor '#3B518B' notitle, \
  'sweep.csv' using (stringcolumn('mode') eq 'apf' ? (column('host.cpus')) : NaN):(column('guest_paging.2_gain_ratio')) smooth unique with linespoints pointtype 7 pointsize 0.5 linewidth 2 linecolor '#21908D' title 'paging.2', \
  'sweep.csv' using (stringcolumn('mode') eq 'apf' ? (column('host.cpus')) : NaN):(column('guest_paging.2_gain_ratio')):(1*column('guest_paging.2_gain_ratio_ci95')) with yerrorbars pointtype 7 pointsize 0.5 linecolor '#21908D' notitle, \
  'sweep.csv' using (stringcolumn('mode') eq 'apf' ? (column('host.cpus')) : NaN):(column('guest_neighbour_gain_ratio')) smooth unique with linespoints pointtype 7 pointsize 0.5 linewidth 2 linecolor '#5CC863' title 'neighbour', \
  'sweep.csv' using (stringcolumn('mode') eq 'apf' ? (column('host.cpus')) : NaN):(column('guest_neighbour_gain_ratio')):(1*column('guest_neighbour_gain_ratio_ci95')) with yerrorbars pointtype 7 pointsize 0.5 linecolor '#5CC863' notitle
set terminal pngcairo size 1280,2*height noenhanced font 'Arial,14' fontscale 1.5 linewidth 2 pointscale 3 background '#ffffff'
set output 'guests.png'
replot
