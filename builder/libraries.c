/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "builder/libraries.h"

#include <stdlib.h>
#include <string.h>

#include "builder/tree/needs.h"
#include "builder/tree/walk.h"

typedef struct
{
  int files_fd;
  GHashTable *names;   /* of all files of the app: where it looks for its own is its business */
  GHashTable *needs;   /* library -> the first file that asks for it */
} Look;

static gboolean
look_at (const TreeEntry *entry, gpointer data, GError **error)
{
  Look *look = data;

  if (S_ISDIR (entry->st.st_mode))
    return TRUE;
  g_hash_table_add (look->names, g_strdup (entry->name));
  if (!S_ISREG (entry->st.st_mode))
    return TRUE;
  g_autoptr (GPtrArray) needs = elf_needs (look->files_fd, entry->path);
  for (guint i = 0; i < needs->len; i++)
    if (!g_hash_table_contains (look->needs, needs->pdata[i]))
      g_hash_table_insert (look->needs, g_strdup (needs->pdata[i]), g_strdup (entry->path));
  return TRUE;
}

static gboolean
runtime_has (const Bases *bases, const char *arch, const char *library, gboolean *ret_has, GError **error)
{
  g_autofree char *usual = g_strdup_printf ("lib/%s-linux-gnu", arch);
  const char *const places[] = { usual, "lib", "lib64", "lib/arm-linux-gnueabihf" };

  *ret_has = FALSE;
  for (gsize i = 0; !*ret_has && i < G_N_ELEMENTS (places); i++)
    {
      g_autofree char *path = g_build_filename (places[i], library, NULL);

      if (!bases_runtime_has (bases, path, ret_has, error))
        return FALSE;
    }
  return TRUE;
}

static gboolean
extensions_bring_libraries (const Manifest *manifest)
{
  for (guint i = 0; manifest->add_extensions != NULL && i < manifest->add_extensions->len; i++)
    if (((const ManifestExtension *) manifest->add_extensions->pdata[i])->add_ld_path != NULL)
      return TRUE;
  return FALSE;
}

static int
compare (const void *a, const void *b)
{
  return strcmp (*(const char *const *) a, *(const char *const *) b);
}

gboolean
libraries_note_missing (const BuildPlan *plan, const Bases *bases, int files_fd, GPtrArray *notes, GError **error)
{
  g_autoptr (GHashTable) names = g_hash_table_new_full (g_str_hash, g_str_equal, g_free, NULL);
  g_autoptr (GHashTable) needs = g_hash_table_new_full (g_str_hash, g_str_equal, g_free, g_free);
  Look look = { files_fd, names, needs };

  if (plan->ref->kind != REF_APP || bases->runtime == NULL || extensions_bring_libraries (plan->manifest))
    return TRUE;
  if (!tree_walk (files_fd, FALSE, look_at, &look, error))
    return FALSE;
  guint n_libraries;
  g_autofree gpointer *libraries = g_hash_table_get_keys_as_array (needs, &n_libraries);
  qsort (libraries, n_libraries, sizeof *libraries, compare);
  for (guint i = 0; i < n_libraries; i++)
    {
      const char *library = libraries[i];
      gboolean found = g_hash_table_contains (names, library) || strchr (library, '/') != NULL;

      if (!found && !runtime_has (bases, plan->arch, library, &found, error))
        return FALSE;
      if (!found)
        g_ptr_array_add (notes, g_strdup_printf ("%s needs %s, which neither the app nor its runtime %s has: it will not start "
                                                 "until a module brings that library",
                                                 (const char *) g_hash_table_lookup (needs, library), library,
                                                 plan->manifest->runtime));
    }
  return TRUE;
}
