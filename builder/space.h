/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * Room on the disks of a build.
 *
 * A program that a build runs may not notice that it could not write, and a module that was cut short must not count as built.  So
 * the disk is looked at when a module has ended; and a build that failed says which disk was full, when one was.
 */
#pragma once

#include <glib.h>

/* A folder that a build writes. */
typedef struct
{
  const char *what;      /* "the state directory" */
  const char *path;      /* NULL: not used by this build */
  const char *advice;    /* how to make room there, or go elsewhere */
  guint64 need;          /* bytes that are to be written there; 0: not known */
} SpacePlace;

/* FALSE when the file system of `fd` has no room left; `what` was written there. */
gboolean space_check_left (int fd, const char *what, GError **error);

/* FALSE when `need` bytes do not fit on the file system of `fd`, where `what` is to be written. */
gboolean space_check_need (int fd, guint64 need, const char *what, GError **error);

/* When *error comes of a full disk, add which of the places is on it, how much was wanted, how much is free, and what to do. */
void space_explain (const SpacePlace *places, gsize n_places, GError **error);
