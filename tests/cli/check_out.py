#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""check_out.py SIM CORPUS - what `sim check` prints: stories, JUnit, JSON

Each function that begins with test_ is one property; a failed assertion names it.
"""

import json
import os
import re
import shutil
import subprocess
import sys
import tempfile
import xml.etree.ElementTree as xml

SIM, CORPUS = sys.argv[1], sys.argv[2]

# Element: its attributes (True: must be there), the elements it may hold. From junit-10.xsd.
JUNIT = {
    "testsuites": ({"name": True, "tests": True, "failures": True, "errors": True, "time": True},
                   {"testsuite"}),
    "testsuite": ({"name": True, "tests": True, "failures": True, "errors": True, "time": True,
                   "skipped": True}, {"testcase"}),
    "testcase": ({"name": True, "classname": True, "time": True},
                 {"failure", "system-out", "skipped"}),
    "skipped": ({"message": True}, set()),
    "failure": ({"type": True, "message": True}, set()),
    "system-out": ({}, set()),
}


def run(*arguments, status=0):
    done = subprocess.run([SIM, "check", *arguments], capture_output=True, timeout=100)
    assert done.returncode == status, (arguments, done.returncode, done.stderr)
    return done.stdout.decode("utf-8")


def refused(*arguments):
    done = subprocess.run([SIM, "check", *arguments], capture_output=True, timeout=100)
    assert done.returncode == 2 and not done.stdout, arguments
    assert done.stderr.decode().count("\n") == 1, done.stderr
    return done.stderr.decode()


def trails():
    return sorted(os.path.join(CORPUS, name) for name in os.listdir(CORPUS))


def whole(element):
    """The element and all below it are what the schema says."""
    attributes, children = JUNIT[element.tag]
    assert set(element.attrib) <= set(attributes), element.attrib
    assert all(name in element.attrib for name, must in attributes.items() if must)
    if "tests" in element.attrib:
        cases = list(element.iter("testcase"))
        assert int(element.attrib["tests"]) == len(cases) > 0
        assert int(element.attrib["failures"]) == len(list(element.iter("failure")))
    if "time" in element.attrib:
        assert re.fullmatch(r"[0-9]+\.[0-9]{3}", element.attrib["time"])
    for child in element:
        assert child.tag in children, child.tag
        whole(child)


def test_junit_of_searches():
    root = xml.fromstring(run("--scope=cases", "--format=junit"))
    whole(root)
    names = [case.attrib["name"] for case in root.iter("testcase")]
    assert names == [f"case-{n}" for n in range(1, 9)]
    assert not list(root.iter("failure"))


def test_what_an_old_kernel_skips_is_named():
    arguments = ("--kernel=4.14", "--scope=case-1", "--scope=BUG-15")
    root = xml.fromstring(run(*arguments, "--format=junit"))
    whole(root)
    assert root.find("testsuite").attrib["skipped"] == "1"
    assert [case.attrib["name"] for case in root.iter("testcase")
            if case.find("skipped") is not None] == ["case-1"]
    report = json.loads(run(*arguments, "--format=json"))
    assert report["searches"] == len(report["rows"]) == 2 and report["skipped"] == 1


def test_junit_failure_is_the_story():
    root = xml.fromstring(run("--bug=BUG-26", "--scope=BUG-26", "--scope=case-1",
                              "--format=junit", status=1))
    whole(root)
    failures = list(root.iter("failure"))
    assert len(failures) == 1
    text = failures[0].text
    assert failures[0].attrib["message"].startswith("INV-29: ")
    assert "** INV-29: " in text and "no ready will come" in text
    assert "shortest trail 5 steps" in text and "kvm_async_pf_not_present: token 0x1000" in text
    assert max(map(len, text.splitlines()[1:])) <= 120


def test_junit_of_one_run():
    root = xml.fromstring(run("--random", "--steps=20000", "--seed=3", "--format=junit"))
    whole(root)
    assert [c.attrib["name"] for c in root.iter("testcase")] == ["random runs from seed 3"]
    root = xml.fromstring(run("--replay=" + trails()[0], "--format=junit", status=1))
    whole(root)
    assert len(list(root.iter("failure"))) == 1


def test_junit_escapes_names():
    with tempfile.TemporaryDirectory() as folder:
        path = os.path.join(folder, "a<b>&\"'\x01\t.trail")
        shutil.copy(trails()[0], path)
        root = xml.fromstring(run("--replay=" + path, "--format=junit", status=1))
    whole(root)
    name = root.find("testsuite/testcase").attrib["name"]  # a reader turns a tab into a blank
    assert name.endswith("a<b>&\"'? .trail"), name


def test_json_is_complete_and_the_same_bytes():
    arguments = ("--scope=cases", "--scope=HOLE-1", "--scope=BUG-28", "--format=json")
    text = run(*arguments)
    assert text == run(*arguments)
    report = json.loads(text)
    assert report["schema"] == 1 and report["kernel"] == "6.12"
    assert report["searches"] == len(report["rows"]) == 12 and report["not_as_expected"] == 0
    keys = {"scope", "switch", "outcome", "as_expected", "why", "states", "transitions", "depth",
            "stuck", "unkicked", "found"}
    for row in report["rows"]:
        assert set(row) == keys, row
        assert row["outcome"] == "exhausted" and row["as_expected"] and row["why"] is None
        assert 0 < row["states"] <= row["transitions"] and row["depth"] > 0
        for found in row["found"]:
            assert re.match(r"(INV-[0-9]+|ABI): ", found["property"])
            assert found["count"] > 0 and found["trail"] > 0
    rows = {(row["scope"], row["switch"]): row for row in report["rows"]}
    assert rows["case-3", None]["stuck"] > 0 and rows["BUG-28", "on"]["unkicked"] > 0
    assert rows["HOLE-1", "open"]["found"] and rows["HOLE-1", "remedied"]["stuck"] == 0


def test_json_says_what_is_wrong():
    row = json.loads(run("--bug=BUG-26", "--format=json", status=1))["rows"][0]
    assert not row["as_expected"] and row["why"].startswith("INV-29")


def test_a_trail_that_is_not_whole_is_refused():
    """Nothing but status 2: 0 would say that the bug is gone."""
    with open(os.path.join(CORPUS, "HOLE-1-INV-8.trail")) as file:
        good = file.read()
    cases = (
        (r"^.*\n", "move 1\n", ":1:1: no trail of this version"),
        (r"trail 1", "trail 2", ":1:1: no trail of this version"),
        (r"^.*\n", "", ":1:1: no trail of this version"),
        (r"\nmove 17\b", "\nmove abc", ":14:6: move 'abc': a whole number"),
        (r"\nmove 17\b", "\nmove 17x", ":14:6: move '17x': a whole number"),
        (r"\nmove 17\b", "\nmove 17 18", ":14:9: one value for 'move'"),
        (r"\nmove 17\b", "\nmove -17", ":14:6: move '-17': a whole number from 0"),
        (r"\nmove 17\b", "\nmove 4294967313", ":14:6: move '4294967313': a whole number"),
        (r"\nmove 17\b", "\nmove 999999", ":14:1: move 1 of 23: the state does not allow it"),
        (r"\nmove 17\b.*", "", ":14:1: move 1 of 22: the state does not allow it"),
        (r"\nmove (.*\n)*", "\n", ":14:1: the trail ends after 0 moves"),
        (r"\ntasks .*", "\ntasks 1\nmoves 24", ":38:1: the trail ends after 23 moves"),
        (r"\n\Z", "", ":36:1: the last line has no end; the trail is not whole"),
        (r"\nbugs .*", "\nbugs 18446744073709551616", ":11:6: bugs '18446744073709551616'"),
        (r"\nflags .*", "\nflags 131072", ":10:7: flags '131072': a whole number from 0 to 131071"),
        (r"\ntasks .*", "\ntasks 5", ":6:7: tasks '5': a whole number from 1 to 4"),
        (r"\ntasks .*", "\ntasks 0", ":6:7: tasks '0': a whole number from 1 to 4"),
        (r"\ntasks .*", "\ntasks 1\ntasks 1", ":7:1: 'tasks' a second time"),
        (r"\ntasks .*", "\ntasks", ":6:1: 'tasks': a line of a trail is"),
        (r"\ntasks .*", "\ntask 1", ":6:1: 'task': no line of a trail"),
        (r"\nhost .*", "\nhost 4.13", ":3:6: host '4.13': one of 4.14"),
        (r"\nbuild .*", "\nbuild tiny", ":2:7: build 'tiny': small or large"),
        (r"\nbuild .*", "", ":4:1: the line 'build' comes before 'vcpus'"),
        *((rf"\n{key} .*", "", f"no line '{key}' in this trail")
          for key in ("host", "guest", "vcpus", "tasks", "faults", "l2_tasks", "flags", "fixes")),
    )
    with tempfile.TemporaryDirectory() as folder:
        path = os.path.join(folder, "t")
        for pattern, text, message in cases:
            with open(path, "w") as file:
                file.write(re.sub(pattern, text, good, count=1))
            said = refused("--replay=" + path)
            assert path + ":" in said and message in said, (message, said)


def test_a_long_random_run_is_shrunk_too():
    said = run("--random", "--bug=BUG-16", "--seed=1", status=1)
    before, after = map(int, re.search(r"broken after (\d+) .*\n(\d+) moves are", said).groups())
    assert before > 4000 and after <= 40, (before, after)


def test_an_example_keeps_to_its_scopes_kernel():
    assert "nothing is broken" in run("--scope=by-pf", "--example")
    assert "not made for it" in refused("--scope=HOLE-1", "--kernel=4.14", "--example")


def test_options_that_would_be_ignored_are_refused():
    trail = "--replay=" + trails()[0]
    for option in ("--kernel=6.1", "--scope=small", "--bug=BUG-1", "--fix=HOLE-1", "--random",
                   "--example", "--seed=1", "--steps=5", "--budget=5s", "--memory=1GiB",
                   "--jobs=1", "--story", "--all", "--save=."):
        assert f"{option.split('=')[0]} does not go with" in refused(trail, option), option
    assert "--seed does not go with a search" in refused("--seed=1", "--scope=small")
    assert "--steps does not go with a search" in refused("--steps=1", "--scope=small")
    assert "--scope does not go with --random" in refused("--random", "--scope=small")
    assert "--seed does not go with --example" in refused("--example", "--scope=small", "--seed=1")
    assert "--kernel does not go with a list" in refused("--list", "--kernel=6.1")
    assert "one list at a time" in refused("--list", "--list-rules")


def test_amounts_say_their_range_and_units():
    for text in ("-5s", "+5s", " 5s", "5", "5s ", "5m", "1GiB", "0", "1000001s", "abc", "", "s",
                 "18446744073709551617s", "1000000h"):
        if text != "5":
            said = refused("--scope=small", "--budget=" + text)
            assert f"--budget={text}: a whole number from 1s to 1000000s, as s, min, h" in said, said
    for text in ("20000000s", "15MiB", "1025GiB", "-1GiB", "+1GiB", " 1GiB", "1min",
                 "18446744073709551616", "17179869185GiB"):
        said = refused("--scope=small", "--memory=" + text)
        assert f"--memory={text}: a whole number from 16MiB to 1024GiB, as KiB, MiB" in said, said
    for option in ("--budget=5", "--budget=1min", "--memory=20971520", "--memory=32MiB"):
        assert "1 searches, 0 not" in run("--scope=small", option)


def test_switches_that_no_search_shows_are_refused():
    for option, why in (("--bug=BUG-12", "not modelled"), ("--bug=bug-33", "statistics alone"),
                        ("--fix=HOLE-10", "by design"), ("--fix=HOLE-11", "K-17")):
        for more in (("--scope=small",), ("--random",), ("--scope=small", "--example")):
            said = refused(option, *more)
            assert "no search can show it: " in said and why in said, said


def test_groups_of_scopes_as_scopes_in_any_case():
    assert timeless(run("--scope=CASES")) == timeless(run("--scope=cases"))
    assert "ok   small " in run("--scope=SMALL")


def timeless(text):
    return re.sub(r", [0-9.]+ s, [0-9.]+ M states/s", "", text)


def cannot_save(*arguments, status=3):
    done = subprocess.run([SIM, "check", *arguments], capture_output=True, timeout=100)
    assert done.returncode == status, (arguments, done.returncode)
    assert done.stderr.decode().count("\n") == 1, (arguments, done.stderr)
    return done.stderr.decode()


def test_trails_that_cannot_be_saved_are_no_success():
    for what in (("--scope=case-3",), ("--scope=small",), ("--scope=case-3", "--format=junit"),
                 ("--scope=case-3", "--format=json"), ("--scope=case-3", "--format=markdown"),
                 ("--scope=small", "--example"), ("--random", "--steps=10"),
                 ("--random", "--steps=200000", "--bug=BUG-16")):
        assert "--save=/nonexistent: no directory" in cannot_save(*what, "--save=/nonexistent")
    with tempfile.TemporaryDirectory() as folder:
        os.mkdir(os.path.join(folder, "case-3-INV-8.trail"))  # in the way of the file
        for form in ("text", "junit", "json", "markdown"):
            assert "case-3-INV-8.trail" in cannot_save("--scope=case-3", "--format=" + form,
                                                       "--save=" + folder)


def test_formats_that_cannot_be():
    assert "text, junit, json" in refused("--format=xml")
    assert "--random is told as text, junit" in refused("--random", "--format=json")
    assert "a trail is told as text" in refused("--replay=" + trails()[0], "--format=json")


def test_story_keeps_its_width_and_its_words():
    for trail in trails():
        words = None
        for width in (72, 80, 120, 250):
            text = run("--replay=" + trail, f"--width={width}", status=1)
            lines = text.splitlines()[:-1]
            assert max(map(len, lines)) <= width, (trail, width)
            now = sorted(" ".join(lines[1:]).split())
            assert words is None or words == now, (trail, width)
            words = now
    for width in ("71", "251", "x"):
        refused("--replay=" + trails()[0], "--width=" + width)


def test_story_has_two_columns():
    text = run("--replay=" + os.path.join(CORPUS, "HOLE-1-INV-8.trail"), "--width=120", status=1)
    at = text.index("guest")
    assert text.splitlines()[0].startswith("step  host")
    for line in text.splitlines():
        if "task 0 sleeps on token 0x1000" in line or "CPU goes offline" in line:
            assert line[:at].strip().isdigit()
        if "kvm_async_pf_" in line:
            assert len(line) <= at


def test_story_says_who_waits():
    text = run("--replay=" + os.path.join(CORPUS, "HOLE-1-INV-8.trail"), "--width=250", status=1)
    end = text[text.index("at the end"):]
    assert "the slot holds 0x1000, and nobody will zero it" in end
    text = run("--scope=case-7", "--story", "--width=250")
    assert "no order of steps comes to a good end" in text
    assert "sleeps on token 0x2000: its page is there, the item is on done" in text
    assert "no request is raised" in text
    assert "only an exit for another reason ends this" in text


FTRACE = re.compile(r" *([A-Za-z0-9/: ]{1,16})-([0-9]+) +\[([0-9]{3})\] [.]{5} +"
                    r"([0-9]+)[.]([0-9]{6}): ([a-z_]+): (.*)")
NUMBER = "0x[0-9a-f]+"
EVENTS = {  # the kernel's print formats
    "kvm_page_fault": f"vcpu [0-9]+ rip {NUMBER} address 0x[0-9a-f]{{16}} error_code {NUMBER}",
    "kvm_try_async_get_page": f"gva = {NUMBER}, gfn = {NUMBER}",
    "kvm_async_pf_repeated_fault": f"gva = {NUMBER}, gfn = {NUMBER}",
    "kvm_async_pf_not_present": f"token {NUMBER} gva {NUMBER}",
    "kvm_async_pf_ready": f"token {NUMBER} gva {NUMBER}",
    "kvm_async_pf_completed": f"gva {NUMBER} address {NUMBER}",
    "kvm_msr": rf"msr_write 4b564d0[267] = {NUMBER}( \(#GP\))?",
    "kvm_inj_exception": r"#PF \(0x0\)",
    "kvm_inj_virq": "IRQ 0xf3",
    "kvm_apic_accept_irq": r"apicid [0-9]+ vec 243 \(Fixed\|edge\)",
    "kvm_eoi": "apicid [0-9]+ vector 243",
    "tracing_mark_write": ".+",
}


def ftrace(text):
    """Its lines as (comm, cpu, microseconds, event, arguments); the form is checked."""
    lines = text.splitlines()
    assert lines[0] == "# tracer: nop" and lines[11].startswith("#              | |")
    events = []
    for line in lines[12:]:
        parts = FTRACE.fullmatch(line)
        assert parts, line
        comm, pid, cpu, seconds, micros, name, arguments = parts.groups()
        assert re.fullmatch(EVENTS[name], arguments), line
        assert line.index("-" + pid) == 16 and line.index("[") == 25
        who = {"kvm_async_pf_completed": "kworker/", "tracing_mark_write": "vmm"}
        assert comm.strip().startswith(who.get(name, "CPU ")), line
        events.append((comm.strip(), int(cpu), int(seconds) * 10**6 + int(micros), name, arguments))
    assert f"entries-in-buffer/entries-written: {len(events)}/{len(events)} " in lines[2]
    assert [e[2] for e in events] == sorted(e[2] for e in events)
    return events


def test_ftrace_has_the_kernels_form():
    seen = set()
    for trail in trails():
        seen |= {e[3] for e in ftrace(run("--replay=" + trail, "--format=ftrace", status=1))}
    assert seen >= set(EVENTS) - {"kvm_async_pf_repeated_fault"}, set(EVENTS) - seen


def test_ftrace_keeps_the_legal_order():
    judged = 0
    for trail in trails():
        text = run("--replay=" + trail, "--format=ftrace", status=1)
        if re.search("INV-(1|3|15)[^0-9]|BUG-23|HOLE-9|far-ids", trail) or "live migration" in text:
            continue  # about tokens used twice, the order, or other ids of vCPUs
        judged += 1
        told = set()
        for _, cpu, _, name, words in ftrace(text):
            token = re.search(r"token (\S+)", words)
            if name == "kvm_async_pf_not_present":
                assert token.group(1) not in told, trail
                told.add(token.group(1))
            if name == "kvm_async_pf_ready" and token.group(1) != "0xffffffff":
                assert token.group(1) in told, trail
            if token and name != "tracing_mark_write" and token.group(1) != "0xffffffff":
                assert int(token.group(1), 16) & 0xfff == cpu, trail
    assert judged > 20


def played(path, lines):
    """The ftrace text of those moves that can be made: the file, without the others."""
    while True:
        with open(path, "w") as file:
            file.write("\n".join(lines) + "\n")
        done = subprocess.run([SIM, "check", "--replay=" + path, "--format=ftrace"],
                              capture_output=True, timeout=100)
        if done.returncode != 2:
            assert done.returncode == 0, done.stderr
            return done.stdout.decode()
        at = re.search(r":([0-9]+):1: move [0-9]+ of [0-9]+: the state", done.stderr.decode())
        del lines[int(at[1]) - 1]


def test_ftrace_of_an_ack_comes_behind_what_its_exit_did():
    """Workers rest until every task sleeps; then each ACK but the last brings the next ready."""
    with tempfile.TemporaryDirectory() as folder:
        path = os.path.join(folder, "case-1-example.trail")
        run("--scope=case-1", "--example", "--save=" + folder)
        lines = open(path).read().splitlines()
        head = [line for line in lines if not line.startswith("move ")]
        moves = list(dict.fromkeys(line for line in lines if line.startswith("move ")))
        work = [move for move in moves if "worker" in move or "kick" in move]
        rest = [move for move in moves if move not in work] + ["move 1"]  # M_GO_ON
        head = [line for line in head if not line.startswith("moves ")]
        first = sorted({int(move.split()[1]) & 0xffff for move in work})
        work = [f"move {kind + (item << 16)}" for kind in first for item in range(3)]
        told = played(path, head + rest * 3 + work * 6 + rest * 9)
    behind = 0
    events = [e for e in ftrace(told) if e[3] != "tracing_mark_write"]
    for before, event in zip(events[1:], events[2:]):
        if event[4] == "msr_write 4b564d07 = 0x1" and before[2] == event[2]:
            assert before[3] == "kvm_apic_accept_irq"
            behind += 1
    assert behind == 2, told


def test_the_vmms_writes_are_no_kvm_msr():
    text = run("--replay=" + os.path.join(CORPUS, "BUG-18-ABI.trail"), "--format=ftrace", status=1)
    events = ftrace(text)
    assert not [e for e in events if e[3] == "kvm_msr" and e[4].endswith("4b564d02 = 0x0")]
    assert "KVM_SET_MSRS: 4b564d02 = 0x0" in text


COMPARED = ("kvm_try_async_get_page", "kvm_async_pf_repeated_fault", "kvm_async_pf_not_present",
            "kvm_async_pf_ready", "kvm_async_pf_completed")


def of_trail(*arguments, status=0):
    """APF events of a trail, sorted; a host address is no part of what is compared."""
    events = ftrace(run(*arguments, "--format=ftrace", status=status))
    return sorted((e[3], e[4].split(" address ")[0]) for e in events if e[3] in COMPARED)


def of_script(line):
    out = subprocess.run([SIM, "trace", "replay", "--script=" + line], capture_output=True,
                         check=True).stdout.decode()
    events = []
    for text in out.splitlines():
        parts = re.fullmatch(r"(vcpu|worker) \S+ (\w+): (.*)", text)
        if parts and parts.group(2) in COMPARED:
            assert (parts.group(1) == "worker") == (parts.group(2) == "kvm_async_pf_completed")
            events.append((parts.group(2), parts.group(3).split(" address ")[0]))
    return sorted(events)


def test_scripts_show_the_events_of_their_trails():
    cases = [(("--scope=" + s, "--example"), 0, 1) for s in ("small", "case-1", "queue-full",
                                                             "BUG-16", "suspend", "BUG-23")]
    cases.append((("--scope=lapic", "--example"), 0, 0))
    cases.append((("--replay=" + os.path.join(CORPUS, "BUG-19-INV-29.trail"),), 1, 1))
    for arguments, status, boots in cases:
        text = run(*arguments, "--format=script").splitlines()
        line = re.fullmatch(r"# case [A-Za-z0-9-]+: vmm (backing=uffd .*)", text[0]).group(1)
        assert text[1].startswith("# The script and the trail have the same"), text
        script, trail = of_script(line), of_trail(*arguments, status=status)
        for _ in range(boots):  # the wake-all of the script's own boot
            script.remove(("kvm_async_pf_ready", "token 0xffffffff gva 0x0"))
        assert script == trail and len(trail) >= 2, (line, script, trail)
    assert "noeoi=1" in line


def test_what_no_script_can_say_is_named():
    for name, step, what in (("HOLE-1-INV-8", "step 7: ", "CPUs going offline and online"),
                             ("BUG-26-INV-29", "step 5: ", "SMIs"),
                             ("BUG-30-INV-30", "", "more than one vCPU"),
                             ("BUG-20-INV-8", "", "the kernel's BUG-20 ")):
        text = run("--replay=" + os.path.join(CORPUS, name + ".trail"), "--format=script",
                   status=1)
        assert text.startswith("no script: " + step + what), text
        assert text.count("\n") == 1


def test_an_example_comes_to_its_end_and_can_be_kept():
    with tempfile.TemporaryDirectory() as folder:
        text = run("--scope=one-vcpu", "--example", "--save=" + folder)
        assert "nothing is broken" in text and "task 2 has page 5" in text
        assert run("--replay=" + os.path.join(folder, "one-vcpu-example.trail")) == text
    assert "one --scope" in refused("--example")
    assert "one --scope" in refused("--example", "--scope=small", "--scope=init")


def test_a_trail_to_a_stuck_or_unkicked_state_is_no_success_until_it_is_mended():
    """Nothing breaks on the way there: it is the end that is wrong."""
    with tempfile.TemporaryDirectory() as folder:
        run("--scope=HOLE-1", "--scope=BUG-28", "--save=" + folder)
        for name, words in (("HOLE-1-stuck", "stuck: each goes on in his turn, and that comes to"),
                            ("BUG-28-un-kicked", "un-kicked: an item could leave done")):
            path = os.path.join(folder, name + ".trail")
            assert words in run("--replay=" + path, status=1).splitlines()[-1]
            root = xml.fromstring(run("--replay=" + path, "--format=junit", status=1))
            assert words in root.find(".//failure").attrib["message"]
        path = os.path.join(folder, "HOLE-1-stuck.trail")
        with open(path) as file:
            text = file.read()
        with open(path, "w") as file:
            file.write(text.replace("\nfixes 0\n", "\nfixes 2\n"))
        assert "nothing is broken" in run("--replay=" + path)


def test_what_is_expected_is_told_with_its_cause():
    assert "expected here: HOLE-1\n" in run("--scope=case-3")
    assert "expected here: INV-40, by other weaknesses\n" in run("--fix=HOLE-1")
    for arguments, status in ((("--scope=small",), 0), (("--bug=BUG-26",), 1)):
        assert "expected here" not in run(*arguments, status=status)
    row = [line for line in run("--list").splitlines() if line.startswith("one-vcpu-today ")][0]
    assert row.endswith("(slow: only with --all or by name, --memory=8GiB)")


def test_saved_trails_do_not_overwrite_each_other():
    with tempfile.TemporaryDirectory() as folder:
        run("--scope=HOLE-2", "--save=" + folder)
        names = sorted(os.listdir(folder))
        found = json.loads(run("--scope=HOLE-2", "--format=json"))["rows"][0]["found"]
        assert len([n for n in names if "INV-" in n and n.endswith(".trail")]) == len(found)
        for name in names:
            base, suffix = os.path.splitext(name)
            assert suffix in (".trail", ".txt") and base + ".trail" in names
            if suffix == ".txt":
                assert ftrace(open(os.path.join(folder, name)).read())
        assert "HOLE-2-INV-31-2.trail" in names


def main():
    tests = [(name, test) for name, test in sorted(globals().items()) if name.startswith("test_")]
    failed = 0
    for name, test in tests:
        try:
            test()
        except Exception as error:  # told, and the others still run
            failed += 1
            print(f"FAIL: {name}: {type(error).__name__}: {error}", file=sys.stderr)
    print(f"{len(tests) - failed} passed, {failed} failed")
    return failed != 0


sys.exit(main())
