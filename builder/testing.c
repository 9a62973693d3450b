/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "builder/testing.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "base/error.h"
#include "base/file.h"
#include "base/spawn.h"
#include "base/verb.h"
#include "builder/manifest/fields.h"
#include "bundle/metadata.h"
#include "image/image.h"
#include "store/deployment.h"
#include "store/root.h"

#define TIME_LIMIT 60
#define OUTPUT_LINES 20
#define METADATA_MAX (1u << 20)
#define STANDARD_INPUT "/proc/self/fd/0"

typedef struct
{
  const TestingRequest *request;
  char *apprun;
  int probe_fd;
  char **env;
  GString *failures;
  guint n, n_failed;
} Testing;

/* How one launch ended. */
typedef struct
{
  int status;
  char *output;      /* of both kinds */
} Outcome;

static void
testing_clear (Testing *testing)
{
  g_free (testing->apprun);
  file_close_fd (&testing->probe_fd);
  g_strfreev (testing->env);
  g_string_free (testing->failures, TRUE);
}

G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC (Testing, testing_clear)

static void
outcome_clear (Outcome *outcome)
{
  g_free (outcome->output);
}

G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC (Outcome, outcome_clear)

/* Whether the runtime is one of the system's store; TRUE also when there is none, which apprun then says better. */
static gboolean
runtime_is_system (const char *image, gboolean *ret_system, GError **error)
{
  gsize length = 0;
  autofd fd = file_open (AT_FDCWD, image, O_RDONLY, 0, error);
  g_autofree char *text = fd >= 0 ? image_read_file (fd, image, "metadata", METADATA_MAX, &length, error) : NULL;
  g_autoptr (Metadata) metadata = text != NULL ? metadata_parse (text, length, image, error) : NULL;
  g_autoptr (Ref) ref = NULL;
  g_autoptr (Deployment) deployment = NULL;

  if (metadata == NULL)
    return FALSE;
  if (metadata->runtime != NULL)
    ref = ref_parse_partial (REF_RUNTIME, metadata->runtime, NULL, NULL, NULL);
  if (ref != NULL)
    deployment = deployment_open (ref, NULL);
  *ret_system = deployment == NULL || deployment->system;
  return TRUE;
}

/* What Nacelle's own programs need of the caller's environment. */
static gboolean
is_handed_on (const char *name)
{
  return strcmp (name, "PATH") == 0 || strcmp (name, "LD_LIBRARY_PATH") == 0 || g_str_has_prefix (name, "NACELLE_")
         || g_str_has_suffix (name, "SAN_OPTIONS");
}

/* The store that has the runtime becomes the system's, whose overrides are not for image files; the user's is empty. */
static gboolean
make_environment (Testing *testing, GError **error)
{
  const TestingRequest *request = testing->request;
  g_autofree char *home = g_build_filename (request->place, "home", NULL);
  g_autofree char *run = g_build_filename (request->place, "run", NULL);
  g_autofree char *none = g_build_filename (request->place, "store", NULL);
  gboolean system = FALSE;

  if (!runtime_is_system (request->image, &system, error))
    return FALSE;
  g_autofree char *store = store_root_path (system, error);
  if (store == NULL)
    return FALSE;
  g_auto (GStrv) names = g_listenv ();
  for (char **name = names; *name != NULL; name++)
    if (is_handed_on (*name))
      testing->env = g_environ_setenv (testing->env, *name, g_getenv (*name), TRUE);
  const char *const own[][2] = {
    { "HOME", home }, { "XDG_RUNTIME_DIR", run }, { "LANG", "C.UTF-8" }, { "NACELLE_STORE", none }, { "NACELLE_SYSTEM_STORE", store },
  };
  for (gsize i = 0; i < G_N_ELEMENTS (own); i++)
    testing->env = g_environ_setenv (testing->env, own[i][0], own[i][1], TRUE);
  return TRUE;
}

/* The folders of a new user.  Where limits are had from the user's systemd, that stays within reach of apprun. */
static gboolean
make_home (const TestingRequest *request, GError **error)
{
  static const char *const folders[] = { "Desktop", "Documents", "Downloads", "Music", "Pictures", "Public", "Templates", "Videos" };
  const char *runtime = g_getenv ("XDG_RUNTIME_DIR");
  autofd run = file_mkdir_p (request->place_fd, "run", 0700, error);

  for (gsize i = 0; i < G_N_ELEMENTS (folders); i++)
    {
      g_autofree char *path = g_build_filename ("home", folders[i], NULL);
      autofd folder = file_mkdir_p (request->place_fd, path, 0755, error);

      if (folder < 0)
        return FALSE;
    }
  g_autofree char *systemd = runtime != NULL ? g_build_filename (runtime, "systemd", NULL) : NULL;
  if (run >= 0 && systemd != NULL && symlinkat (systemd, run, "systemd") < 0 && errno != EEXIST)
    return error_throw_errno (error, errno, "cannot make a link in '%s/run'", request->place);
  return run >= 0;
}

static gboolean
prepare (Testing *testing, GError **error)
{
  g_autofree char *probe = spawn_helper_path ("nacelle-probe");

  testing->apprun = spawn_program_path ("apprun");
  testing->probe_fd = file_open (AT_FDCWD, probe, O_RDONLY, 0, error);
  if (testing->probe_fd < 0)
    return error_prefix (error, "cannot run tests (is the installation complete?)");
  return make_home (testing->request, error) && make_environment (testing, error);
}

static gboolean
launch (const Testing *testing, int stdin_fd, char *const *words, Outcome *outcome, GError **error)
{
  g_autofree char *command = g_strconcat ("--command=", words[0], NULL);
  g_autofree char *output = NULL, *errors = NULL;
  g_autoptr (GPtrArray) argv = g_ptr_array_new ();
  SpawnRequest spawn = SPAWN_REQUEST_INIT;

  g_ptr_array_add (argv, testing->apprun);
  g_ptr_array_add (argv, (gpointer) "run");
  g_ptr_array_add (argv, command);
  g_ptr_array_add (argv, (gpointer) testing->request->image);
  for (char *const *word = words + 1; *word != NULL; word++)
    g_ptr_array_add (argv, *word);
  g_ptr_array_add (argv, NULL);
  spawn.argv = (const char *const *) argv->pdata;
  spawn.env = (const char *const *) testing->env;
  spawn.cwd_fd = testing->request->place_fd;
  spawn.stdin_fd = stdin_fd;
  spawn.time_limit = TIME_LIMIT;
  if (!spawn_run (&spawn, &outcome->status, &output, &errors, error))
    return FALSE;
  outcome->output = g_strconcat (output, errors, NULL);
  return TRUE;
}

/* The last lines of an output, indented. */
static char *
last_lines (const char *output)
{
  g_autofree char *valid = g_utf8_make_valid (output, -1);
  g_auto (GStrv) lines = g_strsplit (g_strchomp (valid), "\n", -1);
  guint n = g_strv_length (lines), first = n > OUTPUT_LINES ? n - OUTPUT_LINES : 0;
  GString *text = g_string_new (NULL);

  for (guint i = first; i < n; i++)
    g_string_append_printf (text, "\n    %s", lines[i]);
  return g_string_free (text, FALSE);
}

void
testing_failure_free (gpointer data)
{
  TestingFailure *failure = data;

  g_free (failure->test);
  g_free (failure->text);
  g_free (failure->message);
  g_free (failure);
}

static void
fail (Testing *testing, const ManifestTest *test, const char *key, const ManifestText *text, const char *what, const char *output)
{
  g_autofree char *lines = output != NULL ? last_lines (output) : g_strdup ("");

  testing->n_failed++;
  g_autofree char *why = test->why != NULL ? g_strdup_printf (" (%s)", test->why) : g_strdup ("");
  g_string_append_printf (testing->failures, "\n%s:%u:%u: %s: %s%s: %s%s", text->place.file, text->place.line, text->place.column, key,
                          text->text, why, what, lines);
  if (testing->request->failures == NULL)
    return;
  TestingFailure *failure = g_new (TestingFailure, 1);
  *failure = (TestingFailure){ text->place, g_strdup (key), g_strdup (text->text), g_strconcat (what, lines, NULL) };
  g_ptr_array_add (testing->request->failures, failure);
}

static gboolean
is_wanted_to_fail (const char *key)
{
  return g_str_has_prefix (key, "cannot-");
}

/* can-read and the like: the probe's status says what is, the key what has to be. */
static gboolean
try_place (Testing *testing, const ManifestTest *test, const char *key, const ManifestText *text, GError **error)
{
  g_auto (Outcome) outcome = { 0 };
  char *words[] = { (char *) STANDARD_INPUT, strrchr (key, '-') + 1, text->text, NULL };
  gboolean negative = is_wanted_to_fail (key);

  if (!launch (testing, testing->probe_fd, words, &outcome, error))
    return FALSE;
  if (outcome.status != 0 && outcome.status != 1)
    {
      g_autofree char *lines = last_lines (outcome.output);

      return error_throw (error, "the app's sandbox cannot be had (status %d):%s", outcome.status, lines);
    }
  if (outcome.status == 0 && negative)
    fail (testing, test, key, text, "expected that it cannot be done, and it can", NULL);
  else if (outcome.status == 1 && !negative)
    {
      g_autofree char *what = g_strdup_printf ("expected that it can be done, and it cannot: %s", g_strchomp (outcome.output));

      fail (testing, test, key, text, what, NULL);
    }
  return TRUE;
}

static char *
describe_status (const Outcome *outcome)
{
  if (outcome->status > 128)
    return g_strdup_printf ("it was ended by signal %d (%s)", outcome->status - 128, strsignal (outcome->status - 128));
  return g_strdup_printf ("its exit status is %d%s", outcome->status, *outcome->output == '\0' ? ", with no output" : "");
}

static void
check_output (Testing *testing, const ManifestTest *test, const ManifestText *command, const Outcome *outcome)
{
  for (guint i = 0; test->output_contains != NULL && i < test->output_contains->len; i++)
    {
      const ManifestText *text = test->output_contains->pdata[i];
      g_autofree char *what = g_strdup_printf ("expected in the output of '%s', which is:", command->text);

      if (strstr (outcome->output, text->text) == NULL)
        fail (testing, test, "output-contains", text, what, outcome->output);
    }
  for (guint i = 0; test->output_lacks != NULL && i < test->output_lacks->len; i++)
    {
      const ManifestText *text = test->output_lacks->pdata[i];
      g_autofree char *what = g_strdup_printf ("not expected in the output of '%s', which is:", command->text);

      if (strstr (outcome->output, text->text) != NULL)
        fail (testing, test, "output-lacks", text, what, outcome->output);
    }
}

static gboolean
try_command (Testing *testing, const ManifestTest *test, const char *key, const ManifestText *text, GError **error)
{
  g_auto (Outcome) outcome = { 0 };
  g_auto (GStrv) words = NULL;
  gboolean negative = is_wanted_to_fail (key);

  if (!g_shell_parse_argv (text->text, NULL, &words, error) || !launch (testing, -1, words, &outcome, error))
    return FALSE;
  /* Its own status may be any, so only a look at the probe tells the app's failure from apprun's. */
  if (outcome.status == EXIT_OURS)
    {
      const ManifestText root = { text->place, (char *) "/" };
      ManifestTest nothing = { .why = NULL };

      if (!try_place (testing, &nothing, "can-read", &root, error))
        return FALSE;
    }
  g_autofree char *status = describe_status (&outcome);
  if (negative && outcome.status == 0)
    fail (testing, test, key, text, "expected that it is not there or fails, and it ran; its output:", outcome.output);
  else if (!negative && outcome.status != test->status)
    {
      g_autofree char *what = g_strdup_printf ("expected exit status %d, and %s%s", test->status, status,
                                               *outcome.output == '\0' ? "" : "; the end of its output:");

      fail (testing, test, key, text, what, outcome.output);
    }
  else if (!negative)
    check_output (testing, test, text, &outcome);
  return TRUE;
}

static gboolean
try_text (Testing *testing, const ManifestTest *test, const char *key, const ManifestText *text, GError **error)
{
  g_autoptr (GError) late = NULL;
  gboolean command = g_str_has_suffix (key, "-run");

  testing->n++;
  if (testing->request->echo_fd >= 0)
    {
      g_autofree char *line = g_strdup_printf ("== test: %s: %s\n", key, text->text);
      (void) file_write_all (testing->request->echo_fd, "output", line, strlen (line), NULL); /* it goes on without a reader */
    }
  if (command ? try_command (testing, test, key, text, &late) : try_place (testing, test, key, text, &late))
    return TRUE;
  g_propagate_prefixed_error (error, g_steal_pointer (&late), "%s:%u:%u: %s: %s: ", text->place.file, text->place.line, text->place.column,
                              key, text->text);
  return FALSE;
}

static gboolean
try_test (Testing *testing, const ManifestTest *test, GError **error)
{
  for (const Field *field = test_fields.fields; field->key != NULL; field++)
    {
      const GPtrArray *texts = field->type == FIELD_PLACED && g_str_has_prefix (field->key, "can")
                                 ? G_STRUCT_MEMBER (GPtrArray *, test, field->offset) : NULL;

      for (guint i = 0; texts != NULL && i < texts->len; i++)
        if (!try_text (testing, test, field->key, texts->pdata[i], error))
          return FALSE;
    }
  return TRUE;
}

gboolean
testing_run (const TestingRequest *request, guint *ret_n, GError **error)
{
  g_auto (Testing) testing = { .request = request, .probe_fd = -1, .failures = g_string_new (NULL) };

  if (!prepare (&testing, error))
    return FALSE;
  for (guint i = 0; i < request->tests->len; i++)
    if (!try_test (&testing, request->tests->pdata[i], error))
      return FALSE;
  *ret_n = testing.n;
  if (testing.n_failed == 0)
    return TRUE;
  return error_throw (error, "of the app's tests %u failed:%s", testing.n_failed, testing.failures->str);
}
