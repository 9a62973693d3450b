/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * Put a bundle tree into a repository that others can pull from.
 */
#pragma once

#include "bundle/ref.h"

typedef struct
{
  const char *gpg_key_id;    /* NULL: unsigned */
  const char *gpg_homedir;   /* NULL: default */
  const char *subject;
  const char *body;
  gint64 timestamp;          /* commit time */
  const char *collection_id; /* of the repository, which is made with it and must not have another; NULL: as it is */
  int token_type;            /* above 0: clients need a token of this type to fetch it */
} PublishOptions;

/* Commit the bundle tree (metadata, files/, export/) below `tree_fd` under `ref` into the archive-z2 repository
 * `repo_path` (created when missing), with Flatpak's commit metadata (xa.ref, xa.metadata, xa.installed-size,
 * xa.download-size, ostree.ref-binding), and update its summary (signed too when a key is given).
 * Other entries of the tree are left out.  Owner 0, modes 0755 and 0644, no extended attributes.  Same tree, ref and
 * options: same commit checksum (ret_checksum may be NULL; caller frees).  Refused: metadata that is not of this ref, a
 * timestamp before that of the ref's present commit (no client would take it), no key for a signed repository. */
gboolean publish_commit (const char *repo_path, int tree_fd, const Ref *ref, const PublishOptions *options,
                         char **ret_checksum, GError **error);
