/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * The acting half of appbuild: execute a build plan.
 */
#pragma once

#include "builder/pieces.h"
#include "builder/plan/plan.h"
#include "builder/sources/source.h"

typedef struct
{
  const BuildPlan *plan;
  const SourceContext *sources;    /* its `progress` is used for the whole build */
  const char *state_path;
  int echo_fd;                     /* show commands and their output here; -1: only in the logs */
  gboolean vary;                   /* as on another machine (vary/vary.h) */
  gboolean ccache;                 /* see ccache.h */
  int compression_level;           /* see ImageWriteOptions */
  /* What to do with the result; any of the three. */
  const char *output_path;         /* write the image there; NULL: don't */
  mode_t output_mode;
  gboolean install;                /* into the user's store */
  const char *repo_path;           /* commit to this repository; NULL: don't */
  const char *gpg_key_id;          /* sign that commit */
  const char *gpg_homedir;
  /* Parts of the result that get a commit of their own, and an image beside output_path; see pieces.h. */
  gboolean split_locales;          /* translations: they leave the result */
  gboolean debug;                  /* debug information; a repository gets it in any case */
  gboolean bundle_sources;
  gboolean sbom;                   /* a copy of the SPDX document that the result holds, beside output_path as ID.spdx.json */
  gboolean keep_build_dirs;        /* the folders that modules were built in stay as STATE/build/NAME */
  gboolean no_tests;               /* the manifest's `tests` are not run */
  GPtrArray *test_failures;        /* see TestingRequest; may be NULL */
  gboolean test_only;              /* run them also when they were run before; nothing is done with the result */
  /* Or stop early and make no result; at most one of the three. */
  const char *stop_at;             /* before this module */
  const char *shell_module;        /* there, with a shell in the module's sources */
  const char *const *run_argv;     /* after all modules, with this command */
  void (*begin_session) (void *data);   /* called before shell or command use the terminal; may be NULL */
  void *begin_session_data;
} BuildRequest;

typedef struct
{
  guint n_built, n_reused;         /* modules */
  guint n_tests;                   /* that were run now, all well; after an error: some of them not */
  gboolean image_reused;           /* nothing had to be done at all */
  gboolean output_unchanged;       /* output_path was this image already */
  guint64 image_size;              /* bytes; 0 when only published */
  int status;                      /* exit status of the shell or command, 0 without */
  char *commit;                    /* checksum in the repository, or NULL */
  GPtrArray *more_paths;           /* char *: what was written beside output_path */
  GPtrArray *more_refs;            /* char *: what was installed with the result */
  GPtrArray *notes;                /* char *: sentences for the user */
} BuildResult;

/* On failure the state directory keeps finished modules and logs, and nothing else. */
gboolean build_run (const BuildRequest *request, BuildResult *ret_result, GError **error);
void build_result_clear (BuildResult *result);

/* Fetch the sources of all modules. */
gboolean build_fetch (const BuildPlan *plan, const SourceContext *sources, GError **error);
