/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * Values of options that are numbers.  What is not one ends the program with a sentence, which begins as bubblewrap's does.
 */
#pragma once

#include "sandbox/appbox/appbox.h"

#include <sys/types.h>

/* False for what is not such a number. */
bool number_read (const char *text, int base, uint64_t highest, uint64_t *number);
uint64_t number_value (const char *option, const char *text, uint64_t highest);
mode_t mode_value (const char *option, const char *text);
/* Of a user or group. */
unsigned id_value (const char *option, const char *text);
/* A descriptor that is open and not taken by another option: it is set to close-on-exec, so the command does not get it. */
int descriptor_value (const char *option, const char *text);
/* A copy of it that belongs to the caller: it may be standard input, or stand in another option too. */
int descriptor_copy (const char *option, const char *text);
