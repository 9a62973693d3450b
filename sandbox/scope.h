/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * A second wall, where the kernel has it (Landlock, Linux 6.12): two things that namespaces leave open.
 *
 * A process group crosses pid namespaces.  Without a session of its own, which would cost job control, an app is
 * in the group of its caller and could send a signal to the whole of it, with kill(0, ...).  And
 * abstract unix sockets belong to the network namespace, so an app that shares the network shares them.
 */
#pragma once

/* Restrict this process for good; needs no_new_privs.  0, or an errno: ENOSYS where the kernel cannot. */
int scope_restrict (void);
