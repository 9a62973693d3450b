/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "builder/afterwork.h"

#include "builder/debuginfo.h"
#include "builder/epoch.h"
#include "builder/sources/kinds.h"
#include "builder/strip.h"
#include "builder/tree/normalise.h"
#include "builder/tree/pyc.h"

/* Packages are as their distribution made them, which has taken out the debug information itself. */
static gboolean
is_of_packages (const BuildModule *module)
{
  for (guint i = 0; i < module->sources->len; i++)
    {
      const ManifestSource *source = module->sources->pdata[i];
      const SourceKind *kind = source_kind_find (source->type);

      if (kind != NULL && kind->into_tree)
        return TRUE;
    }
  return FALSE;
}

gboolean
afterwork (const Workshop *workshop, const BuildModule *module, int source_fd, const GPtrArray *changes, BuildLog *log,
           gboolean *ret_changed, GError **error)
{
  gint64 time = build_epoch ();

  *ret_changed = FALSE;
  if (!module->module->no_python_timestamp_fix && !pyc_fix (workshop->tree_fd, changes, time, error))
    return FALSE;
  /* The tools write into the files, so these must be writable and have one name each. */
  if (!tree_normalise (workshop->tree_fd, time, error))
    return FALSE;
  if (is_of_packages (module))
    return TRUE;
  if (module->strip ? !strip_files (workshop, module, changes, log, ret_changed, error)
                    : !module->no_debuginfo && !debuginfo_split (workshop, module, source_fd, changes, log, ret_changed, error))
    return FALSE;
  return !*ret_changed || tree_normalise (workshop->tree_fd, time, error);
}
