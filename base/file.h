/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * Files, descriptor first.  Every function takes a directory descriptor (AT_FDCWD allowed) and a
 * path below it; every descriptor that is returned has O_CLOEXEC.
 */
#pragma once

#include <fcntl.h>
#include <glib.h>
#include <sys/stat.h>

/* A descriptor that is closed when it goes out of scope; initialise with -1 or an open one. */
#define autofd __attribute__ ((cleanup (file_close_fd))) int
void file_close_fd (int *fd);                       /* closes when >= 0, sets to -1, keeps errno */
static inline int file_steal_fd (int *fd) { int r = *fd; *fd = -1; return r; }

/* open(2) with a sentence on failure.  `flags` get O_CLOEXEC added.  -1 on error. */
int file_open (int dirfd, const char *path, int flags, mode_t mode, GError **error);

/* Open below `dirfd` in a tree that is not ours: openat2(2) with RESOLVE_BENEATH,
 * RESOLVE_NO_SYMLINKS and RESOLVE_NO_MAGICLINKS; where the kernel lacks openat2 each component is
 * opened with O_NOFOLLOW in turn and ".." refused, with the same result.  -1 on error. */
int file_open_beneath (int dirfd, const char *path, int flags, mode_t mode, GError **error);

/* In such a tree: is something of that name there?  No link is followed, the last one counts as something. */
gboolean file_is_beneath (int dirfd, const char *path);

/* mkdirat(2), whose folder its owner can use as `mode` says whatever the umask is; others get as little as that says. */
int file_make_folder (int parent_fd, const char *name, mode_t mode);

/* Create `path` and missing parents below `dirfd`, never through a symbolic link; existing
 * directories are fine.  What is made is as file_make_folder() makes it.  Returns a descriptor of the last directory, -1 on error. */
int file_mkdir_p (int dirfd, const char *path, mode_t mode, GError **error);

/* Whole content, refused when larger than `max` bytes or not a regular file.  NUL-terminated one
 * past the end.  Caller frees. */
char *file_read (int dirfd, const char *path, gsize max, gsize *ret_length, GError **error);
char *file_read_fd (int fd, const char *name, gsize max, gsize *ret_length, GError **error);
/* The same in a tree that is not ours: as file_open_beneath(), and a link at the end is refused too. */
char *file_read_beneath (int dirfd, const char *path, gsize max, gsize *ret_length, GError **error);

/* Write beside the target, fsync, rename over it: readers see the old or the new content. */
gboolean file_write_atomic (int dirfd, const char *path, const void *data, gsize length, mode_t mode,
                            GError **error);
/* The same without fsync, so that a power cut may leave it empty or half: for what can be made again, and is checked when it is read. */
gboolean file_write_unsynced (int dirfd, const char *path, const void *data, gsize length, mode_t mode, GError **error);
gboolean file_write_all (int fd, const char *name, const void *data, gsize length, GError **error);

/* Copy everything from `in` to `out` (copy_file_range, else read and write). */
gboolean file_copy_fd (int in, int out, const char *name, GError **error);

/* Names (char *) of what is in the directory `dir_fd` (any kind of descriptor), sorted; "." and ".." are left out.  `what` is for
 * messages.  Caller unrefs; NULL on error. */
GPtrArray *file_list (int dir_fd, const char *what, GError **error);

/* Remove a file or a whole tree without following links or leaving the file system it is on; write-protected
 * directories of the caller are opened up first.  A missing path is success.  In a tree that is not ours `path` must be a
 * name: links on the way to it are followed. */
gboolean file_remove_tree (int dirfd, const char *path, GError **error);

/* Lower-case hex SHA-256 of the rest of the file.  Caller frees. */
char *file_sha256_fd (int fd, const char *name, GError **error);

/* A new private directory (0700) below `dirfd`, named `prefix` plus random characters.
 * *ret_name is relative to `dirfd`; caller frees.  Returns a descriptor, -1 on error. */
int file_mkdtemp (int dirfd, const char *prefix, char **ret_name, GError **error);

/* Exclusive or shared flock(2) on `path`, created 0600 when missing.  When it is taken and `wait`
 * is FALSE, -1 with ERROR_UNAVAILABLE.  The lock ends with the descriptor. */
int file_lock (int dirfd, const char *path, gboolean exclusive, gboolean wait, GError **error);
