/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * One function a target: libFuzzer calls it (./dev fuzz), and so does the test that changes good inputs in a fixed order
 * (mutations.c).  It must come back whatever it is given.
 */
#pragma once

#include <stddef.h>
#include <stdint.h>

int LLVMFuzzerTestOneInput (const uint8_t *data, size_t size);
/* The input number `number` to begin with, malloc'ed; NULL when there are no more. */
uint8_t *fuzz_seed (size_t number, size_t *ret_size);
/* Words that the format knows, ended by NULL. */
extern const char *const fuzz_words[];
