/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "builder/manifest/node.h"

#include "builder/manifest/problem.h"

#include <string.h>

void
manifest_document_free (ManifestDocument *document)
{
  if (document == NULL)
    return;
  for (guint i = 0; i < document->nodes->len; i++)
    {
      ManifestNode *node = g_ptr_array_index (document->nodes, i);

      g_free (node->items);
      g_free (node->entries);
      g_free (node);
    }
  g_ptr_array_unref (document->nodes);
  g_string_chunk_free (document->texts);
  g_free (document);
}

ManifestPlace
manifest_node_place (const ManifestDocument *document, const ManifestNode *node)
{
  return (ManifestPlace) { document->file, node->line, node->column };
}

ManifestPlace
manifest_entry_place (const ManifestDocument *document, const ManifestEntry *entry)
{
  return (ManifestPlace) { document->file, entry->line, entry->column };
}

/* As flatpak-builder compares the names of properties. */
static gboolean
is_key (const char *written, const char *key)
{
  for (; *written != '\0' && *key != '\0'; written++, key++)
    if (*written != *key && (*written != '_' || *key != '-'))
      return FALSE;
  return *written == *key;
}

const ManifestEntry *
manifest_node_entry (const ManifestNode *map, const char *key)
{
  for (guint i = 0; map->kind == NODE_MAP && i < map->n; i++)
    if (is_key (map->entries[i].key, key))
      return &map->entries[i];
  return NULL;
}

gboolean
manifest_node_is_null (const ManifestNode *node)
{
  static const char *const words[] = { "", "~", "null", "Null", "NULL" };

  if (node->kind != NODE_TEXT || !node->plain)
    return FALSE;
  for (gsize i = 0; i < G_N_ELEMENTS (words); i++)
    if (g_str_equal (node->text, words[i]))
      return TRUE;
  return FALSE;
}

char *
manifest_node_describe (const ManifestNode *node)
{
  g_autofree char *quoted = NULL;

  if (node->kind == NODE_LIST)
    return g_strdup ("a list");
  if (node->kind == NODE_MAP)
    return g_strdup ("a map of keys");
  if (manifest_node_is_null (node))
    return g_strdup ("nothing");
  quoted = manifest_quote (node->text);
  return node->plain ? g_strdup (quoted) : g_strdup_printf ("the text %s", quoted);
}
