/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * Command lines.  A program is a table of verbs; a verb is a file with one function.  Options are
 * GOptionEntry tables whose targets are fields of a struct on the verb's stack.
 */
#pragma once

#include <glib.h>

/* Exit codes shared by all programs of Nacelle; the app's own status passes through `apprun`. */
enum
{
  EXIT_OURS = 125,        /* Nacelle itself failed; the reason is on stderr */
  EXIT_CANNOT_EXEC = 126, /* the command was found and could not be executed */
  EXIT_NOT_FOUND = 127,   /* the command does not exist in the sandbox */
};

typedef struct
{
  const char *name;
  const char *usage;        /* what follows the verb: "MANIFEST [OPTION...]" */
  const char *summary;      /* one line for the program's --help */
  int (*run) (int argc, char **argv, GError **error); /* argv[0] is the verb; returns an exit status, or -1 with *error */
} Verb;

/* What other programs call a verb.  It is suggested, not taken: it could be somebody's file or app. */
typedef struct
{
  const char *word, *verb;
} VerbSynonym;

typedef struct
{
  const char *program;
  const char *default_verb; /* taken when argv[1] names no verb; NULL: an unknown verb is an error */
  gboolean takes_files;     /* the default verb's first word is a file: one that isn't there and looks like a verb was meant to be that */
  int (*signalled) (void);  /* the signal that ERROR_CANCELLED comes from, by which the program then ends, or 0.  May be NULL */
  const char *intro;        /* --help, before the verbs */
  const char *examples;     /* --help, after the verbs */
  const Verb *verbs;        /* ended by a row with name NULL */
  const VerbSynonym *synonyms; /* ended by a row with word NULL; may be NULL */
} VerbProgram;

/* Run argv against the table: handles --help, help [VERB], --version, unknown verbs (with a suggestion), prints
 * the error of a failed verb to stderr as "program: sentence", control characters escaped, and
 * returns the exit status (EXIT_OURS on error). */
int verb_main (const VerbProgram *program, int argc, char **argv);

/* Says so, and is TRUE, when the program has the privileges of somebody else, for it is setuid, setgid or has capabilities.  Everything
 * of ours trusts its environment and its command line, because they are the user's.  verb_main() asks by itself. */
gboolean verb_refuses_privileges (const char *program);

/* Parse the options of a verb.  Stops at the first argument that is not an option when
 * `strict_posix` (for verbs whose remaining arguments belong to an app).  "--" is removed.
 * --help prints `description` with the options and ends with *ret_done TRUE.
 * On return argv holds what is left, argv[0] kept. */
gboolean verb_parse_options (const Verb *verb, const char *description, const GOptionEntry *entries,
                             gboolean strict_posix, int *argc, char ***argv, gboolean *ret_done, GError **error);

/* The verb that `name` may have been meant to be: a synonym, or one that is spelled nearly so.  NULL: none. */
const char *verb_nearest (const VerbProgram *program, const char *name);

/* The closest of `candidates` (NULL-ended) to `word` by edit distance, NULL when none is near. */
const char *verb_suggest (const char *word, const char *const *candidates);
