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
#include "sandbox/plan-guest.h"

#define ORIGIN "default"

typedef struct
{
  char *name;
  gboolean is_link;  /* or may be */
} EtcEntry;

static void
etc_entry_free (gpointer data)
{
  EtcEntry *entry = data;
  g_free (entry->name);
  g_free (entry);
}

/* Written by accounts.c, timezone.c and network.c, or the machine's own business. */
static const char *const synthesised[] = { "passwd", "group",    "machine-id", "resolv.conf", "host.conf", "hosts",
                                           "gai.conf", "localtime", "timezone", "shadow",      "gshadow",   "mtab",
                                           NULL };

static int
compare_entries (gconstpointer a, gconstpointer b)
{
  const EtcEntry *const *left = a, *const *right = b;
  return strcmp ((*left)->name, (*right)->name);
}

static GPtrArray *
list_entries (int etc_fd)
{
  g_autoptr (GPtrArray) entries = g_ptr_array_new_with_free_func (etc_entry_free);
  DIR *dir = fdopendir (plan_dup (etc_fd));

  if (dir == NULL)
    return g_steal_pointer (&entries);
  for (struct dirent *found = readdir (dir); found != NULL; found = readdir (dir))
    {
      if (strcmp (found->d_name, ".") == 0 || strcmp (found->d_name, "..") == 0
          || g_strv_contains (synthesised, found->d_name))
        continue;
      EtcEntry *entry = g_new0 (EtcEntry, 1);
      entry->name = g_strdup (found->d_name);
      entry->is_link = found->d_type == DT_LNK || found->d_type == DT_UNKNOWN;
      g_ptr_array_add (entries, entry);
    }
  closedir (dir);
  g_ptr_array_sort (entries, compare_entries); /* the order of a folder is no one's promise */
  return g_steal_pointer (&entries);
}

void
plan_etc_file (PlanContext *context, const char *dest, const void *data, gsize size)
{
  (void) sandbox_plan_data (context->plan, dest, data, size, 0444, SANDBOX_DATA_WRITTEN, ORIGIN);
}

gboolean
plan_etc (PlanContext *context, GError **error)
{
  (void) sandbox_plan_dir (context->plan, "/etc", 0755, ORIGIN);
  (void) sandbox_plan_symlink (context->plan, "../proc/self/mounts", "/etc/mtab", ORIGIN);

  autofd etc_fd = openat (context->launch->runtime->files_fd, "etc", O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
  if (etc_fd < 0)
    return TRUE; /* a runtime without etc/ is legal */

  g_autoptr (GPtrArray) entries = list_entries (etc_fd);
  for (guint i = 0; i < entries->len; i++)
    {
      const EtcEntry *entry = entries->pdata[i];
      char target[PATH_MAX];
      g_autofree char *dest = g_strconcat ("/etc/", entry->name, NULL);
      ssize_t length = entry->is_link ? readlinkat (etc_fd, entry->name, target, sizeof target - 1) : -1;

      if (length > 0)
        target[length] = '\0';
      g_autofree char *below_usr = g_strconcat ("../usr/etc/", entry->name, NULL);
      (void) sandbox_plan_symlink (context->plan, length > 0 ? target : below_usr, dest, ORIGIN);
    }
  return TRUE;
}
