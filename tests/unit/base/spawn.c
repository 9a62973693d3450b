/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "base/spawn.h"

#include <fcntl.h>
#include <string.h>
#include <unistd.h>

#include "base/error.h"
#include "base/file.h"

static void
test_status_and_output (void)
{
  g_autoptr (GError) error = NULL;
  const char *const argv[] = { "sh", "-c", "echo out; echo err >&2; exit 7", NULL };
  SpawnRequest request = SPAWN_REQUEST_INIT;
  g_autofree char *output = NULL;
  g_autofree char *errors = NULL;
  int status = -1;

  request.argv = argv;
  g_assert_true (spawn_run (&request, &status, &output, &errors, &error));
  g_assert_no_error (error);
  g_assert_cmpint (status, ==, 7);
  g_assert_cmpstr (output, ==, "out\n");
  g_assert_cmpstr (errors, ==, "err\n");
  g_assert_false (spawn_check (&request, NULL, &error));
  g_assert_nonnull (strstr (error->message, "status 7: err"));
}

static void
test_missing_program (void)
{
  g_autoptr (GError) error = NULL;
  const char *const argv[] = { "no-such-program-here", NULL };
  SpawnRequest request = SPAWN_REQUEST_INIT;
  int status = -1;

  request.argv = argv;
  g_assert_false (spawn_run (&request, &status, NULL, NULL, &error));
  g_assert_error (error, ERROR_DOMAIN, ERROR_NOT_FOUND);
  g_assert_cmpint (status, ==, -1);
}

static void
test_time_limit (void)
{
  g_autoptr (GError) error = NULL;
  const char *const argv[] = { "sh", "-c", "echo begun; exec sleep 1000", NULL };
  SpawnRequest request = SPAWN_REQUEST_INIT;
  int status = -1;

  request.argv = argv;
  request.time_limit = 1;
  g_assert_false (spawn_run (&request, &status, NULL, NULL, &error));
  g_assert_cmpstr (error->message, ==, "'sh' did not end within 1 seconds");
  g_assert_cmpint (status, ==, -1);
}

static void
test_signal_is_128_plus_n (void)
{
  const char *const argv[] = { "sh", "-c", "kill -TERM $$", NULL };
  SpawnRequest request = SPAWN_REQUEST_INIT;
  int status = -1;

  request.argv = argv;
  g_assert_true (spawn_run (&request, &status, NULL, NULL, NULL));
  g_assert_cmpint (status, ==, 128 + 15);
}

/* Only 0, 1, 2 and what was listed reach the program (CVE-2024-21626 and its kind). */
static void
test_descriptors_are_closed (void)
{
  g_autoptr (GError) error = NULL;
  const char *const argv[] = { "sh", "-c", "for i in 3 4 5 6 7 8 9 30 31; do [ -e /proc/$$/fd/$i ] && echo $i; done; exit 0", NULL };
  SpawnRequest request = SPAWN_REQUEST_INIT;
  g_autofree char *output = NULL;
  int leaked = open ("/", O_RDONLY | O_DIRECTORY); /* no O_CLOEXEC on purpose */
  const int keep[] = { 30 };

  g_assert_cmpint (dup2 (leaked, 30), ==, 30);
  g_assert_cmpint (dup2 (leaked, 31), ==, 31);
  request.argv = argv;
  request.keep_fds = keep;
  request.n_keep_fds = 1;
  g_assert_true (spawn_check (&request, &output, &error));
  g_assert_no_error (error);
  g_assert_cmpstr (output, ==, "30\n");
  (void) close (30);
  (void) close (31);
  file_close_fd (&leaked);
}

/* Words of an argument stay words: nothing is given to a shell. */
static void
test_no_shell (void)
{
  g_autoptr (GError) error = NULL;
  const char *const argv[] = { "printf", "%s", "$(id); `id` ' \" \n", NULL };
  SpawnRequest request = SPAWN_REQUEST_INIT;
  g_autofree char *output = NULL;

  request.argv = argv;
  g_assert_true (spawn_check (&request, &output, &error));
  g_assert_cmpstr (output, ==, "$(id); `id` ' \" \n");
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/base/spawn/status-and-output", test_status_and_output);
  g_test_add_func ("/base/spawn/missing-program", test_missing_program);
  g_test_add_func ("/base/spawn/time-limit", test_time_limit);
  g_test_add_func ("/base/spawn/signal", test_signal_is_128_plus_n);
  g_test_add_func ("/base/spawn/descriptors-are-closed", test_descriptors_are_closed);
  g_test_add_func ("/base/spawn/no-shell", test_no_shell);
  return g_test_run ();
}
