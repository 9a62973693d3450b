/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * More records: those that command lines of other sandboxes have and that an app seldom needs.  The rules of plan.h
 * hold.
 */
#pragma once

#include "sandbox/plan.h"
#include "sandbox/start.h"

/* What becomes of data that are given as a file. */
typedef enum
{
  SANDBOX_DATA_MOUNTED,            /* a writable mount of a file of its own */
  SANDBOX_DATA_MOUNTED_READ_ONLY,
  SANDBOX_DATA_WRITTEN,            /* an ordinary file, made or overwritten where it is */
} SandboxData;

int sandbox_plan_data (SandboxPlan *plan, const char *dest, const void *data, size_t size, mode_t mode, SandboxData what,
                       const char *origin);
/* The mode of something that exists; a symbolic link is followed inside the sandbox only. */
int sandbox_plan_chmod (SandboxPlan *plan, const char *dest, mode_t mode, const char *origin);
/* What is at `dest`, and all that is mounted below it: SANDBOX_BIND_READ_ONLY, SANDBOX_BIND_NOEXEC or both.  A symbolic link is followed
 * inside the sandbox only. */
int sandbox_plan_restrict (SandboxPlan *plan, const char *dest, unsigned flags, const char *origin);
/* The file system of POSIX message queues; needs an ipc namespace of the sandbox's own. */
int sandbox_plan_mqueue (SandboxPlan *plan, const char *dest, const char *origin);
/* The file system of what runs programs of other machines (binfmt_misc, Linux 6.7), and a rule that is registered there, as the kernel
 * takes it, or "".  It counts for the whole user namespace of the sandbox. */
int sandbox_plan_binfmt (SandboxPlan *plan, const char *rule, const char *dest, const char *origin);
/* An overlay (plan.h) of directories that are opened here, by name, so that the plan can be stored.  `upper` and `work` NULL: as
 * -1 there. */
int sandbox_plan_overlay_paths (SandboxPlan *plan, const char *const *lower, size_t n_lower, const char *upper,
                                const char *work, int read_only_overlay, const char *dest, const char *origin);

/* `flags`: SANDBOX_START_*; those of several records add up. */
int sandbox_plan_start (SandboxPlan *plan, unsigned flags, const char *origin);
/* What the command is told to be called. */
int sandbox_plan_argv0 (SandboxPlan *plan, const char *name, const char *origin);

/* SELinux labels: of the command (its /proc must be in the sandbox), and of the files and tmpfs that are made for the sandbox.  A launch
 * where SELinux is off is refused. */
#define LABEL_MAX 1024
int sandbox_plan_exec_label (SandboxPlan *plan, const char *label, const char *origin);
int sandbox_plan_file_label (SandboxPlan *plan, const char *label, const char *origin);
/* Whether this machine has SELinux with a policy, and whether its policy knows the label (0, or -1 with errno). */
int sandbox_label_is_possible (void);
int sandbox_label_check (const char *label);
/* The AppArmor profile of the command; a launch where AppArmor is off, or does not know it, is refused. */
int sandbox_plan_exec_profile (SandboxPlan *plan, const char *name, const char *origin);
int sandbox_profile_is_possible (void);

/* A classic BPF program (struct sock_filter, in the order of the machine) for seccomp(2).  Each is loaded, in their order, by
 * the app's process as the last thing before it is executed, so it may be as strict as the app can bear; the filter of
 * sandbox_plan_filter() is there already and covers init too. */
int sandbox_plan_seccomp (SandboxPlan *plan, const void *program, size_t size, const char *origin);

/* Hold a shared lock (fcntl) on a file of the sandbox until it ends. */
int sandbox_plan_lock (SandboxPlan *plan, const char *dest, const char *origin);
/* Hold `fd` (ownership taken) open until the sandbox ends.  Pid 1 does, and the app does not get it, unless it is pid 1
 * itself. */
int sandbox_plan_hold_fd (SandboxPlan *plan, int fd, const char *origin);
/* When all is set up, but before the app is started, wait until a byte, or the end, can be read from `fd` (ownership
 * taken). */
int sandbox_plan_wait_fd (SandboxPlan *plan, int fd, const char *origin);

/* Descriptors of the caller (not taken; up to 8) that the sandbox's first process closes before anything else: who reads the other end
 * of such a pipe sees its end when the caller closes it, and not when the app is started. */
int sandbox_plan_withhold_fd (SandboxPlan *plan, int fd);
/* Our own copies of what sandbox_plan_pass_fd() gives to the app are closed once it has been started: who waits for the end of
 * such a pipe waits for the app and not for us.  The plan cannot be run again then. */
void sandbox_plan_give_passed (SandboxPlan *plan);

/* Namespaces that exist and are joined, by descriptors of /proc/PID/ns (ownership taken), one of a kind. */
typedef enum
{
  SANDBOX_JOIN_USER,       /* instead of a new one; the identity is what that one's map gives */
  SANDBOX_JOIN_USER_LAST,  /* a descendant, entered when everything is set up */
  SANDBOX_JOIN_PID,        /* its parent, when process ids are not shared; needs rights over it, as JOIN_USER may give */
  SANDBOX_JOIN_NET,        /* instead of a new one; needs rights over it */
} SandboxJoin;
int sandbox_plan_join (SandboxPlan *plan, SandboxJoin what, int fd, const char *origin);
