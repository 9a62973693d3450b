/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * Nothing of the old text is copied: elements and attributes that are known are written again.
 */
#include "bundle/mime-file.h"

#include <string.h>

#include "base/error.h"

#define NAMESPACE "http://www.freedesktop.org/standards/shared-mime-info"
#define WEIGHT "5"               /* as Flatpak; 50 is usual */
#define ROOT_DEPTH 1
#define TYPE_DEPTH 2
#define PART_DEPTH 3

/* What a type may have.  `attribute` is checked as `is_type` says and written. */
static const struct
{
  const char *name, *attribute;
  gboolean has_text, is_type, is_glob;
} parts[] = {
  { "comment", NULL, TRUE, FALSE, FALSE },
  { "acronym", NULL, TRUE, FALSE, FALSE },
  { "expanded-acronym", NULL, TRUE, FALSE, FALSE },
  { "icon", "name", FALSE, FALSE, FALSE },
  { "generic-icon", "name", FALSE, FALSE, FALSE },
  { "sub-class-of", "type", FALSE, TRUE, FALSE },
  { "glob", "pattern", FALSE, FALSE, TRUE },
};

typedef struct
{
  GString *out;
  guint depth;
  gboolean in_root, in_type;
  const char *text_of;           /* the part whose text comes; NULL: none */
} Rewriting;

static const char *
find_attribute (const char *wanted, const char **names, const char **values)
{
  for (gsize i = 0; names[i] != NULL; i++)
    if (strcmp (names[i], wanted) == 0)
      return values[i];
  return NULL;
}

static void
append_attribute (GString *out, const char *name, const char *value)
{
  g_autofree char *safe = g_markup_escape_text (value, -1);
  g_string_append_printf (out, " %s=\"%s\"", name, safe);
}

static gboolean
is_type (const char *text)
{
  const char *slash = strchr (text, '/');

  return slash != NULL && slash != text && slash[1] != '\0' && strlen (text) < 256
         && strspn (text, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789!#$&^_.+-/") == strlen (text)
         && strchr (slash + 1, '/') == NULL && text[0] != '.' && slash[1] != '.';
}

/* One that matches some names and not all: it has something besides wild cards. */
static gboolean
is_glob (const char *text)
{
  gboolean literal = FALSE;

  for (const char *p = text; *p != '\0'; p++)
    {
      if ((guchar) *p < 0x20 || *p == '/' || *p == 0x7f)
        return FALSE;
      literal = literal || strchr ("*?[].-", *p) == NULL;
    }
  return literal && strlen (text) < 256;
}

static gboolean
is_name (const char *text)
{
  return *text != '\0' && *text != '.' && strlen (text) < 256 && strpbrk (text, "/\\ \t\n") == NULL;
}

static void
begin_part (Rewriting *rewriting, const char *element, const char **names, const char **values)
{
  for (gsize i = 0; i < G_N_ELEMENTS (parts); i++)
    {
      const char *value = parts[i].attribute != NULL ? find_attribute (parts[i].attribute, names, values) : NULL;
      const char *language = parts[i].has_text ? find_attribute ("xml:lang", names, values) : NULL;
      const char *exact = parts[i].is_glob ? find_attribute ("case-sensitive", names, values) : NULL;

      if (strcmp (element, parts[i].name) != 0)
        continue;
      if (parts[i].attribute != NULL
          && (value == NULL || !(parts[i].is_type ? is_type (value) : parts[i].is_glob ? is_glob (value) : is_name (value))))
        return;
      g_string_append_printf (rewriting->out, "    <%s", parts[i].name);
      if (value != NULL)
        append_attribute (rewriting->out, parts[i].attribute, value);
      if (language != NULL)
        append_attribute (rewriting->out, "xml:lang", language);
      if (g_strcmp0 (exact, "true") == 0)
        append_attribute (rewriting->out, "case-sensitive", "true");
      if (parts[i].is_glob)
        append_attribute (rewriting->out, "weight", WEIGHT);
      g_string_append (rewriting->out, parts[i].has_text ? ">" : "/>\n");
      rewriting->text_of = parts[i].has_text ? parts[i].name : NULL;
    }
}

static void
on_start (GMarkupParseContext *context, const char *element, const char **names, const char **values, gpointer data, GError **error)
{
  Rewriting *rewriting = data;
  const char *type = find_attribute ("type", names, values);

  rewriting->depth++;
  if (rewriting->depth == ROOT_DEPTH)
    rewriting->in_root = strcmp (element, "mime-info") == 0;
  else if (rewriting->depth == TYPE_DEPTH && rewriting->in_root && strcmp (element, "mime-type") == 0 && type != NULL && is_type (type))
    {
      rewriting->in_type = TRUE;
      g_string_append (rewriting->out, "  <mime-type");
      append_attribute (rewriting->out, "type", type);
      g_string_append (rewriting->out, ">\n");
    }
  else if (rewriting->depth == PART_DEPTH && rewriting->in_type)
    begin_part (rewriting, element, names, values);
}

static void
on_text (GMarkupParseContext *context, const char *text, gsize length, gpointer data, GError **error)
{
  Rewriting *rewriting = data;
  gboolean wanted = rewriting->text_of != NULL && rewriting->depth == PART_DEPTH;
  g_autofree char *safe = wanted ? g_markup_escape_text (text, (gssize) length) : NULL;

  if (safe != NULL)
    g_string_append (rewriting->out, safe);
}

static void
on_end (GMarkupParseContext *context, const char *element, gpointer data, GError **error)
{
  Rewriting *rewriting = data;

  if (rewriting->depth == PART_DEPTH && rewriting->text_of != NULL)
    {
      g_string_append_printf (rewriting->out, "</%s>\n", rewriting->text_of);
      rewriting->text_of = NULL;
    }
  else if (rewriting->depth == TYPE_DEPTH && rewriting->in_type)
    {
      g_string_append (rewriting->out, "  </mime-type>\n");
      rewriting->in_type = FALSE;
    }
  rewriting->depth--;
}

char *
mime_file_rewrite (const char *text, gsize length, gsize *ret_length, GError **error)
{
  static const GMarkupParser parser = { on_start, on_end, on_text, NULL, NULL };
  g_autoptr (GString) out = g_string_new ("<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<mime-info xmlns=\"" NAMESPACE "\">\n");
  Rewriting rewriting = { .out = out };
  g_autoptr (GMarkupParseContext) context = g_markup_parse_context_new (&parser, G_MARKUP_TREAT_CDATA_AS_TEXT, &rewriting, NULL);
  g_autoptr (GError) local = NULL;

  if (g_strstr_len (text, (gssize) length, "<!ENTITY") != NULL)
    {
      error_throw_code (error, ERROR_REFUSED, "it declares entities of its own");
      return NULL;
    }
  if (!g_markup_parse_context_parse (context, text, (gssize) length, &local) || !g_markup_parse_context_end_parse (context, &local))
    {
      error_throw_code (error, ERROR_REFUSED, "it is not XML: %s", local->message);
      return NULL;
    }
  if (!rewriting.in_root)
    {
      error_throw_code (error, ERROR_REFUSED, "it does not begin with <mime-info>");
      return NULL;
    }
  g_string_append (out, "</mime-info>\n");
  *ret_length = out->len;
  return g_string_free (g_steal_pointer (&out), FALSE);
}
