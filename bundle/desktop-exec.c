/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * Nothing of the old line is copied: it is split into words, and a new line is made of those, with quotes that every launcher
 * understands.  Field codes need care.  Launchers put texts of the desktop file or nothing in their place, so "@%i@" may end
 * as "@@", and the name in "%c" may be "@@": an app would choose files for itself.
 */
#include "bundle/desktop-exec.h"

#include <string.h>

#include "base/error.h"

#define FORWARD "@@"
#define EXEC_MAX 8192

/* As the specification of desktop files wants it, which is also what a shell reads. */
static void
append_word (GString *line, const char *word)
{
  static const char plain[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789%+,-./:=@_";

  if (line->len > 0)
    g_string_append_c (line, ' ');
  if (word[0] != '\0' && word[strspn (word, plain)] == '\0')
    {
      g_string_append (line, word);
      return;
    }
  g_string_append_c (line, '"');
  for (const char *p = word; *p != '\0'; p++)
    {
      if (strchr ("\"`$\\", *p) != NULL)
        g_string_append_c (line, '\\');
      g_string_append_c (line, *p);
    }
  g_string_append_c (line, '"');
}

static void
append_option (GString *line, const char *name, const char *value)
{
  g_autofree char *option = g_strconcat (name, value, NULL);
  append_word (line, option);
}

/* A '%' of a text is "%%" in the line. */
static char *
double_percent (const char *text)
{
  g_auto (GStrv) parts = g_strsplit (text, "%", -1);
  return g_strjoinv ("%%", parts);
}

static gboolean
is_code_of_files (const char *word)
{
  return word[0] == '%' && word[1] != '\0' && strchr ("fFuU", word[1]) != NULL;
}

/* Without the codes that stand for something of the desktop file; NULL: nothing is left of it. */
static char *
clean_word (const char *word, GError **error)
{
  g_autoptr (GString) clean = g_string_new (NULL);
  gboolean code = FALSE;

  for (const char *p = word; *p != '\0'; p++)
    {
      if ((guchar) *p < 0x20 || *p == 0x7f)
        {
          error_throw_code (error, ERROR_REFUSED, "its Exec line has a control character");
          return NULL;
        }
      if (*p != '%')
        {
          g_string_append_c (clean, *p);
          continue;
        }
      if (p[1] == '\0')
        {
          error_throw_code (error, ERROR_REFUSED, "its Exec line has a '%%' with nothing behind it");
          return NULL;
        }
      if (p[1] == '%' || is_code_of_files (p))
        g_string_append_len (clean, p, 2);
      code = code || p[1] != '%';
      p++;
    }
  if (g_str_has_prefix (clean->str, FORWARD) || (code && strchr (clean->str, '@') != NULL))
    {
      error_throw_code (error, ERROR_REFUSED, "its Exec line has a word that is or may become " FORWARD
                                              ", by which an app would give itself files of the user");
      return NULL;
    }
  return g_strdup (clean->str);
}

/* The words behind the program.  *ret_forwards: one of them stands for files. */
static gboolean
append_arguments (GString *line, char **words, gboolean *ret_forwards, GError **error)
{
  for (gsize i = 0; words[i] != NULL; i++)
    {
      if (is_code_of_files (words[i]) && words[i][2] == '\0')
        {
          append_word (line, g_ascii_tolower (words[i][1]) == 'u' ? FORWARD "u" : FORWARD);
          append_word (line, words[i]);
          append_word (line, FORWARD);
          *ret_forwards = TRUE;
          continue;
        }
      g_autofree char *word = clean_word (words[i], error);
      if (word == NULL)
        return FALSE;
      if (word[0] != '\0' || words[i][0] == '\0')
        append_word (line, word);
    }
  return TRUE;
}

static void
append_launcher (GString *line, const DesktopLauncher *launcher, const char *command, gboolean forwards)
{
  g_autofree char *program = double_percent (launcher->program);

  append_word (line, program);
  append_word (line, "run");
  append_option (line, "--branch=", launcher->branch);
  append_option (line, "--arch=", launcher->arch);
  if (command != NULL)
    append_option (line, "--command=", command);
  if (forwards)
    append_word (line, "--file-forwarding");
  append_word (line, launcher->id);
}

char *
desktop_exec_rewrite (const char *exec, const DesktopLauncher *launcher, GError **error)
{
  g_autoptr (GString) line = g_string_new (NULL);
  g_autoptr (GString) arguments = g_string_new (NULL);
  g_auto (GStrv) words = NULL;
  g_autofree char *command = NULL;
  gboolean forwards = FALSE;

  if (exec != NULL && exec[strspn (exec, " \t\n")] != '\0')
    {
      if (strlen (exec) > EXEC_MAX || !g_shell_parse_argv (exec, NULL, &words, NULL))
        {
          error_throw_code (error, ERROR_REFUSED, "its Exec line cannot be split into words");
          return NULL;
        }
      command = clean_word (words[0], error);
      if (command == NULL || !append_arguments (arguments, words + 1, &forwards, error))
        return NULL;
      if (command[0] == '\0')
        {
          error_throw_code (error, ERROR_REFUSED, "its Exec line names no program");
          return NULL;
        }
    }
  append_launcher (line, launcher, command, forwards);
  if (arguments->len > 0)
    g_string_append_printf (line, " %s", arguments->str);
  return g_string_free (g_steal_pointer (&line), FALSE);
}
