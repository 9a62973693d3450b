/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * One package of a distribution, exactly.
 */
#pragma once

#include <glib.h>

typedef struct
{
  char *name, *version;
  char *arch;              /* as the distribution calls it: "amd64", "all" */
  char *path;              /* below the mirror */
  char *sha256;
  guint64 size;            /* bytes, never 0 */
} Package;

/* NULL with a sentence when a field is not what it must be: such a value would become part of an address or path. */
Package *package_new (const char *name, const char *version, const char *arch, const char *path, const char *sha256,
                      guint64 size, GError **error);
/* "NAME VERSION ARCH SIZE SHA256 PATH", as a resolved manifest has it.  The other way: caller frees. */
Package *package_parse (const char *line, GError **error);
char *package_line (const char *name, const char *version, const char *arch, guint64 size, const char *sha256, const char *path);
void package_free (Package *package);
G_DEFINE_AUTOPTR_CLEANUP_FUNC (Package, package_free)

GPtrArray *packages_new (void);            /* of Package */
void packages_sort (GPtrArray *packages);  /* by name, architecture, version */
