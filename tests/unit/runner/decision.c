/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "runner/decision.h"

#include <string.h>

static const char plan[] = "bind runtime/files /usr ro  # default\n"
                           "symlink usr/bin /bin  # default\n"
                           "symlink loop /loop  # default\n"
                           "tmpfs /home/u 0700  # default\n"
                           "bind \"/home/u/a b\" \"/home/u/a b\"  # command line # not the end\n"
                           "bind \"/x\\\"y\\n\\x41\" \"/home/u/x\\\"y\\n\\x41\" ro  # \n"
                           "hide \"/home/u/a b/store\"  # default\n"
                           "setenv HOME /home/u  # default\n"
                           "command sh /usr/bin  # default\n";

static void
test_paths (void)
{
  static const struct
  {
    const char *path;
    const char *part;
  } rows[] = {
    { "/usr/bin/x", "/usr/bin/x: shown, read-only" },
    { "/usr/../usr/bin", "/usr/bin: shown, read-only" },
    { "/bin/x", "/usr/bin/x: shown, read-only" },
    { "/loop/x", "/loop/x: a link" },
    { "/home/u/none", "/home/u/none: not shown" },
    { "/home/u", "/home/u: the sandbox's own" },
    { "/home/u/a b/c", "/home/u/a b/c: shown, writable" },
    { "/home/u/a b/store/x", "/home/u/a b/store/x: hidden" },
    { "/home/u/x\"y\nA", "shown, read-only" },
    { "/home", "/home: not there" },
    { "/home/u2", "/home/u2: not there" },
  };
  for (guint i = 0; i < G_N_ELEMENTS (rows); i++)
    {
      g_autofree char *text = decision_explain (plan, rows[i].path);
      if (strstr (text, rows[i].part) == NULL)
        g_error ("\"%s\" does not say \"%s\"", text, rows[i].part);
    }
}

/* Any text is taken without harm (the sanitizers watch). */
static void
test_cut (void)
{
  for (gsize length = 0; length < sizeof plan; length++)
    {
      g_autofree char *cut = g_strndup (plan, length);
      g_autofree char *text = decision_explain (cut, "/home/u/a b");
      g_assert_nonnull (text);
    }
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/runner/decision/paths", test_paths);
  g_test_add_func ("/runner/decision/cut", test_cut);
  return g_test_run ();
}
