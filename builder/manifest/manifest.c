/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * What is done to whole objects by walking the field tables.
 */
#include "builder/manifest/fields.h"

#include <string.h>

static void
network_free (ManifestNetwork *network)
{
  fields_clear (&network_fields, network);
  g_free (network);
}

static void
field_clear (const Field *field, gpointer member)
{
  switch (field->type)
    {
    case FIELD_TEXT:
      g_clear_pointer ((char **) member, g_free);
      break;
    case FIELD_TEXTS:
    case FIELD_PERMISSIONS:
      g_clear_pointer ((char ***) member, g_strfreev);
      break;
    case FIELD_ENV:
    case FIELD_LIMITS:
    case FIELD_PERMISSION_LIST:
    case FIELD_TEST_LIST:
    case FIELD_PLACED:
    case FIELD_EXTENSIONS:
    case FIELD_SOURCES:
    case FIELD_MODULES:
      g_clear_pointer ((GPtrArray **) member, g_ptr_array_unref);
      break;
    case FIELD_OPTIONS:
      g_clear_pointer ((ManifestBuildOptions **) member, manifest_build_options_free);
      break;
    case FIELD_NETWORK:
      g_clear_pointer ((ManifestNetwork **) member, network_free);
      break;
    case FIELD_ARCH_OPTIONS:
      g_clear_pointer ((GHashTable **) member, g_hash_table_unref);
      break;
    case FIELD_BOOL:
    case FIELD_INT:
    case FIELD_INT64:
    case FIELD_ANY:
      break;
    }
}

void
manifest_key_add (gpointer object, const char *key)
{
  ManifestObject *head = object;
  const ManifestKey written = { g_intern_string (key), head->place.line, head->place.column };

  if (head->keys == NULL)
    head->keys = g_array_new (FALSE, FALSE, sizeof (ManifestKey));
  g_array_append_val (head->keys, written);
}

void
manifest_key_remove (gpointer object, const char *key)
{
  ManifestObject *head = object;

  for (guint i = head->keys != NULL ? head->keys->len : 0; i > 0; i--)
    if (g_str_equal (g_array_index (head->keys, ManifestKey, i - 1).name, key))
      g_array_remove_index (head->keys, i - 1);
}

ManifestPlace
manifest_key_place (gconstpointer object, const char *key)
{
  const ManifestObject *head = object;

  for (guint i = 0; head->keys != NULL && i < head->keys->len; i++)
    {
      const ManifestKey *written = &g_array_index (head->keys, ManifestKey, i);

      if (g_str_equal (written->name, key))
        return (ManifestPlace) { head->place.file, written->line, written->column };
    }
  return head->place;
}

void
fields_clear (const FieldTable *table, void *object)
{
  g_clear_pointer (&((ManifestObject *) object)->keys, g_array_unref);
  for (const Field *field = table->fields; field->key != NULL; field++)
    if (field->state == FIELD_NOW)
      field_clear (field, G_STRUCT_MEMBER_P (object, field->offset));
}

void
manifest_build_options_free (ManifestBuildOptions *options)
{
  if (options == NULL)
    return;
  fields_clear (&options_fields, options);
  g_free (options);
}

void
manifest_free (Manifest *manifest)
{
  if (manifest == NULL)
    return;
  fields_clear (&manifest_fields, manifest);
  g_free (manifest->finish_args_places);
  g_clear_pointer (&manifest->files, g_ptr_array_unref);
  g_free (manifest->path);
  g_free (manifest->dir);
  g_free (manifest);
}

/* Length first and ';' behind a list, so that no two different objects give the same bytes. */
static void
digest_text (const char *text, GChecksum *checksum)
{
  g_autofree char *length = g_strdup_printf ("%" G_GSIZE_FORMAT ":", strlen (text));

  g_checksum_update (checksum, (const guchar *) length, -1);
  g_checksum_update (checksum, (const guchar *) text, -1);
}

static gboolean
field_is_set (const Field *field, gconstpointer member)
{
  switch (field->type)
    {
    case FIELD_TEXT:
      return *(char *const *) member != NULL;
    case FIELD_TEXTS:
      return *(char **const *) member != NULL;
    case FIELD_PLACED:
      return *(GPtrArray *const *) member != NULL;
    case FIELD_BOOL:
      return *(const gboolean *) member;
    case FIELD_INT:
    case FIELD_INT64:
      return TRUE;
    default:
      return FALSE;
    }
}

gboolean
field_is_written (const Field *field, gconstpointer object)
{
  const GArray *keys = ((const ManifestObject *) object)->keys;

  for (guint i = 0; keys != NULL && i < keys->len; i++)
    if (g_str_equal (g_array_index (keys, ManifestKey, i).name, field->key))
      return TRUE;
  return FALSE;
}

gboolean
field_is_wanted (const Field *field, gconstpointer object)
{
  gconstpointer member = G_STRUCT_MEMBER_P (object, field->offset);

  if (!field_is_written (field, object))
    return FALSE;
  switch (field->type)
    {
    case FIELD_TEXT:
      return *(char *const *) member != NULL && **(char *const *) member != '\0';
    case FIELD_TEXTS:
    case FIELD_PERMISSIONS:
      return *(char **const *) member != NULL && **(char **const *) member != NULL;
    case FIELD_BOOL:
      return *(const gboolean *) member;
    case FIELD_INT:
      return *(const int *) member != 0;
    case FIELD_INT64:
      return *(const gint64 *) member != 0;
    case FIELD_ENV:
    case FIELD_LIMITS:
    case FIELD_PERMISSION_LIST:
    case FIELD_TEST_LIST:
    case FIELD_PLACED:
    case FIELD_EXTENSIONS:
    case FIELD_SOURCES:
    case FIELD_MODULES:
      return *(GPtrArray *const *) member != NULL && (*(GPtrArray *const *) member)->len > 0;
    case FIELD_OPTIONS:
    case FIELD_NETWORK:
    case FIELD_ARCH_OPTIONS:
      return *(const gpointer *) member != NULL;
    case FIELD_ANY:
      break;
    }
  return FALSE;
}

void
fields_digest (const FieldTable *table, const void *object, GChecksum *checksum)
{
  for (const Field *field = table->fields; field->key != NULL; field++)
    {
      gconstpointer member = G_STRUCT_MEMBER_P (object, field->offset);

      if (field->state != FIELD_NOW || field->no_digest || !field_is_set (field, member))
        continue;
      digest_text (field->key, checksum);
      if (field->type == FIELD_TEXT)
        digest_text (*(char *const *) member, checksum);
      else if (field->type == FIELD_INT)
        {
          g_autofree char *number = g_strdup_printf ("%d", *(const int *) member);
          digest_text (number, checksum);
        }
      else if (field->type == FIELD_INT64)
        {
          g_autofree char *number = g_strdup_printf ("%" G_GINT64_FORMAT, *(const gint64 *) member);
          digest_text (number, checksum);
        }
      else if (field->type == FIELD_TEXTS)
        {
          for (char **item = *(char **const *) member; *item != NULL; item++)
            digest_text (*item, checksum);
          g_checksum_update (checksum, (const guchar *) ";", 1);
        }
      else if (field->type == FIELD_PLACED)
        {
          const GPtrArray *texts = *(GPtrArray *const *) member;

          for (guint i = 0; i < texts->len; i++)
            digest_text (((const ManifestText *) texts->pdata[i])->text, checksum);
          g_checksum_update (checksum, (const guchar *) ";", 1);
        }
    }
}
