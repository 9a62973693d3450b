/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "builder/metainfo.h"

#include <string.h>

/* Places in a text. */
typedef struct
{
  gsize start, end;       /* of what is between the tags */
} Span;

static gboolean
is_tag (const char *at, const char *name)
{
  gsize length = strlen (name);

  return at[0] == '<' && strncmp (at + 1, name, length) == 0 && strchr ("> \t\r\n/", at[1 + length]) != NULL && at[1 + length] != '\0';
}

/* The next tag of this name at or behind `from`, comments skipped; NULL: none. */
static const char *
find_tag (const char *from, const char *name)
{
  for (const char *at = strchr (from, '<'); at != NULL; at = strchr (at + 1, '<'))
    {
      if (g_str_has_prefix (at, "<!--"))
        {
          at = strstr (at, "-->");
          if (at == NULL)
            return NULL;
        }
      else if (is_tag (at, name))
        return at;
    }
  return NULL;
}

/* The content, without blanks around it, of the next element of this name. */
static gboolean
find_element (const GString *text, const char *name, gsize from, Span *ret_span)
{
  g_autofree char *closing = g_strconcat ("</", name, NULL);
  const char *tag = find_tag (text->str + from, name);
  const char *start = tag != NULL ? strchr (tag, '>') : NULL;
  const char *end = start != NULL && start[-1] != '/' ? strstr (start, closing) : NULL;

  if (end == NULL)
    return FALSE;
  start++;
  while (start < end && g_ascii_isspace (*start))
    start++;
  while (end > start && g_ascii_isspace (end[-1]))
    end--;
  ret_span->start = (gsize) (start - text->str);
  ret_span->end = (gsize) (end - text->str);
  return TRUE;
}

static void
replace (GString *text, const Span *span, const char *value)
{
  g_autofree char *safe = g_markup_escape_text (value, -1);

  g_string_erase (text, (gssize) span->start, (gssize) (span->end - span->start));
  g_string_insert (text, (gssize) span->start, safe);
}

static void
insert_at_end (GString *text, const char *line)
{
  static const char *const roots[] = { "</component>", "</application>" };

  for (gsize i = 0; i < G_N_ELEMENTS (roots); i++)
    {
      const char *end = g_strrstr (text->str, roots[i]);

      if (end == NULL)
        continue;
      g_string_insert (text, end - text->str, line);
      return;
    }
}

static void
change_id (GString *text, const char *id)
{
  Span span;

  if (!find_element (text, "id", 0, &span))
    return;
  /* Still escaped, as it goes back to the same kind of place. */
  g_autofree char *old = g_strndup (text->str + span.start, span.end - span.start);
  if (strcmp (old, id) == 0)
    return;
  replace (text, &span, id);
  g_autofree char *provided = g_strdup_printf ("  <id>%s</id>\n  ", old);
  g_autofree char *whole = g_strdup_printf ("  <provides>\n    <id>%s</id>\n  </provides>\n", old);
  Span provides;
  if (find_element (text, "provides", 0, &provides))
    g_string_insert (text, (gssize) provides.start, provided);
  else
    insert_at_end (text, whole);
}

static void
change_launchable (GString *text, const char *old, const char *id)
{
  g_autofree char *name = g_strconcat (id, ".desktop", NULL);
  Span span = { 0, 0 };

  while (find_element (text, "launchable", span.end, &span))
    if (strlen (old) == span.end - span.start && strncmp (text->str + span.start, old, strlen (old)) == 0)
      replace (text, &span, name);
}

static void
change_licence (GString *text, const char *licence)
{
  Span span;

  if (find_element (text, "project_license", 0, &span))
    {
      replace (text, &span, licence);
      return;
    }
  g_autofree char *line = g_markup_printf_escaped ("  <project_license>%s</project_license>\n", licence);
  insert_at_end (text, line);
}

char *
metainfo_edit (const Manifest *manifest, const char *text, gboolean renamed)
{
  GString *edited = g_string_new (text);

  if (renamed)
    change_id (edited, manifest->id);
  if (manifest->rename_desktop_file != NULL)
    change_launchable (edited, manifest->rename_desktop_file, manifest->id);
  if (manifest->appdata_license != NULL)
    change_licence (edited, manifest->appdata_license);
  return g_string_free (edited, FALSE);
}

char *
metainfo_licence (const char *text)
{
  g_autoptr (GString) copy = g_string_new (text);
  Span span;

  return find_element (copy, "project_license", 0, &span) ? g_strndup (text + span.start, span.end - span.start) : NULL;
}

static void
change_icon (GString *text, const char *tag, const char *old, const char *new)
{
  g_autofree char *attribute = g_strconcat ("name=\"", old, "\"", NULL);
  g_autofree char *value = g_strconcat ("name=\"", new, "\"", NULL);
  gsize from = 0;

  for (const char *at = find_tag (text->str, tag); at != NULL; at = find_tag (text->str + from, tag))
    {
      const char *end = strchr (at, '>');
      const char *found = strstr (at, attribute);

      if (end == NULL)
        return;
      from = (gsize) (end - text->str);
      if (found == NULL || found > end)
        continue;
      gssize place = found - text->str;
      g_string_erase (text, place, (gssize) strlen (attribute));
      g_string_insert (text, place, value);
      from = (gsize) place + strlen (value);
    }
}

/* Whether `icon` is what desktops show for the type of this tag, which ends at `close`: "text/x-y" has the icon text-x-y. */
static gboolean
is_icon_of_type (const char *tag, const char *close, const char *icon)
{
  static const char quotes[] = "\"'";
  g_autofree char *text = g_strndup (tag, (gsize) (close - tag));

  for (const char *quote = quotes; *quote != '\0'; quote++)
    {
      g_autofree char *begin = g_strdup_printf (" type=%c", *quote);
      const char *value = strstr (text, begin);

      if (value == NULL)
        continue;
      value += strlen (begin);
      g_autofree char *type = g_strndup (value, strcspn (value, quotes));
      return strcmp (g_strdelimit (type, "/", '-'), icon) == 0;
    }
  return FALSE;
}

static gboolean
has_icon (char *from, char *end)
{
  char saved = *end;

  *end = '\0';
  gboolean found = find_tag (from, "icon") != NULL || find_tag (from, "generic-icon") != NULL;
  *end = saved;
  return found;
}

/* A type that names no icon has one by its own name, which is another one now. */
static void
add_icon (GString *text, const char *old, const char *new)
{
  g_autofree char *line = g_markup_printf_escaped ("  <icon name=\"%s\"/>\n  ", new);
  gsize from = 0;

  for (const char *at = find_tag (text->str, "mime-type"); at != NULL; at = find_tag (text->str + from, "mime-type"))
    {
      char *close = strchr (at, '>');
      char *end = close != NULL && close[-1] != '/' ? strstr (close, "</mime-type") : close;

      if (end == NULL)
        return;
      from = (gsize) (end - text->str);
      if (end == close || has_icon (close, end) || !is_icon_of_type (at, close, old))
        continue;
      g_string_insert (text, (gssize) from, line);
      from += strlen (line);
    }
}

char *
mime_edit (const char *id, char *const *names, const char *text)
{
  GString *edited = g_string_new (text);

  for (; *names != NULL; names++)
    {
      g_autofree char *new = g_strconcat (id, ".", *names, NULL);

      change_icon (edited, "icon", *names, new);
      change_icon (edited, "generic-icon", *names, new);
      add_icon (edited, *names, new);
    }
  return g_string_free (edited, FALSE);
}
