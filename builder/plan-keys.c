/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "builder/plan-keys.h"

#include "builder/bases.h"
#include "builder/depends.h"
#include "builder/key.h"

static gboolean
add_keys (const BuildPlan *plan, const SourceContext *sources, GPtrArray *keys, GError **error)
{
  g_autoptr (Bases) bases = bases_open (plan, error);
  g_autoptr (GPtrArray) parts = bases != NULL ? bases_key_parts (bases) : NULL;

  if (bases == NULL)
    return FALSE;
  g_ptr_array_add (keys, key_of_base (plan, parts));
  for (guint i = 0; i < plan->modules->len; i++)
    {
      g_autofree char *start = depends_key (plan, keys, i);
      char *key = key_of_module (start, plan, plan->modules->pdata[i], sources, error);

      if (key == NULL)
        return FALSE;
      g_ptr_array_add (keys, key);
    }
  return TRUE;
}

GPtrArray *
plan_keys (const BuildPlan *plan, const SourceContext *sources, char **ret_note)
{
  GPtrArray *keys = g_ptr_array_new_with_free_func (g_free);
  g_autoptr (GError) error = NULL;
  SourceContext context = *sources;

  context.offline = TRUE;
  *ret_note = add_keys (plan, &context, keys, &error) ? NULL : g_strdup (error->message);
  /* The first is that of the base. */
  if (keys->len > 0)
    g_ptr_array_remove_index (keys, 0);
  return keys;
}
