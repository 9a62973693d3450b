/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * The parts of added.h.  Internal to bundle/.
 */
#pragma once

#include "bundle/added.h"

G_GNUC_PRINTF (2, 3) void added_say (GPtrArray *words, const char *format, ...);

void added_filesystems (const Permissions *older, const Permissions *newer, GPtrArray *words);
void added_bus_names (const Permissions *older, const Permissions *newer, GPtrArray *words);
void added_limits (const Permissions *older, const Permissions *newer, GPtrArray *words);
