/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * The names stand in the dynamic section, as offsets into its string table, whose place is given as a memory address.  So: find
 * the section and the loaded segments in the program headers, turn the address into a place in the file, read the names
 * there.  Every number is the file's own and is believed only within the bounds below; a file that goes beyond has no needs.
 */
#include "builder/tree/needs.h"

#include <elf.h>
#include <link.h>
#include <string.h>
#include <unistd.h>

#include "base/file.h"

#define HEADERS_MAX 128
#define DYNAMIC_MAX 8192
#define NAME_MAX_LENGTH 255

typedef ElfW (Phdr) Header;

typedef struct
{
  int fd;
  Header headers[HEADERS_MAX];
  unsigned n_headers;
} ElfFile;

static gboolean
read_at (int fd, void *buffer, gsize length, guint64 offset)
{
  return offset <= G_MAXINT64 && pread (fd, buffer, length, (off_t) offset) == (ssize_t) length;
}

static gboolean
read_headers (ElfFile *file)
{
  ElfW (Ehdr) head;

  if (!read_at (file->fd, &head, sizeof head, 0) || memcmp (head.e_ident, ELFMAG, SELFMAG) != 0
      || head.e_ident[EI_CLASS] != (sizeof (void *) == 8 ? ELFCLASS64 : ELFCLASS32)
      || head.e_ident[EI_DATA] != (G_BYTE_ORDER == G_LITTLE_ENDIAN ? ELFDATA2LSB : ELFDATA2MSB)
      || head.e_phentsize != sizeof (Header) || head.e_phnum > HEADERS_MAX)
    return FALSE;
  file->n_headers = head.e_phnum;
  return read_at (file->fd, file->headers, file->n_headers * sizeof (Header), head.e_phoff);
}

static gboolean
find_place (const ElfFile *file, guint64 address, guint64 *ret_offset)
{
  for (unsigned i = 0; i < file->n_headers; i++)
    {
      const Header *header = &file->headers[i];

      if (header->p_type != PT_LOAD || address < header->p_vaddr || address - header->p_vaddr >= header->p_filesz)
        continue;
      *ret_offset = header->p_offset + (address - header->p_vaddr);
      return *ret_offset >= header->p_offset;
    }
  return FALSE;
}

static gboolean
read_dynamic (const ElfFile *file, GArray *entries)
{
  for (unsigned i = 0; i < file->n_headers; i++)
    {
      const Header *header = &file->headers[i];

      if (header->p_type != PT_DYNAMIC)
        continue;
      guint n = (guint) MIN (header->p_filesz / sizeof (ElfW (Dyn)), DYNAMIC_MAX);
      g_array_set_size (entries, n);
      return read_at (file->fd, entries->data, n * sizeof (ElfW (Dyn)), header->p_offset);
    }
  return FALSE;
}

static void
add_name (const ElfFile *file, guint64 strings, guint64 offset, GPtrArray *names)
{
  char name[NAME_MAX_LENGTH + 1] = "";
  guint64 place;

  if (!g_uint64_checked_add (&place, strings, offset) || place > G_MAXINT64)
    return;
  ssize_t n = pread (file->fd, name, NAME_MAX_LENGTH, (off_t) place);
  if (n > 0 && name[0] != '\0' && memchr (name, '\0', (gsize) n) != NULL)
    g_ptr_array_add (names, g_strdup (name));
}

static int
compare (gconstpointer a, gconstpointer b)
{
  return strcmp (*(const char *const *) a, *(const char *const *) b);
}

GPtrArray *
elf_needs (int root_fd, const char *path)
{
  GPtrArray *names = g_ptr_array_new_with_free_func (g_free);
  g_autoptr (GArray) entries = g_array_new (FALSE, TRUE, sizeof (ElfW (Dyn)));
  guint64 strings = 0;
  gboolean known = FALSE;
  autofd fd = file_open_beneath (root_fd, path, O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_NOCTTY, 0, NULL);
  ElfFile file = { .fd = fd };

  if (fd < 0 || !read_headers (&file) || !read_dynamic (&file, entries))
    return names;
  for (guint i = 0; i < entries->len && g_array_index (entries, ElfW (Dyn), i).d_tag != DT_NULL; i++)
    if (g_array_index (entries, ElfW (Dyn), i).d_tag == DT_STRTAB)
      known = find_place (&file, g_array_index (entries, ElfW (Dyn), i).d_un.d_ptr, &strings);
  for (guint i = 0; known && i < entries->len && g_array_index (entries, ElfW (Dyn), i).d_tag != DT_NULL; i++)
    if (g_array_index (entries, ElfW (Dyn), i).d_tag == DT_NEEDED)
      add_name (&file, strings, g_array_index (entries, ElfW (Dyn), i).d_un.d_val, names);
  g_ptr_array_sort (names, compare);
  return names;
}
