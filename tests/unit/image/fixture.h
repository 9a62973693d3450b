/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * A folder for one test, and a small tree in it that has one of everything an image can hold.
 */
#pragma once

#include <glib.h>

typedef struct
{
  char *path;                   /* the folder */
  int fd;
} Fixture;

void fixture_set_up (Fixture *fixture, gconstpointer data);
void fixture_tear_down (Fixture *fixture, gconstpointer data);

/* Make the tree `name` below the folder; returns an O_PATH descriptor.  `reverse`: create the entries in the opposite
 * order and under another umask. */
int fixture_make_tree (Fixture *fixture, const char *name, gboolean reverse);

/* Write the tree to the image `image`; returns the image, open for reading and writing. */
int fixture_write_image (Fixture *fixture, int tree_fd, const char *image, unsigned n_threads);

/* Whole content. */
char *fixture_read (int fd, gsize *ret_length);
