/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * What comes over the network, by the program nacelle-fetch: started here, watched, and killed when the server
 * has been silent for a minute ($NACELLE_NETWORK_TIMEOUT seconds).  Internal to store/.
 */
#pragma once

#include "store/store-private.h"

/* The refs that `remote` has (char *). */
GPtrArray *transfer_list (Store *store, const char *remote, GError **error);

/* What `remote` says `ref` is at: the commit object and its signature only.  Verified; caller frees. */
char *transfer_commit_only (Store *store, const char *remote, const char *ref, GError **error);

/* Everything of that commit.  `size`: what it unpacks to, as declared; 0 when unknown. */
gboolean transfer_content (Store *store, const char *remote, const char *ref, const char *checksum, guint64 size,
                           GError **error);

/* The plain file at `url` into the empty file `fd`, at most `size` bytes; what it holds is not checked.  `name`: for the progress. */
gboolean transfer_file (Store *store, const char *url, const char *name, int fd, guint64 size, GError **error);
