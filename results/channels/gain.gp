# SPDX-License-Identifier: GPL-2.0-or-later
# gain: What APF gains, against tasks.pager.count
# Drawn from sweep.csv by `gnuplot -d gain.gp` in this directory.
set encoding utf8
set datafile separator ','
set datafile columnheaders
set datafile missing NaN
height = 470
set terminal svg size 640,height dynamic noenhanced font 'Arial,14' background '#ffffff'
set output 'gain.svg'
set border 3 linecolor '#444444'
set tics nomirror textcolor '#222222'
set grid linecolor '#dddddd' linetype 1
set pointintervalbox 0.01
set key bmargin center horizontal noenhanced samplen 2 spacing 1.2
set title 'What APF gains (mean, 95 % interval)' noenhanced
set logscale x
set xrange [0.8565453278488625:56.039065814003948]
set xtics ('1' 1, '2' 2, '4' 4, '6' 6, '8' 8, '12' 12, '16' 16, '24' 24, '32' 32, '48' 48)
set xlabel 'tasks of this kind (tasks.pager.count)'."\n " noenhanced
set key title 'requests served at once (disk.channels)'
set yrange [0.92833604338930131:1.7881878948380499]
set format y '%g'
set ylabel 'gain: work with / without APF'
plot 1 with lines dashtype 3 linewidth 1.5 linecolor '#666666' title 'no APF', \
  'sweep.csv' using (stringcolumn('mode') eq 'apf' && (column('disk.channels')) == 1 ? (column('tasks.pager.count')) : NaN):(column('gain_ratio')) smooth unique with linespoints pointtype 7 pointsize 0.5 linewidth 2 linecolor '#440154' title '1', \
  'sweep.csv' using (stringcolumn('mode') eq 'apf' && (column('disk.channels')) == 1 ? (column('tasks.pager.count')) : NaN):(column('gain_ratio')):(1*column('gain_ratio_ci95')) with yerrorbars pointtype 7 pointsize 0.5 linecolor '#440154' notitle, \
  'sweep.csv' using (stringcolumn('mode') eq 'apf' && (column('disk.channels')) == 2 ? (column('tasks.pager.count')) : NaN):(column('gain_ratio')) smooth unique with linespoints pointtype 7 pointsize 0.5 linewidth 2 linecolor '#413F83' title '2', \
  'sweep.csv' using (stringcolumn('mode') eq 'apf' && (column('disk.channels')) == 2 ? (column('tasks.pager.count')) : NaN):(column('gain_ratio')):(1*column('gain_ratio_ci95')) with yerrorbars pointtype 7 pointsize 0.5 linecolor '#413F83' notitle, \
  'sweep.csv' using (stringcolumn('mode') eq 'apf' && (column('disk.channels')) == 4 ? (column('tasks.pager.count')) : NaN):(column('gain_ratio')) smooth unique with linespoints pointtype 7 pointsize 0.5 linewidth 2 linecolor '#2C718E' title '4', \
  'sweep.csv' using (stringcolumn('mode') eq 'apf' && (column('disk.channels')) == 4 ? (column('tasks.pager.count')) : NaN):(column('gain_ratio')):(1*column('gain_ratio_ci95')) with yerrorbars pointtype 7 pointsize 0.5 linecolor '#2C718E' notitle, \
  'sweep.csv' using (stringcolumn('mode') eq 'apf' && (column('disk.channels')) == 8 ? (column('tasks.pager.count')) : NaN):(column('gain_ratio')) smooth unique with linespoints pointtype 7 pointsize 0.5 linewidth 2 linecolor '#249F87' title '8', \
  'sweep.csv' using (stringcolumn('mode') eq 'apf' && (column('disk.channels')) == 8 ? (column('tasks.pager.count')) : NaN):(column('gain_ratio')):(1*column('gain_ratio_ci95')) with yerrorbars pointtype 7 pointsize 0.5 linecolor '#249F87' notitle, \
  'sweep.csv' using (stringcolumn('mode') eq 'apf' && (column('disk.channels')) == 16 ? (column('tasks.pager.count')) : NaN):(column('gain_ratio')) smooth unique with linespoints pointtype 7 pointsize 0.5 linewidth 2 linecolor '#5CC863' title '16', \
  'sweep.csv' using (stringcolumn('mode') eq 'apf' && (column('disk.channels')) == 16 ? (column('tasks.pager.count')) : NaN):(column('gain_ratio')):(1*column('gain_ratio_ci95')) with yerrorbars pointtype 7 pointsize 0.5 linecolor '#5CC863' notitle
set terminal pngcairo size 1280,2*height noenhanced font 'Arial,14' fontscale 1.5 linewidth 2 pointscale 3 background '#ffffff'
set output 'gain.png'
replot
