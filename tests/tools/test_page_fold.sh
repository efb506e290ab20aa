#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
# test_page_fold.sh PAGE_FOLD: what becomes a touch, and how bad input ends
set -euo pipefail

fold=$1
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
passed=0 failed=0

expect() { # NAME EXPECTED ACTUAL
    if [[ $2 == "$3" ]]; then
        passed=$((passed + 1))
    else
        failed=$((failed + 1))
        printf 'FAIL: %s: expected "%s", got "%s"\n' "$1" "$2" "$3"
    fi
}

# folded LINES [OPTION...]: what page_fold counts, "touches pages"
folded() {
    local lines=$1

    shift
    printf '%b' "$lines" | "$fold" "$@" "$work/t.pt" 2>/dev/null
    sed -n -e 's/^touches: //p' -e '/^$/q' "$work/t.pt" | tr '\n' ' '
    sed -n -e 's/^pages: //p' -e '/^$/q' "$work/t.pt"
}

status_of() { # LINES OPTION...: exit status
    local lines=$1 status=0

    shift
    printf '%b' "$lines" | "$fold" "$@" >/dev/null 2>&1 || status=$?
    printf '%d' "$status"
}

expect 'accesses to one page are one touch' '1 1' "$(folded ' L 1000,8\n L 1008,8\nI  1010,3\n')"
expect 'the first write to a page that was read is a touch' '2 1' \
    "$(folded ' L 1000,8\n S 1008,8\n S 1010,8\n')"
expect 'a modify is a write' '1 1' "$(folded ' M 1000,8\n S 1008,8\n')"
expect 'an access across a boundary touches both pages' '2 2' "$(folded ' L 1ffc,8\n')"
expect 'a page that left the filter is touched anew' '4 3' \
    "$(folded ' L 1000,8\n L 2000,8\n L 3000,8\n L 1000,8\n' --filter=2)"
expect 'a page that was used lately stays in the filter' '3 3' \
    "$(folded ' L 1000,8\n L 2000,8\n L 1000,8\n L 3000,8\n L 1000,8\n' --filter=2)"
expect 'words of valgrind are skipped' '1 1' "$(folded '==12== Lackey\n L 1000,8\n==12== \n')"
expect 'no access is an error' 2 "$(status_of '==12== nothing\n' "$work/none.pt")"
expect 'a filter of zero is an error' 2 "$(status_of ' L 1000,8\n' --filter=0 "$work/none.pt")"
expect 'no file is an error' 2 "$(status_of ' L 1000,8\n')"
expect 'a folder that is not there is an error' 1 "$(status_of ' L 1000,8\n' "$work/no/t.pt")"
printf '%d passed, %d failed, 0 skipped\n' "$passed" "$failed"
((failed == 0))
