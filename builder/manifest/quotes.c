/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "builder/manifest/quotes.h"

#include <string.h>
#include <yaml.h>

/* What hostile files may make us scan again after an error. */
#define TOKENS_MAX 1000000

gboolean
quotes_last (const char *data, unsigned line, unsigned *ret_line, unsigned *ret_column, unsigned *ret_end)
{
  yaml_parser_t yaml;
  gboolean found = FALSE, more = TRUE;

  if (!yaml_parser_initialize (&yaml))
    return FALSE;
  yaml_parser_set_encoding (&yaml, YAML_UTF8_ENCODING);
  yaml_parser_set_input_string (&yaml, (const guchar *) data, strlen (data));
  for (unsigned i = 0; more && i < TOKENS_MAX; i++)
    {
      yaml_token_t token;

      if (!yaml_parser_scan (&yaml, &token))
        break;
      more = token.type != YAML_STREAM_END_TOKEN && token.start_mark.line <= line;
      if (token.type == YAML_SCALAR_TOKEN && token.end_mark.line == line && token.data.scalar.style != YAML_PLAIN_SCALAR_STYLE)
        {
          found = TRUE;
          *ret_line = (unsigned) token.start_mark.line;
          *ret_column = (unsigned) token.start_mark.column;
          *ret_end = (unsigned) token.end_mark.line;
        }
      yaml_token_delete (&token);
    }
  yaml_parser_delete (&yaml);
  return found;
}
