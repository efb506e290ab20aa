/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * cli_points.h - where the results of a sweep are kept until all are there
 *
 * One file for each shard, records one behind the other: who wrote it, the provenance and the
 * header of the CSV file to be, then a record for each point in the order in which they ended, then
 * an end. A record is a line "KIND NUMBER BYTES HASH", BYTES bytes, and a newline.
 *
 * Why so: a record is one write() at the end of a file, so kill -9 loses points in flight and no
 * other; the hash finds the record that a power cut left half there; a million points are one file
 * and not a million; and what a record holds are the bytes of the final CSV file, so that whatever
 * order they were written in, and by however many machines, the result is the same file. The final
 * files are written beside and renamed, in the order of the points, with 8 bytes of memory each.
 *
 * Promise:  only one process at a time has a file open for writing (a lock). A file of another
 *           sweep is refused with what differs, and never touched.
 */
#pragma once

#include "cli_identity.h"
#include "cli_shard.h"

struct cli_points;

/* Opens or begins DIR's file of the shard, and reads which points it has. A record that is broken,
 * and what follows it, is cut off and said: those points run again. NULL: said, *ret_status set. */
struct cli_points *cli_points_open(const char *dir, const struct cli_shard *shard,
                                   const struct cli_identity *id, const char *header,
                                   int *ret_status);
/* One that was finished, to be read: everything in it is checked. NULL: said. */
struct cli_points *cli_points_read(const char *path, int *ret_status);
void cli_points_close(struct cli_points *p); /* takes NULL */

const char *cli_points_path(const struct cli_points *p);
const struct cli_identity *cli_points_identity(const struct cli_points *p);
struct cli_shard cli_points_shard(const struct cli_points *p);
const char *cli_points_provenance(const struct cli_points *p);
const char *cli_points_header(const struct cli_points *p);
uint32_t cli_points_count(const struct cli_points *p); /* that it has */
bool cli_points_complete(const struct cli_points *p);  /* all of the shard's, and the end */
bool cli_points_has(const struct cli_points *p, uint32_t point);

/* Threads may add. False: said; what was there is as it was. */
bool cli_points_add(struct cli_points *p, uint32_t point, const char *data, size_t bytes);
/* Removes a file without points: nothing would be lost with it. */
void cli_points_forget_empty(struct cli_points *p);
/* Writes the end behind the last point. False: said. */
bool cli_points_end(struct cli_points *p);
/* To the disk; waits for a record that is being written. */
void cli_points_sync(struct cli_points *p);
/* Before the process ends with other threads at work: on disk is what is there, and how many that
 * are. Who wants to add one more waits until the end. */
uint32_t cli_points_stop(struct cli_points *p);
/* What was added for a point, with a zero byte behind it; g_free() it. NULL: said. */
char *cli_points_get(const struct cli_points *p, uint32_t point, size_t *ret_bytes);

/* The number and count that a file's name says, DIR/shard-K-of-N.points. */
bool cli_points_name(const char *name, struct cli_shard *ret);
/* CLI_USAGE (said) when files of another count of shards are in the directory, or of a sweep
 * without shards. In cli_merge.c. */
int cli_shard_alone(const char *dir, const struct cli_shard *shard);
