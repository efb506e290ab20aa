#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
#
# mutate.sh - do the tests of check/ notice a mistake in check/?
#
# Each line of the list is one small mistake: a file and a sed expression. The file is changed in a
# copy of the tree, built, and asked: the unit tests, then the counts of quick scopes against
# docs/check.md. A failure (or a crash) of either kills the mutant. Fails if a mutant survives, if
# an expression changes nothing, or if a mutant does not compile.
#
# usage: tests/check/mutate.sh BUILD_DIR [EVERY]     EVERY=5 takes each fifth line (a sample for CI)
# BUILD_DIR is made if need be and holds only this script's files.
set -u
if [ $# -lt 1 ]; then
    sed -n '3,12s/^# \{0,1\}//p' "$0"
    exit 2
fi
root=$(cd "$(dirname "$0")/../.." && pwd)
mkdir -p "$1" || exit 2
build=$(cd "$1" && pwd)
every=${2:-1}
tree=$build/tree
out=$build/out

mutants() {
    cat <<'LIST'
world_inv.c|s/if (!vcpu_is_idle(&w->v\[v\]))/if (0)/
world_inv.c|s/w->t\[t\].state != TASK_DONE/0/
world_worker.c|/^static void kick/,/^}/s/world_wake_vcpu(m, v);//
world_worker.c|/^static void append/,/^}/s/world_page_comes(m, .*;//
world_worker.c|s/ && !(c->work\[i\] & WORK_CAME)//
world_worker.c|s/state == APF_ITEM_CANCELLED &&/state == APF_ITEM_FREE \&\&/
world.c|s/if (!c->lapic || a->value < 16)/if (a->value < 16)/
world.c|s/if (!c->lapic || a->value < 16)/if (!c->lapic)/
world_inv.c|s/!strncmp(broken, "INV-11:", 7) || !strncmp(broken, "INV-30:", 7)/false/
check_search.c|s/(r->result.stuck > 0) != stuck/0/
check_search.c|s/(r->result.marked > 0) != unkicked/0/
check_search.c|s/with_bug ? s->stuck : s->stuck_without/s->stuck/
check_search.c|s/(with_bug \&\& (is_listed/(1 \&\& (is_listed/
world_guest.c|/INV-15: not-present is handled/d
world_guest.c|/INV-31: no ready leaves/d
world_guest.c|s/^    c->isr = true;//
check_world.h|s/return task < 8 \&\&/return/
world_inv.c|s/if (c->pc != T_BLOCKED || !c->h.halted || .*/if (1) {/
world_inv.c|s/return c->pc != T_BLOCKED || !c->pf;/return true;/
world_inv.c|s/c->irr || c->isr || handles_ready(c, G_ACK))/1)/
world_inv.c|s/return !apf_host_pv_enabled(&c->h) || !c->h.pageready/return true || !c->h.pageready/
world_inv.c|s/return owned_elsewhere(m, &g->node\[n\])/return false/
world_inv.c|s/if ((pc >= G_OFF_STEAL \&\& pc <= G_ON_EN) ||/if ((pc > G_ON_EN) ||/
world_inv.c|s/ || c->pc == T_USER) {/) {/
world_inv.c|s/if ((m->p.flags \& CHECK_LATE_EN) \&\& c->gc/if (0 \&\& c->gc/
world_inv.c|s/if (c->h.item\[i\].notify || /if (/
world_rename.c|s/next == 0 || next >= IDS/next >= IDS/
world_rename.c|s/if (w->budget\[CHECK_MIGRATE\] || /if (/
world_pack.c|s/((value >> 12) + first)/(value >> 12)/
world_pack.c|s/b->anew \&\& got > ids/got > ids/
world_build.c|s/world_good(m, w) ? EXPLORE_GOOD : 0u/EXPLORE_GOOD/
check_fuzz.c|s/run->left_out = i;//
check_fuzz.c|s/run->left_out == count/true/
world_script.c|s/c->irr = c->isr = c->timer = false;/c->isr = c->timer = false;/
world_script.c|s/c->irr = c->isr = c->timer = false;/c->irr = c->timer = false;/
world_script.c|s/c->irr = c->isr = c->timer = false;/c->irr = c->isr = false;/
world_inv.c|s/ || world_deliver(c) ||$/ ||/
world_inv.c|s/(c->timer \&\& c->iflag) || !apf/!apf/
world_inv.c|s/if (c->pc != T_BLOCKED || !apf_host_has_done(&c->h))/if (1)/
world_inv.c|s/APF_ITEM_DONE && !c->h.item\[i\].worker_returned/APF_ITEM_DONE/
world_inv.c|s/state == APF_ITEM_DONE && !c->h/state != APF_ITEM_FREE \&\& !c->h/
LIST
}

# Prints who noticed.
killer() {
    export PROTOCOL_RULES=$tree/docs/protocol-rules.md
    local test
    for test in states moves search; do
        if ! timeout 120 "$tree/build/tests/check/test_check_$test" >"$out" 2>&1; then
            echo "$test"
            return 0
        fi
    done
    timeout 300 sh "$tree/tests/check/counts.sh" "$tree/build/sim/cli/sim" "$tree/docs/check.md" \
        >"$out" 2>&1 && return 1
    echo counts
}

compile() {
    ninja -C "$tree/build" sim/cli/sim tests/check/test_check_states tests/check/test_check_moves \
        tests/check/test_check_search >"$out" 2>&1
}

prepare() {
    rm -rf "$tree" && mkdir -p "$tree" &&
        tar -C "$root" --exclude='./build*' --exclude=./.git -cf - . | tar -C "$tree" -xf - &&
        meson setup -Dwerror=false "$tree/build" "$tree" >"$out" 2>&1 && compile
}

if ! prepare; then
    tail -n 20 "$out"
    exit 1
fi
if who=$(killer); then
    echo "$who fails without any mutation"
    tail -n 20 "$out"
    exit 1
fi

number=0 killed=0 bad=0
while IFS='|' read -r file expression; do
    number=$((number + 1))
    [ $((number % every)) -eq 0 ] || continue
    at=$tree/check/$file
    sed -i "$expression" "$at"
    if cmp -s "$at" "$root/check/$file"; then
        echo "$number: CHANGED NOTHING: $file: $expression"
        bad=$((bad + 1))
    elif ! compile; then
        echo "$number: DOES NOT COMPILE: $file: $expression"
        grep -m1 error "$out"
        bad=$((bad + 1))
    elif who=$(killer); then
        killed=$((killed + 1))
        echo "$number: killed by $who: $file: $expression"
    else
        echo "$number: SURVIVED: $file: $expression"
        bad=$((bad + 1))
    fi
    cp "$root/check/$file" "$at"
done < <(mutants)

printf '%d passed, %d failed, 0 skipped\n' "$killed" "$bad" # killed; survived or unusable
[ "$bad" -eq 0 ] && [ "$killed" -gt 0 ]
