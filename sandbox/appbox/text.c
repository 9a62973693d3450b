/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "sandbox/appbox/text.h"

#include "sandbox/appbox/appbox.h"

#include <errno.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define TEXT_MAX ((size_t) 64 << 20)

/* Read until the end, or until `room` is full; returns how much that was. */
static size_t
text_fill (const char *option, int fd, char *room, size_t size)
{
  size_t used = 0;

  while (used < size)
    {
      ssize_t n = read (fd, room + used, size - used);

      if (n < 0 && errno == EINTR)
        continue;
      if (n < 0)
        appbox_die ("Can't read from the descriptor of %s: %s", option, strerror (errno));
      if (n == 0)
        break;
      used += (size_t) n;
    }
  return used;
}

/* What is short, as most of it is, gets no more memory than it needs: pages that are touched for each descriptor would take longer
 * than to read it. */
char *
text_read (const char *option, int fd, size_t *ret_size)
{
  static char first[4096];
  size_t allocated = sizeof first;
  size_t size = text_fill (option, fd, first, sizeof first);
  bool is_whole = size < sizeof first;
  char *text = malloc ((is_whole ? size : allocated) + 1);

  if (text == NULL)
    appbox_die ("out of memory");
  memcpy (text, first, size);
  while (!is_whole)
    {
      allocated *= 2;
      text = realloc (text, allocated + 1);
      if (text == NULL)
        appbox_die ("out of memory");
      size += text_fill (option, fd, text + size, allocated - size);
      if (size > TEXT_MAX)
        appbox_die ("the descriptor of %s gives more than 64 MiB", option);
      is_whole = size < allocated;
    }
  text[size] = '\0';
  (void) close (fd);
  *ret_size = size;
  return text;
}
