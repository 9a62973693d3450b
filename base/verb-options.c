/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * The options of a verb.  GLib parses them; what is wrong with one is told before it does, in sentences like all others and with the
 * option that was meant.
 */
#include "base/verb.h"

#include <stdio.h>
#include <string.h>

#include "base/error.h"

static gboolean
takes_value (const GOptionEntry *entry)
{
  return entry->arg != G_OPTION_ARG_NONE && (entry->flags & G_OPTION_FLAG_NO_ARG) == 0;
}

/* The row of the option whose name is the first `length` bytes of `name`, or of the short one `letter`; NULL when there is none. */
static const GOptionEntry *
find_entry (const GOptionEntry *entries, const char *name, gsize length, char letter)
{
  for (const GOptionEntry *entry = entries; entry != NULL && entry->long_name != NULL; entry++)
    if (name != NULL ? strlen (entry->long_name) == length && memcmp (entry->long_name, name, length) == 0
                     : entry->short_name == letter && letter != '\0')
      return entry;
  return NULL;
}

/* GLib wants "-j 4"; everybody writes "-j4".  Gives the words with such ones written as "--jobs=4", up to the first
 * that is no option when `strict_posix`. */
static void
spell_out_joined (const GOptionEntry *entries, gboolean strict_posix, int argc, char **argv)
{
  for (int i = 1; i < argc; i++)
    {
      const GOptionEntry *entry;

      if (strcmp (argv[i], "--") == 0 || (argv[i][0] != '-' && strict_posix))
        return;
      if (argv[i][0] != '-' || argv[i][1] == '\0' || argv[i][1] == '-')
        continue;
      entry = find_entry (entries, NULL, 0, argv[i][1]);
      if (entry == NULL || !takes_value (entry))
        continue;
      if (argv[i][2] == '\0')
        i++; /* its value is the next word, whatever that looks like */
      else
        {
          g_autofree char *spelled = g_strdup_printf ("--%s=%s", entry->long_name, argv[i] + 2);
          argv[i] = (char *) g_intern_string (spelled); /* lives as long as the program's arguments do */
        }
    }
}

static gboolean
throw_unknown (const GOptionEntry *entries, const char *word, GError **error)
{
  g_autofree char *option = g_strndup (word, strcspn (word, "="));
  g_autoptr (GPtrArray) names = g_ptr_array_new_with_free_func (g_free);

  for (const GOptionEntry *entry = entries; entry != NULL && entry->long_name != NULL; entry++)
    g_ptr_array_add (names, g_strconcat ("--", entry->long_name, NULL));
  g_ptr_array_add (names, g_strdup ("--help"));
  g_ptr_array_add (names, NULL);
  const char *near = word[1] == '-' ? verb_suggest (option, (const char *const *) names->pdata) : NULL;
  if (near != NULL)
    return error_throw_code (error, ERROR_USAGE, "there is no option \"%s\"; did you mean \"%s\"?", option, near);
  return error_throw_code (error, ERROR_USAGE, "there is no option \"%s\"", option);
}

/* `next` is the word behind `word`, or NULL; *ret_two_words says whether it is the value. */
static gboolean
check_option (const GOptionEntry *entries, const char *word, const char *next, gboolean *ret_two_words, GError **error)
{
  gboolean is_long = word[1] == '-';
  gsize length = strcspn (word, "=");
  gboolean is_joined = is_long && word[length] == '=';
  const GOptionEntry *entry = is_long ? find_entry (entries, word + 2, length - 2, '\0') : find_entry (entries, NULL, 0, word[1]);
  gint64 number;

  *ret_two_words = FALSE;
  if (entry == NULL)
    return strcmp (word, "--help") == 0 || (!is_long && word[1] == 'h') || throw_unknown (entries, word, error);
  if (!takes_value (entry))
    return !is_joined || error_throw_code (error, ERROR_USAGE, "--%s takes no value", entry->long_name);
  if (!is_joined && next == NULL)
    return error_throw_code (error, ERROR_USAGE, "%s needs a value, %s", word, entry->arg_description);
  *ret_two_words = !is_joined;
  const char *value = is_joined ? word + length + 1 : next;
  if (entry->arg == G_OPTION_ARG_INT && !g_ascii_string_to_signed (value, 10, G_MININT, G_MAXINT, &number, NULL))
    return error_throw_code (error, ERROR_USAGE, "--%s takes a whole number, which \"%s\" is not or not one that is in reach",
                             entry->long_name, value);
  return TRUE;
}

static gboolean
check_options (const GOptionEntry *entries, gboolean strict_posix, int argc, char **argv, GError **error)
{
  for (int i = 1; i < argc; i++)
    {
      gboolean two_words = FALSE;

      if (strcmp (argv[i], "--") == 0 || (argv[i][0] != '-' && strict_posix))
        return TRUE;
      if (argv[i][0] != '-' || argv[i][1] == '\0')
        continue;
      if (!check_option (entries, argv[i], i + 1 < argc ? argv[i + 1] : NULL, &two_words, error))
        return FALSE;
      i += two_words ? 1 : 0;
    }
  return TRUE;
}

/* GLib's text, with the usage on one line and in ASCII, as all the rest is. */
static void
print_help (GOptionContext *context)
{
  g_autofree char *text = g_option_context_get_help (context, TRUE, NULL);
  g_autoptr (GString) help = g_string_new (text);

  g_string_replace (help, "Usage:\n  ", "Usage: ", 1);
  g_string_replace (help, " [OPTION…]", " [OPTION...]", 1);
  while (g_str_has_suffix (help->str, "\n\n"))
    g_string_truncate (help, help->len - 1);
  fputs (help->str, stdout);
}

gboolean
verb_parse_options (const Verb *verb, const char *description, const GOptionEntry *entries, gboolean strict_posix,
                    int *argc, char ***argv, gboolean *ret_done, GError **error)
{
  gboolean help = FALSE;
  const GOptionEntry help_entries[] = {
    { "help", 'h', 0, G_OPTION_ARG_NONE, &help, "Show this help", NULL },
    { NULL },
  };
  g_autoptr (GOptionContext) context = g_option_context_new (verb->usage);
  g_autoptr (GError) local = NULL;

  g_option_context_set_help_enabled (context, FALSE); /* GLib's own would exit from in here */
  g_option_context_set_strict_posix (context, strict_posix);
  g_option_context_set_summary (context, verb->summary);
  if (description != NULL)
    g_option_context_set_description (context, description);
  if (entries != NULL)
    g_option_context_add_main_entries (context, entries, NULL);
  g_option_context_add_main_entries (context, help_entries, NULL);
  spell_out_joined (entries, strict_posix, *argc, *argv);
  if (!check_options (entries, strict_posix, *argc, *argv, error))
    return FALSE;
  if (!g_option_context_parse (context, argc, argv, &local))
    return error_throw_code (error, ERROR_USAGE, "%s", local->message);
  *ret_done = help;
  if (help)
    print_help (context);
  /* GLib leaves a "--" in place when something before it was not an option. */
  int at = 1;
  while (!strict_posix && at < *argc && strcmp ((*argv)[at], "--") != 0)
    at++;
  if (at < *argc && strcmp ((*argv)[at], "--") == 0)
    {
      memmove (&(*argv)[at], &(*argv)[at + 1], (gsize) (*argc - at) * sizeof **argv);
      (*argc)--;
    }
  return TRUE;
}
