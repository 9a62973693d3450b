/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "sandbox/appbox/options.h"

#include <string.h>

#define PERMS OPTION_TAKES_PERMS
#define SIZE OPTION_TAKES_SIZE
#define NEXT OPTION_KEEPS_NEXT

const Option options[] = {
  { "--args", 1, 0, option_args, "FD", "read options from FD, each ended by a NUL byte" },
  { "--argv0", 1, 0, option_argv0, "NAME", "tell the command that it is called NAME" },
  { "--unshare-all", 0, 0, option_unshare_all, "", "new namespaces of every kind" },
  { "--share-net", 0, 0, option_share_net, "", "keep the host's network after --unshare-all" },
  { "--unshare-user", 0, 0, option_unshare_user, "", "new user namespace (there always is one)" },
  { "--unshare-user-try", 0, 0, option_unshare_user, "", "the same" },
  { "--unshare-ipc", 0, 0, option_unshare_ipc, "", "new ipc namespace" },
  { "--unshare-pid", 0, 0, option_unshare_pid, "", "new pid namespace" },
  { "--unshare-net", 0, 0, option_unshare_net, "", "new network namespace with a loopback alone" },
  { "--unshare-uts", 0, 0, option_unshare_uts, "", "new uts namespace" },
  { "--unshare-cgroup", 0, 0, option_unshare_cgroup, "", "new cgroup namespace" },
  { "--unshare-cgroup-try", 0, 0, option_unshare_cgroup, "", "the same" },
  { "--uid", 1, 0, option_uid, "UID", "user id inside" },
  { "--gid", 1, 0, option_gid, "GID", "group id inside" },
  { "--hostname", 1, 0, option_hostname, "NAME", "host name inside (needs --unshare-uts)" },
  { "--chdir", 1, 0, option_chdir, "DIR", "start in DIR" },
  { "--clearenv", 0, 0, option_clearenv, "", "remove all variables but PWD" },
  { "--setenv", 2, 0, option_setenv, "NAME VALUE", "set a variable" },
  { "--unsetenv", 1, 0, option_unsetenv, "NAME", "remove a variable" },
  { "--bind", 2, 0, option_bind, "SRC DEST", "mount SRC of the host at DEST" },
  { "--bind-try", 2, 0, option_bind_try, "SRC DEST", "the same, unless SRC does not exist" },
  { "--dev-bind", 2, 0, option_dev_bind, "SRC DEST", "mount SRC at DEST, with working device nodes" },
  { "--dev-bind-try", 2, 0, option_dev_bind_try, "SRC DEST", "the same, unless SRC does not exist" },
  { "--ro-bind", 2, 0, option_ro_bind, "SRC DEST", "mount SRC at DEST, read-only" },
  { "--ro-bind-try", 2, 0, option_ro_bind_try, "SRC DEST", "the same, unless SRC does not exist" },
  { "--bind-fd", 2, 0, option_bind_fd, "FD DEST", "mount what FD refers to at DEST" },
  { "--ro-bind-fd", 2, 0, option_ro_bind_fd, "FD DEST", "the same, read-only" },
  { "--remount-ro", 1, 0, option_remount_ro, "DEST", "make the mount at DEST alone read-only" },
  { "--proc", 1, 0, option_proc, "DEST", "mount proc at DEST" },
  { "--dev", 1, 0, option_dev, "DEST", "make a small /dev at DEST" },
  { "--tmpfs", 1, PERMS | SIZE, option_tmpfs, "DEST", "mount a tmpfs at DEST" },
  { "--dir", 1, PERMS, option_dir, "DEST", "make a directory" },
  { "--file", 2, PERMS, option_file, "FD DEST", "copy what FD gives to the file DEST" },
  { "--bind-data", 2, PERMS, option_bind_data, "FD DEST", "mount a copy of what FD gives at DEST" },
  { "--ro-bind-data", 2, PERMS, option_ro_bind_data, "FD DEST", "the same, read-only" },
  { "--symlink", 2, 0, option_symlink, "SRC DEST", "make DEST a symbolic link to SRC" },
  { "--chmod", 2, 0, option_chmod, "OCTAL PATH", "change the mode of PATH, which exists" },
  { "--perms", 1, NEXT, option_perms, "OCTAL", "mode of what the next option makes" },
  { "--size", 1, NEXT, option_size, "BYTES", "size of the next --tmpfs" },
  { "--new-session", 0, 0, option_new_session, "", "start a session without a terminal" },
  { "--die-with-parent", 0, 0, option_die_with_parent, "", "end when the process that started appbox ends" },
  { "--cap-add", 1, 0, option_cap_add, "CAP", "keep a capability, or ALL" },
  { "--cap-drop", 1, 0, option_cap_drop, "CAP", "drop it again, or ALL" },
  { "--landlock", 0, 0, option_landlock, "", "a second wall: open only what the mounts give" },
  { "--landlock-try", 0, 0, option_landlock_try, "", "the same, as far as the kernel can" },
  { "--landlock-connect", 1, 0, option_landlock_connect, "PORT", "connect by TCP to named ports only; 0: none" },
  { "--landlock-bind", 1, 0, option_landlock_bind, "PORT", "serve TCP on named ports only; 0: none" },
  { "--limit", 1, 0, option_limit, "NAME=VALUE[,optional]", "limit memory, cpus, pids, files ..." },
  { "--info-fd", 1, 0, option_info_fd, "FD", "write what was started to FD, as JSON" },
  { "--json-status-fd", 1, 0, option_json_status_fd, "FD", "the same, and its exit code at the end" },
  { "--timing", 0, 0, option_timing, "", "say at the end what each step of the launch took" },
};
const size_t n_options = sizeof options / sizeof options[0];

static const Option *
option_find (const char *name)
{
  for (size_t i = 0; i < n_options; i++)
    if (strcmp (options[i].name, name) == 0)
      return &options[i];
  return NULL;
}

/* --perms and --size are about the next option, so it must be one that has a use for them. */
static void
next_check (const Appbox *box, const Option *option)
{
  if ((option->flags & OPTION_KEEPS_NEXT) != 0)
    return;
  if (box->perms >= 0 && (option->flags & OPTION_TAKES_PERMS) == 0)
    appbox_die ("--perms must be followed by an option that creates a file");
  if (box->size != 0 && (option->flags & OPTION_TAKES_SIZE) == 0)
    appbox_die ("--size must be followed by --tmpfs");
}

size_t
options_read (Appbox *box, char **words, size_t n_words)
{
  static const char *const counts[] = { "no arguments", "an argument", "two arguments" };
  size_t i = 0;

  while (i < n_words && words[i][0] == '-')
    {
      const Option *option = option_find (words[i]);

      if (strcmp (words[i], "--") == 0)
        {
          i++;
          break;
        }
      if (option == NULL)
        appbox_die ("Unknown option %s (this version of appbox does not have it; --help lists what it has)", words[i]);
      if (n_words - i - 1 < (size_t) option->n_values)
        appbox_die ("%s takes %s: %s", option->name, counts[option->n_values], option->values);
      next_check (box, option);
      box->origin = option->name;
      option->handle (box, words + i + 1);
      if (sandbox_plan_failed (box->plan) != NULL)
        appbox_die ("%s", sandbox_plan_failed (box->plan));
      if ((option->flags & OPTION_KEEPS_NEXT) == 0)
        {
          box->perms = -1;
          box->size = 0;
        }
      i += (size_t) option->n_values + 1;
    }
  return i;
}

void
options_print (FILE *out)
{
  fputs ("usage: appbox [OPTION ...] [--] COMMAND [ARGUMENT ...]\n\n"
         "    --help                    show this\n"
         "    --version                 show the version\n", out);
  for (size_t i = 0; i < n_options; i++)
    {
      int used = fprintf (out, "    %s %s", options[i].name, options[i].values);

      fprintf (out, "%*s%s\n", used < 30 ? 30 - used : 1, "", options[i].help);
    }
}
