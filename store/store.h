/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * The writing half of the store: installs, updates and removes deployments, and moves bundles between repositories.
 * Linked only by programs that are off the launch path.
 *
 * Every change is one atomic rename at the end: a deployment is staged below ROOT/.staging (0700), synced, renamed
 * to its place, then `active` is replaced by rename.  A killed process leaves only staging folders, which the
 * next writer removes (they are locked by their owner).  One writer at a time (flock on ROOT/lock).
 */
#pragma once

#include "store/deployment.h"

typedef struct Store Store;

typedef void (*StoreProgress) (const char *what, guint64 done, guint64 total, gpointer data);

/* The user's store (created 0700 when missing), locked for writing. */
Store *store_open (GError **error);
void store_free (Store *store);
G_DEFINE_AUTOPTR_CLEANUP_FUNC (Store, store_free)
void store_set_progress (Store *store, StoreProgress progress, gpointer data);

/* Install an image file: inspected, checked, copied (reflink where possible), deployed as an image, made active.
 * `allow_unsealed` as in image_attach().  *ret_ref may be NULL. */
gboolean store_install_image (Store *store, int fd, const char *name, gboolean allow_unsealed, Ref **ret_ref,
                              GError **error);
/* Remove; refuses when instances run (unless the deployment can stay until they end), and when an installed app needs this
 * runtime, unless `force`. */
gboolean store_uninstall (Store *store, const Ref *ref, gboolean force, GError **error);

/* Remotes. */
typedef struct { char *name; char *url; gboolean gpg_verify; } Remote;
/* `keys`: armoured or binary OpenPGP keys, NULL only with `no_gpg_verify`. */
gboolean store_remote_add (Store *store, const char *name, const char *url, GBytes *keys, gboolean no_gpg_verify,
                           GError **error);
gboolean store_remote_delete (Store *store, const char *name, GError **error);
GPtrArray *store_remote_list (Store *store, GError **error);               /* Remote */
GPtrArray *store_remote_ls (Store *store, const char *remote, GError **error); /* Ref */

/* Pull `ref` and, for an app, its runtime from the remote, verify, deploy. */
gboolean store_install_remote (Store *store, const char *remote, const Ref *ref, GError **error);
/* Update one ref, or all when NULL; never to an older commit.  *ret_n_updated counts. */
gboolean store_update (Store *store, const Ref *ref, guint *ret_n_updated, GError **error);
