/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * ROOT/exports is computed from what is active, never changed step by step: so it does not matter where the writer before was killed.
 * Each link leads through a link `active`, so an update that keeps its names changes what they lead to by the same rename that
 * makes it active.
 *
 * A name belongs to the installed app with the longest id that it begins with: org.example.App may not show itself as
 * org.example.App.Sub when that is another app.
 */
#include "store/exports.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "base/error.h"
#include "base/file.h"
#include "bundle/exported.h"
#include "store/deployment-private.h"
#include "store/exports-mime.h"

#define CACHE "share/applications/mimeinfo.cache"
#define DESKTOP_FILE_MAX (4u << 20)

typedef struct
{
  Store *store;
  GPtrArray *apps;          /* Ref, one for each id */
  GTree *links;             /* path below ROOT/exports -> what the link holds */
  gboolean has_mime;        /* there are types of files of the apps' own */
  GTree *types;             /* MIME type -> names of desktop files, each ended by ';' (GString) */
} Wanted;

static int
compare_names (gconstpointer a, gconstpointer b, gpointer data)
{
  return strcmp (a, b);
}

static void
free_string (gpointer data)
{
  g_string_free (data, TRUE);
}

static void
wanted_clear (Wanted *wanted)
{
  g_clear_pointer (&wanted->apps, g_ptr_array_unref);
  g_clear_pointer (&wanted->links, g_tree_unref);
  g_clear_pointer (&wanted->types, g_tree_unref);
}

G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC (Wanted, wanted_clear)

/* The descriptor of its active deployment; -1 when there is none. */
static int
open_active (Store *store, const Ref *ref)
{
  g_autofree char *path = deployment_branch_path (ref);
  g_autofree char *checksum = NULL;
  autofd branch_fd = file_open_beneath (store->root_fd, path, O_RDONLY | O_DIRECTORY, 0, NULL);

  if (branch_fd < 0 || !deployment_read_active (branch_fd, path, &checksum, NULL) || checksum == NULL)
    return -1;
  return openat (branch_fd, checksum, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
}

/* As for a caller who names no branch: this machine's architecture first, then "stable" and "master". */
static int
rank (const Ref *ref)
{
  int branch = strcmp (ref->branch, "stable") == 0 ? 0 : strcmp (ref->branch, "master") == 0 ? 1 : 2;
  return branch + (strcmp (ref->arch, ref_native_arch ()) == 0 ? 0 : 10);
}

static int
compare_refs (gconstpointer a, gconstpointer b)
{
  const Ref *first = *(Ref *const *) a, *second = *(Ref *const *) b;
  int order = strcmp (first->id, second->id);

  order = order != 0 ? order : rank (first) - rank (second);
  order = order != 0 ? order : strcmp (first->arch, second->arch);
  return order != 0 ? order : strcmp (first->branch, second->branch);
}

/* One Ref of each installed app. */
static gboolean
collect_apps (Wanted *wanted, GError **error)
{
  const StoreRoot root = STORE_AS_ROOT (wanted->store);

  wanted->apps = g_ptr_array_new_with_free_func ((GDestroyNotify) ref_free);
  if (!deployment_collect_branches (&root, REF_APP, wanted->apps, error))
    return FALSE;
  for (guint i = wanted->apps->len; i-- > 0;)
    {
      autofd fd = open_active (wanted->store, wanted->apps->pdata[i]);
      if (fd < 0)
        g_ptr_array_remove_index (wanted->apps, i);
    }
  g_ptr_array_sort (wanted->apps, compare_refs);
  for (guint i = wanted->apps->len; i-- > 1;)
    if (strcmp (((Ref *) wanted->apps->pdata[i])->id, ((Ref *) wanted->apps->pdata[i - 1])->id) == 0)
      g_ptr_array_remove_index (wanted->apps, i);
  return TRUE;
}

static gboolean
name_belongs_to (const Wanted *wanted, const char *name, const char *id)
{
  for (guint i = 0; i < wanted->apps->len; i++)
    {
      const Ref *other = wanted->apps->pdata[i];
      if (strlen (other->id) > strlen (id) && exported_name_allowed (other->id, name))
        return FALSE;
    }
  return exported_name_allowed (id, name);
}

static void
add_types (Wanted *wanted, int dirfd, const char *name)
{
  gsize length = 0;
  g_autoptr (GKeyFile) keyfile = g_key_file_new ();
  g_autofree char *text = file_read (dirfd, name, DESKTOP_FILE_MAX, &length, NULL);

  if (text == NULL || !g_key_file_load_from_data (keyfile, text, length, G_KEY_FILE_NONE, NULL))
    return;
  g_autofree char *entry = g_strconcat (name, ";", NULL);
  g_auto (GStrv) types = g_key_file_get_string_list (keyfile, G_KEY_FILE_DESKTOP_GROUP, G_KEY_FILE_DESKTOP_KEY_MIME_TYPE, NULL, NULL);
  for (gsize i = 0; types != NULL && types[i] != NULL; i++)
    {
      GString *apps = g_tree_lookup (wanted->types, types[i]);

      /* A type is NAME/NAME; nothing else belongs into the cache. */
      if (strchr (types[i], '/') == NULL || strpbrk (types[i], "=[]#\\ \t\n") != NULL)
        continue;
      if (apps == NULL)
        g_tree_insert (wanted->types, g_strdup (types[i]), apps = g_string_new (NULL));
      /* Of one file after the other: if it is there already, it is the last. */
      if (!g_str_has_suffix (apps->str, entry))
        g_string_append (apps, entry);
    }
}

static void
add_link (Wanted *wanted, const Ref *ref, const char *path)
{
  g_autofree char *branch = deployment_branch_path (ref);
  g_autoptr (GString) target = g_string_new (NULL);

  for (const char *p = path; *p != '\0'; p++)
    if (p == path || *p == '/')
      g_string_append (target, "../");
  g_string_append_printf (target, "%s/active/exported/%s", branch, path);
  g_tree_insert (wanted->links, g_strdup (path), g_strdup (target->str));
}

static gboolean
collect_folder (Wanted *wanted, const Ref *ref, int fd, const char *path, guint depth, GError **error)
{
  g_autoptr (GPtrArray) names = deployment_list_names (fd, ".", error);

  for (guint i = 0; names != NULL && depth <= EXPORT_DEPTH_MAX && i < names->len; i++)
    {
      const char *name = names->pdata[i];
      g_autofree char *child = path[0] == '\0' ? g_strdup (name) : g_build_filename (path, name, NULL);
      autofd sub = openat (fd, name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);

      if (sub >= 0)
        {
          if (!collect_folder (wanted, ref, sub, child, depth + 1, error))
            return FALSE;
          continue;
        }
      if (exported_kind (child) == EXPORTED_NOT || !name_belongs_to (wanted, name, ref->id))
        continue;
      add_link (wanted, ref, child);
      wanted->has_mime = wanted->has_mime || exported_kind (child) == EXPORTED_MIME;
      if (exported_kind (child) == EXPORTED_DESKTOP_FILE)
        add_types (wanted, fd, name);
    }
  return names != NULL;
}

static gboolean
collect (Store *store, Wanted *wanted, GError **error)
{
  wanted->store = store;
  wanted->links = g_tree_new_full (compare_names, NULL, g_free, g_free);
  wanted->types = g_tree_new_full (compare_names, NULL, g_free, free_string);
  if (!collect_apps (wanted, error))
    return FALSE;
  for (guint i = 0; i < wanted->apps->len; i++)
    {
      autofd deployment_fd = open_active (store, wanted->apps->pdata[i]);
      autofd fd = deployment_fd < 0 ? -1 : openat (deployment_fd, "exported", O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);

      if (fd >= 0 && !collect_folder (wanted, wanted->apps->pdata[i], fd, "", 0, error))
        return FALSE;
    }
  return TRUE;
}

/* Take away what is not wanted; folders that become empty, too. */
static gboolean
remove_others (const Wanted *wanted, int fd, const char *path, GError **error)
{
  g_autoptr (GPtrArray) names = deployment_list_names (fd, ".", error);

  for (guint i = 0; names != NULL && i < names->len; i++)
    {
      const char *name = names->pdata[i];
      g_autofree char *child = path[0] == '\0' ? g_strdup (name) : g_build_filename (path, name, NULL);
      autofd sub = openat (fd, name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);

      if (g_tree_lookup (wanted->links, child) != NULL && sub < 0)
        continue;
      if (strcmp (child, CACHE) == 0 && g_tree_nnodes (wanted->types) > 0)
        continue;
      if (wanted->has_mime && strcmp (path, EXPORTS_MIME) == 0 && strcmp (child, EXPORTS_MIME_PACKAGES) != 0)
        continue; /* tables, which are made anew afterwards */
      if (sub >= 0 && !remove_others (wanted, sub, child, error))
        return FALSE;
      if (unlinkat (fd, name, sub >= 0 ? AT_REMOVEDIR : 0) < 0 && errno != ENOTEMPTY && errno != ENOENT)
        return error_throw_errno (error, errno, "cannot remove %s/exports/%s", wanted->store->path, child);
    }
  return names != NULL;
}

static gboolean
link_is (int dirfd, const char *name, const char *target)
{
  char found[4096];
  ssize_t length = readlinkat (dirfd, name, found, sizeof found);

  return length == (ssize_t) strlen (target) && memcmp (found, target, (gsize) length) == 0;
}

static gboolean
make_link (int exports_fd, const char *path, const char *target, gboolean renew, GError **error)
{
  g_autofree char *folder = g_path_get_dirname (path);
  g_autofree char *name = g_path_get_basename (path);
  autofd fd = file_mkdir_p (exports_fd, folder, 0755, error);

  if (fd < 0)
    return FALSE;
  if (!renew && link_is (fd, name, target))
    return TRUE;
  if ((unlinkat (fd, ".link.new", 0) < 0 && errno != ENOENT) || symlinkat (target, fd, ".link.new") < 0
      || renameat (fd, ".link.new", fd, name) < 0)
    return error_throw_errno (error, errno, "cannot make the link '%s' for the desktop", path);
  return TRUE;
}

static gboolean
append_type (gpointer key, gpointer value, gpointer data)
{
  g_string_append_printf (data, "%s=%s\n", (char *) key, ((GString *) value)->str);
  return FALSE;
}

/* The file that update-desktop-database would write. */
static gboolean
write_cache (const Wanted *wanted, int exports_fd, GError **error)
{
  g_autoptr (GString) text = g_string_new ("[MIME Cache]\n");
  g_autofree char *old = NULL;

  if (g_tree_nnodes (wanted->types) == 0)
    return TRUE;
  g_tree_foreach (wanted->types, append_type, text);
  old = file_read (exports_fd, CACHE, 64u << 20, NULL, NULL);
  return g_strcmp0 (old, text->str) == 0 || file_write_atomic (exports_fd, CACHE, text->str, text->len, 0644, error);
}

static gboolean
apply (const Wanted *wanted, const Ref *changed, GError **error)
{
  g_autofree char *branch = changed == NULL ? NULL : deployment_branch_path (changed);
  g_autofree char *part = branch == NULL ? NULL : g_strconcat ("../", branch, "/", NULL);
  autofd fd = g_tree_nnodes (wanted->links) > 0 ? file_mkdir_p (wanted->store->root_fd, "exports", 0755, error)
                                                : file_open_beneath (wanted->store->root_fd, "exports", O_RDONLY | O_DIRECTORY, 0, NULL);

  if (fd < 0)
    return g_tree_nnodes (wanted->links) == 0;
  if (!remove_others (wanted, fd, "", error))
    return FALSE;
  for (GTreeNode *node = g_tree_node_first (wanted->links); node != NULL; node = g_tree_node_next (node))
    {
      const char *target = g_tree_node_value (node);
      if (!make_link (fd, g_tree_node_key (node), target, part != NULL && strstr (target, part) != NULL, error))
        return FALSE;
    }
  return write_cache (wanted, fd, error) && (!wanted->has_mime || exports_mime_update (fd, error));
}

static gboolean
exports_update (Store *store, const Ref *changed, GError **error)
{
  g_auto (Wanted) wanted = { NULL };
  mode_t old_mask = umask (022); /* a system store is for all to read */
  gboolean ok = collect (store, &wanted, error) && apply (&wanted, changed, error);

  umask (old_mask);
  return ok || error_prefix (error, "the desktop cannot be told of the apps in %s", store->path);
}

void
store_tell_desktop (Store *store, const Ref *changed)
{
  g_autoptr (GError) error = NULL;

  if (!exports_update (store, changed, &error))
    store_note (store, error->message);
}
