/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * The host's time zone: by name where the runtime knows the zone, else by content.
 */
#include "runner/plan/context.h"

#include <limits.h>
#include <string.h>
#include <unistd.h>

#include "base/file.h"
#include "base/witness.h"

#define ORIGIN "default"
#define ZONE_FILE_MAX (64 * 1024)

/* "Europe/Berlin" of a link to .../zoneinfo/Europe/Berlin. */
static char *
zone_name (const char *localtime)
{
  char target[PATH_MAX];
  ssize_t length = readlink (localtime, target, sizeof target - 1);
  if (length <= 0)
    return NULL;
  target[length] = '\0';

  const char *found = strstr (target, "/zoneinfo/");
  if (found == NULL)
    return NULL;
  const char *zone = found + strlen ("/zoneinfo/");
  static const char allowed[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789_+-/";
  return zone[0] != '\0' && zone[0] != '/' && zone[strspn (zone, allowed)] == '\0' ? g_strdup (zone) : NULL;
}

gboolean
plan_timezone (PlanContext *context, GError **error)
{
  g_autofree char *localtime = g_build_filename (context->host->etc, "localtime", NULL);
  witness_note (WITNESS_LINK, localtime);
  witness_note (WITNESS_FILE, localtime);
  g_autofree char *zone = zone_name (localtime);

  if (zone != NULL)
    {
      g_autofree char *in_runtime = g_strconcat ("share/zoneinfo/", zone, NULL);
      g_autofree char *line = g_strconcat (zone, "\n", NULL);
      struct stat st;

      plan_etc_file (context, "/etc/timezone", line, strlen (line));
      if (fstatat (context->launch->runtime->files_fd, in_runtime, &st, AT_SYMLINK_NOFOLLOW) == 0)
        {
          g_autofree char *target = g_strconcat ("../usr/", in_runtime, NULL);
          (void) sandbox_plan_symlink (context->plan, target, "/etc/localtime", ORIGIN);
          return TRUE;
        }
    }

  gsize length;
  g_autofree char *data = file_read (AT_FDCWD, localtime, ZONE_FILE_MAX, &length, NULL);
  if (data != NULL)
    plan_etc_file (context, "/etc/localtime", data, length);
  return TRUE;
}
