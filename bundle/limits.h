/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * Limits of resources as a permission: "--limit=NAME=VALUE", and in metadata and override files
 *
 *   [Nacelle Limits]
 *   memory=512M
 *   cpus=150%,optional
 *
 * Names and values are those of sandbox/limit.h.  As with the other permissions the upper layer wins, name by name; the
 * value "none" takes away what a lower layer has set, so its entry is not granted.
 */
#pragma once

#include "bundle/permissions.h"

#define LIMITS_GROUP "Nacelle Limits"

/* ERROR_USAGE, with a suggestion, when the name or the value (NULL, too) is none. */
gboolean limits_check (const char *name, const char *value, GError **error);

/* The same, and into the `limits` of a layer. */
gboolean limits_set (GPtrArray *limits, const char *name, const char *value, const char *origin, GError **error);
