/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "sandbox/appbox/options.h"

#include "sandbox/filter-list.h"
#include "sandbox/plan-namespace.h"

#include <errno.h>
#include <stddef.h>
#include <string.h>

#define PERMS OPTION_TAKES_PERMS
#define SIZE OPTION_TAKES_SIZE
#define LAYERS OPTION_TAKES_LAYERS
#define NEXT OPTION_KEEPS_NEXT
#define ONCE OPTION_ONCE
#define PLAN OPTION_WITH_PLAN
#define FIRST_OWN "--landlock"      /* what is behind it bubblewrap has not */
#define MEMBER(name) offsetof (Appbox, name)

/* A command line of more words than any sandbox has, before it fills the memory. */
#define WORDS_MAX 200000

const Option options[] = {
  { "--help", 0, PLAN | NEXT, option_help, "", "show this" },
  { "--version", 0, PLAN | NEXT, option_version, "", "show the version" },
  { "--not-a-security-boundary", 0, 0, option_no_boundary, "", "taken from callers; nothing gets looser" },
  { "--level-prefix", 0, PLAN, option_level_prefix, "", "begin messages with <3> or <4>, their level" },
  { "--args", 1, PLAN, option_args, "FD", "read options from FD, each ended by a NUL byte" },
  { "--argv0", 1, 0, option_argv0, "NAME", "tell the command that it is called NAME", .add = sandbox_plan_argv0 },
  { "--unshare-all", 0, 0, option_unshare_all, "", "new namespaces of every kind" },
  { "--share-net", 0, 0, option_share_net, "", "keep the host's network after --unshare-all" },
  { "--unshare-user", 0, 0, option_unshare_user, "", "new user namespace (there always is one)" },
  { "--unshare-user-try", 0, 0, option_unshare_user_try, "", "the same" },
  { "--unshare-ipc", 0, 0, option_unshare, "", "new ipc namespace", APPBOX_NEW_IPC },
  { "--unshare-pid", 0, 0, option_unshare, "", "new pid namespace", APPBOX_NEW_PID },
  { "--unshare-net", 0, 0, option_unshare, "", "new network namespace with a loopback alone", APPBOX_NEW_NET },
  { "--unshare-uts", 0, 0, option_unshare, "", "new uts namespace", APPBOX_NEW_UTS },
  { "--unshare-cgroup", 0, 0, option_unshare, "", "new cgroup namespace", APPBOX_NEW_CGROUP },
  { "--unshare-cgroup-try", 0, 0, option_unshare, "", "the same", APPBOX_NEW_CGROUP },
  { "--userns", 1, ONCE, option_fd, "FD", "join this user namespace", MEMBER (userns_fd) },
  { "--userns2", 1, ONCE, option_fd, "FD", "and at the end this one, a descendant", MEMBER (userns2_fd) },
  { "--disable-userns", 0, 0, option_disable_userns, "", "no user namespace can be made inside" },
  { "--assert-userns-disabled", 0, 0, option_start, "", "fail unless none can be made inside", SANDBOX_START_NO_USERNS_ALREADY },
  { "--pidns", 1, ONCE, option_fd, "FD", "join this pid namespace, or one below", MEMBER (pidns_fd) },
  { "--uid", 1, ONCE, option_uid, "UID", "user id inside" },
  { "--gid", 1, ONCE, option_gid, "GID", "group id inside" },
  { "--hostname", 1, ONCE, option_hostname, "NAME", "host name inside (needs --unshare-uts)" },
  { "--chdir", 1, ONCE, option_chdir, "DIR", "start in DIR" },
  { "--clearenv", 0, 0, option_clearenv, "", "remove all variables but PWD" },
  { "--setenv", 2, 0, option_setenv, "NAME VALUE", "set a variable" },
  { "--unsetenv", 1, 0, option_unsetenv, "NAME", "remove a variable" },
  { "--bind", 2, 0, option_bind, "SRC DEST", "mount SRC of the host at DEST", SANDBOX_BIND_SLAVE },
  { "--bind-try", 2, 0, option_bind, "SRC DEST", "the same, unless SRC does not exist", SANDBOX_BIND_SLAVE | SANDBOX_BIND_TRY },
  { "--dev-bind", 2, 0, option_bind, "SRC DEST", "mount SRC at DEST, with working device nodes", SANDBOX_BIND_SLAVE | SANDBOX_BIND_DEV },
  { "--dev-bind-try", 2, 0, option_bind, "SRC DEST", "the same, unless SRC does not exist",
    SANDBOX_BIND_SLAVE | SANDBOX_BIND_DEV | SANDBOX_BIND_TRY },
  { "--ro-bind", 2, 0, option_bind, "SRC DEST", "mount SRC at DEST, read-only", SANDBOX_BIND_READ_ONLY },
  { "--ro-bind-try", 2, 0, option_bind, "SRC DEST", "the same, unless SRC does not exist", SANDBOX_BIND_READ_ONLY | SANDBOX_BIND_TRY },
  { "--bind-fd", 2, 0, option_bind_fd, "FD DEST", "mount what FD refers to at DEST", SANDBOX_BIND_SLAVE },
  { "--ro-bind-fd", 2, 0, option_bind_fd, "FD DEST", "the same, read-only", SANDBOX_BIND_READ_ONLY },
  { "--overlay-src", 1, LAYERS | NEXT, option_overlay_src, "SRC", "a layer of the next overlay, first the bottom" },
  { "--overlay", 3, LAYERS, option_overlay, "RWSRC WORKDIR DEST", "mount an overlay that writes to RWSRC" },
  { "--tmp-overlay", 1, LAYERS, option_tmp_overlay, "DEST", "mount an overlay that forgets what is written" },
  { "--ro-overlay", 1, LAYERS, option_ro_overlay, "DEST", "mount a read-only overlay" },
  { "--remount-ro", 1, 0, option_record, "DEST", "make the mount at DEST alone read-only", .add = sandbox_plan_remount_read_only },
  { "--proc", 1, 0, option_record, "DEST", "mount proc at DEST", .add = sandbox_plan_proc },
  { "--dev", 1, 0, option_record, "DEST", "make a small /dev at DEST", .add = sandbox_plan_dev },
  { "--tmpfs", 1, PERMS | SIZE, option_tmpfs, "DEST", "mount a tmpfs at DEST" },
  { "--mqueue", 1, 0, option_record, "DEST", "mount the message queues at DEST", .add = sandbox_plan_mqueue },
  { "--dir", 1, PERMS, option_dir, "DEST", "make a directory" },
  { "--file", 2, PERMS, option_file, "FD DEST", "copy what FD gives to the file DEST" },
  { "--bind-data", 2, PERMS, option_bind_data, "FD DEST", "mount a copy of what FD gives at DEST" },
  { "--ro-bind-data", 2, PERMS, option_ro_bind_data, "FD DEST", "the same, read-only" },
  { "--symlink", 2, 0, option_symlink, "SRC DEST", "make DEST a symbolic link to SRC" },
  { "--chmod", 2, 0, option_chmod, "OCTAL PATH", "change the mode of PATH, which exists" },
  { "--perms", 1, NEXT, option_perms, "OCTAL", "mode of what the next option makes" },
  { "--size", 1, NEXT, option_size, "BYTES", "size of the next --tmpfs" },
  { "--exec-label", 1, ONCE, option_label, "LABEL", "SELinux label of the command", .add = sandbox_plan_exec_label },
  { "--file-label", 1, ONCE, option_label, "LABEL", "SELinux label of files that are made", .add = sandbox_plan_file_label },
  { "--seccomp", 1, ONCE, option_seccomp, "FD", "load the system call filter that FD gives" },
  { "--add-seccomp-fd", 1, 0, option_add_seccomp_fd, "FD", "the same, one of several" },
  { "--lock-file", 1, 0, option_lock_file, "DEST", "hold a lock on DEST", .add = sandbox_plan_lock },
  { "--sync-fd", 1, ONCE | PLAN, option_sync_fd, "FD", "keep FD open until the sandbox ends", MEMBER (sync_fd) },
  { "--block-fd", 1, ONCE | PLAN, option_fd, "FD", "when all is set up, wait until FD can be read", MEMBER (block_fd) },
  { "--userns-block-fd", 1, ONCE, option_fd, "FD", "wait for FD while somebody outside maps ids", MEMBER (userns_block_fd) },
  { "--as-pid-1", 0, 0, option_start, "", "the command is pid 1 itself (needs --unshare-pid)", SANDBOX_START_AS_PID_1 },
  { "--new-session", 0, 0, option_start, "", "start a session without a terminal", SANDBOX_START_NEW_SESSION },
  { "--die-with-parent", 0, PLAN, option_die_with_parent, "", "end when the process that started appbox ends" },
  { "--cap-add", 1, 0, option_cap_add, "CAP", "keep a capability, or ALL" },
  { "--cap-drop", 1, 0, option_cap_drop, "CAP", "drop it again, or ALL" },
  { "--info-fd", 1, ONCE | PLAN, option_report_fd, "FD", "write what was started to FD, as JSON", MEMBER (info_fd) },
  { "--json-status-fd", 1, ONCE | PLAN, option_report_fd, "FD", "the same, and its exit code at the end", MEMBER (status_fd) },
  { "--landlock", 0, 0, option_landlock, "", "a second wall: open only what the mounts give" },
  { "--landlock-try", 0, 0, option_landlock, "", "the same, as far as the kernel can", SANDBOX_LANDLOCK_IF_POSSIBLE },
  { "--landlock-connect", 1, 0, option_landlock_port, "PORT", "connect by TCP to named ports only; 0: none", SANDBOX_LANDLOCK_CONNECT },
  { "--landlock-bind", 1, 0, option_landlock_port, "PORT", "serve TCP on named ports only; 0: none", SANDBOX_LANDLOCK_BIND },
  { "--limit", 1, 0, option_limit, "NAME=VALUE[,optional]", "limit memory, cpus, pids, files ..." },
  { "--explain", 0, PLAN, option_explain, "", "print the plan instead of running it", APPBOX_EXPLAIN_TEXT },
  { "--explain-json", 0, PLAN, option_explain, "", "the same as JSON", APPBOX_EXPLAIN_JSON },
  { "--plan-out", 1, ONCE | PLAN, option_plan_out, "FILE", "store the plan in FILE instead of running it" },
  { "--plan-in", 1, PLAN, option_plan_in, "FILE", "run a stored plan" },
  { "--timing", 0, PLAN, option_timing, "", "say at the end what each step of the launch took" },
  { "--join", 1, 0, option_join, "PID", "join the running sandbox of a process" },
  { "--time-offset", 1, 0, option_time_offset, "LIST", "shift clocks: monotonic=SEC,boottime=SEC" },
  { "--map-auto", 0, 0, option_map, "", "map the caller's ranges of user and group ids", SANDBOX_RANGE_USERS | SANDBOX_RANGE_GROUPS },
  { "--map-users", 1, 0, option_map, "RANGE", "map users, INNER:OUTER:COUNT or auto", SANDBOX_RANGE_USERS },
  { "--map-groups", 1, 0, option_map, "RANGE", "map groups, in the same way", SANDBOX_RANGE_GROUPS },
  { "--net=pasta", 0, 0, option_net_pasta, "", "new network with outgoing connections" },
  { "--publish", 1, 0, option_publish, "[ADDRESS:]PORT[:PORT][/udp]", "lead a port of the host inside" },
  { "--netns", 1, 0, option_netns, "FD", "use the network namespace of FD" },
  { "--pty", 0, 0, option_pty, "", "give the command a terminal of its own" },
  { "--securebits", 1, 0, option_securebits, "LIST", "set securebits, as setpriv(1) names them" },
  { "--domainname", 1, 0, option_domain_name, "NAME", "NIS domain name inside (needs --unshare-uts)" },
  { "--apparmor", 1, ONCE, option_record, "PROFILE", "AppArmor profile of the command", .add = sandbox_plan_exec_profile },
  { "--propagation", 1, 0, option_propagation, "KIND", "of the binds that follow: private or slave" },
  { "--hide", 1, 0, option_record, "DEST", "cover what is at DEST by something empty", .add = sandbox_plan_hide },
  { "--read-only", 1, 0, option_restrict, "DEST", "make DEST and all below it read-only", SANDBOX_BIND_READ_ONLY },
  { "--noexec", 1, 0, option_restrict, "DEST", "nothing at DEST or below it can be executed", SANDBOX_BIND_NOEXEC },
  { "--binfmt", 2, 0, option_binfmt, "RULE DEST", "what runs programs of other machines" },
  { "--attribute", 1, 0, option_attribute, "NAME=VALUE", "nice, cpus, io, oom-score, umask, groups ..." },
  { "--filter", 1, 0, option_filter, "LIST", "Nacelle's filter: default, devel, multiarch ..." },
  { "--deny-calls", 1, 0, option_record, "LIST", "refuse system calls, @groups of them", .add = sandbox_plan_deny_calls },
  { "--only-calls", 1, 0, option_record, "LIST", "refuse all others", .add = sandbox_plan_only_calls },
  { "--only-sockets", 1, 0, option_record, "LIST", "families: unix,inet,inet6,netlink ...", .add = sandbox_plan_only_sockets },
  { "--deny-namespaces", 1, 0, option_record, "LIST", "kinds that cannot be made or entered, or all",
    .add = sandbox_plan_deny_namespaces },
  { "--deny-write-exec", 0, 0, option_deny_write_exec, "", "no memory can be written and executed" },
  { "--safe-env", 0, 0, option_safe_env, "", "keep only harmless variables" },
};
const size_t n_options = sizeof options / sizeof options[0];
_Static_assert (sizeof options / sizeof options[0] <= sizeof ((Appbox *) NULL)->seen, "room for what was seen");

static const Option *
option_find (const char *name)
{
  for (size_t i = 0; i < n_options; i++)
    if (strcmp (options[i].name, name) == 0)
      return &options[i];
  return NULL;
}

void
options_next (const Appbox *box, unsigned flags)
{
  if (box->perms >= 0 && (flags & OPTION_TAKES_PERMS) == 0)
    appbox_die ("--perms must be followed by an option that creates a file");
  if (box->size != 0 && (flags & OPTION_TAKES_SIZE) == 0)
    appbox_die ("--size must be followed by --tmpfs");
  if (box->n_layers != 0 && (flags & OPTION_TAKES_LAYERS) == 0)
    appbox_die ("--overlay-src must be followed by another --overlay-src or one of --overlay, --tmp-overlay, or --ro-overlay");
}

/* A stored plan is complete: what would change it does not go together with it. */
static void
plan_check (const Appbox *box, const Option *option)
{
  bool is_plan = option->handle == option_plan_in;

  if (box->has_plan && (option->flags & OPTION_WITH_PLAN) == 0)
    appbox_die ("%s cannot be combined with --plan-in: a stored plan is complete", option->name);
  for (size_t i = 0; is_plan && i < n_options; i++)
    if (box->seen[i] && (options[i].flags & OPTION_WITH_PLAN) == 0)
      appbox_die ("%s cannot be combined with --plan-in: a stored plan is complete", options[i].name);
}

/* The value that is taken to the end; each is about the whole sandbox. */
static void
once_check (Appbox *box, const Option *option)
{
  size_t number = (size_t) (option - options);

  if ((option->flags & OPTION_ONCE) != 0 && box->seen[number])
    appbox_warn ("Only the last %s option will take effect", option->name);
  box->seen[number] = 1;
}

size_t
options_read (Appbox *box, char **words, size_t n_words)
{
  static const char *const counts[] = { "no arguments", "an argument", "two arguments", "three arguments" };
  size_t i = 0;

  box->n_words += n_words;
  if (box->n_words > WORDS_MAX)
    appbox_die ("Exceeded maximum number of arguments %d", WORDS_MAX);
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
      if ((option->flags & OPTION_KEEPS_NEXT) == 0)
        options_next (box, option->flags);
      plan_check (box, option);
      once_check (box, option);
      box->option = option;
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
  fprintf (out, "usage: %s", program_invocation_name);
  fputs (" [OPTION ...] [--] COMMAND [ARGUMENT ...]\n\n", out);
  for (size_t i = 0; i < n_options; i++)
    {
      int used;

      if (strcmp (options[i].name, FIRST_OWN) == 0)
        fputs ("\nBeyond bubblewrap:\n", out);
      used = fprintf (out, "    %s %s", options[i].name, options[i].values);

      fprintf (out, "%*s%s\n", used < 30 ? 30 - used : 1, "", options[i].help);
    }
}
