/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * The program nacelle-store: the verbs of `apprun` that change or show the store.  A program of its own, so
 * that starting an app loads neither libostree nor what comes with it.  To the user it is `apprun`.
 */
#pragma once

#include "base/verb.h"
#include "store/store.h"

extern const Verb install_verb;
extern const Verb uninstall_verb;
extern const Verb update_verb;
extern const Verb remote_verb;
extern const Verb list_verb;
extern const Verb info_verb;

/* As verb_parse_options(), and the number of arguments after the verb must be within the bounds. */
gboolean manage_parse (const Verb *verb, const char *description, const GOptionEntry *entries, int min_args,
                       int max_args, int *argc, char ***argv, gboolean *ret_done, GError **error);

/* Open the store for writing; says so when it has to wait for another process.  Progress goes to `progress`,
 * which may be NULL and must live as long. */
typedef struct Progress Progress;
Store *manage_open_store (Progress *progress, GError **error);
void manage_set_progress (Store *store, Progress *progress);

/* Say what the store noted; afterwards, when no line of progress is left. */
void manage_print_notes (const Store *store);

/* Whether a word that may be an id names an image file: a path that begins like one, or a name that ends like one. */
gboolean manage_is_file (const char *word);

/* What the user calls `text`: an app, else a runtime. */
Ref *manage_find_installed (const char *text, GError **error);
/* Same, among what a remote has; without a branch "stable", "master" or the only one. */
Ref *manage_find_remote (Store *store, const char *remote, const char *text, GError **error);

/* Same, on the only remote that has it; *ret_remote is its name, caller frees.  One that cannot be asked is an error: it may have it,
 * too, and another must not take its place for that. */
Ref *manage_find_anywhere (Store *store, const char *text, char **ret_remote, GError **error);

/* Tell what is missing for `ref` to run, and how to get it. */
void manage_note_runtime (const Ref *ref);

/* Local date and time; caller frees. */
char *manage_format_time (gint64 time);
