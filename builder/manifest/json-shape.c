/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "builder/manifest/json-shape.h"

#include "builder/manifest/problem.h"
#include "builder/manifest/text.h"

#include <string.h>

typedef enum { WANT_FIRST, WANT_NEXT, WANT_COLON, WANT_VALUE, WANT_COMMA } Want;

typedef struct
{
  char open;                   /* '{' or '[' */
  ManifestPlace place;
  Want want;                   /* WANT_FIRST and WANT_NEXT: a key in a map, a value in a list */
} Level;

struct JsonShape
{
  const char *data;
  GPtrArray *problems;
  GArray *levels;
  gboolean done;               /* the one value is complete */
  char first;                  /* its token */
  char last;                   /* the token before; 0 at the start */
  char *last_text;             /* of a text */
  ManifestPlace last_start, last_end;
  char now;                    /* the token that is looked at */
  const char *now_text;
  char *now_quoted;            /* made when it is asked for */
};

JsonShape *
json_shape_new (const char *data, GPtrArray *problems)
{
  JsonShape *shape = g_new0 (JsonShape, 1);

  shape->data = data;
  shape->problems = problems;
  shape->levels = g_array_new (FALSE, FALSE, sizeof (Level));
  return shape;
}

void
json_shape_free (JsonShape *shape)
{
  if (shape == NULL)
    return;
  g_array_unref (shape->levels);
  g_free (shape->last_text);
  g_free (shape->now_quoted);
  g_free (shape);
}

static gboolean refuse (const JsonShape *shape, ManifestPlace place, const char *format, ...) G_GNUC_PRINTF (3, 4);

static gboolean
refuse (const JsonShape *shape, ManifestPlace place, const char *format, ...)
{
  g_autofree char *text = NULL;
  va_list args;

  va_start (args, format);
  text = g_strdup_vprintf (format, args);
  va_end (args);
  manifest_problem_error (shape->problems, place, "syntax", "%s", text);
  manifest_problem_show_line (shape->problems, shape->data);
  return FALSE;
}

/* The token, for a sentence. */
static const char *
found (JsonShape *shape)
{
  if (shape->now_quoted == NULL)
    shape->now_quoted = shape->now == '"' || shape->now == 'a' ? manifest_quote (shape->now_text)
                                                               : g_strdup_printf ("'%c'", shape->now);
  return shape->now_quoted;
}

static Level *
level_of (const JsonShape *shape)
{
  return shape->levels->len > 0 ? &g_array_index (shape->levels, Level, shape->levels->len - 1) : NULL;
}

static char
closing (const Level *level)
{
  return level->open == '{' ? '}' : ']';
}

/* A text that goes over several lines is mostly one whose quote was forgotten. */
static gboolean
refuse_long_text (JsonShape *shape)
{
  if (shape->last != '"' || shape->last_start.line == shape->last_end.line)
    return FALSE;
  (void) refuse (shape, shape->last_start,
                 "the text that begins here ends only in line %u, column %u, before %s; a closing quote is missing in line %u",
                 shape->last_end.line, shape->last_end.column - 1, found (shape), shape->last_start.line);
  return TRUE;
}

/* "id": "a, "sdk": "b" */
static gboolean
refuse_comma_inside (JsonShape *shape)
{
  const char *text = shape->last == '"' && shape->now == 'a' ? shape->last_text : NULL;
  gsize length = text != NULL ? strlen (text) : 0;

  while (length > 0 && text[length - 1] == ' ')
    length--;
  if (length == 0 || text[length - 1] != ',')
    return FALSE;
  (void) refuse (shape, shape->last_start,
                 "the text that begins here ends in a comma, before %s; a closing quote is missing before the comma",
                 found (shape));
  return TRUE;
}

static gboolean
refuse_no_comma (JsonShape *shape, char token)
{
  const Level *level = level_of (shape);

  if (refuse_long_text (shape) || refuse_comma_inside (shape))
    return FALSE;
  if (token == ':' && level->open == '[')
    return refuse (shape, level->place, "this '[' is not closed: in its list, a ':' comes in line %u; ']' is missing before that",
                   shape->last_end.line);
  if (token == ':')
    return refuse (shape, shape->last_end, "a second ':' follows a value; a comma is missing before, or a quote");
  return refuse (shape, shape->last_end, "a comma is missing here, before %s", found (shape));
}

static gboolean
refuse_key (JsonShape *shape, char token, ManifestPlace place)
{
  if (token == ',')
    return refuse (shape, place, "a comma too many");
  if (token == 'a')
    return refuse (shape, place, "the key %s must stand in double quotes", found (shape));
  return refuse (shape, place, "a key in double quotes is wanted here, and found was %s", found (shape));
}

static gboolean
refuse_no_colon (JsonShape *shape)
{
  g_autofree char *key = manifest_quote (shape->last_text);

  if (refuse_long_text (shape))
    return FALSE;
  if (strchr (shape->last_text, ':') != NULL)
    return refuse (shape, shape->last_start, "the key %s has a colon inside; a closing quote is missing before the colon", key);
  return refuse (shape, shape->last_end, "a ':' is missing here, between the key %s and %s", key, found (shape));
}

static gboolean
refuse_value (JsonShape *shape, char token, ManifestPlace place)
{
  if (token == ',' && shape->last == ',')
    return refuse (shape, place, "a comma too many");
  if (token == ',' && shape->last == '[')
    return refuse (shape, place, "a value is missing before this comma");
  if (shape->last == ':' && token != ':')
    return refuse (shape, shape->last_end, "a value is missing here, before %s", found (shape));
  return refuse (shape, place, "a value is wanted here, and found was %s", found (shape));
}

static gboolean
refuse_after_end (JsonShape *shape, char token, ManifestPlace place)
{
  if (shape->first == '"' && token == ':')
    return refuse (shape, shape->last_start, "a '{' is missing at the beginning of the file");
  return refuse (shape, place, "the manifest has ended before: %s is too much", found (shape));
}

static gboolean
open_level (JsonShape *shape, char token, ManifestPlace place)
{
  const Level level = { token, place, WANT_FIRST };

  if (shape->levels->len >= MANIFEST_DEPTH_MAX)
    {
      manifest_problem_error (shape->problems, place, "limit", "lists and maps are nested deeper than %d", MANIFEST_DEPTH_MAX);
      return FALSE;
    }
  g_array_append_val (shape->levels, level);
  return TRUE;
}

static gboolean
is_open (const JsonShape *shape, char open)
{
  for (guint i = 0; i < shape->levels->len; i++)
    if (g_array_index (shape->levels, Level, i).open == open)
      return TRUE;
  return FALSE;
}

static gboolean
close_level (JsonShape *shape, char token, ManifestPlace place)
{
  const Level *level = level_of (shape);

  if (closing (level) != token && !is_open (shape, token == ']' ? '[' : '{'))
    return refuse (shape, place, "there is no '%c' that this '%c' could close", token == ']' ? '[' : '{', token);
  if (closing (level) != token)
    return refuse_long_text (shape)
             ? FALSE
             : refuse (shape, level->place, "this '%c' is not closed before the '%c' in line %u, column %u; '%c' is missing", level->open,
                       token, place.line, place.column, closing (level));
  if (level->want == WANT_COLON)
    return refuse_no_colon (shape);
  if (level->want == WANT_VALUE)
    return refuse_value (shape, token, place);
  if (level->want == WANT_NEXT)
    {
      manifest_problem_warning (shape->problems, shape->last_start, "lenient",
                                "a comma before '%c' is one too many; other programs refuse it", token);
      manifest_problem_show_line (shape->problems, shape->data);
    }
  g_array_set_size (shape->levels, shape->levels->len - 1);
  return TRUE;
}

/* A value was complete, or a key: what comes next. */
static void
advance (JsonShape *shape)
{
  Level *level = level_of (shape);

  if (level == NULL)
    shape->done = TRUE;
  else if (level->open == '{' && (level->want == WANT_FIRST || level->want == WANT_NEXT))
    level->want = WANT_COLON;
  else
    level->want = WANT_COMMA;
}

static gboolean
take_value (JsonShape *shape, char token, const char *text, ManifestPlace place)
{
  if (token == 'a' && !manifest_json_is_word (text))
    {
      g_autofree char *lower = g_ascii_strdown (text, -1);

      if (manifest_json_is_word (lower))
        return refuse (shape, place, "%s is written %s in JSON", text, lower);
      if (g_str_equal (text, "None"))
        return refuse (shape, place, "None is written null in JSON");
      return refuse (shape, place, "%s is no value of JSON; a text stands in double quotes", found (shape));
    }
  if (token == '{' || token == '[')
    return open_level (shape, token, place);
  advance (shape);
  return TRUE;
}

static gboolean
take (JsonShape *shape, char token, const char *text, ManifestPlace place)
{
  Level *level = level_of (shape);
  gboolean value = strchr ("{[\"a", token) != NULL;

  if (level == NULL)
    return value ? take_value (shape, token, text, place) : refuse_value (shape, token, place);
  if (token == '}' || token == ']')
    {
      if (!close_level (shape, token, place))
        return FALSE;
      advance (shape);
      return TRUE;
    }
  switch (level->want)
    {
    case WANT_COLON:
      if (token != ':')
        return refuse_no_colon (shape);
      level->want = WANT_VALUE;
      return TRUE;
    case WANT_COMMA:
      if (token != ',')
        return refuse_no_comma (shape, token);
      level->want = WANT_NEXT;
      return TRUE;
    case WANT_FIRST:
    case WANT_NEXT:
      if (level->open == '{' && token != '"')
        return refuse_key (shape, token, place);
      if (level->open == '{')
        {
          advance (shape);
          return TRUE;
        }
      break;
    case WANT_VALUE:
      break;
    }
  return value ? take_value (shape, token, text, place) : refuse_value (shape, token, place);
}

gboolean
json_shape_token (JsonShape *shape, char token, const char *text, ManifestPlace start, ManifestPlace end)
{
  shape->now = token;
  shape->now_text = text;
  if (shape->done)
    return refuse_after_end (shape, token, start);
  if (!take (shape, token, text, start))
    return FALSE;
  if (shape->last == 0)
    shape->first = token;
  shape->last = token;
  shape->last_start = start;
  shape->last_end = end;
  g_free (shape->last_text);
  shape->last_text = token == '"' ? g_strdup (text) : NULL;
  return TRUE;
}

gboolean
json_shape_end (JsonShape *shape)
{
  const Level *level = level_of (shape);

  if (level == NULL)
    return TRUE;
  return refuse (shape, level->place, "this '%c' is not closed; '%c' is missing at the end of the file", level->open, closing (level));
}
