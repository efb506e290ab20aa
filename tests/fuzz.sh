#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
#
# fuzz.sh - feeds the readers of workloads, of captures and of trace.dat with mutated files for a
# while
#
#   fuzz.sh SECONDS
#
# The time is shared by them. Seeds: every workload of ours, and tests/config/seeds with keys of
# every form; recordings in tests/data; a trace.dat of a run of build/sim/cli/sim. Built with
# clang's libFuzzer, ASan and UBSan; no input may crash, leak or take longer than 60 s. A test
# each; what broke it is left in build/ci/fuzz-findings.
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

# fuzz TARGET SIXTHS BYTES ARGUMENT...: so much of the time, inputs of so many bytes at most
fuzz() {
    local target=$1 sixths=$2 bytes=$3

    shift 3
    "$dir/tests/fuzz/fuzz_$target" -max_total_time=$(((seconds * sixths + 5) / 6)) -timeout=60 \
        -max_len="$bytes" -rss_limit_mb=1024 -artifact_prefix=build/ci/fuzz-findings/ "$@" \
        "build/ci/fuzz-corpus/$target" >"$log" 2>&1 || fail "a finding about $target"
    grep -E 'stat::|DONE|Done' "$log" || true
    printf 'ok: %s: no finding\n' "$target"
}

if [[ ! -f $dir/build.ninja ]]; then
    CC=clang meson setup "$dir" --buildtype=debugoptimized -Db_lundef=false -Dfuzz=true \
        -Dc_args='-fsanitize=fuzzer-no-link,address,undefined -fno-sanitize-recover=all' \
        -Dc_link_args='-fsanitize=address,undefined' >"$log" 2>&1 || fail 'meson setup'
fi
ninja -C "$dir" tests/fuzz/fuzz_{yaml,capture,dat} >"$log" 2>&1 || fail 'build'
mkdir -p build/ci/fuzz-corpus/{yaml,capture,dat} build/ci/fuzz-findings
cp workloads/*.yaml tests/config/seeds/*.yaml build/ci/fuzz-corpus/yaml/
cp tests/data/*/*.trace build/ci/fuzz-corpus/capture/
build/sim/cli/sim run workloads/memhog.yaml --quiet --replicas=1 --set duration=40ms \
    --set warmup=0s --set guest.vcpus=2 --trace=build/ci/fuzz-corpus/dat/memhog.dat >"$log" 2>&1 ||
    fail 'a trace.dat to begin with'
for packing in none zstd; do # version 7; where there is no trace-cmd, only 6
    trace-cmd convert -i build/ci/fuzz-corpus/dat/memhog.dat --file-version 7 \
        -o "build/ci/fuzz-corpus/dat/$packing.dat" --compression "$packing" >"$log" 2>&1 ||
        printf 'note: no trace.dat of version 7, %s: %s\n' "$packing" "$(head -n 1 "$log")"
done
fuzz yaml 2 16384 -dict=tests/fuzz/yaml.dict
fuzz capture 3 16384
fuzz dat 1 32768
printf '3 passed, 0 failed, 0 skipped\n'
