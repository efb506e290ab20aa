# SPDX-License-Identifier: GPL-2.0-or-later
# heat: What APF gains over disk.read and tasks.worker.count
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
set xrange [0.5:20.5]
set xtics ('1 us' 1, '1.8 us' 4, '3.2 us' 7, '9.83 us' 10, '96.6 us' 13, '950 us' 16, '9.34 ms' 19)
set xlabel 'time to read one page (disk.read)'."\n " noenhanced
set yrange [0.5:5.5]
set ytics ('1' 1, '2' 2, '4' 3, '8' 4, '16' 5)
set ylabel 'tasks of this kind (tasks.worker.count)' noenhanced
array xs = [1000, 1250, 1500, 1800, 2142, 2600, 3200, 3800, 4589, 9830, 21057, 45107, 96625, 206985, 443392, 949809, 2034626, 4358460, 9336445, 20000000]
xi(row) = sum [i=1:|xs|] (xs[i] <= (column('disk.read_ns')))
array ys = [1, 2, 4, 8, 16]
yi(row) = sum [i=1:|ys|] (ys[i] <= (column('tasks.worker.count')))
unset grid
set style fill solid 1.0 noborder
set cblabel 'gain' offset 1.5,0
set format cb '%g'
set palette defined (0 '#440154', 1 '#472C7A', 2 '#3B518B', 3 '#2C718E', 4 '#21908D', 5 '#27AD81', 6 '#5CC863', 7 '#AADC32', 8 '#FDE725')
set logscale cb
set cbtics (1e-6, 2e-6, 5e-6, 1e-5, 2e-5, 5e-5, 1e-4, 2e-4, 5e-4, 1e-3, 2e-3, 5e-3, 1e-2, 2e-2, 5e-2, 1e-1, 2e-1, 5e-1, 1e0, 2e0, 5e0, 1e1, 2e1, 5e1, 1e2, 2e2, 5e2, 1e3, 2e3, 5e3, 1e4, 2e4, 5e4, 1e5, 2e5, 5e5, 1e6, 2e6, 5e6, 1e7, 2e7, 5e7, 1e8, 2e8, 5e8, 1e9, 2e9, 5e9)
$break_even << EOD
x,y
6.5,1.5
4.5,2.5
4.5,3.5
4.5,4.5
EOD
plot 'sweep.csv' using (stringcolumn('mode') eq 'apf' ? xi(0) : NaN):(yi(0)):(xi(0)-0.5):(xi(0)+0.5):(yi(0)-0.5):(yi(0)+0.5):(column('gain_ratio')) with boxxyerror fillcolor palette notitle, \
  $break_even using 1:2:(0):(1) with vectors nohead linewidth 7 linecolor '#ffffff' notitle, \
  $break_even using 1:2:(0):(1) with vectors nohead linewidth 4 linecolor '#D55E00' title 'break-even'
set terminal pngcairo size 1280,2*height noenhanced font 'Arial,14' fontscale 1.5 linewidth 2 pointscale 3 background '#ffffff'
set output 'heat.png'
replot
