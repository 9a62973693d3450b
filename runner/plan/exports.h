/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * The places of the host that a sandbox shows, collected from all grants before the first of them becomes a record:
 * only then is known which lies in which, so that parents are mounted first, a denial wins over a grant of the
 * same place, and a link is re-created only where it is not visible anyway.
 */
#pragma once

#include <glib.h>

#include "sandbox/plan.h"

typedef enum
{
  EXPORT_READ_ONLY,
  EXPORT_READ_WRITE,
  EXPORT_EMPTY,      /* a writable empty folder (tmpfs) */
  EXPORT_DENIED,     /* an empty folder, or a covered file, if a parent is shown */
  EXPORT_HIDDEN,     /* covered by an unwritable empty one if a parent is shown; nothing below it can be granted */
} ExportMode;

typedef struct
{
  char *path;        /* in the sandbox, no links */
  char *source;      /* on the host, for messages and checks */
  int fd;            /* of the source, -1 for EMPTY, DENIED, HIDDEN */
  ExportMode mode;
  gboolean is_dir;
  gboolean ours;     /* wins over every grant of the same path */
  char *origin;
} Export;

typedef struct
{
  GPtrArray *places; /* Export */
  GPtrArray *links;  /* PlaceLink */
} Exports;

Exports *exports_new (void);
void exports_free (Exports *exports);
G_DEFINE_AUTOPTR_CLEANUP_FUNC (Exports, exports_free)

/* Takes `fd`.  Of two exports of one path the denial wins, then the wider mode. */
void exports_add (Exports *exports, const char *path, const char *source, int fd, ExportMode mode, const char *origin);
/* The same for what no grant may replace. */
void exports_add_ours (Exports *exports, const char *path, const char *source, int fd, ExportMode mode,
                       const char *origin);

/* The nearest export that shows `path` (itself or a parent), as it would be mounted; NULL when the path is not
 * visible. */
const Export *exports_covering (const Exports *exports, const char *path);

/* Remove exports whose source is `path` or below it.  Returns how many. */
guint exports_drop_below (Exports *exports, const char *path);

