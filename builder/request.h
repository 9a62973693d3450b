/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * What the verbs share: the manifest that a command line names, loaded and planned.
 */
#pragma once

#include "base/verb.h"
#include "builder/plan/plan.h"
#include "builder/sources/source.h"

/* Targets of the options; zero-initialise, fill with verb_parse_options(). */
typedef struct
{
  char *arch;
  char *mirror;
  gboolean offline;
  gboolean sandbox;            /* the manifest is a stranger's: nothing outside of its folder, no network for commands */
  gboolean unlocked;           /* what the lock file has is not wanted */
  gboolean compat;             /* see manifest_load_full() */
  FetchEventFunc event;        /* for what is fetched, instead of progress; may be NULL */
  gint jobs;
} RequestOptions;

/* A row of each verb that reads a manifest: one that only --compat accepts is for all of them. */
#define REQUEST_COMPAT(options) \
  { "compat", 0, 0, G_OPTION_ARG_NONE, &(options).compat, "Warn where flatpak-builder accepts what is wrong", NULL }

void request_options_clear (RequestOptions *options);
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC (RequestOptions, request_options_clear)

typedef struct
{
  Manifest *manifest;
  BuildPlan *plan;             /* NULL when only the manifest was asked for */
  SourceContext sources;
  char *lock_path;
  Progress *progress;          /* NULL with `event` */
  FetchReport *report;
} Request;

/* Where the manifest's lock file is, as the user would name it.  Caller frees. */
char *request_lock_path (const Manifest *manifest);

/* The one argument that must be left in argv. */
const char *request_manifest_path (int argc, char **argv, GError **error);

/* Load, and plan when `with_plan`.  Warnings and errors of the manifest are printed to stderr; with an error, NULL and
 * *error says how many there were. */
Request *request_load (const char *path, const RequestOptions *options, gboolean with_plan, GError **error);

/* Open the download cache and begin to show progress. */
gboolean request_open_sources (Request *request, const RequestOptions *options, GError **error);
/* FetchEventFuncs of verbs with --json: a line to stdout at once, as a reader wants to know it while it is new; and nothing at all. */
void request_print_event (const char *text);
void request_ignore_event (const char *text);
void request_free (Request *request);
G_DEFINE_AUTOPTR_CLEANUP_FUNC (Request, request_free)
