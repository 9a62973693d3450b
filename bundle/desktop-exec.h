/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * Exec lines of desktop files, made anew so that they start the app in its sandbox.
 */
#pragma once

#include <glib.h>

/* How the app is started. */
typedef struct
{
  const char *program;      /* path of apprun */
  const char *id;
  const char *arch;
  const char *branch;
} DesktopLauncher;

/* `exec`: the value of an Exec key, without the escapes of a keyfile; NULL or "": the app's own command.  Its program becomes
 * --command, which is looked for in the sandbox only.  Where it takes files (%f %F %u %U), they stand between words @@ (@@u for URLs),
 * and --file-forwarding gives the app those that a person chose.  Other field codes are dropped.  ERROR_REFUSED for what
 * different launchers could read in different ways, and for words that could become @@.  Caller frees. */
char *desktop_exec_rewrite (const char *exec, const DesktopLauncher *launcher, GError **error);
