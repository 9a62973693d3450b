/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * A Debian-style InRelease file: who signed it and what it lists.
 */
#pragma once

#include <glib.h>

typedef struct
{
  char *sha256;
  guint64 size;
} ReleaseFile;

typedef struct
{
  char *suite, *codename;
  gint64 valid_until;          /* seconds since 1970, 0: no end */
  gboolean by_hash;            /* files may be asked for by their hash */
  GHashTable *files;           /* path below dists/SUITE -> ReleaseFile */
} Release;

/* Check the signature by gpgv(1) against `keyring_path` (binary or armoured public keys) and return the signed text
 * alone.  At least one good signature of a key that has neither expired nor been revoked, made with SHA-256 or
 * stronger, is needed; a bad one refuses.  Caller frees. */
char *release_verify (const char *text, gsize length, const char *keyring_path, const char *name, GError **error);

/* Parse signed text; refuses one that is for another suite or whose time is over at `now`. */
Release *release_new (const char *text, const char *suite, gint64 now, const char *name, GError **error);
void release_free (Release *release);
G_DEFINE_AUTOPTR_CLEANUP_FUNC (Release, release_free)
