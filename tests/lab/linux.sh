# SPDX-License-Identifier: GPL-2.0-or-later
# shellcheck shell=dash
#
# linux.sh - a real Linux as the guest; then again, killed in the middle. LAB_CLOCK=real
#
# Now and then an interrupt is seen twice (emulated nested SVM is suspected), and the guest stops
# in a lock (or sim finds an ACK too many). So there are three tries; one good one shows what is to
# be shown.
T=/sys/kernel/tracing
for try in 1 2 3; do
    echo "LAB: linux $try"
    sim calibrate --guest=linux:/vmlinuz --seconds=40
    status=$?
    echo "LAB: status $status"
    [ $status -ne 0 ] || break
done
echo "LAB: killed"
sim calibrate --guest=linux:/vmlinuz 2>/dev/null &
main=$!
until [ "$(ls $T/instances)" ] || [ ! -d /proc/$main ]; do sleep 0.1; done
sleep 1
echo "instances before: $(ls $T/instances)"
kill -9 $main
sleep 2
echo "instances after: $(ls $T/instances)"
echo "processes after: $(pidof sim sim-guardian)"
