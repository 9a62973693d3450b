/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * Where the finished image goes.
 */
#pragma once

#include <sys/types.h>

#include "builder/state.h"
#include "image/image.h"

/* Images of several manifests may share a state directory: `id` tells whose they are. */

/* The image STATE/images/ID@KEY when it is there and its content is whole; -1 without an error when it has to be made. */
int output_find_image (const BuildState *state, const char *id, const char *key);

/* The path of that image; caller frees. */
char *output_image_path (const BuildState *state, const char *id, const char *key);

/* The mark of an image whose tests were true; it goes with the image. */
gboolean output_is_tested (const BuildState *state, const char *id, const char *key);
gboolean output_mark_tested (const BuildState *state, const char *id, const char *key, GError **error);

/* Write the tree below `bundle_fd` as STATE/images/ID@KEY; images of this id's earlier keys are removed.  Returns a read-only
 * descriptor, -1 on error. */
int output_write_image (const BuildState *state, const char *id, const char *key, int bundle_fd, const ImageWriteOptions *options,
                        GError **error);

/* Whether an image could be written to `path`, as far as can be seen without doing it: to be told before hours of building. */
gboolean output_check_path (const char *path, GError **error);

/* Copy the image to `path` with this mode; it appears complete or not at all.  A file that is already the same image is left as it is:
 * *ret_unchanged. */
gboolean output_copy_image (int image_fd, const char *path, mode_t mode, gboolean *ret_unchanged, GError **error);
