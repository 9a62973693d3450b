/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * Numbers as text without stdio, for code that runs after clone.
 */
#pragma once

/* Append `number` in decimal (or octal) to the text at `buffer`, which has room; returns its new end. */
char *decimal_append (char *buffer, unsigned long long number);
char *octal_append (char *buffer, unsigned number);
/* The same for text; the end is always a NUL byte. */
char *text_append (char *buffer, const char *text);
