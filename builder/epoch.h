/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * The one time that a build knows.
 */
#pragma once

#include <glib.h>

/* Seconds: the variable SOURCE_DATE_EPOCH of the caller when it holds a number from 0 to 2^32-1 (what squashfs can store), else a
 * fixed time.  It is part of every cache key and is given to the commands and to the image. */
gint64 build_epoch (void);
/* Was it given by the caller? */
gboolean build_epoch_given (void);
