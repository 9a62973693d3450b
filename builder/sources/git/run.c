/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "builder/sources/git/run.h"

#include <errno.h>
#include <string.h>
#include <unistd.h>

#include "base/error.h"
#include "base/file.h"
#include "base/spawn.h"
#include "builder/sources/fetch.h"

#define STATUS_SIGPIPE (128 + 13)

static const char *const settings[] = {
  "core.hooksPath=/dev/null",
  "core.fsmonitor=false",
  "core.attributesFile=/dev/null",
  "core.excludesFile=/dev/null",
  "core.alternateRefsCommand=",
  "core.protectHFS=true",
  "core.protectNTFS=true",
  "core.askPass=",
  "core.sshCommand=false",
  "core.gitProxy=",
  "credential.helper=",
  "fetch.recurseSubmodules=false",
  "submodule.recurse=false",
  "gc.auto=0",
  "maintenance.auto=false",
  "transfer.bundleURI=false",
  "transfer.credentialsInUrl=die",
  "tar.umask=0022",
  "http.lowSpeedLimit=1",         /* no byte for http.lowSpeedTime is a failure, as with files */
  "protocol.version=2",
};

/* What git needs to find its way to a server; nothing that changes what it does. */
static const char *const passed_on[] = {
  "PATH", "TMPDIR", "http_proxy", "https_proxy", "HTTPS_PROXY", "all_proxy", "ALL_PROXY", "no_proxy", "NO_PROXY",
  "SSL_CERT_FILE", "SSL_CERT_DIR", "GIT_SSL_CAINFO",
};

static char **
git_environment (const GitPlace *place)
{
  static const char *const protocols[] = {
    [GIT_NO_TRANSPORT] = "GIT_ALLOW_PROTOCOL=none",
    [GIT_HTTP] = "GIT_ALLOW_PROTOCOL=http:https",
    [GIT_LOCAL] = "GIT_ALLOW_PROTOCOL=file",
  };
  static const char *const fixed[] = {
    "LC_ALL=C", "HOME=/nonexistent", "XDG_CONFIG_HOME=/nonexistent", "GIT_CONFIG_NOSYSTEM=1", "GIT_CONFIG_GLOBAL=/dev/null",
    "GIT_ATTR_NOSYSTEM=1", "GIT_TERMINAL_PROMPT=0", "GIT_ASKPASS=false", "SSH_ASKPASS=false", "GIT_PAGER=cat",
    "GIT_EDITOR=false", "GIT_NO_LAZY_FETCH=1", "GIT_NO_REPLACE_OBJECTS=1",
  };
  g_autoptr (GPtrArray) env = g_ptr_array_new ();

  for (gsize i = 0; i < G_N_ELEMENTS (passed_on); i++)
    if (g_getenv (passed_on[i]) != NULL)
      g_ptr_array_add (env, g_strconcat (passed_on[i], "=", g_getenv (passed_on[i]), NULL));
  if (g_getenv ("GIT_SSL_CAINFO") == NULL && g_getenv ("SSL_CERT_FILE") != NULL)
    g_ptr_array_add (env, g_strconcat ("GIT_SSL_CAINFO=", g_getenv ("SSL_CERT_FILE"), NULL)); /* not every git knows the other */
  for (gsize i = 0; i < G_N_ELEMENTS (fixed); i++)
    g_ptr_array_add (env, g_strdup (fixed[i]));
  g_ptr_array_add (env, g_strdup (protocols[place->transport]));
  g_ptr_array_add (env, g_strconcat ("GIT_DIR=", place->git_dir, NULL));
  g_ptr_array_add (env, NULL);
  return (char **) g_ptr_array_free (g_steal_pointer (&env), FALSE);
}

static GPtrArray *
git_arguments (const GitPlace *place, const char *const *args, char *stall)
{
  GPtrArray *argv = g_ptr_array_new ();

  g_ptr_array_add (argv, (char *) "git");
  g_ptr_array_add (argv, (char *) "--no-pager");
  g_ptr_array_add (argv, (char *) "--literal-pathspecs");
  for (gsize i = 0; i < G_N_ELEMENTS (settings); i++)
    {
      g_ptr_array_add (argv, (char *) "-c");
      g_ptr_array_add (argv, (char *) settings[i]);
    }
  g_ptr_array_add (argv, (char *) "-c");
  g_ptr_array_add (argv, stall);
  for (gsize i = 0; place->config != NULL && place->config[i] != NULL; i++)
    {
      g_ptr_array_add (argv, (char *) "-c");
      g_ptr_array_add (argv, (char *) place->config[i]);
    }
  for (gsize i = 0; args[i] != NULL; i++)
    g_ptr_array_add (argv, (char *) args[i]);
  g_ptr_array_add (argv, NULL);
  return argv;
}

static gboolean
git_spawn (const GitPlace *place, const char *const *args, int stdout_fd, int *ret_status, char **ret_output,
           char **ret_errors, GError **error)
{
  g_auto (GStrv) env = git_environment (place);
  FetchOptions options = { 0 };
  g_autofree char *stall = NULL;
  g_autoptr (GPtrArray) argv = NULL;
  SpawnRequest request = SPAWN_REQUEST_INIT;

  if (!fetch_options_fill (&options, error))
    return FALSE;
  stall = g_strdup_printf ("http.lowSpeedTime=%u", (guint) options.stall_seconds + 1);
  argv = git_arguments (place, args, stall);
  request.dies_with_us = TRUE;
  request.argv = (const char *const *) argv->pdata;
  request.env = (const char *const *) env;
  request.cwd_fd = place->cwd_fd;
  request.stdout_fd = stdout_fd;
  return spawn_run (&request, ret_status, ret_output, ret_errors, error)
         || error_prefix (error, "sources of type git need git on this host");
}

gboolean
git_try (const GitPlace *place, const char *const *args, int *ret_status, char **ret_output, char **ret_errors,
         GError **error)
{
  return git_spawn (place, args, -1, ret_status, ret_output, ret_errors, error);
}

static gboolean
git_failed (const char *const *args, int status, const char *errors, GError **error)
{
  const char *last = NULL;
  g_autofree char *text = g_strdup (errors != NULL ? errors : "");

  g_strchomp (text);
  /* The end of what git says is what counts. */
  last = strlen (text) > 600 ? text + strlen (text) - 600 : text;
  return error_throw (error, "git %s failed with status %d: %s", args[0], status, *last != '\0' ? last : "no message");
}

gboolean
git_run (const GitPlace *place, const char *const *args, char **ret_output, GError **error)
{
  g_autofree char *output = NULL;
  g_autofree char *errors = NULL;
  int status = 0;

  if (!git_spawn (place, args, -1, &status, &output, &errors, error))
    return FALSE;
  if (status != 0)
    return git_failed (args, status, errors, error);
  if (ret_output != NULL)
    *ret_output = g_steal_pointer (&output);
  return TRUE;
}

typedef struct
{
  const GitPlace *place;
  const char *const *args;
  int out_fd, status;
  char *errors;
  GError *error;
} GitStream;

/* spawn_run() waits for the end of the program, so it does that beside the reader. */
static gpointer
git_stream_thread (gpointer data)
{
  GitStream *stream = data;

  git_spawn (stream->place, stream->args, stream->out_fd, &stream->status, NULL, &stream->errors, &stream->error);
  file_close_fd (&stream->out_fd);
  return NULL;
}

static void
git_stream_drain (int fd)
{
  char buffer[16384];
  ssize_t n;

  do
    n = read (fd, buffer, sizeof buffer);
  while (n > 0 || (n < 0 && errno == EINTR));
}

gboolean
git_stream (const GitPlace *place, const char *const *args,
            gboolean (*reader) (int fd, gpointer user, GError **error), gpointer user, GError **error)
{
  GitStream stream = { .place = place, .args = args, .out_fd = -1 };
  g_autoptr (GError) local = NULL;
  g_autofree char *errors = NULL;
  autofd in = -1;
  GThread *thread = NULL;
  int pair[2];
  gboolean ok;

  if (pipe2 (pair, O_CLOEXEC) < 0)
    return error_throw_errno (error, errno, "cannot create a pipe");
  in = pair[0];
  stream.out_fd = pair[1];
  thread = g_thread_new ("git", git_stream_thread, &stream);
  ok = reader (in, user, &local);
  if (ok)
    git_stream_drain (in);
  file_close_fd (&in);
  g_thread_join (thread);
  errors = stream.errors;
  if (stream.error != NULL)
    {
      g_propagate_error (error, stream.error);
      return FALSE;
    }
  /* What git says comes first: the reader only sees that something is missing. */
  if (stream.status != 0 && stream.status != STATUS_SIGPIPE)
    return git_failed (args, stream.status, errors, error);
  if (!ok)
    g_propagate_error (error, g_steal_pointer (&local));
  return ok;
}
