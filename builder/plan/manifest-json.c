/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "builder/plan/manifest-json.h"

#include <string.h>

#include "base/json.h"
#include "builder/manifest/fields.h"

typedef struct
{
  JsonBuilder *json;
  const ManifestJson *options;
  const Manifest *manifest;
} Writer;

static void write_fields (const Writer *writer, const FieldTable *table, gconstpointer object);

static void
begin (const Writer *writer, const char *name)
{
  if (name != NULL)
    json_builder_set_member_name (writer->json, name);
  json_builder_begin_object (writer->json);
}

static void
write_object (const Writer *writer, const char *name, const FieldTable *table, gconstpointer object)
{
  begin (writer, name);
  write_fields (writer, table, object);
  json_builder_end_object (writer->json);
}

static void
write_source (const Writer *writer, const ManifestSource *source)
{
  begin (writer, NULL);
  json_add_string (writer->json, "type", source->type);
  write_fields (writer, &source_fields, source);
  if (writer->options->source != NULL)
    writer->options->source (writer->json, source, writer->options->data);
  json_builder_end_object (writer->json);
}

static void
write_environment (const Writer *writer, const char *name, const GPtrArray *variables)
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
write_arches (const Writer *writer, const char *name, GHashTable *arches)
{
  g_autoptr (GList) names = arches != NULL ? g_list_sort (g_hash_table_get_keys (arches), compare_names) : NULL;

  begin (writer, name);
  for (const GList *at = names; at != NULL; at = at->next)
    write_object (writer, at->data, &options_fields, g_hash_table_lookup (arches, at->data));
  json_builder_end_object (writer->json);
}

static void
write_extensions (const Writer *writer, const char *name, const GPtrArray *extensions)
{
  begin (writer, name);
  for (guint i = 0; extensions != NULL && i < extensions->len; i++)
    write_object (writer, ((ManifestExtension *) extensions->pdata[i])->name, &extension_fields, extensions->pdata[i]);
  json_builder_end_object (writer->json);
}

static void
write_list (const Writer *writer, const Field *field, const GPtrArray *list)
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
write_texts (const Writer *writer, const char *name, const GPtrArray *texts)
{
  g_autoptr (GPtrArray) words = g_ptr_array_new ();

  for (guint i = 0; i < texts->len; i++)
    g_ptr_array_add (words, ((ManifestText *) texts->pdata[i])->text);
  g_ptr_array_add (words, NULL);
  json_add_strings (writer->json, name, (char *const *) words->pdata);
}

/* Our own permissions, as the finish-args that they are. */
static void
add_permissions (const Writer *writer)
{
  for (guint i = 0; writer->manifest->permissions != NULL && i < writer->manifest->permissions->len; i++)
    for (const Field *field = permission_fields.fields; field->key != NULL; field++)
      {
        const ManifestPermission *entry = writer->manifest->permissions->pdata[i];
        char **value = field->option != NULL ? G_STRUCT_MEMBER (char **, entry, field->offset) : NULL;

        for (; value != NULL && *value != NULL; value++)
          {
            g_autofree char *argument = g_strconcat (field->option, *value, field->suffix, NULL);

            json_builder_add_string_value (writer->json, argument);
          }
      }
}

/* What flatpak-builder has no word for is left out. */
static gboolean
has_host_network (const Manifest *manifest)
{
  return manifest->network != NULL && manifest->network->mode != NULL
         && g_strv_contains ((const char *const *) manifest->network->mode, "host");
}

static void
write_finish_args (const Writer *writer)
{
  json_builder_set_member_name (writer->json, "finish-args");
  json_builder_begin_array (writer->json);
  for (char **argument = writer->manifest->finish_args; argument != NULL && *argument != NULL; argument++)
    json_builder_add_string_value (writer->json, *argument);
  if (has_host_network (writer->manifest))
    json_builder_add_string_value (writer->json, "--share=network");
  add_permissions (writer);
  json_builder_end_array (writer->json);
}

/* From a folder to an absolute path, with ".." where it lies elsewhere. */
static char *
path_between (const char *folder, const char *path)
{
  g_autofree char *absolute = g_canonicalize_filename (folder, NULL);
  g_auto (GStrv) from = g_strsplit (absolute + 1, "/", -1);
  g_auto (GStrv) to = g_strsplit (path + 1, "/", -1);
  g_autoptr (GString) result = g_string_new (NULL);
  gsize same = 0;

  while (from[same] != NULL && to[same] != NULL && to[same + 1] != NULL && strcmp (from[same], to[same]) == 0)
    same++;
  for (gsize i = same; from[i] != NULL && *from[i] != '\0'; i++)
    g_string_append (result, "../");
  g_autofree char *rest = g_strjoinv ("/", to + same);
  g_string_append (result, rest);
  return g_string_free (g_steal_pointer (&result), FALSE);
}

/* What is named in another folder, from the manifest's. */
static char *
path_of (const Writer *writer, const ManifestSource *source, const char *path)
{
  g_autofree char *absolute = g_canonicalize_filename (path, source->base_dir);
  gsize length = strlen (writer->manifest->dir);

  if (*path == '/' || strcmp (source->base_dir, writer->manifest->dir) == 0)
    return g_strdup (path);
  if (!writer->options->foreign)
    return path_between (writer->manifest->dir, absolute);
  if (strncmp (absolute, writer->manifest->dir, length) == 0 && absolute[length] == '/')
    return g_strdup (absolute + length + 1);
  return g_steal_pointer (&absolute);
}

static void
write_paths (const Writer *writer, const Field *field, const ManifestSource *source)
{
  if (field->type == FIELD_TEXT)
    {
      g_autofree char *path = path_of (writer, source, G_STRUCT_MEMBER (char *, source, field->offset));

      json_add_string (writer->json, field->key, path);
      return;
    }
  json_builder_set_member_name (writer->json, field->key);
  json_builder_begin_array (writer->json);
  for (char **at = G_STRUCT_MEMBER (char **, source, field->offset); *at != NULL; at++)
    {
      g_autofree char *path = path_of (writer, source, *at);

      json_builder_add_string_value (writer->json, path);
    }
  json_builder_end_array (writer->json);
}

/* A mode alone may have been written as a text. */
static void
write_network (const Writer *writer, const char *name, const ManifestNetwork *network)
{
  if (network->keys == NULL)
    json_add_string (writer->json, name, *network->mode);
  else
    write_object (writer, name, &network_fields, network);
}

static void
write_field (const Writer *writer, const Field *field, gconstpointer member)
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
      write_network (writer, field->key, *(ManifestNetwork *const *) member);
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

/* Whether flatpak-builder would do the same without the key. */
static gboolean
is_standard (const Field *field, gconstpointer member)
{
  switch (field->type)
    {
    case FIELD_TEXTS:
      return *(char **const *) member == NULL || **(char **const *) member == NULL;
    case FIELD_BOOL:
      return *(const gboolean *) member == (g_strcmp0 (field->standard, "true") == 0);
    case FIELD_INT:
      return strcmp (field->key, "strip-components") == 0 && *(const int *) member == 1;
    case FIELD_SOURCES:
    case FIELD_MODULES:
      return (*(GPtrArray *const *) member)->len == 0;
    case FIELD_ENV:
    case FIELD_EXTENSIONS:
      return *(GPtrArray *const *) member == NULL || (*(GPtrArray *const *) member)->len == 0;
    default:
      return FALSE;
    }
}

static gboolean
is_path (const FieldTable *table, const Field *field)
{
  static const char *const keys[] = { "path", "paths", "keyring", NULL };

  return table == &source_fields && g_strv_contains (keys, field->key);
}

static void
write_foreign (const Writer *writer, const FieldTable *table, const Field *field, gconstpointer object)
{
  gconstpointer member = G_STRUCT_MEMBER_P (object, field->offset);

  if (field->own || field->type == FIELD_PERMISSIONS || is_standard (field, member))
    return;
  if (is_path (table, field))
    write_paths (writer, field, object);
  else if (table == &module_fields && strcmp (field->key, "cmake") == 0)
    json_add_string (writer->json, "buildsystem", "cmake");
  else if (strcmp (field->key, "app-id") == 0)
    json_add_string (writer->json, "id", *(char *const *) member);
  else
    write_field (writer, field, member);
}

/* A key that is written here in another way, or that who asked has no use for. */
static gboolean
is_left_out (const Writer *writer, const FieldTable *table, const Field *field)
{
  const char *const *of_source = writer->options->source_left_out;

  if (table == &source_fields && (strcmp (field->key, "type") == 0 || (of_source != NULL && g_strv_contains (of_source, field->key))))
    return TRUE;
  return writer->options->left_out != NULL && g_strv_contains (writer->options->left_out, field->key);
}

/* The keys that were written, each once, although some have several rows. */
static void
write_fields (const Writer *writer, const FieldTable *table, gconstpointer object)
{
  g_autoptr (GHashTable) done = g_hash_table_new (g_str_hash, g_str_equal);

  for (const Field *field = table->fields; object != NULL && field->key != NULL; field++)
    {
      if (is_left_out (writer, table, field) || !field_is_written (field, object)
          || !g_hash_table_add (done, (gpointer) field->key))
        continue;
      if (writer->options->foreign)
        write_foreign (writer, table, field, object);
      else if (writer->options->in_one_place && is_path (table, field))
        write_paths (writer, field, object);
      else
        write_field (writer, field, G_STRUCT_MEMBER_P (object, field->offset));
    }
}

void
manifest_json_write (const Manifest *manifest, const ManifestJson *options, JsonBuilder *json)
{
  const Writer writer = { json, options, manifest };

  write_fields (&writer, &manifest_fields, manifest);
  if (options->foreign && (manifest->finish_args != NULL || manifest->permissions != NULL || has_host_network (manifest)))
    write_finish_args (&writer);
}
