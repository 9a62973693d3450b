/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * The `metadata` keyfile of a bundle, in Flatpak's format (flatpak-metadata(5)).
 *
 * What is shown must be what is applied: the bytes are checked first (valid UTF-8, no NUL, no
 * control character but '\n' and '\t', no group or key twice, 1 MiB at most) and only then parsed.
 */
#pragma once

#include "bundle/ref.h"

typedef struct
{
  RefKind kind;
  char *id;
  char *runtime;      /* "ID/ARCH/BRANCH" or NULL */
  char *sdk;          /* same */
  char *command;      /* NULL when not given */
  GKeyFile *keyfile;  /* everything, for permissions and extensions */
  char *text;         /* the exact bytes, NUL-terminated */
} Metadata;

/* `name` is for messages.  Fails with ERROR_REFUSED on anything malformed. */
Metadata *metadata_parse (const char *data, gsize length, const char *name, GError **error);
Metadata *metadata_load (int dirfd, const char *path, const char *name, GError **error);

/* Only the checks of the bytes, for other files in the same format (overrides). */
GKeyFile *metadata_keyfile_parse (const char *data, gsize length, const char *name, GError **error);

/* Why the author wants the permissions, each "--OPTION=VALUE: reason"; empty when nothing is said.  Caller frees. */
char **metadata_reasons (const Metadata *metadata);

void metadata_free (Metadata *metadata);
G_DEFINE_AUTOPTR_CLEANUP_FUNC (Metadata, metadata_free)
