/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * Files that a build leaves and that the steps after it read: programs, compiled Python, desktop files with their changes.  The input is the
 * content of all of them, in turn; the first byte says what else is asked for.
 */
#include "base/file.h"
#include "builder/rename.h"
#include "builder/tree/elf.h"
#include "builder/tree/needs.h"
#include "builder/tree/pyc.h"
#include "bundle/desktop-file.h"
#include "tests/fuzz/entry.h"

#include <elf.h>
#include <stdlib.h>
#include <string.h>

#define ID "org.example.App"

static char *top;
static int tree_fd = -1;

static void
remove_top (void)
{
  (void) file_remove_tree (AT_FDCWD, top, NULL);
  g_free (top);
}

static void
make_top (void)
{
  static const char *const folders[] = { "lib", "share/applications", "share/metainfo", "share/mime/packages",
                                         "share/icons/hicolor/48x48/apps" };

  top = g_dir_make_tmp ("fuzz-built-XXXXXX", NULL);
  tree_fd = top != NULL ? file_open (AT_FDCWD, top, O_RDONLY | O_DIRECTORY, 0, NULL) : -1;
  for (gsize i = 0; i < G_N_ELEMENTS (folders); i++)
    {
      autofd fd = file_mkdir_p (tree_fd, folders[i], 0755, NULL);

      if (fd < 0)
        abort ();
    }
  if (atexit (remove_top) != 0)
    abort ();
}

static void
put (const char *path, const void *data, gsize size)
{
  if (!file_write_unsynced (tree_fd, path, data, size, 0755, NULL))
    abort ();
}

static void
use_files (const uint8_t *data, size_t size)
{
  g_autoptr (GPtrArray) paths = g_ptr_array_new ();

  put ("lib/x.so", data, size);
  put ("lib/x.pyc", data, size);
  put ("lib/x.py", "", 0);
  g_ptr_array_add (paths, (char *) "lib/x.so");
  g_ptr_array_add (paths, (char *) "lib/x.pyc");
  g_autoptr (GPtrArray) symbols = elf_with_symbols (tree_fd, paths);
  g_autoptr (GPtrArray) needs = elf_needs (tree_fd, "lib/x.so");
  if (!pyc_fix (tree_fd, paths, 1, NULL))
    abort ();
  (void) file_remove_tree (tree_fd, "lib/x.pyc", NULL);
}

/* What we change in a desktop file leaves it one that may be exported, or one that might not before. */
static void
use_desktop (unsigned what, const char *text, size_t size)
{
  Manifest manifest = { .id = (char *) ID };
  gboolean good = desktop_file_check (text, size, NULL);
  g_autoptr (GPtrArray) notes = g_ptr_array_new_with_free_func (g_free);

  put ("share/applications/a.desktop", text, size);
  put ("share/metainfo/" ID ".metainfo.xml", text, size);
  manifest.rename_desktop_file = (char *) "a.desktop";
  if (what & 1)
    manifest.desktop_file_name_prefix = (char *) "Pre ";
  if (what & 2)
    manifest.desktop_file_name_suffix = (char *) " (post)";
  if (what & 4)
    {
      manifest.rename_icon = (char *) "icon";
      put ("share/icons/hicolor/48x48/apps/icon.png", "", 0);
    }
  if (rename_finish (&manifest, tree_fd, notes, NULL))
    {
      gsize length = 0;
      g_autofree char *result = file_read_beneath (tree_fd, "share/applications/" ID ".desktop", 1 << 20, &length, NULL);

      if (result == NULL || (good && !desktop_file_check (result, length, NULL)))
        abort ();
    }
  (void) file_remove_tree (tree_fd, "share/applications/" ID ".desktop", NULL);
}

int
LLVMFuzzerTestOneInput (const uint8_t *data, size_t size)
{
  if (tree_fd < 0)
    make_top ();
  if (size == 0 || size > 65536)
    return 0;
  use_files (data + 1, size - 1);
  use_desktop (data[0], (const char *) data + 1, size - 1);
  return 0;
}

static GByteArray *
make_elf (void)
{
  GByteArray *bytes = g_byte_array_new ();
  Elf64_Ehdr head = { .e_ident = { 0x7f, 'E', 'L', 'F', ELFCLASS64, ELFDATA2LSB, EV_CURRENT }, .e_type = ET_DYN, .e_machine = EM_X86_64,
                      .e_phoff = sizeof head, .e_phentsize = sizeof (Elf64_Phdr), .e_phnum = 2, .e_ehsize = sizeof head,
                      .e_shentsize = sizeof (Elf64_Shdr), .e_shnum = 2 };
  const gsize dynamic = sizeof head + 2 * sizeof (Elf64_Phdr), strings = dynamic + 4 * sizeof (Elf64_Dyn);
  const Elf64_Phdr programs[2] = { { .p_type = PT_LOAD, .p_filesz = 4096, .p_memsz = 4096 },
                                   { .p_type = PT_DYNAMIC, .p_offset = dynamic, .p_filesz = 4 * sizeof (Elf64_Dyn) } };
  const Elf64_Dyn entries[4] = { { DT_STRTAB, { strings } }, { DT_NEEDED, { 1 } }, { DT_NEEDED, { 9 } }, { DT_NULL, { 0 } } };
  const Elf64_Shdr sections[2] = { { .sh_type = SHT_NULL }, { .sh_type = SHT_SYMTAB } };
  static const char names[32] = "\0liba.so\0libb.so.1";

  head.e_shoff = strings + sizeof names;
  g_byte_array_append (bytes, (const guint8 *) "\0", 1);
  g_byte_array_append (bytes, (const guint8 *) &head, sizeof head);
  g_byte_array_append (bytes, (const guint8 *) programs, sizeof programs);
  g_byte_array_append (bytes, (const guint8 *) entries, sizeof entries);
  g_byte_array_append (bytes, (const guint8 *) names, sizeof names);
  return g_byte_array_append (bytes, (const guint8 *) sections, sizeof sections);
}

uint8_t *
fuzz_seed (size_t number, size_t *ret_size)
{
  static const char *const texts[] = {
    "\7[Desktop Entry]\nType=Application\nName=A\nName[de]=B\nExec=app %U\nIcon=icon\n\n[Desktop Action n]\nName=N\nExec=app -n\nIcon=icon\n",
    "\1# a comment\n[Desktop Entry]\nName=\\sA\\n\nExec=\"app\" @x\n", "\4<component><id>a.desktop</id></component>",
    "\2\xa7\x0d\x0d\x0a" "\1\1\1\1" "\1\1\1\1" "\1\1\1\1" "rest",
  };
  g_autoptr (GByteArray) bytes = number == G_N_ELEMENTS (texts) ? make_elf () : NULL;

  if (number > G_N_ELEMENTS (texts))
    return NULL;
  *ret_size = bytes != NULL ? bytes->len : strlen (texts[number]);
  return g_memdup2 (bytes != NULL ? (const void *) bytes->data : texts[number], *ret_size);
}

const char *const fuzz_words[] = { "[", "]\n", "=", "\n", "\\s", "\\", "@@", "%f", "Exec=", "Name[", "Icon=icon", "\x7f" "ELF", "\r\n",
                                   "\xff\xff\xff\xff\xff\xff\xff\x7f", "\1", "#", NULL };
