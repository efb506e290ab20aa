#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-or-later
# corpus.sh SIM DIRECTORY: every kept trail still breaks what its first line says.
set -eu
sim=$1
bad=0
for trail in "$2"/*.trail; do
    want=$(sed -n '1s/.*, \([A-Z]*-*[0-9]*\):.*/\1/p' "$trail")
    out=$("$sim" check --replay="$trail") && status=0 || status=$?
    case $out in
    *"** $want"*) [ "$status" -eq 1 ] && continue ;;
    esac
    echo "$trail: wanted $want, status $status: $(echo "$out" | tail -1)"
    bad=1
done
exit $bad
