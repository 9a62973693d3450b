/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * /proc of the new pid namespace.
 *
 * The files of /proc that change the whole machine belong to the real root and cannot be written by anybody
 * else.  When the caller is the real root they could be, even without any capability; so what can be
 * written is bound read-only onto itself, and what only root may read is covered.  For everybody else
 * that finds nothing to do, which is just as well: a /proc with covers cannot be mounted again by a sandbox
 * inside this one.
 */
#include "sandbox/decimal.h"
#include "sandbox/init/system.h"
#include "sandbox/mount.h"
#include "sandbox/place.h"

#include <errno.h>
#include <fcntl.h>
#include <sys/mount.h>
#include <unistd.h>

static const char *const read_only[] = { "sys", "sysrq-trigger", "irq", "bus", "fs", "acpi", "scsi", "mtrr" };
static const char *const covered[] = { "kcore", "kmsg", "timer_list", "sched_debug", "latency_stats", "kpagecount",
                                       "kpageflags", "kpagecgroup", "slabinfo", "vmallocinfo" };
#define N_READ_ONLY (sizeof read_only / sizeof read_only[0])
#define N_COVERED (sizeof covered / sizeof covered[0])

static int
proc_cover (Setup *setup, int proc_fd, const char *name, int source_fd, unsigned flags)
{
  int fd = openat (proc_fd, name, O_PATH | O_NOFOLLOW | O_CLOEXEC);
  int result;

  if (fd < 0)
    return fault_set (setup, FAULT_PLAIN, "open", name);
  result = setup->way->bind (setup, source_fd < 0 ? fd : source_fd, fd, name, flags);
  (void) close (fd);
  return result;
}

/* Bits: which of `read_only`, and behind them which of `covered`.  `writing`: the directories themselves are never writable, so for
 * the real root it is enough that the name is there (F_OK), for others it is W_OK.  Without the C library, for a thread that shares
 * our memory. */
static int
proc_look (int proc_fd, int writing)
{
  int seen = 0;

  for (size_t i = 0; i < N_READ_ONLY; i++)
    if (system_call (__NR_faccessat, proc_fd, (long) read_only[i], writing, 0, 0) == 0)
      seen |= 1 << i;
  for (size_t i = 0; i < N_COVERED; i++)
    if (system_call (__NR_faccessat, proc_fd, (long) covered[i], R_OK, 0, 0) == 0)
      seen |= 1 << (N_READ_ONLY + i);
  return seen;
}

/* The modes belong to the kernel's files and not to this mount of them.  So ordinary users look at the host's /proc, where the
 * names are known already (a look at a new mount makes an inode for each), and before that is needed. */
void
proc_foresee (Setup *setup, int host_fd)
{
  if (setup->launch->outer_uid != 0 && host_fd >= 0)
    __atomic_store_n (&setup->proc_seen, proc_look (host_fd, W_OK), __ATOMIC_RELEASE);
}

static int
proc_protect (Setup *setup, int proc_fd)
{
  int seen = __atomic_load_n (&setup->proc_seen, __ATOMIC_ACQUIRE);
  int empty = -1;
  int result = 0;

  if (seen < 0)
    seen = setup->launch->outer_uid == 0 ? proc_look (proc_fd, F_OK) : proc_look (setup->proc_fd, W_OK);
  for (size_t i = 0; result == 0 && i < N_READ_ONLY; i++)
    if ((seen & 1 << i) != 0)
      result = proc_cover (setup, proc_fd, read_only[i], -1, SANDBOX_BIND_READ_ONLY | SANDBOX_BIND_NOEXEC);
  for (size_t i = 0; result == 0 && i < N_COVERED; i++)
    {
      if ((seen & 1 << (N_READ_ONLY + i)) == 0)
        continue;
      if (empty < 0)
        empty = place_stage_file (setup, "", 0, 0444);
      result = empty < 0 ? -1
                         : proc_cover (setup, proc_fd, covered[i], empty, SANDBOX_BIND_READ_ONLY | SANDBOX_BIND_NOEXEC);
    }
  if (empty >= 0)
    (void) close (empty);
  return result;
}

int
place_proc (Setup *setup, const char *dest)
{
  int fd = place_mount_point (setup, dest, true);
  int result;

  if (fd < 0)
    return -1;
  /* Only who owns a pid namespace may mount its proc. */
  if ((setup->launch->shared & SANDBOX_SHARE_PIDS) != 0 && (setup->launch->joined & (1u << SANDBOX_JOIN_PID)) == 0)
    result = setup->way->bind (setup, setup->proc_fd, fd, dest, SANDBOX_BIND_NOEXEC);
  else
    result = mount_filesystem (setup, "proc", fd, MS_NODEV | MS_NOEXEC, NULL);
  (void) close (fd);
  if (result < 0)
    return -1;
  fd = place_mount_point (setup, dest, true);
  if (fd < 0)
    return -1;
  result = proc_protect (setup, fd);
  (void) close (fd);
  return result;
}
