/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * A manifest in one piece, with the files that it names put in place, as JSON.
 */
#pragma once

#include <json-glib/json-glib.h>

#include "builder/manifest/manifest.h"

typedef struct
{
  /* For flatpak-builder: its keys only (`permissions` become finish-args), no value that holds anyway, no empty list, and paths that
   * begin at the folder of the manifest.  Else: every key that was written, as it was. */
  gboolean foreign;
  gboolean in_one_place;            /* paths of sources begin at the folder of the manifest, wherever they were named */
  const char *const *left_out;      /* keys of anything; may be NULL */
  const char *const *source_left_out; /* keys of sources, which source() writes; may be NULL */
  /* Adds to the object of a source; may be NULL. */
  void (*source) (JsonBuilder *json, const ManifestSource *source, gpointer data);
  gpointer data;
} ManifestJson;

/* The members of the manifest, into the object that was begun.  Notes for other programs (x-...) are in no case among them. */
void manifest_json_write (const Manifest *manifest, const ManifestJson *options, JsonBuilder *json);
