/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * The names that libcap has for capabilities (“cap_chown”), by their numbers; the last one is NULL.  They are taken from it
 * when we are built, since its table of names cannot be linked into a program with another C library.
 */
#pragma once

extern const char *const capability_names[];
