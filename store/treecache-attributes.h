/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * What a bare-user-only repository does not keep of a tree: exact permission bits and hard links.
 * Internal to store/.
 */
#pragma once

#include <glib.h>

/* (mode of the root, [(path, mode)], [(path, path of the first link)]); paths are NUL-ended bytes. */
#define TREE_ATTRIBUTES_TYPE "(ua(ayu)a(ayay))"

/* Of everything below `tree_fd`, in a fixed order.  A floating variant, NULL on error.  Entries that are
 * neither file, folder nor symbolic link are an error that names the path. */
GVariant *tree_attributes_record (int tree_fd, GError **error);

/* Put them back on a checkout of the same tree. */
gboolean tree_attributes_apply (int tree_fd, GVariant *attributes, GError **error);
