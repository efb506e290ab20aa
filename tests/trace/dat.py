#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-or-later
#
# dat.py SIM WORKLOADS - sim reads every trace.dat that trace-cmd writes
#
# A trace.dat of a run (version 6) is made one of version 7 in each packing, by trace-cmd where it
# is there, and by this file, in one buffer and in several: all stand for the same text. Damaged
# ones: one line and exit status 2.
import os
import shutil
import struct
import subprocess
import sys
import tempfile
import zlib

SIM = os.path.realpath(sys.argv[1])
WORKLOADS = os.path.realpath(sys.argv[2])
passed = failed = skipped = 0
MAGIC = b"\x17\x08\x44tracing"
PAGE = 4096
OPTIONS, BUFFER, HEADER, FORMATS, COMMS = 0, 3, 16, 18, 21  # kinds of sections, and their options


def check(good, what, told=b""):
    global passed, failed
    if good:
        passed += 1
    else:
        failed += 1
        print(f"not ok: {what}\n{told.decode(errors='replace')[:2000]}")


def sim(*arguments):
    return subprocess.run([SIM, *arguments], capture_output=True, check=False)


# ---- version 6 taken apart ----

class Six:
    """A trace.dat as sim writes it."""

    def __init__(self, path):
        with open(path, "rb") as file:
            self.data = file.read()
        self.at = len(MAGIC)
        assert self.string() == b"6"
        self.at += 6
        start = self.at
        for _ in range(2):  # header_page, header_event
            self.string()
            self.text(8)
        self.header = self.data[start:self.at]
        self.formats_of()
        start = self.at
        for _ in range(self.number(4)):
            self.string()
            self.formats_of()
        self.formats = self.data[start:self.at]
        self.text(4)
        self.text(4)
        start = self.at
        self.text(8)
        self.comms = self.data[start:self.at]
        cpus = self.number(4)
        assert self.string() == b"options  "
        self.options = []
        while (option := self.number(2)) != 0:
            self.options.append((option, self.text(4)))
        assert self.string() == b"flyrecord"
        places = [(self.number(8), self.number(8)) for _ in range(cpus)]
        self.pages = [self.data[at:at + size] for at, size in places]

    def number(self, size):
        self.at += size
        return int.from_bytes(self.data[self.at - size:self.at], "little")

    def string(self):
        end = self.data.index(b"\0", self.at)
        text, self.at = self.data[self.at:end], end + 1
        return text

    def text(self, size):
        length = self.number(size)
        self.at += length
        return self.data[self.at - length:self.at]

    def formats_of(self):
        for _ in range(self.number(4)):
            self.text(8)


# ---- version 7 put together ----

def section(kind, body, packed):
    if packed:
        raw = zlib.compress(body)
        body = struct.pack("<II", len(raw), len(body)) + raw
    return struct.pack("<HHIQ", kind, int(packed), 0, len(body)) + body


def chunks(pages, per_chunk=3):
    parts = [pages[i:i + per_chunk * PAGE] for i in range(0, len(pages), per_chunk * PAGE)]
    raw = [(zlib.compress(p), len(p)) for p in parts]
    body = b"".join(struct.pack("<II", len(r), size) + r for r, size in raw)
    return struct.pack("<I", len(raw)) + body, len(body)


def option(kind, body):
    return struct.pack("<HI", kind, len(body)) + body


class Seven:
    """buffers: which CPUs each has; `packed`: by zlib."""

    def __init__(self, six, packed, buffers, clock=b"local"):
        self.clock = clock
        name = b"zlib" if packed else b"none"
        self.data = bytearray(MAGIC + b"7\0\0\x08" + struct.pack("<I", PAGE) + name + b"\0001.0\0")
        self.first = len(self.data)
        self.data += bytes(8)
        options = b"".join(option(k, text) for k, text in six.options)
        for kind, body in ((HEADER, six.header), (FORMATS, six.formats), (COMMS, six.comms)):
            options += option(kind, struct.pack("<Q", self.add(section(kind, body, packed))))
        link = self.add_options(options, self.first, packed)
        for i, cpus in enumerate(buffers):
            link = self.add_options(self.buffer(six, cpus, b"i%d" % i, packed), link, packed)

    def add(self, body):
        self.data += body
        return len(self.data) - len(body)

    def add_options(self, options, link, packed):
        """Returns where the place of the next ones stands; a packed section cannot be changed any
        more, so that option sections are not packed, as trace-cmd has it."""
        at = self.add(section(OPTIONS, options + option(0, bytes(8)), False))
        self.data[link:link + 8] = struct.pack("<Q", at)
        return len(self.data) - 8

    def buffer(self, six, cpus, name, packed):
        at = self.add(struct.pack("<HHIQ", BUFFER, int(packed), 0, 0))
        places = b""
        for cpu in cpus:
            self.data += bytes(-len(self.data) % PAGE)
            body, size = chunks(six.pages[cpu]) if packed else (six.pages[cpu], len(six.pages[cpu]))
            places += struct.pack("<IQQ", cpu, self.add(body), size)
        return option(BUFFER, struct.pack("<Q", at) + name + b"\0" + self.clock + b"\0" +
                      struct.pack("<II", PAGE, len(cpus)) + places)


def write(name, data):
    with open(name, "wb") as file:
        file.write(data)
    return name


def as_text(name):
    done = sim("trace", "convert", name, "back.txt")
    if done.returncode:
        return done.stderr
    with open("back.txt", "rb") as file:
        return file.read()


# ---- the tests ----

def made_here(six, want):
    one, several = [range(len(six.pages))], [[0], [], range(1, len(six.pages))]
    for buffers, words in ((one, "one buffer"), (several, "instances")):
        got = as_text(write("here.dat", Seven(six, False, buffers).data))
        check(got == want, f"version 7, not packed, {words}", got)
        name = write("here.dat", Seven(six, True, buffers).data)
        done = sim("trace", "convert", name, "back.txt")
        if done.returncode == 3:
            skip(f"version 7, zlib, {words}", done.stderr)
            continue
        got = as_text(name)
        check(got == want, f"version 7, zlib, {words}", got)


def ticks(six):
    """The clock stands in the option of the buffer: its times are no seconds."""
    name = write("ticks.dat", Seven(six, False, [range(len(six.pages))], b"x86-tsc").data)
    told = sim("trace", "stats", name).stdout
    check(b" ticks " in told and b"--mhz=N" in told, "a buffer whose clock is x86-tsc", told)
    told = sim("trace", "stats", "--mhz=1000", name).stdout
    check(b" ns " in told and told.replace(b"ticks.dat", b"x.dat") ==
          sim("trace", "stats", "x.dat").stdout, "its ticks as ns", told)


def skip(what, why):
    global skipped
    skipped += 1
    print(f"skipped: {what}: {why.decode().strip()}")


def made_by_trace_cmd(want):
    if not shutil.which("trace-cmd"):
        skip("files of trace-cmd", b"no trace-cmd (apt-get install trace-cmd)")
        return
    for packing in ("none", "zlib", "zstd"):
        done = subprocess.run(["trace-cmd", "convert", "-i", "x.dat", "-o", "cmd.dat",
                               "--file-version", "7", "--compression", packing],
                              capture_output=True, check=False)
        if done.returncode or not os.path.exists("cmd.dat"):
            skip(f"trace-cmd with {packing}", done.stderr.splitlines()[0] + b" (trace-cmd)")
            continue
        done = sim("trace", "convert", "cmd.dat", "back.txt")
        if done.returncode == 3:
            skip(f"version 7 of trace-cmd, {packing}", done.stderr)
        else:
            got = as_text("cmd.dat")
            check(got == want, f"version 7 of trace-cmd, {packing}", got)
        os.unlink("cmd.dat")


def refused(data, words, what):
    done = sim("trace", "check", write("bad.dat", data))
    if done.returncode == 3:
        skip(what, done.stderr)
        return
    told = done.stderr.decode()
    check(done.returncode == 2 and words in told and told.count("\n") == 1, f"refused: {what}",
          done.stderr + done.stdout)


def damaged(six):
    one = [range(len(six.pages))]
    whole = Seven(six, True, one)
    plain = Seven(six, False, one)
    refused(bytes(whole.data).replace(b"zlib\0", b"lzma\0", 1), "packed by 'lzma'", "a packing")
    refused(bytes(whole.data).replace(b"tracing7", b"tracing8", 1), "version '8'", "a version")
    nameless = Seven(six, False, one).data
    at = nameless.index(option(COMMS, b"")[:2] + b"\x08\0\0\0", plain.first)
    nameless[at:at + 2] = b"\x05\0"  # UNAME, which nobody reads
    got = as_text(write("here.dat", nameless))
    check(b"<...>-1001" in got and b"CPU 0/KVM" not in got, "no names of processes", got)
    for share in (3, 10, 30, 60, 90, 99):
        refused(whole.data[:len(whole.data) * share // 100], "bad.dat: at byte", f"{share} % of it")
    loop = Seven(six, False, one)
    first = loop.data[loop.first:loop.first + 8]
    loop.data[-8:] = first  # the last options lead back to the first
    refused(loop.data, "sections of options", "a loop of options")
    for offset, words in ((0, "how its events look"), (10, "of kind"), (1 << 62, "cut short")):
        bad = bytearray(plain.data)
        at = bad.index(option(FORMATS, b"")[:2] + b"\x08\0\0\0", plain.first) + 6
        bad[at:at + 8] = struct.pack("<Q", offset)
        refused(bad, words, f"formats at {offset}")
    at = whole.data.rindex(b"\x78\x9c")  # what zlib begins with: the last chunk
    for shift, value, words in ((-4, 5000, "impossible size"), (-4, 1 << 20, "impossible size"),
                                (-8, 1 << 31, "cut short"), (6, 0xffffffff, "cannot be unpacked")):
        bad = bytearray(whole.data)
        bad[at + shift:at + shift + 4] = struct.pack("<I", value)
        refused(bad, words, f"a chunk with {value:#x} at {shift}")


def main():
    with tempfile.TemporaryDirectory() as folder:
        os.chdir(folder)
        done = sim("run", os.path.join(WORKLOADS, "memhog.yaml"), "--quiet", "--replicas=1",
                   "--modes=apf", "--set", "duration=300ms", "--set", "warmup=0s",
                   "--trace=x.dat")
        check(done.returncode == 0, "a trace.dat to begin with", done.stderr)
        want = as_text("x.dat")
        check(want.count(b"kvm_async_pf_ready") > 10, "it has faults", want)
        six = Six("x.dat")
        made_here(six, want)
        made_by_trace_cmd(want)
        ticks(six)
        damaged(six)
    print(f"{passed} passed, {failed} failed, {skipped} skipped")
    sys.exit(failed > 0)


main()
