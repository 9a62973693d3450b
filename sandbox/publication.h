/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * Ports of this machine that lead to ports of a sandbox with a network of its own: the words of them, for those who make plans.
 */
#pragma once

#include <stdbool.h>

enum { SANDBOX_PUBLICATION_REASON = 400 };

/* "[ADDRESS:]PORT[:PORT][/tcp|/udp]": the ports are those outside and inside, one is both; ADDRESS is one of this machine, 127.0.0.1 when
 * there is none, and one of IPv6 stands in brackets; "ADDRESS/" is taken, too.  Returns the full form, "ADDRESS/PORT:PORT" or
 * "ADDRESS/PORT:PORT/udp", malloc'ed; NULL with a sentence in `reason`. */
char *sandbox_publication_parse (const char *text, char reason[SANDBOX_PUBLICATION_REASON]);

/* Of full forms. */
bool sandbox_publication_is_udp (const char *full);
bool sandbox_publication_is_ipv6 (const char *full);
/* Is it the same port outside?  pasta serves each at one address only. */
bool sandbox_publication_clashes (const char *full, const char *other);
