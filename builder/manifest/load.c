/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * One key at a time, by the tables of fields.c.
 */
#include "builder/manifest/load.h"

#include "builder/manifest/problem.h"
#include "builder/manifest/value.h"

#include <string.h>

#define VARIABLES_MAX 1000

static ManifestPlace
place_of (const LoadFile *file, const ManifestNode *node)
{
  return manifest_node_place (file->document, node);
}

void
load_wrong_type (const LoadFile *file, const ManifestNode *node, const char *key, const char *wanted)
{
  g_autofree char *found = manifest_node_describe (node);
  g_auto (GStrv) parts = g_strsplit (wanted, "%s", -1);
  g_autofree char *form = g_strjoinv (key, parts);

  manifest_problem_add (file->loader->problems, place_of (file, node), !file->loader->budget.compat, "type",
                        "\"%s\" wants %s; here is %s%s", key, form, found, file->loader->budget.compat ? ", which is ignored" : "");
}

static gboolean
check_value (const LoadFile *file, const ManifestNode *node, const Field *field)
{
  g_autoptr (GError) error = NULL;

  if (field->check == NULL || field->check (node->text, &error))
    return TRUE;
  manifest_problem_error (file->loader->problems, place_of (file, node), "value", "\"%s\": %s", field->key, error->message);
  return FALSE;
}

/* Who writes `branch: 12` means a text; but what can't be one is for flatpak-builder a number or boolean, which it ignores. */
static gboolean
is_other_type (const LoadFile *file, const ManifestNode *node, const Field *field)
{
  gint64 number;

  return file->loader->budget.compat && node->plain && field->check != NULL && !field->check (node->text, NULL)
         && (g_str_equal (node->text, "true") || g_str_equal (node->text, "false")
             || g_ascii_string_to_signed (node->text, 10, G_MININT64, G_MAXINT64, &number, NULL));
}

static void
load_text (const LoadFile *file, const ManifestEntry *entry, const Field *field, char **member)
{
  const ManifestNode *node = entry->value;

  if (node->kind != NODE_TEXT || is_other_type (file, node, field))
    {
      load_wrong_type (file, node, entry->key, "a text, as in %s: 'x'");
      return;
    }
  if (*member != NULL) /* two keys for one thing: id and app-id */
    {
      manifest_problem_add (file->loader->problems, manifest_entry_place (file->document, entry), !file->loader->budget.compat,
                            "conflict", "\"%s\" says a second time what another key has said", entry->key);
      if (!file->loader->budget.compat)
        return;
    }
  (void) check_value (file, node, field);
  g_free (*member);
  *member = g_strdup (node->text);
}

static void
load_bool (const LoadFile *file, const ManifestEntry *entry, gboolean *member)
{
  static const char *const yes[] = { "true", "yes", "on" };
  static const char *const no[] = { "false", "no", "off" };
  const ManifestNode *node = entry->value;
  g_autofree char *lower = node->kind == NODE_TEXT && node->plain ? g_ascii_strdown (node->text, -1) : NULL;
  /* The others are for people; flatpak-builder does not know them. */
  gsize n = file->loader->budget.compat ? 1 : G_N_ELEMENTS (yes);

  for (gsize i = 0; lower != NULL && i < n; i++)
    if (g_str_equal (lower, yes[i]) || g_str_equal (lower, no[i]))
      {
        *member = g_str_equal (lower, yes[i]);
        return;
      }
  load_wrong_type (file, node, entry->key, "true or false, without quotes, as in %s: true");
}

static gboolean
load_number (const LoadFile *file, const ManifestEntry *entry, const Field *field, gint64 max, gint64 *ret_number)
{
  const ManifestNode *node = entry->value;

  if (node->kind == NODE_TEXT && node->plain && g_ascii_string_to_signed (node->text, 10, -max - 1, max, ret_number, NULL))
    return check_value (file, node, field);
  load_wrong_type (file, node, entry->key, "a whole number, without quotes, as in %s: 1");
  return FALSE;
}

static void
load_int (const LoadFile *file, const ManifestEntry *entry, const Field *field, int *member)
{
  gint64 number;

  if (load_number (file, entry, field, G_MAXINT, &number))
    *member = (int) number;
}

static void
load_int64 (const LoadFile *file, const ManifestEntry *entry, const Field *field, gint64 *member)
{
  gint64 number;

  if (load_number (file, entry, field, G_MAXINT64, &number))
    *member = number;
}

GPtrArray *
load_text_items (const LoadFile *file, const ManifestNode *node, const char *key)
{
  g_autoptr (GPtrArray) items = g_ptr_array_new ();

  if (node->kind == NODE_TEXT)
    g_ptr_array_add (items, (gpointer) node);
  else if (node->kind == NODE_MAP)
    load_wrong_type (file, node, key, "a list of texts, as in %s: [x, y]");
  if (node->kind == NODE_TEXT && node->folded)
    manifest_problem_warning (file->loader->problems, place_of (file, node), "one-text",
                              "\"%s\": these lines are one text, with blanks between them; each item of a list begins with \"- \"", key);
  for (guint i = 0; node->kind == NODE_LIST && i < node->n; i++)
    {
      const ManifestNode *item = node->items[i];

      /* `~` alone may be meant as a place. */
      if (item->kind != NODE_TEXT || (manifest_node_is_null (item) && !g_str_equal (item->text, "~")))
        load_wrong_type (file, item, key, "texts in its list, as in %s: [x, y]");
      else
        g_ptr_array_add (items, (gpointer) item);
    }
  return g_steal_pointer (&items);
}

static void
store_texts (const LoadFile *file, const GPtrArray *items, const Field *field, char ***member)
{
  GPtrArray *texts = g_ptr_array_new ();

  for (guint i = 0; i < items->len; i++)
    {
      const ManifestNode *item = g_ptr_array_index (items, i);

      (void) check_value (file, item, field);
      g_ptr_array_add (texts, g_strdup (item->text));
    }
  g_ptr_array_add (texts, NULL);
  g_strfreev (*member);
  *member = (char **) g_ptr_array_free (texts, FALSE);
}

static void
load_texts (const LoadFile *file, const ManifestEntry *entry, const Field *field, char ***member)
{
  g_autoptr (GPtrArray) items = load_text_items (file, entry->value, entry->key);

  store_texts (file, items, field, member);
}

static void
text_free (gpointer data)
{
  ManifestText *text = data;

  g_free (text->text);
  g_free (text);
}

static void
load_placed (const LoadFile *file, const ManifestEntry *entry, const Field *field, GPtrArray **member)
{
  g_autoptr (GPtrArray) items = load_text_items (file, entry->value, entry->key);

  g_clear_pointer (member, g_ptr_array_unref);
  *member = g_ptr_array_new_with_free_func (text_free);
  for (guint i = 0; i < items->len; i++)
    {
      const ManifestNode *item = g_ptr_array_index (items, i);
      ManifestText *text = g_new0 (ManifestText, 1);

      (void) check_value (file, item, field);
      text->place = place_of (file, item);
      text->text = g_strdup (item->text);
      g_ptr_array_add (*member, text);
    }
}

static void
variable_free (gpointer data)
{
  ManifestVariable *variable = data;

  g_free (variable->name);
  g_free (variable->value);
  g_free (variable);
}

static void
add_variable (const LoadFile *file, ManifestPlace place, GPtrArray *env, const char *name, const char *value)
{
  g_autoptr (GError) error = NULL;
  ManifestVariable *variable;

  if (!value_check_variable (name, &error))
    {
      manifest_problem_error (file->loader->problems, place, "value", "\"env\": %s", error->message);
      return;
    }
  variable = g_new0 (ManifestVariable, 1);
  variable->name = g_strdup (name);
  variable->value = g_strdup (value);
  g_ptr_array_add (env, variable);
}

/* A map NAME: VALUE, where no value unsets; or, as many manifests have it, a list of NAME=VALUE. */
static void
load_env (const LoadFile *file, const ManifestEntry *entry, GPtrArray **member)
{
  const ManifestNode *node = entry->value;
  g_autoptr (GPtrArray) env = g_ptr_array_new_with_free_func (variable_free);

  for (guint i = 0; node->kind == NODE_MAP && i < node->n; i++)
    {
      const ManifestEntry *variable = &node->entries[i];
      /* flatpak-builder knows one word for it. */
      gboolean none = manifest_node_is_null (variable->value) && (!file->loader->budget.compat || strlen (variable->value->text) > 1);
      const char *value = none ? NULL : variable->value->text;

      if (variable->value->kind != NODE_TEXT)
        load_wrong_type (file, variable->value, variable->key, "a text, being an environment variable");
      else
        add_variable (file, manifest_entry_place (file->document, variable), env, variable->key, value);
    }
  if (node->kind != NODE_MAP)
    {
      g_autoptr (GPtrArray) items = load_text_items (file, node, entry->key);

      for (guint i = 0; i < items->len; i++)
        {
          const ManifestNode *item = g_ptr_array_index (items, i);
          const char *equals = strchr (item->text, '=');
          g_autofree char *name = equals != NULL ? g_strndup (item->text, (gsize) (equals - item->text)) : NULL;

          if (equals == NULL)
            load_wrong_type (file, item, entry->key, "a map, as in %s: {NAME: value}, or NAME=VALUE in a list");
          else
            add_variable (file, place_of (file, item), env, name, equals + 1);
        }
    }
  if (env->len > VARIABLES_MAX)
    manifest_problem_error (file->loader->problems, place_of (file, node), "limit", "\"env\" has more than %d variables",
                            VARIABLES_MAX);
  g_clear_pointer (member, g_ptr_array_unref);
  *member = g_steal_pointer (&env);
}

static ManifestBuildOptions *
new_options (const LoadFile *file, const ManifestEntry *entry, guint scope)
{
  ManifestBuildOptions *options;

  if (entry->value->kind != NODE_MAP)
    {
      load_wrong_type (file, entry->value, entry->key, "a map of build options, as in %s: {cflags: -O2}");
      return NULL;
    }
  options = g_new0 (ManifestBuildOptions, 1);
  options->place = place_of (file, entry->value);
  load_object (file, entry->value, &options_fields, scope, options);
  return options;
}

static void
load_arch_options (const LoadFile *file, const ManifestEntry *entry, GHashTable **member)
{
  const ManifestNode *node = entry->value;

  if (node->kind != NODE_MAP)
    {
      load_wrong_type (file, node, entry->key, "a map of architectures, as in %s: {x86_64: {cflags: -O2}}");
      return;
    }
  g_clear_pointer (member, g_hash_table_unref);
  *member = g_hash_table_new_full (g_str_hash, g_str_equal, g_free, (GDestroyNotify) manifest_build_options_free);
  for (guint i = 0; i < node->n; i++)
    {
      const ManifestEntry *arch = &node->entries[i];
      g_autoptr (GError) error = NULL;
      ManifestBuildOptions *options;

      if (manifest_node_is_null (arch->value))
        continue;
      if (!value_check_arch (arch->key, &error))
        manifest_problem_error (file->loader->problems, manifest_entry_place (file->document, arch), "value", "\"arch\": %s",
                                error->message);
      options = new_options (file, arch, 0);
      if (options != NULL)
        g_hash_table_insert (*member, g_strdup (arch->key), options);
    }
}

static void
load_options (const LoadFile *file, const ManifestEntry *entry, ManifestBuildOptions **member)
{
  /* A key may be there twice, with '_' and with '-'. */
  manifest_build_options_free (*member);
  *member = new_options (file, entry, OPTIONS_OUTSIDE_ARCH);
}

static void
load_source_list (const LoadFile *file, const ManifestNode *node, GPtrArray *member)
{
  /* flatpak-builder takes all of them or none. */
  if (!load_sources (file, node, member) && file->loader->budget.compat)
    g_ptr_array_set_size (member, 0);
}

static void
load_field (const LoadFile *file, const ManifestEntry *entry, const Field *field, void *object)
{
  gpointer member = G_STRUCT_MEMBER_P (object, field->offset);

  switch (field->type)
    {
    case FIELD_TEXT:
      load_text (file, entry, field, member);
      break;
    case FIELD_TEXTS:
      load_texts (file, entry, field, member);
      break;
    case FIELD_BOOL:
      load_bool (file, entry, member);
      break;
    case FIELD_INT:
      load_int (file, entry, field, member);
      break;
    case FIELD_INT64:
      load_int64 (file, entry, field, member);
      break;
    case FIELD_PERMISSIONS:
      load_finish_args (file, entry, field, object);
      break;
    case FIELD_PERMISSION_LIST:
      load_permission_list (file, entry->value, member);
      break;
    case FIELD_NETWORK:
      load_network (file, entry, member);
      break;
    case FIELD_TEST_LIST:
      load_tests (file, entry->value, member);
      break;
    case FIELD_PLACED:
      load_placed (file, entry, field, member);
      break;
    case FIELD_LIMITS:
      load_resources (file, entry, member);
      break;
    case FIELD_EXTENSIONS:
      load_extensions (file, entry, member);
      break;
    case FIELD_ENV:
      load_env (file, entry, member);
      break;
    case FIELD_OPTIONS:
      load_options (file, entry, member);
      break;
    case FIELD_ARCH_OPTIONS:
      load_arch_options (file, entry, member);
      break;
    case FIELD_SOURCES:
      load_source_list (file, entry->value, *(GPtrArray **) member);
      break;
    case FIELD_MODULES:
      load_modules (file, entry->value, *(GPtrArray **) member);
      break;
    case FIELD_ANY:
      break;
    }
}

gboolean
load_is_foreign_key (const char *key)
{
  return g_str_has_prefix (key, "x-") || g_str_has_prefix (key, "//") || g_str_equal (key, "$schema");
}

/* "a module and of build options": what else has a key of this name; NULL when nothing has. */
static char *
other_owners (const FieldTable *table, const char *key)
{
  const FieldTable *const tables[] = { &manifest_fields, &module_fields, &options_fields, &source_fields };
  g_autoptr (GString) owners = g_string_new (NULL);

  for (gsize i = 0; i < G_N_ELEMENTS (tables); i++)
    if (tables[i] != table && field_find (tables[i], key, 0) != NULL)
      g_string_append_printf (owners, "%s%s", owners->len > 0 ? " and of " : "", tables[i]->what);
  return owners->len > 0 ? g_string_free (g_steal_pointer (&owners), FALSE) : NULL;
}

static void
unknown_key (const LoadFile *file, const ManifestEntry *entry, const FieldTable *table, guint scope)
{
  /* Not for each of a million keys of a hostile file, when nobody will read it. */
  gboolean heard = file->loader->problems->len < MANIFEST_PROBLEMS_MAX;
  g_autofree char *owner = heard ? other_owners (table, entry->key) : NULL;
  const char *near = heard ? field_suggest (table, entry->key, scope) : NULL;
  g_autofree char *quoted = manifest_quote (entry->key);
  ManifestPlace place = manifest_entry_place (file->document, entry);

  if (near != NULL)
    manifest_problem_add (file->loader->problems, place, !file->loader->budget.compat, "unknown-key",
                          "unknown key %s of %s; did you mean \"%s\"?", quoted, table->what, near);
  else if (owner != NULL)
    manifest_problem_add (file->loader->problems, place, !file->loader->budget.compat, "misplaced-key",
                          "%s is no key of %s, but of %s; is it indented as it should be?", quoted, table->what, owner);
  else
    manifest_problem_add (file->loader->problems, place, !file->loader->budget.compat, "unknown-key", "unknown key %s of %s", quoted,
                          table->what);
}

static void
remember_key (const ManifestEntry *entry, const Field *field, ManifestObject *object)
{
  const ManifestKey key = { field->key, entry->line, entry->column };

  if (object->keys == NULL)
    object->keys = g_array_new (FALSE, FALSE, sizeof (ManifestKey));
  g_array_append_val (object->keys, key);
}

/* flatpak-builder takes '_' for '-', as GObject does. */
static const Field *
find_field (const LoadFile *file, const ManifestEntry *entry, const FieldTable *table, guint scope)
{
  const Field *field = field_find (table, entry->key, scope);
  g_autofree char *key = NULL;

  if (field != NULL || strchr (entry->key, '_') == NULL)
    return field;
  key = g_strdelimit (g_strdup (entry->key), "_", '-');
  field = field_find (table, key, scope);
  if (field != NULL)
    manifest_problem_warning (file->loader->problems, manifest_entry_place (file->document, entry), "lenient",
                              "\"%s\" is taken for \"%s\", which is how this key is written", entry->key, key);
  return field;
}

static void
load_entry (const LoadFile *file, const ManifestEntry *entry, const FieldTable *table, guint scope, void *object)
{
  const Field *field = find_field (file, entry, table, scope);
  GPtrArray *problems = file->loader->problems;
  ManifestPlace place = manifest_entry_place (file->document, entry);

  if (field == NULL)
    unknown_key (file, entry, table, scope);
  else if (field->scope != 0 && (field->scope & scope) == 0)
    {
      g_autofree char *types = table == &source_fields ? source_types_with (entry->key) : NULL;

      manifest_problem_add (problems, place, !file->loader->budget.compat, "misplaced-key", "\"%s\" does not belong to %s of this kind%s%s",
                            entry->key, table->what, types != NULL ? "; it is for the types " : "", types ?: "");
    }
  else if (manifest_node_is_null (entry->value) && !(file->loader->budget.compat && g_str_equal (entry->value->text, "~")))
    manifest_problem_warning (problems, place, "no-value", "\"%s\" has no value and is ignored", entry->key);
  else if (field->state == FIELD_NO_EFFECT)
    manifest_problem_warning (problems, place, "no-effect", "\"%s\" has no effect: %s", entry->key, field->hint);
  else
    {
      remember_key (entry, field, object);
      load_field (file, entry, field, object);
    }
}

void
load_object (const LoadFile *file, const ManifestNode *map, const FieldTable *table, guint scope, void *object)
{
  for (guint i = 0; i < map->n; i++)
    if (!load_is_foreign_key (map->entries[i].key))
      load_entry (file, &map->entries[i], table, scope, object);
}
