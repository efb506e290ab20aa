/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * fuzz_dat.c - trace.dat from hostile bytes: read, and what is read is text that can be judged
 */
#include <stdlib.h>

#include "cap_judge.h"
#include "trace_dat_read.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct trace_dat_error wrong;
    struct cap_judgement j;
    struct cap_error error;
    struct capture c;
    size_t bytes = 0;
    char *text = NULL;

    if (!trace_dat_text(data, size, 9, &text, &bytes, &wrong))
        return 0;
    if (cap_load_text(text, bytes, CAP_FTRACE, &c, &error)) {
        cap_judge(&c, APF_KERNEL_6_12, CAP_MODE_AUTO, &j);
        cap_judgement_free(&j);
        cap_free(&c);
    }
    free(text);
    return 0;
}
