/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * ~/.var/app/ID, the only place where an app may keep what it writes.
 *
 * The app owns everything below that folder, and an app that may write to the home folder owns the way to it as
 * well: it can put a link to any place of the host where a folder was, and wait for the next start, when we create and
 * mount folders there.  So no component is ever followed when it is a link, and what is mounted is the
 * descriptor that was checked.
 */
#pragma once

#include <glib.h>

/* Open, creating what is missing, the folder of `id` in the home open at `home_fd`.  ERROR_REFUSED when a
 * component is a link or belongs to someone else.  -1 on error. */
int appdata_open (int home_fd, const char *home, const char *id, GError **error);

/* Open, creating what is missing, a folder below the one that appdata_open() returned.  A link in
 * the way is the app's own and is replaced by a folder.  -1 on error. */
int appdata_open_below (int data_fd, const char *path, GError **error);

/* Make sure that there is a folder, or a file, to mount something on; links are not followed.  FALSE when there is something
 * else. */
gboolean appdata_make_place (int data_fd, const char *path, gboolean is_dir);
