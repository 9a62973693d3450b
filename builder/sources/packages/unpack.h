/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * The files of a Debian package into a tree that becomes /usr.
 *
 * `usr/X` goes to `X`; `bin`, `sbin`, `lib`, `lib32`, `lib64` and `libx32` go to the same name, because a merged /usr
 * has them below; `etc/X` goes to `etc/X`, where a runtime keeps its configuration.  Everything else (var, run, dev,
 * boot, home, root, srv, opt, mnt, media, proc, sys, tmp) is state or a mount point of a running system and left out.
 * Nothing below /usr and /etc is left out; what is not wanted is named by the manifest's `cleanup`.  Maintainer scripts
 * are not run; what they would do is declared by the source's post-install commands.
 *
 * Two packages with the same file are an error, unless the file is the same.
 */
#pragma once

#include "builder/sources/packages/format.h"

gboolean unpack_deb (int fd, PackageTree *tree, GError **error);

/* The mapping above: a path of the package to one of the tree, *ret_path NULL when it is left out. */
gboolean unpack_map_path (const char *name, gpointer unused, char **ret_path, GError **error);
