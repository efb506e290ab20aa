/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * sim_words.c - names and meanings of outcomes, ledger classes and latencies
 */
#include "sim_words.h"

#include "sim_poison.h"
#include "sim_poison_alloc.h"

#define OUTCOME_KEY(name, key, help)  [OUTCOME_##name] = key,
#define OUTCOME_HELP(name, key, help) [OUTCOME_##name] = help,
const char *const outcome_key[OUTCOME_COUNT] = {OUTCOMES(OUTCOME_KEY)};
const char *const outcome_help[OUTCOME_COUNT] = {OUTCOMES(OUTCOME_HELP)};

#define LEDGER_KEY(name, key, help)  [LEDGER_##name] = key,
#define LEDGER_HELP(name, key, help) [LEDGER_##name] = help,
const char *const ledger_key[LEDGER_COUNT] = {LEDGER_CLASSES(LEDGER_KEY)};
const char *const ledger_help[LEDGER_COUNT] = {LEDGER_CLASSES(LEDGER_HELP)};

#define HOST_KEY(name, key, help)  [HOST_##name] = key,
#define HOST_HELP(name, key, help) [HOST_##name] = help,
const char *const host_key[HOST_CLASS_COUNT] = {HOST_CLASSES(HOST_KEY)};
const char *const host_help[HOST_CLASS_COUNT] = {HOST_CLASSES(HOST_HELP)};

#define LATENCY_KEY(name, key, help)  [LATENCY_##name] = key,
#define LATENCY_HELP(name, key, help) [LATENCY_##name] = help,
const char *const latency_key[LATENCY_COUNT] = {LATENCIES(LATENCY_KEY)};
const char *const latency_help[LATENCY_COUNT] = {LATENCIES(LATENCY_HELP)};
