/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "builder/depends.h"

#include <string.h>

/* Where modules share what they write beside the install tree, each sees what all before it did there. */
static gboolean
has_key (const BuildPlan *plan, guint index)
{
  return !plan->writable_sdk && plan->var == NULL && index < plan->modules->len
         && ((const BuildModule *) plan->modules->pdata[index])->module->depends != NULL;
}

gboolean
depends_any (const BuildPlan *plan)
{
  for (guint i = 0; i < plan->modules->len; i++)
    if (has_key (plan, i))
      return TRUE;
  return FALSE;
}

static gboolean
is_nested (const ManifestModule *module, const ManifestModule *other)
{
  for (guint i = 0; i < module->modules->len; i++)
    if (module->modules->pdata[i] == other)
      return TRUE;
  return FALSE;
}

gboolean *
depends_closure (const BuildPlan *plan, guint index)
{
  gboolean *found = g_new0 (gboolean, plan->modules->len + 1);
  gboolean *wanted = g_new0 (gboolean, plan->modules->len + 1);

  wanted[index] = TRUE;
  /* Nothing depends on a later one, so one way down sees each before what it needs. */
  for (guint i = index + 1; i > 0; i--)
    {
      guint at = i - 1;

      if (!wanted[at])
        continue;
      found[at] = at != index;
      for (guint j = 0; j < at; j++)
        {
          const BuildModule *earlier = plan->modules->pdata[j];
          const BuildModule *module = has_key (plan, at) ? plan->modules->pdata[at] : NULL;

          if (module == NULL || g_strv_contains ((const char *const *) module->module->depends, earlier->name)
              || is_nested (module->module, earlier->module))
            wanted[j] = TRUE;
        }
    }
  g_free (wanted);
  return found;
}

char *
depends_key (const BuildPlan *plan, const GPtrArray *keys, guint index)
{
  /* The key of a module without `depends` stands for all before it. */
  if (!has_key (plan, index) && (index == 0 || !has_key (plan, index - 1)))
    return g_strdup (keys->pdata[index]);
  g_autofree gboolean *needs = depends_closure (plan, index);
  g_autoptr (GChecksum) checksum = g_checksum_new (G_CHECKSUM_SHA256);

  g_checksum_update (checksum, keys->pdata[0], -1);
  for (guint i = 0; i < index; i++)
    if (needs[i])
      {
        g_checksum_update (checksum, (const guchar *) " ", 1);
        g_checksum_update (checksum, keys->pdata[i + 1], -1);
      }
  return g_strdup (g_checksum_get_string (checksum));
}
