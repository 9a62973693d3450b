/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * Limits (GHSA-7cgc-gp99-6jmm): a compressed object is checked against its checksum only after it has been
 * unpacked, so one that unpacks without end must be stopped by other means.  No file may grow beyond what the
 * commit declares for the whole bundle (RLIMIT_FSIZE), no more bytes are taken than that, memory is bounded, and
 * libostree itself keeps a part of the disk free.  Static deltas, which unpack in memory, are not used.
 */
#include "store/fetch.h"

#include <errno.h>
#include <ostree.h>
#include <signal.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <unistd.h>

#include "base/error.h"

#define MEMORY_MAX (1ULL << 30)

static gboolean
limit (int resource, guint64 max, GError **error)
{
  struct rlimit limit;

  if (getrlimit (resource, &limit) < 0)
    return error_throw_errno (error, errno, "cannot read a resource limit");
  limit.rlim_cur = MIN (limit.rlim_max, max);
  if (setrlimit (resource, &limit) < 0)
    return error_throw_errno (error, errno, "cannot set a resource limit");
  return TRUE;
}

gboolean
fetch_confine (int parent, guint64 max_bytes, GError **error)
{
  signal (SIGXFSZ, SIG_IGN); /* an error is wanted, not the end of the process */
  setpgid (0, 0);
  if (prctl (PR_SET_PDEATHSIG, SIGKILL) < 0)
    return error_throw_errno (error, errno, "cannot ask to end with the caller");
  if (getppid () != parent)
    return error_throw_code (error, ERROR_CANCELLED, "the caller has ended");
#if !defined (__SANITIZE_ADDRESS__)
  if (!limit (RLIMIT_DATA, MEMORY_MAX, error))
    return FALSE;
#endif
  return limit (RLIMIT_FSIZE, max_bytes, error) && limit (RLIMIT_CORE, 0, error);
}

static OstreeRepo *
open_repo (const FetchRequest *request, GError **error)
{
  return ostree_repo_open_at (request->repo_fd, ".", NULL, error);
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

typedef struct
{
  const FetchRequest *request;
  GCancellable *cancellable;
} Watch;

static void
progress_changed (OstreeAsyncProgress *progress, gpointer data)
{
  Watch *watch = data;

  if (ostree_async_progress_get_uint64 (progress, "bytes-transferred") > watch->request->max_bytes)
    g_cancellable_cancel (watch->cancellable);
  watch->request->progress (ostree_async_progress_get_uint (progress, "fetched"),
                            ostree_async_progress_get_uint (progress, "requested"));
}

static gboolean
pull (OstreeRepo *repo, const FetchRequest *request, const char *checksum, GError **error)
{
  g_autoptr (GCancellable) cancellable = g_cancellable_new ();
  Watch watch = { request, cancellable };
  g_autoptr (OstreeAsyncProgress) progress = ostree_async_progress_new_and_connect (progress_changed, &watch);
  g_autoptr (GVariant) options = make_options (request->ref, checksum);

  gboolean ok = ostree_repo_pull_with_options (repo, request->remote, options, progress, cancellable, error);
  ostree_async_progress_finish (progress);
  if (!ok && g_cancellable_is_cancelled (cancellable))
    {
      g_clear_error (error);
      return error_throw_code (error, ERROR_REFUSED,
                               "the server sent more than %" G_GUINT64_FORMAT " bytes, which is more than declared",
                               request->max_bytes);
    }
  return ok;
}

GPtrArray *
fetch_list (const FetchRequest *request, GError **error)
{
  g_autoptr (OstreeRepo) repo = open_repo (request, error);
  g_autoptr (GHashTable) refs = NULL;
  g_autoptr (GPtrArray) names = g_ptr_array_new_with_free_func (g_free);
  GHashTableIter iter;
  gpointer key;

  if (repo == NULL || !ostree_repo_remote_list_refs (repo, request->remote, &refs, NULL, error))
    return NULL;
  g_hash_table_iter_init (&iter, refs);
  while (g_hash_table_iter_next (&iter, &key, NULL))
    g_ptr_array_add (names, g_strdup (key));
  return g_steal_pointer (&names);
}

char *
fetch_commit (const FetchRequest *request, GError **error)
{
  g_autoptr (OstreeRepo) repo = open_repo (request, error);
  g_autofree char *refspec = g_strdup_printf ("%s:%s", request->remote, request->ref);
  char *checksum = NULL;

  if (repo == NULL || !pull (repo, request, NULL, error)
      || !ostree_repo_resolve_rev (repo, refspec, FALSE, &checksum, error))
    return NULL;
  return checksum;
}

gboolean
fetch_content (const FetchRequest *request, const char *checksum, GError **error)
{
  g_autoptr (OstreeRepo) repo = open_repo (request, error);

  return repo != NULL && pull (repo, request, checksum, error);
}
