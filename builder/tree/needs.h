/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * Which libraries an ELF file asks the loader for.
 */
#pragma once

#include <glib.h>

/* Their names (char *, sorted), of a file of this machine's kind; empty for everything else.  The file is not trusted. */
GPtrArray *elf_needs (int root_fd, const char *path);
