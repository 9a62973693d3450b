/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "base/terminal.h"
#include "builder/manifest/fields.h"
#include "builder/plan/environment.h"
#include "builder/plan/plan.h"
#include "builder/plan/steps.h"

#include <string.h>

/* One word as a shell would need it, safe for a terminal. */
static void
append_word (GString *text, const char *word)
{
  const char *safe = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_-+=:,./@%";
  gboolean plain = *word != '\0' && word[strspn (word, safe)] == '\0';
  g_autofree char *quoted = plain ? g_strdup (word) : g_shell_quote (word);
  g_autofree char *escaped = terminal_escape (quoted, FALSE);

  g_string_append_c (text, ' ');
  g_string_append (text, escaped);
}

static void
append_pair (GString *text, const char *name, const char *value)
{
  if (value == NULL)
    return;
  g_string_append (text, name);
  append_word (text, value);
  g_string_append_c (text, '\n');
}

static void
append_texts (GString *text, const char *name, char *const *values)
{
  for (; values != NULL && *values != NULL; values++)
    append_pair (text, name, *values);
}

static void
append_ref (GString *text, const char *name, const Ref *ref)
{
  g_autofree char *value = ref != NULL ? ref_format (ref) : NULL;

  append_pair (text, name, value);
}

static void
append_source (GString *text, const ManifestSource *source)
{
  g_string_append_printf (text, "  source %s", source->type);
  if (source->url != NULL || source->path != NULL)
    append_word (text, source->url ?: source->path);
  if (source->commit != NULL || source->tag != NULL || source->branch != NULL || source->revision != NULL)
    {
      g_string_append (text, " at");
      append_word (text, source->commit ?: source->tag ?: source->branch ?: source->revision);
    }
  for (char **path = source->paths; path != NULL && *path != NULL; path++)
    append_word (text, *path);
  for (char **package = source->packages; package != NULL && *package != NULL; package++)
    append_word (text, *package);
  if (source->dest != NULL || source->dest_filename != NULL)
    {
      g_autofree char *dest = g_build_filename (source->dest ?: ".", source->dest_filename, NULL);

      g_string_append (text, " into");
      append_word (text, dest);
    }
  g_string_append_c (text, '\n');
}

static void
append_variable (GString *text, const BuildModule *module, const ManifestVariable *variable)
{
  /* The number of processors is no part of a plan. */
  gboolean any = g_str_equal (variable->name, ENVIRONMENT_JOBS) && !module->module->no_parallel_make;

  if (variable->value == NULL)
    {
      append_pair (text, "  unset", variable->name);
      return;
    }
  g_autofree char *pair = g_strdup_printf ("%s=%s", variable->name, any ? "N" : variable->value);
  append_pair (text, "  env", pair);
}

static void
append_steps (GString *text, const BuildModule *module)
{
  g_autoptr (GError) error = NULL;
  g_autoptr (GPtrArray) steps = steps_new (module, -1, TRUE, &error);

  if (steps == NULL)
    append_pair (text, "  problem", error->message);
  for (guint i = 0; steps != NULL && i < steps->len; i++)
    {
      const BuildStep *step = g_ptr_array_index (steps, i);

      g_string_append_printf (text, "  step %s", step->title);
      if (!g_str_equal (step->cwd, "."))
        {
          g_string_append (text, " in");
          append_word (text, step->cwd);
        }
      g_string_append_c (text, ':');
      for (char **word = step->argv; *word != NULL; word++)
        append_word (text, *word);
      g_string_append_c (text, '\n');
    }
}

static void
append_module (GString *text, const BuildModule *module)
{
  append_pair (text, "\nmodule", module->name);
  append_pair (text, "  folder", module->source_dir);
  for (guint i = 0; i < module->sources->len; i++)
    append_source (text, g_ptr_array_index (module->sources, i));
  for (guint i = 0; i < module->env->len; i++)
    append_variable (text, module, g_ptr_array_index (module->env, i));
  if (module->network)
    g_string_append (text, "  network\n");
  for (char **arg = module->build_args; *arg != NULL; arg++)
    if (!g_str_equal (*arg, "--share=network"))
      g_string_append_printf (text, "  build-arg %s\n", *arg);
  if (module->strip)
    g_string_append (text, "  strip\n");
  append_steps (text, module);
  append_texts (text, "  cleanup", module->cleanup);
  append_texts (text, "  depends", module->module->depends);
}

/* What is done to the files at the end, as the manifest has it. */
static void
append_finish (GString *text, const Manifest *manifest)
{
  static const char *const keys[] = { "separate-locales", "appstream-compose", "rename-desktop-file", "rename-appdata-file",
                                      "rename-icon", "copy-icon", "rename-mime-file", "rename-mime-icons", "appdata-license",
                                      "desktop-file-name-prefix", "desktop-file-name-suffix", "id-platform" };

  for (gsize i = 0; i < G_N_ELEMENTS (keys); i++)
    {
      const Field *field = field_find (&manifest_fields, keys[i], 0);
      gconstpointer member = G_STRUCT_MEMBER_P (manifest, field->offset);
      g_autofree char *name = g_strconcat ("  ", keys[i], NULL);

      if (!field_is_wanted (field, manifest))
        continue;
      if (field->type == FIELD_TEXTS)
        append_texts (text, name, *(char **const *) member);
      else
        append_pair (text, name, field->type == FIELD_BOOL ? "true" : *(char *const *) member);
    }
}

char *
build_plan_module_to_text (const BuildModule *module)
{
  GString *text = g_string_new (NULL);

  append_module (text, module);
  return g_string_free (text, FALSE);
}

char *
build_plan_to_text (const BuildPlan *plan)
{
  GString *text = g_string_new (NULL);
  g_autofree char *metadata = terminal_escape (plan->metadata, TRUE);

  append_ref (text, "result", plan->ref);
  append_ref (text, "runtime", plan->runtime);
  append_ref (text, "sdk", plan->sdk);
  append_ref (text, "base", plan->base);
  append_texts (text, "base-extension", plan->manifest->base_extensions);
  append_texts (text, "sdk-extension", plan->manifest->sdk_extensions);
  append_texts (text, "inherit-extension", plan->manifest->inherit_extensions);
  append_texts (text, "inherit-sdk-extension", plan->manifest->inherit_sdk_extensions);
  for (guint i = 0; i < plan->modules->len; i++)
    append_module (text, g_ptr_array_index (plan->modules, i));
  g_string_append (text, "\nfinish\n");
  append_texts (text, "  cleanup-command", plan->manifest->cleanup_commands);
  append_texts (text, "  cleanup", plan->manifest->cleanup);
  append_finish (text, plan->manifest);
  g_string_append_printf (text, "\nmetadata\n%s", metadata);
  return g_string_free (text, FALSE);
}
