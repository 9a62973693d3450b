/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "bundle/words.h"

#include <string.h>

#include "base/error.h"
#include "base/verb.h"

static const char *const shared_words[] = { "network", "ipc", NULL };
static const char *const socket_words[] = { "x11",        "wayland",  "fallback-x11", "pulseaudio", "session-bus",
                                            "system-bus", "ssh-auth", "pcsc",         "cups",       "gpg-agent",
                                            "inherit-wayland-socket", NULL };
static const char *const device_words[] = { "dri", "input", "usb", "kvm", "shm", "all", NULL };
static const char *const feature_words[] = { "devel", "multiarch", "bluetooth", "canbus", "per-app-dev-shm", NULL };
static const char *const condition_words[] = { "true",        "false",   "has-input-device", "has-usb-device",
                                               "has-wayland", "has-usb-portal", NULL };

const WordList word_lists[] = {
  { "shared", G_STRUCT_OFFSET (Permissions, shared), shared_words },
  { "sockets", G_STRUCT_OFFSET (Permissions, sockets), socket_words },
  { "devices", G_STRUCT_OFFSET (Permissions, devices), device_words },
  { "features", G_STRUCT_OFFSET (Permissions, features), feature_words },
  { NULL },
};

const WordList *
word_list_find (const char *key)
{
  for (const WordList *list = word_lists; list->key != NULL; list++)
    if (strcmp (list->key, key) == 0)
      return list;
  return NULL;
}

GPtrArray *
word_list_entries (const WordList *list, const Permissions *permissions)
{
  return G_STRUCT_MEMBER (GPtrArray *, permissions, list->offset);
}

static gboolean
check_word (const char *what, const char *word, const char *const *words, GError **error)
{
  if (g_strv_contains (words, word))
    return TRUE;

  const char *near = g_utf8_validate (word, -1, NULL) ? verb_suggest (word, words) : NULL;
  if (near != NULL)
    return error_throw_code (error, ERROR_USAGE, "\"%s\" is no word of %s; did you mean \"%s\"?", word, what, near);
  g_autofree char *known = g_strjoinv (", ", (char **) words);
  return error_throw_code (error, ERROR_USAGE, "\"%s\" is no word of %s; it knows %s", word, what, known);
}

gboolean
word_list_check (const WordList *list, const char *word, GError **error)
{
  if (!g_str_has_prefix (word, "if:"))
    return check_word (list->key, word, list->words, error);

  g_auto (GStrv) parts = g_strsplit (word, ":", 4);
  if (g_strv_length (parts) != 3)
    return error_throw_code (error, ERROR_USAGE, "\"%s\" is not of the form if:NAME:CONDITION", word);
  if (!check_word (list->key, parts[1], list->words, error))
    return FALSE;
  return check_word ("conditions", parts[2] + (parts[2][0] == '!'), condition_words, error);
}

static gboolean
is_bus_element (const char *element, gsize length)
{
  if (length == 0 || g_ascii_isdigit (element[0]))
    return FALSE;
  for (gsize i = 0; i < length; i++)
    if (!g_ascii_isalnum (element[i]) && element[i] != '_' && element[i] != '-')
      return FALSE;
  return TRUE;
}

gboolean
bus_name_check (const char *name, GError **error)
{
  gsize length = strlen (name);
  guint n_elements = 0;
  gboolean good = length <= 255;

  if (name[0] == ':')
    return error_throw_code (error, ERROR_USAGE, "\"%s\" is a unique bus name, which says nothing about its owner", name);
  if (length > 2 && strcmp (name + length - 2, ".*") == 0)
    length -= 2;
  for (gsize i = 0; good && i <= length; n_elements++)
    {
      const char *dot = memchr (name + i, '.', length - i);
      gsize element_length = dot != NULL ? (gsize) (dot - (name + i)) : length - i;
      good = is_bus_element (name + i, element_length);
      i += element_length + 1;
    }
  /* "org.*" has one element and is legal; a name without a dot is not. */
  if (!good || (n_elements < 2 && name[length] == '\0'))
    return error_throw_code (error, ERROR_USAGE, "\"%.255s\" is no bus name (org.example.Name or org.example.*)", name);
  return TRUE;
}

gboolean
variable_name_check (const char *name, GError **error)
{
  gboolean good = name[0] != '\0' && !g_ascii_isdigit (name[0]);

  for (const char *p = name; good && *p != '\0'; p++)
    good = g_ascii_isalnum (*p) || strchr ("_-.", *p) != NULL;   /* a shell can't name the last two, a program can */
  if (!good)
    return error_throw_code (error, ERROR_USAGE, "\"%.255s\" is no name of an environment variable", name);
  return TRUE;
}

static gboolean
is_hex (const char *text, gsize n_digits)
{
  gsize i = 0;
  while (i < n_digits && g_ascii_isxdigit (text[i]))
    i++;
  return i == n_digits && text[i] == '\0';
}

gboolean
usb_query_check (const char *query, GError **error)
{
  g_auto (GStrv) rules = g_strsplit (query, "+", 8);
  gboolean all = FALSE, class = FALSE, vendor = FALSE, device = FALSE, good = rules[0] != NULL;

  for (char **rule = rules; good && *rule != NULL; rule++)
    {
      gboolean *seen = &all;
      if (strcmp (*rule, "all") == 0)
        good = g_strv_length (rules) == 1;
      else if (g_str_has_prefix (*rule, "vnd:") && is_hex (*rule + 4, 4))
        seen = &vendor;
      else if (g_str_has_prefix (*rule, "dev:") && is_hex (*rule + 4, 4))
        seen = &device;
      else if (g_str_has_prefix (*rule, "cls:") && strlen (*rule) >= 8 && (*rule)[6] == ':' && g_ascii_isxdigit ((*rule)[4])
               && g_ascii_isxdigit ((*rule)[5]) && (strcmp (*rule + 7, "*") == 0 || is_hex (*rule + 7, 2)))
        seen = &class;
      else
        good = FALSE;
      good = good && !*seen;
      *seen = TRUE;
    }
  if (!good || (device && !vendor))
    return error_throw_code (error, ERROR_USAGE,
                             "\"%s\" is no USB query (all, or vnd:VVVV, dev:PPPP, cls:CC:SS joined by '+'; dev needs vnd)",
                             query);
  return TRUE;
}
