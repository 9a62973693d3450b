/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * Ports of this machine that lead to ports of a sandbox with a network of its own: the words of them, for those who make plans.
 */
#pragma once

enum { SANDBOX_PUBLICATION_REASON = 320 };

/* "[ADDRESS/]PORT:PORT", outside and inside, TCP; ADDRESS is an IPv4 address of this machine, 127.0.0.1 when there is none.  Returns the
 * full form, malloc'ed; NULL with a sentence in `reason`. */
char *sandbox_publication_parse (const char *text, char reason[SANDBOX_PUBLICATION_REASON]);
