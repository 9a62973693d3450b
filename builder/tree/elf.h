/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * Which files of a tree are programs or shared libraries that still have their symbols.
 */
#pragma once

#include <glib.h>

typedef struct
{
  char *path;          /* relative to the root */
  gboolean shared;     /* a shared library, or a program that can be loaded anywhere */
} ElfFile;

/* Those of `paths` (char *, relative to `root_fd`) that are ELF files of this machine's byte order with a table of symbols, and are
 * executable or named like a library (flatpak-builder's rule; a .zip that begins with a program is left alone).  Only headers
 * are read, and they are not trusted.  Elements (ElfFile) are freed with the array. */
GPtrArray *elf_with_symbols (int root_fd, const GPtrArray *paths);
