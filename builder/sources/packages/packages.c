/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * `packages`: a closure of distribution packages as a tree that becomes /usr.
 *
 * What is unpacked is always what a lock says.  fetch() finds it in the lock file beside the manifest; when that has
 * nothing for this architecture it resolves, and writes the result there.  Where the manifest's folder is not writable,
 * the lock goes to the cache.  digest() and extract() only read.
 */
#include "builder/sources/kinds.h"

#include <errno.h>
#include <string.h>

#include "base/error.h"
#include "base/file.h"
#include "builder/sources/cache.h"
#include "builder/sources/fetch.h"
#include "builder/sources/hashes.h"
#include "builder/sources/packages/format.h"
#include "builder/sources/packages/lock.h"
#include "builder/sources/packages/solve.h"
#include "builder/sources/pins.h"
#include "builder/sources/steps.h"


static const PackageFormat *
packages_format (const ManifestSource *source)
{
  return &package_format_deb;
}

static const char *
packages_manifest (const SourceContext *context)
{
  return context->manifest_path != NULL ? context->manifest_path : "MANIFEST";
}

char *
source_lock_path (const char *manifest_path)
{
  static const char *const suffixes[] = { ".yaml", ".yml", ".json", NULL };

  for (gsize i = 0; suffixes[i] != NULL; i++)
    if (g_str_has_suffix (manifest_path, suffixes[i]))
      {
        g_autofree char *stem = g_strndup (manifest_path, strlen (manifest_path) - strlen (suffixes[i]));

        return g_strconcat (stem, ".lock.yaml", NULL);
      }
  return g_strconcat (manifest_path, ".lock.yaml", NULL);
}

/* Where the lock goes when it cannot be beside the manifest. */
static char *
packages_spare_path (const SourceContext *context)
{
  g_autofree char *full = g_canonicalize_filename (context->lock_path != NULL ? context->lock_path : "lock", NULL);
  g_autofree char *sum = g_compute_checksum_for_string (G_CHECKSUM_SHA256, full, -1);

  return g_strconcat ("locks/", sum, ".lock.yaml", NULL);
}

/* A resolved manifest has them itself. */
static GPtrArray *
packages_named (const ManifestSource *source, const SourceContext *context, GError **error)
{
  const char *arch = packages_format (source)->arch (context->arch);
  g_autoptr (GPtrArray) packages = packages_new ();

  for (char **line = source->locked; *line != NULL; line++)
    {
      Package *package = package_parse (*line, error);

      if (package == NULL)
        return NULL;
      g_ptr_array_add (packages, package);
      if (strcmp (package->arch, "all") != 0 && g_strcmp0 (package->arch, arch) != 0)
        {
          error_throw_code (error, ERROR_REFUSED, "%s:%u: \"locked\" has the packages of %s, and this is a build for %s; leave the key "
                            "out and write a lock file: appbuild lock %s", source->place.file, source->place.line, package->arch,
                            context->arch, packages_manifest (context));
          return NULL;
        }
    }
  return g_steal_pointer (&packages);
}

/* The packages of a source as some lock has them.  NULL without error: no lock knows it. */
static GPtrArray *
packages_locked (const ManifestSource *source, const SourceContext *context, GError **error)
{
  if (source->locked != NULL)
    return packages_named (source, context, error);
  g_autoptr (GError) local = NULL;
  g_autoptr (Lock) lock = lock_read (AT_FDCWD, context->lock_path, &local);
  g_autofree char *request = lock_request (source);
  GPtrArray *packages = NULL;

  if (local == NULL && lock != NULL)
    {
      packages = lock_find (lock, request, context->arch);
      if (packages == NULL && lock_has_arch (lock, context->arch))
        error_throw (&local, "The lock file %s no longer fits the manifest: it was written for other packages, suites "
                     "or components. Write it anew: appbuild lock %s", context->lock_path, packages_manifest (context));
    }
  if (local == NULL && packages == NULL)
    {
      g_autofree char *spare = packages_spare_path (context);

      g_clear_pointer (&lock, lock_free);
      lock = lock_read (context->cache_fd, spare, &local);
      packages = lock != NULL ? lock_find (lock, request, context->arch) : NULL;
    }
  if (local != NULL)
    {
      g_propagate_error (error, g_steal_pointer (&local));
      return NULL;
    }
  return packages != NULL ? g_ptr_array_ref (packages) : NULL;
}

static gboolean
packages_write_lock (const Lock *lock, const SourceContext *context, GError **error)
{
  g_autofree char *text = lock_format (lock);
  g_autofree char *spare = packages_spare_path (context);
  g_autoptr (GError) local = NULL;
  autofd locks_fd = -1;

  if (context->lock_path != NULL
      && file_write_atomic (AT_FDCWD, context->lock_path, text, strlen (text), 0644, &local))
    {
      fetch_report_note (context->report, "wrote the lock file %s", context->lock_path);
      return TRUE;
    }
  locks_fd = file_mkdir_p (context->cache_fd, "locks", 0755, error);
  if (locks_fd < 0 || !file_write_atomic (context->cache_fd, spare, text, strlen (text), 0644, error))
    return FALSE;
  fetch_report_note (context->report, "kept the lock file in the cache (%s)", local != NULL ? local->message : "no manifest");
  return TRUE;
}

static GPtrArray *
packages_solve_said (const ManifestSource *source, const SourceContext *context, GError **error)
{
  g_autofree char *name = g_strdup_printf ("the package lists of %s", source->suite);
  g_autoptr (GError) failure = NULL;
  FetchJob *job = NULL;
  GPtrArray *packages = NULL;

  fetch_report_expect (context->report, 1);
  job = fetch_job_new (context->report, name, NULL, 0);
  packages = packages_solve (packages_format (source), source, context, &failure);
  fetch_job_end (job, packages != NULL ? NULL : failure->message);
  if (packages == NULL)
    g_propagate_error (error, g_steal_pointer (&failure));
  return packages;
}

/* Resolve one source and add the result to what the lock file has. */
static GPtrArray *
packages_resolve (const ManifestSource *source, const SourceContext *context, GError **error)
{
  g_autoptr (GError) local = NULL;
  g_autoptr (Lock) lock = lock_read (AT_FDCWD, context->lock_path, &local);
  g_autofree char *request = lock_request (source);
  g_autoptr (GPtrArray) packages = NULL;

  if (local != NULL)
    {
      g_propagate_error (error, g_steal_pointer (&local));
      return NULL;
    }
  packages = packages_solve_said (source, context, error);
  if (packages == NULL)
    return NULL;
  if (lock == NULL)
    lock = lock_new ();
  lock_put (lock, request, source->suite, context->arch, packages);
  return packages_write_lock (lock, context, error) ? g_steal_pointer (&packages) : NULL;
}

static FileHashes
package_hashes (const Package *package)
{
  return (FileHashes) { { [HASH_SHA256] = package->sha256 } };
}

static gboolean
packages_fetch_all (const ManifestSource *source, const SourceContext *context, GPtrArray *packages, GError **error)
{
  g_autoptr (GPtrArray) items = g_ptr_array_new_with_free_func ((GDestroyNotify) fetch_item_free);
  FetchOptions options = { .cache_fd = context->cache_fd, .offline = context->offline, .report = context->report };
  g_autofree char *mirror = NULL;

  for (guint i = 0; i < packages->len; i++)
    {
      const Package *package = g_ptr_array_index (packages, i);
      FileHashes hashes = package_hashes (package);
      g_autofree char *name = g_strdup_printf ("the package %s %s (%s)", package->name, package->version, package->arch);
      FetchItem *item = NULL;

      if (cache_has (context->cache_fd, &hashes))
        continue;
      if (mirror == NULL && (mirror = source_mirror (source, context, error)) == NULL)
        return error_prefix (error, "Cannot fetch %s", name);
      item = fetch_item_new (name, &hashes);
      g_ptr_array_add (items, item);
      item->size = package->size;
      item->urls = g_new0 (char *, 2);
      item->urls[0] = g_strconcat (mirror, "/", package->path, NULL);
      item->missing_hint = g_strdup_printf ("The mirror does not have this version (any more). Resolve anew: appbuild lock %s",
                                            packages_manifest (context));
    }
  return items->len == 0 || fetch_files (items, &options, error);
}

static gboolean
packages_fetch (const ManifestSource *source, const SourceContext *context, GError **error)
{
  g_autoptr (GError) local = NULL;
  g_autoptr (GPtrArray) packages = packages_locked (source, context, &local);

  if (local != NULL)
    {
      g_propagate_error (error, g_steal_pointer (&local));
      return FALSE;
    }
  if (packages == NULL && context->offline)
    return error_throw_code (error, ERROR_UNAVAILABLE, "The packages of %s are not resolved for %s yet, and the network "
                             "is not to be used (--offline)", packages_manifest (context), context->arch);
  if (packages == NULL)
    packages = packages_resolve (source, context, error);
  return packages != NULL && packages_fetch_all (source, context, packages, error);
}

static GPtrArray *
packages_known (const ManifestSource *source, const SourceContext *context, GError **error)
{
  g_autoptr (GError) local = NULL;
  GPtrArray *packages = packages_locked (source, context, &local);

  if (packages == NULL && local == NULL)
    error_throw (error, "The packages of %s are not resolved for %s yet", packages_manifest (context), context->arch);
  if (local != NULL)
    g_propagate_error (error, g_steal_pointer (&local));
  return packages;
}

static gboolean
packages_digest (const ManifestSource *source, const SourceContext *context, GChecksum *checksum, GError **error)
{
  g_autoptr (GPtrArray) packages = packages_known (source, context, error);

  if (packages == NULL)
    return FALSE;
  for (guint i = 0; i < packages->len; i++)
    checksum_add (checksum, "package", ((Package *) g_ptr_array_index (packages, i))->sha256);
  checksum_add_list (checksum, "post-install", source->post_install);
  return TRUE;
}

static gboolean
packages_extract (const ManifestSource *source, const SourceContext *context, int tree_fd, GError **error)
{
  g_autoptr (GPtrArray) packages = packages_known (source, context, error);
  g_autoptr (TreeWriter) writer = tree_writer_new (tree_fd);
  g_autoptr (GHashTable) owners = g_hash_table_new_full (g_str_hash, g_str_equal, g_free, g_free);
  PackageTree tree = { .writer = writer, .tree_fd = tree_fd, .owners = owners };

  for (guint i = 0; packages != NULL && i < packages->len; i++)
    {
      const Package *package = g_ptr_array_index (packages, i);
      FileHashes hashes = package_hashes (package);
      autofd fd = cache_open (context->cache_fd, &hashes, package->name, error);

      tree.package = package;
      if (i == 0)
        progress_step (context->progress, "unpacking packages");
      if (context->progress != NULL)
        progress_set (context->progress, i, packages->len);
      if (fd < 0 || !packages_format (source)->unpack (fd, &tree, error))
        return FALSE;
    }
  return packages != NULL && tree_writer_finish (writer, error);
}

/* BusyBox alone has a shell, but no file called sh before post-install has made one. */
static gboolean
packages_shell_is_busybox (GPtrArray *packages)
{
  gboolean busybox = FALSE;

  for (guint i = 0; i < packages->len; i++)
    {
      const char *name = ((Package *) g_ptr_array_index (packages, i))->name;

      if (strcmp (name, "dash") == 0 || strcmp (name, "bash") == 0)
        return FALSE;
      busybox |= strcmp (name, "busybox-static") == 0 || strcmp (name, "busybox") == 0;
    }
  return busybox;
}

static GPtrArray *
packages_steps (const ManifestSource *source, const SourceContext *context, GError **error)
{
  g_autoptr (GPtrArray) packages = packages_known (source, context, error);
  GPtrArray *steps = NULL;
  gboolean busybox = FALSE;

  if (packages == NULL)
    return NULL;
  steps = source_steps_new ();
  busybox = packages_shell_is_busybox (packages);
  for (gsize i = 0; source->post_install != NULL && source->post_install[i] != NULL; i++)
    {
      const char *argv[] = { "busybox", "sh", "-c", source->post_install[i], NULL };
      g_autofree char *title = g_strdup_printf ("post-install[%" G_GSIZE_FORMAT "]", i + 1);

      source_steps_add (steps, title, busybox ? argv : argv + 1, NULL);
    }
  return steps;
}

static gboolean
packages_keep (const ManifestSource *source, const SourceContext *context, GPtrArray *paths, GError **error)
{
  g_autoptr (GPtrArray) packages = packages_known (source, context, error);

  for (guint i = 0; packages != NULL && i < packages->len; i++)
    {
      FileHashes hashes = package_hashes (g_ptr_array_index (packages, i));
      g_autofree char *name = hashes_cache_name (&hashes);

      g_ptr_array_add (paths, g_build_filename ("downloads", name, NULL));
    }
  return packages != NULL;
}

static gboolean
packages_source_resolve (const ManifestSource *source, const SourceContext *context, GPtrArray *parts, GError **error)
{
  g_autoptr (GPtrArray) packages = packages_locked (source, context, error);

  for (guint i = 0; packages != NULL && i < packages->len; i++)
    {
      const Package *package = packages->pdata[i];
      const SourcePart part = { .name = package->name, .version = package->version, .arch = package->arch, .sha256 = package->sha256,
                                .path = package->path, .size = package->size };

      source_parts_add (parts, &part);
    }
  return packages != NULL;
}

const SourceKind source_kind_packages = {
  .type = "packages",
  .fetch = packages_fetch,
  .in_turn = TRUE,            /* they write one lock file */
  .digest = packages_digest,
  .keep = packages_keep,
  .extract = packages_extract,
  .resolve = packages_source_resolve,
  .into_tree = TRUE,
  .steps = packages_steps,
};

static gboolean
packages_applies (const ManifestSource *source, const char *arch)
{
  if (source->only_arches != NULL && source->only_arches[0] != NULL
      && !g_strv_contains ((const char *const *) source->only_arches, arch))
    return FALSE;
  return source->skip_arches == NULL || !g_strv_contains ((const char *const *) source->skip_arches, arch);
}

/* All `packages` sources of all modules, also nested ones, that a lock file is for. */
static void
packages_collect (GPtrArray *modules, GPtrArray *sources)
{
  for (guint i = 0; modules != NULL && i < modules->len; i++)
    {
      const ManifestModule *module = g_ptr_array_index (modules, i);

      packages_collect (module->modules, sources);
      for (guint j = 0; module->sources != NULL && j < module->sources->len; j++)
        {
          ManifestSource *source = g_ptr_array_index (module->sources, j);

          if (g_strcmp0 (source->type, source_kind_packages.type) == 0 && source->locked == NULL)
            g_ptr_array_add (sources, source);
        }
    }
}

gboolean
source_lock_write (const Manifest *manifest, const SourceContext *context, GError **error)
{
  g_autoptr (GPtrArray) sources = g_ptr_array_new ();
  g_autoptr (GHashTable) requests = g_hash_table_new_full (g_str_hash, g_str_equal, g_free, NULL);
  g_autoptr (Lock) lock = NULL;
  guint n_pins = 0;

  packages_collect (manifest->modules, sources);
  /* What other architectures resolved to stays; a lock that cannot be read is what this command repairs. */
  lock = lock_read (AT_FDCWD, context->lock_path, NULL);
  if (lock == NULL)
    lock = lock_new ();
  for (guint i = 0; i < sources->len; i++)
    {
      const ManifestSource *source = g_ptr_array_index (sources, i);
      g_autofree char *request = lock_request (source);
      g_autoptr (GPtrArray) packages = NULL;

      if (packages_applies (source, context->arch))
        {
          packages = packages_solve_said (source, context, error);
          if (packages == NULL)
            return FALSE;
          lock_put (lock, request, source->suite, context->arch, packages);
        }
      g_hash_table_add (requests, g_steal_pointer (&request));
    }
  lock_keep_only (lock, requests);
  if (!pins_resolve (manifest, lock, context, &n_pins, error))
    return FALSE;
  if (sources->len == 0 && n_pins == 0)
    return error_throw (error, "%s leaves nothing open that could be locked: it has no packages, and all repositories and downloads "
                        "have their commit or hash", manifest->path);
  return packages_write_lock (lock, context, error);
}

gboolean
source_lock_check (const Manifest *manifest, const SourceContext *context, GPtrArray *problems, GError **error)
{
  g_autoptr (GPtrArray) sources = g_ptr_array_new ();
  g_autoptr (GHashTable) requests = g_hash_table_new_full (g_str_hash, g_str_equal, g_free, NULL);
  g_autoptr (GError) local = NULL;
  g_autoptr (Lock) lock = lock_read (AT_FDCWD, context->lock_path, &local);

  if (local != NULL)
    {
      g_propagate_error (error, g_steal_pointer (&local));
      return FALSE;
    }
  packages_collect (manifest->modules, sources);
  if (lock == NULL && (sources->len > 0 || manifest->lock != NULL))
    return error_throw (error, "the lock file %s is not there yet; write it: appbuild lock %s", context->lock_path, manifest->path);
  if (lock == NULL)
    return TRUE;
  for (guint i = 0; i < sources->len; i++)
    {
      const ManifestSource *source = g_ptr_array_index (sources, i);
      char *request = lock_request (source);

      if (packages_applies (source, context->arch) && lock_find (lock, request, context->arch) == NULL)
        g_ptr_array_add (problems, g_strdup_printf ("%s:%u: it lacks these packages of %s for %s", source->place.file,
                                                    source->place.line, source->suite, context->arch));
      g_hash_table_add (requests, request);
    }
  g_autoptr (GPtrArray) left = lock_leftovers (lock, requests);
  for (guint i = 0; i < left->len; i++)
    g_ptr_array_add (problems, g_strdup_printf ("it has packages of %s that the manifest does not ask for", (const char *) left->pdata[i]));
  pins_check (manifest, lock, problems);
  return TRUE;
}
