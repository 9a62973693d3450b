/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * What an app shows to the desktop: copies of its desktop files, icons, metainfo, types of files, search providers and D-Bus service
 * files, in the bundle's export/ folder.  Only files whose name begins with the app's id are taken, and services with names that it
 * may own.
 */
#pragma once

#include <glib.h>

/* `owned`: names on the session bus, also "PREFIX.*" (char *); NULL: none. Copy from `files_fd` to the new directory `export_fd`.
 * Links are never followed nor copied.  `notes` (char *, owned) receives a sentence about each file that is left out although it
 * stands in an exported folder. */
gboolean export_collect (const char *id, const GPtrArray *owned, int files_fd, int export_fd, GPtrArray *notes, GError **error);
