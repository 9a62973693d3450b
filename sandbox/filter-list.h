/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * Small system call filters by lists of words.  Each becomes a record of its own (sandbox_plan_seccomp()), beside the
 * built-in filter and others: a call must pass all of them.  They are straight tables: one comparison a word, for the machine's own
 * calls; a program of another architecture of the same machine (32-bit) is killed at its first call.  One that refuses
 * prctl(2) has to be the last, since the next could not be loaded.
 */
#pragma once

#include "sandbox/plan.h"

/* `list`: names of system calls and @groups, with commas, each as NAME or NAME:ANSWER.  The answer is an error (EPERM, when there is
 * none; ENOSYS and others, or its number), “kill” or “log”. */
int sandbox_plan_deny_calls (SandboxPlan *plan, const char *list, const char *origin);
/* All other calls fail with EPERM; the ANSWER of a word “*” is theirs, when it is in the list.  execve(2), which starts the command, is
 * always allowed. */
int sandbox_plan_only_calls (SandboxPlan *plan, const char *list, const char *origin);
/* Families of sockets that can be made: unix, inet, inet6, netlink, packet, bluetooth, vsock, can, alg; “none” alone for
 * none.  What is inherited or sent by others can be used. */
int sandbox_plan_only_sockets (SandboxPlan *plan, const char *list, const char *origin);
/* Namespaces that can neither be made nor entered: user, mnt, pid, net, ipc, uts, cgroup, time, or “all”. */
int sandbox_plan_deny_namespaces (SandboxPlan *plan, const char *list, const char *origin);
/* No memory can be both written and executed, not even one after the other, and no file without a name made to be mapped. */
int sandbox_plan_deny_write_exec (SandboxPlan *plan, const char *origin);
