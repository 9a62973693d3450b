/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "sandbox/appbox/text.h"

#include "sandbox/appbox/appbox.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define TEXT_MAX ((size_t) 64 << 20)

char *
text_read (const char *option, int fd, size_t *ret_size)
{
  size_t allocated = 4096;
  size_t size = 0;
  char *text = malloc (allocated + 1);

  for (;;)
    {
      ssize_t n = text == NULL ? 0 : read (fd, text + size, allocated - size);

      if (text == NULL)
        appbox_die ("out of memory");
      if (n < 0 && errno == EINTR)
        continue;
      if (n < 0)
        appbox_die ("Can't read from the descriptor of %s: %s", option, strerror (errno));
      size += (size_t) n;
      if (size > TEXT_MAX)
        appbox_die ("the descriptor of %s gives more than 64 MiB", option);
      if (n == 0)
        break;
      if (size == allocated)
        {
          char *larger = realloc (text, allocated * 2 + 1);

          if (larger == NULL)
            free (text);
          text = larger;
          allocated *= 2;
        }
    }
  text[size] = '\0';
  (void) close (fd);
  *ret_size = size;
  return text;
}
