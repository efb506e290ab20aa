#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""check_json.py SCHEMA PROGRAM [ARGUMENT...]: is what the program prints valid by the schema?

Knows the part of JSON Schema draft 7 that docs/results.schema.json uses, and refuses a schema that
uses more. Also checks what a schema cannot say: the books balance, no key is given twice, every
number is finite.
"""
import json
import re
import subprocess
import sys

KNOWN = {"$schema", "$id", "$ref", "title", "description", "definitions", "type", "required",
         "additionalProperties", "properties", "const", "pattern", "minimum", "maximum",
         "minLength", "minProperties", "items"}
IO = ("inline", "delivered", "halted", "sync", "sync_prefault", "error")
TYPES = {"object": dict, "array": list, "string": str, "boolean": bool, "null": type(None)}


def is_type(value, name):
    if name == "integer":
        return isinstance(value, int) and not isinstance(value, bool)
    if name == "number":
        return isinstance(value, (int, float)) and not isinstance(value, bool)
    return isinstance(value, TYPES[name])


def problems(value, schema, root, at="$"):
    if schema.keys() - KNOWN:
        sys.exit(f"check_json.py does not know {schema.keys() - KNOWN} at {at}")
    if "$ref" in schema:
        yield from problems(value, root["definitions"][schema["$ref"].rsplit("/", 1)[1]], root, at)
        return
    kinds = schema.get("type", [])
    kinds = [kinds] if isinstance(kinds, str) else kinds
    if kinds and not any(is_type(value, k) for k in kinds):
        yield f"{at}: {value!r} is not {kinds}"
        return
    if "const" in schema and value != schema["const"]:
        yield f"{at}: {value!r} is not {schema['const']!r}"
    if isinstance(value, str):
        if len(value) < schema.get("minLength", 0):
            yield f"{at}: too short"
        if not re.search(schema.get("pattern", ""), value):
            yield f"{at}: {value!r} does not match"
    if is_type(value, "number"):
        if value < schema.get("minimum", value) or value > schema.get("maximum", value):
            yield f"{at}: {value} is out of range"
    if isinstance(value, list):
        for i, item in enumerate(value):
            yield from problems(item, schema.get("items", {}), root, f"{at}[{i}]")
    if isinstance(value, dict):
        yield from object_problems(value, schema, root, at)


def object_problems(value, schema, root, at):
    for key in schema.get("required", []):
        if key not in value:
            yield f"{at}: {key} is missing"
    if len(value) < schema.get("minProperties", 0):
        yield f"{at}: too few members"
    for key, member in value.items():
        known = schema.get("properties", {}).get(key, schema.get("additionalProperties", True))
        if known is False:
            yield f"{at}: {key} is not in the schema"
        elif known is not True:
            yield from problems(member, known, root, f"{at}.{key}")


def balance(result):
    for name, mode in result["modes"].items():
        faults = mode["faults"]
        io = sum(faults[k] for k in IO)
        if io != faults["delivered"] + sum(mode["why"].values()):
            yield f"mode {name}: delivered + sum(why) is not the {io} accesses that needed I/O"
        if sum(mode["ledger_ns"].values()) != mode["wall_ns"] * result["vcpus"]:
            yield f"mode {name}: the ledger does not sum to wall x vCPUs"
        if "host" in mode and \
                sum(mode["host"]["ledger_ns"].values()) != mode["wall_ns"] * result["host_cpus"]:
            yield f"mode {name}: the host's books do not sum to wall x CPUs"


def no_twice(pairs):
    if len({key for key, _ in pairs}) != len(pairs):
        raise ValueError(f"a key is given twice among {[key for key, _ in pairs]}")
    return dict(pairs)


def refuse(text):
    raise ValueError(f"{text} is not JSON")


def main():
    with open(sys.argv[1], encoding="utf-8") as f:
        schema = json.load(f, object_pairs_hook=no_twice)
    text = subprocess.run(sys.argv[2:], stdout=subprocess.PIPE, check=True).stdout.decode("utf-8")
    result = json.loads(text, object_pairs_hook=no_twice, parse_constant=refuse)
    found = list(problems(result, schema, schema)) + list(balance(result))
    for line in found:
        print(line, file=sys.stderr)
    # The validator itself must be able to say no.
    broken = json.loads(text)
    broken["schema"], broken["digest"], broken["surplus"] = 2, "short", 1
    if len(list(problems(broken, schema, schema))) != 3:
        sys.exit("check_json.py finds nothing wrong with a wrong document")
    sys.exit(1 if found else 0)


main()
