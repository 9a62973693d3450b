/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * The commit object comes first and alone: whatever can be refused is refused before the content is
 * downloaded.
 *
 * Limits (GHSA-7cgc-gp99-6jmm): a compressed object is checked against its checksum only after it has been
 * unpacked, so one that unpacks without end must be stopped by other means.  No file may grow beyond what the
 * commit declares for the whole bundle (RLIMIT_FSIZE), no more bytes are taken than that with some margin, and
 * libostree itself keeps a part of the disk free.  Static deltas, which unpack in memory, are not used.
 */
#include "store/transfer.h"

#include <signal.h>
#include <string.h>
#include <sys/resource.h>

#include "base/error.h"

#define COMMIT_BYTES_MAX (64ULL << 20)
#define UNDECLARED_BYTES_MAX (16ULL << 30)
#define MARGIN_BYTES (64ULL << 20)

typedef struct
{
  Store *store;
  const char *what;
  guint64 max_bytes;
  GCancellable *cancellable;
} Watch;

static void
progress_changed (OstreeAsyncProgress *progress, gpointer data)
{
  Watch *watch = data;
  guint64 bytes = ostree_async_progress_get_uint64 (progress, "bytes-transferred");

  if (bytes > watch->max_bytes)
    g_cancellable_cancel (watch->cancellable);
  store_report (watch->store, watch->what, ostree_async_progress_get_uint (progress, "fetched"),
                ostree_async_progress_get_uint (progress, "requested"));
}

/* Limit what any file of this process may grow to; the signal would end the process where an error is wanted. */
typedef struct
{
  struct rlimit limit;
  struct sigaction action;
} SavedLimit;

static void
limit_file_size (guint64 max, SavedLimit *ret_saved)
{
  struct sigaction ignore = { .sa_handler = SIG_IGN };

  sigaction (SIGXFSZ, &ignore, &ret_saved->action);
  getrlimit (RLIMIT_FSIZE, &ret_saved->limit);
  struct rlimit limit = ret_saved->limit;
  limit.rlim_cur = MIN (limit.rlim_cur, max);
  setrlimit (RLIMIT_FSIZE, &limit);
}

static void
restore_file_size (const SavedLimit *saved)
{
  setrlimit (RLIMIT_FSIZE, &saved->limit);
  sigaction (SIGXFSZ, &saved->action, NULL);
}

static GVariant *
make_options (const char *ref, const char *checksum)
{
  OstreeRepoPullFlags flags = OSTREE_REPO_PULL_FLAGS_UNTRUSTED | OSTREE_REPO_PULL_FLAGS_BAREUSERONLY_FILES;
  const char *const refs[] = { ref, NULL };
  const char *const commits[] = { checksum, NULL };
  GVariantDict dict;

  if (checksum == NULL)
    flags |= OSTREE_REPO_PULL_FLAGS_COMMIT_ONLY;
  g_variant_dict_init (&dict, NULL);
  g_variant_dict_insert (&dict, "refs", "^as", refs);
  if (checksum != NULL)
    g_variant_dict_insert (&dict, "override-commit-ids", "^as", commits);
  g_variant_dict_insert (&dict, "flags", "i", (gint32) flags);
  g_variant_dict_insert (&dict, "depth", "i", 0);
  g_variant_dict_insert (&dict, "disable-static-deltas", "b", TRUE);
  g_variant_dict_insert (&dict, "n-network-retries", "u", 2);
  g_variant_dict_insert (&dict, "append-user-agent", "s", "nacelle/" NACELLE_VERSION);
  return g_variant_ref_sink (g_variant_dict_end (&dict));
}

static gboolean
pull (const char *remote, const char *ref, const char *checksum, Watch *watch, GError **error)
{
  OstreeRepo *repo = store_repo (watch->store, error);
  g_autoptr (OstreeAsyncProgress) progress
    = ostree_async_progress_new_and_connect (progress_changed, watch);
  g_autoptr (GCancellable) cancellable = g_cancellable_new ();
  g_autoptr (GVariant) options = make_options (ref, checksum);
  SavedLimit saved;

  if (repo == NULL)
    return FALSE;
  watch->cancellable = cancellable;
  limit_file_size (watch->max_bytes, &saved);
  gboolean ok = ostree_repo_pull_with_options (repo, remote, options, progress, cancellable, error);
  restore_file_size (&saved);
  ostree_async_progress_finish (progress);
  if (!ok && g_cancellable_is_cancelled (cancellable))
    {
      g_clear_error (error);
      return error_throw_code (error, ERROR_REFUSED,
                               "the server sent more than %" G_GUINT64_FORMAT " bytes, which is more than declared",
                               watch->max_bytes);
    }
  return ok;
}

/* libostree verifies what it fetches; a commit that was here before may have come from a remote without keys. */
static gboolean
verify_signature (OstreeRepo *repo, const char *remote, const char *checksum, GError **error)
{
  g_autoptr (OstreeGpgVerifyResult) result = NULL;
  gboolean verify = TRUE;

  if (!ostree_repo_remote_get_gpg_verify (repo, remote, &verify, error))
    return FALSE;
  if (!verify)
    return TRUE;
  result = ostree_repo_verify_commit_for_remote (repo, checksum, remote, NULL, error);
  return result != NULL && ostree_gpg_verify_result_require_valid_signature (result, error);
}

gboolean
transfer_explain (GError **error)
{
  static const char *const unsigned_words[] = { "gpg-verify-summary", "no signatures found", "no summary signatures" };

  for (gsize i = 0; error != NULL && *error != NULL && i < G_N_ELEMENTS (unsigned_words); i++)
    if (strstr ((*error)->message, unsigned_words[i]) != NULL)
      {
        g_clear_error (error);
        return error_throw_code (error, ERROR_REFUSED,
                                 "what it serves has no signature, and this remote was added with the keys that must "
                                 "have signed it");
      }
  return FALSE;
}

char *
transfer_commit_only (Store *store, const char *remote, const char *ref, GError **error)
{
  Watch watch = { .store = store, .what = ref, .max_bytes = COMMIT_BYTES_MAX };
  OstreeRepo *repo = store_repo (store, error);
  g_autofree char *refspec = g_strdup_printf ("%s:%s", remote, ref);
  g_autofree char *checksum = NULL;

  if (repo == NULL || !pull (remote, ref, NULL, &watch, error)
      || !ostree_repo_resolve_rev (repo, refspec, FALSE, &checksum, error)
      || !verify_signature (repo, remote, checksum, error))
    return NULL;
  return g_steal_pointer (&checksum);
}

gboolean
transfer_content (Store *store, const char *remote, const char *ref, const char *checksum, guint64 size,
                  GError **error)
{
  guint64 max = size > 0 && size < UNDECLARED_BYTES_MAX * 16 ? size + size / 8 + MARGIN_BYTES : UNDECLARED_BYTES_MAX;
  Watch watch = { .store = store, .what = ref, .max_bytes = max };
  OstreeRepo *repo = store_repo (store, error);

  return repo != NULL && pull (remote, ref, checksum, &watch, error)
         && verify_signature (repo, remote, checksum, error);
}
