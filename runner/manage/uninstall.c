/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include <stdio.h>

#include "base/error.h"
#include "runner/manage/manage.h"

static int
run (int argc, char **argv, GError **error)
{
  gboolean force = FALSE;
  gboolean in_use = FALSE;
  gboolean done = FALSE;
  const GOptionEntry entries[] = {
    { "force", 0, 0, G_OPTION_ARG_NONE, &force, "Also a runtime that installed apps need", NULL },
    { NULL },
  };

  if (!manage_parse (&uninstall_verb, "The data of an app (~/.var/app/ID) is kept.\n", entries, 1, 1, &argc, &argv,
                     &done, error))
    return -1;
  if (done)
    return 0;
  g_autoptr (Ref) ref = manage_find_installed (argv[1], error);
  g_autoptr (Store) store = ref == NULL ? NULL : manage_open_store (NULL, error);
  if (store == NULL || !store_uninstall (store, ref, force, &in_use, error))
    return -1;
  g_autofree char *name = ref_format (ref);
  printf ("uninstalled %s\n", name);
  manage_print_notes (store);
  if (in_use)
    printf ("it is still running; its files are removed by the next install, update or uninstall after it has ended\n");
  return 0;
}

const Verb uninstall_verb = { "uninstall", "ID", "Remove an app or runtime", run };
