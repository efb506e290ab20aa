# SPDX-License-Identifier: GPL-2.0-or-later
# utilization: What the guest gets of its vCPUs, against disk.read
# Drawn from sweep.csv by `gnuplot -d utilization.gp` in this directory.
set encoding utf8
set datafile separator ','
set datafile columnheaders
set datafile missing NaN
height = 510
set terminal svg size 640,height dynamic noenhanced font 'Arial,14' background '#ffffff'
set output 'utilization.svg'
set border 3 linecolor '#444444'
set tics nomirror textcolor '#222222'
set grid linecolor '#dddddd' linetype 1
set pointintervalbox 0.01
set key bmargin center horizontal noenhanced samplen 2 spacing 1.2
set title 'User time of the guest (mean, 95 % interval)'."\n".'modes apf and off; of mode halt see the CSV file' noenhanced
set logscale x
set xrange [672.91281663734856:29721532.27804926]
set xtics ('1 us' 1000, '10 us' 10000, '100 us' 100000, '1 ms' 1000000, '10 ms' 10000000)
set xlabel 'time to read one page (disk.read)'."\n " noenhanced
set key title 'tasks of this kind (tasks.worker.count)'
set yrange [0:102]
set ytics 0,20,100
set ylabel 'user time, % of vCPU time'
plot NaN notitle, \
  'sweep.csv' using (stringcolumn('mode') eq 'off' && (column('tasks.worker.count')) == 1 ? (column('disk.read_ns')) : NaN):(100*column('utilization_share')) smooth unique with linespoints pointtype 4 pointsize 0.5 linewidth 2 dashtype (6,4) linecolor '#440154' title '', \
  'sweep.csv' using (stringcolumn('mode') eq 'off' && (column('tasks.worker.count')) == 1 ? (column('disk.read_ns')) : NaN):(100*column('utilization_share')):(100*column('utilization_ci95')) with yerrorbars pointtype 4 pointsize 0.5 linecolor '#440154' notitle, \
  'sweep.csv' using (stringcolumn('mode') eq 'off' && (column('tasks.worker.count')) == 2 ? (column('disk.read_ns')) : NaN):(100*column('utilization_share')) smooth unique with linespoints pointtype 4 pointsize 0.5 linewidth 2 dashtype (6,4) linecolor '#413F83' title '', \
  'sweep.csv' using (stringcolumn('mode') eq 'off' && (column('tasks.worker.count')) == 2 ? (column('disk.read_ns')) : NaN):(100*column('utilization_share')):(100*column('utilization_ci95')) with yerrorbars pointtype 4 pointsize 0.5 linecolor '#413F83' notitle, \
  'sweep.csv' using (stringcolumn('mode') eq 'off' && (column('tasks.worker.count')) == 4 ? (column('disk.read_ns')) : NaN):(100*column('utilization_share')) smooth unique with linespoints pointtype 4 pointsize 0.5 linewidth 2 dashtype (6,4) linecolor '#2C718E' title '', \
  'sweep.csv' using (stringcolumn('mode') eq 'off' && (column('tasks.worker.count')) == 4 ? (column('disk.read_ns')) : NaN):(100*column('utilization_share')):(100*column('utilization_ci95')) with yerrorbars pointtype 4 pointsize 0.5 linecolor '#2C718E' notitle, \
  'sweep.csv' using (stringcolumn('mode') eq 'off' && (column('tasks.worker.count')) == 8 ? (column('disk.read_ns')) : NaN):(100*column('utilization_share')) smooth unique with linespoints pointtype 4 pointsize 0.5 linewidth 2 dashtype (6,4) linecolor '#249F87' title '', \
  'sweep.csv' using (stringcolumn('mode') eq 'off' && (column('tasks.worker.count')) == 8 ? (column('disk.read_ns')) : NaN):(100*column('utilization_share')):(100*column('utilization_ci95')) with yerrorbars pointtype 4 pointsize 0.5 linecolor '#249F87' notitle, \
  'sweep.csv' using (stringcolumn('mode') eq 'off' && (column('tasks.worker.count')) == 16 ? (column('disk.read_ns')) : NaN):(100*column('utilization_share')) smooth unique with linespoints pointtype 4 pointsize 0.5 linewidth 2 dashtype (6,4) linecolor '#5CC863' title '', \
  'sweep.csv' using (stringcolumn('mode') eq 'off' && (column('tasks.worker.count')) == 16 ? (column('disk.read_ns')) : NaN):(100*column('utilization_share')):(100*column('utilization_ci95')) with yerrorbars pointtype 4 pointsize 0.5 linecolor '#5CC863' notitle, \
  'sweep.csv' using (stringcolumn('mode') eq 'apf' && (column('tasks.worker.count')) == 1 ? (column('disk.read_ns')) : NaN):(100*column('utilization_share')) smooth unique with linespoints pointtype 7 pointsize 0.5 linewidth 2 linecolor '#440154' title '1', \
  'sweep.csv' using (stringcolumn('mode') eq 'apf' && (column('tasks.worker.count')) == 1 ? (column('disk.read_ns')) : NaN):(100*column('utilization_share')):(100*column('utilization_ci95')) with yerrorbars pointtype 7 pointsize 0.5 linecolor '#440154' notitle, \
  'sweep.csv' using (stringcolumn('mode') eq 'apf' && (column('tasks.worker.count')) == 2 ? (column('disk.read_ns')) : NaN):(100*column('utilization_share')) smooth unique with linespoints pointtype 7 pointsize 0.5 linewidth 2 linecolor '#413F83' title '2', \
  'sweep.csv' using (stringcolumn('mode') eq 'apf' && (column('tasks.worker.count')) == 2 ? (column('disk.read_ns')) : NaN):(100*column('utilization_share')):(100*column('utilization_ci95')) with yerrorbars pointtype 7 pointsize 0.5 linecolor '#413F83' notitle, \
  'sweep.csv' using (stringcolumn('mode') eq 'apf' && (column('tasks.worker.count')) == 4 ? (column('disk.read_ns')) : NaN):(100*column('utilization_share')) smooth unique with linespoints pointtype 7 pointsize 0.5 linewidth 2 linecolor '#2C718E' title '4', \
  'sweep.csv' using (stringcolumn('mode') eq 'apf' && (column('tasks.worker.count')) == 4 ? (column('disk.read_ns')) : NaN):(100*column('utilization_share')):(100*column('utilization_ci95')) with yerrorbars pointtype 7 pointsize 0.5 linecolor '#2C718E' notitle, \
  'sweep.csv' using (stringcolumn('mode') eq 'apf' && (column('tasks.worker.count')) == 8 ? (column('disk.read_ns')) : NaN):(100*column('utilization_share')) smooth unique with linespoints pointtype 7 pointsize 0.5 linewidth 2 linecolor '#249F87' title '8', \
  'sweep.csv' using (stringcolumn('mode') eq 'apf' && (column('tasks.worker.count')) == 8 ? (column('disk.read_ns')) : NaN):(100*column('utilization_share')):(100*column('utilization_ci95')) with yerrorbars pointtype 7 pointsize 0.5 linecolor '#249F87' notitle, \
  'sweep.csv' using (stringcolumn('mode') eq 'apf' && (column('tasks.worker.count')) == 16 ? (column('disk.read_ns')) : NaN):(100*column('utilization_share')) smooth unique with linespoints pointtype 7 pointsize 0.5 linewidth 2 linecolor '#5CC863' title '16', \
  'sweep.csv' using (stringcolumn('mode') eq 'apf' && (column('tasks.worker.count')) == 16 ? (column('disk.read_ns')) : NaN):(100*column('utilization_share')):(100*column('utilization_ci95')) with yerrorbars pointtype 7 pointsize 0.5 linecolor '#5CC863' notitle, \
  NaN with linespoints pointtype 4 pointsize 0.5 linewidth 2 dashtype (6,4) linecolor '#666666' title 'without APF'
set terminal pngcairo size 1280,2*height noenhanced font 'Arial,14' fontscale 1.5 linewidth 2 pointscale 3 background '#ffffff'
set output 'utilization.png'
replot
