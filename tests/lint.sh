#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
#
# lint.sh - what checkers of source find; one checker is one test
#
# A checker that is not installed is skipped by name. Needs no build of its own but what gcc's
# analyzer compiles.
set -euo pipefail

root=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)
cd "$root"
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
passed=0 failed=0 skipped=0

rooms_of=(apf calibrate check sim models tools)
mapfile -t rooms < <(find "${rooms_of[@]}" -name '*.c' | LC_ALL=C sort)
# check/ is built with its sizes on the command line: cppcheck does not know them.
mapfile -t plain < <(printf '%s\n' "${rooms[@]}" | grep -v '^check/')
mapfile -t all_c < <(find "${rooms_of[@]}" tests bench -name '*.[ch]' | LC_ALL=C sort)
mapfile -t scripts < <(
    printf '%s\n' dev .ci/run
    find docs tests tools -name '*.sh' | LC_ALL=C sort
)

# check NAME PROGRAM FUNCTION: silent when all is well
check() {
    if ! command -v "$2" >/dev/null; then
        printf 'skipped: %s (no %s)\n' "$1" "$2"
        skipped=$((skipped + 1))
    elif "$3" >"$work/log" 2>&1; then
        printf 'ok: %s\n' "$1"
        passed=$((passed + 1))
    else
        printf 'FAIL: %s\n' "$1"
        tail -n 60 "$work/log"
        failed=$((failed + 1))
    fi
}

run_clang_format() {
    clang-format --dry-run -Werror "${all_c[@]}"
}

# Include paths of all rooms; the borders are the build's business.
includes=(-Iapf -Isim/engine -Imodels -Imodels/params -Imodels/fair -Imodels/pages -Imodels/guest
    -Imodels/script -Isim/config -Isim/trace -Isim/capture -Isim/report -Isim/picture
    -Isim/cli/base -Isim/cli/check -Isim/cli/sweep -Isim/cli/trace -Isim/cli/host
    -Icalibrate -Icalibrate/linux_guest -Itools)

run_cppcheck() {
    cppcheck --quiet -j 2 --std=c11 --enable=warning,performance,portability --inline-suppr \
        --suppress=missingIncludeSystem '-DG_GNUC_PRINTF(a,b)=' '-DG_DEFINE_QUARK(a,b)=' \
        --error-exitcode=1 -D_GNU_SOURCE "${includes[@]}" \
        "${plain[@]}"
}

configured() { # a compilation database of clang's own, and the headers that the build makes
    [[ -f $work/clang/compile_commands.json ]] ||
        { CC=clang meson setup "$work/clang" &&
            ninja -C "$work/clang" calibrate/guest_image.h \
                calibrate/linux_guest/linux_init.h; } >/dev/null
}

run_clang_tidy() {
    configured
    printf '%s\0' "${rooms[@]}" |
        xargs -0 -n 4 -P 2 clang-tidy --quiet -p "$work/clang"
}

run_analyzer() {
    meson setup "$work/analyzer" --buildtype=debugoptimized -Dc_args=-fanalyzer >/dev/null &&
        ninja -C "$work/analyzer" sim/cli/sim
}

run_shellcheck() {
    shellcheck "${scripts[@]}"
}

run_codespell() {
    codespell -q 3 apf calibrate sim models tools tests docs workloads ./*.md dev
}

check clang-format clang-format run_clang_format
check shellcheck shellcheck run_shellcheck
check cppcheck cppcheck run_cppcheck
check 'gcc -fanalyzer' gcc run_analyzer
check clang-tidy clang-tidy run_clang_tidy
check codespell codespell run_codespell
printf '%d passed, %d failed, %d skipped\n' "$passed" "$failed" "$skipped"
((failed == 0))
