/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "sandbox/appbox/options.h"

#include <errno.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <syslog.h>

#define STATUS_FAILED 1
/* The one whose options we have; who builds for bubblewrap takes the version from the end of this line. */
#define BUBBLEWRAP "bubblewrap 0.11.0"

static bool has_levels;     /* of the program's messages, wherever they come from */

static bool
is_bubblewrap (void)
{
  return strcmp (program_invocation_short_name, "bwrap") == 0;
}

/* A program that looks for words of bubblewrap in our messages may look for its name as well. */
const char *
appbox_name (void)
{
  return is_bubblewrap () ? "bwrap" : "appbox";
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

int
output_end (void)
{
  if (fflush (stdout) != 0 || ferror (stdout))
    appbox_die ("cannot write the output");
  return 0;
}

void
option_help (Appbox *box, char **values)
{
  options_print (stdout);
  exit (output_end ());
}

void
option_version (Appbox *box, char **values)
{
  puts (is_bubblewrap () ? BUBBLEWRAP : "appbox " NACELLE_VERSION);
  exit (output_end ());
}
