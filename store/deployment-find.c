/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * From what a user types to one deployment, by exact names only: an id is never matched by a prefix or a
 * pattern, so no app can put itself in the place of another by a similar name.
 */
#include "store/deployment-private.h"

#include <dirent.h>
#include <errno.h>
#include <string.h>
#include <unistd.h>

#include "base/error.h"
#include "base/file.h"
#include "base/verb.h"
#include "base/witness.h"

static int
compare_names (gconstpointer a, gconstpointer b)
{
  return strcmp (*(char *const *) a, *(char *const *) b);
}

static int
compare_refs (gconstpointer a, gconstpointer b)
{
  const Ref *first = *(Ref *const *) a, *second = *(Ref *const *) b;
  g_autofree char *first_name = ref_format (first), *second_name = ref_format (second);

  return strcmp (first_name, second_name);
}

GPtrArray *
deployment_list_names (int dirfd, const char *path, GError **error)
{
  g_autoptr (GPtrArray) names = g_ptr_array_new_with_free_func (g_free);
  g_autoptr (GError) local_error = NULL;
  int fd = file_open_beneath (dirfd, path, O_RDONLY | O_DIRECTORY, 0, &local_error);

  if (fd < 0 && g_error_matches (local_error, ERROR_DOMAIN, ERROR_NOT_FOUND))
    return g_steal_pointer (&names);
  if (fd < 0)
    {
      g_propagate_error (error, g_steal_pointer (&local_error));
      return NULL;
    }
  DIR *dir = fdopendir (fd);
  if (dir == NULL)
    {
      error_throw_errno (error, errno, "cannot list the folder '%s' of the store", path);
      close (fd);
      return NULL;
    }
  for (struct dirent *entry; (entry = readdir (dir)) != NULL;)
    if (strcmp (entry->d_name, ".") != 0 && strcmp (entry->d_name, "..") != 0)
      g_ptr_array_add (names, g_strdup (entry->d_name));
  closedir (dir);
  g_ptr_array_sort (names, compare_names);
  return g_steal_pointer (&names);
}

/* A file where a folder belongs has nothing in it; other failures are real. */
static GPtrArray *
list_subfolder (const StoreRoot *root, const char *path, GError **error)
{
  g_autofree char *full_path = g_build_filename (root->path, path, NULL);
  struct stat st;

  witness_note (WITNESS_FILE, full_path);
  if (fstatat (root->fd, path, &st, AT_SYMLINK_NOFOLLOW) == 0 && !S_ISDIR (st.st_mode))
    return g_ptr_array_new_with_free_func (g_free);
  return deployment_list_names (root->fd, path, error);
}

static gboolean
collect_of_id (const StoreRoot *root, RefKind kind, const char *id, GPtrArray *refs, GError **error)
{
  g_autofree char *id_path = g_build_filename (ref_kind_name (kind), id, NULL);
  g_autoptr (GPtrArray) arches = list_subfolder (root, id_path, error);

  for (guint i = 0; arches != NULL && i < arches->len; i++)
    {
      const char *arch = arches->pdata[i];
      g_autofree char *arch_path = g_build_filename (id_path, arch, NULL);
      g_autoptr (GPtrArray) branches = list_subfolder (root, arch_path, error);

      if (branches == NULL)
        return FALSE;
      for (guint j = 0; j < branches->len; j++)
        {
          Ref *ref = ref_new (kind, id, arch, branches->pdata[j], NULL);
          if (ref != NULL)
            g_ptr_array_add (refs, ref);
        }
    }
  return arches != NULL;
}

gboolean
deployment_collect_branches (const StoreRoot *root, RefKind kind, GPtrArray *refs, GError **error)
{
  g_autoptr (GPtrArray) ids = list_subfolder (root, ref_kind_name (kind), error);

  for (guint i = 0; ids != NULL && i < ids->len; i++)
    if (ref_id_check (ids->pdata[i], NULL) && !collect_of_id (root, kind, ids->pdata[i], refs, error))
      return FALSE;
  return ids != NULL;
}

static gboolean
has_active (const StoreRoot *root, const Ref *ref)
{
  g_autofree char *branch_path = deployment_branch_path (ref);
  g_autofree char *active = g_build_filename (root->path, branch_path, "active", NULL);
  autofd fd = file_open_beneath (root->fd, branch_path, O_PATH | O_DIRECTORY, 0, NULL);
  struct stat st;

  witness_note (WITNESS_LINK, active);
  return fd >= 0 && fstatat (fd, "active", &st, AT_SYMLINK_NOFOLLOW) == 0;
}

/* Installed refs (Ref) of `kind` in one store, sorted; of one id only unless it is NULL. */
static GPtrArray *
list_active (const StoreRoot *root, RefKind kind, const char *id, GError **error)
{
  g_autoptr (GPtrArray) refs = g_ptr_array_new_with_free_func ((GDestroyNotify) ref_free);

  if (id != NULL ? !collect_of_id (root, kind, id, refs, error)
                 : !deployment_collect_branches (root, kind, refs, error))
    return NULL;
  for (guint i = refs->len; i > 0; i--)
    if (!has_active (root, refs->pdata[i - 1]))
      g_ptr_array_remove_index (refs, i - 1);
  g_ptr_array_sort (refs, compare_refs);
  return g_steal_pointer (&refs);
}

/* The same over both stores, each ref once. */
static GPtrArray *
list_installed (RefKind kind, const char *id, GError **error)
{
  g_autoptr (GPtrArray) all = g_ptr_array_new_with_free_func ((GDestroyNotify) ref_free);

  for (int system = FALSE; system <= TRUE; system++)
    {
      g_auto (StoreRoot) root = STORE_ROOT_INIT;
      if (!store_root_open (system, &root, error))
        return NULL;
      if (root.fd < 0)
        continue;
      g_autoptr (GPtrArray) refs = list_active (&root, kind, id, error);
      if (refs == NULL)
        return NULL;
      for (guint i = 0; i < refs->len; i++)
        {
          guint j = 0;
          while (j < all->len && !ref_equal (all->pdata[j], refs->pdata[i]))
            j++;
          if (j == all->len)
            g_ptr_array_add (all, ref_copy (refs->pdata[i]));
        }
    }
  g_ptr_array_sort (all, compare_refs);
  return g_steal_pointer (&all);
}

GPtrArray *
deployment_list_problems (GPtrArray *problems, GError **error)
{
  g_autoptr (GPtrArray) list = g_ptr_array_new_with_free_func ((GDestroyNotify) deployment_free);

  for (int system = FALSE; system <= TRUE; system++)
    {
      g_auto (StoreRoot) root = STORE_ROOT_INIT;
      if (!store_root_open (system, &root, error))
        return NULL;
      for (RefKind kind = REF_APP; root.fd >= 0 && kind <= REF_RUNTIME; kind++)
        {
          g_autoptr (GPtrArray) refs = list_active (&root, kind, NULL, error);
          if (refs == NULL)
            return NULL;
          for (guint i = 0; i < refs->len; i++)
            {
              g_autoptr (GError) local_error = NULL;
              Deployment *deployment = deployment_load_active (&root, refs->pdata[i], FALSE, &local_error);
              if (deployment != NULL)
                g_ptr_array_add (list, deployment);
              else if (problems != NULL && !g_error_matches (local_error, ERROR_DOMAIN, ERROR_NOT_FOUND))
                g_ptr_array_add (problems, g_strdup (local_error->message));
            }
        }
    }
  return g_steal_pointer (&list);
}

GPtrArray *
deployment_list (GError **error)
{
  return deployment_list_problems (NULL, error);
}

static const char *
last_element (const char *id)
{
  return strrchr (id, '.') + 1;
}

/* The installed id, or its last element when `text` has no dot, that `text` may have been meant to be; NULL when there is none.  Whole
 * ids have much in common, so their last elements must be near as well. */
static char *
find_near (const GPtrArray *refs, const char *text)
{
  g_autoptr (GPtrArray) words = g_ptr_array_new ();

  for (guint i = 0; i < refs->len; i++)
    {
      char *id = ((Ref *) refs->pdata[i])->id;
      const char *const last[] = { last_element (id), NULL };

      if (strchr (text, '.') == NULL)
        g_ptr_array_add (words, (char *) last[0]);
      else if (verb_suggest (last_element (text), last) != NULL)
        g_ptr_array_add (words, id);
    }
  g_ptr_array_add (words, NULL);
  return g_strdup (verb_suggest (text, (const char *const *) words->pdata));
}

static Ref *
throw_unknown (RefKind kind, const char *text, GError **error)
{
  g_autoptr (GPtrArray) refs = list_installed (kind, NULL, error);
  const char *kind_name = ref_kind_name (kind);

  if (refs == NULL)
    return NULL;
  g_autofree char *near = find_near (refs, text);
  if (near != NULL)
    error_throw_code (error, ERROR_NOT_FOUND, "no %s \"%.80s\" is installed; did you mean \"%s\"?", kind_name, text,
                      near);
  else
    error_throw_code (error, ERROR_NOT_FOUND,
                      "no %s \"%.80s\" is installed; \"apprun list\" shows what is, and "
                      "\"apprun install FILE\" or \"apprun install REMOTE ID\" installs one",
                      kind_name, text);
  return NULL;
}

/* "Editor" or "editor" for org.example.Editor; *ret_id is NULL when no id ends so. */
static gboolean
resolve_short_name (RefKind kind, const char *text, char **ret_id, GError **error)
{
  g_autoptr (GPtrArray) refs = list_installed (kind, NULL, error);
  const char *found = NULL;

  if (refs == NULL)
    return FALSE;
  for (guint i = 0; i < refs->len; i++)
    {
      const Ref *ref = refs->pdata[i];
      if (g_ascii_strcasecmp (last_element (ref->id), text) != 0)
        continue;
      if (found != NULL && strcmp (found, ref->id) != 0)
        return error_throw (error, "\"%s\" is the name of both %s and %s; give the whole id", text, found, ref->id);
      found = ref->id;
    }
  *ret_id = g_strdup (found);
  return TRUE;
}

static const Ref *
find_branch (const GPtrArray *refs, const char *branch)
{
  for (guint i = 0; i < refs->len; i++)
    if (strcmp (((Ref *) refs->pdata[i])->branch, branch) == 0)
      return refs->pdata[i];
  return NULL;
}

/* `branch` NULL: "stable", "master", else the only one. */
static Ref *
find_of_id (RefKind kind, const char *id, const char *arch, const char *branch, const char *text, GError **error)
{
  if (branch != NULL)
    return ref_new (kind, id, arch, branch, error);

  g_autoptr (GPtrArray) refs = list_installed (kind, id, error);
  if (refs == NULL)
    return NULL;
  for (guint i = refs->len; i > 0; i--)
    if (strcmp (((Ref *) refs->pdata[i - 1])->arch, arch) != 0)
      g_ptr_array_remove_index (refs, i - 1);
  if (refs->len == 0)
    return throw_unknown (kind, text, error);

  const Ref *chosen = find_branch (refs, "stable");
  if (chosen == NULL)
    chosen = find_branch (refs, "master");
  if (chosen == NULL && refs->len == 1)
    chosen = refs->pdata[0];
  if (chosen != NULL)
    return ref_copy (chosen);

  g_autoptr (GString) names = g_string_new (NULL);
  for (guint i = 0; i < refs->len; i++)
    g_string_append_printf (names, "%s%s//%s", i > 0 ? ", " : "", id, ((Ref *) refs->pdata[i])->branch);
  error_throw (error, "several branches of %s are installed; say which one: %s", id, names->str);
  return NULL;
}

Ref *
deployment_find_ref (RefKind kind, const char *text, GError **error)
{
  g_auto (GStrv) parts = g_strsplit (text, "/", 5);
  guint n_parts = g_strv_length (parts);
  g_autofree char *id = NULL;

  if (n_parts == 4)
    {
      g_autoptr (Ref) ref = ref_parse (text, error);
      if (ref == NULL)
        return NULL;
      if (ref->kind == kind)
        return g_steal_pointer (&ref);
      error_throw_code (error, ERROR_REFUSED, "%.80s is no %s", text, ref_kind_name (kind));
      return NULL;
    }
  if (n_parts == 0 || n_parts > 3)
    {
      error_throw_code (error, ERROR_REFUSED, "\"%.80s\" is neither an id nor of the form ID/ARCH/BRANCH", text);
      return NULL;
    }

  const char *arch = n_parts > 1 && parts[1][0] != '\0' ? parts[1] : ref_native_arch ();
  const char *branch = n_parts > 2 && parts[2][0] != '\0' ? parts[2] : NULL;
  if (!ref_arch_check (arch, error) || (branch != NULL && !ref_branch_check (branch, error)))
    return NULL;
  if (strchr (parts[0], '.') != NULL || parts[0][0] == '\0')
    {
      if (!ref_id_check (parts[0], error))
        return NULL;
      id = g_strdup (parts[0]);
    }
  else if (!resolve_short_name (kind, parts[0], &id, error))
    return NULL;
  if (id == NULL)
    return throw_unknown (kind, text, error);
  return find_of_id (kind, id, arch, branch, text, error);
}

gboolean
deployment_throw_missing (const Ref *ref, const char *others, GError **error)
{
  g_autofree char *name = ref_format (ref);

  return error_throw_code (error, ERROR_NOT_FOUND,
                           "%s is not installed%s%s%s; install it with \"apprun install FILE\" or \"apprun install REMOTE %s\"", name,
                           others != NULL ? " (there is " : "", others != NULL ? others : "", others != NULL ? ")" : "", name);
}

/* What there is of the same id; NULL when there is nothing. */
static char *
format_others (RefKind kind, const char *id)
{
  g_autoptr (GPtrArray) refs = list_installed (kind, id, NULL);
  g_autoptr (GString) names = g_string_new (NULL);

  for (guint i = 0; refs != NULL && i < refs->len; i++)
    {
      g_autofree char *name = ref_format_partial (refs->pdata[i]);
      g_string_append_printf (names, "%s%s", i > 0 ? ", " : "", name);
    }
  return names->len == 0 ? NULL : g_strdup (names->str);
}

gboolean
deployment_add_others (const Ref *ref, GError **error)
{
  if (error == NULL || !g_error_matches (*error, ERROR_DOMAIN, ERROR_NOT_FOUND))
    return FALSE;
  g_autofree char *others = format_others (ref->kind, ref->id);
  if (others == NULL)
    {
      g_autoptr (GPtrArray) refs = list_installed (ref->kind, NULL, NULL);
      g_autofree char *near = refs != NULL ? find_near (refs, ref->id) : NULL;

      others = near != NULL ? format_others (ref->kind, near) : NULL;
    }
  if (others == NULL)
    return FALSE;
  g_clear_error (error);
  return deployment_throw_missing (ref, others, error);
}

Deployment *
deployment_find (RefKind kind, const char *text, GError **error)
{
  g_autoptr (GError) local_error = NULL;
  g_autoptr (Ref) ref = deployment_find_ref (kind, text, error);
  Deployment *deployment = ref == NULL ? NULL : deployment_open (ref, &local_error);

  if (deployment != NULL || ref == NULL)
    return deployment;
  (void) deployment_add_others (ref, &local_error);
  g_propagate_error (error, g_steal_pointer (&local_error));
  return NULL;
}
