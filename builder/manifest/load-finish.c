/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * The key `finish-args`.
 */
#include "builder/manifest/load.h"

#include "builder/manifest/problem.h"
#include "builder/manifest/value.h"
#include "bundle/filesystem.h"

#include <string.h>

/* One finish-arg; *at is the number of its last item.  An option and its value may be two, as on a command line. */
static char *
finish_argument (const GPtrArray *items, guint *at)
{
  const ManifestNode *item = g_ptr_array_index (items, *at);
  const ManifestNode *next = *at + 1 < items->len ? g_ptr_array_index (items, *at + 1) : NULL;
  g_autofree char *joined = NULL;

  if (next == NULL || !g_str_has_prefix (item->text, "--") || strchr (item->text, '=') != NULL || *next->text == '-')
    return g_strdup (item->text);
  joined = g_strconcat (item->text, "=", next->text, NULL);
  if (value_check_finish (item->text, NULL) || !value_check_finish (joined, NULL))
    return g_strdup (item->text);
  (*at)++;
  return g_steal_pointer (&joined);
}

/* What Flatpak takes and does not obey: a place that no app can have of the host, or that is not in the home. */
static gboolean
is_vain (const char *argument)
{
  const char *value = strchr (argument, '=');
  g_autofree char *path = NULL;

  if (value == NULL || !value_check_line (value + 1, NULL) || strstr (value, "..") != NULL)
    return FALSE;
  if (g_str_has_prefix (argument, "--persist="))
    return value[1] == '/' || value[1] == '~';
  path = g_strndup (value + 1, strcspn (value + 1, ":"));
  return g_str_has_prefix (argument, "--filesystem=/") && path[1] != '\0' && filesystem_path_is_reserved (path);
}

/* Flatpak says of ":persistent" and its like that it ignores the ending, and gives the place.  The argument without; NULL when it is not
 * that. */
static char *
without_ending (const Field *field, const char *argument)
{
  const char *colon = strchr (argument, ':');
  g_autofree char *bare = colon != NULL ? g_strndup (argument, colon - argument) : NULL;

  if (bare == NULL || !g_str_has_prefix (argument, "--filesystem=") || colon[-1] == '\\' || !field->check (bare, NULL))
    return NULL;
  return g_steal_pointer (&bare);
}

/* flatpak-builder leaves it to others to refuse something.  *argument may become another. */
static gboolean
check_finish_argument (const LoadFile *file, const ManifestNode *item, const Field *field, char **argument)
{
  gboolean compat = file->loader->budget.compat;
  gboolean vain = is_vain (*argument);
  g_autofree char *bare = NULL;
  g_autoptr (GError) error = NULL;

  if (field->check (*argument, &error))
    return TRUE;
  bare = compat && !vain ? without_ending (field, *argument) : NULL;
  manifest_problem_add (file->loader->problems, manifest_node_place (file->document, item), !vain && !compat, vain ? "no-effect" : "value",
                        "\"%s\": %s%s%s", field->key, error->message,
                        strstr (*argument, " --") != NULL ? "; are these several arguments? Each is an item of the list" : "",
                        bare != NULL ? "; the ending is ignored, so the app may write there" : vain || compat ? "; it is ignored" : "");
  if (bare == NULL)
    return FALSE;
  g_free (*argument);
  *argument = g_steal_pointer (&bare);
  return TRUE;
}

void
load_finish_args (const LoadFile *file, const ManifestEntry *entry, const Field *field, Manifest *manifest)
{
  g_autoptr (GPtrArray) items = load_text_items (file, entry->value, entry->key);
  g_autoptr (GStrvBuilder) builder = g_strv_builder_new ();
  guint n = 0;

  g_free (manifest->finish_args_places);
  manifest->finish_args_places = g_new0 (ManifestPlace, items->len + 1);
  for (guint i = 0; i < items->len; i++)
    {
      const ManifestNode *item = g_ptr_array_index (items, i);
      g_autofree char *argument = finish_argument (items, &i);

      if (!check_finish_argument (file, item, field, &argument))
        continue;
      manifest->finish_args_places[n++] = manifest_node_place (file->document, item);
      g_strv_builder_add (builder, argument);
    }
  g_strfreev (manifest->finish_args);
  manifest->finish_args = g_strv_builder_end (builder);
}
