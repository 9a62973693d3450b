/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * A sandbox, as data.
 *
 * A SandboxPlan is an ordered array of small tagged records.  It knows nothing of apps: whoever
 * builds it decides policy, the engine (run.h) only executes it.  It can be printed (print.h) and tested as text
 * without any privilege.
 *
 * Every add function returns 0, or -1 and remembers the first failure, so that a caller can add a
 * whole list and ask sandbox_plan_failed() once.  Records are executed in the order in which they
 * were added.  Missing parent directories of a destination are created with mode 0755 where the place is ours
 * to write (tmpfs); never through a symbolic link.
 * Sources are opened when the record is added, not when it runs: what was checked is what is
 * mounted.  A function that takes a descriptor takes ownership of it, also when it fails.
 * `origin` says where the record comes from, for "explain" ("default", "metadata of
 * org.example.Editor", "command line --filesystem=~/x"); the plan copies it and all other strings.
 *
 * This folder uses libc, libcap and (at build time) libseccomp only.
 */
#pragma once

#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

typedef struct SandboxPlan SandboxPlan;

SandboxPlan *sandbox_plan_new (void);
void sandbox_plan_free (SandboxPlan *plan);       /* closes the descriptors; accepts NULL */
/* NULL while all is well, else a sentence about the first add function that failed. */
const char *sandbox_plan_failed (const SandboxPlan *plan);

enum
{
  SANDBOX_BIND_READ_ONLY = 1 << 0,
  SANDBOX_BIND_DEV = 1 << 1,       /* device nodes work; otherwise nodev */
  SANDBOX_BIND_TRY = 1 << 2,       /* a missing source is no failure (path form only) */
  SANDBOX_BIND_NOEXEC = 1 << 3,
  SANDBOX_BIND_BY_NAME = 1 << 4,   /* (descriptor form) the caller has opened it by that name, so the plan can be stored */
  /* Slave propagation (mount_namespaces(7)): what the host mounts or unmounts below the source later, it does here too, with the
   * flags that it has there.  So not for READ_ONLY, unless the caller wants just that.  Otherwise private. */
  SANDBOX_BIND_SLAVE = 1 << 5,
  /* always: recursive, nosuid */
};

/* Bind what `source_fd` (O_PATH is enough) refers to; `source_name` is for messages. */
int sandbox_plan_bind_fd (SandboxPlan *plan, int source_fd, const char *source_name, const char *dest,
                          unsigned flags, const char *origin);
/* Open `source` now (symbolic links followed, as the caller's own) and bind it. */
int sandbox_plan_bind (SandboxPlan *plan, const char *source, const char *dest, unsigned flags, const char *origin);
/* Attach a detached mount (open_tree(2) or fsmount(2)), for example of an image server.  It can be attached once, so
 * such a plan runs once.  Needs Linux 5.12. */
int sandbox_plan_mount_fd (SandboxPlan *plan, int mount_fd, const char *source_name, const char *dest,
                           unsigned flags, const char *origin);

/* lower: `n_lower` directory descriptors (or detached mounts, as above), the first is the bottom.  upper_fd and work_fd -1: on a fresh
 * tmpfs that is thrown away (with `read_only_overlay`: no upper at all, 2 lowers or more). */
int sandbox_plan_overlay (SandboxPlan *plan, const int *lower_fds, size_t n_lower, int upper_fd, int work_fd,
                          int read_only_overlay, const char *dest, const char *origin);

int sandbox_plan_tmpfs (SandboxPlan *plan, const char *dest, mode_t mode, uint64_t size_bytes /* 0: kernel default */,
                        const char *origin);
int sandbox_plan_proc (SandboxPlan *plan, const char *dest, const char *origin);
/* Minimal /dev: null zero full random urandom tty, fd stdin stdout stderr core links, shm, a new devpts, ptmx,
 * console when stdout is a terminal. */
int sandbox_plan_dev (SandboxPlan *plan, const char *dest, const char *origin);
int sandbox_plan_dir (SandboxPlan *plan, const char *dest, mode_t mode, const char *origin);
/* A file with `data`, over whatever is there.  Without a write bit in `mode` it is a read-only mount: the app cannot
 * change, replace or remove it (but may rename a directory above it, unless that is read-only too). */
int sandbox_plan_file (SandboxPlan *plan, const char *dest, const void *data, size_t size, mode_t mode, const char *origin);
int sandbox_plan_symlink (SandboxPlan *plan, const char *target, const char *dest, const char *origin);
/* Cover an existing file or directory by an empty read-only one; a missing one is no failure.  A symbolic link
 * is followed inside the sandbox: what it leads to is covered. */
int sandbox_plan_hide (SandboxPlan *plan, const char *dest, const char *origin);
/* Keep an existing directory where it is: mounted on itself, it cannot be renamed or removed from inside, so that nobody
 * puts another one in its place for the next start.  A missing one is no failure, a symbolic link is. */
int sandbox_plan_pin (SandboxPlan *plan, const char *dest, const char *origin);
/* The one mount at `dest` (which is a mount point), not those below it. */
int sandbox_plan_remount_read_only (SandboxPlan *plan, const char *dest, const char *origin);

/* The environment starts EMPTY. */
int sandbox_plan_setenv (SandboxPlan *plan, const char *name, const char *value, const char *origin);
int sandbox_plan_unsetenv (SandboxPlan *plan, const char *name, const char *origin);

/* Namespaces: user, mount, pid, ipc, uts, cgroup, net are always new unless shared here. */
enum { SANDBOX_SHARE_NETWORK = 1 << 0, SANDBOX_SHARE_IPC = 1 << 1, SANDBOX_SHARE_UTS = 1 << 2,
       SANDBOX_SHARE_CGROUP = 1 << 3,
       SANDBOX_SHARE_PIDS = 1 << 4,     /* proc is then a bind of the host's; what the app leaves behind survives it */
       SANDBOX_SHARE_REACH = 1 << 5 };  /* no Landlock scope: abstract sockets and signals of shared namespaces */
int sandbox_plan_share (SandboxPlan *plan, unsigned what, const char *origin);

/* Ids seen inside; default: the caller's own.  One id is mapped. */
int sandbox_plan_identity (SandboxPlan *plan, uid_t uid, gid_t gid, const char *origin);
int sandbox_plan_hostname (SandboxPlan *plan, const char *name, const char *origin);
/* The domain name of NIS (setdomainname(2)). */
int sandbox_plan_domain_name (SandboxPlan *plan, const char *name, const char *origin);
/* Keep a capability (number of linux/capability.h); default: none in any set, bounding set empty. */
int sandbox_plan_keep_capability (SandboxPlan *plan, int capability, const char *origin);
/* Securebits (SECBIT_* of linux/securebits.h) that are set for the app; those of several records add up.  Default: none. */
int sandbox_plan_securebits (SandboxPlan *plan, unsigned bits, const char *origin);

/* Filters that are compiled when Nacelle is built; default: SANDBOX_FILTER_DEFAULT.  The first four are numbers of bits, to which
 * families of sockets are added. */
typedef enum { SANDBOX_FILTER_DEFAULT, SANDBOX_FILTER_DEVEL, SANDBOX_FILTER_MULTIARCH,
               SANDBOX_FILTER_DEVEL_MULTIARCH,
               SANDBOX_FILTER_BLUETOOTH = 4, SANDBOX_FILTER_CANBUS = 8,
               SANDBOX_FILTER_NONE = 16 /* for a caller who asks for no filter, as appbox does */ } SandboxFilter;
int sandbox_plan_filter (SandboxPlan *plan, SandboxFilter filter, const char *origin);

/* A second wall around the files, where the kernel has Landlock (Linux 6.2 or later): what the mounts of the plan do not
 * give cannot be opened either, for example from a descriptor of the host that got in.  The rights of a place are those
 * of its mount, and what is below a place has them too: a read-only place below a writable one is protected by its mount
 * only.  A process under such rules cannot mount anything, so there are no sandboxes in this sandbox; and it cannot open
 * again, by /proc/self/fd, a file that somebody sends it from outside.
 * Where the kernel cannot, the launch is refused; with IF_POSSIBLE what it can do is done. */
enum { SANDBOX_LANDLOCK_FILES = 1 << 0, SANDBOX_LANDLOCK_CONNECT = 1 << 1, SANDBOX_LANDLOCK_BIND = 1 << 2,
       SANDBOX_LANDLOCK_IF_POSSIBLE = 1 << 3 };
int sandbox_plan_landlock_files (SandboxPlan *plan, unsigned flags /* 0 or IF_POSSIBLE */, const char *origin);
/* Once one such record is there, TCP connections can be made to and served on the named ports only (Linux 6.7).  `what`:
 * CONNECT, BIND or both, and IF_POSSIBLE; `port` 0: none. */
int sandbox_plan_landlock_port (SandboxPlan *plan, unsigned what, int port, const char *origin);

/* A limit of what the sandbox may use, by a name and a value of limit.h.  The last one of a name counts.  A limit that cannot be
 * had is a failure of the start, unless its value ends in “,optional”. */
int sandbox_plan_limit (SandboxPlan *plan, const char *name, const char *value, const char *origin);

/* Working directory inside; falls back to $HOME inside, then "/", when it does not exist there.
 * Paths below /proc and /dev are refused (they could name a descriptor). */
int sandbox_plan_cwd (SandboxPlan *plan, const char *dir, const char *origin);
/* argv[0] is looked up in the PATH of the sandbox's environment when it has no '/'. */
int sandbox_plan_command (SandboxPlan *plan, const char *const *argv, const char *origin);
/* Give the app descriptor `fd` (ownership taken) as number `target`; 0, 1, 2 are inherited when not given, all
 * others are closed. */
int sandbox_plan_pass_fd (SandboxPlan *plan, int fd, int target, const char *origin);
/* A terminal of its own for the app, which leads its session there; what the caller has as 0 and 1 is connected to it by a process
 * beside the sandbox.  The caller's terminal, when it has one, is in raw mode meanwhile and gets its modes back whatever
 * happens.  The end of the caller's input is typed as the end-of-file character. */
int sandbox_plan_terminal (SandboxPlan *plan, const char *origin);
/* Kill the sandbox when `fd` (ownership taken) reads EOF: an image server, a lock holder ... */
int sandbox_plan_die_with_fd (SandboxPlan *plan, int fd, const char *what, const char *origin);
