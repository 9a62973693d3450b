/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * Texts of JSON, for the launch path, which does not load a library for it.
 */
#pragma once

#include <glib.h>

/* To stdout, in quotes. */
void json_text_print (const char *text);

/* `"name": [...]`, of char *. */
void json_texts_print (const char *name, char *const *texts, gsize n_texts);
