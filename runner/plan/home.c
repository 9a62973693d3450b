/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * The home folder: at its own path, empty unless a permission shows it, with the app's own data in it.
 */
#include "runner/plan/context.h"

#include <string.h>

#include "base/file.h"
#include "base/witness.h"
#include "runner/appdata.h"
#include "runner/plan/userdirs.h"

static gboolean
is_shown (PlanContext *context, const char *path)
{
  const Export *covering = exports_covering (context->exports, path);
  return covering != NULL && (covering->mode == EXPORT_READ_ONLY || covering->mode == EXPORT_READ_WRITE);
}

/* --persist: a folder of the app's data under its usual name in the home folder. */
static gboolean
add_persistent (PlanContext *context, GError **error)
{
  const GPtrArray *entries = context->permissions->persistent;

  for (guint i = 0; i < entries->len; i++)
    {
      const PermissionEntry *entry = entries->pdata[i];
      gboolean whole = strcmp (entry->name, ".") == 0;
      g_autofree char *path = whole ? g_strdup (context->home) : g_strconcat (context->home, "/", entry->name, NULL);
      g_autofree char *source = whole ? g_strdup (context->data_path)
                                      : g_strconcat (context->data_path, "/", entry->name, NULL);

      int fd = whole ? plan_dup (context->data_fd) : appdata_open_below (context->data_fd, entry->name, error);
      if (fd < 0)
        return FALSE;
      exports_add_ours (context->exports, path, source, fd, EXPORT_READ_WRITE, entry->origin);
    }
  return TRUE;
}

/* Tell the app which of the user's folders it can see, in the way that its toolkit looks for. */
static gboolean
write_user_dirs (PlanContext *context, GError **error)
{
  g_autoptr (GString) text = g_string_new (NULL);
  const GPtrArray *grants = context->permissions->filesystems;

  for (guint i = 0; i < grants->len; i++)
    {
      const FilesystemGrant *grant = grants->pdata[i];
      const char *variable = userdirs_variable (grant->token);
      g_autofree char *path = variable != NULL && grant->mode != FILESYSTEM_NONE
                                ? userdirs_path (context->host, grant->token)
                                : NULL;
      if (path != NULL && strpbrk (path, "\"$`\\") == NULL)
        g_string_append_printf (text, "%s=\"%s\"\n", variable, path);
    }
  if (text->len == 0)
    return TRUE;

  autofd config = appdata_open_below (context->data_fd, "config", error);
  if (config < 0)
    return FALSE;
  g_autofree char *path = g_strconcat (context->data_path, "/config/user-dirs.dirs", NULL);
  witness_note (WITNESS_FILE, path);
  autofd old_fd = file_open_beneath (config, "user-dirs.dirs", O_RDONLY | O_NONBLOCK, 0, NULL);
  g_autofree char *old = old_fd >= 0 ? file_read_fd (old_fd, "user-dirs.dirs", text->len + 1, NULL, NULL) : NULL;
  if (old != NULL && strcmp (old, text->str) == 0)
    return TRUE;
  witness_spoil (); /* the next launch finds it */
  return file_write_atomic (config, "user-dirs.dirs", text->str, text->len, 0600, error);
}

gboolean
plan_home (PlanContext *context, GError **error)
{
  g_autofree char *all_data = g_strconcat (context->home, "/.var/app", NULL);

  if (!is_shown (context, context->home))
    {
      if (permissions_find (context->permissions->persistent, ".") == NULL)
        exports_add_ours (context->exports, context->home, NULL, -1, EXPORT_EMPTY, "default");
      if (!add_persistent (context, error) || !write_user_dirs (context, error))
        return FALSE;
    }
  if (is_shown (context, all_data))
    exports_add_ours (context->exports, all_data, NULL, -1, EXPORT_EMPTY, "default");
  exports_add_ours (context->exports, context->data_path, context->data_path, plan_dup (context->data_fd),
                    EXPORT_READ_WRITE, "default");
  return TRUE;
}
