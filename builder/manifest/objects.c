/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * Sources, modules, the manifest itself: how each is made from its map, and read from other files.
 */
#include "builder/manifest/load.h"

#include "base/file.h"
#include "builder/manifest/check.h"
#include "builder/manifest/problem.h"
#include "builder/manifest/value.h"

#include <string.h>

static void
source_free (gpointer data)
{
  ManifestSource *source = data;

  fields_clear (&source_fields, source);
  g_free (source->base_dir);
  g_free (source);
}

static void
module_free (gpointer data)
{
  ManifestModule *module = data;

  fields_clear (&module_fields, module);
  g_free (module);
}

static void
refuse_source (const LoadFile *file, ManifestPlace place, const char *message)
{
  gboolean compat = file->loader->budget.compat;

  manifest_problem_add (file->loader->problems, place, !compat, "value", "%s%s", message,
                        compat ? "; this list of sources is ignored" : "");
}

/* What others call it, or what kind of file it is. */
static const char *
other_type (const char *word)
{
  static const struct { const char *word, *type; } words[] = {
    { "tar", "archive" }, { "tarball", "archive" }, { "tgz", "archive" }, { "zip", "archive" }, { "http", "file or archive" },
    { "url", "file or archive" }, { "download", "file or archive" }, { "local", "dir" }, { "folder", "dir" }, { "directory", "dir" },
    { "path", "dir" }, { "github", "git" }, { "gitlab", "git" }, { "repository", "git" }, { "text", "inline" }, { "diff", "patch" },
    { "command", "shell" }, { "commands", "shell" }, { "bash", "shell" }, { "sh", "shell" }, { "deb", "file or archive" },
    { "apt", "packages" }, { "debian", "packages" },
  };

  for (gsize i = 0; i < G_N_ELEMENTS (words); i++)
    if (g_ascii_strcasecmp (word, words[i].word) == 0)
      return words[i].type;
  return source_type_suggest (word);
}

/* The type decides which keys there are, so it comes first.  NULL: a problem says why. */
static const SourceType *
source_type (const LoadFile *file, const ManifestNode *map)
{
  const ManifestEntry *entry = manifest_node_entry (map, "type");
  ManifestPlace place = manifest_node_place (file->document, entry != NULL ? entry->value : map);
  const SourceType *type;
  g_autofree char *quoted = NULL;
  g_autofree char *message = NULL;
  const char *near;

  if (entry == NULL)
    {
      refuse_source (file, place, "a source needs \"type\", such as type: archive");
      return NULL;
    }
  if (entry->value->kind != NODE_TEXT)
    {
      load_wrong_type (file, entry->value, "type", "a text, as in %s: archive");
      return NULL;
    }
  type = source_type_find (entry->value->text);
  if (type != NULL)
    return type;
  quoted = manifest_quote (entry->value->text);
  near = other_type (entry->value->text);
  message = near != NULL ? g_strdup_printf ("there is no type %s of a source; did you mean %s?", quoted, near)
                         : g_strdup_printf ("there is no type %s of a source; appbuild.yaml(5) has them all", quoted);
  refuse_source (file, place, message);
  return NULL;
}

static gboolean
load_source (const LoadFile *file, const ManifestNode *map, GPtrArray *sources)
{
  const SourceType *type = source_type (file, map);
  ManifestSource *source;

  if (type == NULL)
    return FALSE;
  source = g_new0 (ManifestSource, 1);
  g_ptr_array_add (sources, source);
  source->place = manifest_node_place (file->document, map);
  source->base_dir = load_file_dir (file);
  source->strip_components = -1;
  source->size = source->installed_size = -1;
  load_object (file, map, &source_fields, type->bit, source);
  check_source (source, map, file->loader->locked, file->loader->problems);
  return TRUE;
}

static gboolean
load_source_item (const LoadFile *file, const ManifestNode *item, GPtrArray *sources)
{
  g_autoptr (LoadFile) other = NULL;

  if (item->kind == NODE_MAP)
    return load_source (file, item, sources);
  if (item->kind == NODE_LIST || manifest_node_is_null (item))
    {
      load_wrong_type (file, item, "sources", "maps or names of files in its list");
      return FALSE;
    }
  other = load_file_open (file, item->text, manifest_node_place (file->document, item));
  if (other == NULL)
    return FALSE;
  return other->document->root->kind == NODE_MAP ? load_source (other, other->document->root, sources)
                                                 : load_sources (other, other->document->root, sources);
}

gboolean
load_sources (const LoadFile *file, const ManifestNode *list, GPtrArray *sources)
{
  gboolean ok = list->kind != NODE_MAP;

  if (list->kind == NODE_MAP)
    load_wrong_type (file, list, "sources", "a list, as in %s: [{type: file, path: x}]; in YAML each item begins with \"- \"");
  else if (list->kind == NODE_TEXT)
    ok = load_source_item (file, list, sources);
  else
    for (guint i = 0; i < list->n; i++)
      ok = load_source_item (file, list->items[i], sources) && ok;
  return ok;
}

static void
load_module (const LoadFile *file, const ManifestNode *map, GPtrArray *modules)
{
  ManifestModule *module = g_new0 (ManifestModule, 1);

  g_ptr_array_add (modules, module);
  module->place = manifest_node_place (file->document, map);
  module->sources = g_ptr_array_new_with_free_func (source_free);
  module->modules = g_ptr_array_new_with_free_func (module_free);
  load_object (file, map, &module_fields, 0, module);
  if (module->cmake && module->buildsystem == NULL)
    module->buildsystem = g_strdup ("cmake");
  check_module (module, map, file->loader->problems);
}

static void
load_module_item (const LoadFile *file, const ManifestNode *item, GPtrArray *modules)
{
  g_autoptr (LoadFile) other = NULL;

  if (item->kind == NODE_MAP)
    load_module (file, item, modules);
  else if (item->kind == NODE_LIST || manifest_node_is_null (item))
    load_wrong_type (file, item, "modules", "maps or names of files in its list");
  else
    {
      other = load_file_open (file, item->text, manifest_node_place (file->document, item));
      if (other == NULL)
        return;
      if (other->document->root->kind == NODE_MAP)
        load_module (other, other->document->root, modules);
      else
        load_wrong_type (other, other->document->root, "modules", "one module, a map, in this file");
    }
}

void
load_modules (const LoadFile *file, const ManifestNode *list, GPtrArray *modules)
{
  if (list->kind == NODE_MAP)
    load_wrong_type (file, list, "modules", "a list, as in %s: [{name: x, buildsystem: meson}]; in YAML each item begins with \"- \"");
  else if (list->kind == NODE_TEXT)
    load_module_item (file, list, modules);
  else
    for (guint i = 0; i < list->n; i++)
      load_module_item (file, list->items[i], modules);
}

static void
extension_free (gpointer data)
{
  ManifestExtension *extension = data;

  fields_clear (&extension_fields, extension);
  g_free (extension->name);
  g_free (extension);
}

static void
load_extension (const LoadFile *file, const ManifestEntry *entry, GPtrArray *extensions)
{
  ManifestExtension *extension;
  g_autoptr (GError) error = NULL;

  if (!value_check_extension (entry->key, &error))
    manifest_problem_error (file->loader->problems, manifest_entry_place (file->document, entry), "value", "%s", error->message);
  if (entry->value->kind != NODE_MAP)
    {
      load_wrong_type (file, entry->value, entry->key, "a map, being an extension point, as in %s: {directory: x}");
      return;
    }
  extension = g_new0 (ManifestExtension, 1);
  g_ptr_array_add (extensions, extension);
  extension->name = g_strdup (entry->key);
  extension->place = manifest_entry_place (file->document, entry);
  load_object (file, entry->value, &extension_fields, 0, extension);
  check_extension (extension, entry->value, file->loader->problems);
}

void
load_extensions (const LoadFile *file, const ManifestEntry *entry, GPtrArray **member)
{
  const ManifestNode *node = entry->value;

  if (node->kind != NODE_MAP)
    {
      load_wrong_type (file, node, entry->key, "a map of extension points, as in %s: {org.example.App.Plugin: {directory: plugins}}");
      return;
    }
  g_clear_pointer (member, g_ptr_array_unref);
  *member = g_ptr_array_new_with_free_func (extension_free);
  for (guint i = 0; i < node->n; i++)
    if (!load_is_foreign_key (node->entries[i].key))
      load_extension (file, &node->entries[i], *member);
}

static void
permission_free (gpointer data)
{
  ManifestPermission *permission = data;

  fields_clear (&permission_fields, permission);
  g_free (permission);
}

void
load_permission_list (const LoadFile *file, const ManifestNode *list, GPtrArray **member)
{
  if (list->kind != NODE_LIST)
    {
      load_wrong_type (file, list, "permissions", "a list of maps, as in %s: [{share: network, why: to fetch mail}]");
      return;
    }
  g_clear_pointer (member, g_ptr_array_unref);
  *member = g_ptr_array_new_with_free_func (permission_free);
  for (guint i = 0; i < list->n; i++)
    {
      const ManifestNode *item = list->items[i];
      ManifestPermission *permission;

      if (item->kind != NODE_MAP)
        {
          load_wrong_type (file, item, "permissions", "maps in its list, such as {share: network, why: to fetch mail}");
          continue;
        }
      permission = g_new0 (ManifestPermission, 1);
      g_ptr_array_add (*member, permission);
      permission->place = manifest_node_place (file->document, item);
      load_object (file, item, &permission_fields, 0, permission);
      check_permission (permission, item, file->loader->problems);
    }
}

static Manifest *
load_manifest (const LoadFile *file, const char *path)
{
  Manifest *manifest = g_new0 (Manifest, 1);
  const ManifestNode *root = file->document->root;

  manifest->place = manifest_node_place (file->document, root);
  manifest->path = g_strdup (path);
  manifest->dir = g_strdup (file->loader->top_dir);
  manifest->modules = g_ptr_array_new_with_free_func (module_free);
  manifest->files = g_ptr_array_ref (file->loader->files);
  manifest->separate_locales = manifest->appstream_compose = TRUE;
  manifest->token_type = -1;
  if (root->kind != NODE_MAP)
    {
      g_autofree char *found = manifest_node_describe (root);

      manifest_problem_error (file->loader->problems, manifest->place, "type",
                              "a manifest is a map of keys, such as id: org.example.Editor; here is %s", found);
      manifest_free (manifest);
      return NULL;
    }
  file->loader->locked = manifest_node_entry (root, "lock") != NULL;
  load_object (file, root, &manifest_fields, 0, manifest);
  check_manifest (manifest, root, file->loader->problems);
  return manifest;
}

/* Everything about the file itself, before the first byte is parsed. */
static char *
read_top (Loader *loader, const char *path, gsize *ret_length)
{
  g_autoptr (GError) error = NULL;
  ManifestPlace place = { g_intern_string (path), 0, 0 };
  autofd fd = file_open (AT_FDCWD, path, O_RDONLY | O_NONBLOCK, 0, &error);
  char *data = NULL;

  if (fd >= 0)
    data = file_read_fd (fd, path, MANIFEST_FILE_MAX, ret_length, &error);
  if (data == NULL)
    manifest_problem_error (loader->problems, place, "include", "cannot read the manifest: %s", error->message);
  return data;
}

Manifest *
manifest_load (const char *path, GPtrArray *problems)
{
  return manifest_load_full (path, FALSE, problems);
}

Manifest *
manifest_load_full (const char *path, gboolean compat, GPtrArray *problems)
{
  g_autoptr (Manifest) manifest = manifest_load_anyway (path, compat, problems);

  return manifest_problems_have_error (problems) ? NULL : g_steal_pointer (&manifest);
}

Manifest *
manifest_load_anyway (const char *path, gboolean compat, GPtrArray *problems)
{
  g_autofree char *absolute = g_canonicalize_filename (path, NULL);
  g_autofree char *top_dir = g_path_get_dirname (absolute);
  g_autofree char *display_dir = g_path_get_dirname (path);
  autofd top_fd = open (top_dir, O_PATH | O_DIRECTORY | O_CLOEXEC); /* -1: then the manifest can't be opened either */
  g_autoptr (GPtrArray) files = g_ptr_array_new_with_free_func (g_free);
  Loader loader = { top_dir, display_dir, top_fd, MANIFEST_BUDGET_INIT, problems, files };
  LoadFile file = { .loader = &loader };
  g_autofree char *name = g_path_get_basename (absolute);
  g_autofree char *data = NULL;
  g_autoptr (ManifestDocument) document = NULL;
  g_autoptr (Manifest) manifest = NULL;
  gsize length = 0;

  loader.budget.compat = compat;
  g_ptr_array_add (files, g_strdup (name));
  data = read_top (&loader, path, &length);
  if (data != NULL)
    document = manifest_document_parse (path, data, length, &loader.budget, problems);
  if (document != NULL)
    {
      file.document = document;
      file.name = name;
      manifest = load_manifest (&file, path);
    }
  manifest_problems_sort (problems, g_intern_string (path));
  return g_steal_pointer (&manifest);
}
