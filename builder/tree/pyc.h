/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * Compiled Python files that stay valid when every file of the tree gets the same time.
 *
 * Python takes a compiled file only when the time written in it is that of its source, and the time of an installed file is one in an
 * image and another in a checkout.  So those of Python 3.7 and later become "unchecked" ones, which are taken whatever the
 * time; older ones get the time that the tree will have.
 */
#pragma once

#include <glib.h>

/* Of the files that a module changed, before tree_normalise(): the times must still be those of the build.  `time`: what the tree will
 * have.  Compiled files that were not made from their source as it is now are removed.  Nothing is followed. */
gboolean pyc_fix (int tree_fd, const GPtrArray *changes, gint64 time, GError **error);
