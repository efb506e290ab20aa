#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""findings.py SIM DIRECTORY [--write]: the trails in docs/findings are what the program prints.

A block of a page that begins with `$ sim ...` holds that command's output; --write puts it there.
"""
import os
import re
import subprocess
import sys

BLOCK = re.compile(r"```\n\$ sim (.*)\n((?:.*\n)*?)```\n")


def printed(sim, root, arguments):
    out = subprocess.run([sim] + arguments.split(), cwd=root, capture_output=True, text=True)
    assert out.returncode == 1 and not out.stderr, f"{arguments}: {out.returncode} {out.stderr}"
    return out.stdout


def main():
    sim, folder = os.path.abspath(sys.argv[1]), sys.argv[2]
    root = os.path.dirname(os.path.dirname(os.path.abspath(folder)))
    blocks = bad = 0
    for name in sorted(os.listdir(folder)):
        path = os.path.join(folder, name)
        with open(path, encoding="utf-8") as page:
            text = page.read()
        fresh = text
        for arguments, old in BLOCK.findall(text):
            blocks += 1
            block = f"```\n$ sim {arguments}\n"
            new = printed(sim, root, arguments)
            fresh = fresh.replace(block + old + "```\n", block + new + "```\n")
        if fresh == text:
            continue
        if "--write" in sys.argv:
            with open(path, "w", encoding="utf-8") as page:
                page.write(fresh)
        else:
            bad += 1
            print(f"{path}: not what the program prints; findings.py SIM {folder} --write")
    assert blocks >= 9, f"{blocks} trails in {folder}"
    return bad > 0


if __name__ == "__main__":
    sys.exit(main())
