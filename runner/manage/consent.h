/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * Asking a person whether a new version may do more than the installed one.
 */
#pragma once

#include <json-glib/json-glib.h>

#include "base/terminal.h"
#include "store/store.h"

typedef struct
{
  gboolean accept;          /* --accept-permissions */
  gboolean never_ask;       /* the output is for a program */
  Store *store;
  Progress **progress;      /* its line is taken away for the question; may be NULL */
  GPtrArray *answers;       /* ConsentAnswer */
} Consent;

typedef struct
{
  char *ref;
  char **added;
  gboolean accepted;
} ConsentAnswer;

#define CONSENT_OPTION(consent)                                                                                            \
  { "accept-permissions", 0, 0, G_OPTION_ARG_NONE, &(consent).accept, "Also where a new version wants to do more", NULL }

/* Let `store` ask; all of it must live as long as the store. */
void consent_begin (Consent *consent, Store *store, Progress **progress);
void consent_clear (Consent *consent);
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC (Consent, consent_clear)

/* The member "permissions" of the object that is open: an array of {ref, added, accepted}. */
void consent_add_json (JsonBuilder *builder, const Consent *consent);
