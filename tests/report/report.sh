#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
#
# report.sh SIM ROOT - `sim report`: pictures, page, and one clear line when something is missing
#
# TAP. Chromium looks at the page in page.py.
# shellcheck disable=SC2317 # called through is()
set -uo pipefail

sim=$(realpath "$1")
root=$(realpath "$2")
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
cd "$work" || exit 1
number=0 failed=0

# is WHAT COMMAND...
is() {
    local what=$1 mark=ok

    shift
    number=$((number + 1))
    "$@" >said || {
        sed 's/^/# /' said
        mark='not ok'
        failed=$((failed + 1))
    }
    printf '%s %d - %s\n' "$mark" "$number" "$what"
}

# refuses STATUS PATTERN ARGUMENT...: ends so, with one line on stderr
refuses() {
    local status=$1 pattern=$2 # and $path, when it is set

    shift 2
    PATH=${path:-$PATH} "$sim" "$@" >out 2>err
    if [[ $? -ne $status || -s out || $(wc -l <err) -ne 1 ]] || ! grep -q -- "$pattern" err; then
        sed 's/^/# /' out err
        return 1
    fi
}

has_all() { # FILE...: there, and not empty
    local file

    for file in "$@"; do
        [[ -s $file ]] || {
            printf '# no %s\n' "$file"
            return 1
        }
    done
}

# A sweep that needs no simulation: gain = read / 4 us, three modes, two counts of tasks.
make_sweep() {
    mkdir -p sweep
    {
        printf 'disk.read_ns,tasks.worker.count,point,workload,mode,seed,replicas,outcome,digest,'
        printf 'utilization_share,utilization_ci95,work_per_s,gain_ratio,gain_ratio_ci95,'
        printf 'ledger_user_ns,ledger_sync_blocked_ns\n'
        for read in 1000 2000 4000 8000 40000; do
            for count in 1 8; do
                printf '%d,%d,0,made,off,1,5,horizon,0,0.5,0.01,100,,,5,5\n' "$read" "$count"
                printf '%d,%d,0,made,apf,1,5,horizon,0,0.9,0.01,200,%s,0.05,9,1\n' "$read" \
                    "$count" "$((read / 4000)).$((read % 4000 / 4))"
            done
        done
    } >sweep/sweep.csv
}

is_closed() { # FILE: asks for nothing, runs nothing, and tells the browser so
    grep -q "Content-Security-Policy.*default-src 'none'" "$1" &&
        ! grep -qE 'https?://|<script|<link|@import|url\(' "$1" &&
        ! grep -oE '(src|href)="[^"]{0,5}' "$1" | grep -qv '"data:'
}

draws_again() { # with gnuplot alone, in the directory: the same bytes
    cp run/ledger.svg before.svg && rm run/ledger.svg &&
        (cd run && LC_ALL=C.UTF-8 gnuplot -d ledger.gp) && cmp before.svg run/ledger.svg
}

stays_without_gnuplot() {
    rm -f sweep/*.gp sweep/*.svg
    path=$work/none refuses 3 'apt-get install gnuplot-nox' report sweep &&
        has_all sweep/gain.gp sweep/ledger.gp sweep/sweep.csv
}

# A gnuplot that says nothing, leaves half a picture, or ends badly without a word.
odd_gnuplot() { # WHAT-IT-DOES PATTERN
    mkdir -p odd
    printf '#!/bin/sh\n%s\n' "$1" >odd/gnuplot
    chmod +x odd/gnuplot
    path=$work/odd:$PATH refuses 3 "$2" report sweep && ! [[ -e sweep/gain.svg ]]
}

half_a_picture() {
    odd_gnuplot 'echo "<svg>" >gain.svg' 'no whole sweep/gain.svg: is there room' &&
        odd_gnuplot 'kill -9 $$' 'cannot draw sweep/gain.gp: signal 9 ended it' &&
        odd_gnuplot 'exit 3' 'cannot draw sweep/gain.gp: it ended with 3' &&
        odd_gnuplot 'echo no font; exit 1' 'cannot draw sweep/gain.gp: no font'
}

# 1200 x 2 points: some are drawn, from a file of their own; the break-even is of all of them.
draws_a_part() {
    mkdir -p large
    awk 'BEGIN {
        print "disk.read_ns,tasks.worker.count,point,workload,mode,gain_ratio,gain_ratio_ci95,other"
        for (i = 1; i <= 1200; i++)
            for (k = 1; k <= 2; k++) {
                printf "%d,%d,0,\"a\"\"b\",off,,,1\n", 10 * i, k
                printf "%d,%d,0,\"a\"\"b\",apf,%g,0.01,1\n", 10 * i, k, i / 600
            }
    }' >large/sweep.csv
    "$sim" report large >out && grep -q 'APF gains from 6 us' out && [[ -s large/gain.svg ]] &&
        all_in large/report.html 'They show 1200 of 2400 points' '<h1>a&quot;b</h1>' &&
        [[ $(wc -l <large/pictures.csv) -eq 2401 ]] &&
        all_in large/pictures.csv '^"10","1",0,"a""b","apf",0.00166667,0.01$' '^"12000","2",' &&
        grep -q "'pictures.csv'" large/gain.gp
}

# 60 x 2 points in two modes: a line for each value of the first axis, a gain for each of the other.
has_a_matrix() {
    mkdir -p middle
    awk 'BEGIN {
        print "disk.read_ns,tasks.worker.count,point,mode,gain_ratio,gain_ratio_ci95"
        for (i = 1; i <= 60; i++)
            for (k = 1; k <= 2; k++)
                printf "%d,%d,0,off,,\n%d,%d,0,apf,%g,0.05\n", i, k, i, k, k + i / 100
    }' >middle/sweep.csv
    "$sim" report middle >out && all_in middle/report.html '<h2>Gain</h2>' \
        '<tr><td class="l">4 ns</td><td class="u">1.04</td><td>2.04</td></tr>'
}

# Of gains within 10 % the colours span that much: the fourth digit is no landscape.
has_calm_colours() {
    printf '%s\n' x,y,point,mode,gain_ratio 1,1,0,off, 1,1,0,apf,1 1,2,1,apf,1.0001 \
        2,1,2,apf,0.9999 2,2,3,apf,1 >bare/sweep.csv
    "$sim" report bare >out && all_in bare/heat.gp '^set cbrange \[0.950:1.050\]$' &&
        ! grep -q cbrange sweep/heat.gp
}

# A gain that is the same at every point; and none at all.
says_little() {
    printf 'x,point,mode,gain_ratio\n1,0,off,\n1,0,apf,2\n2,1,apf,2\n' >bare/sweep.csv
    "$sim" report bare >out
    all_in bare/report.html '<strong>2.000</strong> at every point' || return
    printf 'x,point,mode,gain_ratio\n1,0,off,\n1,0,apf,.99996\n2,1,apf,1.0001\n' >bare/sweep.csv
    "$sim" report bare >out && all_in bare/report.html '<strong>1.000</strong> at every' || return
    printf 'x,point,mode,utilization_share\n1,0,apf,.5\n2,0,apf,.6\n' >bare/sweep.csv
    "$sim" report bare >out && all_in bare/report.html 'No gain is known: mode off'
}

# Of a service: p50, p99 and what becomes of it, in a table that no other sweep has.
has_requests() {
    local k=task_web_request

    printf 'x,point,mode,%s_p50_ns,%s_p50_ns_ci95,%s_p99_ns,%s_p99_ns_ci95,%s_p99_ratio,%s\n' \
        "$k" "$k" "$k" "$k" "$k" "${k}_p99_ratio_ci95" >bare/sweep.csv
    printf '%s\n' 1,0,off,2e5,1e3,4e6,1e5,, 1,0,apf,2e5,1e3,1.1e6,2e4,0.275,0.01 \
        2,1,off,2e5,1e3,4e6,1e5,, 2,1,apf,2e5,1e3,4e6,2e4,1,0.01 >>bare/sweep.csv
    "$sim" report bare >out && all_in bare/report.html 'How long requests of web took</h2>' \
        '<td>1.10 ms &plusmn; 20.0 us</td><td>0.275 &plusmn; 0.010</td>' \
        '<td class="u">1.000 &plusmn;' && ! grep -q 'requests of' sweep/report.html
}

said_badly() {
    "$sim" report bare >out && all_in bare/report.html 'deadlock (first at point 7, mode apf)'
}

repeats() {
    local command

    read -r command <run/command.txt
    [[ $command == "sim run --workload=$root/workloads/memhog.yaml --set=duration=100ms "* ]] &&
        (sim() { "$sim" "$@"; } && eval "$command --quiet --output=again") &&
        cmp run/result.csv again/result.csv && cmp run/latencies.csv again/latencies.csv
}

sums() { # the last share of each latency is 1, shares rise, values do not fall
    awk -F, 'NR > 1 {
        key = $1 "," $2
        if (key == last && ($3 <= share || $4 < value)) exit 1
        if (key != last && NR > 2 && share != 1) exit 1
        last = key; share = $3; value = $4
    } END { exit share != 1 }' run/latencies.csv
}

says_break_even() {
    "$sim" report sweep >out &&
        all_in out 'any tasks.worker.count: APF begins to gain between 2 us and 8 us (by straight'
}

# all_in FILE PATTERN...: each is in it
all_in() {
    local file=$1 pattern

    shift
    for pattern; do
        grep -q -- "$pattern" "$file" || {
            printf '# no %s\n' "$pattern"
            return 1
        }
    done
}

# The gain's extremes, a row for each mode of a point, axes; no tables of a run.
page_of_a_sweep() {
    all_in sweep/report.html 'rowspan="2">40 us</td>' \
        '<li>Gain in mode apf: from <strong>0.250</strong> &plusmn; 0.050 (disk.read = 1 us' \
        '>axis: time to read one page (disk.read)</td><td class="t">1 us, 2 us' &&
        ! grep -q '<h2>Latencies' sweep/report.html
}

# What was set; in a fold what was not; the machine; reasons; all of the report.
page_of_a_run() {
    all_in run/report.html '<tr><td>disk.<wbr>device</td><td>hdd</td><td>memhog.yaml:' \
        '<details><summary>[0-9]* more are defaults' '^UTILISATION AND GAIN' \
        '>machine</td><td class="t">4 vCPUs, 2 GiB guest, host memory limit' \
        '<h2>Why not asynchronously' && ! grep -q '>-*nan' run/report.html
}

writes_elsewhere() {
    "$sim" report run --output=there.html >out && has_all there.html
}

# Results that may be read, not written: as root without the right to write regardless.
reads_only() {
    local -a plain=()

    ((EUID)) || plain=(setpriv '--bounding-set=-dac_override,-dac_read_search')
    rm -rf ro && mkdir ro tmp && cp run/*.csv run/*.txt ro && chmod 555 ro || return
    "${plain[@]}" "$sim" report ro >out 2>err && return 1
    all_in err 'ro: cannot write there: Permission denied; --output=FILE.html' &&
        TMPDIR=$work/tmp "${plain[@]}" "$sim" report ro --output=ro.html >out &&
        all_in out 'ro cannot be written: the pictures are in the page alone' &&
        cmp ro.html run/report.html && [[ -z $(ls tmp) && ! -e ro/ledger.gp ]]
}

# Texts of the user's stand in the head: they go on in a next line.
keeps_its_width() {
    "$sim" run --workload="$root/workloads/post-copy.yaml" --set duration=5ms >out &&
        grep -q '^  monitor  answers userfaultfd in 5us' out && [[ $(wc -L <out) -le 100 ]]
}

"$sim" run --workload="$root/workloads/memhog.yaml" --set duration=100ms --set warmup=0s \
    --replicas=2 --output=run --quiet || exit 1
make_sweep
is 'a run is drawn' "$sim" report run
is 'scripts, SVG, PNG and page of a run' has_all run/{ledger,latency}.{gp,svg,png} run/report.html
is 'the page of a run asks for nothing' is_closed run/report.html
is 'the page has the verdict' grep -q '<li>No difference between mode apf' run/report.html
is 'a script draws the same again' draws_again
is 'command.txt repeats the run' repeats
is 'latencies.csv: shares rise to 1' sums
is 'a sweep is drawn, its break-even said' says_break_even
is 'scripts, SVG, PNG and page of a sweep' \
    has_all sweep/{gain,utilization,heat,ledger}.{gp,svg,png} sweep/report.html
is 'the page of a sweep asks for nothing' is_closed sweep/report.html
is 'what the page of a run has' page_of_a_run
is 'what the page of a sweep has' page_of_a_sweep
is 'the page may go elsewhere' writes_elsewhere
is 'results that cannot be written have a page elsewhere' reads_only
is 'without gnuplot: a remedy, data and scripts stay' stays_without_gnuplot
is 'half a picture is none, and what became of gnuplot is said' half_a_picture
is 'of a large sweep a part is drawn' draws_a_part
mkdir bare
printf 'x,point,mode,outcome\n1,0,off,horizon\n1,0,apf,horizon\n2,7,apf,deadlock\n' \
    >bare/sweep.csv
is 'a point that ended badly is named' said_badly
is 'of a middling sweep the page has a line for each value of an axis' has_a_matrix
is 'a gain that never differs, or is not known, is said so' says_little
is 'of a service the page has the latencies of its requests' has_requests
is 'a report is 100 columns wide' keeps_its_width
is 'colours of gains that hardly differ hardly do' has_calm_colours
is 'no directory' refuses 2 'no directory' report
is 'a directory that is not there' refuses 2 'nowhere: no such directory' report nowhere
is 'a directory without results' refuses 2 'neither sweep.csv nor result.csv' report .
is 'a page that is no .html' refuses 2 'ends in .html' report run --output=page
is 'two directories' refuses 2 'one DIR is enough' report run sweep
printf 'x,point,mode,gain_ratio\n1,0,off,\n2,1,off,\n1,0,apf,nan\n2,0,apf,2\n' >bare/sweep.csv
is 'a CSV with few columns and few figures is drawn' "$sim" report bare
printf 'nonsense\n' >run/result.csv
is 'a CSV that is none' refuses 2 'run/result.csv:2: error: no rows' report run
printf '1..%d\n' "$number"
exit "$((failed > 0))"
