/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "builder/resolved.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/error.h"
#include "base/file.h"
#include "base/json.h"
#include "builder/manifest/fields.h"

#define NAME RESOLVED_NAME
#define BASES_MAX 100

typedef struct
{
  JsonBuilder *json;
  const SourceContext *sources;
  GError *error;           /* the first one */
} Writer;

static void write_fields (Writer *writer, const FieldTable *table, gconstpointer object);

static void
begin (Writer *writer, const char *name)
{
  if (name != NULL)
    json_builder_set_member_name (writer->json, name);
  json_builder_begin_object (writer->json);
}

static void
write_object (Writer *writer, const char *name, const FieldTable *table, gconstpointer object)
{
  begin (writer, name);
  write_fields (writer, table, object);
  json_builder_end_object (writer->json);
}

static void
write_source (Writer *writer, const ManifestSource *source)
{
  const SourceKind *kind = source_kind_find (source->type);
  g_autoptr (GPtrArray) parts = source_parts_new ();

  begin (writer, NULL);
  json_add_string (writer->json, "type", source->type);
  write_fields (writer, &source_fields, source);
  if (kind != NULL && kind->resolve != NULL && writer->error == NULL && kind->resolve (source, writer->sources, parts, &writer->error))
    {
      const SourcePart *part = parts->len == 1 ? parts->pdata[0] : NULL;

      if (part != NULL && part->commit != NULL && source->commit == NULL)
        json_add_string (writer->json, "commit", part->commit);
    }
  json_builder_end_object (writer->json);
}

static void
write_environment (Writer *writer, const char *name, const GPtrArray *variables)
{
  begin (writer, name);
  for (guint i = 0; variables != NULL && i < variables->len; i++)
    {
      const ManifestVariable *variable = variables->pdata[i];

      json_add_string (writer->json, variable->name, variable->value);
    }
  json_builder_end_object (writer->json);
}

static int
compare_names (gconstpointer a, gconstpointer b)
{
  return strcmp (a, b);
}

static void
write_arches (Writer *writer, const char *name, GHashTable *arches)
{
  g_autoptr (GList) names = arches != NULL ? g_list_sort (g_hash_table_get_keys (arches), compare_names) : NULL;

  begin (writer, name);
  for (const GList *at = names; at != NULL; at = at->next)
    write_object (writer, at->data, &options_fields, g_hash_table_lookup (arches, at->data));
  json_builder_end_object (writer->json);
}

static void
write_extensions (Writer *writer, const char *name, const GPtrArray *extensions)
{
  begin (writer, name);
  for (guint i = 0; extensions != NULL && i < extensions->len; i++)
    write_object (writer, ((ManifestExtension *) extensions->pdata[i])->name, &extension_fields, extensions->pdata[i]);
  json_builder_end_object (writer->json);
}

static void
write_list (Writer *writer, const Field *field, const GPtrArray *list)
{
  json_builder_set_member_name (writer->json, field->key);
  json_builder_begin_array (writer->json);
  for (guint i = 0; list != NULL && i < list->len; i++)
    if (field->type == FIELD_SOURCES)
      write_source (writer, list->pdata[i]);
    else
      write_object (writer, NULL,
                    field->type == FIELD_MODULES ? &module_fields : field->type == FIELD_TEST_LIST ? &test_fields : &permission_fields,
                    list->pdata[i]);
  json_builder_end_array (writer->json);
}

static void
write_texts (Writer *writer, const char *name, const GPtrArray *texts)
{
  g_autoptr (GPtrArray) words = g_ptr_array_new ();

  for (guint i = 0; i < texts->len; i++)
    g_ptr_array_add (words, ((ManifestText *) texts->pdata[i])->text);
  g_ptr_array_add (words, NULL);
  json_add_strings (writer->json, name, (char *const *) words->pdata);
}

static void
write_field (Writer *writer, const Field *field, gconstpointer member)
{
  switch (field->type)
    {
    case FIELD_TEXT:
      json_add_string (writer->json, field->key, *(char *const *) member);
      break;
    case FIELD_TEXTS:
    case FIELD_PERMISSIONS:
      json_add_strings (writer->json, field->key, *(char **const *) member);
      break;
    case FIELD_BOOL:
      json_add_boolean (writer->json, field->key, *(const gboolean *) member);
      break;
    case FIELD_INT:
      json_add_integer (writer->json, field->key, *(const int *) member);
      break;
    case FIELD_INT64:
      json_add_integer (writer->json, field->key, *(const gint64 *) member);
      break;
    case FIELD_PLACED:
      write_texts (writer, field->key, *(GPtrArray *const *) member);
      break;
    case FIELD_ENV:
    case FIELD_LIMITS:
      write_environment (writer, field->key, *(GPtrArray *const *) member);
      break;
    case FIELD_OPTIONS:
      write_object (writer, field->key, &options_fields, *(ManifestBuildOptions *const *) member);
      break;
    case FIELD_NETWORK:
      write_object (writer, field->key, &network_fields, *(ManifestNetwork *const *) member);
      break;
    case FIELD_ARCH_OPTIONS:
      write_arches (writer, field->key, *(GHashTable *const *) member);
      break;
    case FIELD_EXTENSIONS:
      write_extensions (writer, field->key, *(GPtrArray *const *) member);
      break;
    case FIELD_PERMISSION_LIST:
    case FIELD_TEST_LIST:
    case FIELD_SOURCES:
    case FIELD_MODULES:
      write_list (writer, field, *(GPtrArray *const *) member);
      break;
    default:
      break;
    }
}

/* A key that is written here in another way, or that tells of the place of the build only. */
static gboolean
is_left_out (const Field *field)
{
  static const char *const keys[] = { "type", "mirror", "runtime-commit", "sdk-commit", "base-commit", NULL };

  return g_strv_contains (keys, field->key);
}

/* The keys that were written, each once, although some have several rows. */
static void
write_fields (Writer *writer, const FieldTable *table, gconstpointer object)
{
  g_autoptr (GHashTable) done = g_hash_table_new (g_str_hash, g_str_equal);

  for (const Field *field = table->fields; object != NULL && field->key != NULL; field++)
    if (!is_left_out (field) && field_is_written (field, object) && g_hash_table_add (done, (gpointer) field->key))
      write_field (writer, field, G_STRUCT_MEMBER_P (object, field->offset));
}

static void
write_commit (Writer *writer, const char *key, const Ground *ground)
{
  if (ground != NULL)
    json_add_string (writer->json, key, ground->deployment->checksum);
}

char *
resolved_manifest (const BuildPlan *plan, const Bases *bases, const SourceContext *sources, GError **error)
{
  g_autoptr (JsonBuilder) json = json_builder_new ();
  Writer writer = { json, sources, NULL };

  begin (&writer, NULL);
  write_fields (&writer, &manifest_fields, plan->manifest);
  write_commit (&writer, "runtime-commit", bases->runtime);
  write_commit (&writer, "sdk-commit", bases->sdk);
  write_commit (&writer, "base-commit", bases->base);
  json_builder_end_object (json);
  if (writer.error != NULL)
    {
      g_propagate_error (error, writer.error);
      return NULL;
    }
  return json_to_text (json);
}

static gboolean
keep_older (int files_fd, GError **error)
{
  struct stat st;

  if (fstatat (files_fd, NAME, &st, AT_SYMLINK_NOFOLLOW) < 0)
    return TRUE;
  for (int i = 1; i <= BASES_MAX; i++)
    {
      g_autofree char *name = g_strdup_printf ("manifest-base-%d.json", i);

      if (fstatat (files_fd, name, &st, AT_SYMLINK_NOFOLLOW) == 0)
        continue;
      return renameat (files_fd, NAME, files_fd, name) == 0 || error_throw_errno (error, errno, "cannot rename " NAME);
    }
  return error_throw (error, "there are more than %d manifest-base-N.json", BASES_MAX);
}

gboolean
resolved_manifest_write (const BuildPlan *plan, const Bases *bases, const SourceContext *sources, int files_fd, GError **error)
{
  g_autofree char *text = resolved_manifest (plan, bases, sources, error);

  return text != NULL && keep_older (files_fd, error) && file_write_unsynced (files_fd, NAME, text, strlen (text), 0644, error);
}
