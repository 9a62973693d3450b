/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * The map of ids of a new user namespace, written from inside.
 */
#pragma once

#include "sandbox/setup.h"

/* One id each: `inner` is what the process sees, `outer` what it is in the namespace above. */
int idmap_write_single (Setup *setup, unsigned inner_uid, unsigned outer_uid, unsigned inner_gid, unsigned outer_gid);
