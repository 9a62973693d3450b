/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * From bytes to nodes, by libyaml's events.
 *
 * The events come one at a time, so the limits hold before memory is spent: the depth is checked when a list or map
 * begins, the number of nodes when one ends.  An alias makes no copy; but it is counted as everything it stands for,
 * because what walks the tree later walks it each time.  An anchor can be used only after its node has ended, so a
 * node never contains itself.  Merge keys copy entries (never nodes) into the map and are counted too.
 *
 * What is wrong with the syntax ends the parse of this file; a key given twice does not.
 */
#include "builder/manifest/node.h"

#include "builder/manifest/problem.h"
#include "builder/manifest/syntax.h"
#include "builder/manifest/text.h"

#include <string.h>
#include <yaml.h>

typedef struct
{
  ManifestDocument *document;
  ManifestBudget *budget;
  GPtrArray *problems;
  yaml_parser_t yaml;
  const char *text;            /* what libyaml reads */
  gboolean json;
  GPtrArray *strings;          /* JSON: the next quoted texts */
  guint next_string;
  GHashTable *anchors;         /* name -> ManifestNode; NULL value while it is still open */
} Parse;

static const ManifestNode *parse_node (Parse *parse, const yaml_event_t *event, unsigned depth);

static ManifestPlace
mark_place (const Parse *parse, yaml_mark_t mark)
{
  return (ManifestPlace) { parse->document->file, (unsigned) mark.line + 1, (unsigned) mark.column + 1 };
}

static gboolean
next_event (Parse *parse, yaml_event_t *event)
{
  const yaml_parser_t *yaml = &parse->yaml;

  if (yaml_parser_parse (&parse->yaml, event))
    return TRUE;
  const SyntaxError slip = { parse->document->file, parse->text, yaml->problem, yaml->context, (unsigned) yaml->problem_mark.line,
                             (unsigned) yaml->problem_mark.column, (unsigned) yaml->context_mark.line,
                             (unsigned) yaml->context_mark.column };
  manifest_syntax_explain (&slip, parse->problems);
  return FALSE;
}

static ManifestNode *
node_new (Parse *parse, ManifestNodeKind kind, yaml_mark_t mark)
{
  ManifestNode *node = g_new0 (ManifestNode, 1);

  node->kind = kind;
  node->line = (unsigned) mark.line + 1;
  node->column = (unsigned) mark.column + 1;
  node->size = 1;
  g_ptr_array_add (parse->document->nodes, node);
  return node;
}

/* Every node is charged when it is put into the tree, an alias with all that hangs below. */
static gboolean
charge (Parse *parse, unsigned amount, yaml_mark_t mark)
{
  if (amount > parse->budget->nodes)
    {
      manifest_problem_error (parse->problems, mark_place (parse, mark), "limit",
                              "too many values; a manifest may have %u, with keys, and what an alias stands for counted each time",
                              ((ManifestBudget) MANIFEST_BUDGET_INIT).nodes);
      return FALSE;
    }
  parse->budget->nodes -= amount;
  return TRUE;
}

/* The types that plain YAML has by itself; anything else would ask for a meaning that we don't have. */
static gboolean
tag_check (Parse *parse, const yaml_event_t *event, const yaml_char_t *tag)
{
  static const char *const known[] = { "str", "int", "float", "bool", "null", "seq", "map" };
  const char *name = (const char *) tag;
  const char *prefix = "tag:yaml.org,2002:";

  if (tag == NULL || g_str_equal (name, "!"))
    return TRUE;
  for (gsize i = 0; g_str_has_prefix (name, prefix) && i < G_N_ELEMENTS (known); i++)
    if (g_str_equal (name + strlen (prefix), known[i]))
      return TRUE;
  g_autofree char *quoted = manifest_quote (name);
  manifest_problem_error (parse->problems, mark_place (parse, event->start_mark), "syntax",
                          "the tag %s has no meaning in a manifest; a text that begins with '!' stands in quotes", quoted);
  return FALSE;
}

static void
anchor_set (Parse *parse, const yaml_char_t *anchor, const ManifestNode *node)
{
  if (anchor != NULL)
    g_hash_table_insert (parse->anchors, g_strdup ((const char *) anchor), (gpointer) node);
}

static const ManifestNode *
parse_alias (Parse *parse, const yaml_event_t *event)
{
  const char *name = (const char *) event->data.alias.anchor;
  g_autofree char *quoted = manifest_quote (name);
  gpointer node;

  if (!g_hash_table_lookup_extended (parse->anchors, name, NULL, &node))
    {
      manifest_problem_error (parse->problems, mark_place (parse, event->start_mark), "syntax",
                              "the alias %s refers to no anchor before it; a text that begins with '*' stands in quotes", quoted);
      return NULL;
    }
  if (node == NULL)
    {
      manifest_problem_error (parse->problems, mark_place (parse, event->start_mark), "syntax",
                              "the alias %s stands inside of its own anchor", quoted);
      return NULL;
    }
  return charge (parse, ((const ManifestNode *) node)->size, event->start_mark) ? node : NULL;
}

static const ManifestNode *
parse_text (Parse *parse, const yaml_event_t *event)
{
  const char *value = (const char *) event->data.scalar.value;
  gsize length = event->data.scalar.length;
  gboolean plain = event->data.scalar.style == YAML_PLAIN_SCALAR_STYLE;
  ManifestNode *node;

  if (!tag_check (parse, event, event->data.scalar.tag) || !charge (parse, 1, event->start_mark))
    return NULL;
  if (parse->json && !plain && parse->next_string < parse->strings->len)
    {
      value = g_ptr_array_index (parse->strings, parse->next_string++);
      length = strlen (value);
    }
  if (parse->json && plain && !manifest_json_is_word (value))
    {
      g_autofree char *quoted = manifest_quote (value);
      manifest_problem_error (parse->problems, mark_place (parse, event->start_mark), "syntax",
                              "not valid JSON: %s; texts are in double quotes",
                              *value == '\0' ? "a value is missing" : quoted);
      return NULL;
    }
  if (strlen (value) != length)
    {
      manifest_problem_error (parse->problems, mark_place (parse, event->start_mark), "syntax",
                              "this text contains NUL, which no text here may");
      return NULL;
    }
  node = node_new (parse, NODE_TEXT, event->start_mark);
  /* "!!str 6.7" is as good as quotes. */
  node->plain = plain && event->data.scalar.tag == NULL;
  node->folded = plain && event->end_mark.line > event->start_mark.line && event->end_mark.column > 0;
  node->text = g_string_chunk_insert_len (parse->document->texts, value, (gssize) length);
  anchor_set (parse, event->data.scalar.anchor, node);
  return node;
}

/* A list or map may begin here: not too deep, and in JSON not in YAML's way by indentation. */
static gboolean
begin_check (Parse *parse, const yaml_event_t *event, unsigned depth, gboolean block)
{
  if (parse->json && block)
    {
      manifest_problem_error (parse->problems, mark_place (parse, event->start_mark), "syntax",
                              "not valid JSON: a '{' or '[' is missing");
      return FALSE;
    }
  if (depth < MANIFEST_DEPTH_MAX)
    return TRUE;
  manifest_problem_error (parse->problems, mark_place (parse, event->start_mark), "limit",
                          "lists and maps are nested deeper than %d", MANIFEST_DEPTH_MAX);
  return FALSE;
}

static unsigned
add_sizes (unsigned a, unsigned b)
{
  return a > G_MAXUINT - b ? G_MAXUINT : a + b;
}

static const ManifestNode *
parse_list (Parse *parse, const yaml_event_t *start, unsigned depth)
{
  g_autoptr (GPtrArray) items = g_ptr_array_new ();
  ManifestNode *node;

  if (!begin_check (parse, start, depth, start->data.sequence_start.style == YAML_BLOCK_SEQUENCE_STYLE)
      || !tag_check (parse, start, start->data.sequence_start.tag)
      || !charge (parse, 1, start->start_mark))
    return NULL;
  node = node_new (parse, NODE_LIST, start->start_mark);
  anchor_set (parse, start->data.sequence_start.anchor, NULL);
  for (;;)
    {
      yaml_event_t event;
      const ManifestNode *item;
      gboolean end;

      if (!next_event (parse, &event))
        return NULL;
      end = event.type == YAML_SEQUENCE_END_EVENT;
      item = end ? NULL : parse_node (parse, &event, depth + 1);
      yaml_event_delete (&event);
      if (end)
        break;
      if (item == NULL)
        return NULL;
      node->size = add_sizes (node->size, item->size);
      g_ptr_array_add (items, (gpointer) item);
    }
  node->n = items->len;
  node->items = (const ManifestNode **) g_ptr_array_free (g_steal_pointer (&items), FALSE);
  anchor_set (parse, start->data.sequence_start.anchor, node);
  return node;
}

/* A map being read. */
typedef struct
{
  GArray *entries;             /* ManifestEntry */
  GHashTable *index;           /* key -> its number + 1 */
  GPtrArray *merges;           /* maps named by "<<", in order */
} Map;

static void
map_clear (Map *map)
{
  g_array_unref (map->entries);
  g_hash_table_unref (map->index);
  g_ptr_array_unref (map->merges);
}

G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC (Map, map_clear)

static void
map_append (Map *map, const ManifestEntry *entry)
{
  g_array_append_val (map->entries, *entry);
  g_hash_table_insert (map->index, (gpointer) entry->key, GUINT_TO_POINTER (map->entries->len));
}

static gboolean
map_merge_key (Parse *parse, Map *map, yaml_mark_t mark, const ManifestNode *value)
{
  gboolean ok = value->kind == NODE_MAP || value->kind == NODE_LIST;

  if (parse->budget->compat)
    {
      manifest_problem_warning (parse->problems, mark_place (parse, mark), "lenient",
                                "\"<<\" merges nothing, as in flatpak-builder, which takes it for an unknown key");
      return TRUE;
    }
  if (value->kind == NODE_MAP)
    g_ptr_array_add (map->merges, (gpointer) value);
  for (guint i = 0; value->kind == NODE_LIST && i < value->n; i++)
    {
      ok = ok && value->items[i]->kind == NODE_MAP;
      g_ptr_array_add (map->merges, (gpointer) value->items[i]);
    }
  if (!ok)
    manifest_problem_error (parse->problems, manifest_node_place (parse->document, value), "type",
                            "\"<<\" merges a map or a list of maps, here is something else");
  return ok;
}

static gboolean
map_add (Parse *parse, Map *map, const ManifestNode *key, yaml_mark_t mark, const ManifestNode *value)
{
  ManifestEntry entry = { key->text, (unsigned) mark.line + 1, (unsigned) mark.column + 1, value };
  guint earlier = GPOINTER_TO_UINT (g_hash_table_lookup (map->index, key->text));

  if (!parse->json && key->plain && g_str_equal (key->text, "<<"))
    return map_merge_key (parse, map, mark, value);
  if (earlier > 0)
    {
      ManifestEntry *first = &g_array_index (map->entries, ManifestEntry, earlier - 1);
      g_autofree char *quoted = manifest_quote (key->text);

      manifest_problem_add (parse->problems, mark_place (parse, mark), !parse->budget->compat, "duplicate-key",
                            "the key %s is here a second time; the first is at line %u, column %u%s", quoted,
                            first->line, first->column, parse->budget->compat ? " and has no effect" : "");
      *first = entry; /* the last one counts, as in flatpak-builder */
      return TRUE;
    }
  map_append (map, &entry);
  return TRUE;
}

/* The map's own keys win over merged ones, and of several maps the first one. */
static gboolean
map_resolve_merges (Parse *parse, Map *map, ManifestNode *node, yaml_mark_t mark)
{
  for (guint i = 0; i < map->merges->len; i++)
    {
      const ManifestNode *merged = g_ptr_array_index (map->merges, i);

      for (guint j = 0; j < merged->n; j++)
        {
          const ManifestEntry *entry = &merged->entries[j];

          if (!charge (parse, 1, mark))
            return FALSE;
          if (g_hash_table_contains (map->index, entry->key))
            continue;
          if (!charge (parse, entry->value->size, mark))
            return FALSE;
          node->size = add_sizes (node->size, entry->value->size);
          map_append (map, entry);
        }
    }
  return TRUE;
}

/* One "key: value"; *ret_end at the end of the map. */
static gboolean
parse_entry (Parse *parse, Map *map, ManifestNode *node, unsigned depth, gboolean *ret_end)
{
  const ManifestNode *key, *value;
  yaml_event_t event;
  yaml_mark_t mark;

  if (!next_event (parse, &event))
    return FALSE;
  *ret_end = event.type == YAML_MAPPING_END_EVENT;
  mark = event.start_mark;
  key = *ret_end ? NULL : parse_node (parse, &event, depth + 1);
  yaml_event_delete (&event);
  if (*ret_end || key == NULL)
    return *ret_end;
  if (key->kind != NODE_TEXT || (parse->json && key->plain))
    {
      manifest_problem_error (parse->problems, mark_place (parse, mark), "syntax", "a key must be a %stext",
                              parse->json ? "quoted " : "");
      return FALSE;
    }
  if (!next_event (parse, &event))
    return FALSE;
  value = parse_node (parse, &event, depth + 1);
  yaml_event_delete (&event);
  if (value == NULL)
    return FALSE;
  node->size = add_sizes (node->size, add_sizes (1, value->size));
  return map_add (parse, map, key, mark, value);
}

static const ManifestNode *
parse_map (Parse *parse, const yaml_event_t *start, unsigned depth)
{
  g_auto (Map) map = { g_array_new (FALSE, FALSE, sizeof (ManifestEntry)), g_hash_table_new (g_str_hash, g_str_equal),
                       g_ptr_array_new () };
  ManifestNode *node;
  gboolean end = FALSE;

  if (!begin_check (parse, start, depth, start->data.mapping_start.style == YAML_BLOCK_MAPPING_STYLE)
      || !tag_check (parse, start, start->data.mapping_start.tag)
      || !charge (parse, 1, start->start_mark))
    return NULL;
  node = node_new (parse, NODE_MAP, start->start_mark);
  anchor_set (parse, start->data.mapping_start.anchor, NULL);
  while (!end)
    if (!parse_entry (parse, &map, node, depth, &end))
      return NULL;
  if (!map_resolve_merges (parse, &map, node, start->start_mark))
    return NULL;
  node->n = map.entries->len;
  node->entries = g_memdup2 (map.entries->data, (gsize) map.entries->len * sizeof (ManifestEntry));
  anchor_set (parse, start->data.mapping_start.anchor, node);
  return node;
}

static const ManifestNode *
parse_node (Parse *parse, const yaml_event_t *event, unsigned depth)
{
  switch (event->type)
    {
    case YAML_ALIAS_EVENT:
      return parse_alias (parse, event);
    case YAML_SCALAR_EVENT:
      return parse_text (parse, event);
    case YAML_SEQUENCE_START_EVENT:
      return parse_list (parse, event, depth);
    case YAML_MAPPING_START_EVENT:
      return parse_map (parse, event, depth);
    default:
      manifest_problem_error (parse->problems, mark_place (parse, event->start_mark), "syntax", "a value is missing");
      return NULL;
    }
}

/* The events around the one document: its start and end, and that no second one follows. */
static gboolean
parse_stream (Parse *parse)
{
  gboolean done = FALSE;

  while (!done)
    {
      yaml_event_t event;
      gboolean ok = TRUE;

      if (!next_event (parse, &event))
        return FALSE;
      done = event.type == YAML_STREAM_END_EVENT;
      if (event.type == YAML_DOCUMENT_START_EVENT && parse->document->root != NULL)
        {
          manifest_problem_add (parse->problems, mark_place (parse, event.start_mark), !parse->budget->compat, "syntax",
                                "a second document begins here; a manifest is one%s",
                                parse->budget->compat ? ", so the rest is ignored" : "");
          yaml_event_delete (&event);
          return parse->budget->compat;
        }
      if (event.type != YAML_STREAM_START_EVENT && event.type != YAML_DOCUMENT_START_EVENT
               && event.type != YAML_DOCUMENT_END_EVENT && !done)
        {
          parse->document->root = parse_node (parse, &event, 0);
          ok = parse->document->root != NULL;
        }
      yaml_event_delete (&event);
      if (!ok)
        return FALSE;
    }
  if (parse->document->root == NULL)
    manifest_problem_error (parse->problems, (ManifestPlace) { parse->document->file, 1, 1 }, "syntax", "the file is empty");
  return parse->document->root != NULL;
}

static gboolean
looks_like_json (const char *file, const char *data)
{
  if (g_str_has_suffix (file, ".json"))
    return TRUE;
  if (g_str_has_suffix (file, ".yaml") || g_str_has_suffix (file, ".yml"))
    return FALSE;
  data += strspn (data, " \t\r\n");
  return *data == '{' || *data == '[' || *data == '/';
}

ManifestDocument *
manifest_document_parse (const char *file, const char *data, gsize length, ManifestBudget *budget, GPtrArray *problems)
{
  g_autoptr (ManifestDocument) document = g_new0 (ManifestDocument, 1);
  g_autoptr (GPtrArray) strings = NULL;
  g_autoptr (GHashTable) anchors = g_hash_table_new_full (g_str_hash, g_str_equal, g_free, NULL);
  g_autofree char *prepared = NULL;
  Parse parse = { .document = document, .budget = budget, .problems = problems, .text = data, .anchors = anchors };
  gboolean ok;

  document->file = g_intern_string (file);
  document->texts = g_string_chunk_new (4096);
  document->nodes = g_ptr_array_new ();
  if (!manifest_text_check (document->file, data, length, problems))
    return NULL;
  /* A byte order mark is no character of the first line. */
  if (g_str_has_prefix (data, "\xef\xbb\xbf"))
    {
      data += 3;
      length -= 3;
      parse.text = data;
    }
  parse.json = looks_like_json (file, data);
  if (parse.json)
    {
      prepared = manifest_json_prepare (document->file, data, length, budget, &strings, problems);
      if (prepared == NULL)
        return NULL;
      parse.strings = strings;
      parse.text = prepared;
      length = strlen (prepared);
    }
  else if (!manifest_yaml_check (document->file, data, problems))
    return NULL;
  if (!yaml_parser_initialize (&parse.yaml))
    g_error ("out of memory");
  yaml_parser_set_encoding (&parse.yaml, YAML_UTF8_ENCODING);
  yaml_parser_set_input_string (&parse.yaml, (const guchar *) parse.text, length);
  ok = parse_stream (&parse);
  yaml_parser_delete (&parse.yaml);
  return ok ? g_steal_pointer (&document) : NULL;
}
