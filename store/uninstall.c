/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * Removing takes away the link `active`, at once and for everybody; the files follow when nobody uses them.
 */
#include <errno.h>
#include <string.h>
#include <unistd.h>

#include "base/error.h"
#include "base/file.h"
#include "store/deployment-private.h"
#include "store/exports.h"
#include "store/store-private.h"

/* Apps that would be left without their runtime: names, comma-separated; NULL when there are none. */
static gboolean
list_dependants (const Ref *runtime, char **ret_names, GError **error)
{
  g_autofree char *text = ref_format_partial (runtime);
  g_autoptr (GPtrArray) deployments = deployment_list (error);
  g_autoptr (GPtrArray) names = g_ptr_array_new ();
  gboolean elsewhere = FALSE;

  if (deployments == NULL)
    return FALSE;
  for (guint i = 0; i < deployments->len; i++)
    {
      const Deployment *deployment = deployments->pdata[i];
      if (deployment->system && ref_equal (deployment->ref, runtime))
        elsewhere = TRUE;
      if (deployment->ref->kind == REF_APP && g_strcmp0 (deployment->metadata->runtime, text) == 0)
        g_ptr_array_add (names, deployment->ref->id);
    }
  g_ptr_array_add (names, NULL);
  if (!elsewhere && names->len > 1)
    *ret_names = g_strjoinv (", ", (char **) names->pdata);
  return TRUE;
}

/* The commit's objects that no other deployment has.  Deployed files are hard links and stay. */
gboolean
store_forget_commit (Store *store, const Ref *ref, GError **error)
{
  g_autofree char *name = ref_format (ref);
  g_autofree char *deploy_ref = g_strconcat ("deploy/", name, NULL);
  g_autoptr (GHashTable) refs = NULL;
  struct stat st;
  GHashTableIter iter;
  gpointer key;
  int n_objects, n_pruned;
  guint64 freed;

  if (fstatat (store->root_fd, "repo", &st, AT_SYMLINK_NOFOLLOW) < 0)
    return TRUE; /* only images were ever installed */
  OstreeRepo *repo = store_repo (store, error);
  if (repo == NULL || !ostree_repo_list_refs (repo, NULL, &refs, NULL, error))
    return FALSE;
  g_hash_table_iter_init (&iter, refs);
  while (g_hash_table_iter_next (&iter, &key, NULL))
    {
      const char *colon = strchr (key, ':');
      g_autofree char *remote = colon == NULL ? NULL : g_strndup (key, (gsize) (colon - (char *) key));
      const char *plain = colon == NULL ? key : colon + 1;

      if (strcmp (plain, colon == NULL ? deploy_ref : name) == 0
          && !ostree_repo_set_ref_immediate (repo, remote, plain, NULL, NULL, error))
        return FALSE;
    }
  return ostree_repo_prune (repo, OSTREE_REPO_PRUNE_FLAGS_REFS_ONLY, 0, &n_objects, &n_pruned, &freed, NULL, error);
}

gboolean
store_uninstall (Store *store, const Ref *ref, gboolean force, gboolean *ret_in_use, GError **error)
{
  g_autofree char *name = ref_format (ref);
  g_autofree char *dependants = NULL;
  guint n_busy = 0;
  autofd branch_fd = file_open_beneath (store->root_fd, name, O_RDONLY | O_DIRECTORY, 0, NULL);

  if (branch_fd < 0 || faccessat (branch_fd, "active", F_OK, AT_SYMLINK_NOFOLLOW) < 0)
    {
      g_autoptr (Deployment) other = deployment_open (ref, NULL);
      if (other != NULL && other->system)
        return error_throw (error, "%s is installed for all users of this machine; its administrator can remove it",
                            name);
      return error_throw_code (error, ERROR_NOT_FOUND, "%s is not installed", name);
    }
  if (ref->kind == REF_RUNTIME && !force)
    {
      if (!list_dependants (ref, &dependants, error))
        return FALSE;
      if (dependants != NULL)
        return error_throw_code (error, ERROR_REFUSED,
                                 "%s is needed by %s; uninstall that first, or add --force to remove it all the same",
                                 name, dependants);
    }
  if (unlinkat (branch_fd, "active", 0) < 0 || fsync (branch_fd) < 0)
    return error_throw_errno (error, errno, "cannot uninstall %s", name);
  file_close_fd (&branch_fd);
  store_tell_desktop (store, NULL);
  if (!store_sweep_ref (store, ref, &n_busy, error) || !store_forget_commit (store, ref, error))
    return error_prefix (error, "%s is uninstalled, but not all of its files could be removed", name);
  if (ret_in_use != NULL)
    *ret_in_use = n_busy > 0;
  return TRUE;
}
