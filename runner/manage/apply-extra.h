/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * The app's own program that makes something of its extra data.
 */
#pragma once

#include "store/store.h"

/* For store_set_apply_extra(): run /app/bin/apply_extra, where there is one, as Flatpak does: in /app/extra, which is all that it may
 * write, with the app and its runtime read-only, no network, no /proc, nothing of the host. */
gboolean apply_extra (const StoreExtra *job, gpointer data, GError **error);
