#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
# docs/params.md is what `sim params --format=markdown` prints: params_doc.sh SIM docs/params.md
set -euo pipefail

if diff <("$1" params --format=markdown) "$2"; then
    printf 'ok: docs/params.md is up to date\n'
else
    printf 'FAIL: run sim params --format=markdown > docs/params.md\n'
    exit 1
fi
