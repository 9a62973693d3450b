/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * Submodules, read out of a commit without checking anything out.
 */
#pragma once

#include "builder/sources/git/mirror.h"

typedef struct
{
  char *path;              /* clean, relative, no part of it is ".git" */
  char *url;               /* absolute; http, https, or file for a submodule beside a local repository */
  char *commit;
} GitModule;

/* All of them that .gitmodules and the commit's tree agree on, without those that say "update = none". */
GPtrArray *git_modules_read (const GitMirror *mirror, const char *commit, GError **error);

/* The address of a submodule whose parent is at `parent`; a relative one is completed.  Caller frees. */
char *git_module_url (const char *parent, const char *url, GError **error);

/* TRUE when some part is what git keeps its own data in, on any file system. */
gboolean git_path_is_special (const char *path);
