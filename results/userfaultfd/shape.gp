# SPDX-License-Identifier: GPL-2.0-or-later
# shape: faults through one userfaultfd against vCPUs, the models beside two published rows
# Drawn from shape.csv by `gnuplot -d shape.gp` in this directory.
set encoding utf8
set datafile separator ','
set datafile columnheaders
set datafile missing ''
set terminal svg size 640,440 dynamic noenhanced font 'Arial,14' background '#ffffff'
set output 'shape.svg'
set border 3 linecolor '#444444'
set tics nomirror textcolor '#222222'
set grid linecolor '#dddddd' linetype 1
set key bmargin center horizontal noenhanced samplen 2
set title 'One userfaultfd for all vCPUs: the shape' noenhanced
set logscale x 2
set xrange [0.9:290]
set yrange [0:380]
set xlabel "vCPUs that fault\n "
set ylabel 'faults a second, thousands'
plot 'shape.csv' using 'vcpus':'model_kilofaults_per_s' with linespoints linewidth 2 pointtype 7 linecolor '#0072B2' title 'model for Moorthy', \
     '' using 'vcpus':'moorthy_kilofaults_per_s' with points pointtype 5 linecolor '#D55E00' title 'Moorthy 2024', \
     '' using 'vcpus':'houghton_model_kilofaults_per_s' with linespoints linewidth 1 pointtype 6 linecolor '#56B4E9' title 'model for Houghton', \
     '' using 'vcpus':'houghton_kilofaults_per_s' with points pointtype 9 pointsize 1.2 linecolor '#009E73' title 'Houghton 2024'
