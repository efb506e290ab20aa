#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""counts.py SIM DOCUMENT [--write] [--memory=SIZE] [SIM OPTION...]

Searches every scope and every switch, the slow ones, too, with the rules of 6.12 and of tip, and
compares what comes out with the tables of docs/check.md, all but the seconds. --write puts new
tables there instead. Other options go to `sim check`; --scope=NAME compares those rows only.

A table stands between the lines <!-- counts NAME --> and <!-- counts end -->; NAME is scopes,
switches, or tip: the rows that come out otherwise there.
"""
import re
import subprocess
import sys

KERNELS = ["6.12", "tip"]
DEFAULT_MEMORY = "--memory=8GiB"  # one-vcpu-full, -today: the others are content with 1 GiB


def search(sim, kernel, options):
    """Tables of one run by their first head: a list of rows each, heads first."""
    command = [sim, "check", "--format=markdown", "--kernel=" + kernel] + options
    result = subprocess.run(command, stdout=subprocess.PIPE, text=True, check=False)
    if result.returncode not in (0, 1):
        sys.exit(f"counts: error: exit status {result.returncode}: {' '.join(command)}")
    return tables_of(result.stdout), result.returncode == 0


def tables_of(text):
    tables = {}
    for block in re.split(r"\n\s*\n", text.strip()):
        rows = [line[2:-2].split(" | ") for line in block.splitlines() if line.startswith("| ")]
        if len(rows) > 1:
            tables[rows[0][0]] = [rows[0]] + rows[2:]
    return tables


def markdown(rows):
    lines = [rows[0], ["---"] * len(rows[0])] + rows[1:]
    return "".join("| " + " | ".join(row) + " |\n" for row in lines)


def timeless(rows):
    if "seconds" not in rows[0]:
        return rows
    at = rows[0].index("seconds")
    return [row[:at] + row[at + 1:] for row in rows]


def by_name(rows):
    return {row[0]: row for row in rows[1:]}


def states_of(tables):
    """States of all scopes together."""
    rows = tables["scope"]
    at = rows[0].index("states")
    return sum(int(row[at].replace(",", "")) for row in rows[1:])


def otherwise(base, other):
    """Rows of the second kernel that differ from those of the first one, without heads' texts."""
    blocks = []
    for head, rows in other.items():
        known = by_name(timeless(base[head]))
        rows_there = [row for row in timeless(rows)[1:] if known.get(row[0]) != row]
        if rows_there:
            blocks.append(markdown([timeless(rows)[0]] + rows_there))
    return blocks


def tip_text(base, other):
    blocks = otherwise(base, other)
    lines = f"States of all scopes: {states_of(base):,} with 6.12, {states_of(other):,} with tip. "
    if not blocks:
        return lines + "Every row comes out the same.\n"
    return lines + "These rows come out otherwise with tip:\n\n" + "\n".join(blocks)


def part(name):
    return re.compile(rf"(<!-- counts {name} -->\n)(.*?)(<!-- counts end -->\n)", re.S)


def write(path, texts):
    with open(path, encoding="utf-8") as file:
        document = file.read()
    for name, text in texts.items():
        document, found = part(name).subn(lambda m, t=text: m[1] + t + m[3], document)
        if found != 1:
            sys.exit(f"counts: error: {path}: {found} parts '<!-- counts {name} -->', not one")
    with open(path, "w", encoding="utf-8") as file:
        file.write(document)


def compare(document, base, whole):
    """Rows that differ from the document's, and how many are the same."""
    bad, same = [], 0
    for head, name in (("scope", "scopes"), ("switch", "switches")):
        found = part(name).search(document)
        written = by_name(timeless(tables_of(found[2])[head])) if found else {}
        come_out = by_name(timeless(base[head])) if head in base else {}
        for row in come_out:
            if written.get(row) == come_out[row]:
                same += 1
            else:
                bad.append((row, written.get(row), come_out[row]))
        for row in written if whole else []:
            if row not in come_out:
                bad.append((row, written[row], None))
    return bad, same


def line_of(row):
    return " | ".join(row) if row else "(no such row)"


def main():
    arguments = [a for a in sys.argv[1:] if a != "--write"]
    if len(arguments) < 2 or arguments[0].startswith("-"):
        sys.exit(__doc__)
    sim, path, options = arguments[0], arguments[1], arguments[2:]
    whole = not any(o.startswith("--scope") for o in options)
    if not any(o.startswith("--memory") for o in options):
        options.append(DEFAULT_MEMORY)
    runs = [search(sim, kernel, options + (["--all"] if whole else [])) for kernel in KERNELS]
    base, other = runs[0][0], runs[1][0]
    failed = [k for k, run in zip(KERNELS, runs) if not run[1]]
    for kernel in failed:
        print(f"counts: with --kernel={kernel} rows did not come out as expected")
    if "--write" in sys.argv:
        if failed or not whole:
            sys.exit("counts: error: only a whole run that comes out as expected is written")
        write(path, {"scopes": markdown(base["scope"]), "switches": markdown(base["switch"]),
                     "tip": tip_text(base, other)})
        return
    with open(path, encoding="utf-8") as file:
        document = file.read()
    bad, same = compare(document, base, whole)
    for name, written, now in bad:
        print(f"counts: {name}\n  document: {line_of(written)}\n  search:   {line_of(now)}")
    tip = part("tip").search(document)
    if whole and (not tip or tip[2] != tip_text(base, other)):
        bad.append(("tip", None, None))
        print(f"counts: the part on tip would be\n{tip_text(base, other)}")
    print(f"{same} passed, {len(bad) + len(failed)} failed")
    sys.exit(1 if bad or failed else 0)


if __name__ == "__main__":
    main()
