/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * The records that make the file system of a sandbox, one function each, run in the order of the plan.
 */
#include "sandbox/decimal.h"
#include "sandbox/kernel.h"
#include "sandbox/label.h"
#include "sandbox/mount.h"
#include "sandbox/path.h"
#include "sandbox/place.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <string.h>
#include <sys/mount.h>
#include <unistd.h>

/* What is mounted on "/" becomes the root that later places are below. */
static int
root_refresh (Setup *setup, const char *dest)
{
  int fd;

  if (strcmp (dest, "/") != 0)
    return 0;
  fd = openat (setup->base_fd, "root", O_PATH | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
  if (fd < 0)
    return fault_set (setup, FAULT_PLAIN, "open", "/");
  (void) close (setup->root_fd);
  setup->root_fd = fd;
  return 0;
}

static int
make_bind (Setup *setup, const Record *record)
{
  int fd = place_mount_point (setup, record->dest, S_ISDIR (record->mode));
  int result;

  if (fd < 0)
    return -1;
  if (record->kind == RECORD_BIND)
    result = setup->way->bind (setup, record->fd, fd, record->dest, record->flags);
  else
    result = setup->way->attach (setup, record->fd, fd, record->flags);
  (void) close (fd);
  return result < 0 ? -1 : root_refresh (setup, record->dest);
}

static int
make_tmpfs (Setup *setup, const Record *record)
{
  char options[LABEL_OPTIONS_SIZE];
  char *end = octal_append (text_append (options, "mode=0"), record->mode);
  int fd = place_mount_point (setup, record->dest, true);
  int result;

  if (fd < 0)
    return -1;
  if (record->size != 0)
    end = decimal_append (text_append (end, ",size="), record->size);
  label_mount_option (setup, end);
  result = mount_filesystem (setup, "tmpfs", fd, MS_NODEV, options);
  (void) close (fd);
  if (result < 0 || root_refresh (setup, record->dest) < 0)
    return -1;
  fd = place_mount_point (setup, record->dest, true);   /* what is mounted there now */
  if (fd < 0)
    return -1;
  result = place_own (setup, fd);
  (void) close (fd);
  return result;
}

static int
make_directory (Setup *setup, const Record *record)
{
  const char *name;
  struct stat st;
  int parent;
  int result;

  if (strcmp (record->dest, "/") == 0)
    return 0;
  parent = place_parent (setup, record->dest, &name);
  if (parent < 0)
    return -1;
  result = fstatat (parent, name, &st, AT_SYMLINK_NOFOLLOW);
  if (result == 0 && !S_ISDIR (st.st_mode))
    {
      errno = ENOTDIR;
      result = fault_set (setup, S_ISLNK (st.st_mode) ? FAULT_SYMLINK : FAULT_NOT_DIRECTORY, "stat", record->dest);
    }
  else if (result < 0)
    {
      int fd = place_mount_point (setup, record->dest, true);

      /* mkdir made it with the mode of a parent; the wish of the record may be narrower or wider. */
      result = fd < 0 ? -1 : fchmodat (parent, name, record->mode, 0);
      if (fd >= 0 && result < 0)
        (void) fault_set (setup, FAULT_PLAIN, "chmod", record->dest);
      if (fd >= 0)
        (void) close (fd);
    }
  (void) close (parent);
  return result;
}

bool
place_file_is_mounted (const Record *record)
{
  return record->number != RECORD_FILE_DATA + SANDBOX_DATA_WRITTEN;
}

bool
place_file_is_read_only (const Record *record)
{
  return record->number == 0 ? (record->mode & 0222) == 0
                             : record->number == RECORD_FILE_DATA + SANDBOX_DATA_MOUNTED_READ_ONLY;
}

/* A file is written aside and bound: it appears complete, over whatever was there, and one without a write
 * bit is a read-only mount, which the app (its owner) cannot change, replace or remove. */
static int
make_file (Setup *setup, const Record *record)
{
  int source = place_stage_file (setup, record->data, record->data_size, record->mode);
  int dest = source < 0 ? -1 : place_mount_point (setup, record->dest, false);
  unsigned flags = place_file_is_read_only (record) ? SANDBOX_BIND_READ_ONLY : 0;
  int result = -1;

  if (dest >= 0)
    {
      result = setup->way->bind (setup, source, dest, record->dest, flags);
      (void) close (dest);
    }
  if (source >= 0)
    (void) close (source);
  return result;
}

/* Written where it is: into a file that exists, or a new one. */
static int
make_plain_file (Setup *setup, const Record *record)
{
  const char *name;
  int parent = place_parent (setup, record->dest, &name);
  int fd;
  int result;

  if (parent < 0)
    return -1;
  fd = openat (parent, name, O_WRONLY | O_CREAT | O_TRUNC | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC, record->mode);
  (void) close (parent);
  if (fd < 0)
    return fault_set (setup, errno == ELOOP ? FAULT_SYMLINK : FAULT_PLAIN, "create", record->dest);
  result = place_write (setup, fd, record->data, record->data_size, record->dest);
  (void) close (fd);
  return result;
}

/* Through the descriptor, since fchmod wants more than O_PATH and a name could be exchanged. */
static int
make_mode (Setup *setup, const Record *record)
{
  char path[32];
  int fd = place_existing (setup, record->dest);
  int result;

  if (fd < 0)
    return fault_set (setup, FAULT_PLAIN, "open", record->dest);
  result = chmod (mount_fd_path (path, fd), record->mode);
  if (result < 0)
    (void) fault_set (setup, FAULT_PLAIN, "chmod", record->dest);
  (void) close (fd);
  return result;
}

static int
make_mqueue (Setup *setup, const Record *record)
{
  int fd = place_mount_point (setup, record->dest, true);
  int result = fd < 0 ? -1 : mount_filesystem (setup, "mqueue", fd, MS_NODEV | MS_NOEXEC, NULL);

  if (fd >= 0)
    (void) close (fd);
  return result;
}

static int
make_symlink (Setup *setup, const Record *record)
{
  char target[PATH_MAX];
  const char *name;
  int parent = place_parent (setup, record->dest, &name);
  int result = 0;
  ssize_t n;

  if (parent < 0)
    return -1;
  n = readlinkat (parent, name, target, sizeof target - 1);
  target[n > 0 ? n : 0] = '\0';
  if (n >= 0 && strcmp (target, record->source) == 0)
    result = 0;         /* the image has it already */
  else if (symlinkat (record->source, parent, name) < 0)
    {
      bool is_there = errno == EEXIST;

      result = fault_set (setup, !is_there ? FAULT_PLAIN : n > 0 ? FAULT_OTHER_LINK : FAULT_NOT_LINK, "symlink",
                          is_there && n > 0 ? target : record->dest);
    }
  (void) close (parent);
  return result;
}

static int
make_hidden (Setup *setup, const Record *record)
{
  int fd;
  int result;
  struct stat st;

  setup->fault.kind = FAULT_PLAIN;
  setup->fault.call[0] = '\0';
  fd = place_existing (setup, record->dest);
  if (fd < 0)
    return setup->fault.call[0] != '\0' ? -1 : 0;
  if (fstat (fd, &st) == 0 && S_ISDIR (st.st_mode))
    result = mount_filesystem (setup, "tmpfs", fd, MS_NODEV | MS_RDONLY | MS_NOEXEC, "mode=0555,size=4096");
  else
    {
      int empty = place_stage_file (setup, "", 0, 0444);

      result = empty < 0 ? -1
                         : setup->way->bind (setup, empty, fd, record->dest, SANDBOX_BIND_READ_ONLY | SANDBOX_BIND_NOEXEC);
      if (empty >= 0)
        (void) close (empty);
    }
  (void) close (fd);
  return result;
}

/* No flag is added and propagation is kept, so the mount is as the one that it copies. */
static int
make_pin (Setup *setup, const Record *record)
{
  int fd;
  int result;

  setup->fault.kind = FAULT_PLAIN;
  setup->fault.call[0] = '\0';
  fd = place_existing_plain (setup, record->dest);
  if (fd < 0)
    return setup->fault.call[0] != '\0' ? -1 : 0;
  result = setup->way->bind (setup, fd, fd, record->dest, SANDBOX_BIND_DEV | SANDBOX_BIND_SLAVE);
  (void) close (fd);
  return result;
}

static int
make_read_only (Setup *setup, const Record *record)
{
  int fd = place_existing (setup, record->dest);
  int result;

  if (fd < 0)
    return fault_set (setup, FAULT_PLAIN, "open", record->dest);
  result = setup->way->read_only (setup, fd);
  (void) close (fd);
  return result;
}

/* Mounted on itself, so that it can be other than what is around it. */
static int
make_restricted (Setup *setup, const Record *record)
{
  int fd = place_existing (setup, record->dest);
  int result;

  if (fd < 0)
    return fault_set (setup, FAULT_PLAIN, "open", record->dest);
  result = setup->way->bind (setup, fd, fd, record->dest, record->flags | SANDBOX_BIND_DEV);
  (void) close (fd);
  return result < 0 ? -1 : root_refresh (setup, record->dest);
}

static int
make_plain_place (Setup *setup, const Record *record)
{
  switch (record->kind)
    {
    case RECORD_BIND:
    case RECORD_MOUNT:
      return make_bind (setup, record);
    case RECORD_OVERLAY:
      return place_overlay (setup, record) < 0 ? -1 : root_refresh (setup, record->dest);
    case RECORD_TMPFS:
      return make_tmpfs (setup, record);
    case RECORD_PROC:
      return place_proc (setup, record->dest);
    case RECORD_DEV:
      return place_dev (setup, record->dest);
    case RECORD_DIR:
      return make_directory (setup, record);
    case RECORD_FILE:
      return place_file_is_mounted (record) ? make_file (setup, record) : make_plain_file (setup, record);
    case RECORD_SYMLINK:
      return make_symlink (setup, record);
    case RECORD_HIDE:
      return make_hidden (setup, record);
    case RECORD_PIN:
      return make_pin (setup, record);
    case RECORD_RESTRICT:
      return make_restricted (setup, record);
    case RECORD_CHMOD:
      return make_mode (setup, record);
    case RECORD_MQUEUE:
      return make_mqueue (setup, record);
    case RECORD_BINFMT:
      return place_binfmt (setup, record);
    case RECORD_OUTGOING:
      return place_resolver (setup, record->dest);
    case RECORD_READ_ONLY:
      return make_read_only (setup, record);
    default:
      return 0;     /* not about files */
    }
}

/* Those that can be about a directory that is there. */
static bool
may_be_directory (const Record *record)
{
  return record->kind == RECORD_BIND || record->kind == RECORD_MOUNT || record->kind == RECORD_OVERLAY || record->kind == RECORD_TMPFS
         || record->kind == RECORD_PROC || record->kind == RECORD_DEV || record->kind == RECORD_DIR || record->kind == RECORD_MQUEUE
         || record->kind == RECORD_BINFMT;
}

/* Of what is mounted at the end of a way up nobody could say by that way where it is: the mount may cover what the way goes through. */
static int
make_place (Setup *setup, const Record *record)
{
  Record there = *record;
  char real[PATH_MAX];

  if (!may_be_directory (record) || !path_ends_up (record->dest))
    return make_plain_place (setup, record);
  if (place_real (setup, record->dest, real) < 0)
    return -1;
  there.dest = real;
  return make_plain_place (setup, &there);
}

/* What is kept from the group or from others is not given away by the directories above it either. */
static mode_t
parent_mode (const Setup *setup, const Record *record)
{
  bool is_made = record->kind == RECORD_FILE || record->kind == RECORD_DIR || record->kind == RECORD_TMPFS;

  if (!is_made || (setup->launch->start & SANDBOX_START_KEEP_PARENTS) == 0)
    return 0755;
  return 0755 & ~((record->mode & 0070) == 0 ? 0050u : 0u) & ~((record->mode & 0007) == 0 ? 0005u : 0u);
}

int
places_make (Setup *setup)
{
  const SandboxPlan *plan = setup->launch->plan;

  for (size_t i = 0; i < plan->n_records; i++)
    {
      setup->fault.record = (int32_t) i;
      setup->parent_mode = parent_mode (setup, &plan->records[i]);
      if (make_place (setup, &plan->records[i]) < 0)
        return -1;
    }
  setup->fault.record = -1;
  setup->parent_mode = 0755;
  return 0;
}
