# SPDX-License-Identifier: GPL-2.0-or-later
# shellcheck shell=dash
#
# offline.sh - CPU 1 of a Linux guest goes and comes until nothing there goes on. LAB_CLOCK=real
#
# Three tries: the emulator may lose its way (linux.sh). 1 to 10 times are enough, as a rule.
for try in 1 2 3; do
    echo "LAB: offline $try"
    sim calibrate --guest=linux:/vmlinuz --offlines=40 --seconds=60 2>/dev/null >/out
    status=$?
    cat /out
    echo "LAB: status $status"
    ! grep -q ': HOLE-1: ' /out || break
done
