/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "builder/tree/elf.h"

#include <elf.h>
#include <string.h>
#include <unistd.h>

#include "base/file.h"

#if G_BYTE_ORDER == G_LITTLE_ENDIAN
#define OWN_ORDER ELFDATA2LSB
#else
#define OWN_ORDER ELFDATA2MSB
#endif

/* What the two classes have in common. */
typedef struct
{
  unsigned type;
  guint64 table;         /* of sections: its place, the number of entries and the size of one */
  unsigned n_entries, entry_size;
  gsize type_offset;     /* in an entry: what it is */
} Sections;

static void
elf_file_free (gpointer data)
{
  ElfFile *file = data;

  g_free (file->path);
  g_free (file);
}

static gboolean
read_at (int fd, void *buffer, gsize size, guint64 offset)
{
  return offset <= G_MAXINT64 - size && pread (fd, buffer, size, (off_t) offset) == (ssize_t) size;
}

static gboolean
read_head (int fd, Sections *ret_sections)
{
  union
  {
    unsigned char ident[EI_NIDENT];
    Elf32_Ehdr narrow;
    Elf64_Ehdr wide;
  } head;

  if (!read_at (fd, head.ident, sizeof head.ident, 0) || memcmp (head.ident, ELFMAG, SELFMAG) != 0 || head.ident[EI_DATA] != OWN_ORDER)
    return FALSE;
  if (head.ident[EI_CLASS] == ELFCLASS64 && read_at (fd, &head.wide, sizeof head.wide, 0))
    *ret_sections = (Sections){ head.wide.e_type, head.wide.e_shoff, head.wide.e_shnum, head.wide.e_shentsize,
                                G_STRUCT_OFFSET (Elf64_Shdr, sh_type) };
  else if (head.ident[EI_CLASS] == ELFCLASS32 && read_at (fd, &head.narrow, sizeof head.narrow, 0))
    *ret_sections = (Sections){ head.narrow.e_type, head.narrow.e_shoff, head.narrow.e_shnum, head.narrow.e_shentsize,
                                G_STRUCT_OFFSET (Elf32_Shdr, sh_type) };
  else
    return FALSE;
  return TRUE;
}

static gboolean
has_symbols (int fd, const Sections *sections)
{
  if (sections->entry_size < sections->type_offset + sizeof (guint32))
    return FALSE;
  for (unsigned i = 0; i < sections->n_entries; i++)
    {
      guint32 type;

      if (!read_at (fd, &type, sizeof type, sections->table + (guint64) i * sections->entry_size + sections->type_offset))
        return FALSE;
      if (type == SHT_SYMTAB)
        return TRUE;
    }
  return FALSE;
}

static gboolean
is_candidate (const char *path, const struct stat *st)
{
  const char *slash = strrchr (path, '/');
  const char *name = slash != NULL ? slash + 1 : path;

  return S_ISREG (st->st_mode) && !g_str_has_suffix (name, ".zip")
         && ((st->st_mode & 0111) != 0 || g_str_has_suffix (name, ".so") || strstr (name, ".so.") != NULL);
}

GPtrArray *
elf_with_symbols (int root_fd, const GPtrArray *paths)
{
  GPtrArray *found = g_ptr_array_new_with_free_func (elf_file_free);

  for (guint i = 0; i < paths->len; i++)
    {
      Sections sections;
      struct stat st;
      /* O_NONBLOCK: whoever built the tree may have put a FIFO there. */
      autofd fd = file_open_beneath (root_fd, paths->pdata[i], O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_NOCTTY, 0, NULL);

      if (fd < 0 || fstat (fd, &st) < 0 || !is_candidate (paths->pdata[i], &st) || !read_head (fd, &sections)
          || !has_symbols (fd, &sections))
        continue;
      ElfFile *file = g_new (ElfFile, 1);
      file->path = g_strdup (paths->pdata[i]);
      file->shared = sections.type == ET_DYN;
      g_ptr_array_add (found, file);
    }
  return found;
}
