/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "builder/sources/packages/lock.h"

#include <string.h>
#include <yaml.h>

#include "base/error.h"

#define LOCK_VERSION "1"
/* More would be aliases that repeat a list (no distribution has so many). */
#define LOCK_MAX_PACKAGES 200000

typedef struct
{
  char *request, *suite;
  GHashTable *arches;       /* name -> GPtrArray of Package */
} LockSource;

struct Lock
{
  GPtrArray *sources;
  GPtrArray *pins;
  guint n_parsed;
};

static void
lock_source_free (LockSource *source)
{
  g_free (source->request);
  g_free (source->suite);
  g_hash_table_unref (source->arches);
  g_free (source);
}

static void
lock_pin_free (LockPin *pin)
{
  g_free (pin->url);
  g_free (pin->ref);
  g_free (pin->value);
  g_free (pin);
}

Lock *
lock_new (void)
{
  Lock *lock = g_new0 (Lock, 1);

  lock->pins = g_ptr_array_new_with_free_func ((GDestroyNotify) lock_pin_free);
  lock->sources = g_ptr_array_new_with_free_func ((GDestroyNotify) lock_source_free);
  return lock;
}

void
lock_free (Lock *lock)
{
  g_ptr_array_unref (lock->sources);
  g_ptr_array_unref (lock->pins);
  g_free (lock);
}

static int
lock_compare_strings (gconstpointer a, gconstpointer b)
{
  return strcmp (*(const char *const *) a, *(const char *const *) b);
}

static void
lock_add_sorted (GChecksum *checksum, const char *key, char *const *values)
{
  g_autoptr (GPtrArray) sorted = g_ptr_array_new ();

  for (gsize i = 0; values != NULL && values[i] != NULL; i++)
    g_ptr_array_add (sorted, values[i]);
  g_ptr_array_sort (sorted, lock_compare_strings);
  for (guint i = 0; i < sorted->len; i++)
    {
      g_checksum_update (checksum, (const guchar *) key, strlen (key) + 1);
      g_checksum_update (checksum, g_ptr_array_index (sorted, i), strlen (g_ptr_array_index (sorted, i)) + 1);
    }
}

char *
lock_request (const ManifestSource *source)
{
  g_autoptr (GChecksum) checksum = g_checksum_new (G_CHECKSUM_SHA256);
  char *suite[] = { source->suite, NULL };
  char *main_only[] = { (char *) "main", NULL };

  lock_add_sorted (checksum, "suite", suite);
  lock_add_sorted (checksum, "component",
                   source->components != NULL && source->components[0] != NULL ? source->components : main_only);
  lock_add_sorted (checksum, "package", source->packages);
  lock_add_sorted (checksum, "exclude", source->exclude);
  return g_strdup (g_checksum_get_string (checksum));
}

static LockSource *
lock_find_source (const Lock *lock, const char *request)
{
  for (guint i = 0; i < lock->sources->len; i++)
    {
      LockSource *source = g_ptr_array_index (lock->sources, i);

      if (strcmp (source->request, request) == 0)
        return source;
    }
  return NULL;
}

GPtrArray *
lock_find (const Lock *lock, const char *request, const char *arch)
{
  LockSource *source = lock_find_source (lock, request);

  return source != NULL ? g_hash_table_lookup (source->arches, arch) : NULL;
}

gboolean
lock_has_arch (const Lock *lock, const char *arch)
{
  for (guint i = 0; i < lock->sources->len; i++)
    if (g_hash_table_contains (((LockSource *) g_ptr_array_index (lock->sources, i))->arches, arch))
      return TRUE;
  return FALSE;
}

void
lock_put (Lock *lock, const char *request, const char *suite, const char *arch, GPtrArray *packages)
{
  LockSource *source = lock_find_source (lock, request);

  if (source == NULL)
    {
      source = g_new0 (LockSource, 1);
      source->request = g_strdup (request);
      source->suite = g_strdup (suite);
      source->arches = g_hash_table_new_full (g_str_hash, g_str_equal, g_free, (GDestroyNotify) g_ptr_array_unref);
      g_ptr_array_add (lock->sources, source);
    }
  g_hash_table_replace (source->arches, g_strdup (arch), g_ptr_array_ref (packages));
}

void
lock_keep_only (Lock *lock, GHashTable *requests)
{
  for (guint i = lock->sources->len; i > 0; i--)
    if (!g_hash_table_contains (requests, ((LockSource *) g_ptr_array_index (lock->sources, i - 1))->request))
      g_ptr_array_remove_index (lock->sources, i - 1);
}

GPtrArray *
lock_pins (const Lock *lock)
{
  return lock->pins;
}

GPtrArray *
lock_leftovers (const Lock *lock, GHashTable *requests)
{
  GPtrArray *suites = g_ptr_array_new_with_free_func (g_free);

  for (guint i = 0; i < lock->sources->len; i++)
    {
      const LockSource *source = g_ptr_array_index (lock->sources, i);

      if (!g_hash_table_contains (requests, source->request))
        g_ptr_array_add (suites, g_strdup (source->suite));
    }
  return suites;
}

static int
lock_compare_pins (gconstpointer a, gconstpointer b)
{
  const LockPin *one = *(const LockPin *const *) a, *two = *(const LockPin *const *) b;
  int order = strcmp (one->url, two->url);

  return order != 0 ? order : g_strcmp0 (one->ref, two->ref);
}

static void
lock_format_pins (const Lock *lock, GString *text)
{
  g_autoptr (GPtrArray) sorted = g_ptr_array_copy (lock->pins, NULL, NULL);

  g_ptr_array_set_free_func (sorted, NULL);
  g_ptr_array_sort (sorted, lock_compare_pins);
  if (sorted->len > 0)
    g_string_append (text, "pins:\n");
  for (guint i = 0; i < sorted->len; i++)
    {
      const LockPin *pin = g_ptr_array_index (sorted, i);

      if (pin->ref != NULL)
        g_string_append_printf (text, "- { url: \"%s\", ref: \"%s\", commit: \"%s\" }\n", pin->url, pin->ref, pin->value);
      else
        g_string_append_printf (text, "- { url: \"%s\", sha256: \"%s\" }\n", pin->url, pin->value);
    }
}

static int
lock_compare_sources (gconstpointer a, gconstpointer b)
{
  return strcmp ((*(const LockSource *const *) a)->request, (*(const LockSource *const *) b)->request);
}

static void
lock_format_source (const LockSource *source, GString *text)
{
  g_autoptr (GPtrArray) arches = g_ptr_array_new ();
  GHashTableIter iter;
  gpointer arch;

  g_string_append_printf (text, "- request: \"%s\"\n  suite: \"%s\"\n  architectures:\n", source->request, source->suite);
  g_hash_table_iter_init (&iter, source->arches);
  while (g_hash_table_iter_next (&iter, &arch, NULL))
    g_ptr_array_add (arches, arch);
  g_ptr_array_sort (arches, lock_compare_strings);
  for (guint i = 0; i < arches->len; i++)
    {
      GPtrArray *packages = g_hash_table_lookup (source->arches, g_ptr_array_index (arches, i));

      g_string_append_printf (text, "    \"%s\":\n", (char *) g_ptr_array_index (arches, i));
      for (guint j = 0; j < packages->len; j++)
        {
          const Package *p = g_ptr_array_index (packages, j);

          g_string_append_printf (text, "    - { name: \"%s\", version: \"%s\", architecture: \"%s\", size: %"
                                  G_GUINT64_FORMAT ", sha256: \"%s\", path: \"%s\" }\n",
                                  p->name, p->version, p->arch, p->size, p->sha256, p->path);
        }
    }
}

char *
lock_format (const Lock *lock)
{
  g_autoptr (GPtrArray) sorted = g_ptr_array_copy (lock->sources, NULL, NULL);
  GString *text = g_string_new ("# Written by appbuild; write it anew with `appbuild lock MANIFEST`.\n"
                                "version: " LOCK_VERSION "\n");

  g_ptr_array_set_free_func (sorted, NULL);
  g_ptr_array_sort (sorted, lock_compare_sources);
  g_string_append (text, sorted->len > 0 ? "sources:\n" : "sources: []\n");
  for (guint i = 0; i < sorted->len; i++)
    lock_format_source (g_ptr_array_index (sorted, i), text);
  lock_format_pins (lock, text);
  return g_string_free (text, FALSE);
}

/* The value of `key` in a mapping, NULL when it is missing or of another type. */
static yaml_node_t *
lock_yaml_get (yaml_document_t *document, yaml_node_t *mapping, const char *key, yaml_node_type_t type)
{
  if (mapping == NULL || mapping->type != YAML_MAPPING_NODE)
    return NULL;
  for (yaml_node_pair_t *pair = mapping->data.mapping.pairs.start; pair < mapping->data.mapping.pairs.top; pair++)
    {
      yaml_node_t *name = yaml_document_get_node (document, pair->key);
      yaml_node_t *value = yaml_document_get_node (document, pair->value);

      if (name != NULL && name->type == YAML_SCALAR_NODE && strcmp ((char *) name->data.scalar.value, key) == 0)
        return value != NULL && value->type == type ? value : NULL;
    }
  return NULL;
}

static const char *
lock_yaml_text (yaml_document_t *document, yaml_node_t *mapping, const char *key)
{
  yaml_node_t *node = lock_yaml_get (document, mapping, key, YAML_SCALAR_NODE);

  return node != NULL ? (const char *) node->data.scalar.value : NULL;
}

static GPtrArray *
lock_parse_packages (Lock *lock, yaml_document_t *document, yaml_node_t *list, GError **error)
{
  g_autoptr (GPtrArray) packages = packages_new ();

  if (list == NULL || list->type != YAML_SEQUENCE_NODE)
    {
      error_throw_code (error, ERROR_REFUSED, "an architecture has no list of packages");
      return NULL;
    }
  for (yaml_node_item_t *item = list->data.sequence.items.start; item < list->data.sequence.items.top; item++)
    {
      yaml_node_t *node = yaml_document_get_node (document, *item);
      const char *size_text = lock_yaml_text (document, node, "size");
      guint64 size = 0;
      Package *package = NULL;

      if (size_text != NULL && !g_ascii_string_to_unsigned (size_text, 10, 1, G_MAXINT64, &size, NULL))
        size = 0;
      if (++lock->n_parsed > LOCK_MAX_PACKAGES)
        {
          error_throw_code (error, ERROR_REFUSED, "it has more than %d packages", LOCK_MAX_PACKAGES);
          return NULL;
        }
      package = package_new (lock_yaml_text (document, node, "name"), lock_yaml_text (document, node, "version"),
                             lock_yaml_text (document, node, "architecture"), lock_yaml_text (document, node, "path"),
                             lock_yaml_text (document, node, "sha256"), size, error);
      if (package == NULL)
        return NULL;
      g_ptr_array_add (packages, package);
    }
  return g_steal_pointer (&packages);
}

static gboolean
lock_parse_source (Lock *lock, yaml_document_t *document, yaml_node_t *node, GError **error)
{
  const char *request = lock_yaml_text (document, node, "request");
  const char *suite = lock_yaml_text (document, node, "suite");
  yaml_node_t *arches = lock_yaml_get (document, node, "architectures", YAML_MAPPING_NODE);

  if (request == NULL || strlen (request) != 64 || strspn (request, "0123456789abcdef") != 64
      || suite == NULL || strpbrk (suite, "\"\\\n") != NULL || arches == NULL)
    return error_throw_code (error, ERROR_REFUSED, "a source lacks request, suite or architectures");
  if (lock_find_source (lock, request) != NULL)
    return error_throw_code (error, ERROR_REFUSED, "the request %s is there twice", request);
  for (yaml_node_pair_t *pair = arches->data.mapping.pairs.start; pair < arches->data.mapping.pairs.top; pair++)
    {
      yaml_node_t *arch = yaml_document_get_node (document, pair->key);
      g_autoptr (GPtrArray) packages = NULL;

      if (arch->type != YAML_SCALAR_NODE || strpbrk ((char *) arch->data.scalar.value, "\"\\\n") != NULL)
        return error_throw_code (error, ERROR_REFUSED, "an architecture has no name that could be used");
      packages = lock_parse_packages (lock, document, yaml_document_get_node (document, pair->value), error);
      if (packages == NULL)
        return FALSE;
      lock_put (lock, request, suite, (char *) arch->data.scalar.value, packages);
    }
  return TRUE;
}

static gboolean
lock_parse_pins (Lock *lock, yaml_document_t *document, yaml_node_t *list, GError **error)
{
  for (yaml_node_item_t *item = list->data.sequence.items.start; item < list->data.sequence.items.top; item++)
    {
      yaml_node_t *node = yaml_document_get_node (document, *item);
      const char *url = lock_yaml_text (document, node, "url");
      const char *ref = lock_yaml_text (document, node, "ref");
      const char *value = lock_yaml_text (document, node, ref != NULL ? "commit" : "sha256");

      if (url == NULL || value == NULL)
        return error_throw_code (error, ERROR_REFUSED, "a pin lacks its url, commit or sha256");
      if (++lock->n_parsed > LOCK_MAX_PACKAGES)
        return error_throw_code (error, ERROR_REFUSED, "it has more than %d pins", LOCK_MAX_PACKAGES);
      if (!lock_put_pin (lock, url, ref, value, error))
        return FALSE;
    }
  return TRUE;
}

static gboolean
lock_parse_document (Lock *lock, yaml_document_t *document, GError **error)
{
  yaml_node_t *root = yaml_document_get_root_node (document);
  yaml_node_t *sources = lock_yaml_get (document, root, "sources", YAML_SEQUENCE_NODE);
  const char *version = lock_yaml_text (document, root, "version");

  if (g_strcmp0 (version, LOCK_VERSION) != 0)
    return error_throw_code (error, ERROR_REFUSED, "it is of version %s, this program knows version " LOCK_VERSION,
                             version != NULL ? version : "unknown");
  if (sources == NULL)
    return error_throw_code (error, ERROR_REFUSED, "it has no list of sources");
  for (yaml_node_item_t *item = sources->data.sequence.items.start; item < sources->data.sequence.items.top; item++)
    if (!lock_parse_source (lock, document, yaml_document_get_node (document, *item), error))
      return FALSE;
  yaml_node_t *pins = lock_yaml_get (document, root, "pins", YAML_SEQUENCE_NODE);
  return pins == NULL || lock_parse_pins (lock, document, pins, error);
}

Lock *
lock_parse (const char *text, gsize length, const char *name, GError **error)
{
  g_autoptr (Lock) lock = lock_new ();
  yaml_parser_t parser;
  yaml_document_t document;
  gboolean ok;

  if (!yaml_parser_initialize (&parser))
    {
      error_throw (error, "Cannot read the lock file %s: no memory", name);
      return NULL;
    }
  yaml_parser_set_input_string (&parser, (const unsigned char *) text, length);
  if (!yaml_parser_load (&parser, &document))
    {
      error_throw_code (error, ERROR_REFUSED, "The lock file %s:%lu: %s", name,
                        (unsigned long) parser.problem_mark.line + 1, parser.problem != NULL ? parser.problem : "not YAML");
      yaml_parser_delete (&parser);
      return NULL;
    }
  ok = lock_parse_document (lock, &document, error);
  yaml_document_delete (&document);
  yaml_parser_delete (&parser);
  if (!ok)
    {
      error_prefix (error, "The lock file %s cannot be used (write it anew with `appbuild lock`)", name);
      return NULL;
    }
  return g_steal_pointer (&lock);
}
