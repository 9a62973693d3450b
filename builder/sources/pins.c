/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "builder/sources/pins.h"

#include <string.h>

#include "base/error.h"
#include "base/file.h"
#include "builder/manifest/problem.h"
#include "builder/sources/cache.h"
#include "builder/sources/content.h"
#include "builder/sources/fetch.h"

/* A download without hash is taken into memory. */
#define DOWNLOAD_MAX (G_GUINT64_CONSTANT (1) << 30)

typedef gboolean (*Visit) (ManifestSource *source, gpointer data, GError **error);

static gboolean
is_open_repository (const ManifestSource *source)
{
  return g_str_equal (source->type, "git") && source->url != NULL && source->commit == NULL;
}

static gboolean
is_open_download (const ManifestSource *source)
{
  return (g_str_equal (source->type, "archive") || g_str_equal (source->type, "file")) && source->url != NULL
         && !g_str_has_prefix (source->url, "data:") && source->sha256 == NULL && source->sha512 == NULL && source->sha1 == NULL
         && source->md5 == NULL;
}

/* NULL for a download. */
static const char *
ref_of (const ManifestSource *source)
{
  return is_open_download (source) ? NULL : source->branch ?: source->tag ?: "";
}

/* Every source that the manifest leaves open, nested modules too. */
static gboolean
visit_open (const GPtrArray *modules, Visit visit, gpointer data, GError **error)
{
  for (guint i = 0; i < modules->len; i++)
    {
      const ManifestModule *module = modules->pdata[i];

      for (guint j = 0; j < module->sources->len; j++)
        {
          ManifestSource *source = module->sources->pdata[j];

          if ((is_open_repository (source) || is_open_download (source)) && !visit (source, data, error))
            return FALSE;
        }
      if (!visit_open (module->modules, visit, data, error))
        return FALSE;
    }
  return TRUE;
}

typedef struct
{
  Lock *lock;
  const SourceContext *context;
  guint n;
} Resolve;

static char *
resolve_repository (const ManifestSource *source, const SourceContext *context, GError **error)
{
  const SourceKind *kind = source_kind_find (source->type);
  g_autoptr (GPtrArray) parts = source_parts_new ();

  if (!kind->fetch (source, context, error) || !kind->resolve (source, context, parts, error))
    return NULL;
  return g_strdup (((const SourcePart *) parts->pdata[0])->commit);
}

/* What came is kept, so that the build has it already. */
static char *
resolve_download (const ManifestSource *source, const SourceContext *context, GError **error)
{
  const FetchOptions options = { .cache_fd = context->cache_fd, .offline = context->offline };
  g_auto (GStrv) urls = content_urls (source, context, error);
  gsize length = 0;
  g_autofree char *data = urls != NULL ? fetch_document (urls[0], source->url, DOWNLOAD_MAX, &options, &length, error) : NULL;
  autofd downloads = data != NULL ? cache_downloads (context->cache_fd, error) : -1;

  if (downloads < 0)
    return NULL;
  g_autofree char *sum = g_compute_checksum_for_data (G_CHECKSUM_SHA256, (const guchar *) data, length);
  if (!file_write_atomic (downloads, sum, data, length, 0644, error))
    return NULL;
  return g_steal_pointer (&sum);
}

static gboolean
resolve_one (ManifestSource *source, gpointer data, GError **error)
{
  Resolve *resolve = data;
  g_autofree char *what = g_strconcat ("asking ", source->url, NULL);
  g_autofree char *value = NULL;

  resolve->n++;
  if (lock_pin (resolve->lock, source->url, ref_of (source)) != NULL)
    return TRUE;
  progress_step (resolve->context->progress, what);
  value = is_open_download (source) ? resolve_download (source, resolve->context, error)
                                    : resolve_repository (source, resolve->context, error);
  if (value == NULL)
    return error_prefix (error, "%s:%u", source->place.file, source->place.line);
  return lock_put_pin (resolve->lock, source->url, ref_of (source), value, error);
}

gboolean
pins_resolve (const Manifest *manifest, Lock *lock, const SourceContext *context, guint *ret_n, GError **error)
{
  Resolve resolve = { .lock = lock, .context = context };

  lock_drop_pins (lock);
  if (!visit_open (manifest->modules, resolve_one, &resolve, error))
    return FALSE;
  *ret_n = resolve.n;
  return TRUE;
}

static gboolean
add_name (ManifestSource *source, gpointer data, GError **error)
{
  g_hash_table_add (data, lock_pin_name (source->url, ref_of (source)));
  return TRUE;
}

void
pins_check (const Manifest *manifest, const Lock *lock, GPtrArray *problems)
{
  g_autoptr (GHashTable) wanted = g_hash_table_new_full (g_str_hash, g_str_equal, g_free, NULL);
  g_autoptr (GHashTable) had = g_hash_table_new_full (g_str_hash, g_str_equal, g_free, NULL);
  const GPtrArray *pins = lock_pins (lock);
  GHashTableIter iter;
  gpointer name;

  (void) visit_open (manifest->modules, add_name, wanted, NULL); /* cannot fail */
  for (guint i = 0; i < pins->len; i++)
    {
      const LockPin *pin = pins->pdata[i];
      char *own = lock_pin_name (pin->url, pin->ref);

      if (!g_hash_table_contains (wanted, own))
        g_ptr_array_add (problems, g_strdup_printf ("it has %s, which the manifest does not leave open", own));
      g_hash_table_add (had, own);
    }
  g_hash_table_iter_init (&iter, wanted);
  while (g_hash_table_iter_next (&iter, &name, NULL))
    if (!g_hash_table_contains (had, name))
      g_ptr_array_add (problems, g_strdup_printf ("it lacks %s", (const char *) name));
}

typedef struct
{
  const Manifest *manifest;
  const Lock *lock;            /* NULL: there is none */
  const char *path;
  GPtrArray *problems;
} Apply;

/* The commit alone: where the branch is now is another thing.  A tag must still be there. */
static gboolean
apply_one (ManifestSource *source, gpointer data, GError **error)
{
  const Apply *apply = data;
  const char *value = apply->lock != NULL ? lock_pin (apply->lock, source->url, ref_of (source)) : NULL;

  if (value == NULL)
    {
      /* Without `lock` a repository may be at any commit, as long as nobody has pinned any. */
      if (apply->manifest->lock != NULL || (apply->lock != NULL && lock_has_pins (apply->lock)))
        manifest_problem_error (apply->problems, source->place, "lock",
                                "the lock file %s no longer fits the manifest: it has nothing for %s%s%s; write it anew: appbuild lock %s",
                                apply->path, source->url, ref_of (source) != NULL && *ref_of (source) != '\0' ? ", " : "",
                                ref_of (source) ?: "", apply->manifest->path);
      return TRUE;
    }
  if (is_open_download (source))
    {
      source->sha256 = g_strdup (value);
      manifest_key_add (source, "sha256");
      return TRUE;
    }
  source->commit = g_strdup (value);
  manifest_key_add (source, "commit");
  g_clear_pointer (&source->branch, g_free);
  manifest_key_remove (source, "branch");
  return TRUE;
}

gboolean
source_lock_apply (Manifest *manifest, const char *lock_path, GPtrArray *problems)
{
  g_autoptr (GError) error = NULL;
  g_autoptr (Lock) lock = lock_read (AT_FDCWD, lock_path, &error);
  Apply apply = { manifest, lock, lock_path, problems };
  guint before = problems->len;

  if (error != NULL)
    manifest_problem_error (problems, manifest_key_place (manifest, "lock"), "lock", "%s", error->message);
  else if (lock == NULL && manifest->lock != NULL)
    manifest_problem_error (problems, manifest_key_place (manifest, "lock"), "lock",
                            "the lock file %s is not there yet; write it: appbuild lock %s", lock_path, manifest->path);
  else
    (void) visit_open (manifest->modules, apply_one, &apply, NULL); /* cannot fail */
  return problems->len == before;
}
