/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include <stdio.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/error.h"
#include "base/terminal.h"
#include "builder/build.h"
#include "builder/request.h"
#include "builder/state.h"
#include "builder/verbs.h"

#define DESCRIPTION                                                                \
  "Builds the modules that have changed, then runs COMMAND in the build's sandbox\n" \
  "(SDK, no network, nothing of the host), in the folder that they installed to.\n" \
  "What it changes there is not kept.  Exit status: that of COMMAND."

static void
end_progress (void *data)
{
  Request *request = data;

  g_clear_pointer (&request->progress, progress_free);
  request->sources.progress = NULL;
  request->sources.report = NULL;
}

static int
run_in_build (Request *loaded, const char *state_dir, char **command, GError **error)
{
  const BuildPlan *plan = loaded->plan;
  g_autofree char *state_path = state_dir != NULL ? g_strdup (state_dir)
                                                  : build_state_default_path (plan->manifest->id, plan->manifest->path, plan->arch);
  BuildResult result = { 0 };
  const BuildRequest request = {
    .plan = plan,
    .sources = &loaded->sources,
    .state_path = state_path,
    .echo_fd = -1,
    .run_argv = (const char *const *) command,
    .begin_session = end_progress,
    .begin_session_data = loaded,
  };

  /* Lines about the build would be taken for output of the command. */
  if (!terminal_is_interactive ())
    end_progress (loaded);
  if (!build_run (&request, &result, error))
    return -1;
  int status = result.status;
  build_result_clear (&result);
  return status;
}

static int
run (int argc, char **argv, GError **error)
{
  g_auto (RequestOptions) options = { 0 };
  g_autoptr (Request) request = NULL;
  g_autofree char *state_dir = NULL;
  gboolean done = FALSE;
  const GOptionEntry entries[] = {
    { "state-dir", 0, 0, G_OPTION_ARG_FILENAME, &state_dir, "Keep cache and logs in DIR", "DIR" },
    { "jobs", 'j', 0, G_OPTION_ARG_INT, &options.jobs, "Commands at a time (default: processors)", "N" },
    { "offline", 0, 0, G_OPTION_ARG_NONE, &options.offline, "Download nothing", NULL },
    { "mirror", 0, 0, G_OPTION_ARG_STRING, &options.mirror, "Package mirror", "URL" },
    { "arch", 0, 0, G_OPTION_ARG_STRING, &options.arch, "Architecture of the result", "ARCH" },
    REQUEST_COMPAT (options),
    { NULL },
  };

  umask (022);
  if (!verb_parse_options (&verb_run, DESCRIPTION, entries, TRUE, &argc, &argv, &done, error))
    return -1;
  if (done)
    return 0;
  if (argc < 2)
    {
      error_throw_code (error, ERROR_USAGE, "no manifest was given");
      return -1;
    }
  char **command = argv + 2;
  if (*command != NULL && g_str_equal (*command, "--"))
    command++;
  if (*command == NULL)
    {
      error_throw_code (error, ERROR_USAGE, "no command was given; for a shell: appbuild run %s sh", argv[1]);
      return -1;
    }
  request = request_load (argv[1], &options, TRUE, error);
  if (request == NULL || !request_open_sources (request, &options, error))
    return -1;
  return run_in_build (request, state_dir, command, error);
}

const Verb verb_run = { "run", "MANIFEST COMMAND...", "Run a command in the sandbox of the build", run };
