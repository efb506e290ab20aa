#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-or-later
# counts.sh SIM DOCUMENT: states, transitions and what is stuck in quick scopes, and of every switch
# both ways, are what the document says. A model that was changed by mistake has other counts.
set -eu
here=$(dirname "$0")
set -- "$1" "$2" --memory=1GiB
for scope in switches cases small kernel-mode queue-full init lapic smm restore suspend l1-refused \
    by-pf-hotplug by-pf-restore by-pf-restore-fixed l1-launch far-ids behind-slot stale-slot \
    restore-lapic reset-halt; do
    set -- "$@" --scope=$scope
done
exec python3 "$here/counts.py" "$@"
