/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * How the tokens of JSON may follow each other, and what to say when they do not: the YAML parser that reads the values would
 * notice it too, but later and in words for those who write parsers.
 */
#pragma once

#include "builder/manifest/node.h"

typedef struct JsonShape JsonShape;

/* What the places and lines are taken from; both must outlive it. */
JsonShape *json_shape_new (const char *data, GPtrArray *problems);
void json_shape_free (JsonShape *shape);
G_DEFINE_AUTOPTR_CLEANUP_FUNC (JsonShape, json_shape_free)

/* The next token: one of "{}[]:,", or '"' for a text, or 'a' for a word or number.  `text` is its content, `end` the place behind it.
 * FALSE when it cannot stand here. */
gboolean json_shape_token (JsonShape *shape, char token, const char *text, ManifestPlace start, ManifestPlace end);

/* FALSE when something is still open. */
gboolean json_shape_end (JsonShape *shape);
