/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * test_cfg_bad.c - each mistake and the exact line that it gets
 *
 * Knows:    config.h alone, with devices of its own; bad_input.py asks the same of the program.
 * The tables are data: text in, line out. A line that changes is a change for users.
 */
#include <criterion/criterion.h>
#include <time.h>

#include "config.h"

#define TASK        "tasks: {t: {measure: true, loop: [compute: 1us]}}\n"
#define REGION      "regions: {a: {size: 1MiB}}\n"
#define TOUCH(keys) REGION "tasks: {t: {measure: true, loop: [touch: {" keys "}]}}\n"
#define TEN(text)   text text text text text text text text text text

/* clang-format off */
static const struct {
    const char *text, *line;
} bad_files[] = {
    {"duraton: 5s\n" TASK,
     "w.yaml:1:1: error: unknown key 'duraton' (did you mean 'duration'?)"},
    {"gest:\n  vcpus: 4\n" TASK,
     "w.yaml:1:1: error: unknown key 'gest' (did you mean 'guest'?)"},
    {"guest:\n  vcpuz: 4\n" TASK,
     "w.yaml:2:3: error: guest: unknown key 'vcpuz' (did you mean 'vcpus'?)"},
    {"guest:\n  qqqqqqqq: 4\n" TASK,
     "w.yaml:2:3: error: guest: unknown key 'qqqqqqqq'; there are kernel, vcpus, memory, hz, "
     "tickless, scheduler, balance, apf, nested_apf, send_always, steal_time, hotplug, cfs, "
     "eevdf, rr"},
    {"guest: {cfs: {latencey: 6ms}}\n" TASK,
     "w.yaml:1:15: error: guest.cfs: unknown key 'latencey' (did you mean 'latency'?)"},
    {"guest:\n  vcpus: 4\n  vcpus: 2\n" TASK,
     "w.yaml:3:3: error: duplicate key 'vcpus', first at line 2; remove one of them"},
    {"seed: 1\ntasks: {t: {measure: true, loop: [compute: 1us]}}\nseed: 2\n",
     "w.yaml:3:1: error: duplicate key 'seed', first at line 1; remove one of them"},
    {"guest.vcpus: 4\n" TASK,
     "w.yaml:1:1: error: unknown key 'guest.vcpus'; there are name, duration, warmup, seed, "
     "replicas, modes, protocol, check, host, guest, guests, cost, disk, monitor, regions, tasks"},
    {"'': 4\n" TASK,
     "w.yaml:1:1: error: unknown key ''; there are name, duration, warmup, seed, replicas, "
     "modes, protocol, check, host, guest, guests, cost, disk, monitor, regions, tasks"},
    {"\"a\\eb\": 4\n" TASK,
     "w.yaml:1:1: error: unknown key 'a\\x1bb'; there are name, duration, warmup, seed, "
     "replicas, modes, protocol, check, host, guest, guests, cost, disk, monitor, regions, tasks"},
    {"*: 4\n" TASK,
     "w.yaml:1:2: error: did not find expected alphabetic or numeric character, while "
     "scanning an alias"},
    {"guest: 4\n" TASK,
     "w.yaml:1:8: error: guest: a value where a mapping is expected, such as `key: value`"},
    {"guest: [vcpus, 4]\n" TASK,
     "w.yaml:1:8: error: guest: a list where a mapping is expected, such as `key: value`"},
    {"guest: {vcpus: [4]}\n" TASK,
     "w.yaml:1:16: error: guest.vcpus: a list where a value is expected, such as 1"},
    {"guest: {vcpus: {n: 4}}\n" TASK,
     "w.yaml:1:16: error: guest.vcpus: a mapping where a value is expected, such as 1"},
    {"duration: [10s]\n" TASK,
     "w.yaml:1:11: error: duration: a list where a value is expected, such as 10s"},
    {"regions: [a]\n" TASK,
     "w.yaml:1:10: error: regions: a list where a mapping is expected, such as `array: "
     "{size: 1GiB}`"},
    {"regions: {a: {size: 3MiB, backing: hugetlb}}\n" TASK,
     "w.yaml:1:21: error: regions.a.size: hugetlb comes in pages of 2 MiB; make it a multiple of "
     "that"},
    {"regions: {a: {size: 4MiB, backing: hugetlb, resident: 1MiB}}\n" TASK,
     "w.yaml:1:55: error: regions.a.resident: hugetlb comes in pages of 2 MiB; make it a multiple "
     "of that"},
    {"regions: {a: 1GiB}\n" TASK,
     "w.yaml:1:14: error: regions.a: a value where a mapping is expected, such as `key: "
     "value`"},
    {"tasks: [t]\n",
     "w.yaml:1:8: error: tasks: a list where a mapping is expected, such as `spinner: {loop: "
     "[compute: 1us]}`"},
    {"tasks: {t: {measure: true, loop: {compute: 1us}}}\n",
     "w.yaml:1:34: error: tasks.t.loop: a mapping where a list is expected, such as `- "
     "compute: 1us`"},
    {"tasks: {t: {measure: true, loop: [compute]}}\n",
     "w.yaml:1:35: error: tasks.t.loop.0: a value where a mapping is expected, such as "
     "`compute: 1us`"},
    {"tasks: {t: {measure: true, loop: [{compute: 1us, sleep: 1us}]}}\n",
     "w.yaml:1:35: error: tasks.t.loop.0: 2 keys in one step; begin each step with its own "
     "`- `"},
    {"tasks: {t: {measure: true, loop: [{}]}}\n",
     "w.yaml:1:35: error: tasks.t.loop.0: 0 keys in one step; begin each step with its own "
     "`- `"},
    {"tasks: {t: {measure: true, loop: [comptue: 1us]}}\n",
     "w.yaml:1:35: error: tasks.t.loop.0: unknown key 'comptue' (did you mean 'compute'?)"},
    {"modes: {off: true}\n" TASK,
     "w.yaml:1:8: error: modes: a mapping where a value is expected, such as [off, halt, apf]"},
    {"modes: [[off]]\n" TASK,
     "w.yaml:1:8: error: modes: a list where a value is expected, such as [off, halt, apf]"},
    {"- a\n- b\n",
     "w.yaml:1:1: error: a list where keys are expected, such as `duration: 10s`"},
    {"just text\n",
     "w.yaml:1:1: error: a value where keys are expected, such as `duration: 10s`"},
    {"",
     "w.yaml: error: the file is empty; a workload needs at least `tasks:`"},
    {"# only a comment\n",
     "w.yaml: error: the file is empty; a workload needs at least `tasks:`"},
    {"---\n...\n",
     "w.yaml: error: the file is empty; a workload needs at least `tasks:`"},
    {"guest:\n\tvcpus: 4\n" TASK,
     "w.yaml:2:1: error: found character that cannot start any token, while scanning for the "
     "next token (a tab? use spaces)"},
    {"guest: {vcpus: 4\n",
     "w.yaml:2:1: error: did not find expected ',' or '}', while parsing a flow mapping"},
    {"guest: 'vcpus\n",
     "w.yaml:2:1: error: found unexpected end of stream, while scanning a quoted scalar"},
    {"guest: &g {vcpus: 4}\n" TASK,
     "w.yaml:1:8: error: anchors are not used in workloads; write the value out"},
    {"seed: &s 4\n" TASK,
     "w.yaml:1:7: error: anchors are not used in workloads; write the value out"},
    {"seed: *s\n" TASK,
     "w.yaml:1:7: error: aliases are not used in workloads; write the value out"},
    {"seed: !!int 4\n" TASK,
     "w.yaml:1:7: error: tags are not used in workloads; write the plain value"},
    {"guest: !g {vcpus: 4}\n" TASK,
     "w.yaml:1:8: error: tags are not used in workloads; write the plain value"},
    {"%YAML 1.1\n---\nseed: 4\n",
     "w.yaml:1:1: error: directives are not used in workloads; remove the line"},
    {"tasks: {t: {measure: true, loop: [compute: 1us]}}\n---\nseed: 4\n",
     "w.yaml:2:1: error: a second document; one file is one workload"},
    {"? [a]\n: b\n",
     "w.yaml:1:3: error: a key must be a plain word"},
    {"<<: {seed: 4}\n" TASK,
     "w.yaml:1:1: error: unknown key '<<'; there are name, duration, warmup, seed, replicas, "
     "modes, protocol, check, host, guest, guests, cost, disk, monitor, regions, tasks"},
    {TEN("[[[[") "\n",
     "w.yaml:1:33: error: nested deeper than 32 levels; workloads need 7"},
    {"seed: \"\\x41\\0\"\n" TASK,
     "w.yaml:1:7: error: a zero byte in a value"},
    {"seed: 1\001\n" TASK,
     "w.yaml:1:8: error: control character 0x01; a workload file is plain text"},
    {"seed: \377\n" TASK,
     "w.yaml:1:7: error: byte 0xff is not UTF-8; save it as UTF-8"},
    {"name: a\n  b: c\n" TASK,
     "w.yaml:2:4: error: mapping values are not allowed in this context"},
    {"seed:\n" TASK,
     "w.yaml:1:6: error: seed: empty value; write for example 4"},
    {"seed: -1\n" TASK,
     "w.yaml:1:7: error: seed: '-1' has a sign; write for example 4"},
    {"seed: 0x10\n" TASK,
     "w.yaml:1:7: error: seed: '0x10' is hexadecimal; write a decimal number such as 4"},
    {"seed: 010\n" TASK,
     "w.yaml:1:7: error: seed: '010' has a leading zero; write for example 4"},
    {"seed: 1e6\n" TASK,
     "w.yaml:1:7: error: seed: '1e6' has an exponent; write the digits out"},
    {"seed: 1_000\n" TASK,
     "w.yaml:1:7: error: seed: '1_000' has an underscore; write the digits alone"},
    {"seed: 1.5\n" TASK,
     "w.yaml:1:7: error: seed: '1.5' has a fraction; write a whole number"},
    {"seed: 10x\n" TASK,
     "w.yaml:1:7: error: seed: '10x' is not a whole number; write digits alone"},
    {"seed: ten\n" TASK,
     "w.yaml:1:7: error: seed: 'ten' is not a number; write for example 4"},
    {"seed: 9223372036854775808\n" TASK,
     "w.yaml:1:7: error: seed: '9223372036854775808' is out of range: 0 to "
     "9223372036854775807"},
    {"seed: 99999999999999999999999\n" TASK,
     "w.yaml:1:7: error: seed: '99999999999999999999999' has too many digits"},
    {"duration: 12\n" TASK,
     "w.yaml:1:11: error: duration: 12 needs a unit: ns, us, ms or s"},
    {"duration: 12 ms\n" TASK,
     "w.yaml:1:11: error: duration: '12 ms' has the unknown unit ' ms'; units are ns, us, ms "
     "or s, without a blank"},
    {"duration: 12sec\n" TASK,
     "w.yaml:1:11: error: duration: '12sec' has the unknown unit 'sec'; units are ns, us, ms "
     "or s, without a blank"},
    {"duration: 1.s\n" TASK,
     "w.yaml:1:11: error: duration: '1.s' has no digit after the point"},
    {"duration: 0.5ns\n" TASK,
     "w.yaml:1:11: error: duration: '0.5ns' is not a whole number of ns, the smallest step"},
    {"duration: 99999999999s\n" TASK,
     "w.yaml:1:11: error: duration: '99999999999s' is too big"},
    {"duration: \"1\\ts\"\n" TASK,
     "w.yaml:1:11: error: duration: '1\\x09s' has the unknown unit '\\x09s'; units are ns, "
     "us, ms or s, without a blank"},
    {"guest: {memory: 2GB}\n" TASK,
     "w.yaml:1:17: error: guest.memory: '2GB' has the unknown unit 'GB'; units are B, KiB, "
     "MiB, GiB or TiB, without a blank"},
    {"guest: {memory: 5000B}\n" TASK,
     "w.yaml:1:17: error: guest.memory: '5000B' is not a whole number of 4KiB pages"},
    {"guest: {memory: 0}\n" TASK,
     "w.yaml:1:17: error: guest.memory: '0' is out of range: 4KiB to 1TiB"},
    {"guest: {apf: yes}\n" TASK,
     "w.yaml:1:14: error: guest.apf: 'yes' is neither true nor false"},
    {"guest: {apf: }\n" TASK,
     "w.yaml:1:14: error: guest.apf: empty value; write true or false"},
    {"guest: {scheduler: cfq}\n" TASK,
     "w.yaml:1:20: error: guest.scheduler: unknown value 'cfq' (did you mean 'cfs'?)"},
    {"guest: {kernel: 6.2}\n" TASK,
     "w.yaml:1:17: error: guest.kernel: unknown value '6.2'; there are 5.8, 5.10, 5.13, "
     "5.17, 6.1, 6.12, tip: take the newest that is not newer"},
    {"host: {memory: {kind: zone}}\n" TASK,
     "w.yaml:1:23: error: host.memory.kind: unknown value 'zone'; there are cgroup, global"},
    {"host: {memory: {limit: never}}\n" TASK,
     "w.yaml:1:24: error: host.memory.limit: 'never' is not a number; write for example "
     "512MiB, or none"},
    {"modes: []\n" TASK,
     "w.yaml:1:8: error: modes: no mode; write some of off, halt, apf"},
    {"modes: [off, on]\n" TASK,
     "w.yaml:1:8: error: modes: unknown value 'on'; there are off, halt, apf"},
    {"modes: [off, off]\n" TASK,
     "w.yaml:1:8: error: modes: mode 'off' twice; write it once"},
    {"name: Mem Hog\n" TASK,
     "w.yaml:1:7: error: name: 'Mem Hog' is no name; use 1 to 31 of a-z, 0-9, _ - and ."},
    {"name: abcdefghijklmnopqrstuvwxyz012345\n" TASK,
     "w.yaml:1:7: error: name: 'abcdefghijklmnopqrstuvwxyz012345' is no name; use 1 to 31 of "
     "a-z, 0-9, _ - and ."},
    {"disk: {device: hddd}\n" TASK,
     "w.yaml:1:16: error: disk.device: unknown device 'hddd' (did you mean 'hdd'?)"},
    {"disk: {device: floppy}\n" TASK,
     "w.yaml:1:16: error: disk.device: unknown device 'floppy'; there are hdd, optane, custom"},
    {"disk: {device: custom}\n" TASK,
     "w.yaml:1:16: error: disk.device: custom says nothing about the device; add disk.read, "
     "such as `read: exponential(1ms)`"},
    {"disk: {read: lognormal(76us,96us)}\n" TASK,
     "w.yaml:1:29: error: disk: unknown key '96us)'; inside { } or [ ] a value with a comma "
     "needs quotes, such as 'uniform(1ms,2ms)'"},
    {"disk: {read: lognormal(p50=76us)}\n" TASK,
     "w.yaml:1:14: error: disk.read: 1 value in lognormal(); write for example "
     "lognormal(p50=76us,p99=96us)"},
    {"disk: {read: lognormal(p50=96us,p99=76us)}\n" TASK,
     "w.yaml:1:33: error: disk: unknown key 'p99=76us)'; inside { } or [ ] a value with a "
     "comma needs quotes, such as 'uniform(1ms,2ms)'"},
    {"disk: {read: uniform(2ms,1ms)}\n" TASK,
     "w.yaml:1:26: error: disk: unknown key '1ms)'; inside { } or [ ] a value with a comma "
     "needs quotes, such as 'uniform(1ms,2ms)'"},
    {"disk: {read: 'uniform(1ms,2ms'}\n" TASK,
     "w.yaml:1:14: error: disk.read: a distribution ends with its ')', such as "
     "exponential(1ms)"},
    {"disk: {read: 'uniform(1ms,2ms) '}\n" TASK,
     "w.yaml:1:14: error: disk.read: a distribution ends with its ')', such as "
     "exponential(1ms)"},
    {"disk: {read: exponental(1ms)}\n" TASK,
     "w.yaml:1:14: error: disk.read: unknown distribution 'exponental' (did you mean "
     "'exponential'?)"},
    {"disk: {read: exponential(1ms,2ms)}\n" TASK,
     "w.yaml:1:30: error: disk: unknown key '2ms)'; inside { } or [ ] a value with a comma "
     "needs quotes, such as 'uniform(1ms,2ms)'"},
    {"disk: {read: exponential()}\n" TASK,
     "w.yaml:1:14: error: disk.read: 0 values in exponential(); write for example "
     "exponential(1ms)"},
    {"disk: {read: 'quantiles(0:1us,1:2us,0.5:3us)'}\n" TASK,
     "w.yaml:1:14: error: disk.read: the first quantile must be at 0 and the last at 1"},
    {"disk: {read: 'quantiles(0.1:1us,1:2us)'}\n" TASK,
     "w.yaml:1:14: error: disk.read: the first quantile must be at 0 and the last at 1"},
    {"disk: {read: 'quantiles(0:1us,1=2us)'}\n" TASK,
     "w.yaml:1:14: error: disk.read: quantile '1=2us' is not SHARE:TIME, such as 0.5:2us"},
    {"disk: {read: 'quantiles(0:1us,110%:2us)'}\n" TASK,
     "w.yaml:1:14: error: disk.read: '110%' is more than the whole; write 0% to 100%, or 0 "
     "to 1"},
    {"disk: {read: uniform(1ms,1ms), write: uniform(1ms,1ms)}\n" TASK,
     "w.yaml:1:51: error: duplicate key '1ms)', first at line 1; inside { } or [ ] a value "
     "with a comma needs quotes, such as 'uniform(1ms,2ms)'"},
    {"tasks: {t: {measure: true, loop: [compute: uniform(1us,2us)]}}\n",
     "w.yaml:1:56: error: tasks.t.loop.1: a value where a mapping is expected, such as "
     "`compute: 1us`; inside { } or [ ] a value with a comma needs quotes, such as "
     "'uniform(1ms,2ms)'"},
    {"disk: {read: 'uniform(2ms,1ms)'}\n" TASK,
     "w.yaml:1:14: error: disk.read: the upper end must not be below the lower one"},
    {"disk: {read: 'lognormal(76us,96us)'}\n" TASK,
     "w.yaml:1:14: error: disk.read: lognormal needs a median and a 99th percentile: "
     "lognormal(p50=76us,p99=96us)"},
    {"disk: {read: 'lognormal(p50=96us,p99=76us)'}\n" TASK,
     "w.yaml:1:14: error: disk.read: p99 must be above p50"},
    {"disk: {read: 'exponential(1ms,2ms)'}\n" TASK,
     "w.yaml:1:14: error: disk.read: 2 values in exponential(); write for example "
     "exponential(1ms)"},
    {"disk: {read: fast}\n" TASK,
     "w.yaml:1:14: error: disk.read: unknown distribution 'fast'; there are constant, "
     "uniform, exponential, lognormal, quantiles"},
    {"disk: {read: 2000s}\n" TASK,
     "w.yaml:1:14: error: disk.read: '2000s' is out of range: a distribution of 0s to 1000s"},
    {"cost: {exit: 500}\n" TASK,
     "w.yaml:1:14: error: cost.exit: 500 needs a unit: ns, us, ms or s"},
    {"cost: {exit: 2s}\n" TASK,
     "w.yaml:1:14: error: cost.exit: '2s' is out of range: 0s to 1s"},
    {"duration: 0s\n" TASK,
     "w.yaml:1:11: error: duration: '0s' is out of range: 1ns to 1000000s"},
    {"replicas: 0\n" TASK,
     "w.yaml:1:11: error: replicas: '0' is out of range: 1 to 1000"},
    {"guest: {vcpus: 0}\n" TASK,
     "w.yaml:1:16: error: guest.vcpus: '0' is out of range: 1 to 1024"},
    {"guest: {vcpus: 1025}\n" TASK,
     "w.yaml:1:16: error: guest.vcpus: '1025' is out of range: 1 to 1024"},
    {"guest: {hz: 10001}\n" TASK,
     "w.yaml:1:13: error: guest.hz: '10001' is out of range: 0 to 10000"},
    {"tasks: {t: {measure: true, nice: 20, loop: [compute: 1us]}}\n",
     "w.yaml:1:34: error: tasks.t.nice: '20' is out of range: -20 to 19"},
    {"tasks: {t: {measure: true, nice: -21, loop: [compute: 1us]}}\n",
     "w.yaml:1:34: error: tasks.t.nice: '-21' is out of range: -20 to 19"},
    {"tasks: {t: {measure: true, nice: +1, loop: [compute: 1us]}}\n",
     "w.yaml:1:34: error: tasks.t.nice: '+1' has a sign; write for example 4"},
    {TOUCH("region: a, pages: 0"),
     "w.yaml:2:61: error: tasks.t.loop.0.touch.pages: '0' is out of range: 1 to 1000000000"},
    {TOUCH("region: a, stride: 0"),
     "w.yaml:2:62: error: tasks.t.loop.0.touch.stride: '0' is out of range: 1 to 2147483647"},
    {TOUCH("region: a, write: 101%"),
     "w.yaml:2:61: error: tasks.t.loop.0.touch.write: '101%' is more than the whole; write "
     "0% to 100%, or 0 to 1"},
    {TOUCH("region: a, write: 30"),
     "w.yaml:2:61: error: tasks.t.loop.0.touch.write: '30' is more than the whole; write 0% "
     "to 100%, or 0 to 1"},
    {TOUCH("region: a, write: half"),
     "w.yaml:2:61: error: tasks.t.loop.0.touch.write: 'half' is not a number; write for "
     "example 30% or 0.3"},
    {TOUCH("region: a, write: 0.0000001"),
     "w.yaml:2:61: error: tasks.t.loop.0.touch.write: '0.0000001' is finer than 0.0001%, the "
     "smallest step"},
    {TOUCH("region: a, pattern: zipf, zipf: 0"),
     "w.yaml:2:75: error: tasks.t.loop.0.touch.zipf: '0' is out of range: 0.001 to 10"},
    {TOUCH("region: a, pattern: zipf, zipf: 1.0005"),
     "w.yaml:2:75: error: tasks.t.loop.0.touch.zipf: '1.0005' is finer than 0.001"},
    {TOUCH("region: a, pattern: zipf, zipf: 1.0x"),
     "w.yaml:2:75: error: tasks.t.loop.0.touch.zipf: '1.0x' is not a number; write for "
     "example 1.0"},
    {"duration: 1000000s\nwarmup: 1s\n" TASK,
     "w.yaml:1:11: error: duration: with warmup more than 1000000s; make the run shorter"},
    {"host:\n  hlt_in_guest: true\n  halt_poll: 50us\n" TASK,
     "w.yaml:3:14: error: host.halt_poll: with hlt_in_guest: true the host never sees a HLT, "
     "so nothing polls; remove it"},
    {"regions:\n  a:\n    backing: swap\n" TASK,
     "w.yaml:2:3: error: regions.a: a region needs its size; add for example `size: 1GiB`"},
    {"regions:\n  a:\n    size: 1MiB\n    resident: 2MiB\n" TASK,
     "w.yaml:4:15: error: regions.a.resident: 2MiB is more than the region's size of 1MiB; "
     "make it at most that"},
    {"regions:\n  a: {size: 1GiB}\n  b: {size: 2GiB}\n" TASK,
     "w.yaml:3:13: error: regions.b.size: regions take more than the guest's RAM of 2GiB; "
     "make them smaller or raise guest.memory"},
    {"guest: {memory: 1TiB}\nregions: {a: {size: 1TiB}}\n" TASK,
     "w.yaml:2:21: error: regions.a.size: regions have more than 268435451 pages; make them "
     "smaller"},
    {"guest: {memory: 512KiB}\nregions: {a: {size: 1MiB}}\n" TASK,
     "w.yaml:2:21: error: regions.a.size: regions take more than the guest's RAM of 512KiB; "
     "make them smaller or raise guest.memory"},
    {"host: {memory: {limit: 1MiB}}\nregions:\n  a: {size: 1MiB, resident: 1MiB}\n  b: "
     "{size: 1MiB, resident: 4KiB}\n" TASK,
     "w.yaml:4:29: error: regions.b.resident: more resident than the limit of 1MiB; lower it "
     "or raise host.memory.limit"},
    {"regions: {A: {size: 1MiB}}\n" TASK,
     "w.yaml:1:11: error: 'A' is no name for a region; use 1 to 31 of a-z, 0-9, _ and -"},
    {"regions: {a.b: {size: 1MiB}}\n" TASK,
     "w.yaml:1:11: error: 'a.b' is no name for a region; use 1 to 31 of a-z, 0-9, _ and -"},
    {"tasks: {a b: {loop: [compute: 1us]}}\n",
     "w.yaml:1:9: error: 'a b' is no name for a task; use 1 to 31 of a-z, 0-9, _ and -"},
    {"seed: 1\n",
     "w.yaml: error: tasks: no tasks; add for example `tasks: {spinner: {measure: true, "
     "loop: [compute: 1us]}}`"},
    {"tasks: {}\n",
     "w.yaml:1:1: error: tasks: no tasks; add for example `tasks: {spinner: {measure: true, "
     "loop: [compute: 1us]}}`"},
    {"tasks: {t: {loop: [compute: 1us]}}\n",
     "w.yaml:1:1: error: tasks: no task is measured, so there is no work to compare; add "
     "`measure: true` to one"},
    {"tasks: {t: {measure: true}}\n",
     "w.yaml:1:9: error: tasks.t.loop: a task needs steps; add for example `loop: [compute: "
     "1us]`"},
    {"tasks: {t: {measure: true, loop: []}}\n",
     "w.yaml:1:28: error: tasks.t.loop: a task needs steps; add for example `loop: [compute: "
     "1us]`"},
    {"tasks:\n  t:\n    measure: true\n    loop:\n" TEN("      - compute: 1us\n")
     TEN("      - compute: 1us\n"),
     "w.yaml:21:9: error: tasks.t.loop: more than 16 steps; split the task in two"},
    {"tasks: {t: {measure: true, vcpu: 1, loop: [compute: 1us]}}\n",
     "w.yaml:1:34: error: tasks.t.vcpu: there is no vCPU 1; guest.vcpus is 1, numbered from 0"},
    {"guests: {a: {vcpus: 2}, b: {}}\n"
     "tasks: {t: {guest: b, measure: true, vcpu: 1, loop: [compute: 1us]}}\n",
     "w.yaml:2:44: error: tasks.t.vcpu: there is no vCPU 1; guest.vcpus is 1, numbered from 0"},
    {"guests: {web: {}, db: {}}\ntasks: {t: {guest: wep, measure: true, loop: [compute: 1us]}}\n",
     "w.yaml:2:20: error: tasks.t.guest: no guest 'wep' under `guests` (did you mean 'web'?)"},
    {"tasks: {t: {guest: web, measure: true, loop: [compute: 1us]}}\n",
     "w.yaml:1:20: error: tasks.t.guest: no guest 'web' under `guests`; there are none"},
    {"guests: {web: {vcpu: 2}}\n" TASK,
     "w.yaml:1:16: error: guests.web: unknown key 'vcpu' (did you mean 'vcpus'?)"},
    {"guests: {Web: {}}\n" TASK,
     "w.yaml:1:10: error: 'Web' is no name for a guest; use 1 to 31 of a-z, 0-9, _ and -"},
    {"guests: {a: {memory: 8KiB}, b: {}}\nregions: {r: {size: 1MiB, backing: swap}}\n" TASK,
     "w.yaml:2:21: error: regions.r.size: regions take more than the guest's RAM of 8KiB; make "
     "them smaller or raise guests.a.memory"},
    {"guests: {a: {}, b: {}}\nregions: {r: {guest: b, size: 1MiB, backing: swap}}\n"
     "tasks: {t: {measure: true, loop: [touch: {region: r}]}}\n",
     "w.yaml:3:51: error: tasks.t.loop.0.touch.region: region 'r' is memory of guest 'b', but the "
     "task runs in 'a'; say `guest:` of one of them"},
    {"guests: {a: {copies: 9}, b: {copies: 8}}\n" TASK,
     "w.yaml:1:38: error: guests.b.copies: more than 16 guests in all; lower it"},
    {"guests: {a: {copies: 2, vcpus: 600}}\n" TASK,
     "w.yaml:1:22: error: guests.a.copies: more than 1024 vCPUs in all; lower it"},
    {"host: {memory: {limit: 1MiB}}\nguests: {a: {copies: 2}}\n"
     "regions: {r: {size: 1MiB, resident: 800KiB, backing: swap}}\n" TASK,
     "w.yaml:2:22: error: guests.a.copies: more than host.memory.limit is resident in all; lower "
     "it"},
    {"guests: {a: {hotplug: {count: 1}}}\n" TASK,
     "w.yaml:1:31: error: guests.a.hotplug.count: the only vCPU cannot go offline; raise "
     "guests.a.vcpus to 2 or more"},
    {"tasks: {t: {measure: true, vcpu: none, loop: [compute: 1us]}}\n",
     "w.yaml:1:34: error: tasks.t.vcpu: 'none' is not a number; write for example 4, or any"},
    {"tasks: {t: {measure: true, per_vcpu: true, vcpu: 0, loop: [compute: 1us]}}\n",
     "w.yaml:1:50: error: tasks.t.vcpu: per_vcpu pins a task to each vCPU already; remove "
     "one of the two"},
    {"guest: {vcpus: 64}\ntasks: {t: {measure: true, per_vcpu: true, count: 65, loop: "
     "[compute: 1us]}}\n",
     "w.yaml:2:51: error: tasks.t.count: more than 4096 tasks in all; lower count or "
     "guest.vcpus"},
    {"tasks: {t: {measure: true, start: 11s, loop: [compute: 1us]}}\n",
     "w.yaml:1:35: error: tasks.t.start: the task begins when the run is over; start it "
     "earlier"},
    {"tasks: {t: {measure: true, loop: [compute: 0]}}\n",
     "w.yaml:1:28: error: tasks.t.loop: the loop takes no time and would never end; add a "
     "compute or sleep step"},
    {"tasks: {t: {measure: true, loop: [yield: true]}}\n",
     "w.yaml:1:28: error: tasks.t.loop: the loop takes no time and would never end; add a "
     "compute or sleep step"},
    {"tasks: {t: {measure: true, loop: [yield: false]}}\n",
     "w.yaml:1:42: error: tasks.t.loop.0.yield: the only value is true; remove the step "
     "instead"},
    {"cost: {touch: 0}\nregions: {a: {size: 1MiB}}\ntasks: {t: {measure: true, loop: [touch: "
     "{region: a}]}}\n",
     "w.yaml:3:28: error: tasks.t.loop: the loop takes no time and would never end; add a "
     "compute or sleep step, or raise cost.touch"},
    {TOUCH("pattern: uniform"),
     "w.yaml:2:35: error: tasks.t.loop.0.touch: a touch needs its region; add for example "
     "`region: array`"},
    {TOUCH("region: b"),
     "w.yaml:2:51: error: tasks.t.loop.0.touch.region: no region 'b' under `regions`; there "
     "is only a"},
    {"regions: {array: {size: 1MiB}}\ntasks: {t: {measure: true, loop: [touch: {region: "
     "aray}]}}\n",
     "w.yaml:2:51: error: tasks.t.loop.0.touch.region: no region 'aray' under `regions` (did "
     "you mean 'array'?)"},
    {TOUCH("region: a, pattern: random"),
     "w.yaml:2:63: error: tasks.t.loop.0.touch.pattern: unknown value 'random'; there are "
     "sequential, cyclic, uniform, zipf, trace"},
    {TOUCH("region: a, pattern: trace"),
     "w.yaml:2:35: error: tasks.t.loop.0.touch: pattern trace needs a file; add `trace: FILE`"},
    {TOUCH("region: a, trace: x.pt"),
     "w.yaml:2:61: error: tasks.t.loop.0.touch.trace: only pattern trace reads a file; add "
     "`pattern: trace`"},
    {TOUCH("region: a, pattern: trace, trace: x.pt"),
     "w.yaml:2:77: error: page traces need a workload in a file"},
    {TOUCH("region: a, kernel: 60%, irq_off: 50%"),
     "w.yaml:2:76: error: tasks.t.loop.0.touch.irq_off: kernel and irq_off are together more "
     "than 100%; lower one"},
    {TOUCH("region: a, first: 1MiB"),
     "w.yaml:2:61: error: tasks.t.loop.0.touch.first: begins beyond region 'a', which has "
     "1MiB; lower it"},
    {TOUCH("region: a, first: 512KiB, span: 516KiB"),
     "w.yaml:2:75: error: tasks.t.loop.0.touch.span: first + span go beyond region 'a', "
     "which has 1MiB; lower them"},
};

static const struct {
    const char *text, *set, *line;
} bad_sets[] = {
    {TASK, "guest.vcpus",
     "--set guest.vcpus: error: not KEY=VALUE; write for example --set guest.vcpus=4"},
    {TASK, "=4",
     "--set =4: error: not KEY=VALUE; write for example --set guest.vcpus=4"},
    {TASK, "guest.vcpuz=4",
     "--set guest.vcpuz=4: error: guest: unknown key 'vcpuz' (did you mean 'vcpus'?)"},
    {TASK, "guest=4",
     "--set guest=4: error: guest is a section; set one of its keys, such as guest.kernel"},
    {TASK, "guest.vcpus.x=4",
     "--set guest.vcpus.x=4: error: guest.vcpus has no keys; remove '.x'"},
    {TASK, "guest.vcpus=many",
     "--set guest.vcpus=many: error: guest.vcpus: 'many' is not a number; write for example 4"},
    {TASK, "guest.vcpus=0",
     "--set guest.vcpus=0: error: guest.vcpus: '0' is out of range: 1 to 1024"},
    {TASK, "guest.vcpus=",
     "--set guest.vcpus=: error: guest.vcpus: empty value; write for example 4"},
    {TASK, "tasks.u.count=2",
     "--set tasks.u.count=2: error: w.yaml has no task 'u'; there is only t"},
    {REGION TASK, "regions.b.size=1MiB",
     "--set regions.b.size=1MiB: error: w.yaml has no region 'b'; there is only a"},
    {REGION TASK, "regions.*.size=1MiB",
     "--set regions.*.size=1MiB: error: w.yaml has no region '*'; there is only a"},
    {REGION TASK, "regions.a.resident=2MiB",
     "--set regions.a.resident=2MiB: error: regions.a.resident: 2MiB is more than the "
     "region's size of 1MiB; make it at most that"},
    {TASK, "tasks.t.loop=1us",
     "--set tasks.t.loop=1us: error: tasks.t.loop is a section; set one of its keys, such as "
     "tasks.t.loop.0.compute"},
    {TASK, "tasks.t.loop.1.compute=1us",
     "--set tasks.t.loop.1.compute=1us: error: tasks.t.loop: no step '1'; steps are numbered "
     "from 0 to 0"},
    {TASK, "tasks.t.loop.x.compute=1us",
     "--set tasks.t.loop.x.compute=1us: error: tasks.t.loop: no step 'x'; steps are numbered "
     "from 0 to 0"},
    {TASK, "tasks.t.loop.0.sleep=1us",
     "--set tasks.t.loop.0.sleep=1us: error: tasks.t.loop.0 is a compute step, not sleep"},
    {TASK, "tasks.t.loop.0.nap=1us",
     "--set tasks.t.loop.0.nap=1us: error: tasks.t.loop.0: unknown key 'nap'; there are "
     "compute, sleep, yield, exit, lock, unlock, touch"},
    {TASK, "tasks.t.measure=false",
     "w.yaml:1:1: error: tasks: no task is measured, so there is no work to compare; add "
     "`measure: true` to one"},
    {TASK, "modes=apf,none",
     "--set modes=apf,none: error: modes: unknown value 'none'; there are off, halt, apf"},
    {TASK, "disk.device=tape",
     "--set disk.device=tape: error: disk.device: unknown device 'tape'; there are hdd, "
     "optane, custom"},
    {TASK, "seed=1\n2",
     "--set seed=1\\x0a2: error: seed: '1\\x0a2' is not a whole number; write digits alone"},
    {TASK, "seed=\033[31m",
     "--set seed=\\x1b[31m: error: seed: '\\x1b[31m' is not a number; write for example 4"},
};
/* clang-format on */

static bool preset(const char *name, struct disk_params *ret)
{
    *ret = (struct disk_params){.channels = 1};
    ret->read.a = ret->write.a = strcmp(name, "optane") == 0 ? 8900 : 12400000;
    return strcmp(name, "hdd") == 0 || strcmp(name, "optane") == 0 || strcmp(name, "custom") == 0;
}

static const char *preset_name(unsigned i)
{
    static const char *const name[] = {"hdd", "optane", "custom"};

    return i < 3 ? name[i] : NULL;
}

static const struct cfg_presets presets = {preset, preset_name};

static void expect_line(const char *text, const char *const *sets, const char *line)
{
    GError *error = NULL;
    struct cfg *cfg = cfg_load_memory("w.yaml", text, strlen(text), NULL, &presets, sets, &error);

    cr_assert(!cfg && error, "loads, but should not:\n%s", text);
    cr_expect_eq(error->domain, CFG_ERROR);
    cr_expect_str_eq(error->message, line, "got    %s\nwanted %s\nfrom\n%s", error->message, line,
                     text);
    g_error_free(error);
}

Test(cfg_bad, every_mistake_in_a_file_gets_its_line)
{
    for (size_t i = 0; i < G_N_ELEMENTS(bad_files); i++)
        expect_line(bad_files[i].text, NULL, bad_files[i].line);
}

Test(cfg_bad, every_mistake_in_a_set_gets_its_line)
{
    for (size_t i = 0; i < G_N_ELEMENTS(bad_sets); i++) {
        const char *sets[] = {bad_sets[i].set, NULL};

        expect_line(bad_sets[i].text, sets, bad_sets[i].line);
    }
}

/* `count` entries below `section`, and then the task that makes the rest good. */
static char *many(const char *section, const char *entry, unsigned count)
{
    GString *text = g_string_new(section);

    for (unsigned i = 0; i < count; i++)
        g_string_append_printf(text, "  e%u: %s\n", i, entry);
    return g_string_free(text, FALSE);
}

Test(cfg_bad, more_regions_or_tasks_than_there_is_room_for_are_refused)
{
    g_autofree char *regions = many("regions:\n", "{size: 1MiB}", REGIONS_MAX + 1);
    g_autofree char *tasks = many("tasks:\n", "{loop: [compute: 1us]}", TASK_KINDS_MAX + 1);

    expect_line(regions, NULL, "w.yaml:18:3: error: more than 16 regions; merge some");
    expect_line(tasks, NULL, "w.yaml:66:3: error: more than 64 tasks; merge some");
}

/* libyaml's own loader would need minutes for these. */
Test(cfg_bad, a_megabyte_of_nonsense_is_refused_at_once, .timeout = 20)
{
    static const char *const part[] = {"[", "{a: ", "- ", "? ", "a: ", "'", "\"", "&a ", "\n", "a"};
    enum { BYTES = 1000000 };
    g_autofree char *text = g_malloc(BYTES + 8);
    clock_t before = clock();

    for (size_t i = 0; i < G_N_ELEMENTS(part); i++) {
        size_t length = strlen(part[i]);
        GError *error = NULL;

        for (size_t at = 0; at < BYTES; at += length)
            memcpy(text + at, part[i], length);
        cr_expect(!cfg_load_memory("w.yaml", text, BYTES, NULL, &presets, NULL, &error));
        cr_assert(error && strlen(error->message) < 400, "%s", part[i]);
        g_clear_error(&error);
    }
    cr_expect((clock() - before) / CLOCKS_PER_SEC < 10);
}

Test(cfg_bad, a_value_error_names_the_set_that_won_and_not_the_file)
{
    const char *sets[] = {"guest.vcpus=2", "guest.vcpus=0", NULL};
    const char *good[] = {"guest.vcpus=0", "guest.vcpus=2", NULL};

    expect_line("guest: {vcpus: 1}\n" TASK, sets,
                "--set guest.vcpus=0: error: guest.vcpus: '0' is out of range: 1 to 1024");
    expect_line("guest: {vcpus: 1}\n" TASK, good,
                "--set guest.vcpus=0: error: guest.vcpus: '0' is out of range: 1 to 1024");
}
