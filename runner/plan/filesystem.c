/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * --filesystem: places of the host.
 *
 * A grant names a path of the host; what it leads to is opened, and shown under its path without links,
 * with the links on the way re-created beside it.  A place that is missing is left out: a manifest
 * lists what an app can use, not what every user has.
 */
#include "runner/plan/context.h"

#include <dirent.h>
#include <string.h>

#include "base/error.h"
#include "base/file.h"
#include "base/witness.h"
#include "bundle/filesystem.h"
#include "runner/place.h"
#include "runner/plan/ownfolders.h"
#include "runner/plan/userdirs.h"

static ExportMode
export_mode (FilesystemMode mode)
{
  return mode == FILESYSTEM_NONE        ? EXPORT_DENIED
         : mode == FILESYSTEM_READ_ONLY ? EXPORT_READ_ONLY
                                        : EXPORT_READ_WRITE;
}

static gboolean
is_private_run_dir (PlanContext *context, const char *path)
{
  return strcmp (path, "/run/user") == 0 || strcmp (path, context->run_dir) == 0
         || g_strcmp0 (path, context->host->runtime_dir) == 0;
}

/* A sentence why the place may not be shown, NULL when it may. */
static const char *
refusal (PlanContext *context, const char *path, const char *canonical, int fd)
{
  g_autofree char *app_data = g_strconcat (context->home, "/.var/app", NULL);
  struct stat st;

  if (filesystem_path_is_reserved (canonical))
    return "it is (or contains) a place of the sandbox itself";
  if (is_private_run_dir (context, canonical))
    return "the folder of the user's session cannot be shared as a whole";
  /* Another app could have put a link there. */
  if (place_is_below (path, app_data) && !place_is_below (canonical, app_data))
    return "a link leads out of the data of another app";
  if (fstat (fd, &st) < 0 || !(S_ISDIR (st.st_mode) || S_ISREG (st.st_mode) || S_ISSOCK (st.st_mode)))
    return "it is neither a folder nor a file nor a socket";
  return NULL;
}

static void
take_links (PlanContext *context, GPtrArray *links)
{
  for (guint i = 0; i < links->len; i++)
    {
      const PlaceLink *link = links->pdata[i];
      PlaceLink *copy = g_new0 (PlaceLink, 1);
      copy->path = g_strdup (link->path);
      copy->target = g_strdup (link->target);
      g_ptr_array_add (context->exports->links, copy);
    }
}

/* Show the host's `path`.  `inside`: where, when that is not its own path (then it must not lead elsewhere). */
static gboolean
share_path (PlanContext *context, const FilesystemGrant *grant, const char *path, const char *inside,
            const char *inside_parent, GError **error)
{
  g_autoptr (GPtrArray) links = g_ptr_array_new_with_free_func ((GDestroyNotify) place_link_free);
  g_autofree char *canonical = NULL;
  g_autoptr (GError) open_error = NULL;
  autofd fd = place_open (path, &canonical, links, &open_error);

  if (fd < 0 && grant->mode == FILESYSTEM_CREATE && g_error_matches (open_error, ERROR_DOMAIN, ERROR_NOT_FOUND))
    {
      if (!place_create_folder (path, 0755, error))
        return error_prefix (error, "the folder \"%s\" for %s", path, grant->token);
      g_clear_error (&open_error);
      g_ptr_array_set_size (links, 0);
      fd = place_open (path, &canonical, links, &open_error);
    }
  if (fd < 0)
    {
      if (grant->mode != FILESYSTEM_NONE)
        plan_note (context, "not shared: %s (%s)", grant->token, open_error->message);
      return TRUE;
    }

  if (grant->mode == FILESYSTEM_NONE)
    {
      struct stat st;
      gboolean is_dir = fstat (fd, &st) == 0 && S_ISDIR (st.st_mode);
      exports_add (context->exports, canonical, canonical, is_dir ? -1 : file_steal_fd (&fd), EXPORT_DENIED, grant->origin);
      return TRUE;
    }
  const char *why = refusal (context, path, canonical, fd);
  if (why == NULL && inside != NULL && !place_is_below (canonical, inside_parent))
    why = "it leads out of its folder";
  if (why != NULL)
    {
      plan_note (context, "not shared: %s (%s): %s", grant->token, canonical, why);
      return TRUE;
    }
  exports_add (context->exports, inside != NULL ? inside : canonical, canonical, file_steal_fd (&fd),
               export_mode (grant->mode), grant->origin);
  if (inside == NULL)
    take_links (context, links);
  return TRUE;
}

/* The host's system folders, read-only whatever the grant says, below /run/host. */
static gboolean
share_system (PlanContext *context, const FilesystemGrant *grant, gboolean os, gboolean etc)
{
  static const char *const os_names[] = { "bin", "lib", "lib32", "lib64", "sbin", "usr", NULL };
  static const char *const etc_names[] = { "etc", NULL };
  const char *const *lists[] = { os ? os_names : NULL, etc ? etc_names : NULL };

  if (grant->mode == FILESYSTEM_NONE)
    return TRUE;
  for (guint i = 0; i < G_N_ELEMENTS (lists); i++)
    for (const char *const *name = lists[i]; name != NULL && *name != NULL; name++)
      {
        g_autofree char *path = g_strconcat ("/", *name, NULL);
        g_autofree char *inside = g_strconcat ("/run/host/", *name, NULL);
        witness_note (WITNESS_LINK, path);
        g_autofree char *target = g_file_read_link (path, NULL);
        g_autofree char *canonical = NULL;

        if (target != NULL)
          {
            const char *relative = target + strspn (target, "/");
            (void) sandbox_plan_symlink (context->plan, relative, inside, grant->origin);
            continue;
          }
        int fd = place_open (path, &canonical, NULL, NULL);
        if (fd >= 0)
          exports_add (context->exports, inside, canonical, fd, EXPORT_READ_ONLY, grant->origin);
      }
  return TRUE;
}

/* Everything in "/" that is not the sandbox's own, the removable media and the home folder. */
static gboolean
share_host (PlanContext *context, const FilesystemGrant *grant, GError **error)
{
  static const char *const left_out[] = { "boot", "efi", "root", "run", "sys", "tmp", "var", NULL };
  g_autoptr (GPtrArray) names = g_ptr_array_new_with_free_func (g_free);

  if (grant->mode == FILESYSTEM_NONE)
    return TRUE; /* merging has taken the grant away; narrower ones stay */
  witness_note (WITNESS_FILE, "/");
  DIR *dir = opendir ("/");
  if (dir == NULL)
    return error_throw (error, "cannot list \"/\" for the permission \"host\"");
  for (struct dirent *entry = readdir (dir); entry != NULL; entry = readdir (dir))
    if (entry->d_name[0] != '.' && !g_strv_contains (left_out, entry->d_name))
      g_ptr_array_add (names, g_strconcat ("/", entry->d_name, NULL));
  closedir (dir);
  g_ptr_array_add (names, g_strdup ("/run/media"));
  g_ptr_array_add (names, g_strdup (context->home));
  for (guint i = 0; i < names->len; i++)
    {
      const char *path = names->pdata[i];
      if (!filesystem_path_is_reserved (path) && !share_path (context, grant, path, NULL, NULL, error))
        return FALSE;
    }
  return share_system (context, grant, TRUE, TRUE);
}

/* The path of a token that stands for one place; NULL with a note when there is none. */
static char *
token_path (PlanContext *context, const FilesystemGrant *grant)
{
  static const struct
  {
    const char *word;
    const char *variable;
    const char *fallback;
  } base_dirs[] = { { "xdg-config", "XDG_CONFIG_HOME", ".config" },
                    { "xdg-cache", "XDG_CACHE_HOME", ".cache" },
                    { "xdg-data", "XDG_DATA_HOME", ".local/share" } };
  const char *token = grant->token;

  if (token[0] == '/')
    return g_strdup (token);
  if (strcmp (token, "home") == 0)
    return g_strdup (context->home);
  if (token[0] == '~')
    return g_strconcat (context->home, token + 1, NULL);

  g_autofree char *word = g_strndup (token, strcspn (token, "/"));
  g_autofree char *base = NULL;
  for (guint i = 0; i < G_N_ELEMENTS (base_dirs); i++)
    if (strcmp (word, base_dirs[i].word) == 0)
      base = host_xdg_dir (context->host, base_dirs[i].variable, base_dirs[i].fallback);
  if (base == NULL)
    base = userdirs_path (context->host, word);
  if (base == NULL)
    {
      plan_note (context, "not shared: %s (the user has no such folder)", token);
      return NULL;
    }
  return g_strconcat (base, token + strlen (word), NULL);
}

static gboolean
share_session_file (PlanContext *context, const FilesystemGrant *grant, GError **error)
{
  const char *below = grant->token + strlen ("xdg-run");
  g_autofree char *canonical = NULL;
  g_autofree char *inside = g_strconcat (context->run_dir, below, NULL);

  autofd fd = context->host->runtime_dir != NULL ? place_open (context->host->runtime_dir, &canonical, NULL, NULL) : -1;
  if (fd < 0)
    {
      plan_note (context, "not shared: %s (there is no XDG_RUNTIME_DIR)", grant->token);
      return TRUE;
    }
  g_autofree char *path = g_strconcat (canonical, below, NULL);
  return share_path (context, grant, path, inside, canonical, error);
}

static gboolean
share (PlanContext *context, const FilesystemGrant *grant, GError **error)
{
  const char *token = grant->token;

  if (strcmp (token, "host-reset") == 0)
    return TRUE; /* done when the layers were merged */
  if (strcmp (token, "host") == 0)
    return share_host (context, grant, error);
  if (strcmp (token, "host-os") == 0 || strcmp (token, "host-etc") == 0)
    return share_system (context, grant, strcmp (token, "host-os") == 0, strcmp (token, "host-etc") == 0);
  if (strcmp (token, "host-root") == 0)
    {
      if (grant->mode != FILESYSTEM_NONE)
        plan_note (context, "not granted: --filesystem=host-root (this version of apprun does not have it)");
      return TRUE;
    }
  if (g_str_has_prefix (token, "xdg-run/"))
    return share_session_file (context, grant, error);

  g_autofree char *path = token_path (context, grant);
  if (path == NULL)
    return TRUE;
  if (!share_path (context, grant, path, NULL, NULL, error))
    return FALSE;
  share_in_own_folder (context, grant, path);
  return TRUE;
}

gboolean
plan_filesystems (PlanContext *context, GError **error)
{
  const GPtrArray *grants = context->permissions->filesystems;

  for (guint i = 0; i < grants->len; i++)
    if (!share (context, grants->pdata[i], error))
      return FALSE;
  return TRUE;
}
