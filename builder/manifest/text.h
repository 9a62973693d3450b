/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * The bytes of a manifest, before they are parsed.
 */
#pragma once

#include "builder/manifest/node.h"

/* TRUE when `data` is UTF-8 without NUL and without control characters that no text file has; else a problem with
 * the place of the first bad byte. */
gboolean manifest_text_check (const char *file, const char *data, gsize length, GPtrArray *problems);

/* JSON as flatpak-builder reads it: comments, line breaks in strings; where the budget says so, texts in single quotes and unknown
 * escapes too.  A comma too many is allowed, with a warning.
 *
 * The YAML parser understands most of JSON, but not its escapes and comments.  So this makes a text with every
 * character at the same line and column, in which comments and tabs are blanks and the content of strings is filler;
 * the strings themselves, decoded, come in the order of their appearance in `ret_strings`, at most as many as the budget has nodes.
 * NULL on error (caller frees the text; it has `length` bytes or fewer). */
char *manifest_json_prepare (const char *file, const char *data, gsize length, const ManifestBudget *budget,
                             GPtrArray **ret_strings, GPtrArray *problems);

/* FALSE with a problem when a line begins with "%TAG": such a line has no use here, and the YAML parser compares it
 * with all before it, which a hostile file can make take hours. */
gboolean manifest_yaml_check (const char *file, const char *data, GPtrArray *problems);

/* TRUE when this is one of null, true, false or a number. */
gboolean manifest_json_is_word (const char *text);
