/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * Parts of a result that are extensions of their own, as flatpak-builder makes them:
 *
 *   ID.Locale    share/runtime/locale   translations
 *   ID.Debug     lib/debug              debug information
 *   ID.Sources   sources                what it was built from
 *
 * The metadata of the result names an extension point for each that there is, whether it is published or not.
 */
#pragma once

#include "builder/plan/plan.h"

typedef enum
{
  PIECE_LOCALE,
  PIECE_DEBUG,
  PIECE_SOURCES,
  N_PIECES,
} PieceKind;

/* "Locale". */
const char *piece_name (PieceKind kind);

/* Its ref: runtime/ID.NAME/ARCH/BRANCH.  Caller frees. */
Ref *piece_ref (const BuildPlan *plan, PieceKind kind);

/* Is its folder in the tree? */
gboolean piece_is_in (PieceKind kind, int files_fd);

/* `metadata` with the extension points of the `present` pieces (bits).  Caller frees. */
char *pieces_metadata (const BuildPlan *plan, const char *metadata, guint present);
/* Which pieces such a text names. */
guint pieces_of_metadata (const BuildPlan *plan, const char *metadata);

/* Make `piece_fd`, an empty directory, the bundle of the piece: its metadata, and files/ which is taken out of the tree below files_fd.
 * The tree keeps an empty folder there, as the place to mount it. */
gboolean piece_take (const BuildPlan *plan, PieceKind kind, int files_fd, int piece_fd, GError **error);

/* Only the metadata, for one whose files/ comes from elsewhere. */
gboolean piece_write_metadata (const BuildPlan *plan, PieceKind kind, int piece_fd, GError **error);
