/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "base/verb.h"

#include <errno.h>
#include <fcntl.h>
#include <locale.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/auxv.h>
#include <unistd.h>

#include "base/error.h"
#include "base/terminal.h"

/* Descriptors 0, 1 and 2 must be open before anything else is, or the first file that we open becomes
 * somebody's standard output. */
static void
open_standard_streams (void)
{
  for (int fd = 0; fd <= 2; fd++)
    if (fcntl (fd, F_GETFD) < 0)
      {
        /* The lowest free number is `fd`, as all below it are open. */
        int opened = open ("/dev/null", fd == 0 ? O_RDONLY : O_WRONLY);
        if (opened != fd)
          _exit (EXIT_OURS);
      }
}

static void
print_help (const VerbProgram *program)
{
  printf ("%s\n\n", program->intro);
  gsize width = 0;
  for (const Verb *verb = program->verbs; verb->name != NULL; verb++)
    width = MAX (width, strlen (verb->name));
  for (const Verb *verb = program->verbs; verb->name != NULL; verb++)
    printf ("  %-*s  %s\n", (int) width, verb->name, verb->summary);
  if (program->examples != NULL)
    printf ("\nExamples:\n%s", program->examples);
  printf ("\n'%s VERB --help' tells more about a verb.\n", program->program);
}

static const Verb *
find_verb (const VerbProgram *program, const char *name)
{
  for (const Verb *verb = program->verbs; verb->name != NULL; verb++)
    if (strcmp (verb->name, name) == 0)
      return verb;
  return NULL;
}

/* How many letters are missing, too many, other ones, or exchanged with the next. */
static gsize
edit_distance (const char *a, const char *b)
{
  gsize n = strlen (b);
  g_autofree gsize *rows = g_new (gsize, 3 * (n + 1));
  gsize *before = rows, *last = rows + n + 1, *row = rows + 2 * (n + 1);

  for (gsize j = 0; j <= n; j++)
    row[j] = j;
  for (gsize i = 1; a[i - 1] != '\0'; i++)
    {
      gsize *oldest = before;

      before = last;
      last = row;
      row = oldest;
      row[0] = i;
      for (gsize j = 1; j <= n; j++)
        {
          row[j] = MIN (MIN (last[j], row[j - 1]) + 1, last[j - 1] + (a[i - 1] != b[j - 1]));
          if (i > 1 && j > 1 && a[i - 1] == b[j - 2] && a[i - 2] == b[j - 1])
            row[j] = MIN (row[j], before[j - 2] + 1);
        }
    }
  return row[n];
}

const char *
verb_suggest (const char *word, const char *const *candidates)
{
  g_autofree char *lower = g_ascii_strdown (word, -1);
  const char *best = NULL;
  gsize best_distance = MAX (2, strlen (word) / 3) + 1;

  if (strlen (word) > 128) /* no typing slip */
    return NULL;
  for (gsize i = 0; candidates[i] != NULL; i++)
    {
      g_autofree char *candidate = g_ascii_strdown (candidates[i], -1);
      gsize distance = edit_distance (lower, candidate);

      if (distance < best_distance && distance * 2 <= strlen (candidates[i]))
        {
          best = candidates[i];
          best_distance = distance;
        }
    }
  return best;
}

const char *
verb_nearest (const VerbProgram *program, const char *name)
{
  g_autoptr (GPtrArray) names = g_ptr_array_new ();

  for (const VerbSynonym *row = program->synonyms; row != NULL && row->word != NULL; row++)
    if (g_ascii_strcasecmp (row->word, name) == 0)
      return row->verb;

  for (const Verb *verb = program->verbs; verb->name != NULL; verb++)
    g_ptr_array_add (names, (gpointer) verb->name);
  g_ptr_array_add (names, NULL);
  return verb_suggest (name, (const char *const *) names->pdata);
}

/* Of a file that is not there, whose name is nearly a verb. */
static gboolean
is_mistyped (const VerbProgram *program, const char *name)
{
  return program->takes_files && strpbrk (name, "/.") == NULL && name[0] != '-' && access (name, F_OK) < 0
         && verb_nearest (program, name) != NULL;
}

static gboolean
unknown_verb (const VerbProgram *program, const char *name, GError **error)
{
  const char *near = verb_nearest (program, name);

  if (near != NULL)
    return error_throw_code (error, ERROR_USAGE, "there is no verb '%s'; did you mean '%s'?", name, near);
  return error_throw_code (error, ERROR_USAGE, "there is no verb '%s'", name);
}

/* `title` is what --help stands behind: the program, or the program and its verb. */
static int
report (const VerbProgram *program, const char *title, const GError *error)
{
  g_autofree char *safe = terminal_escape (error->message, TRUE);

  fflush (stdout);
  fprintf (stderr, "%s: %s\n", program->program, safe);
  if (g_error_matches (error, ERROR_DOMAIN, ERROR_USAGE))
    fprintf (stderr, "'%s --help' shows how it is used.\n", title);
  return EXIT_OURS;
}

/* Output that could not be written (a full disk) must not look like success. */
static int
flush_output (const VerbProgram *program, int status)
{
  errno = 0;
  if (fflush (stdout) == 0 && !ferror (stdout))
    return status;
  fprintf (stderr, "%s: cannot write the output%s%s\n", program->program, errno != 0 ? ": " : "", errno != 0 ? g_strerror (errno) : "");
  return status == 0 ? EXIT_OURS : status;
}

gboolean
verb_refuses_privileges (const char *program)
{
  /* The kernel says so for setuid, setgid and file capabilities alike. */
  if (getauxval (AT_SECURE) == 0)
    return FALSE;
  (void) fprintf (stderr, "%s: refusing to run with more privileges than its caller (setuid, setgid or file capabilities); "
                          "%s needs none\n", program, program);
  return TRUE;
}

int
verb_main (const VerbProgram *program, int argc, char **argv)
{
  g_autoptr (GError) error = NULL;
  const Verb *verb = NULL;
  int skip = 1;

  open_standard_streams ();
  if (verb_refuses_privileges (program->program))
    return EXIT_OURS;
  setlocale (LC_CTYPE, "");
  /* A closed pipe and a limit of files' sizes are failed writes, reported like any other. */
  signal (SIGPIPE, SIG_IGN);
  signal (SIGXFSZ, SIG_IGN);
  if (argc >= 2 && strcmp (argv[1], "--version") == 0)
    {
      printf ("%s %s\n", program->program, NACELLE_VERSION);
      return flush_output (program, 0);
    }
  /* "help VERB" is "VERB --help". */
  char *verb_help[] = { argv[0], argc == 3 ? argv[2] : NULL, (char *) "--help", NULL };
  if (argc == 3 && strcmp (argv[1], "help") == 0 && find_verb (program, argv[2]) != NULL)
    argv = verb_help;
  if (argc >= 2 && (strcmp (argv[1], "--help") == 0 || strcmp (argv[1], "-h") == 0 || strcmp (argv[1], "help") == 0))
    {
      print_help (program);
      return flush_output (program, 0);
    }
  if (argc < 2)
    {
      error_throw_code (&error, ERROR_USAGE, "nothing to do: no arguments were given");
      return report (program, program->program, error);
    }
  verb = find_verb (program, argv[1]);
  if (verb == NULL && program->default_verb != NULL && !is_mistyped (program, argv[1]))
    {
      verb = find_verb (program, program->default_verb);
      skip = 0;
    }
  if (verb == NULL)
    {
      unknown_verb (program, argv[1], &error);
      return report (program, program->program, error);
    }
  g_autofree char *title = g_strdup_printf ("%s %s", program->program, verb->name);
  g_set_prgname (title); /* how GLib's help begins its usage line */
  int status = verb->run (argc - skip, argv + skip, &error);
  if (error != NULL)
    {
      int failed = report (program, title, error);
      const char *near = skip == 0 && error->code == ERROR_NOT_FOUND ? verb_nearest (program, argv[1]) : NULL;

      if (near != NULL)
        fprintf (stderr, "Or did you mean the verb '%s'?\n", near);
      if (error->code == ERROR_CANCELLED && program->signalled != NULL && program->signalled () != 0)
        {
          signal (program->signalled (), SIG_DFL);
          (void) raise (program->signalled ());   /* a shell sees ^C, and does not go on with its loop */
        }
      return failed;
    }
  return flush_output (program, status < 0 ? EXIT_OURS : status);
}
