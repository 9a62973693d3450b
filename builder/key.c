/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "builder/key.h"

#include <string.h>

#include "base/error.h"
#include "builder/epoch.h"
#include "builder/manifest/fields.h"

/* Raise it when the same recipe would give another tree: the sandbox of a build, the form of a tree, the finish steps. */
#define FORMAT_VERSION "7"
/* Raise it when only what is written of a tree at the end is another: the records in it. */
#define RECORDS_VERSION "2"

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

static void
part_free (gpointer data)
{
  KeyPart *part = data;

  g_free (part->name);
  g_free (part->digest);
  g_free (part);
}

GPtrArray *
key_parts_new (void)
{
  return g_ptr_array_new_with_free_func (part_free);
}

void
key_parts_add (GPtrArray *parts, const char *name, const char *digest)
{
  KeyPart *part = g_new (KeyPart, 1);

  part->name = g_strdup (name);
  part->digest = g_strdup (digest != NULL ? digest : "");
  g_ptr_array_add (parts, part);
}

char *
key_of_parts (const GPtrArray *parts)
{
  GChecksum *checksum = g_checksum_new (G_CHECKSUM_SHA256);

  for (guint i = 0; i < parts->len; i++)
    {
      const KeyPart *part = parts->pdata[i];

      add (checksum, part->name, part->digest);
    }
  return finish (checksum);
}

GPtrArray *
key_parts_of_base (const BuildPlan *plan, const GPtrArray *bases)
{
  GPtrArray *parts = key_parts_new ();
  g_autofree char *epoch = g_strdup_printf ("%" G_GINT64_FORMAT, build_epoch ());

  key_parts_add (parts, "format", FORMAT_VERSION);
  key_parts_add (parts, "arch", plan->arch);
  key_parts_add (parts, "runtime", plan->manifest->build_runtime ? "yes" : "no");
  for (guint i = 0; i < bases->len; i++)
    {
      const KeyPart *part = bases->pdata[i];

      key_parts_add (parts, part->name, part->digest);
    }
  if (plan->writable_sdk)
    key_parts_add (parts, "writable-sdk", "yes");
  key_parts_add (parts, "epoch", epoch);
  return parts;
}

char *
key_of_base (const BuildPlan *plan, const GPtrArray *bases)
{
  g_autoptr (GPtrArray) parts = key_parts_of_base (plan, bases);

  return key_of_parts (parts);
}

static char *
digest_of_source (const ManifestSource *source, const SourceContext *sources, GError **error)
{
  const SourceKind *kind = source_kind_find (source->type);
  g_autoptr (GChecksum) checksum = g_checksum_new (G_CHECKSUM_SHA256);

  if (kind == NULL)
    {
      error_throw (error, "there is no source kind '%s'", source->type);
      return NULL;
    }
  add (checksum, "source", source->type);
  add (checksum, "dest", source->dest);
  if (!kind->digest (source, sources, checksum, error))
    return NULL;
  return finish (g_steal_pointer (&checksum));
}

GPtrArray *
key_parts_of_module (const char *previous, const BuildPlan *plan, const BuildModule *module, const SourceContext *sources,
                     GError **error)
{
  g_autoptr (GPtrArray) parts = key_parts_new ();
  GChecksum *checksum = g_checksum_new (G_CHECKSUM_SHA256);

  key_parts_add (parts, "previous", previous);
  build_plan_digest (plan, module, checksum);
  g_autofree char *recipe = finish (checksum);
  key_parts_add (parts, "recipe", recipe);
  for (guint i = 0; i < module->sources->len; i++)
    {
      g_autofree char *name = g_strdup_printf ("source %u", i + 1);
      g_autofree char *digest = digest_of_source (module->sources->pdata[i], sources, error);

      if (digest == NULL)
        {
          const ManifestSource *source = module->sources->pdata[i];

          error_prefix (error, "%s:%u: source of module '%s'", source->place.file, source->place.line, module->name);
          return NULL;
        }
      key_parts_add (parts, name, digest);
    }
  return g_steal_pointer (&parts);
}

char *
key_of_module (const char *previous, const BuildPlan *plan, const BuildModule *module, const SourceContext *sources, GError **error)
{
  g_autoptr (GPtrArray) parts = key_parts_of_module (previous, plan, module, sources, error);

  return parts != NULL ? key_of_parts (parts) : NULL;
}

char *
key_of_image (const char *last, const BuildPlan *plan, const ImageKeyOptions *options)
{
  GChecksum *checksum = g_checksum_new (G_CHECKSUM_SHA256);
  g_autofree char *level = g_strdup_printf ("%d", options->compression_level);
  const GPtrArray *extensions = plan->manifest->add_extensions;

  add (checksum, "last", last);
  add (checksum, "writer", NACELLE_VERSION);
  add (checksum, "records", RECORDS_VERSION);
  add (checksum, "level", level);
  add (checksum, options->split_locales ? "split" : "whole", NULL);
  add (checksum, options->bundle_sources ? "sources" : "no-sources", NULL);
  add (checksum, "catalogue", options->catalogue);
  add (checksum, "runtime", options->runtime_checksum);
  fields_digest (&manifest_fields, plan->manifest, checksum); /* every key there is, so a new one can't be forgotten */
  add (checksum, "metadata", plan->metadata);
  add_list (checksum, "finish", plan->manifest->finish_args); /* not each of them is seen in the metadata */
  for (guint i = 0; plan->manifest->tests != NULL && i < plan->manifest->tests->len; i++)
    fields_digest (&test_fields, plan->manifest->tests->pdata[i], checksum);
  for (guint i = 0; i < plan->modules->len; i++)
    {
      const BuildModule *module = plan->modules->pdata[i];

      add (checksum, "module", module->name);
      add_list (checksum, "cleanup", module->cleanup);
    }
  for (guint i = 0; extensions != NULL && i < extensions->len; i++)
    {
      const ManifestExtension *extension = extensions->pdata[i];

      if (extension->bundle)
        add (checksum, "bundle", extension->name);
    }
  if (options->platform != NULL)
    add (checksum, "platform", options->platform);
  return finish (checksum);
}
