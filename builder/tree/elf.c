/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "builder/tree/elf.h"

#include <elf.h>
#include <string.h>
#include <unistd.h>

#include "base/file.h"

static gboolean
is_elf (int root_fd, const char *path)
{
  unsigned char head[EI_NIDENT + 2];
  struct stat st;
  /* O_NONBLOCK: whoever built the tree may have put a FIFO there. */
  autofd fd = file_open_beneath (root_fd, path, O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_NOCTTY, 0, NULL);

  if (fd < 0 || fstat (fd, &st) < 0 || !S_ISREG (st.st_mode) || read (fd, head, sizeof head) != (ssize_t) sizeof head
      || memcmp (head, ELFMAG, SELFMAG) != 0)
    return FALSE;
  gboolean big_endian = head[EI_DATA] == ELFDATA2MSB;
  unsigned type = big_endian ? head[EI_NIDENT] << 8 | head[EI_NIDENT + 1] : head[EI_NIDENT + 1] << 8 | head[EI_NIDENT];
  return type == ET_EXEC || type == ET_DYN;
}

GPtrArray *
elf_files (int root_fd, const GPtrArray *paths)
{
  GPtrArray *found = g_ptr_array_new ();

  for (guint i = 0; i < paths->len; i++)
    if (is_elf (root_fd, paths->pdata[i]))
      g_ptr_array_add (found, paths->pdata[i]);
  return found;
}
