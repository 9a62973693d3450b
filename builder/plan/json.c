/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "builder/plan/json.h"

#include "base/json.h"
#include "builder/manifest/fields.h"
#include "builder/plan/environment.h"
#include "builder/plan/steps.h"

static void
add_ref (JsonBuilder *json, const char *name, const Ref *ref)
{
  g_autofree char *text = ref != NULL ? ref_format (ref) : NULL;

  json_add_string (json, name, text);
}

static void
add_field (JsonBuilder *json, const Field *field, gconstpointer member)
{
  switch (field->type)
    {
    case FIELD_TEXT:
      json_add_string (json, field->key, *(char *const *) member);
      break;
    case FIELD_TEXTS:
      json_add_strings (json, field->key, *(char **const *) member);
      break;
    case FIELD_BOOL:
      json_add_boolean (json, field->key, *(const gboolean *) member);
      break;
    case FIELD_INT:
      json_add_integer (json, field->key, *(const int *) member);
      break;
    case FIELD_INT64:
      json_add_integer (json, field->key, *(const gint64 *) member);
      break;
    default:
      break;
    }
}

/* The keys that were written, each once, although some have several rows. */
static void
add_fields (JsonBuilder *json, const FieldTable *table, gconstpointer object)
{
  g_autoptr (GHashTable) done = g_hash_table_new (g_str_hash, g_str_equal);

  for (const Field *field = table->fields; field->key != NULL; field++)
    if (field_is_written (field, object) && g_hash_table_add (done, (gpointer) field->key))
      add_field (json, field, G_STRUCT_MEMBER_P (object, field->offset));
}

/* What a single file is called. */
static char *
file_name (const ManifestSource *source)
{
  const char *from = source->url ?: source->path;

  if (source->dest_filename != NULL)
    return g_strdup (source->dest_filename);
  if (g_str_equal (source->type, "script"))
    return g_strdup ("autogen.sh");
  return from != NULL ? g_path_get_basename (from) : NULL;
}

/* Where it goes: a file, or the folder that it is extracted, applied or run in. */
static char *
destination (const BuildModule *module, const ManifestSource *source)
{
  static const char *const files[] = { "file", "inline", "script", NULL };
  g_autofree char *name = NULL;

  if (g_str_equal (source->type, "extra-data"))
    return g_build_filename (module->prefix, "extra", source->filename, NULL);
  if (g_str_equal (source->type, "packages"))
    return g_strdup (module->prefix);
  name = g_strv_contains (files, source->type) ? file_name (source) : NULL;
  if (source->dest == NULL)
    return g_build_filename (module->source_dir, name, NULL);
  return g_build_filename (module->source_dir, source->dest, name, NULL);
}

static void
add_sources (JsonBuilder *json, const BuildModule *module)
{
  json_builder_set_member_name (json, "sources");
  json_builder_begin_array (json);
  for (guint i = 0; i < module->sources->len; i++)
    {
      const ManifestSource *source = g_ptr_array_index (module->sources, i);
      g_autofree char *place = destination (module, source);

      json_builder_begin_object (json);
      add_fields (json, &source_fields, source);
      json_add_string (json, "destination", place);
      json_builder_end_object (json);
    }
  json_builder_end_array (json);
}

/* Without the number of processors, which is no part of a plan. */
static void
add_environment (JsonBuilder *json, const BuildModule *module)
{
  json_builder_set_member_name (json, "environment");
  json_builder_begin_object (json);
  for (guint i = 0; i < module->env->len; i++)
    {
      const ManifestVariable *variable = g_ptr_array_index (module->env, i);

      if (!g_str_equal (variable->name, ENVIRONMENT_JOBS))
        json_add_string (json, variable->name, variable->value);
    }
  json_builder_end_object (json);
}

static void
add_steps (JsonBuilder *json, const BuildModule *module)
{
  g_autoptr (GError) error = NULL;
  g_autoptr (GPtrArray) steps = steps_new (module, -1, TRUE, &error);

  if (steps == NULL)
    json_add_string (json, "problem", error->message);
  json_builder_set_member_name (json, "steps");
  json_builder_begin_array (json);
  for (guint i = 0; steps != NULL && i < steps->len; i++)
    {
      const BuildStep *step = g_ptr_array_index (steps, i);

      json_builder_begin_object (json);
      json_add_string (json, "title", step->title);
      json_add_string (json, "folder", step->cwd);
      json_add_strings (json, "command", step->argv);
      json_add_boolean (json, "test", step->test);
      json_builder_end_object (json);
    }
  json_builder_end_array (json);
}

static void
add_module (JsonBuilder *json, const BuildModule *module, const char *key)
{
  json_builder_begin_object (json);
  json_add_string (json, "name", module->name);
  json_add_string (json, "key", key);
  json_add_string (json, "folder", module->source_dir);
  json_add_string (json, "buildsystem", module->module->buildsystem ?: "autotools");
  json_add_string (json, "prefix", module->install_prefix);
  json_add_string (json, "libdir", module->libdir);
  json_add_strings (json, "config-opts", module->config_opts);
  json_add_strings (json, "make-args", module->make_args);
  json_add_strings (json, "make-install-args", module->make_install_args);
  json_add_boolean (json, "network", module->network);
  json_add_strings (json, "test-args", module->test_args);
  json_add_strings (json, "secret-env", module->secret_env);
  json_add_strings (json, "build-args", module->build_args);
  json_add_boolean (json, "strip", module->strip);
  json_add_boolean (json, "no-debuginfo", module->no_debuginfo);
  json_add_boolean (json, "no-debuginfo-compression", module->no_debuginfo_compression);
  add_sources (json, module);
  add_environment (json, module);
  add_steps (json, module);
  json_add_strings (json, "cleanup", module->cleanup);
  json_add_strings (json, "depends", module->module->depends);
  json_builder_end_object (json);
}

void
build_plan_to_json (const BuildPlan *plan, const GPtrArray *keys, const char *note, JsonBuilder *builder)
{
  json_builder_begin_object (builder);
  json_add_string (builder, "arch", plan->arch);
  add_ref (builder, "result", plan->ref);
  add_ref (builder, "runtime", plan->runtime);
  add_ref (builder, "sdk", plan->sdk);
  add_ref (builder, "base", plan->base);
  json_add_string (builder, "keys-missing", note);
  json_builder_set_member_name (builder, "modules");
  json_builder_begin_array (builder);
  for (guint i = 0; i < plan->modules->len; i++)
    add_module (builder, g_ptr_array_index (plan->modules, i), i < keys->len ? keys->pdata[i] : NULL);
  json_builder_end_array (builder);
  json_builder_set_member_name (builder, "manifest");
  json_builder_begin_object (builder);
  add_fields (builder, &manifest_fields, plan->manifest);
  json_builder_end_object (builder);
  json_add_string (builder, "metadata", plan->metadata);
  json_builder_end_object (builder);
}
