/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * Each deployment is updated from where it came, and from nowhere else.  One that fails does not keep the
 * others from being updated.
 */
#include <string.h>

#include "base/error.h"
#include "store/store-private.h"

static gboolean
update_one (Store *store, const Deployment *deployment, guint *n_updated, GError **error)
{
  gboolean changed = FALSE;

  if (!store_pull_ref (store, deployment->origin, deployment->ref, &changed, error))
    return FALSE;
  *n_updated += changed;
  return TRUE;
}

static const Deployment *
find_in_list (const GPtrArray *deployments, const Ref *ref, GError **error)
{
  g_autofree char *name = ref_format (ref);

  for (guint i = 0; i < deployments->len; i++)
    {
      const Deployment *deployment = deployments->pdata[i];
      if (deployment->system || !ref_equal (deployment->ref, ref))
        continue;
      if (deployment->origin != NULL)
        return deployment;
      error_throw (error, "%s was installed from a file, so there is no remote to update it from; "
                          "\"apprun install FILE\" replaces it", name);
      return NULL;
    }
  error_throw_code (error, ERROR_NOT_FOUND, "%s is not installed in the store of this user", name);
  return NULL;
}

gboolean
store_update (Store *store, const Ref *ref, guint *ret_n_updated, GError **error)
{
  g_autoptr (GPtrArray) deployments = deployment_list (error);
  g_autoptr (GString) failures = g_string_new (NULL);
  guint n_updated = 0;
  guint n_failed = 0;

  if (deployments == NULL)
    return FALSE;
  if (ref != NULL)
    {
      const Deployment *deployment = find_in_list (deployments, ref, error);
      if (deployment == NULL || !update_one (store, deployment, &n_updated, error))
        return FALSE;
    }
  for (guint i = 0; ref == NULL && i < deployments->len; i++)
    {
      const Deployment *deployment = deployments->pdata[i];
      g_autoptr (GError) local_error = NULL;

      if (deployment->system || deployment->origin == NULL)
        continue;
      if (update_one (store, deployment, &n_updated, &local_error))
        continue;
      n_failed++;
      g_string_append_printf (failures, "%s%s", failures->len > 0 ? "\n" : "", local_error->message);
    }
  if (ret_n_updated != NULL)
    *ret_n_updated = n_updated;
  return n_failed == 0 || error_throw (error, "%s", failures->str);
}
