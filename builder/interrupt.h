/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * Turns SIGINT, SIGTERM and SIGHUP into a readable descriptor while a sandbox runs, so that it is killed and the build's folder
 * is removed in order.  At all other times these signals end appbuild at once.
 */
#pragma once

#include <glib.h>

/* Returns a descriptor that becomes readable on the first signal, and stays so; -1 on error.  Several may begin, in any threads: all have
 * the same one, until the last has ended. */
int interrupt_begin (GError **error);
void interrupt_end (void);
/* Has there been a signal?  To be asked between the two. */
gboolean interrupt_pending (void);
/* The last one that there was since the program began; 0 when there was none. */
int interrupt_signal (void);
