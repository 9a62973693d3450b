/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * The images of a kept launch, from the server that is there already.
 */
#pragma once

#include "runner/front/front.h"

typedef struct
{
  int lock_fd;      /* shared lock: the deployment stays as long as the app; -1: not ours to lock */
  int sock;         /* open as long as the image is needed, at its end the server is gone */
  int files_fd;     /* its mount */
} ServedImage;

#define SERVED_IMAGE_NONE { -1, -1, -1 }

/* Lock, look whether it is the same file, and ask: the answer is worked on while we do something else.  -1: it is not to be had. */
int served_image_ask (ServedImage *served, const FrontImage *image, int runtime_fd);
int served_image_take (ServedImage *served);
void served_image_clear (ServedImage *served);
