/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "runner/plan/exports.h"

#include <string.h>

#include "base/file.h"
#include "bundle/filesystem.h"
#include "runner/place.h"
#include "runner/plan/context.h"

static void
export_free (gpointer data)
{
  Export *export = data;
  g_free (export->path);
  g_free (export->source);
  file_close_fd (&export->fd);
  g_free (export->origin);
  g_free (export);
}

Exports *
exports_new (void)
{
  Exports *exports = g_new0 (Exports, 1);
  exports->places = g_ptr_array_new_with_free_func (export_free);
  exports->links = g_ptr_array_new_with_free_func ((GDestroyNotify) place_link_free);
  return exports;
}

void
exports_free (Exports *exports)
{
  if (exports == NULL)
    return;
  g_ptr_array_unref (exports->places);
  g_ptr_array_unref (exports->links);
  g_free (exports);
}

/* Which of two exports of one path stays. */
static gboolean
wins (const Export *a, const Export *b)
{
  if (a->ours != b->ours)
    return a->ours;
  return a->mode > b->mode;
}

static void
add (Exports *exports, const char *path, const char *source, int fd, ExportMode mode, gboolean ours, const char *origin)
{
  Export *export = g_new0 (Export, 1);
  struct stat st;

  export->path = g_strdup (path);
  export->source = g_strdup (source);
  export->fd = fd;
  export->mode = mode;
  export->ours = ours;
  export->origin = g_strdup (origin);
  export->is_dir = fd < 0 || (fstat (fd, &st) == 0 && S_ISDIR (st.st_mode));

  for (guint i = 0; i < exports->places->len; i++)
    {
      Export *old = exports->places->pdata[i];
      if (strcmp (old->path, path) != 0)
        continue;
      if (wins (export, old))
        {
          exports->places->pdata[i] = export;
          export = old;
        }
      export_free (export);
      return;
    }
  g_ptr_array_add (exports->places, export);
}

void
exports_add (Exports *exports, const char *path, const char *source, int fd, ExportMode mode, const char *origin)
{
  add (exports, path, source, fd, mode, FALSE, origin);
}

void
exports_add_ours (Exports *exports, const char *path, const char *source, int fd, ExportMode mode, const char *origin)
{
  add (exports, path, source, fd, mode, TRUE, origin);
}

const Export *
exports_covering (const Exports *exports, const char *path)
{
  const Export *nearest = NULL;

  for (guint i = 0; i < exports->places->len; i++)
    {
      const Export *export = exports->places->pdata[i];
      if (place_is_below (path, export->path)
          && (nearest == NULL || strlen (export->path) > strlen (nearest->path)))
        nearest = export;
    }
  return nearest;
}

guint
exports_drop_below (Exports *exports, const char *path)
{
  guint n_dropped = 0;

  for (guint i = exports->places->len; i-- > 0;)
    {
      const Export *export = exports->places->pdata[i];
      if (export->source == NULL || export->ours || !place_is_below (export->source, path))
        continue;
      g_ptr_array_remove_index (exports->places, i);
      n_dropped++;
    }
  return n_dropped;
}

static int
compare_exports (gconstpointer a, gconstpointer b)
{
  const Export *const *left = a, *const *right = b;
  return strcmp ((*left)->path, (*right)->path);
}

/* Whether something of the host can be seen at `path` because of the exports before it, so that it needs covering. */
static gboolean
parent_is_shown (const Exports *exports, guint n_before, const char *path)
{
  const Export *nearest = NULL;

  for (guint i = 0; i < n_before; i++)
    {
      const Export *export = exports->places->pdata[i];
      if (place_is_below (path, export->path))
        nearest = export; /* sorted: the last match is the nearest */
    }
  return nearest != NULL && (nearest->mode == EXPORT_READ_ONLY || nearest->mode == EXPORT_READ_WRITE);
}

/* What covers a place of ours is of no use when a folder above it can be renamed and another one be put there, which
 * the next start would take for ours.  A mount cannot be renamed; so every folder on the way becomes one. */
static void
emit_pins (const Exports *exports, const char *path, SandboxPlan *plan, GHashTable *done)
{
  for (const char *end = strchr (path + 1, '/'); end != NULL; end = strchr (end + 1, '/'))
    {
      g_autofree char *parent = g_strndup (path, end - path);
      const Export *covering = exports_covering (exports, parent);

      if (covering == NULL || covering->mode != EXPORT_READ_WRITE || g_str_equal (covering->path, parent)
          || g_hash_table_contains (done, parent))
        continue;
      (void) sandbox_plan_pin (plan, parent, "default");
      (void) g_hash_table_add (done, g_steal_pointer (&parent));
    }
}

static void
emit_export (const Exports *exports, guint index, SandboxPlan *plan, GHashTable *pinned)
{
  Export *export = exports->places->pdata[index];

  if (export->ours && export->mode != EXPORT_READ_WRITE && parent_is_shown (exports, index, export->path))
    emit_pins (exports, export->path, plan, pinned);
  switch (export->mode)
    {
    case EXPORT_READ_ONLY:
    case EXPORT_READ_WRITE:
      (void) sandbox_plan_bind_fd (plan, file_steal_fd (&export->fd), export->source, export->path,
                                   export->mode == EXPORT_READ_ONLY ? SANDBOX_BIND_READ_ONLY : SANDBOX_BIND_SLAVE,
                                   export->origin);
      break;
    case EXPORT_EMPTY:
      (void) sandbox_plan_tmpfs (plan, export->path, 0700, 0, export->origin);
      break;
    case EXPORT_DENIED:
      if (!parent_is_shown (exports, index, export->path))
        break;
      if (export->is_dir)
        (void) sandbox_plan_tmpfs (plan, export->path, 0755, 0, export->origin);
      else
        (void) sandbox_plan_hide (plan, export->path, export->origin);
      break;
    case EXPORT_HIDDEN:
      if (parent_is_shown (exports, index, export->path))
        (void) sandbox_plan_hide (plan, export->path, export->origin);
      break;
    }
}

/* Places that base.c makes in any case; a host where one of them is a link changes nothing inside. */
static gboolean
is_base_place (const char *path)
{
  static const char *const places[] = { "/tmp", "/run", "/run/user", "/var", "/var/run", "/var/tmp", "/var/cache",
                                        "/var/data", "/var/config", NULL };
  return g_strv_contains (places, path) || filesystem_path_is_reserved (path);
}

static void
emit_links (const Exports *exports, SandboxPlan *plan)
{
  g_autoptr (GHashTable) done = g_hash_table_new (g_str_hash, g_str_equal);

  for (guint i = 0; i < exports->links->len; i++)
    {
      const PlaceLink *link = exports->links->pdata[i];
      const Export *covering = exports_covering (exports, link->path);
      gboolean visible = covering != NULL && (covering->mode == EXPORT_READ_ONLY || covering->mode == EXPORT_READ_WRITE);
      if (g_hash_table_add (done, link->path) && !visible && !is_base_place (link->path))
        (void) sandbox_plan_symlink (plan, link->target, link->path, "link on the way to a shared place");
    }
}

/* Write the records, parents first. */
static void
exports_emit (Exports *exports, SandboxPlan *plan)
{
  g_autoptr (GHashTable) pinned = g_hash_table_new_full (g_str_hash, g_str_equal, g_free, NULL);

  g_ptr_array_sort (exports->places, compare_exports);
  for (guint i = 0; i < exports->places->len; i++)
    emit_export (exports, i, plan, pinned);
  emit_links (exports, plan);
}

gboolean
plan_exports (PlanContext *context, GError **error)
{
  exports_emit (context->exports, context->plan);
  return TRUE;
}
