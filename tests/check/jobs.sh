#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-or-later
# jobs.sh SIM: rows come in the table's order whatever ends first; a limit says what to do; a run
# that is killed leaves whole trail files only.
set -eu
sim=$1
dir=$(mktemp -d)
trap 'rm -rf "$dir"' EXIT

fail() {
    echo "jobs.sh: $*"
    exit 1
}

timeless() { # how fast it went is the only thing that may differ
    sed -E 's|, [0-9.]+ s, [0-9.]+ M states/s||'
}

"$sim" check --scope=switches --scope=case-8 --scope=init --jobs=1 | timeless >"$dir/one"
"$sim" check --scope=switches --scope=case-8 --scope=init --jobs=4 | timeless >"$dir/four"
cmp "$dir/one" "$dir/four" || fail "4 searches at once print something else than one by one"
[ "$(grep -c '^ok ' "$dir/one")" -gt 50 ] || fail "rows are missing"

status=0
"$sim" check --scope=rewrite --memory=16MiB --jobs=1 >"$dir/cut" || status=$?
[ "$status" -eq 1 ] || fail "a search that was cut off ends with status $status"
grep -q 'not exhausted: memory limit of 16 MiB reached after [0-9]* states; --memory=32MiB' \
    "$dir/cut" || fail "the memory limit is not told"

"$sim" check --scope=switches --scope=case-2 --scope=two-vcpus --save="$dir" >"$dir/killed" &
sleep 0.3
kill -9 $! 2>/dev/null || true
wait $! 2>/dev/null || true
for trail in "$dir"/*.trail; do
    [ -e "$trail" ] || continue
    "$sim" check --replay="$trail" >"$dir/replay" || true
    grep -Eq '^([0-9]+) of \1 moves made' "$dir/replay" || fail "$trail is not whole"
done

# Again and again into the same directory, and killed in the middle: names of trails, and no others.
mkdir "$dir/again"
for pause in 0.02 0.05 0.09 0.14 0.2; do
    "$sim" check --scope=switches --save="$dir/again" >"$dir/killed" &
    sleep "$pause"
    kill -9 $! 2>/dev/null || true
    wait $! 2>/dev/null || true
done
for file in "$dir/again"/*; do
    case $file in
    *'/*' | *.trail | *.txt) ;;
    *) fail "a killed run has left $file" ;;
    esac
done
