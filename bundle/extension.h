/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * Extension points: the groups [Extension NAME] of a metadata file (flatpak-metadata(5)).  They say which other bundles are mounted
 * into this one, and where.
 */
#pragma once

#include <glib.h>

#define EXTENSION_GROUP "Extension "

typedef struct
{
  char *name;                /* id of the extension, or with `subdirectories` what its id begins with */
  char *tag;                 /* what stands behind '@' in the group's name, or NULL */
  char *directory;           /* below /app or /usr */
  char **versions;           /* branches, each is looked for */
  char *add_ld_path;         /* below the extension, "" is itself; or NULL */
  char *subdirectory_suffix; /* or NULL */
  char **merge_dirs;         /* or NULL */
  char **enable_if;          /* conditions, one of them must hold; NULL: always */
  gboolean subdirectories;
} ExtensionPoint;

/* All of them (ExtensionPoint), sorted by name.  `default_version`: branch of a point that names none.  A path that leads out of its
 * place is ERROR_REFUSED; a point without a directory is left out, as there is no place for it. */
GPtrArray *extension_points_new (GKeyFile *metadata, const char *default_version, GError **error);

/* Does an extension with this id belong to the point, and if it is one of several, what is its own name there?  *ret_sub is a part of
 * `id`, NULL when it is the only one. */
gboolean extension_point_takes (const ExtensionPoint *point, const char *id, const char **ret_sub);

/* Where it is mounted below /app or /usr, without the suffix.  Caller frees. */
char *extension_point_place (const ExtensionPoint *point, const char *sub);
