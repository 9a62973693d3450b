/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * The kernel's FUSE requests, answered from a tree.  Inode numbers are positions in the tree plus a constant, so that another
 * worker on the same image has the same, and nothing has to be remembered or forgotten.  The image is a folder of what is mounted,
 * and an empty folder lies beside it: see mount.c.
 */
#pragma once

#define FUSE_USE_VERSION 35
#include <fuse_lowlevel.h>

#include "image/server/blocks.h"

typedef struct
{
  ImageTree *tree;              /* set before the first request is processed */
  BlockCache *blocks;
  uid_t uid;                    /* shown as the owner of everything */
  gid_t gid;
  int n_errors;                 /* written to the log so far; atomic */
} ServedImage;

/* To be called in each thread that processes requests, before its first.  FALSE without memory. */
gboolean served_image_use (ServedImage *image);

extern const struct fuse_lowlevel_ops served_image_ops; /* userdata is the ServedImage */
