/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * The conditions under which an extension is used (enable-if).
 */
#pragma once

#include "bundle/extension.h"

/* What they ask of a machine and of a session. */
typedef struct
{
  const char *sys;           /* where its /sys is */
  const char *gl_drivers;    /* FLATPAK_GL_DRIVERS, or NULL */
  const char *desktop;       /* XDG_CURRENT_DESKTOP, or NULL */
} ConditionHost;

/* One of the point's conditions holds for the extension with this id, or it has none.  Known: active-gl-driver, have-intel-gpu,
 * have-kernel-module-NAME, on-xdg-desktop-NAME; any other never holds. */
gboolean condition_holds (const ExtensionPoint *point, const char *id, const ConditionHost *host);
