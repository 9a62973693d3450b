/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * What a build makes beside its result, each a bundle of its own, as flatpak-builder makes them:
 *
 *   ID.Locale      share/runtime/locale   translations
 *   ID.Debug       lib/debug              debug information
 *   ID.Sources     sources                what it was built from
 *   NAME           its "directory"        an extension of add-extensions with "bundle"
 *   ID-PLATFORM                           the second runtime, with its own ID-PLATFORM.Locale; see build-platform.c
 *
 * The metadata of the result names an extension point for each of the first three that there is, whether it is published or not.
 */
#pragma once

#include "builder/plan/plan.h"

typedef enum
{
  PIECE_LOCALE,
  PIECE_DEBUG,
  PIECE_SOURCES,
  PIECE_BUNDLED,
  PIECE_PLATFORM,
  PIECE_PLATFORM_LOCALE,
} PieceKind;

typedef struct
{
  PieceKind kind;
  Ref *ref;
  Ref *of;               /* what it extends; NULL: the platform, which stands for itself */
  char *folder;          /* below files/ of what it extends, and where it is mounted; NULL for the platform */
  gboolean present;      /* there is one */
  int fd;                /* its bundle, -1: not made */
  int image_fd;          /* its image, -1: not made */
} Piece;

/* All that this plan can have, in the order in which [Build] names them; none is present.  The caller unrefs, which closes what is
 * open.  A name that no ref can have is an error. */
GPtrArray *pieces_new (const BuildPlan *plan, GError **error);

/* The manifest wants it to be no part of the result, whatever the options of the build are. */
gboolean piece_stands_alone (const Piece *piece);

/* Is its folder in the tree? */
gboolean piece_is_in (const Piece *piece, int files_fd);

/* `metadata` with the extension points of the present pieces of `ref`, which they extend.  Caller frees. */
char *pieces_metadata (const GPtrArray *pieces, const Ref *ref, const char *metadata);
/* Mark those as present that such a text, of the plan's own ref, names. */
void pieces_mark (const GPtrArray *pieces, const char *metadata);

/* Another one takes what lies there too, later: those that are shared have to be taken first, and leave it in the tree. */
gboolean piece_is_shared (const GPtrArray *pieces, const Piece *piece);

/* Make piece->fd, an empty directory, its bundle: its metadata, and files/ which is taken out of the tree below files_fd.  The tree
 * keeps an empty folder there, as the place to mount it. */
gboolean piece_take (const GPtrArray *pieces, const Piece *piece, int files_fd, GError **error);

/* Only the metadata, for one whose files/ comes from elsewhere. */
gboolean piece_write_metadata (const Piece *piece, GError **error);
