/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * A family of distributions: how its index is found, verified and read, and how its packages are unpacked.  Between
 * the two stands the resolver, which is the same for all.  Debian's is the one that exists.
 */
#pragma once

#include <solv/pool.h>

#include "builder/sources/packages/package.h"
#include "builder/sources/source.h"
#include "builder/sources/treewriter.h"

/* Where packages are unpacked to: the tree becomes /usr. */
typedef struct
{
  TreeWriter *writer;
  int tree_fd;
  GHashTable *owners;          /* path -> package name, for all but directories */
  const Package *package;      /* the one at work */
} PackageTree;

typedef struct
{
  const char *name;
  int solv_type;               /* DISTTYPE_... */
  /* The distribution's name of an architecture, NULL when it has none. */
  const char *(*arch) (const char *arch);
  /* Fetch the index of one suite, verify it against the source's keyring and add it to the pool as a repository. */
  gboolean (*load) (Pool *pool, const ManifestSource *source, const char *suite, const char *mirror,
                    const SourceContext *context, GError **error);
  gboolean (*unpack) (int fd, PackageTree *tree, GError **error);
} PackageFormat;

extern const PackageFormat package_format_deb;
