/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "builder/record.h"

#include <string.h>

#include "base/error.h"
#include "base/file.h"
#include "base/terminal.h"
#include "builder/depends.h"
#include "builder/manifest/fields.h"
#include "builder/tree/walk.h"

#define RECORD_MAX (16u << 20)

static void
append_key (GString *text, const char *prefix, const char *key, const char *value)
{
  g_autofree char *safe = terminal_escape (value, FALSE);

  g_string_append_printf (text, "  key %s%s %s\n", prefix, key, safe);
}

/* The keys that decide about the result and that were written. */
static void
append_keys (GString *text, const char *prefix, const FieldTable *table, gconstpointer object)
{
  for (const Field *field = table->fields; field->key != NULL; field++)
    {
      gconstpointer member = G_STRUCT_MEMBER_P (object, field->offset);
      g_autofree char *value = NULL;

      if (field->no_digest || field->state != FIELD_NOW || !field_is_written (field, object))
        continue;
      if (field->type == FIELD_TEXT)
        value = g_strdup (*(char *const *) member);
      else if (field->type == FIELD_TEXTS && *(char **const *) member != NULL)
        value = g_strjoinv (", ", *(char **const *) member);
      else if (field->type == FIELD_BOOL)
        value = g_strdup (*(const gboolean *) member ? "true" : "false");
      else if (field->type == FIELD_INT)
        value = g_strdup_printf ("%d", *(const int *) member);
      if (value != NULL)
        append_key (text, prefix, field->key, value);
    }
}

static char *
record_text (const BuildPlan *plan, guint index)
{
  const BuildModule *module = plan->modules->pdata[index];
  g_autofree char *shown = build_plan_module_to_text (module);
  g_autofree gboolean *needs = depends_closure (plan, index);
  GString *text = g_string_new (shown);

  for (guint i = 0; i < index; i++)
    if (needs[i])
      g_string_append_printf (text, "  before %s\n", ((const BuildModule *) plan->modules->pdata[i])->name);
  append_keys (text, "", &module_fields, module->module);
  for (guint i = 0; i < module->sources->len; i++)
    {
      g_autofree char *prefix = g_strdup_printf ("sources[%u].", i + 1);

      append_keys (text, prefix, &source_fields, module->sources->pdata[i]);
    }
  return g_string_free (text, FALSE);
}

ModuleRecord *
record_new (const BuildPlan *plan, guint index, const char *previous, const GPtrArray *bases, const SourceContext *sources,
            GError **error)
{
  const BuildModule *module = plan->modules->pdata[index];
  g_autoptr (GPtrArray) own = key_parts_of_module (previous, plan, module, sources, error);

  if (own == NULL)
    return NULL;
  ModuleRecord *record = g_new0 (ModuleRecord, 1);
  record->key = key_of_parts (own);
  record->parts = key_parts_of_base (plan, bases);
  for (guint i = 0; i < own->len; i++)
    {
      const KeyPart *part = own->pdata[i];

      key_parts_add (record->parts, part->name, part->digest);
    }
  record->text = record_text (plan, index);
  return record;
}

void
record_free (ModuleRecord *record)
{
  if (record == NULL)
    return;
  g_free (record->key);
  g_clear_pointer (&record->parts, g_ptr_array_unref);
  g_free (record->text);
  g_free (record);
}

static char *
record_name (const BuildPlan *plan, guint index)
{
  const BuildModule *module = plan->modules->pdata[index];

  return g_strconcat (plan->manifest->id, "@", module->name, NULL);
}

static gboolean
add_name (const TreeEntry *entry, gpointer data, GError **error)
{
  g_ptr_array_add (data, g_strdup (entry->name));
  return TRUE;
}

/* One line "NAME<tab>VALUE" for the key and each part, an empty line, the text. */
gboolean
record_write (const BuildState *state, const BuildPlan *plan, guint index, const ModuleRecord *record, GError **error)
{
  g_autofree char *name = record_name (plan, index);
  g_autoptr (GString) text = g_string_new (NULL);
  autofd dir = build_state_dir (state, "parts", error);

  if (dir < 0)
    return FALSE;
  g_string_append_printf (text, "key\t%s\n", record->key);
  for (guint i = 0; i < record->parts->len; i++)
    {
      const KeyPart *part = record->parts->pdata[i];

      g_string_append_printf (text, "%s\t%s\n", part->name, part->digest);
    }
  g_string_append_printf (text, "\n%s", record->text);
  /* The same again is no write: most builds change nothing. */
  g_autofree char *old = file_read (dir, name, RECORD_MAX, NULL, NULL);
  if (old != NULL && strcmp (old, text->str) == 0)
    return TRUE;
  return file_write_unsynced (dir, name, text->str, text->len, 0644, error);
}

gboolean
record_remove_others (const BuildState *state, const BuildPlan *plan, GError **error)
{
  g_autofree char *prefix = g_strconcat (plan->manifest->id, "@", NULL);
  g_autoptr (GPtrArray) names = g_ptr_array_new_with_free_func (g_free);
  g_autoptr (GHashTable) ours = g_hash_table_new_full (g_str_hash, g_str_equal, g_free, NULL);
  autofd dir = build_state_dir (state, "parts", error);

  if (dir < 0 || !tree_walk (dir, FALSE, add_name, names, error))
    return FALSE;
  for (guint i = 0; i < plan->modules->len; i++)
    g_hash_table_add (ours, record_name (plan, i));
  for (guint i = 0; i < names->len; i++)
    if (g_str_has_prefix (names->pdata[i], prefix) && !g_hash_table_contains (ours, names->pdata[i])
        && !file_remove_tree (dir, names->pdata[i], error))
      return FALSE;
  return TRUE;
}

static ModuleRecord *
parse (const char *text)
{
  g_autoptr (ModuleRecord) record = g_new0 (ModuleRecord, 1);
  const char *body = strstr (text, "\n\n");

  if (body == NULL)
    return NULL;
  g_autofree char *head = g_strndup (text, (gsize) (body - text));
  g_auto (GStrv) lines = g_strsplit (head, "\n", -1);
  record->parts = key_parts_new ();
  for (gsize i = 0; lines[i] != NULL; i++)
    {
      char *tab = strchr (lines[i], '\t');

      if (tab == NULL)
        return NULL;
      *tab = '\0';
      if (i == 0)
        record->key = g_strdup (tab + 1);
      else
        key_parts_add (record->parts, lines[i], tab + 1);
    }
  record->text = g_strdup (body + 2);
  return g_steal_pointer (&record);
}

ModuleRecord *
record_read (const BuildState *state, const BuildPlan *plan, guint index)
{
  g_autofree char *name = record_name (plan, index);
  g_autofree char *path = g_build_filename ("parts", name, NULL);
  g_autofree char *text = file_read (state->dir_fd, path, RECORD_MAX, NULL, NULL);

  return text != NULL ? parse (text) : NULL;
}

char *
record_read_key (int parts_fd, const char *name)
{
  g_autofree char *text = file_read (parts_fd, name, RECORD_MAX, NULL, NULL);
  g_autoptr (ModuleRecord) record = text != NULL ? parse (text) : NULL;

  return record != NULL ? g_steal_pointer (&record->key) : NULL;
}

/* The cache refuses names that look like a checksum of its own. */
char *
record_cache_key (const char *key)
{
  return g_strconcat ("module-", key, NULL);
}
