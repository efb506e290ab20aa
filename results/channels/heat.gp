# SPDX-License-Identifier: GPL-2.0-or-later
# heat: What APF gains over tasks.pager.count and disk.channels
# Drawn from sweep.csv by `gnuplot -d heat.gp` in this directory.
set encoding utf8
set datafile separator ','
set datafile columnheaders
set datafile missing NaN
height = 480
set terminal svg size 640,height dynamic noenhanced font 'Arial,14' background '#ffffff'
set output 'heat.svg'
set border 3 linecolor '#444444'
set tics nomirror textcolor '#222222'
set grid linecolor '#dddddd' linetype 1
set pointintervalbox 0.01
set key bmargin center horizontal noenhanced samplen 2 spacing 1.2
set title 'What APF gains: work with APF / work without' noenhanced
set xrange [0.5:10.5]
set xtics ('1' 1, '2' 2, '4' 3, '6' 4, '8' 5, '12' 6, '16' 7, '24' 8, '32' 9, '48' 10)
set xlabel 'tasks of this kind (tasks.pager.count)'."\n " noenhanced
set yrange [0.5:5.5]
set ytics ('1' 1, '2' 2, '4' 3, '8' 4, '16' 5)
set ylabel 'requests served at once (disk.channels)' noenhanced
array xs = [1, 2, 4, 6, 8, 12, 16, 24, 32, 48]
xi(row) = sum [i=1:|xs|] (xs[i] <= (column('tasks.pager.count')))
array ys = [1, 2, 4, 8, 16]
yi(row) = sum [i=1:|ys|] (ys[i] <= (column('disk.channels')))
unset grid
set style fill solid 1.0 noborder
set cblabel 'gain' offset 1.5,0
set format cb '%g'
set palette defined (0 '#440154', 1 '#472C7A', 2 '#3B518B', 3 '#2C718E', 4 '#21908D', 5 '#27AD81', 6 '#5CC863', 7 '#AADC32', 8 '#FDE725')
$break_even << EOD
x,y
3.5,0.5
3.5,1.5
3.5,2.5
3.5,3.5
3.5,4.5
EOD
plot 'sweep.csv' using (stringcolumn('mode') eq 'apf' ? xi(0) : NaN):(yi(0)):(xi(0)-0.5):(xi(0)+0.5):(yi(0)-0.5):(yi(0)+0.5):(column('gain_ratio')) with boxxyerror fillcolor palette notitle, \
  'sweep.csv' using (stringcolumn('mode') eq 'apf' && column('gain_ratio') >= 1.4325849944669593 ? xi(0) : NaN):(yi(0)):(sprintf(column('gain_ratio') < 9.995 ? '%.2f' : '%.3g', column('gain_ratio'))) with labels textcolor '#000000' font ',12' notitle, \
  'sweep.csv' using (stringcolumn('mode') eq 'apf' && column('gain_ratio') < 1.4325849944669593 ? xi(0) : NaN):(yi(0)):(sprintf(column('gain_ratio') < 9.995 ? '%.2f' : '%.3g', column('gain_ratio'))) with labels textcolor '#ffffff' font ',12' notitle, \
  $break_even using 1:2:(0):(1) with vectors nohead linewidth 7 linecolor '#ffffff' notitle, \
  $break_even using 1:2:(0):(1) with vectors nohead linewidth 4 linecolor '#D55E00' title 'break-even'
set terminal pngcairo size 1280,2*height noenhanced font 'Arial,14' fontscale 1.5 linewidth 2 pointscale 3 background '#ffffff'
set output 'heat.png'
replot
