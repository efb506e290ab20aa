#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
#
# build_borders.sh - shows that the build refuses an include across a border
#
# Copies the tree, adds one forbidden include to one file, compiles that object: it must fail, and
# for the right reason ("No such file"). Each object is first compiled unchanged, so that a failure
# is known to come from the include.
set -euo pipefail

root=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)
copy=$(mktemp -d)
trap 'rm -rf "$copy"' EXIT
passed=0 failed=0

# FILE LIBRARY HEADER WHY
cases='
apf/apf_host.c             apf/libapf.a.p            "sim.h"         the protocol knows no clock
apf/apf_guest.c            apf/libapf.a.p            "params.h"      the protocol knows no workload
apf/apf_host.c             apf/libapf.a.p            <glib.h>        the protocol needs libc alone
sim/engine/sim.c           sim/engine/libengine.a.p  "apf.h"         the engine knows no protocol
sim/engine/sim.c           sim/engine/libengine.a.p  "world.h"       the engine knows no model
sim/engine/sim.c           sim/engine/libengine.a.p  <glib.h>        the engine needs libc alone
models/host_mmu.c          models/libmodels.a.p      <glib.h>        the models need libc alone
models/host_mmu.c          models/libmodels.a.p      "config.h"      the models know no YAML
models/world.c             models/libmodels.a.p      "rep_run.h"     the models know no report
models/guest/guest_apf.c   models/guest/libguest.a.p "machine.h"     a guest knows guest.h only
models/guest/tasks.c       models/guest/libguest.a.p "page_cache.h"  the guest knows no host pages
models/pages/page_cache.c  models/pages/libpages.a.p "machine.h"     pages know no machine
models/fair/cfs.c          models/fair/libfair.a.p   "guest.h"       fair shares know no guest
models/world.c             models/libmodels.a.p      "script_vmm.h"  nor the recorded experiments
sim/config/cfg_table.c     sim/config/libconfig.a.p  "world.h"       config knows parameters only
sim/config/cfg_yaml.c      sim/config/libconfig.a.p  "rep_run.h"     config knows no report
sim/report/rep_run.c       sim/report/libreport.a.p  "world.h"       the report may look, not touch
sim/report/rep_run.c       sim/report/libreport.a.p  "config.h"      the report knows no YAML
sim/picture/timeline_svg.c sim/picture/libpicture.a.p "world.h"      pictures look, too
sim/trace/trace_streams.c  sim/trace/libtrace.a.p    "world.h"       formats know no model
sim/trace/trace_streams.c  sim/trace/libtrace.a.p    <glib.h>        formats need libc alone
sim/capture/cap_walk.c     sim/capture/libcapture.a.p "world.h"      captures know no model
sim/cli/check/cli_check.c  sim/cli/check/libcli_check.a.p "cal_run.h" sim check runs no guest
sim/cli/sweep/cli_sweep.c  sim/cli/sweep/libcli_sweep.a.p "check.h"   sweeps know no explorer
sim/cli/trace/cli_capture.c sim/cli/trace/libcli_trace.a.p "cal_run.h" captures run no guest
check/explore.c            check/libcheck.a.p        "sim.h"         the explorer knows no clock
check/explore.c            check/libcheck.a.p        "machine.h"     the explorer knows no model
check/explore.c            check/libcheck.a.p        "cal_vm.h"      the explorer knows no host
calibrate/cal_run.c        calibrate/libcalibrate.a.p "sim.h"     measuring knows no simulator
calibrate/cal_costs.c      calibrate/libcalibrate.a.p "params.h"     nor parameters, but by name
calibrate/cal_run.c        calibrate/libcalibrate.a.p <glib.h>       and needs libc alone
calibrate/guest/tasks.c    calibrate/guest/apfsim-guest.p "cal_vm.h" the guest knows nobody
calibrate/cal_run.c        calibrate/libcalibrate.a.p "cal_linux.h"  probes know no Linux
calibrate/linux_guest/linux_vm.c calibrate/linux_guest/liblinux_guest.a.p "sim.h" nor does it
calibrate/linux_guest/init/init.c calibrate/linux_guest/init/apfsim-linux-init.p "cal_vm.h" init too
models/world.c             models/libmodels.a.p      "cal_run.h"     the models know no host'

# compile OBJECT: quietly; what ninja said is left in $copy/log
compile() {
    ninja -C "$copy/b" "$1" >"$copy/log" 2>&1
}

check_case() { # FILE LIBRARY HEADER WHY
    local file=$1 header=$3 object
    object=$2/${file##*/}.o

    if ! compile "$object"; then
        printf 'FAIL: %s does not compile as it is\n' "$file"
        tail -n 5 "$copy/log"
        failed=$((failed + 1))
        return
    fi
    { printf '#include %s\n' "$header" && cat "$root/$file"; } >"$copy/$file"
    if compile "$object"; then
        printf 'FAIL: %s may include %s: %s\n' "$file" "$header" "$4"
        failed=$((failed + 1))
    elif ! grep -q 'No such file or directory' "$copy/log"; then
        printf 'FAIL: %s with %s fails for another reason\n' "$file" "$header"
        tail -n 5 "$copy/log"
        failed=$((failed + 1))
    else
        printf 'ok: %s cannot include %s: %s\n' "$file" "$header" "$4"
        passed=$((passed + 1))
    fi
    cp "$root/$file" "$copy/$file"
}

for part in meson.build meson_options.txt apf calibrate check sim models tests tools bench \
    workloads docs; do
    [[ ! -e $root/$part ]] || cp -r "$root/$part" "$copy/"
done
# Every header named above must exist, or its absence would prove nothing.
while read -r _ _ header _; do
    case $header in
    \"*\")
        name=${header//\"/}
        if [[ -z $(cd "$copy" && find apf calibrate check sim models -name "$name") ]]; then
            printf 'FAIL: there is no %s in the tree any more\n' "$name"
            failed=$((failed + 1))
        fi
        ;;
    esac
done <<<"${cases:1}"
if ! meson setup "$copy/b" "$copy" >"$copy/log" 2>&1; then
    tail -n 20 "$copy/log"
    printf '0 passed, 1 failed, 0 skipped\n'
    exit 1
fi
while read -r file library header why; do
    check_case "$file" "$library" "$header" "$why"
done <<<"${cases:1}"
printf '%d passed, %d failed, 0 skipped\n' "$passed" "$failed"
((failed == 0))
