/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "builder/sources/kinds.h"

#include <string.h>

#include "base/error.h"
#include "builder/sources/fetch.h"

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

const char *const *
source_kind_names (void)
{
  static const char *names[G_N_ELEMENTS (kinds) + 1];
  static gsize once = 0;

  if (g_once_init_enter (&once))
    {
      for (gsize i = 0; i < G_N_ELEMENTS (kinds); i++)
        names[i] = kinds[i]->type;
      g_once_init_leave (&once, 1);
    }
  return names;
}

static gboolean
source_fetch_one (const ManifestSource *source, const SourceContext *context, GPtrArray *items, GError **error)
{
  const SourceKind *kind = source_kind_find (source->type);
  gboolean ok = TRUE;

  if (kind == NULL)
    ok = error_throw (error, "There is no source of type %s", source->type);
  else if (kind->queue != NULL)
    ok = kind->queue (source, context, items, error);
  else if (kind->fetch != NULL)
    ok = kind->fetch (source, context, error);
  if (!ok && source->place.file != NULL)
    error_prefix (error, "%s:%u", source->place.file, source->place.line);
  return ok;
}

gboolean
source_fetch_all (GPtrArray *sources, const SourceContext *context, GError **error)
{
  g_autoptr (GPtrArray) items = g_ptr_array_new_with_free_func ((GDestroyNotify) fetch_item_free);
  FetchOptions options = { .cache_fd = context->cache_fd, .offline = context->offline, .progress = context->progress };

  for (guint i = 0; i < sources->len; i++)
    if (!source_fetch_one (g_ptr_array_index (sources, i), context, items, error))
      return FALSE;
  return fetch_files (items, &options, error);
}
