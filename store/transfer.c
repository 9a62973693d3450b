/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * nacelle-fetch writes lines: "progress DONE TOTAL" and "result TEXT"; its stderr is the error.  A line is a sign
 * of life of the server.  The summary and a commit are fetched without such signs, so they have more time.
 */
#include "store/transfer.h"

#include <errno.h>
#include <gio/gunixinputstream.h>
#include <poll.h>
#include <signal.h>
#include <string.h>
#include <unistd.h>

#include "base/error.h"
#include "base/file.h"
#include "base/spawn.h"
#include "store/failure.h"

#define SUMMARY_BYTES_MAX (128ULL << 20)
#define UNDECLARED_BYTES_MAX (16ULL << 30)
#define MARGIN_BYTES (64ULL << 20)
#define ERROR_TEXT_MAX 4096
#define LINE_MAX_BYTES 8192

typedef struct
{
  Store *store;
  const char *what;        /* for the progress */
  GPtrArray *results;      /* char * */
  GString *line;           /* of stdout, not complete yet */
  GString *errors;         /* stderr */
} Reader;

static int
silence_limit (int factor)
{
  const char *text = g_getenv ("NACELLE_NETWORK_TIMEOUT");
  guint64 seconds = 60;

  if (text != NULL && !g_ascii_string_to_unsigned (text, 10, 1, 24 * 3600, &seconds, NULL))
    seconds = 60;
  return (int) seconds * 1000 * factor;
}

static void
take_line (Reader *reader, const char *line)
{
  guint64 done = 0, total = 0;
  char *end = NULL;

  if (g_str_has_prefix (line, "result "))
    g_ptr_array_add (reader->results, g_strdup (line + strlen ("result ")));
  else if (g_str_has_prefix (line, "progress "))
    {
      done = g_ascii_strtoull (line + strlen ("progress "), &end, 10);
      total = g_ascii_strtoull (end, NULL, 10);
      if (done > 0)
        store_report (reader->store, reader->what, done, total);
    }
}

static void
take_output (Reader *reader, const char *data, gsize length)
{
  for (gsize i = 0; i < length; i++)
    {
      if (data[i] != '\n' && reader->line->len < LINE_MAX_BYTES)
        g_string_append_c (reader->line, data[i]);
      if (data[i] != '\n')
        continue;
      take_line (reader, reader->line->str);
      g_string_truncate (reader->line, 0);
    }
}

/* Read both pipes to their end.  FALSE without *error when nothing came for `timeout` milliseconds. */
static gboolean
read_pipes (Reader *reader, int out_fd, int err_fd, int timeout, GError **error)
{
  struct pollfd fds[2] = { { .fd = out_fd, .events = POLLIN }, { .fd = err_fd, .events = POLLIN } };
  char data[4096];

  while (fds[0].fd >= 0 || fds[1].fd >= 0)
    {
      int n_ready = poll (fds, 2, timeout);
      if (n_ready == 0)
        return FALSE;
      if (n_ready < 0 && errno != EINTR)
        return error_throw_errno (error, errno, "cannot wait for nacelle-fetch");
      for (int i = 0; n_ready > 0 && i < 2; i++)
        {
          if (fds[i].fd < 0 || fds[i].revents == 0)
            continue;
          ssize_t length = read (fds[i].fd, data, sizeof data);
          if (length < 0 && errno == EINTR)
            continue;
          if (length <= 0)
            fds[i].fd = -1;
          else if (i == 0)
            take_output (reader, data, (gsize) length);
          else if (reader->errors->len < ERROR_TEXT_MAX)
            g_string_append_len (reader->errors, data, length);
        }
    }
  return TRUE;
}

/* libostree's words for a missing signature tell how to switch the check off; ours do not. */
static gboolean
throw_failure (Reader *reader, GError **error)
{
  static const char *const unsigned_words[] = { "gpg-verify-summary", "no signatures found", "no summary signatures" };

  g_strchomp (reader->errors->str);
  for (gsize i = 0; i < G_N_ELEMENTS (unsigned_words); i++)
    if (strstr (reader->errors->str, unsigned_words[i]) != NULL)
      return error_throw_code (error, ERROR_REFUSED,
                               "what it serves has no signature, and this remote was added with the keys that must "
                               "have signed it; if it is published with signatures, is the address right?");
  g_autofree char *explained = failure_explain (reader->errors->str);
  if (explained != NULL)
    return error_throw (error, "%s", explained);
  return error_throw (error, "%s", *reader->errors->str != '\0' ? reader->errors->str : "nacelle-fetch was killed");
}

static GSubprocess *
start (Store *store, const char *const *arguments, int file_fd, guint64 max_bytes, GError **error)
{
  g_autoptr (GSubprocessLauncher) launcher
    = g_subprocess_launcher_new (G_SUBPROCESS_FLAGS_STDOUT_PIPE | G_SUBPROCESS_FLAGS_STDERR_PIPE);
  g_autoptr (GPtrArray) argv = g_ptr_array_new_with_free_func (g_free);
  OstreeRepo *repo = file_fd < 0 ? store_repo (store, error) : NULL;
  int fd = file_fd >= 0 ? fcntl (file_fd, F_DUPFD_CLOEXEC, 3)
                        : repo == NULL ? -1 : file_open (ostree_repo_get_dfd (repo), ".", O_RDONLY | O_DIRECTORY, 0, error);

  if (fd < 0)
    return NULL;
  g_subprocess_launcher_take_fd (launcher, fd, 3);
  g_ptr_array_add (argv, spawn_helper_path ("nacelle-fetch"));
  g_ptr_array_add (argv, g_strdup_printf ("%d", (int) getpid ()));
  g_ptr_array_add (argv, g_strdup_printf ("%" G_GUINT64_FORMAT, max_bytes));
  for (gsize i = 0; arguments[i] != NULL; i++)
    g_ptr_array_add (argv, g_strdup (arguments[i]));
  g_ptr_array_add (argv, NULL);
  return g_subprocess_launcher_spawnv (launcher, (const char *const *) argv->pdata, error);
}

/* It and the programs it has started (gpg), which are in its process group. */
static void
kill_group (GSubprocess *process)
{
  const char *text = g_subprocess_get_identifier (process);
  guint64 pid = 0;

  if (text != NULL && g_ascii_string_to_unsigned (text, 10, 2, G_MAXINT32, &pid, NULL))
    kill (-(pid_t) pid, SIGKILL);
  g_subprocess_force_exit (process);
  g_subprocess_wait (process, NULL, NULL);
}

static gboolean
finish (GSubprocess *process, Reader *reader, int timeout, GError **error)
{
  GInputStream *out = g_subprocess_get_stdout_pipe (process);
  GInputStream *err = g_subprocess_get_stderr_pipe (process);
  g_autoptr (GError) local_error = NULL;

  if (!read_pipes (reader, g_unix_input_stream_get_fd (G_UNIX_INPUT_STREAM (out)),
                   g_unix_input_stream_get_fd (G_UNIX_INPUT_STREAM (err)), timeout, &local_error))
    {
      kill_group (process);
      if (local_error == NULL)
        return error_throw (error, "the server has sent nothing for %d seconds", timeout / 1000);
      g_propagate_error (error, g_steal_pointer (&local_error));
      return FALSE;
    }
  if (!g_subprocess_wait (process, NULL, error))
    return FALSE;
  return g_subprocess_get_successful (process) || throw_failure (reader, error);
}

/* `arguments`: the verb of nacelle-fetch and what follows; `file_fd`: where it writes, -1: to the repository.  The result lines, NULL on
 * error. */
static GPtrArray *
run (Store *store, const char *const *arguments, const char *what, int file_fd, guint64 max_bytes, int timeout, GError **error)
{
  g_autoptr (GPtrArray) results = g_ptr_array_new_with_free_func (g_free);
  g_autoptr (GString) line = g_string_new (NULL);
  g_autoptr (GString) errors = g_string_new (NULL);
  Reader reader = { store, what, results, line, errors };
  g_autoptr (GSubprocess) process = start (store, arguments, file_fd, max_bytes, error);

  if (process == NULL || !finish (process, &reader, timeout, error))
    return NULL;
  return g_steal_pointer (&results);
}

/* libostree verifies what it fetches; a commit that was here before may have come from a remote without keys. */
static gboolean
verify_signature (OstreeRepo *repo, const char *remote, const char *checksum, GError **error)
{
  g_autoptr (OstreeGpgVerifyResult) result = NULL;
  gboolean verify = TRUE;

  if (!ostree_repo_remote_get_gpg_verify (repo, remote, &verify, error))
    return FALSE;
  if (!verify)
    return TRUE;
  result = ostree_repo_verify_commit_for_remote (repo, checksum, remote, NULL, error);
  return result != NULL && ostree_gpg_verify_result_require_valid_signature (result, error);
}

GPtrArray *
transfer_list (Store *store, const char *remote, GError **error)
{
  const char *const arguments[] = { "list", remote, NULL };

  return run (store, arguments, remote, -1, SUMMARY_BYTES_MAX, silence_limit (5), error);
}

char *
transfer_commit_only (Store *store, const char *remote, const char *ref, GError **error)
{
  const char *const arguments[] = { "commit", remote, ref, NULL };
  g_autoptr (GPtrArray) results = run (store, arguments, ref, -1, SUMMARY_BYTES_MAX, silence_limit (5), error);

  if (results == NULL)
    return NULL;
  if (results->len != 1 || !ostree_validate_checksum_string (results->pdata[0], NULL))
    {
      error_throw (error, "nacelle-fetch did not say which commit it has fetched");
      return NULL;
    }
  if (!verify_signature (store_repo (store, NULL), remote, results->pdata[0], error))
    return NULL;
  return g_strdup (results->pdata[0]);
}

gboolean
transfer_content (Store *store, const char *remote, const char *ref, const char *checksum, guint64 size,
                  GError **error)
{
  const char *const arguments[] = { "content", remote, ref, checksum, NULL };
  guint64 max = size > 0 && size < UNDECLARED_BYTES_MAX * 16 ? size + size / 8 + MARGIN_BYTES : UNDECLARED_BYTES_MAX;
  g_autofree char *what = g_strdup_printf ("downloading %s", ref);

  store_report (store, what, 0, 0);
  g_autoptr (GPtrArray) results = run (store, arguments, what, -1, max, silence_limit (1), error);

  return results != NULL && verify_signature (store_repo (store, NULL), remote, checksum, error);
}

gboolean
transfer_file (Store *store, const char *url, const char *name, int fd, guint64 size, GError **error)
{
  const char *const arguments[] = { "file", url, NULL };
  g_autofree char *what = g_strdup_printf ("downloading %s", name);

  store_report (store, what, 0, 0);
  g_autoptr (GPtrArray) results = run (store, arguments, what, fd, size, silence_limit (1), error);
  return results != NULL;
}
