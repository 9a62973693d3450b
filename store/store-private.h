/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * The writing half among itself.  Internal to store/.
 */
#pragma once

#include <ostree.h>

#include "store/store.h"

struct Store
{
  char *path;             /* ROOT, for messages */
  int root_fd;            /* -1: there is no store, and it is open for reading */
  int lock_fd;            /* exclusive, of ROOT/lock; -1: open for reading */
  int staging_fd;         /* ROOT/.staging; -1: open for reading */
  OstreeRepo *repo;       /* NULL until store_repo() */
  StoreProgress progress; /* may be NULL */
  gpointer progress_data;
  StoreApplyExtra apply_extra;   /* may be NULL */
  gpointer apply_extra_data;
  StoreConsent consent;   /* may be NULL */
  gpointer consent_data;
  GPtrArray *notes;       /* char *; see store_notes() */
};

/* ROOT/repo, created when missing; ERROR_NOT_FOUND where the store is open for reading.  Owned by the store. */
OstreeRepo *store_repo (Store *store, GError **error);
void store_note (Store *store, const char *sentence);
void store_report (Store *store, const char *what, guint64 done, guint64 total);

/* The store that `store` writes, as the reading half sees it; borrowed, do not clear. */
#define STORE_AS_ROOT(store) { (store)->path, (store)->root_fd, FALSE }

/* Detached deployments of `ref` that nothing uses any more are removed; *ret_n_busy (may be NULL) counts those
 * that stay until their instances end. */
gboolean store_sweep_ref (Store *store, const Ref *ref, guint *ret_n_busy, GError **error);

/* Let the repository drop the commit of `ref` and the objects that nothing else has. */
gboolean store_forget_commit (Store *store, const Ref *ref, GError **error);

/* ---- One deployment in the making (staging.c). ---- */

typedef struct
{
  Store *store;
  char *name;             /* below ROOT/.staging; NULL: none, or it has been moved to its place */
  int fd;
} Staging;

#define STAGING_INIT { NULL, NULL, -1 }

gboolean staging_begin (Store *store, Staging *ret_staging, GError **error);
void staging_clear (Staging *staging); /* removes what was not deployed */
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC (Staging, staging_clear)

typedef struct
{
  const Ref *ref;
  const char *checksum;   /* of the commit, or the image's digest */
  const char *metadata;   /* text */
  const char *origin;     /* remote, NULL: a local file */
  gint64 commit_time;     /* 0: a local file */
  guint64 size;
} DeployRecord;

/* Complete the staged content (`image` or `files/`), sync it, move it to its place and make it active. */
gboolean staging_deploy (Staging *staging, const DeployRecord *record, GError **error);
/* Make a deployment active that is on disk already. */
gboolean staging_reactivate (Store *store, const DeployRecord *record, GError **error);
/* An O_RDONLY directory descriptor of that deployment, -1 when there is none. */
int staging_open_existing (Store *store, const Ref *ref, const char *checksum);

/* ---- Commits (commit.c). ---- */

typedef struct
{
  char *checksum;
  char *parent;           /* NULL: none */
  gint64 time;
  Metadata *metadata;     /* of xa.metadata */
  guint64 installed_size; /* as declared */
} BundleCommit;

void bundle_commit_free (BundleCommit *commit);
G_DEFINE_AUTOPTR_CLEANUP_FUNC (BundleCommit, bundle_commit_free)

/* Load the commit and check that it says it is `ref`, with metadata that agrees. */
BundleCommit *bundle_commit_load (OstreeRepo *repo, const char *checksum, const Ref *ref, GError **error);

/* ---- Moving to the commit that a remote has (pull.c). ---- */

/* Pull, verify and deploy `ref`.  Nothing happens when it is what is active from there already; a commit older than
 * the active one is refused.  *ret_changed may be NULL. */
gboolean store_pull_ref (Store *store, const char *remote, const Ref *ref, gboolean *ret_changed, GError **error);

/* ---- Updates that want more (consent.c). ---- */

/* Nothing happens without `current`. */
gboolean consent_ask (Store *store, const Deployment *current, const Metadata *newer, GError **error);

/* The words of what `newer` may and `current` may not, joined with ", "; caller frees.  NULL when there are none. */
char *consent_describe (const Deployment *current, const Metadata *newer);

/* ---- Remotes (remote.c). ---- */

/* ERROR_NOT_FOUND with a suggestion when there is no such remote. */
gboolean remote_require (Store *store, const char *name, GError **error);
