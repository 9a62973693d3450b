/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "builder/why.h"

#include <string.h>

#include "base/error.h"
#include "builder/bases.h"
#include "builder/build-private.h"
#include "builder/depends.h"
#include "builder/key.h"
#include "builder/record.h"

typedef struct
{
  const BuildPlan *plan;
  BuildState *state;
  TreeCache *cache;
  GString *text;
} Why;

static const char *
part_find (const GPtrArray *parts, const char *name)
{
  for (guint i = 0; i < parts->len; i++)
    {
      const KeyPart *part = parts->pdata[i];

      if (strcmp (part->name, name) == 0)
        return part->digest;
    }
  return NULL;
}

static gboolean
differs (const ModuleRecord *old, const ModuleRecord *new, const char *name)
{
  return g_strcmp0 (part_find (old->parts, name), part_find (new->parts, name)) != 0;
}

static void
append_lines (GString *text, const char *sign, const char *from, const char *other)
{
  g_auto (GStrv) lines = g_strsplit (from, "\n", -1);
  g_auto (GStrv) others = g_strsplit (other, "\n", -1);

  for (gsize i = 0; lines[i] != NULL; i++)
    if (!g_strv_contains ((const char *const *) others, lines[i]))
      g_string_append_printf (text, "    %s %s\n", sign, g_strchug (lines[i]));
}

/* As sets of lines: a plan has few that are equal, and their order is mostly that of the manifest. */
static void
explain_recipe (const Why *why, const ModuleRecord *old, const ModuleRecord *new, gboolean source_changed)
{
  gsize before = why->text->len;

  if (!differs (old, new, "recipe"))
    return;
  g_string_append (why->text, "  the recipe changed:\n");
  gsize head = why->text->len;
  append_lines (why->text, "-", old->text, new->text);
  append_lines (why->text, "+", new->text, old->text);
  if (why->text->len > head)
    return;
  g_string_truncate (why->text, before);
  /* A source's hash is part of both; the source says it better. */
  if (!source_changed)
    g_string_append (why->text, "  the recipe changed, in an order or in a value that the plan doesn't show\n");
}

static gboolean
explain_sources (const Why *why, const BuildModule *module, const ModuleRecord *old, const ModuleRecord *new)
{
  gboolean changed = FALSE;

  for (guint i = 0; i < module->sources->len; i++)
    {
      const ManifestSource *source = module->sources->pdata[i];
      g_autofree char *name = g_strdup_printf ("source %u", i + 1);
      const char *from = source->url != NULL ? source->url : source->path;

      if (!differs (old, new, name))
        continue;
      changed = TRUE;
      g_string_append_printf (why->text, "  %s has %s content: %s%s%s\n", name,
                              part_find (old->parts, name) != NULL ? "other" : "new", source->type, from != NULL ? " " : "",
                              from != NULL ? from : "");
    }
  g_autofree char *next = g_strdup_printf ("source %u", module->sources->len + 1);
  if (part_find (old->parts, next) == NULL)
    return changed;
  g_string_append (why->text, "  there were more sources\n");
  return TRUE;
}

/* The base, what is extended, and extensions: parts that not every build has. */
static void
explain_extensions (const Why *why, const ModuleRecord *old, const ModuleRecord *new)
{
  for (guint i = 0; i < new->parts->len; i++)
    {
      const KeyPart *part = new->parts->pdata[i];

      if ((g_str_has_prefix (part->name, "base") || strstr (part->name, "exten") != NULL) && differs (old, new, part->name))
        g_string_append_printf (why->text, "  %s is another one: %s, was %s\n", part->name, part->digest,
                                part_find (old->parts, part->name) ?: "none");
    }
  for (guint i = 0; i < old->parts->len; i++)
    {
      const KeyPart *part = old->parts->pdata[i];

      if ((g_str_has_prefix (part->name, "base") || strstr (part->name, "exten") != NULL) && part_find (new->parts, part->name) == NULL)
        g_string_append_printf (why->text, "  %s is gone: %s\n", part->name, part->digest);
    }
}

static void
explain_bases (const Why *why, const ModuleRecord *old, const ModuleRecord *new)
{
  if (differs (old, new, "sdk"))
    {
      g_autofree char *sdk = why->plan->sdk != NULL ? ref_format (why->plan->sdk) : g_strdup ("none");

      g_string_append_printf (why->text, "  the SDK is another one: %s (%.12s, was %.12s)\n", sdk,
                              part_find (new->parts, "sdk") ?: "", part_find (old->parts, "sdk") ?: "");
    }
  explain_extensions (why, old, new);
  if (differs (old, new, "arch"))
    g_string_append_printf (why->text, "  the architecture is another one: %s\n", why->plan->arch);
  if (differs (old, new, "runtime"))
    g_string_append (why->text, "  build-runtime has another value\n");
  if (differs (old, new, "epoch"))
    g_string_append_printf (why->text, "  SOURCE_DATE_EPOCH is another one: %s, was %s\n", part_find (new->parts, "epoch"),
                            part_find (old->parts, "epoch") ?: "none");
  if (differs (old, new, "format"))
    g_string_append (why->text, "  this version of appbuild builds in another way\n");
}

static void
explain_module (const Why *why, guint index, const ModuleRecord *new)
{
  const BuildModule *module = why->plan->modules->pdata[index];
  g_autofree char *cache_key = record_cache_key (new->key);
  g_autoptr (ModuleRecord) old = record_read (why->state, why->plan, index);

  if (treecache_has (why->cache, cache_key))
    {
      g_string_append_printf (why->text, "%s: unchanged, taken from the cache\n", module->name);
      return;
    }
  if (old == NULL)
    {
      g_string_append_printf (why->text, "%s: built, as it never was before\n", module->name);
      return;
    }
  g_string_append_printf (why->text, "%s: built again\n", module->name);
  if (strcmp (old->key, new->key) == 0)
    {
      g_string_append (why->text, "  nothing changed, but its result is no longer in the cache\n");
      return;
    }
  explain_bases (why, old, new);
  if (index > 0 && differs (old, new, "previous"))
    {
      const BuildModule *before = why->plan->modules->pdata[index - 1];

      if (module->module->depends != NULL)
        g_string_append (why->text, "  what it starts from changed: a module that it depends on\n");
      else
        g_string_append_printf (why->text, "  what it starts from changed: the modules up to '%s'\n", before->name);
    }
  explain_recipe (why, old, new, explain_sources (why, module, old, new));
}

static gboolean
explain_all (const Why *why, const Bases *bases, const SourceContext *sources, int wanted, GError **error)
{
  g_autoptr (GPtrArray) parts = bases_key_parts (bases);
  g_autoptr (GPtrArray) keys = g_ptr_array_new_with_free_func (g_free);

  g_ptr_array_add (keys, key_of_base (why->plan, parts));
  for (guint i = 0; i < why->plan->modules->len; i++)
    {
      g_autofree char *start = depends_key (why->plan, keys, i);
      g_autoptr (ModuleRecord) record = record_new (why->plan, i, start, parts, sources, error);

      if (record == NULL)
        return FALSE;
      g_ptr_array_add (keys, g_strdup (record->key));
      if (wanted < 0 || (guint) wanted == i)
        explain_module (why, i, record);
    }
  return TRUE;
}

char *
why_explain (const BuildPlan *plan, const SourceContext *sources, const char *state_path, const char *only, GError **error)
{
  g_autoptr (BuildState) state = NULL;
  g_autoptr (TreeCache) cache = NULL;
  g_autoptr (Bases) bases = NULL;
  g_autoptr (GString) text = g_string_new (NULL);
  int wanted = only != NULL ? build_find_module (plan, only, error) : -1;

  if (only != NULL && wanted < 0)
    return NULL;
  if (!build_state_exists (state_path))
    {
      error_throw_code (error, ERROR_NOT_FOUND, "'%s' was not built yet (there is no '%s')", plan->manifest->path, state_path);
      return NULL;
    }
  state = build_state_open (state_path, NULL, error);
  cache = state != NULL ? treecache_open (state->dir_fd, "cache", error) : NULL;
  bases = cache != NULL ? bases_open (plan, error) : NULL;
  if (bases == NULL)
    return NULL;
  SourceContext context = *sources;
  context.state_fd = state->dir_fd;
  const Why why = { plan, state, cache, text };
  if (!explain_all (&why, bases, &context, wanted, error))
    return NULL;
  return g_strdup (text->str);
}
