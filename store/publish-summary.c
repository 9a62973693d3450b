/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * The summary is the table of contents of a repository.  Flatpak expects for each ref, beside its commit, the
 * sizes (big-endian) and the metadata in `xa.cache`, sorted by ref: it searches by halving.
 */
#include "store/publish-summary.h"

#include <errno.h>
#include <string.h>
#include <unistd.h>

#include "base/error.h"
#include "bundle/ref.h"

#define CACHE_VERSION 2

static int
compare_names (gconstpointer a, gconstpointer b)
{
  return strcmp (*(char *const *) a, *(char *const *) b);
}

/* Commits that others wrote into the same repository may lack a key: they are listed without sizes. */
static gboolean
add_ref (OstreeRepo *repo, const char *ref, const char *checksum, GVariantBuilder *builder, GError **error)
{
  g_autoptr (GVariant) commit = NULL;
  g_autoptr (GVariant) dict = NULL;
  guint64 installed_size = 0, download_size = 0;
  const char *metadata = "";

  if (!ostree_repo_load_variant (repo, OSTREE_OBJECT_TYPE_COMMIT, checksum, &commit, error))
    return FALSE;
  dict = g_variant_get_child_value (commit, 0);
  g_variant_lookup (dict, "xa.installed-size", "t", &installed_size);
  g_variant_lookup (dict, "xa.download-size", "t", &download_size);
  g_variant_lookup (dict, "xa.metadata", "&s", &metadata);
  g_variant_builder_add (builder, "{s(tts)}", ref, installed_size, download_size, metadata);
  return TRUE;
}

static GVariant *
make_cache (OstreeRepo *repo, GError **error)
{
  g_autoptr (GHashTable) refs = NULL;
  g_autoptr (GPtrArray) names = g_ptr_array_new ();
  g_auto (GVariantBuilder) builder = G_VARIANT_BUILDER_INIT (G_VARIANT_TYPE ("a{s(tts)}"));
  GHashTableIter iter;
  gpointer key;

  if (!ostree_repo_list_refs_ext (repo, NULL, &refs, OSTREE_REPO_LIST_REFS_EXT_NONE, NULL, error))
    return NULL;
  g_hash_table_iter_init (&iter, refs);
  while (g_hash_table_iter_next (&iter, &key, NULL))
    {
      g_autoptr (Ref) ref = ref_parse (key, NULL);
      if (ref != NULL)
        g_ptr_array_add (names, key);
    }
  g_ptr_array_sort (names, compare_names);
  for (guint i = 0; i < names->len; i++)
    if (!add_ref (repo, names->pdata[i], g_hash_table_lookup (refs, names->pdata[i]), &builder, error))
      return NULL;
  return g_variant_new_variant (g_variant_builder_end (&builder));
}

/* Flatpak prefers its own index to the summary; one that is not renewed would hide the new commit. */
static gboolean
remove_stale_index (int repo_fd, GError **error)
{
  static const char *const names[] = { "summary.idx.sig", "summary.idx" };

  for (gsize i = 0; i < G_N_ELEMENTS (names); i++)
    if (unlinkat (repo_fd, names[i], 0) < 0 && errno != ENOENT)
      return error_throw_errno (error, errno, "cannot remove the old '%s' of the repository", names[i]);
  return TRUE;
}

gboolean
publish_summary (OstreeRepo *repo, const char *key_id, const char *homedir, GError **error)
{
  const char *keys[] = { key_id, NULL };
  g_autoptr (GVariant) metadata = NULL;
  g_auto (GVariantBuilder) sparse = G_VARIANT_BUILDER_INIT (G_VARIANT_TYPE ("a{sa{sv}}"));
  GVariantDict dict;
  GVariant *cache = make_cache (repo, error);

  if (cache == NULL)
    return FALSE;
  g_variant_dict_init (&dict, NULL);
  g_variant_dict_insert (&dict, "xa.cache-version", "u", (guint32) GUINT32_TO_LE (CACHE_VERSION));
  g_variant_dict_insert_value (&dict, "xa.cache", cache);
  g_variant_dict_insert_value (&dict, "xa.sparse-cache", g_variant_builder_end (&sparse));
  metadata = g_variant_ref_sink (g_variant_dict_end (&dict));

  return ostree_repo_regenerate_summary (repo, metadata, NULL, error)
         && (key_id == NULL || ostree_repo_add_gpg_signature_summary (repo, keys, homedir, NULL, error))
         && remove_stale_index (ostree_repo_get_dfd (repo), error);
}
