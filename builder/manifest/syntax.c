/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "builder/manifest/syntax.h"

#include "builder/manifest/problem.h"
#include "builder/manifest/quotes.h"

#include <string.h>

/* One line, and where its text begins. */
typedef struct
{
  const char *text;            /* the whole line; NULL: there is none */
  const char *body;            /* behind blanks */
  gsize length;                /* of `body`, without trailing blanks */
  unsigned number;             /* from 0 */
  unsigned indent;
} Line;

typedef struct
{
  const SyntaxError *error;
  GPtrArray *problems;
  Line line;                   /* where the parser gave up */
  Line before;                 /* the last one before it with text in it */
} Slip;

static Line
line_at (const char *data, unsigned number)
{
  Line line = { .number = number };

  for (unsigned i = 0; i < number && data != NULL; i++)
    data = (data = strchr (data, '\n')) != NULL ? data + 1 : NULL;
  if (data == NULL)
    return line;
  line.text = data;
  line.indent = (unsigned) strspn (data, " ");
  line.body = data + line.indent;
  line.length = strcspn (line.body, "\r\n");
  while (line.length > 0 && strchr (" \t", line.body[line.length - 1]) != NULL)
    line.length--;
  return line;
}

/* With something other than a comment. */
static Line
line_before (const char *data, unsigned number)
{
  while (number-- > 0)
    {
      Line line = line_at (data, number);

      if (line.length > 0 && *line.body != '#')
        return line;
    }
  return (Line) { 0 };
}

static gboolean say (const Slip *slip, unsigned line, unsigned column, const char *format, ...) G_GNUC_PRINTF (4, 5);

/* Returns TRUE: something was said. */
static gboolean
say (const Slip *slip, unsigned line, unsigned column, const char *format, ...)
{
  const ManifestPlace place = { slip->error->file, line + 1, column + 1 };
  g_autofree char *text = NULL;
  va_list args;

  va_start (args, format);
  text = g_strdup_vprintf (format, args);
  va_end (args);
  manifest_problem_error (slip->problems, place, "syntax", "%s", text);
  manifest_problem_show_line (slip->problems, slip->error->data);
  return TRUE;
}

static const char *
at_column (const Line *line, unsigned column)
{
  const char *p = line->text;

  for (; p != NULL && column > 0 && *p != '\0' && *p != '\n'; column--)
    p = g_utf8_next_char (p);
  return p;
}

static unsigned
column_of (const Line *line, const char *at)
{
  return (unsigned) g_utf8_strlen (line->text, at - line->text);
}

static char *
body_of (const Line *line)
{
  return g_strndup (line->body, line->length);
}

/* Behind "- ", as often as it is there. */
static const char *
behind_dashes (const Line *line)
{
  const char *p = line->body;

  while (p[0] == '-' && p[1] == ' ')
    p += 1 + strspn (p + 1, " ");
  return p;
}

static gboolean
explain_tab (const Slip *slip)
{
  const Line *line = &slip->line;
  const char *p = line->text;

  if (p == NULL || p[strspn (p, " ")] != '\t')
    return FALSE;
  return say (slip, line->number, line->indent, "a tab at the beginning of a line; indentation is made of blanks in YAML");
}

/* The words that begin a line as "name: value" would, but for the blank or the colon. */
static gboolean
explain_key (const Slip *slip, const Line *line)
{
  const char *key = line->text != NULL ? behind_dashes (line) : NULL;
  const char *end = line->text != NULL ? line->body + line->length : NULL;
  gsize word = key != NULL ? strspn (key, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_-") : 0;
  g_autofree char *name = g_strndup (key != NULL ? key : "", word);

  if (word == 0 || key + word > end)
    return FALSE;
  if (*key == '-' && key[1] != '-' && g_ascii_isalpha (key[1]))
    return say (slip, line->number, column_of (line, key + 1), "a blank is missing between '-' and \"%s\"", name + 1);
  if (key[word] == ':' && key + word + 1 < end && key[word + 1] != ' ' && !g_str_has_prefix (key + word, "://"))
    return say (slip, line->number, column_of (line, key + word + 1), "a blank is missing behind the colon of \"%s:\"", name);
  if (key[word] == '=')
    return say (slip, line->number, column_of (line, key + word), "between a key and its value stands \": \", no '='");
  if (key[word] == ' ' && *key != '-' && memchr (key, ':', (gsize) (end - key)) == NULL)
    return say (slip, line->number, column_of (line, key + word), "a colon is missing behind \"%s\"", name);
  return FALSE;
}

/* "a: b: c" */
static gboolean
explain_second_colon (const Slip *slip)
{
  const Line *line = &slip->line;
  const char *at = at_column (line, slip->error->column);
  const char *value = line->text != NULL ? behind_dashes (line) : NULL;
  const char *first = value != NULL ? strstr (value, ": ") : NULL;
  g_autofree char *rest = NULL;
  char quote;

  if (at == NULL || first == NULL || first >= at || *at != ':')
    return FALSE;
  /* In a list of commands, all of it is one text; else the first colon belongs to a key. */
  if (memchr (value, ' ', (gsize) (first - value)) == NULL)
    value = first + 1 + strspn (first + 1, " ");
  rest = g_strndup (value, (gsize) (line->body + line->length - value));
  quote = strchr (rest, '\'') != NULL ? '"' : '\'';
  return say (slip, line->number, column_of (line, at),
              "a second \": \" in one line; a text with a colon and a blank stands in quotes: %c%s%c", quote, rest, quote);
}

static gboolean
explain_indentation (const Slip *slip)
{
  const Line *line = &slip->line, *before = &slip->before;
  unsigned key = before->text != NULL ? column_of (before, behind_dashes (before)) : 0;

  if (line->text == NULL || before->text == NULL || line->length == 0 || line->indent == key || line->indent == before->indent)
    return FALSE;
  if (line->indent > key)
    return say (slip, line->number, line->indent,
                "this line begins further right than the one before, which has a value already; keys of one map begin in the same column, "
                "here %u", key + 1);
  return say (slip, line->number, line->indent,
              "this line begins in column %u, where nothing above begins: the line before begins in column %u%s; keys and items of one "
              "level begin in the same column", line->indent + 1, before->indent + 1,
              key != before->indent ? ", its key further right" : "");
}

static gboolean
explain_quotes (const Slip *slip)
{
  unsigned line, column, end;

  if (!quotes_last (slip->error->data, slip->error->line, &line, &column, &end))
    return FALSE;
  if (end != line)
    return say (slip, line, column, "the quote that opens here is closed only in line %u; it is probably missing at the end of this line",
                end + 1);
  return say (slip, slip->error->line, slip->error->column,
              "behind a closing quote only a comment may follow; put the whole text into quotes (other ones, when it has some inside)");
}

static gboolean
explain_mapping (const Slip *slip)
{
  return explain_tab (slip) || explain_second_colon (slip) || explain_key (slip, &slip->before) || explain_indentation (slip);
}

/* A key without colon; the parser noticed it a line later. */
static gboolean
explain_simple_key (const Slip *slip)
{
  const SyntaxError *error = slip->error;
  Line line = line_at (error->data, error->context_line);
  g_autofree char *body = line.text != NULL ? body_of (&line) : NULL;
  g_autofree char *quoted = body != NULL ? manifest_quote (body) : NULL;

  if (line.text == NULL)
    return FALSE;
  if (g_str_has_prefix (body, "--"))
    return say (slip, line.number, line.indent, "%s is no key; an item of a list begins with \"- \"", quoted);
  if (explain_key (slip, &line))
    return TRUE;
  return say (slip, line.number, line.indent, "%s is no key, as no colon follows; and an item of a list begins with \"- \"", quoted);
}

static gboolean
explain_expected_key (const Slip *slip)
{
  const char *at = at_column (&slip->line, slip->error->column);

  if (explain_tab (slip))
    return TRUE;
  if (at != NULL && *at != '\0' && strchr ("]}", *at) != NULL)
    return say (slip, slip->error->line, slip->error->column, "there is no '%c' that this '%c' could close", *at == ']' ? '[' : '{', *at);
  if (slip->error->column > slip->line.indent)
    return explain_quotes (slip);
  return explain_indentation (slip) || explain_quotes (slip);
}

/* A text that begins with a character which means something else. */
static gboolean
explain_first_character (const Slip *slip)
{
  const char *at = at_column (&slip->line, slip->error->column);
  g_autofree char *rest = NULL;
  char quote;

  if (explain_tab (slip))
    return TRUE;
  if (at == NULL || *at == '\0' || *at == '\n')
    return FALSE;
  rest = g_strndup (at, (gsize) (slip->line.body + slip->line.length - at));
  quote = strchr (rest, '\'') != NULL ? '"' : '\'';
  return say (slip, slip->error->line, slip->error->column, "a text cannot begin with '%c' in YAML; put it into quotes: %c%s%c", *at, quote,
              rest, quote);
}

static gboolean
explain_alias (const Slip *slip)
{
  const SyntaxError *error = slip->error;
  Line line = line_at (error->data, error->context_line);
  const char *at = at_column (&line, error->context_column);
  g_autofree char *text = NULL;

  if (at == NULL || (*at != '*' && *at != '&'))
    return FALSE;
  text = g_strndup (at, strcspn (at, ",]} \r\n"));
  return say (slip, line.number, error->context_column, "a text that begins with '%c' stands in quotes, as %s: '%s'", *at,
              *at == '*' ? "this would be the alias of an anchor" : "this would be an anchor", text);
}

static gboolean
explain_escape (const Slip *slip)
{
  const char *at = at_column (&slip->line, slip->error->column);

  if (at == NULL || *at != '\\' || at[1] == '\0')
    return FALSE;
  return say (slip, slip->error->line, slip->error->column,
              "there is no escape \"\\%.*s\"; in double quotes a backslash is written \\\\, in single quotes it is one itself",
              (int) (g_utf8_next_char (at + 1) - at - 1), at + 1);
}

static gboolean
explain_open_quote (const Slip *slip)
{
  return say (slip, slip->error->context_line, slip->error->context_column,
              "the quote that opens here is not closed to the end of the file");
}

/* In [ ] or { }. */
static gboolean
explain_flow (const Slip *slip)
{
  const SyntaxError *error = slip->error;
  Line start = line_at (error->data, error->context_line);
  const char *open = at_column (&start, error->context_column);
  const char *at = at_column (&slip->line, error->column);
  char close;

  if (open == NULL || (*open != '[' && *open != '{'))
    return FALSE;
  close = *open == '[' ? ']' : '}';
  if (at != NULL && *at != '\0' && strchr ("]}", *at) != NULL && *at != close)
    return say (slip, error->context_line, error->context_column, "this '%c' meets '%c' in line %u, column %u; '%c' is missing before that",
                *open, *at, error->line + 1, error->column + 1, close);
  if (error->line > error->context_line && (at == NULL || *at == '\0' || slip->line.indent <= start.indent))
    return say (slip, error->context_line, error->context_column, "this '%c' is not closed; '%c' is missing", *open, close);
  if (at == NULL || *at == '\0' || *at == '\n')
    return FALSE;
  if (strchr ("{[", *at) != NULL)
    return say (slip, error->line, error->column,
                "'%c' inside of a text; between '%c' and '%c' a text with any of [ ] { } , stands in quotes",
                *at, *open, close);
  return say (slip, error->line, error->column,
              "a comma is missing before this, or '%c', which closes the '%c' of line %u, column %u", close,
              *open, error->context_line + 1, error->context_column + 1);
}

static gboolean
explain_flow_value (const Slip *slip)
{
  const char *at = at_column (&slip->line, slip->error->column);

  if (at == NULL || *at == '\0' || *at == '\n')
    return FALSE;
  return say (slip, slip->error->line, slip->error->column, *at == ',' ? "a comma too many, or a value is missing before it"
                                                                       : "a value is missing here, before '%.*s'",
              (int) (g_utf8_next_char (at) - at), at);
}

static gboolean
explain_block_scalar (const Slip *slip)
{
  return say (slip, slip->error->line, slip->error->column,
              "behind '|' and '>' only '+', '-' and a number may follow; the text begins in the next line, further right");
}

static gboolean
explain_end (const Slip *slip)
{
  return say (slip, slip->error->line, slip->error->column, "the manifest has ended before this; is there a bracket too many?");
}

static const struct { const char *problem, *context; gboolean (*explain) (const Slip *slip); } rows[] = {
  { "mapping values are not allowed", NULL, explain_mapping },
  { "could not find expected ':'", NULL, explain_simple_key },
  { "block sequence entries are not allowed", NULL, explain_mapping },
  { "did not find expected key", NULL, explain_expected_key },
  { "did not find expected '-' indicator", NULL, explain_expected_key },
  { "cannot start any token", NULL, explain_first_character },
  { "tab character", NULL, explain_tab },
  { "alphabetic or numeric character", NULL, explain_alias },
  { "unknown escape", NULL, explain_escape },
  { "unexpected end of stream", "quoted scalar", explain_open_quote },
  { "unexpected document indicator", "quoted scalar", explain_open_quote },
  { "did not find expected ','", "flow", explain_flow },
  { "did not find expected node content", "flow", explain_flow_value },
  { "comment or line break", "block scalar", explain_block_scalar },
  { "did not find expected <document start>", NULL, explain_end },
};

void
manifest_syntax_explain (const SyntaxError *error, GPtrArray *problems)
{
  const char *words = error->problem ?: "out of memory";
  const Slip slip = { error, problems, line_at (error->data, error->line), line_before (error->data, error->line) };

  for (gsize i = 0; i < G_N_ELEMENTS (rows); i++)
    if (strstr (words, rows[i].problem) != NULL
        && (rows[i].context == NULL || (error->context != NULL && strstr (error->context, rows[i].context) != NULL))
        && rows[i].explain (&slip))
      return;
  (void) say (&slip, error->line, error->column, "not valid YAML: %s%s%s", words, error->context != NULL ? " " : "", error->context ?: "");
}
