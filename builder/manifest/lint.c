/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "builder/manifest/lint.h"

#include "builder/manifest/problem.h"

/* What stands in a file that could not be read may name any file. */
static gboolean
is_whole (const GPtrArray *problems)
{
  static const char *const unread[] = { "syntax", "encoding", "include", "limit", NULL };

  for (guint i = 0; i < problems->len; i++)
    {
      const ManifestProblem *problem = problems->pdata[i];

      if (problem->is_error && g_strv_contains (unread, problem->rule))
        return FALSE;
    }
  return TRUE;
}

void
manifest_lint (const Manifest *manifest, gint64 now, GPtrArray *problems)
{
  g_autoptr (GHashTable) paths = g_hash_table_new_full (g_str_hash, g_str_equal, g_free, NULL);
  gboolean whole = is_whole (problems);

  manifest_lint_head (manifest, problems);
  manifest_lint_runtimes (manifest, now, problems);
  manifest_lint_permissions (manifest, problems);
  manifest_lint_modules (manifest, problems);
  manifest_lint_sources (manifest, paths, problems);
  if (whole)
    manifest_lint_files (manifest, paths, problems);
  manifest_problems_sort (problems, g_intern_string (manifest->path));
}
