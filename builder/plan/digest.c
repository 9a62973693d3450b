/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "builder/buildsystems/buildsystem.h"
#include "builder/manifest/fields.h"
#include "builder/plan/environment.h"
#include "builder/plan/plan.h"

#include <string.h>

/* Length first and names in front, so that no two plans give the same bytes. */
static void
add (GChecksum *checksum, const char *name, const char *value)
{
  g_autofree char *head = NULL;

  if (value == NULL)
    head = g_strdup_printf ("%s;", name);
  else
    head = g_strdup_printf ("%s=%" G_GSIZE_FORMAT ":%s;", name, strlen (value), value);
  g_checksum_update (checksum, (const guchar *) head, -1);
}

static void
add_texts (GChecksum *checksum, const char *name, char *const *texts)
{
  for (; texts != NULL && *texts != NULL; texts++)
    add (checksum, name, *texts);
}

static void
add_source (GChecksum *checksum, const ManifestSource *source)
{
  const char *from = source->url ?: source->path;

  add (checksum, "source", NULL);
  fields_digest (&source_fields, source, checksum);
  /* A single file keeps its name. */
  if (g_str_equal (source->type, "file") && source->dest_filename == NULL && from != NULL)
    {
      g_autofree char *name = g_path_get_basename (from);

      add (checksum, "file", name);
    }
}

void
build_plan_digest (const BuildPlan *plan, const BuildModule *module, GChecksum *checksum)
{
  const BuildSystem *system = buildsystem_find (module->module->buildsystem, NULL);
  g_autofree char *version = g_strdup_printf ("%u", system != NULL ? system->version : 0);

  add (checksum, "plan", "1");
  add (checksum, "arch", plan->arch);
  add (checksum, "system", system != NULL ? system->name : "");
  add (checksum, "version", version);
  fields_digest (&module_fields, module->module, checksum);
  add (checksum, "prefix", module->prefix);
  add (checksum, "install-prefix", module->install_prefix);
  add (checksum, "libdir", module->libdir);
  add_texts (checksum, "config", module->config_opts);
  add_texts (checksum, "make", module->make_args);
  add_texts (checksum, "install", module->make_install_args);
  add (checksum, module->network ? "network" : "no-network", NULL);
  for (char **arg = module->build_args; *arg != NULL; arg++)
    if (!g_str_equal (*arg, "--share=network"))
      add (checksum, "build-arg", *arg);
  if (module->module->run_tests)
    add_texts (checksum, "test-arg", module->test_args);
  add (checksum, plan->manifest->separate_locales ? "locales" : "no-locales", NULL);
  add (checksum, module->strip ? "strip" : "no-strip", NULL);
  add (checksum, module->no_debuginfo ? "no-debuginfo" : "debuginfo", NULL);
  add (checksum, module->no_debuginfo_compression ? "plain-debuginfo" : "compressed-debuginfo", NULL);
  for (guint i = 0; i < module->env->len; i++)
    {
      const ManifestVariable *variable = g_ptr_array_index (module->env, i);

      if (g_str_equal (variable->name, ENVIRONMENT_JOBS))
        continue;
      add (checksum, "env", variable->name);
      add (checksum, "value", variable->value);
    }
  for (guint i = 0; i < module->sources->len; i++)
    add_source (checksum, g_ptr_array_index (module->sources, i));
}
