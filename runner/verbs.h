/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * The verbs of apprun, one file each.
 */
#pragma once

#include "base/verb.h"

extern const Verb apprun_verbs[];

int verb_run (int argc, char **argv, GError **error);      /* run.c */
int verb_explain (int argc, char **argv, GError **error);  /* explain.c */
int verb_doctor (int argc, char **argv, GError **error);   /* doctor.c */
int verb_store (int argc, char **argv, GError **error);    /* store-verbs.c: all verbs about what is installed */

/* The row of the table, for verb_parse_options(). */
const Verb *apprun_verb (const char *name);
