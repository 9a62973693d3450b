/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "runner/account.h"

#include <grp.h>
#include <pwd.h>
#include <unistd.h>

#include "base/file.h"

static void
test_files (void)
{
  g_autofree char *etc = g_dir_make_tmp ("nacelle-XXXXXX", NULL);
  g_autofree char *passwd = g_build_filename (etc, "passwd", NULL);
  g_autofree char *group = g_build_filename (etc, "group", NULL);

  g_assert_true (g_file_set_contents (passwd, "root:x:0:0:root:/root:/bin/sh\n+::::::\n\nshort:x:4242424\n4242424:x:1:1::/a:/b\n"
                                              "me:x:4242424:7:My Name,,,:/home/me:/bin/sh", -1, NULL));
  g_assert_true (g_file_set_contents (group, "all:x:42424:me,you\nours:x:4242424:", -1, NULL));
  g_autoptr (Account) account = account_of_user (etc, 4242424);
  g_assert_nonnull (account);
  g_assert_cmpstr (account->name, ==, "me");
  g_assert_cmpstr (account->real_name, ==, "My Name,,,");
  g_assert_cmpstr (account->home, ==, "/home/me");
  g_autofree char *name = account_group_name (etc, 4242424);
  g_assert_cmpstr (name, ==, "ours");
  /* Nobody has this one, here or elsewhere. */
  g_assert_null (account_of_user (etc, 4242425));
  g_assert_cmpint (unlink (passwd), ==, 0);
  g_assert_cmpint (unlink (group), ==, 0);
  g_assert_cmpint (rmdir (etc), ==, 0);
}

/* Where the file does not know the id, the C library's own program is asked. */
static void
test_elsewhere (void)
{
  const struct passwd *root = getpwuid (0);
  const struct group *group = getgrgid (0);

  if (root == NULL || group == NULL)
    {
      g_test_skip ("kernel: user 0 has no name here");
      return;
    }
  g_autoptr (Account) account = account_of_user ("/nowhere", 0);
  g_assert_nonnull (account);
  g_assert_cmpstr (account->name, ==, root->pw_name);
  g_assert_cmpstr (account->home, ==, root->pw_dir);
  g_autofree char *name = account_group_name ("/nowhere", 0);
  g_assert_cmpstr (name, ==, group->gr_name);
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/account/files", test_files);
  g_test_add_func ("/account/elsewhere", test_elsewhere);
  return g_test_run ();
}
