/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * Which extensions of a bundle are installed on this machine.  On the launch path: no repository is opened.
 */
#pragma once

#include "bundle/extension.h"
#include "store/deployment.h"

typedef struct
{
  Deployment *deployment;
  const ExtensionPoint *point;   /* not owned */
  char *place;                   /* below /app or /usr: where the point's directory, and for one of several its name, lead */
  char *mount;                   /* `place` with the point's suffix: where its files are mounted */
  gboolean one_of_several;       /* the directory of the point holds only them */
  int priority;                  /* of [ExtensionOf]: the higher comes first */
} InstalledExtension;

void installed_extension_free (gpointer data);   /* InstalledExtension */

/* Those of all points (InstalledExtension), sorted by priority, then by place.  Several versions of one extension have one place: the
 * first that is installed is taken.  NULL on error; a damaged extension is one. */
GPtrArray *extensions_find (const GPtrArray *points, const char *arch, GError **error);
