/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * What one set of permissions allows that another does not: whether an update of an app wants more.
 */
#pragma once

#include "bundle/permissions.h"

/* Words for a person (char *), each completes "it may also ...": "read and write your home folder (home)"; empty when `newer` allows
 * nothing that `older` does not.  When in doubt it is more.  What an app keeps for itself (persistent folders, its
 * environment) is none of this. */
GPtrArray *permissions_added (const Permissions *older, const Permissions *newer);

/* The same of two metadata keyfiles; groups "[Nacelle ...]" that this version does not know count, too.  NULL when `newer` cannot be
 * understood; an `older` that cannot be allows nothing. */
GPtrArray *permissions_added_keyfile (GKeyFile *older, GKeyFile *newer, GError **error);
