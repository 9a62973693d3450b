/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * The one user whom the sandbox knows, and the machine's id, which D-Bus libraries want.
 */
#include "runner/plan/context.h"

#include <string.h>

#include "base/file.h"
#include "base/witness.h"

#define NOBODY 65534

static void
add_text (PlanContext *context, const char *dest, const char *text)
{
  plan_etc_file (context, dest, text, strlen (text));
}

static void
add_machine_id (PlanContext *context)
{
  g_autofree char *path = g_build_filename (context->host->etc, "machine-id", NULL);
  gsize length;

  witness_note (WITNESS_FILE, path);
  g_autofree char *text = file_read (AT_FDCWD, path, 64, &length, NULL);

  if (text == NULL)
    return;
  g_strchomp (text);
  if (strlen (text) != 32 || strspn (text, "0123456789abcdef") != 32)
    return;
  g_autofree char *line = g_strconcat (text, "\n", NULL);
  add_text (context, "/etc/machine-id", line);
}

gboolean
plan_accounts (PlanContext *context, GError **error)
{
  const Host *host = context->host;
  g_autofree char *passwd
    = g_strdup_printf ("%s:x:%u:%u:%s:%s:/bin/sh\n"
                       "nobody:x:%u:%u:Everybody else:/:/sbin/nologin\n",
                       host->user, (unsigned) host->uid, (unsigned) host->gid, host->real_name, host->home, NOBODY, NOBODY);
  g_autofree char *group
    = g_strdup_printf ("%s:x:%u:%s\nnogroup:x:%u:\n", host->group, (unsigned) host->gid, host->user, NOBODY);

  add_text (context, "/etc/passwd", passwd);
  add_text (context, "/etc/group", group);
  add_machine_id (context);
  return TRUE;
}
