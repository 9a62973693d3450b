/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * The two places a store may be, and whether one may be believed.  Internal to store/, but for the path, which others name in messages.
 */
#pragma once

#include <glib.h>

typedef struct
{
  char *path;         /* absolute; owned */
  int fd;             /* O_RDONLY directory, -1 when the store does not exist */
  gboolean system;
} StoreRoot;

#define STORE_ROOT_INIT { NULL, -1, FALSE }

void store_root_clear (StoreRoot *root);
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC (StoreRoot, store_root_clear)

/* $NACELLE_STORE, else $XDG_DATA_HOME/nacelle; $NACELLE_SYSTEM_STORE, else /var/lib/nacelle.
 * ERROR_REFUSED when the variable is not an absolute path.  Caller frees. */
char *store_root_path (gboolean system, GError **error);

/* Open and check: owned by this user (the system store: by root or this user), writable by the owner
 * only.  A store that does not exist is success with fd -1, and so is a system store that is the user's. */
gboolean store_root_open (gboolean system, StoreRoot *ret_root, GError **error);

/* 64 lower-case hexadecimal digits: the only name that `active` may point to. */
gboolean store_checksum_is_valid (const char *text);
