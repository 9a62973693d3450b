/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "sandbox/appbox/appbox.h"

#include <errno.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <syslog.h>

#define STATUS_FAILED 1

static bool has_levels;     /* of the program's messages, wherever they come from */

/* A program that looks for words of bubblewrap in our messages may look for its name as well. */
const char *
appbox_name (void)
{
  return strcmp (program_invocation_short_name, "bwrap") == 0 ? "bwrap" : "appbox";
}

static void
message_print (int level, const char *format, va_list args)
{
  if (has_levels)
    fprintf (stderr, "<%d>", level);
  fprintf (stderr, "%s: ", appbox_name ());
  (void) vfprintf (stderr, format, args);
  fputc ('\n', stderr);
}

void
appbox_die (const char *format, ...)
{
  va_list args;

  va_start (args, format);
  message_print (LOG_ERR, format, args);
  va_end (args);
  exit (STATUS_FAILED);
}

void
appbox_warn (const char *format, ...)
{
  va_list args;

  va_start (args, format);
  message_print (LOG_WARNING, format, args);
  va_end (args);
}

void
appbox_prefix_levels (void)
{
  has_levels = true;
}
