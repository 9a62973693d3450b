/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "builder/sources/kinds.h"

#include <string.h>

static const SourceKind *const kinds[] = {
  &source_kind_archive,
  &source_kind_bzr,
  &source_kind_dir,
  &source_kind_extra_data,
  &source_kind_file,
  &source_kind_git,
  &source_kind_inline,
  &source_kind_packages,
  &source_kind_patch,
  &source_kind_script,
  &source_kind_shell,
  &source_kind_svn,
};

const SourceKind *
source_kind_find (const char *type)
{
  for (gsize i = 0; i < G_N_ELEMENTS (kinds); i++)
    if (strcmp (kinds[i]->type, type) == 0)
      return kinds[i];
  return NULL;
}
