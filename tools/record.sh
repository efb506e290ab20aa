#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
#
# record.sh - records the page traces in workloads/ again
#
#   tools/record.sh [cc1] [sqlite] [sort]      default: all three
#
# Needs valgrind, gcc and sqlite3. The inputs are generated here, the same each time; programs run
# with an empty environment, so that two recordings with the same binaries are equal. It takes a few
# minutes each: valgrind writes one line for every memory access.
set -euo pipefail

root=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)
fold=$root/build/tools/page_fold
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT

# record NAME PROGRAM-AND-VERSION COMMAND...
record() {
    local name=$1 program=$2 text

    shift 2
    text="${1##*/} ${*:2}"
    printf 'record: %s\n' "$text" >&2
    (
        cd "$work"
        env -i LC_ALL=C valgrind --tool=lackey --trace-mem=yes --log-fd=9 "$@" \
            9>&1 >/dev/null 2>err |
            "$fold" --program="$program" --command="$text" "$name.pt"
    )
    mv "$work/$name.pt" "$root/workloads/$name.pt"
}

# A C file of ten structs, loops and switches, for the compiler.
write_c() {
    local i

    for i in {0..9}; do
        cat <<X
struct s$i { int a, b[8]; struct s$i *next; };
static int f$i(struct s$i *s, int n)
{
    int sum = 0;
    for (int i = 0; i < n; i++) {
        if (s->b[i & 7] > $i)
            sum += s->b[i & 7] * n;
        else
            sum ^= s->a + i;
    }
    return s->next ? f$i(s->next, n - 1) + sum : sum;
}
int g$i(int n)
{
    struct s$i s = {n, {1, 2, 3, $i}, 0};
    switch (n) {
    case 1: return f$i(&s, 3);
    case 7: return n * $i;
    default: return f$i(&s, n);
    }
}
X
    done
}

# 80000 lines of 89 letters in no order: a linear congruential generator in awk's exact integers.
write_text() {
    awk 'BEGIN {
        x = 1
        for (i = 0; i < 80000; i++) {
            line = ""
            for (j = 0; j < 89; j++) {
                x = (x * 16807) % 2147483647
                line = line substr("abcdefghijklmnopqrst", 1 + x % 20, 1)
            }
            print line
        }
    }'
}

write_sql() {
    cat <<'X'
PRAGMA cache_size=-16000;
CREATE TABLE t(id INTEGER PRIMARY KEY, k INTEGER, v TEXT);
WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i+1 FROM n WHERE i<4000)
INSERT INTO t SELECT i, (i*7919)%4001, printf('%0900d', i) FROM n;
CREATE INDEX tk ON t(k);
SELECT count(*), sum(length(v)) FROM t WHERE k BETWEEN 100 AND 2000;
SELECT a.k, b.v FROM t a JOIN t b ON b.k = (a.k*31)%4001 WHERE a.id%9=0;
X
}

record_one() {
    case $1 in
    cc1)
        write_c >"$work/input.c"
        record cc1 "gcc $(gcc -dumpfullversion)" \
            "$(gcc -print-prog-name=cc1)" -quiet -O0 input.c -o output.s
        ;;
    sqlite)
        write_sql >"$work/input.sql"
        record sqlite "sqlite3 $(sqlite3 --version | cut -d ' ' -f 1)" \
            "$(command -v sqlite3)" :memory: '.read input.sql'
        ;;
    sort)
        write_text >"$work/input.txt"
        record sort "$(sort --version | head -n 1)" \
            "$(command -v sort)" --parallel=1 -S 16M input.txt
        ;;
    *)
        printf 'usage: tools/record.sh [cc1] [sqlite] [sort]\n' >&2
        exit 2
        ;;
    esac
}

[[ -x $fold ]] || "$root/dev" build
(($#)) || set -- cc1 sqlite sort
for name in "$@"; do
    record_one "$name"
done
