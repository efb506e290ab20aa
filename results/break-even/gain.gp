# SPDX-License-Identifier: GPL-2.0-or-later
# gain: What APF gains, against disk.read
# Drawn from sweep.csv by `gnuplot -d gain.gp` in this directory.
set encoding utf8
set datafile separator ','
set datafile columnheaders
set datafile missing NaN
height = 490
set terminal svg size 640,height dynamic noenhanced font 'Arial,14' background '#ffffff'
set output 'gain.svg'
set border 3 linecolor '#444444'
set tics nomirror textcolor '#222222'
set grid linecolor '#dddddd' linetype 1
set pointintervalbox 0.01
set key bmargin center horizontal noenhanced samplen 2 spacing 1.2
set title 'What APF gains (mean, 95 % interval)'."\n".'mode apf; of mode halt see the CSV file' noenhanced
set logscale x
set xrange [672.91281663734856:29721532.27804926]
set xtics ('1 us' 1000, '10 us' 10000, '100 us' 100000, '1 ms' 1000000, '10 ms' 10000000)
set xlabel 'time to read one page (disk.read)'."\n " noenhanced
set key title 'tasks of this kind (tasks.worker.count)'
set logscale y
set yrange [0.79963513605818537:19.306685301708885]
set ytics (1e-6, 2e-6, 5e-6, 1e-5, 2e-5, 5e-5, 1e-4, 2e-4, 5e-4, 1e-3, 2e-3, 5e-3, 1e-2, 2e-2, 5e-2, 1e-1, 2e-1, 5e-1, 1e0, 2e0, 5e0, 1e1, 2e1, 5e1, 1e2, 2e2, 5e2, 1e3, 2e3, 5e3, 1e4, 2e4, 5e4, 1e5, 2e5, 5e5, 1e6, 2e6, 5e6, 1e7, 2e7, 5e7, 1e8, 2e8, 5e8, 1e9, 2e9, 5e9)
set format y '%g'
set ylabel 'gain: work with / without APF'
$break_even << EOD
at,low,high
2741.1081608706941,2686.3655200310513,2796.1316615629667
2093.8906535896222,2018.4134609887017,2153.9712043580776
2031.9837064068643,1963.0243496620981,2097.8392877359129
2061.3083319446978,1961.7474042064728,2170.7807070494869
EOD
plot 1 with lines dashtype 3 linewidth 1.5 linecolor '#666666' title 'no APF', \
  'sweep.csv' using (stringcolumn('mode') eq 'apf' && (column('tasks.worker.count')) == 1 ? (column('disk.read_ns')) : NaN):(column('gain_ratio')) smooth unique with linespoints pointtype 7 pointsize 0.5 linewidth 2 linecolor '#440154' title '1', \
  'sweep.csv' using (stringcolumn('mode') eq 'apf' && (column('tasks.worker.count')) == 1 ? (column('disk.read_ns')) : NaN):(column('gain_ratio')):(1*column('gain_ratio_ci95')) with yerrorbars pointtype 7 pointsize 0.5 linecolor '#440154' notitle, \
  'sweep.csv' using (stringcolumn('mode') eq 'apf' && (column('tasks.worker.count')) == 2 ? (column('disk.read_ns')) : NaN):(column('gain_ratio')) smooth unique with linespoints pointtype 7 pointsize 0.5 linewidth 2 linecolor '#413F83' title '2', \
  'sweep.csv' using (stringcolumn('mode') eq 'apf' && (column('tasks.worker.count')) == 2 ? (column('disk.read_ns')) : NaN):(column('gain_ratio')):(1*column('gain_ratio_ci95')) with yerrorbars pointtype 7 pointsize 0.5 linecolor '#413F83' notitle, \
  'sweep.csv' using (stringcolumn('mode') eq 'apf' && (column('tasks.worker.count')) == 4 ? (column('disk.read_ns')) : NaN):(column('gain_ratio')) smooth unique with linespoints pointtype 7 pointsize 0.5 linewidth 2 linecolor '#2C718E' title '4', \
  'sweep.csv' using (stringcolumn('mode') eq 'apf' && (column('tasks.worker.count')) == 4 ? (column('disk.read_ns')) : NaN):(column('gain_ratio')):(1*column('gain_ratio_ci95')) with yerrorbars pointtype 7 pointsize 0.5 linecolor '#2C718E' notitle, \
  'sweep.csv' using (stringcolumn('mode') eq 'apf' && (column('tasks.worker.count')) == 8 ? (column('disk.read_ns')) : NaN):(column('gain_ratio')) smooth unique with linespoints pointtype 7 pointsize 0.5 linewidth 2 linecolor '#249F87' title '8', \
  'sweep.csv' using (stringcolumn('mode') eq 'apf' && (column('tasks.worker.count')) == 8 ? (column('disk.read_ns')) : NaN):(column('gain_ratio')):(1*column('gain_ratio_ci95')) with yerrorbars pointtype 7 pointsize 0.5 linecolor '#249F87' notitle, \
  'sweep.csv' using (stringcolumn('mode') eq 'apf' && (column('tasks.worker.count')) == 16 ? (column('disk.read_ns')) : NaN):(column('gain_ratio')) smooth unique with linespoints pointtype 7 pointsize 0.5 linewidth 2 linecolor '#5CC863' title '16', \
  'sweep.csv' using (stringcolumn('mode') eq 'apf' && (column('tasks.worker.count')) == 16 ? (column('disk.read_ns')) : NaN):(column('gain_ratio')):(1*column('gain_ratio_ci95')) with yerrorbars pointtype 7 pointsize 0.5 linecolor '#5CC863' notitle, \
  $break_even using 1:(1):2:3 with xerrorbars pointtype 12 pointsize 0.9 linewidth 1.5 linecolor '#000000' title 'break-even'
set terminal pngcairo size 1280,2*height noenhanced font 'Arial,14' fontscale 1.5 linewidth 2 pointscale 3 background '#ffffff'
set output 'gain.png'
replot
