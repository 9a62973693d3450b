/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "sandbox/print-names.h"

#define N(names) (sizeof names / sizeof names[0])

/* As the bits of SandboxFilter are. */
const char *const print_filter_names[] = {
  "default", "devel", "multiarch", "devel-multiarch",
  "bluetooth", "devel-bluetooth", "multiarch-bluetooth", "devel-multiarch-bluetooth",
  "canbus", "devel-canbus", "multiarch-canbus", "devel-multiarch-canbus",
  "bluetooth-canbus", "devel-bluetooth-canbus", "multiarch-bluetooth-canbus", "devel-multiarch-bluetooth-canbus",
  "none",
};
const char *const print_join_names[] = { "user", "user-last", "pid", "net" };
const char *const print_share_names[] = { "network", "ipc", "uts", "cgroup", "pids", "reach" };
const size_t print_n_share_names = N (print_share_names);
const char *const print_start_names[] = {
  "new-session", "strict-cwd", "set-pwd", "make-anywhere", "as-pid-1", "no-userns", "no-userns-already", "mapped-outside",
  "follow-links", "keep-parents",
};
const size_t print_n_start_names = N (print_start_names);
const char *const print_bind_names[] = { "ro", "dev", "try", "noexec", "by-name", "slave" };
const size_t print_n_bind_names = N (print_bind_names);
const char *const print_landlock_names[] = { "files", "connect", "bind", "if-possible" };
const size_t print_n_landlock_names = N (print_landlock_names);
