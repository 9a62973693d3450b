/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * What a commit says about itself, in Flatpak's keys.
 *
 * The signature covers the commit object, so what is in it is the publisher's word: which ref it is (else
 * one app's commit could be served in the place of another's) and the metadata that a user is shown.
 */
#include <string.h>

#include "base/error.h"
#include "bundle/extra-data.h"
#include "store/store-private.h"

#define KEY_REF "xa.ref"
#define KEY_METADATA "xa.metadata"
#define KEY_INSTALLED_SIZE "xa.installed-size"
#define KEY_EXTRA_DATA "xa.extra-data-sources"

void
bundle_commit_free (BundleCommit *commit)
{
  if (commit == NULL)
    return;
  g_free (commit->checksum);
  g_free (commit->parent);
  g_clear_pointer (&commit->metadata, metadata_free);
  g_free (commit);
}

/* At least one of the two keys must name the ref, and none may name another. */
static gboolean
check_binding (GVariant *dict, const char *ref, GError **error)
{
  g_autofree const char **bindings = NULL;
  const char *xa_ref = NULL;

  g_variant_lookup (dict, KEY_REF, "&s", &xa_ref);
  g_variant_lookup (dict, OSTREE_COMMIT_META_KEY_REF_BINDING, "^a&s", &bindings);
  if (xa_ref == NULL && bindings == NULL)
    return error_throw_code (error, ERROR_REFUSED, "the commit does not say which ref it is made for");
  if (xa_ref != NULL && strcmp (xa_ref, ref) != 0)
    return error_throw_code (error, ERROR_REFUSED, "the commit is made for %.300s", xa_ref);
  if (bindings != NULL && !g_strv_contains (bindings, ref))
    return error_throw_code (error, ERROR_REFUSED, "the commit is made for %.300s",
                             bindings[0] != NULL ? bindings[0] : "no ref at all");
  return TRUE;
}

static Metadata *
read_metadata (GVariant *dict, const Ref *ref, GError **error)
{
  g_autofree char *name = ref_format (ref);
  g_autoptr (GVariant) value = g_variant_lookup_value (dict, KEY_METADATA, G_VARIANT_TYPE_STRING);
  gsize length = 0;
  const char *text = value == NULL ? NULL : g_variant_get_string (value, &length);

  if (text == NULL || length == 0)
    {
      error_throw_code (error, ERROR_REFUSED,
                        "the commit does not carry its metadata, so what it may do could not be shown");
      return NULL;
    }
  g_autoptr (Metadata) metadata = metadata_parse (text, length, name, error);
  if (metadata == NULL)
    return NULL;
  if (metadata->kind != ref->kind || strcmp (metadata->id, ref->id) != 0)
    {
      error_throw_code (error, ERROR_REFUSED, "the commit's metadata is of the %s \"%s\"",
                        ref_kind_name (metadata->kind), metadata->id);
      return NULL;
    }
  return g_steal_pointer (&metadata);
}

BundleCommit *
bundle_commit_load (OstreeRepo *repo, const char *checksum, const Ref *ref, GError **error)
{
  g_autofree char *name = ref_format (ref);
  g_autoptr (GVariant) variant = NULL;
  g_autoptr (GVariant) dict = NULL;
  g_autoptr (BundleCommit) commit = g_new0 (BundleCommit, 1);
  guint64 size = 0;

  if (!ostree_repo_load_variant (repo, OSTREE_OBJECT_TYPE_COMMIT, checksum, &variant, error))
    return NULL;
  dict = g_variant_get_child_value (variant, 0);
  if (!check_binding (dict, name, error))
    return NULL;
  commit->metadata = read_metadata (dict, ref, error);
  if (commit->metadata == NULL)
    return NULL;
  /* The metadata, which is signed too and which the app carries, is what is followed. */
  if (g_variant_lookup (dict, KEY_EXTRA_DATA, "a(ayttays)", NULL)
      && !g_key_file_has_group (commit->metadata->keyfile, EXTRA_DATA_GROUP))
    {
      error_throw_code (error, ERROR_REFUSED,
                        "the commit says that it fetches further files (extra-data), and its metadata does not say which");
      return NULL;
    }
  if (g_variant_lookup (dict, KEY_INSTALLED_SIZE, "t", &size))
    commit->installed_size = GUINT64_FROM_BE (size);
  commit->checksum = g_strdup (checksum);
  commit->parent = ostree_commit_get_parent (variant);
  commit->time = (gint64) ostree_commit_get_timestamp (variant);
  return g_steal_pointer (&commit);
}
