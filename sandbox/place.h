/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * Places below the new root.  A path is walked one component at a time from the root's descriptor, never
 * through a symbolic link, so that nothing that an image contains can lead outside; missing
 * components are made only on file systems that we mounted ourselves.  With SANDBOX_START_FOLLOW_LINKS links on the way, but
 * not at its end, are followed inside the new root, and a “..” goes up inside it.
 */
#pragma once

#include "sandbox/setup.h"

/* The file system of `fd` is ours to create in, from now on. */
int place_own (Setup *setup, int fd);

/* The directory that holds the last component of `dest` (missing parents are made); *ret_name points into
 * `dest`.  `dest` is not "/". */
int place_parent (Setup *setup, const char *dest, const char **ret_name);

/* A descriptor of `dest` to mount on, O_PATH but for a new file, made (a directory, or an empty file) when missing. */
int place_mount_point (Setup *setup, const char *dest, bool is_directory);

/* `dest` is a way that ends with “..”: where it leads, as a plain place, in `real` (PATH_MAX bytes).  What is missing on the way is
 * made. */
int place_real (Setup *setup, const char *dest, char *real);

/* An O_PATH descriptor of `path` below `root_fd`, symbolic links followed inside it, also the last name; -1 with errno and no
 * fault.  Somebody who renames what is on the way is not let wait for. */
int place_follow (int root_fd, const char *path);

/* An O_PATH descriptor of `dest` as it is; -1 with errno ENOENT and no fault when it is missing. */
int place_existing (Setup *setup, const char *dest);

/* The same, but a symbolic link on the way, or at its end, is a fault. */
int place_existing_plain (Setup *setup, const char *dest);

/* A new file in stage with `data`: a descriptor, open for writing, that can be bound somewhere. */
int place_stage_file (Setup *setup, const void *data, size_t size, mode_t mode);
int place_stage_directory (Setup *setup, mode_t mode);

/* All of `data`, into an open file that a fault calls `dest`. */
int place_write (Setup *setup, int fd, const char *data, size_t size, const char *dest);

/* Of a RECORD_FILE: it has a mount of its own, and that is read-only. */
bool place_file_is_mounted (const Record *record);
bool place_file_is_read_only (const Record *record);

/* The file systems with more than one part. */
int place_proc (Setup *setup, const char *dest);
int place_dev (Setup *setup, const char *dest);
int place_binfmt (Setup *setup, const Record *record);
int place_overlay (Setup *setup, const Record *record);
int place_resolver (Setup *setup, const char *dest);
