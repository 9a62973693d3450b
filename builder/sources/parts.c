/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "builder/sources/source.h"

static void
part_free (gpointer data)
{
  SourcePart *part = data;

  g_free (part->name);
  g_free (part->version);
  g_free (part->arch);
  g_free (part->commit);
  g_free (part->sha256);
  g_free (part->path);
  g_free (part);
}

GPtrArray *
source_parts_new (void)
{
  return g_ptr_array_new_with_free_func (part_free);
}

void
source_parts_add (GPtrArray *parts, const SourcePart *part)
{
  SourcePart *copy = g_new (SourcePart, 1);

  *copy = (SourcePart){ g_strdup (part->name), g_strdup (part->version), g_strdup (part->arch), g_strdup (part->commit),
                        g_strdup (part->sha256), g_strdup (part->path), part->size };
  g_ptr_array_add (parts, copy);
}
