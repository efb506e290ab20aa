/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * fuzz_capture.c - captures from hostile bytes: read, judged strictly and tolerantly
 */
#include "cap_judge.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void judge(const struct capture *c, enum cap_mode mode, enum apf_kernel kernel)
{
    struct cap_judgement j;

    cap_judge(c, kernel, mode, &j);
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
    cap_free(&c);
    return 0;
}
