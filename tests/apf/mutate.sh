#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
#
# mutate.sh - do the tests of apf/ notice a mistake in apf/?
#
# Each line of the list is one small mistake: a file and a sed expression. The file is changed in a
# copy, built, and the suites run against it: a failing (or crashing) suite kills the mutant.
# Fails if a mutant survives, if an expression changes nothing, or if a mutant does not compile.
#
# usage: tests/apf/mutate.sh BUILD_DIR [EVERY]     EVERY=5 takes each fifth line (a sample for CI)
# BUILD_DIR is made if need be and holds only this script's files. CC chooses the compiler.

set -u
if [ $# -lt 1 ]; then
    sed -n '3,12s/^# \{0,1\}//p' "$0"
    exit 2
fi
root=$(cd "$(dirname "$0")/../.." && pwd)
build=$1
every=${2:-1}
cc=${CC:-gcc}
mkdir -p "$build" || exit 2

mutants() {
    cat <<'LIST'
apf_host.c|s/if (ctx->event_reinject)/if (0)/
apf_host.c|s/if (ctx->exception_pending)/if (0)/
apf_host.c|s/if (!h->lapic_in_kernel)/if (0)/
apf_host.c|s/ctx->hlt_in_guest && apf_host/ctx->hlt_in_guest || apf_host/
apf_host.c|s/if (!ctx->irq_allowed)/if (0)/
apf_host.c|s/if (ctx->cpl == 0)/if (ctx->cpl == 1)/
apf_host.c|s/if (!h->send_always)/if (1)/
apf_host.c|s/if (ctx->protected_state)/if (0)/
apf_host.c|s/return h->as_pf_vmexit ? APF_WHY_NONE : APF_WHY_L2/return APF_WHY_NONE/
apf_host.c|s/deliver_tests_paging \&\& !ctx->paging/deliver_tests_paging \&\& ctx->paging/
apf_host.c|s/return (h->msr_en & both) == both/return (h->msr_en \& both) != 0/
apf_host.c|s/dequeue_tests_lapic && !lapic_enabled/dequeue_tests_lapic \&\& 0/
apf_host.c|s/return area && h->area_valid && area->token == 0/return area \&\& h->area_valid/
apf_host.c|s/token_nonzero && (h->id << 12) == 0/token_nonzero \&\& h->id == 0/
apf_host.c|s/(h->id++ << 12) | h->vcpu_id/(++h->id << 12) | h->vcpu_id/
apf_host.c|s/h->queued >= APF_LIMIT/h->queued > APF_LIMIT/
apf_host.c|s/h->queued >= APF_LIMIT/h->queued >= APF_LIMIT - 1/
apf_host.c|s/in->hva_error || in->gfn == APF_NO_GFN/in->hva_error/
apf_host.c|/APF_TRACE_NOT_PRESENT/d
apf_host.c|s/^    apf_gfn_add(h, in->gfn);//
apf_host.c|s/area->flags = APF_REASON_NOT_PRESENT;//
apf_host.c|s/in->area_faults || !h->area_valid/!h->area_valid/
apf_host.c|s/if (in->prefault)/if (0)/
apf_host.c|s/if (apf_host_in_flight(h, in->gfn))/if (0)/
apf_host.c|s/^    h->queued++;//
apf_host.c|s/item->notify = true;//
apf_host.c|s/if (!h->pageready_pending)/if (1)/
apf_host.c|s/if (!h->item\[i\].wakeup_all) {/if (h->item[i].wakeup_all) {/
apf_host.c|s/^        apf_gfn_del(h, item->gfn);//
apf_host.c|s/(item->wakeup_all || item->notpresent_injected) && //
apf_host.c|s/area->token = item->token;//
apf_host.c|s/h->pageready_pending = true;//
apf_host.c|/APF_DO_RUNNABLE/,$!{/h->halted = false;/d}
apf_host.c|s/^    h->queued--;//
apf_host.c|s/^    apf_queue_remove(h, i);//
apf_host.c|s/if (apf_rules(h)->flush_on_free)/if (0)/
apf_host.c|s/h->requests &= ~APF_REQ_READY;//
apf_host.c|s/item->worker_returned = true;//
apf_host_list.h|s/h->item\[h->done_tail\].next = (uint8_t)i/h->done_head = (uint8_t)i/
apf_host_list.h|s/from_home >= (/from_home > (/
apf_host_msr.c|s/return !h->enforce_cpuid || /return /
apf_host_msr.c|s/has(h, apf_rules(h)->ack_gated_by_int/has(h, !apf_rules(h)->ack_gated_by_int/
apf_host_msr.c|s/(value & APF_EN_RESERVED) ||/(value \& 0x10) ||/
apf_host_msr.c|s/return in->value == 0;/return true;/
apf_host_msr.c|s/if (apf_host_has_done(h))/if (0)/
apf_host_msr.c|s/bad_area && apf_rules(h)->en_checks_area_first/bad_area/
apf_host_msr.c|s/(value >> 8) || !h->lapic_in_kernel/value >> 8/
apf_host_msr.c|s/if (in->value & 1)/if (in->value)/
apf_host_msr.c|s/^        h->pageready_pending = false;//
apf_host_msr.c|s/^    apf_gfn_reset(h);//
apf_host_msr.c|s/^    h->queued = 0;//
apf_host_msr.c|s/^    h->msr_en = 0;//
apf_host_msr.c|s/} else if (paging && /} else if (/
apf_host_msr.c|s/if (!apf_rules(h)->pg_keeps_queue)/if (0)/
apf_host_msr.c|s/item->state = APF_ITEM_CANCELLED;/apf_item_free(h, i);/
apf_guest.c|s/g->node\[\*link\].cpu != cpu/0/
apf_guest.c|s/if (rules(g)->nmi_peeks_flags && kernel)/if (kernel)/
apf_guest.c|s/^    area->flags = 0;//
apf_guest.c|s/if (!in->if_flag)/if (0)/
apf_guest.c|s/en |= APF_EN_DELIVERY_AS_INT;//
apf_guest.c|s/area->token = 0;//
apf_guest.c|s/} else if (!cpu->enabled) {/} else if (0) {/
apf_guest.c|s/if (!in->shutdown)/if (1)/
apf_guest.c|s/cpu->enabled = false;//
apf_guest.c|s/in->kind == APF_GIN_ZERO/in->kind == APF_GIN_ACK/
apf_guest.c|s/g->node\[n\].next = \*head;/g->node[n].next = APF_NO_NODE;/
apf_version.c|s/\.token_nonzero = true/.token_nonzero = false/
apf.h|s/0x61C88647u/0x9E3779B9u/
LIST
}

suites="hash versions host guest total story"
flags="-std=gnu11 -D_GNU_SOURCE -O1 -w"

sources_of() {
    case $1 in
    story) echo "story.c test_apf_story.c test_apf_story_life.c test_apf_story_old.c" ;;
    *) echo "test_apf_$1.c" ;;
    esac
}

# The tests see only apf's headers, so their objects are built once per changed header.
build_tests() { # directory of apf's sources, output directory
    local s f
    mkdir -p "$2"
    for s in $suites; do
        for f in $(sources_of "$s"); do
            "$cc" $flags -I"$1" -I"$root/tests/apf" -c "$root/tests/apf/$f" -o "$2/$f.o" ||
                return 1
        done
    done
}

run_suites() { # directory of apf's sources, directory of the tests' objects; prints the killer
    local s f objects
    for s in $suites; do
        objects=
        for f in $(sources_of "$s"); do objects="$objects $2/$f.o"; done
        "$cc" $flags $objects "$1"/*.o -lcriterion -o "$build/suite_$s" || return 2
        if ! timeout 60 "$build/suite_$s" >"$build/suite.log" 2>&1; then
            echo "$s"
            return 0
        fi
    done
    return 1
}

compile_apf() {
    local f
    for f in "$1"/*.c; do
        "$cc" $flags -I"$1" -c "$f" -o "${f%.c}.o" || return 1
    done
}

rm -rf "$build/good" "$build/tests"
mkdir -p "$build/good"
cp "$root"/apf/*.[ch] "$build/good" &&
    compile_apf "$build/good" && build_tests "$build/good" "$build/tests" || exit 1
if killer=$(run_suites "$build/good" "$build/tests"); then
    echo "the suite $killer fails without any mutation"
    exit 1
fi

number=0 killed=0 bad=0
while IFS='|' read -r file expression; do
    number=$((number + 1))
    [ $((number % every)) -eq 0 ] || continue
    dir=$build/mutant
    tests=$build/tests
    rm -rf "$dir" && cp -r "$build/good" "$dir"
    sed -i "$expression" "$dir/$file"
    if cmp -s "$dir/$file" "$build/good/$file"; then
        echo "$number: CHANGED NOTHING: $file: $expression"
        bad=$((bad + 1))
        continue
    fi
    if [ "${file%.h}" = "$file" ]; then
        "$cc" $flags -I"$dir" -c "$dir/$file" -o "$dir/${file%.c}.o"
    else
        tests=$build/mutant_tests
        compile_apf "$dir" && build_tests "$dir" "$tests"
    fi || {
        echo "$number: DOES NOT COMPILE: $file: $expression"
        bad=$((bad + 1))
        continue
    }
    if killer=$(run_suites "$dir" "$tests"); then
        killed=$((killed + 1))
        echo "$number: killed by $killer: $file: $expression"
    else
        echo "$number: SURVIVED: $file: $expression"
        bad=$((bad + 1))
    fi
done < <(mutants)

echo "$killed killed, $bad survived or unusable"
[ "$bad" -eq 0 ] && [ "$killed" -gt 0 ]
