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

# Flags and lists of objects are split into words on purpose.
# shellcheck disable=SC2086
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
apf_host_can.c|s/if (ctx->event_reinject)/if (0)/
apf_host_can.c|s/ctx->exception_pending && !/!/
apf_host_can.c|s/if (ctx->exception_pending &&/if (0 \&\&/
apf_host_can.c|s/if (!h->lapic_in_kernel)/if (0)/
apf_host_can.c|s/ctx->hlt_in_guest && apf_host/ctx->hlt_in_guest || apf_host/
apf_host_can.c|s/if (!ctx->irq_allowed)/if (0)/
apf_host_can.c|s/if (ctx->cpl == 0)/if (ctx->cpl == 1)/
apf_host_can.c|s/if (!h->send_always)/if (1)/
apf_host_can.c|s/if (ctx->protected_state &&/if (0 \&\&/
apf_host_can.c|s/ && apf_rules(h)->deliver_tests_protected//
apf_host_can.c|s/return h->as_pf_vmexit ? APF_WHY_NONE : APF_WHY_L2/return APF_WHY_NONE/
apf_host_can.c|s/24) \&\& !ctx->paging/24) \&\& ctx->paging/
apf_host_list.h|s/return (h->msr_en & both) == both/return (h->msr_en \& both) != 0/
apf_host_can.c|s/20) && !lapic_enabled/20) \&\& 0/
apf_host_can.c|s/return area && h->area_valid && area->token == 0/return area \&\& h->area_valid/
apf_host_fault.c|s/nonzero && (h->id << 12) == 0/nonzero \&\& h->id == 0/
apf_host_fault.c|s/(h->id++ << 12) | h->vcpu_id/(++h->id << 12) | h->vcpu_id/
apf_host_fault.c|s/h->queued >= APF_LIMIT/h->queued > APF_LIMIT/
apf_host_fault.c|s/h->queued >= APF_LIMIT/h->queued >= APF_LIMIT - 1/
apf_host_fault.c|s/in->hva_error || in->gfn == APF_NO_GFN/in->hva_error/
apf_host_fault.c|/APF_TRACE_NOT_PRESENT/d
apf_host_fault.c|s/^ *apf_gfn_add(h, in->gfn);//
apf_host_fault.c|s/area->flags = APF_REASON_NOT_PRESENT;//
apf_host_fault.c|s/in->area_faults || !h->area_valid/!h->area_valid/
apf_host_fault.c|s/if (in->prefault)/if (0)/
apf_host_fault.c|s/if (apf_host_in_flight(h, in->gfn))/if (0)/
apf_host_fault.c|s/^    h->queued++;//
apf_host.c|s/item->notify = true;//
apf_host.c|s/if (!filtered)/if (1)/
apf_host.c|s/if (!h->item\[i\].wakeup_all \&\&/if (h->item[i].wakeup_all \&\&/
apf_host.c|s/^        apf_gfn_del(h, item->gfn);//
apf_host.c|s/item->wakeup_all || item->notpresent_injected || !APF/true || !APF/
apf_host.c|s/area->token = item->token;//
apf_host.c|s/h->pageready_pending = true;//
apf_host.c|/APF_DO_RUNNABLE/,$!{/h->halted = false;/d}
apf_host.c|s/^    h->queued--;//
apf_host.c|s/^    apf_queue_remove(h, i);//
apf_host.c|s/if (APF_RULE(h, flush_on_free, 25))/if (0)/
apf_host.c|s/h->requests &= ~APF_REQ_READY;//
apf_host.c|s/item->worker_returned = true;//
apf_host_list.h|s/h->item\[h->done_tail\].next = (uint8_t)i/h->done_head = (uint8_t)i/
apf_host_list.h|s/from_home >= (/from_home > (/
apf_host_msr.c|s/return !h->enforce_cpuid || /return /
apf_host_msr.c|s/APF_RULE(h, ack_gated_by_int, 22)/!&/
apf_host_msr.c|s/(value & APF_EN_RESERVED) ||/(value \& 0x10) ||/
apf_host_msr.c|s/return in->value == 0 && /return /
apf_host_msr.c|s/if (apf_host_has_done(h) \&\&/if (0 \&\&/
apf_host_msr.c|s/bad_area && APF_RULE(h, en_checks_area_first, 27)/bad_area/
apf_host_msr.c|s/(value >> 8) || !h->lapic_in_kernel/value >> 8/
apf_host_msr.c|s/if (in->value & 1)/if (in->value)/
apf_host_msr.c|s/^        h->pageready_pending = false;//
apf_host_msr.c|s/^    apf_gfn_reset(h);//
apf_host_msr.c|s/^    h->queued = 0;//
apf_host_msr.c|s/^    h->msr_en = 0;//
apf_host_msr.c|s/} else if (paging && /} else if (/
apf_host_msr.c|s/if (!APF_RULE(h, pg_keeps_queue, 26))/if (0)/
apf_host_msr.c|s/item->state = APF_ITEM_CANCELLED;/apf_item_free(h, i);/
apf_guest_hash.c|s/: g->node\[\*link\].cpu == cpu;/: true;/
apf_guest.c|s/if (APF_GUEST_RULE(g, nmi_peeks_flags, 29) && kernel)/if (kernel)/
apf_guest.c|s/^    area->flags = 0;//
apf_guest.c|s/if (!in->if_flag)/if (0)/
apf_guest.c|s/en |= APF_EN_DELIVERY_AS_INT;//
apf_guest.c|s/area->token = 0;//
apf_guest.c|s/} else if (!cpu->enabled) {/} else if (0) {/
apf_guest.c|s/if (!in->shutdown)/if (1)/
apf_guest.c|s/cpu->enabled = false;//
apf_guest.c|s/(kind == APF_GIN_ZERO/(kind == APF_GIN_ACK/
apf_guest_hash.c|s/g->node\[n\].next = \*head;/g->node[n].next = APF_NO_NODE;/
apf_host_can.c|s/^    if (ctx->guest_mode && !apf_bug/    if (!apf_bug/
apf_host_can.c|s/ctx->nested_run_pending && apf_fix/apf_fix/
apf_host_can.c|s/ctx->nested_run_pending && apf_fix(h, APF_FIX_13)/ctx->nested_run_pending/
apf_host_can.c|s/apf_fix(h, APF_FIX_15) && !h->item/!h->item/
apf_host_list.h|s/ \&\& apf_rules(h)->ready_by_pf);/);/
apf_host_fault.c|s/h->as_pf_vmexit &&$/1 \&\&/
apf_host_fault.c|s/in->ctx.l1_intercepts_pf || !apf_bug/in->ctx.l1_intercepts_pf \&\& !apf_bug/
apf_host_fault.c|s/item->l2 = in->ctx.guest_mode;//
apf_host_fault.c|s/if (APF_RULE(h, hook_first, 32))/if (1)/
apf_host_fault.c|s/^        hook.gfn = .*//
apf_host_fault.c|s/ && in->gfn == h->error_gfn) {/) {/
apf_host_fault.c|s/token == APF_TOKEN_WAKE_ALL && apf_fix/apf_fix/
apf_host.c|s/item->peeked = h->pageready_pending ? 2 : 1;/item->peeked = 1;/
apf_host.c|s/item->state == APF_ITEM_RUNNING && !APF_RULE/!APF_RULE/
apf_host.c|s/item->peeked ? item->peeked == 2 : h->pageready_pending/h->pageready_pending/
apf_host.c|s/^    apf_host_last_put(h, in->item, out);//
apf_host_fault.c|s/a->vmexit = in->ctx.guest_mode && apf_bug/a->vmexit = apf_bug/
apf_host.c|s/h->hook_item == APF_NO_ITEM || comes/1 || comes/
apf_host_can.c|s/if (!apf_pv_on(h))/if (0)/
apf_host_can.c|s/ctx->guest_mode && !h->as_pf_vmexit/0/
apf_host_can.c|s/seen.exception_pending &= /seen.exception_pending = /
apf_host_can.c|s/seen.irq_allowed |= /seen.irq_allowed = /
apf_host_can.c|s/area->flags == 0 || blind/1/
apf_host_old.c|s/area->flags = APF_REASON_READY;//
apf_host_old.c|s/a->vmexit = .*/a->vmexit = false;/
apf_host_msr.c|s/ready_by_pf && msr != APF_MSR_EN/ready_by_pf \&\& 0/
apf_host_msr.c|s/i != but && item->state/item->state/
apf_host_msr.c|s/apf_done_append(h, i) && !apf_rules/!apf_rules/
apf_host_msr.c|s/apf_rules(h)->ready_by_pf && (value & APF_EN_DELIVERY_AS_INT)/0/
apf_guest.c|s/^        area->token = 0;$//
apf_guest.c|s/if (g->send_always)/if (0)/
apf_guest.c|s/in->shutdown && cpu->cpu == 0/in->shutdown/
apf_guest_hash.c|s/if (g->node\[\*link\].halted)/if (0)/
apf_guest.c|s/^        out->flags = area->flags;//
apf_guest.c|s/in->l1 && apf_fix_on/apf_fix_on/
apf_guest.c|s/asleep && apf_fix_on/apf_fix_on/
apf_guest.c|s/out->unwatched = in->idle && /out->unwatched = /
apf_guest_hash.c|s/cpu->dummy_due = false;//
apf_guest_old.c|s/if (g->key && cpu->enabled)/if (g->key)/
apf_guest_old.c|s/^        area->flags = 0;//
apf_guest_old.c|s/in->cpl != 0 || in->l1/in->cpl != 0/
apf_guest_old.c|s/in->cpl != 0 || in->l1/in->l1/
apf_guest_old.c|s/if (in->idle) {/if (0) {/
apf_guest_old.c|s/in->preempt_disabled || (/0 || (/
apf_guest_old.c|s/if (!g->preempt)/if (0)/
apf_guest_old.c|s/out->unwatched = in->idle && /out->unwatched = /
apf_guest_hash.c|s/act\[i\].value == cpu/act[i].value != cpu/
apf_version.c|s/kernel == APF_KERNEL_4_14 ? -1/kernel == APF_KERNEL_4_14 ? 99/
apf_version.c|s/\.token_nonzero = true/.token_nonzero = false/
apf.h|s/0x61C88647u/0x9E3779B9u/
apf_host_inv.c|s/return real <= APF_LIMIT && /return /
apf_host_inv.c|s/ && h->queued == real + wake_all;/;/
apf_host_inv.c|s/return listed == filled;/return listed <= filled;/
apf_host_inv.c|s/item->state >= APF_ITEM_CANCELLED && item->worker_returned/0/
apf_host_inv.c|s/(item->token || item->notify)/0/
apf_host_inv.c|s/(item->token || item->notify)/item->token/
apf_host_inv_step.h|s/return !slot_written(c) || apf_did(c, APF_DO_SET_IRQ);/return true;/
apf_host_inv_step.h|s/return !apf_did(c, APF_DO_SET_IRQ) || c->area_before.token == 0;/return true;/
apf_host_inv_step.h|s/return c->area->flags == c->area_before.flags;/return true;/
apf_host_inv_step.h|s/return c->area->flags == told->value .*;/return true;/
apf_host_inv_step.h|s/return !apf_did(c, APF_DO_RUNNABLE) || !c->h->halted;/return true;/
apf_host_inv_step.h|s/return !halts || (/return !halts || 1 || (/
apf_host_inv_step.h|s/apf_rules(c->h)->ready_by_pf || (c->h->requests & APF_REQ_READY)/1/
apf_guest_inv.c|s/return length + g->sleepers + g->dummies == g->nodes_used;/return true;/
apf_guest_inv.c|s/return counted\[0\] == g->dummies \&\& counted\[1\] == g->sleepers;/return true;/
apf_guest_hash.c|s/cpu & INT32_MAX/cpu \& 255/
apf_guest_hash.c|s/g->preempt_rt && !apf_guest_rules_of/!apf_guest_rules_of/
apf_guest_hash.c|s/g->preempt_rt && !apf_guest_rules_of(g)->dummy_alloc_unlocked/g->preempt_rt/
apf_host_msr.c|s/n < APF_ITEMS \&\& h->done_head/n < APF_ITEMS - 1 \&\& h->done_head/
apf_guest_inv_step.h|s/ && !in->preempt_disabled//
apf_guest_inv_step.h|s/ || c->in->kind == APF_GIN_L1_PF;/;/
apf_host.c|s/apf_pv_on(h) && h->area_valid && !in/apf_pv_on(h) \&\& !in/
apf_host_can.c|s/ && area && h->area_valid &&$/ \&\& area \&\&/
apf_host_inv_step.h|s/ON(WORK_APPEND) | ON(USER_READY) | ON(WRMSR)/ON(WORK_APPEND) | ON(WRMSR)/
apf_host_msr.c|s/^        h->destroying = false;//
apf_host_msr.c|s/if (!apf_protocol_of(h)->off_keeps)/if (1)/
apf_host_other.c|s/!item->wakeup_all && item->token ==/item->token ==/
apf_host_other.c|s/^        area->token == h->event_token) {/        1) {/
apf_host_other.c|s/ && !(told && irq) &&/ \&\&/
apf_host_other.c|s/ && !irq && !c->h->event_pending;/ \&\& !irq;/
apf_host_other.c|s/ && !x->guest_mode//
apf_host_other.c|s/!c->h->halted && //
apf_host_other.c|s/return appends && done/return done/
apf_host_other.c|s/ && !c->in->ctx.irq_pending);/);/
apf_host_other.c|s/told->token == given->token && //
apf_host_other.c|s/IN(ARM64_SDEI) | IN(S390), it_can/IN(ARM64_SDEI), it_can/
apf_host_other.c|s/pair_is_free(area) && !h->event_pending ?/pair_is_free(area) ?/
apf_host_other.c|s/ctx->cpl == 0 && !h->send_always/ctx->cpl == 0/
apf_host_other.c|s/h->pageready_pending || !area/!area/
apf_host_other.c|s/item->user && item->state == APF_ITEM_RUNNING/item->user/
apf_guest_other.c|s/!g->key || !cpu->enabled/!cpu->enabled/
apf_guest_other.c|s/if (in->running)/if (!in->running)/
apf_guest_other.c|s/^        area->token = 0;//
apf_protocol.c|/APF_S390/,/without/s/merged = true/merged = false/
apf_protocol.c|s/.keeps_request = true/.keeps_request = false/
apf_protocol.c|s/INV-14: INV-25: INV-37/INV-14: INV-37/
apf_version.c|s/"BUG-32", APF_KERNEL_4_14/"BUG-32", APF_KERNEL_TIP/
apf_version.c|s/"BUG-22", APF_KERNEL_5_13/"BUG-22", APF_KERNEL_5_17/
apf_version.c|s/age(kernel) <= age(/age(kernel) < age(/
apf_bugs.c|s/that it finds", GUEST/that it finds", HOST/
apf_bugs.c|s/unsigned i = 1; i < rows/unsigned i = 2; i < rows/
apf_words.c|s/"l2"/"l3"/
apf_host_list.h|s/ && !more) {/) {/
apf_host_list.h|s/out->did |= 1u << kind;/out->did = 1u << kind;/
apf_host_list.h|s/n = 1; n < APF_GFN_SLOTS/n = 1; n < APF_GFN_SLOTS - 1/
LIST
}

suites="hash versions host guest invariants total story bugs pinned"
flags="-std=gnu11 -D_GNU_SOURCE -O1 -w"

sources_of() {
    case $1 in
    bugs) echo "story.c test_apf_bugs.c" ;;
    host) echo "test_apf_host.c test_apf_host_edges.c" ;;
    invariants)
        echo "test_apf_inv_state.c test_apf_inv_step.c test_apf_inv_guest.c test_apf_inv_other.c"
        echo "test_apf_inv_inputs.c"
        ;;
    story)
        echo "story.c test_apf_story.c test_apf_story_life.c test_apf_story_old.c"
        echo "test_apf_story_other.c"
        ;;
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

printf '%d passed, %d failed, 0 skipped\n' "$killed" "$bad" # killed; survived or unusable
[ "$bad" -eq 0 ] && [ "$killed" -gt 0 ]
