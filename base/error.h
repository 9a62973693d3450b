/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * Errors are sentences for people.
 *
 * Every function that can fail takes a `GError **error` last and returns FALSE or NULL.  A message says
 * what was wanted, on which object, why it failed and, where that is known, what to do.  A caller
 * that adds the object it was working on uses error_prefix(); one prefix is usually enough.
 */
#pragma once

#include <glib.h>

#define ERROR_DOMAIN (error_domain ())

/* The few conditions that a caller branches on; everything else is ERROR_FAILED. */
typedef enum
{
  ERROR_FAILED,
  ERROR_USAGE,         /* the command line is wrong: main() adds "see --help" */
  ERROR_NOT_FOUND,     /* the named object does not exist */
  ERROR_REFUSED,       /* refused for safety: bad signature, hash, format or name */
  ERROR_UNAVAILABLE,   /* the kernel or the host lacks something; another way may exist */
  ERROR_CANCELLED,     /* the user interrupted */
} ErrorCode;

GQuark error_domain (void);

/* Set *error and return FALSE, so that `return error_throw (error, ...)` ends a function. */
gboolean error_throw (GError **error, const char *format, ...) G_GNUC_PRINTF (2, 3);
gboolean error_throw_code (GError **error, ErrorCode code, const char *format, ...) G_GNUC_PRINTF (3, 4);

/* As error_throw(), with ": " and the system's text for `saved_errno` appended. */
gboolean error_throw_errno (GError **error, int saved_errno, const char *format, ...) G_GNUC_PRINTF (3, 4);

/* Put "text: " before the message of *error; returns FALSE.  Does nothing to the code. */
gboolean error_prefix (GError **error, const char *format, ...) G_GNUC_PRINTF (2, 3);
