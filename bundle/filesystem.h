/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * The words of --filesystem: home, host, host-os, host-etc, host-root, xdg-NAME[/PATH], ~/PATH, /PATH, with the
 * suffixes :ro, :rw (the default) and :create.  '\' takes the meaning from a following ':' or '\'.
 */
#pragma once

#include "bundle/permissions.h"

/* `negated`: the word of --nofilesystem or behind "!"; it has no suffix (but host:reset is known then, which
 * takes away everything that lower layers granted).  ERROR_USAGE with a suggestion when unknown,
 * ERROR_REFUSED for "..", control and invisible characters, "/" itself. */
FilesystemGrant *filesystem_grant_parse (const char *text, gboolean negated, const char *origin, GError **error);
FilesystemGrant *filesystem_grant_copy (const FilesystemGrant *grant);
void filesystem_grant_free (FilesystemGrant *grant);

/* The form that a keyfile has: "!home", "~/x:ro"; caller frees. */
char *filesystem_grant_format (const FilesystemGrant *grant);

/* Append, or replace the grant of the same token in place.  Takes ownership of `grant`. */
void filesystem_grant_set (GPtrArray *grants, FilesystemGrant *grant);

/* Whether an absolute, normalised path belongs to the sandbox itself (/usr, /app, /proc ...) or contains such
 * a place, so that nothing of the host can be shown there. */
gboolean filesystem_path_is_reserved (const char *path);

/* Remove empty and "." components of a relative path; "" when nothing is left; caller frees.  NULL with ERROR_REFUSED
 * for "..", control, invisible or non-UTF-8 characters. */
char *filesystem_path_normalise (const char *path, GError **error);
