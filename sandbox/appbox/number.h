/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * Values of options that are numbers.  What is not one ends the program with a sentence.
 */
#pragma once

#include "sandbox/appbox/appbox.h"

uint64_t number_value (const char *option, const char *text, int base, uint64_t highest);
/* A descriptor that is open and not taken by another option: it is set to close-on-exec, so the command does not get it. */
int descriptor_value (const char *option, const char *text);
/* A copy of it that belongs to the caller: it may be standard input, or stand in another option too. */
int descriptor_copy (const char *option, const char *text);
