/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * Single names on the buses of the session and the system, for commands whose build-args ask for them.  xdg-dbus-proxy(1) stands
 * between: it lets through what concerns these names, and nothing else.
 */
#pragma once

#include "builder/manifest/build-arg.h"
#include "builder/log.h"
#include "sandbox/plan.h"

typedef struct Buses Buses;

/* Does it ask for names, or for a bus itself?  Then the ids inside are the caller's own, which is how a bus knows its clients. */
gboolean buses_are_wanted (const BuildAccess *access);

/* Start what the command needs: *ret_buses, NULL for nothing.  A bus that this machine does not have is told in `log` (may be NULL), and
 * its names are not there. */
gboolean buses_start (const BuildAccess *access, BuildLog *log, Buses **ret_buses, GError **error);

/* Their sockets, and their addresses as variables, into the plan of the command. */
gboolean buses_add (const Buses *buses, SandboxPlan *plan, GError **error);

/* When the command has ended.  Accepts NULL. */
void buses_stop (Buses *buses);
G_DEFINE_AUTOPTR_CLEANUP_FUNC (Buses, buses_stop)
