# SPDX-License-Identifier: GPL-2.0-or-later
# heat: What APF gains over host.memory.limit and disk.device
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
set xrange [0.5:9.5]
set xtics ('8 MiB' 1, '24 MiB' 3, '40 MiB' 5, '56 MiB' 7, '72 MiB' 9)
set xlabel 'host memory that the guest''s pages share (host.memory.limit)'."\n " noenhanced
set yrange [0.5:3.5]
set ytics ('optane' 1, 'nvme-flash' 2, 'sata-ssd' 3)
set ylabel 'paging device that fills the other disk keys'."\n".'disk.device' noenhanced
array xs = [8388608, 16777216, 25165824, 33554432, 41943040, 50331648, 58720256, 67108864, 75497472]
xi(row) = sum [i=1:|xs|] (xs[i] <= (column('host.memory.limit_bytes')))
yi(row) = 1 + (stringcolumn('disk.device') eq 'optane' ? 0 : stringcolumn('disk.device') eq 'nvme-flash' ? 1 : stringcolumn('disk.device') eq 'sata-ssd' ? 2 : NaN)
unset grid
set style fill solid 1.0 noborder
set cblabel 'gain' offset 1.5,0
set format cb '%g'
set palette defined (0 '#440154', 1 '#472C7A', 2 '#3B518B', 3 '#2C718E', 4 '#21908D', 5 '#27AD81', 6 '#5CC863', 7 '#AADC32', 8 '#FDE725')
plot 'sweep.csv' using (stringcolumn('mode') eq 'apf' ? xi(0) : NaN):(yi(0)):(xi(0)-0.5):(xi(0)+0.5):(yi(0)-0.5):(yi(0)+0.5):(column('gain_ratio')) with boxxyerror fillcolor palette notitle, \
  'sweep.csv' using (stringcolumn('mode') eq 'apf' && column('gain_ratio') >= 1.2860279600569307 ? xi(0) : NaN):(yi(0)):(sprintf(column('gain_ratio') < 9.995 ? '%.2f' : '%.3g', column('gain_ratio'))) with labels textcolor '#000000' font ',12' notitle, \
  'sweep.csv' using (stringcolumn('mode') eq 'apf' && column('gain_ratio') < 1.2860279600569307 ? xi(0) : NaN):(yi(0)):(sprintf(column('gain_ratio') < 9.995 ? '%.2f' : '%.3g', column('gain_ratio'))) with labels textcolor '#ffffff' font ',12' notitle
set terminal pngcairo size 1280,2*height noenhanced font 'Arial,14' fontscale 1.5 linewidth 2 pointscale 3 background '#ffffff'
set output 'heat.png'
replot
