/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * Extra data: files that an app may not pass on, so that they are downloaded where it is installed (group [Extra Data] of the metadata,
 * flatpak-metadata(5)).  They become /app/extra.
 */
#pragma once

#include <glib.h>

#define EXTRA_DATA_GROUP "Extra Data"

typedef struct
{
  char *name;              /* in /app/extra; a plain file name */
  char *url;               /* http: or https: */
  char *sha256;
  guint64 size;            /* bytes, never 0 */
  guint64 installed_size;  /* 0: not told */
} ExtraFile;

/* Those of the metadata (ExtraFile), in its order; empty when there are none.  ERROR_REFUSED: a name that leads elsewhere or comes twice,
 * an address that is neither http nor https, no size or hash. */
GPtrArray *extra_files_new (GKeyFile *metadata, GError **error);

/* Whether the program that unpacks them does without the runtime. */
gboolean extra_data_without_runtime (GKeyFile *metadata);
