#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
#
# test_cli.sh SIM SOURCE - exit statuses, one-line messages, output files, closed outputs
#
# Runs in a folder of its own. Every case prints what it expected when it fails; at the end the
# number of cases, which must not be zero.
set -u

sim=$(realpath "$1")
source=$(realpath "$2")
here=$(mktemp -d) || exit 99
trap 'rm -rf "$here"' EXIT
cd "$here" || exit 99
mkdir workloads
cp "$source/workloads/memhog.yaml" workloads/
cat > small.yaml << 'YAML'
# small: does the command line work?
duration: 20ms
warmup: 1ms
replicas: 3
host: {memory: {limit: 1MiB}}
guest: {vcpus: 2, memory: 16MiB}
disk: {device: nvme-flash}
regions:
  array: {size: 2MiB, backing: swap, resident: 1MiB, dirty: true}
tasks:
  spinner: {per_vcpu: true, measure: true, loop: [{compute: 10us}]}
  faulter: {per_vcpu: true, loop: [{touch: {region: array, pattern: uniform}}]}
YAML
printf 'not a directory\n' > file
cases=0
failures=0

fail() {
    printf 'FAIL: %s\n' "$1" >&2
    [[ -s stderr ]] && sed 's/^/    /' stderr >&2
    failures=$((failures + 1))
}

# bad PATTERN ARGUMENT...: exit 2, nothing on stdout, exactly one line on stderr, with PATTERN in it
bad() {
    local pattern=$1 status
    shift
    cases=$((cases + 1))
    "$sim" "$@" > stdout 2> stderr
    status=$?
    [[ $status == 2 ]] || fail "sim $*: exit $status, not 2"
    [[ ! -s stdout ]] || fail "sim $*: something on stdout"
    [[ $(wc -l < stderr) == 1 ]] || fail "sim $*: not one line on stderr"
    grep -qF -- "$pattern" stderr || fail "sim $*: no '$pattern' on stderr"
}

# good PATTERN ARGUMENT...: exit 0, nothing on stderr, PATTERN on stdout
good() {
    local pattern=$1 status
    shift
    cases=$((cases + 1))
    "$sim" "$@" > stdout 2> stderr
    status=$?
    [[ $status == 0 ]] || fail "sim $*: exit $status, not 0"
    [[ ! -s stderr ]] || fail "sim $*: something on stderr"
    grep -qF -- "$pattern" stdout || fail "sim $*: no '$pattern' on stdout"
}

# holds WHAT CONDITION...: the command CONDITION succeeds
holds() {
    local what=$1
    shift
    cases=$((cases + 1))
    "$@" || fail "$what"
}

bad 'no workload'
bad 'no workload' run
bad "did you mean 'run'" rum
bad "unknown command 'sweeep'" sweeep
bad 'did you mean --seed' --sede=3
bad 'unknown option --nothing-like-it' run --nothing-like-it
bad 'is not expected here' --workload=small.yaml surplus
bad 'is not expected here' -w small.yaml
bad 'a workload already' --workload=small.yaml small.yaml
bad 'a workload already' small.yaml --seed=1 small.yaml
bad 'no such file' missing.yaml
bad "no parameter 'surplus'" params surplus
bad "did you mean 'disk'" params dis
bad 'one KEY' params disk guest
bad 'no parameter' params ''
bad 'needs a value' --workload
bad 'given twice' --workload=small.yaml --workload=small.yaml
bad 'given twice' --workload=small.yaml --seed=1 --seed 2
bad 'takes no value' --workload=small.yaml --verbose=yes
bad 'no such file' --workload=missing.yaml
bad 'no such file' --workload=
bad 'a directory' --workload=workloads
bad 'seed' --workload=small.yaml --seed=one
bad 'seed' --workload=small.yaml --seed=-1
bad 'seed' --workload=small.yaml --seed=99999999999999999999
bad 'out of range' --workload=small.yaml --replicas=0
bad "did you mean 'apf'" --workload=small.yaml --modes=off,ap
bad 'twice' --workload=small.yaml --modes=off,off
bad 'no mode' --workload=small.yaml --modes=
bad "did you mean 'json'" --workload=small.yaml --format=jsn
bad 'unknown value' --workload=small.yaml --format=
bad 'whole number from 1' --workload=small.yaml --jobs=0
bad 'whole number from 1' --workload=small.yaml --jobs=1.5
bad 'whole number from 1' --workload=small.yaml --jobs=0x2
bad 'KEY=VALUE' --workload=small.yaml --set guest.vcpus
bad "did you mean 'vcpus'" --workload=small.yaml --set guest.vcpuz=2
bad 'out of range' --workload=small.yaml --set guest.vcpus=0
bad 'is a file' --workload=small.yaml --output=file
bad 'cannot make' --workload=small.yaml --output=file/below
bad 'is empty' --workload=small.yaml --output=
bad 'unknown value' params --format=xml
bad 'unknown command' help nothing
bad 'is not expected' --version surplus
bad "unknown command 'two?lines'" $'two\nlines'

good 'apfsim ' --version
good 'Commands:' help
good '## A minimal file' help workload
good 'Commands:' --help
good '--replicas' run --help
good '--replicas' help run
good 'memhog' workloads
good 'guest.vcpus' params
good 'guest.vcpus' params --format=json
good 'disk.read' params disk
good '"disk.read"' params --format json disk.read
good 'guest.cfs.latency' params guest.cfs --format=csv
good 'VERDICT' --workload=small.yaml
good 'VERDICT' small.yaml
good 'VERDICT' --seed 3 small.yaml --jobs=1
good 'VERDICT' run --workload small --set duration=5ms --set guest.vcpus=1 --verbose
good 'THE SAME FOR EACH vCPU' --workload=small.yaml --verbose
good '"schema": 1' --workload=small.yaml --format=json
good 'utilization_share' --workload=small.yaml --format=csv
good 'outcome: horizon' --workload=memhog.yaml --set duration=10ms --set warmup=0s --replicas=1
good "answer   Task 'faulter' never ran" memhog.yaml --set guest.scheduler=fifo \
    --set duration=100ms --replicas=1
good 'command  sim run --workload=memhog.yaml --set=duration=10ms --seed=3' memhog.yaml \
    --set duration=10ms --seed=3

# A program that was built and not installed finds its source tree's workloads from anywhere.
mkdir -p tree/build/sim/cli tree/workloads away
touch tree/meson.build
cp "$sim" tree/build/sim/cli/
sed 's/^# small: .*/# far: is it found?/' small.yaml > tree/workloads/far.yaml
(
    cd away || exit 99
    built=$here/tree/build/sim/cli/sim
    "$built" far.yaml > ../one 2> ../stderr
    "$built" --workload=far > ../other 2>> ../stderr
    "$built" workloads > ../list
    "$built" gone.yaml 2> ../gone
)
holds 'no workload of the source tree was found' grep -qF 'Is it found?' one
holds 'nor as --workload=NAME' grep -qF 'Is it found?' other
holds 'sim workloads leaves out the source tree' grep -qF 'is it found?' list
holds 'the error does not say where it looked' \
    grep -qF "looked for gone.yaml, workloads/gone.yaml, $here/tree/workloads/gone.yaml, " gone
(cd tree && build/sim/cli/sim workloads) > list
holds 'sim workloads lists a folder twice' test "$(grep -c 'is it found?' list)" = 1

# The same bytes for any number of threads and any locale; other seeds, other bytes.
"$sim" --workload=small.yaml --format=json --jobs=1 > one
for jobs in 2 3 7; do
    "$sim" --workload=small.yaml --format=json --jobs=$jobs > other
    holds "--jobs=$jobs gives other bytes than --jobs=1" cmp -s one other
done
LC_ALL=de_DE.UTF-8 "$sim" --workload=small.yaml --format=json > other
holds 'another locale gives other bytes' cmp -s one other
"$sim" --workload=small.yaml --format=json --seed=2 > other
holds 'another seed gives the same bytes' test "$(cmp -s one other; echo $?)" = 1
# A mode alone is what it is among others: it draws the same random numbers.
"$sim" --workload=small.yaml --format=csv | cut -d, -f3,9-13 | sed -n '1p;$p' > one
"$sim" --workload=small.yaml --format=csv --modes=apf | cut -d, -f3,9-13 > other
holds 'mode apf alone differs from mode apf among others' cmp -s one other

# A prefix leaves nothing else; the list of workloads does not say a name twice.
"$sim" params disk --format=csv | sed 1d | grep -v '^disk\.' > other
holds 'params disk lists others' test ! -s other
holds 'workloads repeats a name' test "$("$sim" workloads | grep -c 'memhog.*memhog')" = 0
"$sim" --workload=small.yaml --format=json > one
"$sim" small.yaml --format=json > other
holds 'sim FILE.yaml is not --workload=FILE.yaml' cmp -s one other

# Files: complete, equal to what stdout gets, no temporary left, overwritten as a whole.
good 'VERDICT' --workload=small.yaml --output=made/below
for name in report.txt result.json result.csv params.txt latencies.csv command.txt; do
    holds "--output made no $name" test -s "made/below/$name"
done
holds '--output leaves something else behind' test "$(find made/below -type f | wc -l)" = 6
holds 'report.txt differs from stdout' cmp -s stdout made/below/report.txt
"$sim" --workload=small.yaml --format=json > stdout
holds 'result.json differs from stdout' cmp -s stdout made/below/result.json
good 'VERDICT' --workload=small.yaml --output=made/below --seed=5
holds 'an old result.json stays' grep -q '"seed": 5' made/below/result.json
holds '--quiet speaks' test -z "$("$sim" --workload=small.yaml --quiet --output=quiet 2>&1)"
holds '--quiet writes no files' test -s quiet/report.txt

# The line that params.txt gives for a value names where it came from.
holds 'params.txt does not name --set' \
    bash -c "'$sim' --workload=small.yaml --quiet --set guest.hz=100 --output=prov &&
             grep -q 'guest.hz = 100.*--set' prov/params.txt"

# The page on workloads: the document is what the command prints, its example runs as it stands,
# and so does each --set that it shows.
page=$source/docs/workload-format.md
"$sim" help workload > stdout
holds 'run sim help workload > docs/workload-format.md' cmp -s stdout "$page"
"$sim" help words > stdout
holds 'run sim help words > docs/words.md' cmp -s stdout "$source/docs/words.md"
"$sim" help > stdout
holds 'sim help does not list its topics' grep -q '^  words  ' stdout
sed -n '/^## A minimal/,/^Save/s/^    //p' "$page" > example.yaml
good 'VERDICT' example.yaml --set duration=50ms
good 'gain' example.yaml --modes=off,apf --replicas=2
sets=()
mapfile -t lines < <(sed -n "s/^    --set //p" "$page" | tr -d "'")
for set in "${lines[@]}"; do
    good 'outcome: horizon' example.yaml --set duration=5ms --replicas=1 --set "$set"
    sets+=(--set "$set")
done
holds 'the page shows no --set' test ${#lines[@]} -gt 5
good 'outcome: horizon' example.yaml "${sets[@]}" --set duration=5ms
# shellcheck disable=SC2016 # the backquotes are those of Markdown
mapfile -t lines < <(sed -n '/^## Distr/,/^## Chang/s/^- `\([^`]*\)`.*/\1/p' "$page")
holds 'the page shows no distribution' test ${#lines[@]} -gt 4
for dist in "${lines[@]}" 'constant(12.4ms)'; do
    good 'outcome: horizon' example.yaml --set duration=5ms --replicas=1 \
        --set "tasks.pager.loop.0.compute=$dist"
done

# The oldest rules: the scopes made for them, the others are skipped by name.
good 'ok   BUG-15 on' check --kernel=4.14 --scope=switches
holds 'BUG-19 is not skipped by name' grep -q '^skip BUG-19 ' stdout
bad 'none of these scopes' check --kernel=4.14 --scope=small
bad '--random: not with' check --kernel=4.14 --random
bad 'one of 4.14 5.8' check --kernel=4.13

# Outputs that fail: one line, not zero.
broken_output() {
    local what=$1 status=$2
    cases=$((cases + 1))
    [[ $status != 0 ]] || fail "$what: exit 0"
    [[ $(wc -l < stderr) == 1 ]] || fail "$what: not one line on stderr"
}
"$sim" --workload=small.yaml > /dev/full 2> stderr
broken_output 'a full device' $?
"$sim" --workload=small.yaml 2> stderr >&-
broken_output 'a closed stdout' $?
"$sim" help 2> stderr >&-
broken_output 'help with a closed stdout' $?
# A limit of file sizes is an error as a full disk is, not a death by SIGXFSZ.
(ulimit -f 1 && "$sim" --workload=small.yaml --output=limited --quiet > stdout 2> stderr)
broken_output 'a file that becomes too large' $?
(ulimit -f 1 && "$sim" params > big 2> stderr)
broken_output 'a report that becomes too large' $?
# A reader that has gone: as other filters do, killed by SIGPIPE and silent; files are written all
# the same.
until_gone() { until [[ -e gone ]]; do sleep 0.01; done; }
goes() { exec <&- && touch gone; } # it was the only reader
(until_gone && "$sim" --workload=small.yaml --output=piped 2> stderr; echo $? > status) | goes
holds 'a reader that has gone: not killed by SIGPIPE' test "$(cat status)" = 141
holds 'a reader that has gone: something on stderr' test ! -s stderr
holds 'a reader that has gone: no files' test -s piped/report.txt
rm gone
(until_gone && "$sim" params 2> stderr; echo $? > status) | goes
holds 'params for nobody: not killed by SIGPIPE' test "$(cat status)" = 141
holds 'params for nobody: something on stderr' test ! -s stderr

# A run that cannot be made is an outcome with a name and exit 1. (A sanitizer's allocator would end
# the program itself.)
if ! grep -q __asan_init "$sim"; then
    cases=$((cases + 1))
    (
        ulimit -v 1000000
        "$sim" --workload=small.yaml --replicas=1 --modes=off --set guest.memory=1TiB \
            --set regions.array.size=512GiB > stdout 2> stderr
    )
    status=$?
    [[ $status == 1 ]] || fail "no memory: exit $status, not 1"
    grep -q 'outcome: out_of_slab' stdout || fail 'no memory: the report does not name the outcome'
fi

printf '%d cases, %d failures\n' "$cases" "$failures"
[[ $failures == 0 && $cases -gt 60 ]]
