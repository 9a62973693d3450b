/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * Remotes are libostree's, in the configuration of ROOT/repo, each with a keyring of its own: a key that is
 * trusted for one remote says nothing about another.
 */
#include <errno.h>
#include <string.h>

#include "base/error.h"
#include "base/file.h"
#include "base/verb.h"
#include "store/store-private.h"
#include "store/transfer.h"

#define NAME_LENGTH_MAX 64
#define URL_LENGTH_MAX 2048

void
remote_free (Remote *remote)
{
  g_free (remote->name);
  g_free (remote->url);
  g_free (remote);
}

static gboolean
name_check (const char *name, GError **error)
{
  gsize length = strlen (name);

  if (length == 0 || length > NAME_LENGTH_MAX || !g_ascii_isalnum (name[0])
      || strspn (name, G_CSET_A_2_Z G_CSET_a_2_z G_CSET_DIGITS "-_.") != length)
    return error_throw_code (error, ERROR_REFUSED,
                             "\"%.80s\" cannot be the name of a remote: it takes letters, digits, '-', '_' and '.', "
                             "begins with a letter or digit, and has at most %d characters",
                             name, NAME_LENGTH_MAX);
  return TRUE;
}

static gboolean
url_check (const char *url, GError **error)
{
  g_autofree char *scheme = g_uri_parse_scheme (url);
  gboolean file = g_strcmp0 (scheme, "file") == 0;
  g_autoptr (GError) local_error = NULL;

  if (strlen (url) > URL_LENGTH_MAX)
    return error_throw_code (error, ERROR_REFUSED, "the URL is longer than %d characters", URL_LENGTH_MAX);
  if (!file && g_strcmp0 (scheme, "http") != 0 && g_strcmp0 (scheme, "https") != 0)
    return error_throw_code (error, ERROR_REFUSED, "\"%.200s\" is no http:, https: or file: URL", url);
  for (const char *p = url; *p != '\0'; p++)
    if (!g_ascii_isgraph (*p) || strchr ("\"'`<>\\^{|}", *p) != NULL)
      return error_throw_code (error, ERROR_REFUSED,
                               "the URL \"%.200s\" has a character that must be written as %%XX", url);
  g_autoptr (GUri) uri = g_uri_parse (url, G_URI_FLAGS_ENCODED, &local_error);
  if (uri == NULL)
    return error_throw_code (error, ERROR_REFUSED, "\"%.200s\" is no URL: %s", url, local_error->message);
  if (file ? !g_str_has_prefix (url, "file:///") : g_uri_get_host (uri) == NULL || *g_uri_get_host (uri) == '\0')
    return error_throw_code (error, ERROR_REFUSED, "the URL \"%.200s\" names no %s", url,
                             file ? "absolute path (file:///...)" : "host");
  return TRUE;
}

static gboolean
has_remote (OstreeRepo *repo, const char *name)
{
  guint n_remotes = 0;
  g_auto (GStrv) names = ostree_repo_remote_list (repo, &n_remotes);

  return names != NULL && g_strv_contains ((const char *const *) names, name);
}

static gboolean
throw_unknown (OstreeRepo *repo, const char *name, GError **error)
{
  guint n_remotes = 0;
  g_auto (GStrv) names = repo == NULL ? NULL : ostree_repo_remote_list (repo, &n_remotes);
  const char *near = names == NULL ? NULL : verb_suggest (name, (const char *const *) names);

  if (near != NULL)
    return error_throw_code (error, ERROR_NOT_FOUND, "there is no remote \"%s\"; did you mean \"%s\"?", name, near);
  return error_throw_code (error, ERROR_NOT_FOUND,
                           "there is no remote \"%s\"; \"apprun remote list\" shows which there are, and "
                           "\"apprun remote add %s URL --gpg-import KEY\" adds one",
                           name, name);
}

gboolean
remote_require (Store *store, const char *name, GError **error)
{
  g_autoptr (GError) local_error = NULL;
  OstreeRepo *repo = name_check (name, &local_error) ? store_repo (store, &local_error) : NULL;
  gboolean verify = FALSE;
  struct stat st;

  if (repo == NULL && !g_error_matches (local_error, ERROR_DOMAIN, ERROR_NOT_FOUND))
    {
      g_propagate_error (error, g_steal_pointer (&local_error));
      return FALSE;
    }
  if (repo == NULL || !has_remote (repo, name))
    return throw_unknown (repo, name, error);
  if (!ostree_repo_remote_get_gpg_verify (repo, name, &verify, error))
    return FALSE;
  /* libostree would take the host's keys where a remote has none. */
  g_autofree char *keyring = g_strconcat ("repo/", name, ".trustedkeys.gpg", NULL);
  if (verify && (fstatat (store->root_fd, keyring, &st, 0) < 0 || st.st_size == 0))
    return error_throw_code (error, ERROR_REFUSED,
                             "the remote \"%s\" has no keys to verify signatures with; delete it and add it again "
                             "with --gpg-import",
                             name);
  return TRUE;
}

static gboolean
import_keys (OstreeRepo *repo, const char *name, GBytes *keys, GError **error)
{
  g_autoptr (GInputStream) stream = g_memory_input_stream_new_from_bytes (keys);
  guint n_keys = 0;

  if (!ostree_repo_remote_gpg_import (repo, name, stream, NULL, &n_keys, NULL, error))
    return error_prefix (error, "cannot import the OpenPGP keys");
  if (n_keys == 0)
    return error_throw_code (error, ERROR_REFUSED, "there is no OpenPGP public key in the file given to --gpg-import");
  return TRUE;
}

gboolean
store_remote_add (Store *store, const char *name, const char *url, GBytes *keys, gboolean no_gpg_verify,
                  GError **error)
{
  OstreeRepo *repo;
  g_autoptr (GVariant) options = NULL;
  GVariantDict dict;

  if (!name_check (name, error) || !url_check (url, error))
    return FALSE;
  if ((keys == NULL) != no_gpg_verify)
    return error_throw_code (error, ERROR_USAGE,
                             "a remote needs either --gpg-import KEY or, to trust whoever answers at that address, "
                             "--no-gpg-verify");
  repo = store_repo (store, error);
  if (repo == NULL)
    return FALSE;
  if (has_remote (repo, name))
    return error_throw (error, "there is a remote \"%s\" already; \"apprun remote delete %s\" removes it", name, name);

  g_variant_dict_init (&dict, NULL);
  g_variant_dict_insert (&dict, "gpg-verify", "b", !no_gpg_verify);
  g_variant_dict_insert (&dict, "gpg-verify-summary", "b", !no_gpg_verify);
  options = g_variant_ref_sink (g_variant_dict_end (&dict));
  if (!ostree_repo_remote_add (repo, name, url, options, NULL, error))
    return error_prefix (error, "cannot add the remote \"%s\"", name);
  if (keys != NULL && !import_keys (repo, name, keys, error))
    {
      ostree_repo_remote_delete (repo, name, NULL, NULL);
      return FALSE;
    }
  return TRUE;
}

gboolean
store_remote_delete (Store *store, const char *name, GError **error)
{
  OstreeRepo *repo = name_check (name, error) ? store_repo (store, error) : NULL;

  if (repo == NULL)
    return FALSE;
  /* One without keys may be deleted too: that is what its error says to do. */
  if (!has_remote (repo, name))
    return remote_require (store, name, error);
  if (!ostree_repo_remote_delete (repo, name, NULL, error))
    return error_prefix (error, "cannot delete the remote \"%s\"", name);
  return TRUE;
}

GPtrArray *
store_remote_list (Store *store, GError **error)
{
  g_autoptr (GError) local_error = NULL;
  OstreeRepo *repo = store_repo (store, &local_error);
  g_autoptr (GPtrArray) remotes = g_ptr_array_new_with_free_func ((GDestroyNotify) remote_free);
  guint n_remotes = 0;
  g_auto (GStrv) names = repo == NULL ? NULL : ostree_repo_remote_list (repo, &n_remotes);

  if (repo == NULL && !g_error_matches (local_error, ERROR_DOMAIN, ERROR_NOT_FOUND))
    {
      g_propagate_error (error, g_steal_pointer (&local_error));
      return NULL;
    }
  for (guint i = 0; i < n_remotes; i++)
    {
      Remote *remote = g_new0 (Remote, 1);
      remote->name = g_strdup (names[i]);
      g_ptr_array_add (remotes, remote);
      if (!ostree_repo_remote_get_url (repo, names[i], &remote->url, error)
          || !ostree_repo_remote_get_gpg_verify (repo, names[i], &remote->gpg_verify, error))
        {
          error_prefix (error, "cannot read the configuration of the remote \"%s\"", names[i]);
          return NULL;
        }
    }
  return g_steal_pointer (&remotes);
}

static int
compare_refs (gconstpointer a, gconstpointer b)
{
  g_autofree char *first = ref_format (*(Ref *const *) a);
  g_autofree char *second = ref_format (*(Ref *const *) b);

  return strcmp (first, second);
}

GPtrArray *
store_remote_ls (Store *store, const char *remote, GError **error)
{
  g_autoptr (GPtrArray) list = g_ptr_array_new_with_free_func ((GDestroyNotify) ref_free);

  if (!remote_require (store, remote, error))
    return NULL;
  g_autoptr (GPtrArray) names = transfer_list (store, remote, error);
  if (names == NULL)
    {
      error_prefix (error, "cannot list what the remote \"%s\" has", remote);
      return NULL;
    }
  for (guint i = 0; i < names->len; i++)
    {
      /* A repository has other refs too (appstream, ostree-metadata); those are not for us. */
      Ref *ref = ref_parse (names->pdata[i], NULL);
      if (ref != NULL)
        g_ptr_array_add (list, ref);
    }
  g_ptr_array_sort (list, compare_refs);
  return g_steal_pointer (&list);
}
