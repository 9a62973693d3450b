/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * One pull over libostree, with limits of our own.  Internal to store/.
 */
#pragma once

#include "store/store-private.h"

/* What `remote` says `ref` is at: the commit object and its signature only.  Verified; caller frees. */
char *transfer_commit_only (Store *store, const char *remote, const char *ref, GError **error);

/* libostree's words for a missing signature tell how to switch the check off; ours do not.  Returns FALSE. */
gboolean transfer_explain (GError **error);

/* Everything of that commit.  `size`: what it unpacks to, as declared; 0 when unknown. */
gboolean transfer_content (Store *store, const char *remote, const char *ref, const char *checksum, guint64 size,
                           GError **error);
