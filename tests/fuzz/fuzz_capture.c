/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * fuzz_capture.c - captures from hostile bytes: read, judged strictly and tolerantly, measured
 */
#include "cap_steps.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void judge(const struct capture *c, enum cap_mode mode, enum apf_kernel kernel)
{
    struct cap_judgement j;

    cap_judge(c, kernel, mode, &j);
    cap_judgement_free(&j);
}

static void measure(struct capture *c)
{
    struct cap_judgement j;
    struct cap_steps steps;

    cap_sort(c);
    cap_judge(c, APF_KERNEL_6_12, CAP_MODE_AUTO, &j);
    cap_steps(c, &j, &steps);
    cap_steps_free(&steps);
    cap_judgement_free(&j);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct cap_error error;
    struct capture c;

    if (!cap_load_text((const char *)data, size, CAP_AUTO, &c, &error))
        return 0;
    judge(&c, CAP_MODE_STRICT, APF_KERNEL_6_12);
    judge(&c, CAP_MODE_TOLERANT, APF_KERNEL_5_8);
    measure(&c);
    cap_free(&c);
    return 0;
}
