/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * The kinds that exist.  A new one: its file, a line here and a row in kinds.c.
 */
#pragma once

#include "builder/sources/source.h"

extern const SourceKind source_kind_archive;
extern const SourceKind source_kind_bzr;
extern const SourceKind source_kind_dir;
extern const SourceKind source_kind_extra_data;
extern const SourceKind source_kind_file;
extern const SourceKind source_kind_git;
extern const SourceKind source_kind_inline;
extern const SourceKind source_kind_packages;
extern const SourceKind source_kind_patch;
extern const SourceKind source_kind_script;
extern const SourceKind source_kind_shell;
extern const SourceKind source_kind_svn;
