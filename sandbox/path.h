/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * Paths inside a sandbox, as text.
 */
#pragma once

#include <stdbool.h>

/* The plain form of an absolute path: no empty or `.` component, no slash at the end; malloc'ed.  NULL with
 * a reason when it is not absolute, has a `..` component or is too long. */
char *path_plain (const char *path, const char **ret_why);

/* The same for a way that may go up: a `..` stays where it is, as only those who walk it know what it leaves, but none stands at the
 * beginning, for above the root is the root.  What does not begin with a slash begins at the root all the same. */
char *path_way (const char *path, const char **ret_why);

/* Does the plain path, or way, end with `..`? */
bool path_ends_up (const char *path);

/* Is the plain path `path` the plain path `top`, or below it? */
bool path_is_below (const char *path, const char *top);

/* The same of a way, where no link is on it. */
bool path_leads_below (const char *way, const char *top);
