/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * Verbs about what is installed are a program of their own, so that running an app never loads what they need.
 */
#include "base/spawn.h"
#include "runner/verbs.h"

int
verb_store (int argc, char **argv, GError **error)
{
  g_autoptr (GPtrArray) words = g_ptr_array_new ();

  g_ptr_array_add (words, (gpointer) "nacelle-store");
  for (int i = 0; i < argc; i++) /* argv[0] is the verb */
    g_ptr_array_add (words, argv[i]);
  g_ptr_array_add (words, NULL);
  (void) spawn_exec_helper ("nacelle-store", (char *const *) words->pdata, error); /* returns only on failure */
  return -1;
}
