/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * The caller's environment, less what could change how programs inside work.
 */
#pragma once

/* Remove every variable from this process that is not on the list: language, terminal, time zone, names of the user, HOME,
 * PATH and SHELL.  So LD_PRELOAD and the like, secrets, and addresses of the host's services are gone. */
void environment_make_safe (void);
