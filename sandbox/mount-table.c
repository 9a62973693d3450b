/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "sandbox/mount-table.h"

#include <errno.h>
#include <limits.h>
#include <string.h>
#include <sys/mount.h>
#include <unistd.h>

static int
table_byte (TableReader *table)
{
  if (table->next == table->used)
    {
      do
        table->used = read (table->fd, table->bytes, sizeof table->bytes);
      while (table->used < 0 && errno == EINTR);
      table->next = 0;
      table->error = table->used < 0 ? errno : 0;
      if (table->used <= 0)
        {
          table->used = 0;
          return -1;
        }
    }
  return (unsigned char) table->bytes[table->next++];
}

/* The next field of a line, cut when it is too long for `buffer` (no path that we look for is); returns the
 * byte that ended it, or -1 at the end of the table. */
static int
table_field (TableReader *table, char *buffer, size_t size)
{
  size_t length = 0;
  int byte;

  while ((byte = table_byte (table)) >= 0 && byte != ' ' && byte != '\n')
    if (length + 1 < size)
      buffer[length++] = (char) byte;
  buffer[length] = '\0';
  return byte;
}

/* Space, tab, newline and backslash are written as three octal digits. */
static void
field_unescape (char *field)
{
  char *out = field;

  for (char *in = field; *in != '\0'; in++)
    {
      if (in[0] == '\\' && in[1] >= '0' && in[1] <= '3' && in[2] != '\0' && in[3] != '\0')
        {
          *out++ = (char) ((in[1] - '0') * 64 + (in[2] - '0') * 8 + (in[3] - '0'));
          in += 3;
        }
      else
        *out++ = *in;
    }
  *out = '\0';
}

/* -1 for one that no kernel gives. */
static int
number_of (const char *field)
{
  int number = 0;

  for (; *field >= '0' && *field <= '9'; field++)
    if (number > (INT_MAX - 9) / 10)
      return -1;
    else
      number = number * 10 + (*field - '0');
  return number;
}

bool
table_line (TableReader *table, TableLine *ret_line)
{
  char field[16];
  int byte = table_field (table, field, sizeof field);

  ret_line->id = number_of (field);
  if (byte >= 0)
    byte = table_field (table, field, sizeof field);
  ret_line->parent = number_of (field);
  for (int i = 0; i < 2 && byte != '\n' && byte >= 0; i++)
    byte = table_field (table, field, sizeof field);
  if (byte < 0)
    return false;
  (void) table_field (table, ret_line->point, sizeof ret_line->point);
  byte = table_field (table, ret_line->options, sizeof ret_line->options);
  while (byte >= 0 && byte != '\n')
    byte = table_byte (table);
  field_unescape (ret_line->point);
  return true;
}

unsigned long
table_flags (const char *options)
{
  static const struct { const char *name; unsigned long flag; } known[] = {
    { "ro", MS_RDONLY }, { "nosuid", MS_NOSUID }, { "nodev", MS_NODEV }, { "noexec", MS_NOEXEC },
    { "noatime", MS_NOATIME }, { "nodiratime", MS_NODIRATIME }, { "relatime", MS_RELATIME },
  };
  unsigned long flags = 0;

  while (*options != '\0')
    {
      size_t length = strcspn (options, ",");

      for (size_t i = 0; i < sizeof known / sizeof known[0]; i++)
        if (strlen (known[i].name) == length && strncmp (known[i].name, options, length) == 0)
          flags |= known[i].flag;
      options += length + (options[length] == ',');
    }
  return flags;
}
