/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * /etc: what the runtime has, with the few files that are about this machine and this user written new.
 *
 * The runtime's entries are links into /usr/etc rather than mounts: each mount costs more than all these links
 * together, and a folder inside a served image cannot be mounted on its own.  Nothing
 * is opened through the runtime's own links; they are re-created and mean what they mean inside.
 */
#include "runner/plan/context.h"

#include <dirent.h>
#include <limits.h>
#include <string.h>
#include <unistd.h>

#include "base/error.h"
#include "base/file.h"

#define ORIGIN "default"

/* Written by accounts.c, timezone.c and network.c, or the machine's own business. */
static const char *const synthesised[] = { "passwd", "group",    "machine-id", "resolv.conf", "host.conf", "hosts",
                                           "gai.conf", "localtime", "timezone", "shadow",      "gshadow",   "mtab",
                                           NULL };

static int
compare_names (gconstpointer a, gconstpointer b)
{
  return strcmp (*(const char *const *) a, *(const char *const *) b);
}

static GPtrArray *
list_names (int etc_fd)
{
  g_autoptr (GPtrArray) names = g_ptr_array_new_with_free_func (g_free);
  DIR *dir = fdopendir (plan_dup (etc_fd));

  if (dir == NULL)
    return g_steal_pointer (&names);
  for (struct dirent *entry = readdir (dir); entry != NULL; entry = readdir (dir))
    if (strcmp (entry->d_name, ".") != 0 && strcmp (entry->d_name, "..") != 0
        && !g_strv_contains (synthesised, entry->d_name))
      g_ptr_array_add (names, g_strdup (entry->d_name));
  closedir (dir);
  g_ptr_array_sort (names, compare_names); /* the order of a folder is no one's promise */
  return g_steal_pointer (&names);
}

gboolean
plan_etc (PlanContext *context, GError **error)
{
  (void) sandbox_plan_dir (context->plan, "/etc", 0755, ORIGIN);
  (void) sandbox_plan_symlink (context->plan, "../proc/self/mounts", "/etc/mtab", ORIGIN);

  autofd etc_fd = openat (context->launch->runtime->files_fd, "etc", O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
  if (etc_fd < 0)
    return TRUE; /* a runtime without etc/ is legal */

  g_autoptr (GPtrArray) names = list_names (etc_fd);
  for (guint i = 0; i < names->len; i++)
    {
      const char *name = names->pdata[i];
      char target[PATH_MAX];
      g_autofree char *dest = g_strconcat ("/etc/", name, NULL);
      ssize_t length = readlinkat (etc_fd, name, target, sizeof target - 1);

      if (length > 0)
        target[length] = '\0';
      g_autofree char *below_usr = g_strconcat ("../usr/etc/", name, NULL);
      (void) sandbox_plan_symlink (context->plan, length > 0 ? target : below_usr, dest, ORIGIN);
    }
  return TRUE;
}
