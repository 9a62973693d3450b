/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "builder/plan/plan.h"

#include "builder/buildsystems/buildsystem.h"
#include "builder/manifest/problem.h"
#include "builder/plan/bundle-metadata.h"
#include "builder/plan/environment.h"
#include "builder/plan/options.h"
#include "builder/plan/platform-metadata.h"

#include <string.h>

#define MEMBER(name) G_STRUCT_OFFSET (ManifestBuildOptions, name)

static void
build_module_free (gpointer data)
{
  BuildModule *module = data;

  g_free (module->name);
  g_free (module->source_dir);
  g_ptr_array_unref (module->sources);
  g_ptr_array_unref (module->env);
  g_free (module->prefix);
  g_free (module->install_prefix);
  g_free (module->libdir);
  g_strfreev (module->config_opts);
  g_strfreev (module->make_args);
  g_strfreev (module->make_install_args);
  g_strfreev (module->secret_opts);
  g_strfreev (module->secret_env);
  g_strfreev (module->build_args);
  g_strfreev (module->test_args);
  build_access_free (module->access);
  build_access_free (module->test_access);
  g_strfreev (module->cleanup);
  g_free (module);
}

void
build_plan_free (BuildPlan *plan)
{
  if (plan == NULL)
    return;
  ref_free (plan->ref);
  ref_free (plan->runtime);
  ref_free (plan->sdk);
  ref_free (plan->base);
  ref_free (plan->var);
  g_free (plan->arch);
  build_access_free (plan->access);
  g_ptr_array_unref (plan->modules);
  g_free (plan->metadata);
  ref_free (plan->platform);
  g_free (plan->platform_metadata);
  g_free (plan);
}

static gboolean
is_in (char *const *list, const char *word)
{
  return list != NULL && g_strv_contains ((const char *const *) list, word);
}

/* An empty list of architectures means all. */
static gboolean
applies (char *const *only, char *const *skip, const char *arch)
{
  return (only == NULL || *only == NULL || is_in (only, arch)) && !is_in (skip, arch);
}

static GPtrArray *
sources_for (const ManifestModule *module, const char *arch)
{
  GPtrArray *sources = g_ptr_array_new ();

  for (guint i = 0; i < module->sources->len; i++)
    {
      ManifestSource *source = g_ptr_array_index (module->sources, i);

      if (applies (source->only_arches, source->skip_arches, arch))
        g_ptr_array_add (sources, source);
    }
  return sources;
}

/* Both lists, one behind the other; takes `first`. */
static char **
join_texts (char **first, char *const *second)
{
  g_autoptr (GStrvBuilder) builder = g_strv_builder_new ();

  g_strv_builder_addv (builder, (const char **) first);
  g_strv_builder_addv (builder, (const char **) second);
  g_strfreev (first);
  return g_strv_builder_end (builder);
}

/* Each was checked when it was read. */
static BuildAccess *
access_new (char *const *args)
{
  BuildAccess *access = build_access_new ();

  for (; *args != NULL; args++)
    (void) build_access_add (access, *args, NULL);
  return access;
}

static BuildModule *
build_module_new (const BuildPlan *plan, const ManifestModule *module)
{
  BuildModule *result = g_new0 (BuildModule, 1);
  const char *prefix;
  OptionLayers layers;

  option_layers_init (&layers, plan->manifest->build_options, module->build_options, plan->arch);
  result->module = module;
  result->name = g_strdup (module->name);
  result->source_dir = g_strconcat ("/run/build/", module->name, NULL);
  result->sources = sources_for (module, plan->arch);
  result->prefix = g_strdup (plan->manifest->build_runtime ? "/usr" : "/app");
  prefix = option_layers_text (&layers, MEMBER (prefix));
  result->install_prefix = g_strdup (prefix ?: result->prefix);
  result->libdir = g_strdup (option_layers_text (&layers, MEMBER (libdir)));
  result->config_opts = option_layers_texts (&layers, module->config_opts, MEMBER (config_opts));
  result->secret_opts = option_layers_texts (&layers, module->secret_opts, MEMBER (secret_opts));
  result->config_opts = join_texts (result->config_opts, result->secret_opts);
  result->secret_env = option_layers_texts (&layers, module->secret_env, MEMBER (secret_env));
  result->make_args = option_layers_texts (&layers, module->make_args, MEMBER (make_args));
  result->make_install_args = option_layers_texts (&layers, module->make_install_args, MEMBER (make_install_args));
  result->jobs = module->no_parallel_make ? 1 : plan->jobs;
  result->build_args = option_layers_texts (&layers, NULL, MEMBER (build_args));
  result->test_args = option_layers_texts (&layers, NULL, MEMBER (test_args));
  result->access = access_new (result->build_args);
  result->test_access = access_new (result->test_args);
  result->network = permissions_has (result->access->permissions->shared, "network");
  result->cleanup = g_strdupv (module->cleanup);
  result->strip = option_layers_bool (&layers, MEMBER (strip));
  result->no_debuginfo = option_layers_bool (&layers, MEMBER (no_debuginfo));
  result->no_debuginfo_compression = option_layers_bool (&layers, MEMBER (no_debuginfo_compression));
  result->env = environment_new (plan, result, &layers);
  return result;
}

/* What hangs on each module is small in any honest manifest; but options of the whole manifest are repeated for each. */
#define PLAN_SIZE_MAX (64 * 1024 * 1024)

static gsize
texts_size (char *const *texts)
{
  gsize size = 0;

  for (; *texts != NULL; texts++)
    size += strlen (*texts) + sizeof *texts;
  return size;
}

static gsize
build_module_size (const BuildModule *module)
{
  gsize size = sizeof *module + texts_size (module->config_opts) + texts_size (module->make_args)
               + texts_size (module->make_install_args);

  for (guint i = 0; i < module->env->len; i++)
    {
      const ManifestVariable *variable = g_ptr_array_index (module->env, i);

      size += sizeof *variable + strlen (variable->name) + (variable->value != NULL ? strlen (variable->value) : 0);
    }
  return size;
}

static gboolean
add_module (BuildPlan *plan, const ManifestModule *module, gsize *size, GPtrArray *problems)
{
  g_autoptr (GError) error = NULL;
  BuildModule *result = build_module_new (plan, module);

  g_ptr_array_add (plan->modules, result);
  if (buildsystem_find (module->buildsystem, &error) == NULL)
    manifest_problem_error (problems, module->place, "value", "module \"%s\": %s", module->name, error->message);
  *size += build_module_size (result);
  if (*size <= PLAN_SIZE_MAX)
    return TRUE;
  manifest_problem_error (problems, module->place, "limit", "options and environment of all modules take more than %d MiB",
                          PLAN_SIZE_MAX / (1024 * 1024));
  return FALSE;
}

/* Nested modules come before the one that names them; what is off takes them along. */
static gboolean
add_modules (BuildPlan *plan, const GPtrArray *modules, gsize *size, GPtrArray *problems)
{
  for (guint i = 0; i < modules->len; i++)
    {
      const ManifestModule *module = g_ptr_array_index (modules, i);

      if (module->disabled || !applies (module->only_arches, module->skip_arches, plan->arch))
        continue;
      if (!add_modules (plan, module->modules, size, problems) || !add_module (plan, module, size, problems))
        return FALSE;
    }
  return TRUE;
}

static gboolean
is_left_out (const BuildPlan *plan, const GPtrArray *modules, const char *name)
{
  for (guint i = 0; i < modules->len; i++)
    {
      const ManifestModule *module = g_ptr_array_index (modules, i);

      if ((g_str_equal (module->name, name) && !applies (module->only_arches, module->skip_arches, plan->arch))
          || is_left_out (plan, module->modules, name))
        return TRUE;
    }
  return FALSE;
}

/* Each names a module that is built before, or nothing could be built in parallel without a circle; or one that is not for this
 * architecture. */
static void
check_depends (const BuildPlan *plan, const BuildModule *module, GHashTable *earlier, GPtrArray *problems)
{
  char **name = module->module->depends;

  for (; name != NULL && *name != NULL; name++)
    if (!g_hash_table_contains (earlier, *name) && !is_left_out (plan, plan->manifest->modules, *name))
      manifest_problem_error (problems, manifest_key_place (module->module, "depends"), "depends",
                              "module \"%s\" depends on \"%s\", which is no module before it", module->name, *name);
}

/* Modules that are built beside each other cannot share what each writes (builder/depends.h). */
static void
check_alone (const BuildPlan *plan, const BuildModule *module, GPtrArray *problems)
{
  const char *key = plan->writable_sdk ? "writable-sdk" : "var";

  if (module->module->depends != NULL && (plan->writable_sdk || plan->var != NULL))
    manifest_problem_warning (problems, manifest_key_place (module->module, "depends"), "no-effect",
                              "module \"%s\": \"depends\" has no effect, for with \"%s\" each module starts from all before it",
                              module->name, key);
}

static void
check_all_depends (const BuildPlan *plan, GPtrArray *problems)
{
  g_autoptr (GHashTable) earlier = g_hash_table_new (g_str_hash, g_str_equal);

  for (guint i = 0; i < plan->modules->len; i++)
    {
      const BuildModule *module = g_ptr_array_index (plan->modules, i);

      check_depends (plan, module, earlier, problems);
      check_alone (plan, module, problems);
      g_hash_table_add (earlier, module->name);
    }
}

static Ref *
base_ref (const Manifest *manifest, RefKind kind, const char *text, const char *branch, const char *arch, const char *key,
          GPtrArray *problems)
{
  g_autoptr (GError) error = NULL;
  Ref *ref;

  if (text == NULL)
    return NULL;
  ref = ref_parse_partial (kind, text, arch, branch ?: "master", &error);
  if (ref == NULL)
    manifest_problem_error (problems, manifest_key_place (manifest, key), "value", "\"%s\": %s", key, error->message);
  return ref;
}

static void
plan_access (BuildPlan *plan)
{
  OptionLayers layers;

  option_layers_init (&layers, plan->manifest->build_options, NULL, plan->arch);
  g_auto (GStrv) args = option_layers_texts (&layers, NULL, MEMBER (build_args));
  plan->access = access_new (args);
}

static void
plan_platform (BuildPlan *plan, GPtrArray *problems)
{
  const Manifest *manifest = plan->manifest;
  g_autoptr (GError) error = NULL;

  if (manifest->id_platform == NULL || !manifest->build_runtime)
    return;
  plan->platform = ref_new (REF_RUNTIME, manifest->id_platform, plan->arch, plan->ref->branch, &error);
  if (plan->platform == NULL)
    manifest_problem_error (problems, manifest_key_place (manifest, "id-platform"), "value", "\"id-platform\": %s", error->message);
  else if (ref_equal (plan->platform, plan->ref))
    manifest_problem_error (problems, manifest_key_place (manifest, "id-platform"),
                            "value", "\"id-platform\": the second runtime needs a name of its own, and \"id\" is %s too", plan->ref->id);
  else if (plan->metadata != NULL)
    plan->platform_metadata = platform_metadata_new (plan, plan->metadata, problems);
}

BuildPlan *
build_plan_new (const Manifest *manifest, const BuildPlanOptions *options, GPtrArray *problems)
{
  g_autoptr (BuildPlan) plan = g_new0 (BuildPlan, 1);
  g_autoptr (GError) error = NULL;
  gsize size = 0;
  const char *branch = manifest->branch ?: options->default_branch ?: manifest->default_branch ?: "master";

  plan->manifest = manifest;
  plan->arch = g_strdup (options->arch ?: ref_native_arch ());
  plan->jobs = options->jobs > 0 ? options->jobs : g_get_num_processors ();
  plan->modules = g_ptr_array_new_with_free_func (build_module_free);
  plan->ref = ref_new (manifest->build_runtime || manifest->build_extension ? REF_RUNTIME : REF_APP, manifest->id, plan->arch,
                       branch, &error);
  if (plan->ref == NULL)
    {
      manifest_problem_error (problems, manifest->place, "value", "%s", error->message);
      return NULL;
    }
  plan->runtime = base_ref (manifest, REF_RUNTIME, manifest->runtime, manifest->runtime_version, plan->arch, "runtime", problems);
  plan->sdk = base_ref (manifest, REF_RUNTIME, manifest->sdk, manifest->runtime_version, plan->arch, "sdk", problems);
  plan->base = base_ref (manifest, REF_APP, manifest->base, manifest->base_version ?: branch, plan->arch, "base", problems);
  plan->var = base_ref (manifest, REF_RUNTIME, manifest->var, manifest->runtime_version, plan->arch, "var", problems);
  plan->writable_sdk = manifest->writable_sdk && !manifest->build_runtime && plan->sdk != NULL;
  (void) add_modules (plan, manifest->modules, &size, problems); /* FALSE is a problem, and those are counted below */
  check_all_depends (plan, problems);
  plan_access (plan);
  plan->metadata = bundle_metadata_new (plan, NULL, problems);
  plan_platform (plan, problems);
  manifest_problems_sort (problems, g_intern_string (manifest->path));
  return manifest_problems_have_error (problems) ? NULL : g_steal_pointer (&plan);
}
