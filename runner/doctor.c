/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * Everything that decides whether apps run here, and how well; each line was tried, not looked up.
 */
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "base/error.h"
#include "base/file.h"
#include "base/spawn.h"
#include "base/terminal.h"
#include "runner/host.h"
#include "runner/jsontext.h"
#include "runner/verbs.h"
#include "sandbox/probe.h"
#include "store/root.h"

#define PROBES_MAX 64

typedef struct
{
  ProbeResult results[PROBES_MAX];
  gsize n;
} Report;

static const char *const verdict_names[] = { [PROBE_OK] = "ok", [PROBE_FALLBACK] = "fallback", [PROBE_MISSING] = "missing" };

static void report_add (Report *report, const char *name, ProbeVerdict verdict, const char *advice, const char *format, ...)
  G_GNUC_PRINTF (5, 6);

static void
report_add (Report *report, const char *name, ProbeVerdict verdict, const char *advice, const char *format, ...)
{
  if (report->n >= PROBES_MAX)
    return;
  ProbeResult *result = &report->results[report->n++];
  va_list args;

  result->name = name;
  result->verdict = verdict;
  va_start (args, format);
  (void) vsnprintf (result->detail, sizeof result->detail, format, args); /* a cut line is still useful */
  va_end (args);
  g_strlcpy (result->advice, verdict == PROBE_OK ? "" : advice, sizeof result->advice);
}

static void
check_runtime_dir (Report *report, const Host *host)
{
  static const char advice[] = "each launch serves its own images; log in through a session manager, or set XDG_RUNTIME_DIR "
                               "to a private folder";
  struct stat st;

  if (host->runtime_dir == NULL)
    report_add (report, "XDG_RUNTIME_DIR", PROBE_FALLBACK, advice, "not set");
  else if (stat (host->runtime_dir, &st) < 0)
    report_add (report, "XDG_RUNTIME_DIR", PROBE_FALLBACK, advice, "%s: %s", host->runtime_dir, g_strerror (errno));
  else if (st.st_uid != geteuid () || (st.st_mode & 077) != 0)
    report_add (report, "XDG_RUNTIME_DIR", PROBE_FALLBACK, advice, "%s is not private to this user", host->runtime_dir);
  else
    report_add (report, "XDG_RUNTIME_DIR", PROBE_OK, "", "%s", host->runtime_dir);
}

static void
check_store (Report *report, gboolean system)
{
  g_auto (StoreRoot) root = STORE_ROOT_INIT;
  g_autoptr (GError) error = NULL;
  const char *name = system ? "system store" : "user store";

  if (!store_root_open (system, &root, &error))
    report_add (report, name, PROBE_MISSING, "correct its owner and mode; apps of an untrusted store do not run", "%s",
                error->message);
  else
    report_add (report, name, PROBE_OK, "", "%s", root.fd >= 0 ? root.path : "nothing is installed yet");
}

static void
check_helpers (Report *report)
{
  static const char *const helpers[] = { "nacelle-store", "image-server", "image-unpack", NULL };
  static const char *const advice[] = { "verbs such as \"install\" do not work; install Nacelle completely",
                                        "images are unpacked instead of served; install Nacelle completely",
                                        "images cannot be unpacked where they cannot be served; install Nacelle completely" };

  for (guint i = 0; helpers[i] != NULL; i++)
    {
      g_autofree char *path = spawn_helper_path (helpers[i]);
      report_add (report, helpers[i], access (path, X_OK) == 0 ? PROBE_OK : PROBE_FALLBACK, advice[i], "%s%s", path,
                  access (path, X_OK) == 0 ? "" : " is missing");
    }
}

/* Menus read the folders in XDG_DATA_DIRS; the session sets it, so what is seen here may be a shell's own value. */
static void
check_desktop (Report *report, gboolean system)
{
  const char *name = system ? "menus, system store" : "menus, user store";
  g_autofree char *root = store_root_path (system, NULL);
  g_autofree char *share = root == NULL ? NULL : g_build_filename (root, "exports/share", NULL);
  g_auto (GStrv) dirs = g_strsplit (g_getenv ("XDG_DATA_DIRS") != NULL ? g_getenv ("XDG_DATA_DIRS") : "", ":", -1);
  gboolean found = FALSE;

  if (share == NULL || access (share, F_OK) < 0)
    return; /* no app that is installed there has anything for a menu */
  for (guint i = 0; dirs[i] != NULL; i++)
    {
      g_autofree char *dir = g_canonicalize_filename (dirs[i], "/");
      found = found || strcmp (dir, share) == 0;
    }
  report_add (report, name, found ? PROBE_OK : PROBE_FALLBACK,
              "apps run, but menus do not show them; put that folder into XDG_DATA_DIRS for your session (apprun(1) "
              "says how), then log in again", found ? "%s" : "%s is not in XDG_DATA_DIRS", share);
}

static gboolean
report_good (const Report *report)
{
  for (gsize i = 0; i < report->n; i++)
    if (report->results[i].verdict == PROBE_MISSING)
      return FALSE;
  return TRUE;
}

static void
print_table (const Report *report)
{
  static const char *const header[] = { "", "STATE", "SEEN", NULL };
  g_autoptr (GPtrArray) rows = g_ptr_array_new ();
  const char *cells[PROBES_MAX][4];

  for (gsize i = 0; i < report->n; i++)
    {
      cells[i][0] = report->results[i].name;
      cells[i][1] = verdict_names[report->results[i].verdict];
      cells[i][2] = report->results[i].detail;
      cells[i][3] = NULL;
      g_ptr_array_add (rows, cells[i]);
    }
  terminal_table (header, rows);
  for (gsize i = 0; i < report->n; i++)
    if (report->results[i].advice[0] != '\0')
      {
        g_autofree char *advice = terminal_escape (report->results[i].advice, FALSE);
        printf ("\n%s: %s\n", report->results[i].name, advice);
      }
  printf ("\n%s\n", report_good (report) ? "Apps can run here." : "Apps cannot run here.");
}

static void
print_json (const Report *report)
{
  printf ("{\"good\": %s, \"checks\": [", report_good (report) ? "true" : "false");
  for (gsize i = 0; i < report->n; i++)
    {
      const ProbeResult *result = &report->results[i];
      printf ("%s\n  {\"name\": ", i > 0 ? "," : "");
      json_text_print (result->name);
      printf (", \"state\": \"%s\", \"seen\": ", verdict_names[result->verdict]);
      json_text_print (result->detail);
      printf (", \"advice\": ");
      json_text_print (result->advice);
      putchar ('}');
    }
  printf ("\n]}\n");
}

int
verb_doctor (int argc, char **argv, GError **error)
{
  gboolean json = FALSE, done = FALSE;
  const GOptionEntry entries[] = {
    { "json", 0, 0, G_OPTION_ARG_NONE, &json, "Print the result for programs", NULL },
    { NULL },
  };
  g_autofree Report *report = g_new0 (Report, 1);
  g_autoptr (GError) home_error = NULL;

  if (!verb_parse_options (apprun_verb ("doctor"), NULL, entries, FALSE, &argc, &argv, &done, error))
    return -1;
  if (done)
    return 0;
  if (argc > 1)
    return error_throw_code (error, ERROR_USAGE, "doctor takes no arguments, but was given \"%s\"", argv[1]), -1;

  report->n = sandbox_probe (report->results, PROBES_MAX);
  g_autoptr (Host) host = host_read (&home_error);
  if (host != NULL)
    {
      report_add (report, "home folder", PROBE_OK, "", "%s", host->home);
      check_runtime_dir (report, host);
    }
  else
    report_add (report, "home folder", PROBE_MISSING, "set HOME", "%s", home_error->message);
  check_store (report, FALSE);
  check_store (report, TRUE);
  check_desktop (report, FALSE);
  check_desktop (report, TRUE);
  check_helpers (report);

  if (json)
    print_json (report);
  else
    print_table (report);
  return report_good (report) ? 0 : 1;
}
