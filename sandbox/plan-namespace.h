/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * Records about what the namespaces of a sandbox contain: shifted clocks, more than one id, a network with a way out.  The
 * rules of plan.h hold.
 */
#pragma once

#include "sandbox/plan.h"

typedef enum { SANDBOX_CLOCK_MONOTONIC, SANDBOX_CLOCK_BOOTTIME } SandboxClock;

/* A time namespace of its own, in which that clock is `seconds` ahead of the host's, or behind.  Needs Linux 5.6; refused
 * where the kernel has none.  The last record of a clock counts. */
int sandbox_plan_time_offset (SandboxPlan *plan, SandboxClock clock, int64_t seconds, const char *origin);

enum { SANDBOX_RANGE_USERS = 1 << 0, SANDBOX_RANGE_GROUPS = 1 << 1 };

/* Map `count` more ids beside the caller's own: those from `inner` on inside are those from `outer` on outside.  With a count of
 * 0 they are the first range that /etc/subuid (/etc/subgid) gives the caller, from 0 on inside.  The one id of the identity
 * stays what it is, also within a range.  Ids outside must be the caller's by /etc/subuid, and newuidmap (newgidmap), which
 * checks that, must be installed; when something is missing, the launch is refused.  Where groups are mapped, setgroups(2)
 * is allowed to who has the capability inside; else it never is. */
int sandbox_plan_map_range (SandboxPlan *plan, unsigned what, uint32_t inner, uint32_t outer, uint32_t count, const char *origin);

/* No sandbox of its own: the command joins the running sandbox that process `pid` is in, with all of its namespaces and its root.
 * It must be one of this user, started from where we are.  Of the plan only what is about the process counts (environment,
 * capabilities, filter, directory, command, descriptors, terminal, rlimits), other records are refused; and it must not hold the
 * command looser than that sandbox is held: wanted capabilities must be in its bounding set, and there must be a filter when it
 * has one.  Where that sandbox has a control group of its own, the command is moved into it, and limits of another are refused.
 * The command cannot signal the other processes there, where Landlock has scopes. */
int sandbox_plan_enter (SandboxPlan *plan, pid_t pid, const char *origin);

/* A network of its own with outgoing connections, by pasta(1) (package passt), which runs beside the sandbox and ends with it.
 * The command starts when the interface is up.  It reaches what this machine reaches, but neither the loopback of this machine
 * nor its gateway under another name.  `ports`: what outside leads inside, as “[ADDRESS/]PORT:PORT”, TCP; the address is 127.0.0.1 when
 * there is none.  Name servers: queries to 169.254.1.1 go to that of this machine; /etc/resolv.conf inside says so, where it is
 * there or can be made without writing to a file system that is not the sandbox's own (and when the record comes behind
 * those that make /etc).  The pid namespace must be new, and the command have neither CAP_NET_RAW nor CAP_NET_ADMIN. */
int sandbox_plan_network_outgoing (SandboxPlan *plan, const char *const *ports, size_t n_ports, const char *origin);
