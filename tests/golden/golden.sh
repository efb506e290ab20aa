#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
#
# golden.sh - has a change moved a result?
#
# Each workload is run for a second with seed 1, and what is stable of its results is compared with
# tests/golden/NAME.1.jsonl: the digest, the outcome, and of each mode utilisation and work.
#
#   golden.sh SIM             compare; status 1 when something has moved
#   golden.sh SIM --update    write the files anew: a commit of its own, which says why they moved
set -euo pipefail

sim=$(realpath "${1:?usage: golden.sh SIM [--update]}")
cd "$(dirname "${BASH_SOURCE[0]}")/../.."
short=(--set duration=1s --set warmup=200ms --seed=1 --replicas=2)
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
passed=0 failed=0

# json prints the shortest text that is the same double again.
key_figures() {
    python3 -c '
import json, sys
r = json.load(sys.stdin)
keys = ["workload", "seed", "replicas", "digest", "outcome"]
keys += ["outcome_text"] if r["outcome_text"] else []
print(json.dumps({k: r[k] for k in keys}))
for name, m in r["modes"].items():
    print(json.dumps({"mode": name, "utilization": m["utilization"]["mean"],
                      "work_per_s": m["work_per_s"]["mean"]}))'
}

# A run that ends badly on purpose (status 1) has a golden outcome, too.
results() {
    local status=0

    "$sim" --workload="$1" "${short[@]}" --format=json 2>"$work/err" >"$work/out" || status=$?
    ((status <= 1)) && key_figures <"$work/out"
}

for workload in workloads/*.yaml; do
    name=$(basename "$workload" .yaml)
    golden=tests/golden/$name.1.jsonl
    if ! results "$workload" >"$work/$name"; then
        printf '%s: sim failed: %s\n' "$name" "$(tail -n 1 "$work/err")"
        failed=$((failed + 1))
        continue
    fi
    if [[ ${2-} == --update ]]; then
        cp "$work/$name" "$golden"
    fi
    if diff -u "$golden" "$work/$name"; then
        passed=$((passed + 1))
    else
        failed=$((failed + 1))
    fi
done
for golden in tests/golden/*.jsonl; do
    name=$(basename "$golden" .1.jsonl)
    [[ -e workloads/$name.yaml ]] && continue
    printf '%s: no such workload any more\n' "$golden"
    failed=$((failed + 1))
done
printf '%d passed, %d failed, 0 skipped\n' "$passed" "$failed"
((failed == 0))
