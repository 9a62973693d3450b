/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * One row for each key: whoever teaches the build to do it removes the row.
 */
#include "builder/plan/unsupported.h"

#include "builder/manifest/fields.h"
#include "builder/manifest/problem.h"

typedef struct
{
  const FieldTable *table;
  const char *key;
  const char *what;            /* behind "a build " */
} Row;

static const Row rows[] = {
  { &manifest_fields, "var", "cannot fill /var from a runtime" },
  { &manifest_fields, "metadata-platform", "cannot make a second runtime" },
  { &manifest_fields, "id-platform", "cannot make a second runtime" },
  { &manifest_fields, "writable-sdk", "cannot write into the SDK" },
  { &manifest_fields, "platform-extensions", "cannot make a second runtime" },
  { &manifest_fields, "cleanup-platform-commands", "cannot make a second runtime" },
  { &manifest_fields, "prepare-platform-commands", "cannot make a second runtime" },
  { &extension_fields, "bundle", "cannot make extensions" },
};

static void
say (GPtrArray *problems, ManifestPlace place, const char *name, const char *what)
{
  manifest_problem_error (problems, place, "\"%s\": a build with this version of Nacelle %s", name, what);
}

static void
look_at (const FieldTable *table, gconstpointer object, GPtrArray *problems)
{
  if (object == NULL)
    return;
  for (gsize i = 0; i < G_N_ELEMENTS (rows); i++)
    {
      const Field *field = rows[i].table == table ? field_find (table, rows[i].key, 0) : NULL;

      if (field != NULL && field_is_wanted (field, object))
        say (problems, manifest_key_place (object, rows[i].key), rows[i].key, rows[i].what);
    }
}

static void
look_at_options (const ManifestBuildOptions *options, const char *arch, GPtrArray *problems)
{
  look_at (&options_fields, options, problems);
  if (options != NULL && options->arch != NULL)
    look_at (&options_fields, g_hash_table_lookup (options->arch, arch), problems);
}

static void
look_at_extensions (const GPtrArray *extensions, GPtrArray *problems)
{
  for (guint i = 0; extensions != NULL && i < extensions->len; i++)
    look_at (&extension_fields, g_ptr_array_index (extensions, i), problems);
}

gboolean
build_plan_unsupported (const BuildPlan *plan, GPtrArray *problems)
{
  const Manifest *manifest = plan->manifest;

  look_at (&manifest_fields, manifest, problems);
  look_at_options (manifest->build_options, plan->arch, problems);
  look_at_extensions (manifest->add_extensions, problems);
  look_at_extensions (manifest->add_build_extensions, problems);
  for (guint i = 0; i < plan->modules->len; i++)
    {
      const BuildModule *module = g_ptr_array_index (plan->modules, i);

      look_at (&module_fields, module->module, problems);
      look_at_options (module->module->build_options, plan->arch, problems);
    }
  manifest_problems_sort (problems, g_intern_string (manifest->path));
  return !manifest_problems_have_error (problems);
}
