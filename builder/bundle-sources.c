/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "builder/bundle-sources.h"

#include <errno.h>
#include <string.h>
#include <unistd.h>

#include "base/error.h"
#include "base/file.h"
#include "builder/sources/dir.h"

typedef struct
{
  const BuildPlan *plan;
  const SourceContext *context;
  int dest_fd;
  GHashTable *done;        /* what was copied, from both halves */
} Bundle;

/* A file or folder `path` of `from_fd` to the same name below `to_fd`.  What lies there already is the same thing. */
static gboolean
copy_below (Bundle *bundle, int from_fd, const char *path, int to_fd, GError **error)
{
  g_autofree char *parent = g_path_get_dirname (path);
  g_autofree char *name = g_path_get_basename (path);
  autofd in = file_open (from_fd, path, O_RDONLY | O_NONBLOCK, 0, error);
  autofd parent_fd = -1;
  autofd out = -1;
  struct stat st;

  if (in < 0)
    return FALSE;
  if (fstat (in, &st) < 0 || !(S_ISREG (st.st_mode) || S_ISDIR (st.st_mode)))
    return error_throw (error, "%s is neither a file nor a folder", path);
  if (S_ISDIR (st.st_mode))
    {
      out = strcmp (path, ".") == 0 ? file_open (to_fd, ".", O_RDONLY | O_DIRECTORY, 0, error) : file_mkdir_p (to_fd, path, 0755, error);
      return out >= 0 && dir_copy (in, out, bundle->dest_fd, error);
    }
  parent_fd = strcmp (parent, ".") == 0 ? file_open (to_fd, ".", O_RDONLY | O_DIRECTORY, 0, error)
                                        : file_mkdir_p (to_fd, parent, 0755, error);
  if (parent_fd < 0 || (unlinkat (parent_fd, name, 0) < 0 && errno != ENOENT))
    return parent_fd >= 0 && error_throw_errno (error, errno, "cannot replace %s", path);
  out = file_open (parent_fd, name, O_WRONLY | O_CREAT | O_EXCL, (st.st_mode & 0100) != 0 ? 0755 : 0644, error);
  return out >= 0 && file_copy_fd (in, out, path, error);
}

static gboolean
copy_local (Bundle *bundle, const char *base_dir, const char *path, int to_fd, GError **error)
{
  const char *top = bundle->plan->manifest->dir;
  g_autofree char *full = g_canonicalize_filename (path, base_dir != NULL ? base_dir : top);
  const char *rest = g_str_has_prefix (full, top) ? full + strlen (top) : NULL;
  autofd top_fd = -1;

  if (rest == NULL || (*rest != '/' && *rest != '\0') || (*rest == '\0' && g_path_is_absolute (path)))
    return error_throw (error, "'%s' lies outside of the manifest's folder, so it would not be found from another place", path);
  if (g_path_is_absolute (path))
    return error_throw (error, "'%s' is an absolute path, so it would not be found from another place", path);
  rest = *rest == '\0' ? "." : rest + 1;
  if (!g_hash_table_add (bundle->done, g_strconcat ("manifest/", rest, NULL)))
    return TRUE;
  top_fd = file_open (AT_FDCWD, top, O_RDONLY | O_DIRECTORY, 0, error);
  return top_fd >= 0 && copy_below (bundle, top_fd, rest, to_fd, error);
}

static gboolean
copy_source (Bundle *bundle, const ManifestSource *source, int manifest_fd, int cache_fd, GError **error)
{
  const SourceKind *kind = source_kind_find (source->type);
  g_autoptr (GPtrArray) kept = g_ptr_array_new_with_free_func (g_free);

  if (source->path != NULL && !copy_local (bundle, source->base_dir, source->path, manifest_fd, error))
    return FALSE;
  for (char **path = source->paths; path != NULL && *path != NULL; path++)
    if (!copy_local (bundle, source->base_dir, *path, manifest_fd, error))
      return FALSE;
  if (kind == NULL || kind->keep == NULL)
    return TRUE;
  if (!kind->keep (source, bundle->context, kept, error))
    return FALSE;
  for (guint i = 0; i < kept->len; i++)
    if (g_hash_table_add (bundle->done, g_strconcat ("cache/", kept->pdata[i], NULL))
        && !copy_below (bundle, bundle->context->cache_fd, kept->pdata[i], cache_fd, error))
      return FALSE;
  return TRUE;
}

static gboolean
copy_manifest (Bundle *bundle, int manifest_fd, GError **error)
{
  const Manifest *manifest = bundle->plan->manifest;
  g_autofree char *lock = manifest->lock != NULL ? g_strdup (manifest->lock) : g_path_get_basename (bundle->context->lock_path);

  for (guint i = 0; i < manifest->files->len; i++)
    if (!copy_local (bundle, manifest->dir, manifest->files->pdata[i], manifest_fd, error))
      return FALSE;
  return !g_file_test (bundle->context->lock_path, G_FILE_TEST_EXISTS)
         || copy_local (bundle, manifest->dir, lock, manifest_fd, error);
}

gboolean
bundle_sources (const BuildPlan *plan, const SourceContext *context, int dest_fd, GError **error)
{
  g_autoptr (GHashTable) done = g_hash_table_new_full (g_str_hash, g_str_equal, g_free, NULL);
  Bundle bundle = { plan, context, dest_fd, done };
  autofd manifest_fd = file_mkdir_p (dest_fd, "manifest", 0755, error);
  autofd cache_fd = manifest_fd >= 0 ? file_mkdir_p (dest_fd, "cache/nacelle", 0755, error) : -1;

  if (cache_fd < 0 || !copy_manifest (&bundle, manifest_fd, error))
    return FALSE;
  for (guint i = 0; i < plan->modules->len; i++)
    {
      const BuildModule *module = plan->modules->pdata[i];

      for (guint j = 0; j < module->sources->len; j++)
        {
          const ManifestSource *source = module->sources->pdata[j];

          if (!copy_source (&bundle, source, manifest_fd, cache_fd, error))
            return error_prefix (error, "%s:%u: source of module '%s'", source->place.file, source->place.line, module->name);
        }
    }
  return TRUE;
}
