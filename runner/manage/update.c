/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include <stdio.h>

#include "base/error.h"
#include "base/terminal.h"
#include "runner/manage/manage.h"

static int
run (int argc, char **argv, GError **error)
{
  gboolean done = FALSE;
  guint n_updated = 0;

  if (!manage_parse (&update_verb, "Without ID: everything that came from a remote.\n", NULL, 0, 1, &argc, &argv,
                     &done, error))
    return -1;
  if (done)
    return 0;
  g_autoptr (Ref) ref = argc > 1 ? manage_find_installed (argv[1], error) : NULL;
  if (argc > 1 && ref == NULL)
    return -1;
  g_autoptr (Progress) progress = progress_new ("updating");
  g_autoptr (Store) store = manage_open_store (progress, error);
  if (store == NULL)
    return -1;
  gboolean ok = store_update (store, ref, &n_updated, error);
  g_clear_pointer (&progress, progress_free);
  if (n_updated > 0)
    printf ("updated: %u\n", n_updated);
  else if (ok)
    printf ("everything is up to date\n");
  manage_print_notes (store);
  return ok ? 0 : -1;
}

const Verb update_verb = { "update", "[ID]", "Update one or all to what their remotes have", run };
