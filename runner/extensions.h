/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * The installed extensions of an app or runtime, ready to be mounted: parts that are published apart (translations, drivers, plugins).
 */
#pragma once

#include "runner/host.h"
#include "runner/resolve.h"

typedef struct
{
  Bundle *bundle;
  char *place;               /* below /app or /usr */
  char *mount;               /* where its files go: `place` or below it */
  char *directory;           /* of the extension point, which `place` is or lies in */
  gboolean one_of_several;   /* `directory` holds nothing but such extensions */
  char *add_ld_path;         /* below `mount`, or NULL */
  char **merge_dirs;         /* or NULL */
} LaunchExtension;

/* In the order in which they win over each other (LaunchExtension).  One that its point allows only on other machines is left out with a
 * note, what is not installed without one.  NULL on error. */
GPtrArray *launch_extensions_new (const Bundle *bundle, const Host *host, const ResolveOptions *options, GPtrArray *notes,
                                  GError **error);
