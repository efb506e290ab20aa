#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
#
# fuzz.sh - feeds the workload reader with mutated files for a while
#
#   fuzz.sh SECONDS
#
# Seeds: every workload of ours, and tests/config/seeds with keys of every form. Built with clang's
# libFuzzer, ASan and UBSan; no input may crash, leak or take longer than 10 s. One test; what broke
# it is left in build/ci/fuzz-findings.
set -euo pipefail

root=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)
cd "$root"
seconds=${1:?usage: fuzz.sh SECONDS}
dir=build/ci/fuzz
log=$(mktemp)
trap 'rm -f "$log"' EXIT

fail() {
    tail -n 40 "$log"
    printf 'FAIL: %s\n0 passed, 1 failed, 0 skipped\n' "$1"
    exit 1
}

if [[ ! -f $dir/build.ninja ]]; then
    CC=clang meson setup "$dir" --buildtype=debugoptimized -Db_lundef=false -Dfuzz=true \
        -Dc_args='-fsanitize=fuzzer-no-link,address,undefined -fno-sanitize-recover=all' \
        -Dc_link_args='-fsanitize=address,undefined' >"$log" 2>&1 || fail 'meson setup'
fi
ninja -C "$dir" tests/fuzz/fuzz_yaml >"$log" 2>&1 || fail 'build'
mkdir -p build/ci/fuzz-corpus build/ci/fuzz-findings
cp workloads/*.yaml tests/config/seeds/*.yaml build/ci/fuzz-corpus/
"$dir/tests/fuzz/fuzz_yaml" -max_total_time="$seconds" -timeout=10 -max_len=16384 \
    -rss_limit_mb=1024 -dict=tests/fuzz/yaml.dict \
    -artifact_prefix=build/ci/fuzz-findings/ build/ci/fuzz-corpus >"$log" 2>&1 || fail 'a finding'
grep -E 'stat::|DONE|Done' "$log" || true
printf 'ok: no finding in %s s\n1 passed, 0 failed, 0 skipped\n' "$seconds"
