/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * How an app is walled in beside its mounts and its filter of system calls: "--landlock=WORD", and in metadata and override files
 *
 *   [Nacelle Sandbox]
 *   landlock=off
 *
 * The words: "auto" (the default), rules of Landlock repeat what the mounts say where the kernel has it; "on", the app does not start
 * where the kernel has none; "off".  The upper layer wins.
 */
#pragma once

#include "bundle/permissions.h"

#define WALLS_GROUP "Nacelle Sandbox"

typedef enum { WALL_AUTO, WALL_ON, WALL_OFF } WallState;

/* `name`: "landlock".  Into the `walls` of a layer; ERROR_USAGE with a suggestion when the name or the word is none. */
gboolean walls_set (GPtrArray *walls, const char *name, const char *word, const char *origin, GError **error);

/* *ret_origin: which layer said so, "default" when none did. */
WallState walls_landlock (const Permissions *permissions, const char **ret_origin);
