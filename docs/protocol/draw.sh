#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
#
# draw.sh SIM [OUT] - the pictures of docs/protocol.md, from runs of the workloads beside it
#
# OUT: where they go (default: here). A picture is what sim saw happen; nothing is drawn by hand.
set -euo pipefail

sim=$(realpath "$1")
here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
out=$(realpath "${2:-$here}")

# PICTURE WINDOW [OPTIONS]: of the workload of the same name; a window is one story's length.
sequence() {
    "$sim" run "$here/$1.yaml" --quiet --sequence="$out/$1.svg" --sequence-window="$2" "${@:3}"
}

sequence full-cycle 20us..124us
sequence halt-fallback 20us..9045us
sequence early-ready 30us..80us
sequence busy-slot 27us..167us
sequence wake-all 20us..445us --sequence-vcpu=1
sequence user-mode-only 20us..235us
"$sim" run "$here/user-mode-only.yaml" --quiet --timeline="$out/timeline.svg" \
    --timeline-window=0s..500us
