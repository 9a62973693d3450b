/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * The plan itself, and the records that make its file system; those about the process are in
 * plan-process.c.
 */
#include "sandbox/plan.h"

#include "sandbox/path.h"
#include "sandbox/plan-build.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

static void
fd_close (int fd)
{
  if (fd >= 0)
    (void) close (fd);      /* nothing was written through it */
}

static void
record_clear (Record *record)
{
  fd_close (record->fd);
  fd_close (record->upper_fd);
  fd_close (record->work_fd);
  for (size_t i = 0; i < record->n_fds; i++)
    {
      fd_close (record->fds[i]);
      if (record->reals != NULL)
        free (record->reals[i]);
    }
  for (size_t i = 0; record->argv != NULL && record->argv[i] != NULL; i++)
    free (record->argv[i]);
  free (record->argv);
  free (record->fds);
  free (record->reals);
  free (record->origin);
  free (record->dest);
  free (record->source);
  free (record->upper_real);
  free (record->work_real);
  free (record->data);
}

SandboxPlan *
sandbox_plan_new (void)
{
  return calloc (1, sizeof (SandboxPlan));
}

void
sandbox_plan_free (SandboxPlan *plan)
{
  if (plan == NULL)
    return;
  for (size_t i = 0; i < plan->n_records; i++)
    record_clear (&plan->records[i]);
  free (plan->records);
  free (plan);
}

const char *
sandbox_plan_failed (const SandboxPlan *plan)
{
  if (plan == NULL)
    return "out of memory while the sandbox was planned";
  return plan->failure[0] != '\0' ? plan->failure : NULL;
}

const Record *
record_last (const SandboxPlan *plan, RecordKind kind)
{
  for (size_t i = plan->n_records; i > 0; i--)
    if (plan->records[i - 1].kind == kind)
      return &plan->records[i - 1];
  return NULL;
}

unsigned
record_flags (const SandboxPlan *plan, RecordKind kind)
{
  unsigned flags = 0;

  for (size_t i = 0; i < plan->n_records; i++)
    if (plan->records[i].kind == kind)
      flags |= plan->records[i].flags;
  return flags;
}

int
plan_fail (SandboxPlan *plan, Record *record, const char *format, ...)
{
  va_list args;

  if (plan != NULL && plan->failure[0] == '\0')
    {
      va_start (args, format);
      (void) vsnprintf (plan->failure, sizeof plan->failure, format, args);   /* a cut sentence is still one */
      va_end (args);
    }
  record_clear (record);
  return -1;
}

int
plan_append (SandboxPlan *plan, Record *record, const char *origin)
{
  if (plan == NULL)
    return plan_fail (plan, record, "no plan");
  record->origin = strdup (origin != NULL ? origin : "");
  if (record->origin == NULL)
    return plan_fail (plan, record, "out of memory while the sandbox was planned");
  if (plan->n_records == plan->n_allocated)
    {
      size_t n = plan->n_allocated == 0 ? 64 : plan->n_allocated * 2;
      Record *records = reallocarray (plan->records, n, sizeof *records);

      if (records == NULL)
        return plan_fail (plan, record, "out of memory while the sandbox was planned");
      plan->records = records;
      plan->n_allocated = n;
    }
  plan->records[plan->n_records++] = *record;
  return 0;
}

int
record_place (SandboxPlan *plan, Record *record, const char *dest)
{
  const char *why = NULL;

  record->dest = plan != NULL && plan->has_ways ? path_way (dest, &why) : path_plain (dest, &why);
  if (record->dest == NULL)
    return plan_fail (plan, record, "the place “%.300s” in the sandbox is refused: %s", dest != NULL ? dest : "", why);
  return 0;
}

int
record_text (SandboxPlan *plan, Record *record, char **ret_copy, const char *text)
{
  *ret_copy = strdup (text != NULL ? text : "");
  if (*ret_copy == NULL)
    return plan_fail (plan, record, "out of memory while the sandbox was planned");
  return 0;
}

int
fd_raise (int fd)
{
  int raised;

  if (fd < 0 || fd > 2)
    return fd;
  raised = fcntl (fd, F_DUPFD_CLOEXEC, 3);
  fd_close (fd);
  return raised;
}

/* The name of what `fd` refers to, without links; NULL when there is none (no /proc, or a detached mount, which calls
 * itself "/"). */
static char *
fd_real_path (int fd)
{
  char link[64];
  char target[PATH_MAX];
  struct stat named;
  struct stat st;
  ssize_t n;

  (void) snprintf (link, sizeof link, "/proc/self/fd/%d", fd);
  n = readlink (link, target, sizeof target);
  if (n <= 0 || (size_t) n >= sizeof target || target[0] != '/')
    return NULL;
  target[n] = '\0';
  if (n == 1 && (stat (target, &named) < 0 || fstat (fd, &st) < 0 || named.st_dev != st.st_dev || named.st_ino != st.st_ino))
    return NULL;
  return strdup (target);
}

static int
plan_add_source (SandboxPlan *plan, RecordKind kind, int number, int fd, const char *name, const char *dest,
                 unsigned flags, const char *origin)
{
  const unsigned known = SANDBOX_BIND_READ_ONLY | SANDBOX_BIND_DEV | SANDBOX_BIND_TRY | SANDBOX_BIND_NOEXEC
                         | SANDBOX_BIND_SLAVE;
  Record record = RECORD_INIT (kind);
  struct stat st;

  record.fd = fd_raise (fd);
  record.flags = flags;
  record.number = number;
  if ((flags & ~known) != 0)
    return plan_fail (plan, &record, "unknown ways to mount “%s”: 0x%x", name, flags & ~known);
  if (record.fd < 0)
    return plan_fail (plan, &record, "the source “%s” for “%s” is not open", name, dest);
  if (record_place (plan, &record, dest) < 0 || record_text (plan, &record, &record.source, name) < 0)
    return -1;
  if (fstat (record.fd, &st) < 0)
    return plan_fail (plan, &record, "the source “%s” for “%s” cannot be examined: %s", name, record.dest,
                      strerror (errno));
  if (S_ISLNK (st.st_mode))
    return plan_fail (plan, &record, "the source “%s” for “%s” is a symbolic link", name, record.dest);
  if (fcntl (record.fd, F_SETFD, FD_CLOEXEC) < 0)
    return plan_fail (plan, &record, "the source “%s” for “%s”: %s", name, record.dest, strerror (errno));
  record.mode = st.st_mode;
  return plan_append (plan, &record, origin);
}

int
sandbox_plan_bind_fd (SandboxPlan *plan, int source_fd, const char *source_name, const char *dest, unsigned flags,
                      const char *origin)
{
  return plan_add_source (plan, RECORD_BIND, (flags & SANDBOX_BIND_BY_NAME) != 0 ? RECORD_BY_NAME : 0, source_fd, source_name,
                          dest, flags & ~(unsigned) SANDBOX_BIND_BY_NAME, origin);
}

int
sandbox_plan_mount_fd (SandboxPlan *plan, int mount_fd, const char *source_name, const char *dest, unsigned flags,
                       const char *origin)
{
  return plan_add_source (plan, RECORD_MOUNT, 0, mount_fd, source_name, dest, flags, origin);
}

int
sandbox_plan_bind (SandboxPlan *plan, const char *source, const char *dest, unsigned flags, const char *origin)
{
  Record none = RECORD_INIT (RECORD_BIND);
  int fd = open (source, O_PATH | O_CLOEXEC);

  if (fd < 0)
    {
      if ((flags & SANDBOX_BIND_TRY) != 0 && (errno == ENOENT || errno == ENOTDIR || errno == EACCES))
        return 0;
      if (errno == EMFILE)
        return plan_fail (plan, &none, "cannot open “%s” to bind it to “%s”: the limit of open files of this process "
                          "is reached; raise it with ulimit -n", source, dest);
      return plan_fail (plan, &none, "cannot open “%s” to bind it to “%s” in the sandbox: %s (wanted by: %s)", source,
                        dest, strerror (errno), origin != NULL ? origin : "");
    }
  return plan_add_source (plan, RECORD_BIND, RECORD_BY_NAME, fd, source, dest, flags, origin);
}

int
sandbox_plan_overlay (SandboxPlan *plan, const int *lower_fds, size_t n_lower, int upper_fd, int work_fd,
                      int read_only_overlay, const char *dest, const char *origin)
{
  Record record = RECORD_INIT (RECORD_OVERLAY);

  record.upper_fd = fd_raise (upper_fd);
  record.work_fd = fd_raise (work_fd);
  record.number = read_only_overlay;
  record.fds = calloc (n_lower + 1, sizeof *record.fds);
  record.reals = calloc (n_lower + 1, sizeof *record.reals);
  if (record.fds == NULL || record.reals == NULL)
    {
      for (size_t i = 0; i < n_lower; i++)
        fd_close (lower_fds[i]);
      return plan_fail (plan, &record, "out of memory while the sandbox was planned");
    }
  for (size_t i = 0; i < n_lower; i++)
    {
      record.fds[i] = fd_raise (lower_fds[i]);
      record.n_fds = i + 1;
    }
  if (record_place (plan, &record, dest) < 0)
    return -1;
  if (n_lower == 0 || n_lower > 200)
    return plan_fail (plan, &record, "an overlay on “%s” needs 1 to 200 lower directories, not %zu", dest, n_lower);
  if (read_only_overlay && (upper_fd >= 0 || n_lower < 2))
    return plan_fail (plan, &record, "a read-only overlay on “%s” needs two lower directories or more and no upper one",
                      dest);
  if ((upper_fd < 0) != (work_fd < 0))
    return plan_fail (plan, &record, "an overlay on “%s” needs both an upper and a work directory, or neither", dest);
  for (size_t i = 0; i < n_lower; i++)
    {
      if (record.fds[i] < 0)
        return plan_fail (plan, &record, "lower directory %zu of the overlay on “%s” is not open", i, dest);
      record.reals[i] = fd_real_path (record.fds[i]);
    }
  if (upper_fd >= 0)
    {
      record.upper_real = fd_real_path (record.upper_fd);
      record.work_real = fd_real_path (record.work_fd);
    }
  return plan_append (plan, &record, origin);
}

/* The records that only need a place, and perhaps a mode and a size. */
static int
plan_add_place (SandboxPlan *plan, RecordKind kind, const char *dest, mode_t mode, uint64_t size, const char *origin)
{
  Record record = RECORD_INIT (kind);

  record.mode = mode;
  record.size = size;
  if (record_place (plan, &record, dest) < 0)
    return -1;
  if ((mode & ~(mode_t) 07777) != 0)
    return plan_fail (plan, &record, "mode %o of “%s” is not a mode", (unsigned) mode, dest);
  return plan_append (plan, &record, origin);
}

int
sandbox_plan_tmpfs (SandboxPlan *plan, const char *dest, mode_t mode, uint64_t size_bytes, const char *origin)
{
  return plan_add_place (plan, RECORD_TMPFS, dest, mode, size_bytes, origin);
}

int
sandbox_plan_proc (SandboxPlan *plan, const char *dest, const char *origin)
{
  return plan_add_place (plan, RECORD_PROC, dest, 0755, 0, origin);
}

int
sandbox_plan_dev (SandboxPlan *plan, const char *dest, const char *origin)
{
  return plan_add_place (plan, RECORD_DEV, dest, 0755, 0, origin);
}

int
sandbox_plan_dir (SandboxPlan *plan, const char *dest, mode_t mode, const char *origin)
{
  return plan_add_place (plan, RECORD_DIR, dest, mode, 0, origin);
}

int
sandbox_plan_hide (SandboxPlan *plan, const char *dest, const char *origin)
{
  return plan_add_place (plan, RECORD_HIDE, dest, 0, 0, origin);
}

int
sandbox_plan_pin (SandboxPlan *plan, const char *dest, const char *origin)
{
  return plan_add_place (plan, RECORD_PIN, dest, 0, 0, origin);
}

int
sandbox_plan_remount_read_only (SandboxPlan *plan, const char *dest, const char *origin)
{
  return plan_add_place (plan, RECORD_READ_ONLY, dest, 0, 0, origin);
}

int
plan_add_file (SandboxPlan *plan, int number, const char *dest, const void *data, size_t size, mode_t mode, const char *origin)
{
  Record record = RECORD_INIT (RECORD_FILE);

  record.mode = mode;
  record.number = number;
  record.data_size = size;
  if (record_place (plan, &record, dest) < 0)
    return -1;
  if (strcmp (record.dest, "/") == 0 || (mode & ~(mode_t) 07777) != 0)
    return plan_fail (plan, &record, "“%s” with mode %o cannot be a file", dest, (unsigned) mode);
  record.data = malloc (size + 1);
  if (record.data == NULL)
    return plan_fail (plan, &record, "out of memory while the sandbox was planned");
  if (size > 0)
    memcpy (record.data, data, size);
  return plan_append (plan, &record, origin);
}

int
sandbox_plan_file (SandboxPlan *plan, const char *dest, const void *data, size_t size, mode_t mode, const char *origin)
{
  return plan_add_file (plan, 0, dest, data, size, mode, origin);
}

int
sandbox_plan_symlink (SandboxPlan *plan, const char *target, const char *dest, const char *origin)
{
  Record record = RECORD_INIT (RECORD_SYMLINK);

  if (record_place (plan, &record, dest) < 0 || record_text (plan, &record, &record.source, target) < 0)
    return -1;
  if (record.source[0] == '\0' || strlen (record.source) >= PATH_MAX || strcmp (record.dest, "/") == 0)
    return plan_fail (plan, &record, "the symbolic link “%s” to “%s” is refused: empty or too long", dest, target);
  return plan_append (plan, &record, origin);
}
