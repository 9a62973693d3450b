/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "runner/front/front.h"

#include <limits.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define KEY_MAX (128u << 10)

/* Variables that differ from one terminal or click to the next, and that nothing here ever reads.  All others count. */
static const char *const ignored[] = { "_", "OLDPWD", "PWD", "SHLVL", "WINDOWID", "COLUMNS", "LINES", "INVOCATION_ID", "JOURNAL_STREAM",
                                       "XDG_ACTIVATION_TOKEN", "DESKTOP_STARTUP_ID", "GIO_LAUNCHED_DESKTOP_FILE",
                                       "GIO_LAUNCHED_DESKTOP_FILE_PID" };

static bool
is_ignored (const char *variable)
{
  for (size_t i = 0; i < sizeof ignored / sizeof ignored[0]; i++)
    {
      size_t length = strlen (ignored[i]);

      if (strncmp (variable, ignored[i], length) == 0 && variable[length] == '=')
        return true;
    }
  return false;
}

/* The words up to the target: the first that is no option.  Who plans knows whether that is what it is (keep.c). */
static int
words_count (int argc, char *const *argv)
{
  int n = 1;

  if (argc > 1 && strcmp (argv[1], "run") == 0)
    n++;
  while (n < argc && argv[n][0] == '-')
    n++;
  return n < argc ? n + 1 : 0;
}

static void
text_add (FILE *out, const char *text)
{
  (void) fwrite (text, 1, strlen (text) + 1, out);
}

char *
front_key (int argc, char *const *argv, char *const *env, size_t *ret_size, int *ret_n_words)
{
  int n_words = words_count (argc, argv);
  char cwd[PATH_MAX];
  char *key = NULL;
  FILE *out;
  int failed;

  if (n_words == 0 || getcwd (cwd, sizeof cwd) == NULL || cwd[0] != '/')
    return NULL;
  out = open_memstream (&key, ret_size);
  if (out == NULL)
    return NULL;
  (void) fprintf (out, "%s %u %u %u %u", NACELLE_VERSION, getuid (), geteuid (), getgid (), getegid ());
  (void) fputc ('\0', out);
  text_add (out, cwd);
  for (int i = 1; i < n_words; i++)
    text_add (out, argv[i]);
  (void) fputc ('\0', out);
  for (size_t i = 0; env[i] != NULL; i++)
    if (!is_ignored (env[i]))
      text_add (out, env[i]);
  failed = ferror (out);
  failed |= fclose (out);
  if (failed || *ret_size > KEY_MAX)
    {
      free (key);
      return NULL;
    }
  *ret_n_words = n_words;
  return key;
}

/* Only to find it; what is found is compared. */
void
front_name (const void *key, size_t size, char name[FRONT_NAME_SIZE])
{
  const unsigned char *bytes = key;
  uint64_t sum = UINT64_C (0xcbf29ce484222325);

  for (size_t i = 0; i < size; i++)
    sum = (sum ^ bytes[i]) * UINT64_C (0x100000001b3);
  (void) snprintf (name, FRONT_NAME_SIZE, "%016llx", (unsigned long long) sum);
}
