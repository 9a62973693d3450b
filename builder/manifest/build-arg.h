/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * build-args and test-args: options of flatpak-build(1), which open the build sandbox to parts of the host.
 */
#pragma once

#include "bundle/permissions.h"

/* A folder or file of the host at a place of its own: --bind-mount=DEST=SOURCE. */
typedef struct
{
  char *dest, *source;         /* absolute */
} BuildBind;

typedef struct
{
  Permissions *permissions;
  GPtrArray *binds;            /* BuildBind */
  gboolean read_only;          /* --readonly: the install tree */
} BuildAccess;

BuildAccess *build_access_new (void);
void build_access_free (BuildAccess *access);
G_DEFINE_AUTOPTR_CLEANUP_FUNC (BuildAccess, build_access_free)

/* Add one argument.  ERROR_USAGE for what flatpak-build(1) does not know, ERROR_REFUSED with the reason for what a build here cannot
 * have. */
gboolean build_access_add (BuildAccess *access, const char *argument, GError **error);

/* Does it open the sandbox to anything?  Variables do not. */
gboolean build_access_is_closed (const BuildAccess *access);
