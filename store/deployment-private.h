/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * What the two halves of the store know about the layout on disk.  Internal to store/.
 */
#pragma once

#include "store/deployment.h"
#include "store/root.h"

/* "app/ID/ARCH/BRANCH" below the root, caller frees. */
#define deployment_branch_path ref_format

/* The name that `active` below `branch_fd` points to.  *ret_checksum is NULL when there is no such link;
 * anything but a checksum is ERROR_REFUSED.  `path` is for messages. */
gboolean deployment_read_active (int branch_fd, const char *path, char **ret_checksum, GError **error);

/* The active deployment of `ref` in one store, ERROR_NOT_FOUND when there is none.  `lock`: take the shared lock. */
Deployment *deployment_load_active (const StoreRoot *root, const Ref *ref, gboolean lock, GError **error);

/* ERROR_NOT_FOUND for `ref`; `others` is what there is instead, or NULL.  FALSE. */
gboolean deployment_throw_missing (const Ref *ref, const char *others, GError **error);

/* Every branch folder of `kind`: Ref, unsorted.  Names that are no legal ref are passed over. */
gboolean deployment_collect_branches (const StoreRoot *root, RefKind kind, GPtrArray *refs, GError **error);

/* The names in a directory, without "." and "..": char *, sorted.  A missing directory is empty. */
GPtrArray *deployment_list_names (int dirfd, const char *path, GError **error);

/* Of the keyfile `deploy`. */
#define DEPLOY_GROUP "Deployment"
#define DEPLOY_KEY_ORIGIN "origin"
#define DEPLOY_KEY_COMMIT_TIME "commit-time"
#define DEPLOY_KEY_INSTALL_TIME "install-time"
#define DEPLOY_KEY_SIZE "size"
