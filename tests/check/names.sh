#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
#
# names.sh BUILD - every public name of apf/ is another one in the checker's builds of it
#
# Builds with other limits have other structs. A name that check/variant.h leaves out is one
# function for all of them, and whichever the linker takes reads the wrong offsets.
set -euo pipefail
cd "${1:?usage: names.sh BUILD}"

names() { # LIBRARY: the functions and data that it defines, without the variant's suffix
    nm --defined-only --extern-only "$1" | awk 'NF == 3 && $3 ~ /^apf_/ { print $3 }' | sort -u
}

plain=$(names apf/libapf.a)
[[ -n $plain ]] || { printf 'FAIL: no names in apf/libapf.a\n'; exit 1; }
for library in check/libcheck_small.a check/libcheck_large.a; do
    shared=$(comm -12 <(printf '%s\n' "$plain") <(names "$library"))
    if [[ -n $shared ]]; then
        printf 'FAIL: %s defines, as libapf.a does: %s\n' "$library" "$(tr '\n' ' ' <<<"$shared")"
        exit 1
    fi
done
printf 'ok: %d names of apf/ are kept apart\n' "$(wc -l <<<"$plain")"
