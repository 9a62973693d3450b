/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * Which files of a tree are programs or shared libraries.
 */
#pragma once

#include <glib.h>

/* Those of `paths` (char *, relative to `root_fd`) that are ELF executables or shared objects; only their first bytes are read.
 * Elements belong to `paths`. */
GPtrArray *elf_files (int root_fd, const GPtrArray *paths);
