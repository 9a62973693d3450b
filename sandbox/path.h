/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * Paths inside a sandbox, as text.
 */
#pragma once

#include <stdbool.h>

/* The plain form of an absolute path: no empty or `.` component, no slash at the end; malloc'ed.  NULL with
 * a reason when it is not absolute, has a `..` component or is too long. */
char *path_plain (const char *path, const char **ret_why);

/* Is the plain path `path` the plain path `top`, or below it? */
bool path_is_below (const char *path, const char *top);
