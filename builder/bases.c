/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "builder/bases.h"

#include <string.h>
#include <unistd.h>

#include "base/error.h"
#include "base/file.h"
#include "builder/extend.h"
#include "builder/key.h"
#include "builder/manifest/problem.h"
#include "builder/plan/bundle-metadata.h"

static Ground *
find_base (const BuildPlan *plan, const Ref *ref, const char *key, GError **error)
{
  g_autoptr (GError) local = NULL;
  Ground *ground = ground_open (ref, &local);

  if (ground != NULL)
    return ground;
  if (g_error_matches (local, ERROR_DOMAIN, ERROR_NOT_FOUND))
    error_throw_code (error, ERROR_NOT_FOUND, "%s: the %s of '%s' is missing: %s; or build it with \"appbuild MANIFEST --install\"",
                      plan->manifest->path, key, plan->manifest->id, local->message);
  else
    {
      g_propagate_error (error, g_steal_pointer (&local));
      error_prefix (error, "%s: cannot use the %s of '%s'", plan->manifest->path, key, plan->manifest->id);
    }
  return NULL;
}

/* A resolved manifest names the very commits that it was built on. */
static gboolean
check_commit (const BuildPlan *plan, const Ground *ground, const char *wanted, const char *key, GError **error)
{
  if (wanted == NULL || ground == NULL || strcmp (wanted, ground->deployment->checksum) == 0)
    return TRUE;
  const ManifestPlace place = manifest_key_place (plan->manifest, key);
  return error_throw (error, "%s:%u: \"%s\" asks for commit %s of %s, and %s is installed; install that commit, or leave the key out",
                      place.file, place.line, key, wanted, ground->name, ground->deployment->checksum);
}

/* The runtime of an app is looked at for its command; what an extension extends is found by extend_find(). */
static gboolean
find_grounds (Bases *bases, const BuildPlan *plan, GError **error)
{
  bases->sdk = find_base (plan, plan->sdk, "sdk", error);
  if (bases->sdk == NULL || !check_commit (plan, bases->sdk, plan->manifest->sdk_commit, "sdk-commit", error))
    return FALSE;
  if (plan->ref->kind == REF_APP && plan->runtime != NULL)
    {
      bases->runtime = find_base (plan, plan->runtime, "runtime", error);
      if (bases->runtime == NULL || !check_commit (plan, bases->runtime, plan->manifest->runtime_commit, "runtime-commit", error))
        return FALSE;
    }
  if (plan->platform != NULL && plan->runtime != NULL)
    {
      bases->platform = find_base (plan, plan->runtime, "runtime", error);
      if (bases->platform == NULL || !check_commit (plan, bases->platform, plan->manifest->runtime_commit, "runtime-commit", error))
        return FALSE;
    }
  if (plan->var != NULL)
    {
      bases->var = find_base (plan, plan->var, "var", error);
      if (bases->var == NULL)
        return FALSE;
    }
  if (plan->base != NULL)
    {
      bases->base = find_base (plan, plan->base, "base", error);
      if (bases->base == NULL || !check_commit (plan, bases->base, plan->manifest->base_commit, "base-commit", error))
        return FALSE;
    }
  return TRUE;
}

const Ground *
bases_runtime (const Bases *bases)
{
  return bases->runtime != NULL ? bases->runtime : bases->platform != NULL ? bases->platform : bases->extended;
}

static void
add_other (GPtrArray *others, const Ground *ground)
{
  g_ptr_array_add (others, g_strconcat (ground->name, "=", ground->deployment->checksum, NULL));
}

static int
compare_texts (gconstpointer a, gconstpointer b)
{
  return strcmp (*(const char *const *) a, *(const char *const *) b);
}

char **
bases_other_commits (const Bases *bases)
{
  const GPtrArray *const lists[] = { bases->sdk_extensions, bases->app_extensions, bases->base_extensions, bases->platform_extensions };
  g_autoptr (GPtrArray) others = g_ptr_array_new_with_free_func (g_free);

  for (gsize i = 0; i < G_N_ELEMENTS (lists); i++)
    for (guint j = 0; j < lists[i]->len; j++)
      add_other (others, ((const BasesExtension *) lists[i]->pdata[j])->ground);
  if (bases->var != NULL)
    add_other (others, bases->var);
  g_ptr_array_sort (others, compare_texts);
  for (guint i = others->len; i > 1; i--)
    if (strcmp (others->pdata[i - 1], others->pdata[i - 2]) == 0)
      g_ptr_array_remove_index (others, i - 1);
  g_ptr_array_add (others, NULL);
  g_ptr_array_set_free_func (others, NULL);
  return (char **) g_ptr_array_free (g_steal_pointer (&others), FALSE);
}

/* All of them, and no others. */
static gboolean
check_others (const Bases *bases, const BuildPlan *plan, GError **error)
{
  const char *const *wanted = (const char *const *) plan->manifest->other_commits;
  g_auto (GStrv) found = bases_other_commits (bases);
  const ManifestPlace place = manifest_key_place (plan->manifest, "other-commits");

  if (wanted == NULL)
    return TRUE;
  for (char **other = found; *other != NULL; other++)
    if (!g_strv_contains (wanted, *other))
      return error_throw (error, "%s:%u: \"other-commits\" does not have %s, which is installed and takes part in this build; install what "
                          "it has, or leave the key out", place.file, place.line, *other);
  for (; *wanted != NULL; wanted++)
    if (!g_strv_contains ((const char *const *) found, *wanted))
      return error_throw (error, "%s:%u: \"other-commits\" asks for %s, which takes no part in this build; install it, or leave the key "
                          "out", place.file, place.line, *wanted);
  return TRUE;
}

Bases *
bases_open (const BuildPlan *plan, GError **error)
{
  g_autoptr (Bases) bases = g_new0 (Bases, 1);

  bases->usr_fd = bases->ccache_fd = -1;
  for (WritableTree which = 0; which < N_WRITABLE; which++)
    bases->writable_fds[which] = -1;
  bases->sdk_extensions = g_ptr_array_new_with_free_func (bases_extension_free);
  bases->app_extensions = g_ptr_array_new_with_free_func (bases_extension_free);
  bases->base_extensions = g_ptr_array_new_with_free_func (bases_extension_free);
  bases->platform_extensions = g_ptr_array_new_with_free_func (bases_extension_free);
  bases->inherited = g_key_file_new ();
  if (plan->sdk == NULL)
    return g_steal_pointer (&bases);
  if (!find_grounds (bases, plan, error) || !extend_find (bases, plan, error)
      || !check_commit (plan, bases->extended, plan->manifest->runtime_commit, "runtime-commit", error)
      || !check_others (bases, plan, error))
    return NULL;
  return g_steal_pointer (&bases);
}

void
bases_free (Bases *bases)
{
  if (bases == NULL)
    return;
  ground_free (bases->sdk);
  ground_free (bases->runtime);
  ground_free (bases->base);
  file_close_fd (&bases->ccache_fd);
  ground_free (bases->platform);
  ground_free (bases->var);
  for (WritableTree which = 0; which < N_WRITABLE; which++)
    file_close_fd (&bases->writable_fds[which]);
  ground_free (bases->extended);
  g_ptr_array_unref (bases->sdk_extensions);
  g_ptr_array_unref (bases->app_extensions);
  g_ptr_array_unref (bases->base_extensions);
  g_ptr_array_unref (bases->platform_extensions);
  g_key_file_unref (bases->inherited);
  if (bases->own != NULL)
    bases_extension_free (bases->own);
  g_free (bases->own_place);
  g_free (bases);
}

static gboolean
attach (Ground *ground, char **note, GError **error)
{
  g_autofree char *again = NULL; /* the same for all images */

  return ground == NULL || ground_attach (ground, *note == NULL ? note : &again, error);
}

static gboolean
attach_all (const GPtrArray *extensions, char **note, GError **error)
{
  for (guint i = 0; i < extensions->len; i++)
    if (!attach (((BasesExtension *) extensions->pdata[i])->ground, note, error))
      return FALSE;
  return TRUE;
}

gboolean
bases_attach (Bases *bases, char **ret_note, GError **error)
{
  *ret_note = NULL;
  if (!attach (bases->sdk, ret_note, error) || !attach (bases->base, ret_note, error) || !attach (bases->extended, ret_note, error)
      || !attach (bases->platform, ret_note, error) || !attach (bases->var, ret_note, error)
      || !attach_all (bases->platform_extensions, ret_note, error)
      || !attach_all (bases->sdk_extensions, ret_note, error) || !attach_all (bases->base_extensions, ret_note, error)
      || !attach_all (bases->app_extensions, ret_note, error))
    return FALSE;
  if (bases->sdk != NULL)
    bases->usr_fd = bases->sdk->files_fd;
  return TRUE;
}

gboolean
bases_add_usr (const Bases *bases, SandboxPlan *plan, GError **error)
{
  return ground_mount (bases->sdk, plan, "/usr", "sdk", error);
}

static gboolean
has_file (int files_fd, const char *path)
{
  struct stat st;
  g_autofree char *parent = g_path_get_dirname (path);
  g_autofree char *name = g_path_get_basename (path);
  autofd dir = file_open_beneath (files_fd, parent, O_PATH | O_DIRECTORY, 0, NULL);

  return dir >= 0 && fstatat (dir, name, &st, AT_SYMLINK_NOFOLLOW) == 0 && !S_ISDIR (st.st_mode);
}

gboolean
bases_runtime_has (const Bases *bases, const char *path, gboolean *ret_has, GError **error)
{
  g_autofree char *note = NULL;

  *ret_has = FALSE;
  if (bases->runtime == NULL)
    return TRUE;
  if (!ground_attach (bases->runtime, &note, error))
    return FALSE;
  *ret_has = has_file (bases->runtime->files_fd, path);
  return TRUE;
}

static void
add_part (GPtrArray *parts, const char *what, const char *place, const Ground *ground)
{
  g_autofree char *name = place != NULL ? g_strconcat (what, " ", place, NULL) : g_strdup (what);
  g_autofree char *value = place != NULL || strcmp (what, "sdk") != 0
                             ? g_strconcat (ground->name, "=", ground->deployment->checksum, NULL)
                             : g_strdup (ground->deployment->checksum);

  key_parts_add (parts, name, value);
}

static void
add_parts (GPtrArray *parts, const char *what, const GPtrArray *extensions)
{
  for (guint i = 0; i < extensions->len; i++)
    {
      const BasesExtension *extension = extensions->pdata[i];
      g_autofree char *place = g_build_filename (extension->prefix, extension->place, NULL);

      add_part (parts, what, place, extension->ground);
    }
}

GPtrArray *
bases_key_parts (const Bases *bases)
{
  GPtrArray *parts = key_parts_new ();

  if (bases->sdk != NULL)
    add_part (parts, "sdk", NULL, bases->sdk);
  else
    key_parts_add (parts, "sdk", NULL);
  if (bases->base != NULL)
    add_part (parts, "base", NULL, bases->base);
  if (bases->extended != NULL)
    add_part (parts, "extended", bases->own_place, bases->extended);
  add_parts (parts, "sdk-extension", bases->sdk_extensions);
  add_parts (parts, "extension", bases->app_extensions);
  add_parts (parts, "base-extension", bases->base_extensions);
  if (bases->var != NULL)
    add_part (parts, "var", NULL, bases->var);
  return parts;
}

char *
bases_metadata (const Bases *bases, const BuildPlan *plan, GError **error)
{
  g_autoptr (GPtrArray) problems = manifest_problems_new ();
  const MetadataBases known = { bases->inherited, bases->extended != NULL ? bases->extended->deployment->metadata : NULL };
  char *text = bundle_metadata_new (plan, &known, problems);

  if (text == NULL)
    {
      g_autofree char *found = manifest_problems_format (problems);
      error_throw (error, "cannot write the metadata: %s", found);
    }
  return text;
}
