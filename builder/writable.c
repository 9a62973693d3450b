/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "builder/writable.h"

#include "base/file.h"
#include "builder/epoch.h"
#include "builder/extend.h"
#include "builder/layer.h"
#include "builder/tree/normalise.h"

static const char *const names[N_WRITABLE] = { [WRITABLE_USR] = "usr", [WRITABLE_VAR] = "var" };

char *
writable_cache_key (const char *key, WritableTree which)
{
  g_autofree char *module = record_cache_key (key);

  return g_strconcat (module, "-", names[which], NULL);
}

static gboolean
is_wanted (const BuildPlan *plan, WritableTree which)
{
  return which == WRITABLE_VAR ? plan->var != NULL : plan->writable_sdk;
}

gboolean
writable_begin (Build *build, GError **error)
{
  for (WritableTree which = 0; which < N_WRITABLE; which++)
    {
      if (!is_wanted (build->plan, which))
        continue;
      build_announce (build, "making a writable", which == WRITABLE_USR ? "SDK" : "/var");
      int fd = build->bases->writable_fds[which] = file_mkdir_p (build->work_fd, names[which], 0755, error);
      if (fd < 0 || !extend_start_writable (build->bases, which, fd, error) || !tree_normalise (fd, build_epoch (), error))
        return FALSE;
    }
  return TRUE;
}

static char *
cache_key (const Build *build, guint index, WritableTree which)
{
  return writable_cache_key (build->keys->pdata[index + 1], which);
}

gboolean
writable_has (const Build *build, guint index)
{
  for (WritableTree which = 0; which < N_WRITABLE; which++)
    {
      g_autofree char *key = cache_key (build, index, which);

      if (is_wanted (build->plan, which) && !treecache_has (build->cache, key))
        return FALSE;
    }
  return TRUE;
}

gboolean
writable_restore (Build *build, guint index, GError **error)
{
  for (WritableTree which = 0; which < N_WRITABLE; which++)
    {
      g_autofree char *key = cache_key (build, index, which);

      if (is_wanted (build->plan, which) && !treecache_get (build->cache, key, build->bases->writable_fds[which], error))
        return FALSE;
    }
  return TRUE;
}

gboolean
writable_list (const Build *build, BuildWork *work, GError **error)
{
  for (WritableTree which = 0; which < N_WRITABLE; which++)
    {
      int fd = build->bases->writable_fds[which];

      if (!is_wanted (build->plan, which))
        continue;
      /* What was restored has its times from the cache. */
      if (!tree_normalise (fd, build_epoch (), error))
        return FALSE;
      work->writable_before[which] = tree_listing_new (fd, error);
      if (work->writable_before[which] == NULL)
        return FALSE;
    }
  return TRUE;
}

gboolean
writable_keep (Build *build, BuildWork *work, GError **error)
{
  for (WritableTree which = 0; which < N_WRITABLE; which++)
    {
      g_autofree char *key = cache_key (build, work->index, which);
      int fd = build->bases->writable_fds[which];

      if (is_wanted (build->plan, which)
          && (!tree_normalise (fd, build_epoch (), error)
              || !layer_keep (build->cache, key, fd, work->writable_before[which], work->work_fd, error)))
        return FALSE;
    }
  return TRUE;
}
