/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * The closed lists of words: what may stand in shared=, sockets=, devices= and features=.  Used by both ways
 * in which a layer is read (arguments.c, keyfile.c).
 */
#pragma once

#include "bundle/permissions.h"

typedef struct
{
  const char *key;            /* in [Context] */
  gsize offset;               /* of the array in Permissions */
  const char *const *words;   /* ended by NULL */
} WordList;

extern const WordList word_lists[]; /* ended by a row with key NULL */

const WordList *word_list_find (const char *key);
GPtrArray *word_list_entries (const WordList *list, const Permissions *permissions);

/* Accepts a word of the list and "if:WORD:CONDITION"; ERROR_USAGE with a suggestion otherwise. */
gboolean word_list_check (const WordList *list, const char *word, GError **error);

/* Well-known bus names, also "PREFIX.*".  ERROR_USAGE otherwise. */
gboolean bus_name_check (const char *name, GError **error);
/* A variable's name that a shell could set.  ERROR_USAGE otherwise. */
gboolean variable_name_check (const char *name, GError **error);
/* "vnd:1234+dev:5678", "cls:03:*", "all".  ERROR_USAGE otherwise. */
gboolean usb_query_check (const char *query, GError **error);
