/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * Build options that apply to a module, merged: of the manifest, of the manifest for the architecture, of the module,
 * of the module for the architecture; a later one adds to flags and paths, or replaces.
 */
#pragma once

#include "builder/manifest/manifest.h"

typedef struct
{
  const ManifestBuildOptions *layers[4];   /* in this order */
  gsize n;
} OptionLayers;

void option_layers_init (OptionLayers *layers, const ManifestBuildOptions *global, const ManifestBuildOptions *module,
                         const char *arch);

/* The flags of all layers behind `base` (may be NULL), joined by blanks; NULL when there are none.  `flags` and
 * `override` are offsets in ManifestBuildOptions.  Caller frees. */
char *option_layers_flags (const OptionLayers *layers, const char *base, gsize flags, gsize override);

/* A list of folders around `base` (may be NULL), joined by ':'; NULL when there are none.  Caller frees. */
char *option_layers_path (const OptionLayers *layers, const char *base, gsize append, gsize prepend);

/* `own`, then the texts of all layers.  Never NULL; caller frees. */
char **option_layers_texts (const OptionLayers *layers, char *const *own, gsize member);

const char *option_layers_text (const OptionLayers *layers, gsize member);    /* of the last layer that has it */
gboolean option_layers_bool (const OptionLayers *layers, gsize member);       /* TRUE when one layer says so */
