/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * Extra data of an app that is being installed.  Internal to store/.
 */
#pragma once

#include "store/store-private.h"

/* Download what the metadata names into the folder `extra` of the staged deployment, check it, let the app's own program unpack it.
 * Nothing happens to a bundle without extra data. */
gboolean extra_install (Staging *staging, const Ref *ref, const Metadata *metadata, GError **error);
