#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
#SBATCH --job-name=sweep
#SBATCH --array=0-7
#SBATCH --requeue
#SBATCH --open-mode=append
#SBATCH --output=sweep-%a.log
#
# slurm-array.sh - a sweep as a Slurm job array: one task is one shard
#
#   sbatch --array=0-99 slurm-array.sh OUTPUT --workload=FILE --vary KEY=... [OPTION of sim sweep]
#   sim merge OUTPUT            (when all have ended)
#
# OUTPUT lies where all nodes see it. A task that was killed or requeued goes on where it was. The
# shard is that of the array; to run some tasks again (--array=3,5) say how many there are in all:
#
#   sbatch --array=3,5 --export=ALL,SHARDS=100 slurm-array.sh OUTPUT ...the same...
# sim is that of PATH on the nodes, or what SIM names (--export=ALL,SIM=/path/to/sim).
set -euo pipefail

stop() {
    printf 'slurm-array.sh: error: %s\n' "$2" >&2
    exit "$1"
}

(($# > 1)) || stop 2 'OUTPUT and the arguments of sim sweep are needed'
[[ -n ${SLURM_ARRAY_TASK_ID-} ]] ||
    stop 2 'not in a Slurm array: sbatch --array=0-N slurm-array.sh ...'
command -v "${SIM:-sim}" >/dev/null ||
    stop 3 "no ${SIM:-sim} here: put sim into PATH, or SIM=its/path"
output=$1
shift
arguments=("--output=$output" "--jobs=${SLURM_CPUS_PER_TASK:-1}")
[[ -z ${SHARDS-} ]] || arguments+=("--shard=$SLURM_ARRAY_TASK_ID/$SHARDS")
exec "${SIM:-sim}" sweep "${arguments[@]}" "$@"
