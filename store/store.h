/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * The writing half of the store: installs, updates and removes deployments, and moves bundles between repositories.
 * Linked only by programs that are off the launch path.
 *
 * Every change is one atomic rename at the end: a deployment is staged below ROOT/.staging (0700), synced, renamed
 * to its place, then `active` is replaced by rename.  A killed process leaves only staging folders, which the
 * next writer removes.  One writer at a time (flock on ROOT/lock).
 */
#pragma once

#include "store/deployment.h"

typedef struct Store Store;

/* `done` is 0 once at the start of each step; `total` 0: unknown. */
typedef void (*StoreProgress) (const char *what, guint64 done, guint64 total, gpointer data);

/* The user's store (created 0700 when missing), locked for writing: waits for another writer to end. */
Store *store_open (GError **error);
gboolean store_is_locked (void);   /* by another writer, at this moment: store_open() would wait */
/* The same without the lock, for store_remote_list() and store_remote_ls() only; creates nothing. */
Store *store_open_reading (GError **error);
void store_free (Store *store);
G_DEFINE_AUTOPTR_CLEANUP_FUNC (Store, store_free)
void store_set_progress (Store *store, StoreProgress progress, gpointer data);
/* Sentences (char *) about what did not go as a person may expect and is no error: files that the desktop does not get.  Owned by
 * the store. */
const GPtrArray *store_notes (const Store *store);

/* An app with extra data (bundle/extra-data.h) that is being installed: the files are downloaded and checked. */
typedef struct
{
  const Ref *ref;
  const Metadata *metadata;
  int content_fd;          /* the image, or the folder files/ */
  gboolean is_image;
  int extra_fd;            /* folder with the files; what becomes /app/extra */
} StoreExtra;

/* Let the app make of them what it needs.  Without such a function an app with extra data is not installed: ERROR_UNAVAILABLE. */
typedef gboolean (*StoreApplyExtra) (const StoreExtra *job, gpointer data, GError **error);
void store_set_apply_extra (Store *store, StoreApplyExtra apply, gpointer data);

/* A new version of `ref` wants more than the installed one: may it?  `added` are words (char *) that complete "it may also ...".
 * FALSE with an error when not. */
typedef gboolean (*StoreConsent) (const Ref *ref, const GPtrArray *added, gpointer data, GError **error);
/* Without such a function the answer is no. */
void store_set_consent (Store *store, StoreConsent consent, gpointer data);

/* Install an image file: copied (reflink where possible), the copy checked in full, deployed as an image, made active.
 * The metadata in it must say which ref it is: key `ref` of the group [Nacelle Bundle], for example
 * "app/org.example.Editor/x86_64/stable".  `fd` is read from its start.  `allow_unsealed` as in image_attach().
 * A runtime that is missing is no error.  ret_ref may be NULL. */
gboolean store_install_image (Store *store, int fd, const char *name, gboolean allow_unsealed, Ref **ret_ref,
                              GError **error);
/* What the image file `fd` would be when it is installed; checked as there, sealed or not.  It has no path, no descriptors and no
 * times. */
Deployment *store_inspect_image (int fd, const char *name, GError **error);

/* Remove.  Where instances run it is gone for new ones at once, and its files stay until the first writer after the
 * last of them has ended; *ret_in_use (may be NULL) tells.  Refuses, unless `force`, a runtime that an installed
 * app needs.  The app's data is not touched. */
gboolean store_uninstall (Store *store, const Ref *ref, gboolean force, gboolean *ret_in_use, GError **error);

/* Remotes. */
typedef struct { char *name; char *url; gboolean gpg_verify; } Remote;
void remote_free (Remote *remote);
/* Names are letters, digits, '-', '_', '.'; URLs http:, https: or file:.
 * `keys`: armoured or binary OpenPGP keys, NULL only with `no_gpg_verify`. */
gboolean store_remote_add (Store *store, const char *name, const char *url, GBytes *keys, gboolean no_gpg_verify,
                           GError **error);
gboolean store_remote_delete (Store *store, const char *name, GError **error);
GPtrArray *store_remote_list (Store *store, GError **error);               /* Remote */
GPtrArray *store_remote_ls (Store *store, const char *remote, GError **error); /* Ref */

/* Pull `ref` and, for an app whose runtime is not installed, its runtime from the remote, verify, deploy.  Refused, with
 * nothing deployed: a commit without a good signature by a key of the remote, one that is made for another ref, that
 * carries no metadata or other metadata than its tree, or that is older than what is installed; and one that wants more
 * permissions than what is installed, unless there is consent.
 * ret_changed (may be NULL): FALSE when this commit is what is active already. */
gboolean store_install_remote (Store *store, const char *remote, const Ref *ref, gboolean *ret_changed, GError **error);
/* Update one ref, or all when NULL, each from the remote it came from; never to an older commit.  *ret_n_updated (may
 * be NULL) counts, also when an error names those that failed. */
gboolean store_update (Store *store, const Ref *ref, guint *ret_n_updated, GError **error);
