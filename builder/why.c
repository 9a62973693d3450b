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
  GPtrArray *modules;      /* WhyModule, as far as they are known */
} Why;

static void
change_free (gpointer data)
{
  WhyChange *change = data;

  g_free (change->what);
  g_free (change->how);
  g_free (change->from);
  g_free (change->to);
  g_free (change);
}

static void
module_free (gpointer data)
{
  WhyModule *module = data;

  g_ptr_array_unref (module->changes);
  g_free (module);
}

void
why_add (GPtrArray *changes, const char *what, const char *how, const char *from, const char *to)
{
  WhyChange *change = g_new (WhyChange, 1);

  *change = (WhyChange) { g_strdup (what), g_strdup (how), g_strdup (from), g_strdup (to) };
  g_ptr_array_add (changes, change);
}

const char *
why_state_name (WhyState state)
{
  static const char *const names[] = {
    [WHY_UNCHANGED] = "unchanged", [WHY_NEVER_BUILT] = "never-built", [WHY_CHANGED] = "changed", [WHY_LOST] = "lost",
  };

  return names[state];
}

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

static gboolean
is_told (const GPtrArray *changes, const char *what)
{
  for (guint i = 0; i < changes->len; i++)
    if (strcmp (((const WhyChange *) changes->pdata[i])->what, what) == 0)
      return TRUE;
  return FALSE;
}

/* The SDK, the base, what is extended, and extensions: parts of a name that not every build has. */
static gboolean
is_base (const char *name)
{
  return strcmp (name, "sdk") == 0 || g_str_has_prefix (name, "base") || strstr (name, "exten") != NULL;
}

static void
compare_bases (const ModuleRecord *old, const ModuleRecord *new, GPtrArray *changes)
{
  for (guint i = 0; i < new->parts->len; i++)
    {
      const KeyPart *part = new->parts->pdata[i];
      const char *was = part_find (old->parts, part->name);

      if (is_base (part->name) && g_strcmp0 (was, part->digest) != 0)
        why_add (changes, part->name, was == NULL ? "is new" : "is another one", was, part->digest);
    }
  for (guint i = 0; i < old->parts->len; i++)
    {
      const KeyPart *part = old->parts->pdata[i];

      if (is_base (part->name) && part_find (new->parts, part->name) == NULL)
        why_add (changes, part->name, "is gone", part->digest, NULL);
    }
}

static void
compare_parts (const ModuleRecord *old, const ModuleRecord *new, GPtrArray *changes)
{
  static const struct { const char *name, *title; } plain[] = {
    { "arch", "the architecture" }, { "runtime", "build-runtime" }, { "epoch", "SOURCE_DATE_EPOCH" },
    { "format", "the way in which appbuild builds" },
  };

  compare_bases (old, new, changes);
  for (gsize i = 0; i < G_N_ELEMENTS (plain); i++)
    if (differs (old, new, plain[i].name))
      why_add (changes, plain[i].title, NULL, part_find (old->parts, plain[i].name) ?: "none", part_find (new->parts, plain[i].name));
}

/* Files can change and everything in the manifest stay as it is. */
static void
compare_contents (const BuildModule *module, const ModuleRecord *old, const ModuleRecord *new, GPtrArray *changes)
{
  for (guint i = 0; i < module->sources->len; i++)
    {
      const ManifestSource *source = module->sources->pdata[i];
      g_autofree char *name = g_strdup_printf ("source %u", i + 1);
      g_autofree char *what = g_strjoin (" ", source->type, source->url != NULL ? source->url : source->path, NULL);

      if (differs (old, new, name) && !is_told (changes, name))
        why_add (changes, name, part_find (old->parts, name) != NULL ? "has other content" : "is new", NULL, what);
    }
}

/* Which of the modules that this one stands on are built again.  Without `depends` all stand on the first. */
static void
find_behind (const Why *why, guint index, GPtrArray *changes)
{
  g_autofree gboolean *needs = depends_closure (why->plan, index);
  gboolean chosen = ((const BuildModule *) why->plan->modules->pdata[index])->module->depends != NULL;

  for (guint i = 0; i < index; i++)
    {
      const WhyModule *before = why->modules->pdata[i];
      g_autofree char *what = g_strdup_printf ("module %s, %s,", before->name, chosen ? "which it needs" : "which comes before it");

      if (!needs[i] || before->state == WHY_UNCHANGED || before->state == WHY_LOST)
        continue;
      why_add (changes, what, before->state == WHY_CHANGED ? "is built again" : "was never built", NULL, NULL);
      if (!chosen)
        return;
    }
}

static void
explain_module (const Why *why, guint index, const ModuleRecord *new, WhyModule *module)
{
  const BuildModule *built = why->plan->modules->pdata[index];
  g_autofree char *cache_key = record_cache_key (new->key);
  g_autoptr (ModuleRecord) old = record_read (why->state, why->plan, index);
  GPtrArray *changes = module->changes;

  module->state = treecache_has (why->cache, cache_key) ? WHY_UNCHANGED : old == NULL ? WHY_NEVER_BUILT
                  : strcmp (old->key, new->key) == 0 ? WHY_LOST : WHY_CHANGED;
  if (module->state != WHY_CHANGED)
    return;
  compare_parts (old, new, changes);
  if (differs (old, new, "previous"))
    find_behind (why, index, changes);
  if (strcmp (old->text, new->text) != 0)
    why_compare_texts (old->text, new->text, changes);
  compare_contents (built, old, new, changes);
  if (changes->len == 0)
    why_add (changes, differs (old, new, "recipe") ? "the recipe" : "what it starts from",
             "changed, in an order or in a value that no record shows", NULL, NULL);
}

static GPtrArray *
explain_all (Why *why, const Bases *bases, const SourceContext *sources, GError **error)
{
  g_autoptr (GPtrArray) parts = bases_key_parts (bases);
  g_autoptr (GPtrArray) keys = g_ptr_array_new_with_free_func (g_free);

  g_ptr_array_add (keys, key_of_base (why->plan, parts));
  for (guint i = 0; i < why->plan->modules->len; i++)
    {
      g_autofree char *start = depends_key (why->plan, keys, i);
      g_autoptr (ModuleRecord) record = record_new (why->plan, i, start, parts, sources, error);
      WhyModule *module;

      if (record == NULL)
        return NULL;
      g_ptr_array_add (keys, g_strdup (record->key));
      module = g_new0 (WhyModule, 1);
      module->name = ((const BuildModule *) why->plan->modules->pdata[i])->name;
      module->changes = g_ptr_array_new_with_free_func (change_free);
      explain_module (why, i, record, module);
      g_ptr_array_add (why->modules, module);
    }
  return why->modules;
}

GPtrArray *
why_explain (const BuildPlan *plan, const SourceContext *sources, const char *state_path, const char *only, GError **error)
{
  g_autoptr (BuildState) state = NULL;
  g_autoptr (TreeCache) cache = NULL;
  g_autoptr (Bases) bases = NULL;
  g_autoptr (GPtrArray) modules = g_ptr_array_new_with_free_func (module_free);
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
  Why why = { plan, state, cache, modules };
  if (explain_all (&why, bases, &context, error) == NULL)
    return NULL;
  for (guint i = modules->len; wanted >= 0 && i > 0; i--)
    if (i - 1 != (guint) wanted)
      g_ptr_array_remove_index (modules, i - 1);
  return g_steal_pointer (&modules);
}
