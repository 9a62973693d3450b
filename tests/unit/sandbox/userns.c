/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * Each way in which a host can forbid user namespaces has its own sentence, which names the setting and
 * what to do.
 */
#include "sandbox/userns.h"

#include <errno.h>
#include <glib.h>

/* A host where nothing is wrong. */
#define HOST .kind = "user", .limit = 15000, .unprivileged_clone = -1, .apparmor_restrict = -1

static void
assert_explained (const UsernsFacts *facts, const char *first, const char *second)
{
  char message[512] = "";

  g_assert_cmpint (userns_explain (facts, message, sizeof message), ==, 1);
  g_test_message ("%s", message);
  g_assert_nonnull (strstr (message, first));
  g_assert_nonnull (strstr (message, second));
}

static void
test_works (void)
{
  UsernsFacts facts = { HOST, .has_filter = 1 };
  char message[64] = "untouched";

  g_assert_cmpint (userns_explain (&facts, message, sizeof message), ==, 0);
  g_assert_cmpstr (message, ==, "untouched");
}

static void
test_limit_zero (void)
{
  UsernsFacts facts = { HOST, .stage = USERNS_CREATE, .saved_errno = ENOSPC };

  facts.limit = 0;
  assert_explained (&facts, "user.max_user_namespaces is 0", "sysctl -w user.max_user_namespaces=15000");
  facts.kind = "net";
  assert_explained (&facts, "user.max_net_namespaces is 0", "sysctl -w user.max_net_namespaces=15000");
}

static void
test_nesting (void)
{
  UsernsFacts facts = { HOST, .stage = USERNS_CREATE, .saved_errno = ENOSPC };

  assert_explained (&facts, "32 levels", "15000");
  facts.saved_errno = EUSERS;
  assert_explained (&facts, "32 levels", "15000");
}

static void
test_debian_setting (void)
{
  UsernsFacts facts = { HOST, .stage = USERNS_CREATE, .saved_errno = EPERM };

  facts.unprivileged_clone = 0;
  assert_explained (&facts, "kernel.unprivileged_userns_clone is 0", "sysctl -w kernel.unprivileged_userns_clone=1");
}

/* Ubuntu lets the namespace be made and then refuses what is done in it. */
static void
test_apparmor (void)
{
  static const UsernsStage stages[] = { USERNS_CREATE, USERNS_MAP, USERNS_MOUNT };

  for (size_t i = 0; i < G_N_ELEMENTS (stages); i++)
    {
      UsernsFacts facts = { HOST, .stage = stages[i], .saved_errno = i == 1 ? EACCES : EPERM, .profile = "unconfined" };

      facts.apparmor_restrict = 1;
      assert_explained (&facts, "kernel.apparmor_restrict_unprivileged_userns is 1", "userns,");
    }
}

static void
test_profile (void)
{
  UsernsFacts facts = { HOST, .stage = USERNS_MOUNT, .saved_errno = EACCES, .profile = "docker-default (enforce)" };

  assert_explained (&facts, "docker-default (enforce)", "profile");
}

static void
test_outer_filter (void)
{
  UsernsFacts facts = { HOST, .stage = USERNS_CREATE, .saved_errno = EPERM, .has_filter = 1 };

  assert_explained (&facts, "system call filter", "seccomp=unconfined");
  facts.saved_errno = ENOSYS;
  assert_explained (&facts, "system call filter", "seccomp=unconfined");
}

static void
test_chroot (void)
{
  UsernsFacts facts = { HOST, .stage = USERNS_CREATE, .saved_errno = EPERM, .is_chroot = 1, .has_filter = 1 };

  assert_explained (&facts, "chroot", "pivot_root");
}

static void
test_kernel (void)
{
  UsernsFacts facts = { HOST, .stage = USERNS_CREATE, .saved_errno = EINVAL };

  facts.kind = "cgroup";
  assert_explained (&facts, "kernel was built without", "cgroup");
}

static void
test_unknown (void)
{
  UsernsFacts facts = { HOST, .stage = USERNS_MAP, .saved_errno = EPERM };

  assert_explained (&facts, "refuses", "Operation not permitted");
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/sandbox/userns/works", test_works);
  g_test_add_func ("/sandbox/userns/limit-zero", test_limit_zero);
  g_test_add_func ("/sandbox/userns/nesting", test_nesting);
  g_test_add_func ("/sandbox/userns/debian-setting", test_debian_setting);
  g_test_add_func ("/sandbox/userns/apparmor", test_apparmor);
  g_test_add_func ("/sandbox/userns/profile", test_profile);
  g_test_add_func ("/sandbox/userns/outer-filter", test_outer_filter);
  g_test_add_func ("/sandbox/userns/chroot", test_chroot);
  g_test_add_func ("/sandbox/userns/kernel", test_kernel);
  g_test_add_func ("/sandbox/userns/unknown", test_unknown);
  return g_test_run ();
}
