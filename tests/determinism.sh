#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
#
# determinism.sh - one digest for one run, whoever compiled it and wherever it runs
#
# Builds sim in five ways, runs several workloads with each and compares every byte of the JSON and
# of the trace of a window:
# gcc and clang, -O0, -O3 -march=native, without FMA and AVX2 in libm, one and two threads,
# twice. One (variant, workload) is one test.
#
#   determinism.sh [--long]     --long: every workload, at the length it asks for
set -euo pipefail

root=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)
cd "$root"
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
passed=0 failed=0

workloads=(memhog.yaml file-backed.yaml kernel-mode-heavy.yaml zram.yaml
    shared-host.yaml cpu-hotplug.yaml)
short=(--set duration=2s --set warmup=1s --set replicas=2)
if [[ ${1-} == --long ]]; then
    mapfile -t workloads < <(cd workloads && printf '%s\n' *.yaml)
    short=()
fi

# build NAME CC MESON-OPTION...: only sim; kept in build/ci so that the next call is quick
build() {
    local dir=build/ci/determinism-$1 cc=$2

    shift 2
    if [[ ! -f $dir/build.ninja ]]; then
        CC=$cc meson setup "$dir" "$@" >"$work/log" 2>&1 || return 1
    fi
    ninja -C "$dir" sim/cli/sim >"$work/log" 2>&1
}

# NAME BUILD JOBS MASK
variants='
gcc-O3               gcc-O3     1  -
gcc-O3-again         gcc-O3     1  -
gcc-O3-2-threads     gcc-O3     2  -
gcc-O3-FMA-masked    gcc-O3     1  glibc.cpu.hwcaps=-FMA,-AVX2,-FMA4
gcc-O0               gcc-O0     2  -
gcc-O3-native        native     2  -
gcc-O3-native-masked native     2  glibc.cpu.hwcaps=-FMA,-AVX2,-FMA4
clang-O3             clang-O3   2  -
clang-O0             clang-O0   2  -'

build_all() {
    build gcc-O3 gcc --buildtype=release &&
        build gcc-O0 gcc --buildtype=debug &&
        build native gcc --buildtype=release -Dc_args=-march=native &&
        build clang-O3 clang --buildtype=release &&
        build clang-O0 clang --buildtype=debug
}

# A run that ends badly on purpose (status 1) has its result, too.
# result BUILD JOBS MASK WORKLOAD: SHA-256 of the whole JSON and of the trace
result() {
    local tunables="" status=0

    [[ $3 == - ]] || tunables=$3
    GLIBC_TUNABLES=$tunables "build/ci/determinism-$1/sim/cli/sim" --workload="workloads/$4" \
        "${short[@]}" --jobs="$2" --format=json --trace="$work/trace.json" \
        --trace-window=1ms..40ms >"$work/out" 2>"$work/err" || status=$?
    ((status <= 1)) || return 1
    [[ -s $work/out && -s $work/trace.json ]] || return 1
    cat "$work/out" "$work/trace.json" | sha256sum | cut -c 1-32
    rm "$work/trace.json"
}

if ! build_all; then
    tail -n 20 "$work/log"
    printf '0 passed, 1 failed, 0 skipped\n'
    exit 1
fi
for workload in "${workloads[@]}"; do
    expected=
    printf '%s\n' "$workload"
    while read -r name tree jobs mask; do
        if ! digest=$(result "$tree" "$jobs" "$mask" "$workload"); then
            digest='no result'
            tail -n 3 "$work/err"
        fi
        expected=${expected:-$digest}
        if [[ $digest == "$expected" && $digest != 'no result' ]]; then
            passed=$((passed + 1))
            verdict=
        else
            failed=$((failed + 1))
            verdict='  FAIL'
        fi
        printf '  %-22s %s%s\n' "$name" "$digest" "$verdict"
    done <<<"${variants:1}"
done
printf '%d passed, %d failed, 0 skipped\n' "$passed" "$failed"
((failed == 0))
