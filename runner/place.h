/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * Where a path of the host leads.  The way is walked by descriptor, so that the descriptor which is
 * returned is what the canonical path named while it was walked, whoever moves links about meanwhile.
 */
#pragma once

#include <glib.h>
#include <sys/types.h>

typedef struct
{
  char *path;     /* canonical but for its last component, which is the link */
  char *target;   /* as it is in the link */
} PlaceLink;

void place_link_free (PlaceLink *link);

/* Open (O_PATH) what the absolute `path` leads to.  *ret_canonical has no links; `links` (PlaceLink, may
 * be NULL) gets the links that were followed.  ERROR_NOT_FOUND when a component is missing.  -1 on error. */
int place_open (const char *path, char **ret_canonical, GPtrArray *links, GError **error);

/* Make a missing folder.  What exists of the way may lead through links; what is made does not. */
gboolean place_create_folder (const char *path, mode_t mode, GError **error);

/* Where `path` is, or would be if it were made: without links as far as it exists.  *ret_writable: whether this user may
 * write to it, or to the nearest parent that exists.  Caller frees; NULL for what cannot be looked at. */
char *place_canonical (const char *path, gboolean *ret_exists, gboolean *ret_writable);

/* Whether `path` is `parent` or below it. */
gboolean place_is_below (const char *path, const char *parent);
