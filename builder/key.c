/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "builder/key.h"

#include <string.h>

#include "base/error.h"
#include "builder/epoch.h"

/* Raise it when the same recipe would give another tree: the sandbox of a build, the form of a tree, the finish steps. */
#define FORMAT_VERSION "1"

/* Name and length go in front, so that no two lists of fields give the same bytes. */
static void
add (GChecksum *checksum, const char *name, const char *value)
{
  g_autofree char *head = value != NULL ? g_strdup_printf ("%s:%zu:", name, strlen (value)) : g_strdup_printf ("%s:-", name);

  g_checksum_update (checksum, (const guchar *) head, (gssize) strlen (head));
  if (value != NULL)
    g_checksum_update (checksum, (const guchar *) value, (gssize) strlen (value));
}

static void
add_list (GChecksum *checksum, const char *name, char **values)
{
  for (gsize i = 0; values != NULL && values[i] != NULL; i++)
    add (checksum, name, values[i]);
}

static char *
finish (GChecksum *checksum)
{
  char *key = g_strdup (g_checksum_get_string (checksum));

  g_checksum_free (checksum);
  return key;
}

char *
key_of_base (const BuildPlan *plan, const char *sdk_checksum)
{
  GChecksum *checksum = g_checksum_new (G_CHECKSUM_SHA256);
  g_autofree char *epoch = g_strdup_printf ("%" G_GINT64_FORMAT, build_epoch ());

  add (checksum, "format", FORMAT_VERSION);
  add (checksum, "arch", plan->arch);
  add (checksum, "runtime", plan->manifest->build_runtime ? "yes" : "no");
  add (checksum, "sdk", sdk_checksum);
  add (checksum, "epoch", epoch);
  return finish (checksum);
}

char *
key_of_module (const char *previous, const BuildPlan *plan, const BuildModule *module, const SourceContext *sources, GError **error)
{
  g_autoptr (GChecksum) checksum = g_checksum_new (G_CHECKSUM_SHA256);

  add (checksum, "previous", previous);
  build_plan_digest (plan, module, checksum);
  for (guint i = 0; i < module->sources->len; i++)
    {
      const ManifestSource *source = module->sources->pdata[i];
      const SourceKind *kind = source_kind_find (source->type);

      add (checksum, "source", source->type);
      add (checksum, "dest", source->dest);
      if (kind == NULL)
        {
          error_throw (error, "module '%s': there is no source kind '%s'", module->name, source->type);
          return NULL;
        }
      if (!kind->digest (source, sources, checksum, error))
        {
          error_prefix (error, "module '%s'", module->name);
          return NULL;
        }
    }
  return finish (g_steal_pointer (&checksum));
}

char *
key_of_image (const char *last, const BuildPlan *plan, int compression_level)
{
  const Manifest *manifest = plan->manifest;
  GChecksum *checksum = g_checksum_new (G_CHECKSUM_SHA256);
  g_autofree char *level = g_strdup_printf ("%d", compression_level);

  add (checksum, "last", last);
  add (checksum, "writer", NACELLE_VERSION);
  add (checksum, "level", level);
  add (checksum, "id", manifest->id);
  add (checksum, "command", manifest->command);
  add (checksum, "metadata", plan->metadata);
  add_list (checksum, "cleanup", manifest->cleanup);
  add_list (checksum, "cleanup-commands", manifest->cleanup_commands);
  for (guint i = 0; i < plan->modules->len; i++)
    {
      const BuildModule *module = plan->modules->pdata[i];

      add (checksum, "module", module->name);
      add_list (checksum, "cleanup", module->cleanup);
    }
  return finish (checksum);
}
