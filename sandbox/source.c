/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * Sources were opened in the caller's mount namespace, and the kernel binds only what lies in the
 * current one.  So each is opened once more here, without following any link, and compared: another file of the same name is
 * refused.  The name that the caller used does in most cases; else it is the one that the kernel gives, which costs the kernel
 * more than all the rest of this.  The new descriptor takes the number of the old one (the table of descriptors is our own
 * copy), so that the plan needs no change.
 */
#include "sandbox/decimal.h"
#include "sandbox/kernel.h"
#include "sandbox/setup.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <linux/magic.h>
#include <string.h>
#include <sys/vfs.h>
#include <unistd.h>

static int
source_open (Setup *setup, int fd, const char *real)
{
  struct stat before;
  struct stat now;
  int again;

  if (real == NULL)
    return fault_set (setup, FAULT_NO_NAME, "readlink", NULL);
  again = kernel_openat2 (AT_FDCWD, real, O_PATH | O_CLOEXEC, RESOLVE_NO_SYMLINKS);
  if (again < 0 && (errno == ENOSYS || errno == EPERM))
    again = open (real, O_PATH | O_NOFOLLOW | O_CLOEXEC);
  if (again < 0)
    return fault_set (setup, errno == ENOENT || errno == ELOOP ? FAULT_REPLACED : FAULT_PLAIN, "open", real);
  if (fstat (fd, &before) < 0 || fstat (again, &now) < 0 || before.st_dev != now.st_dev || before.st_ino != now.st_ino)
    {
      (void) close (again);
      errno = ESTALE;
      return fault_set (setup, FAULT_REPLACED, "fstat", real);
    }
  if (dup3 (again, fd, O_CLOEXEC) < 0)
    return fault_set (setup, FAULT_PLAIN, "dup3", real);
  (void) close (again);
  return 0;
}

/* A namespace has no name in the tree and belongs to no mount namespace, so what was opened can be bound.  But who binds
 * /proc/self/ns/user means the sandbox's own, which was not there yet. */
static int
namespace_open (Setup *setup, const Record *record)
{
  static const char proc[] = "/proc/";
  static const char self[] = "/proc/self/";
  int again;

  if ((record->number & RECORD_BY_NAME) == 0 || strncmp (record->source, self, sizeof self - 1) != 0)
    return 0;
  again = openat (setup->proc_fd, record->source + sizeof proc - 1, O_PATH | O_CLOEXEC);
  if (again < 0 || dup3 (again, record->fd, O_CLOEXEC) < 0)
    return fault_set (setup, FAULT_PLAIN, "open", record->source);
  (void) close (again);
  return 0;
}

static bool
is_namespace (int fd)
{
  struct statfs fs;

  return fstatfs (fd, &fs) == 0 && fs.f_type == NSFS_MAGIC;
}

/* What `fd` refers to, by a name that has no link in it and leads to the same file; -1 without a fault when it does not. */
static int
source_try (int fd, const char *name)
{
  struct stat before;
  struct stat now;
  int again = kernel_openat2 (AT_FDCWD, name, O_PATH | O_CLOEXEC, RESOLVE_NO_SYMLINKS);

  if (again < 0)
    return -1;
  if (fstat (fd, &before) == 0 && fstat (again, &now) == 0 && before.st_dev == now.st_dev && before.st_ino == now.st_ino
      && dup3 (again, fd, O_CLOEXEC) >= 0)
    {
      (void) close (again);
      return 0;
    }
  (void) close (again);
  return -1;
}

static int
bind_source_open (Setup *setup, const Record *record)
{
  char real[PATH_MAX];
  char link[32];
  ssize_t n;

  if (record->source[0] == '/' && source_try (record->fd, record->source) == 0)
    return 0;
  (void) decimal_append (text_append (link, "self/fd/"), (unsigned) record->fd);
  n = readlinkat (setup->proc_fd, link, real, sizeof real - 1);
  if (n > 0 && real[0] != '/' && is_namespace (record->fd))
    return namespace_open (setup, record);
  if (n == 1 && source_open (setup, record->fd, "/") == 0)
    return 0;
  if (n <= 1 || real[0] != '/')     /* a detached mount calls itself "/" */
    return fault_set (setup, FAULT_NO_NAME, "readlink", NULL);
  real[n] = '\0';
  return source_open (setup, record->fd, real);
}

int
sources_open (Setup *setup)
{
  const SandboxPlan *plan = setup->launch->plan;

  for (size_t i = 0; i < plan->n_records; i++)
    {
      const Record *record = &plan->records[i];

      setup->fault.record = (int32_t) i;
      if (record->kind == RECORD_BIND && bind_source_open (setup, record) < 0)
        return -1;
      if (record->kind != RECORD_OVERLAY)
        continue;
      for (size_t k = 0; k < record->n_fds; k++)
        if (record->reals[k] != NULL     /* else a detached mount, which belongs to no namespace yet */
            && source_open (setup, record->fds[k], record->reals[k]) < 0)
          return -1;
      if (record->upper_fd >= 0
          && (source_open (setup, record->upper_fd, record->upper_real) < 0
              || source_open (setup, record->work_fd, record->work_real) < 0))
        return -1;
    }
  setup->fault.record = -1;
  return 0;
}
