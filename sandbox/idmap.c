/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * One user id and one group id, mapped by the child itself: that needs no privilege and no word
 * between parent and child.  More than one is for the parent (ranges.h), who has done it when this runs.
 */
#include "sandbox/idmap.h"

#include "sandbox/decimal.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/magic.h>
#include <linux/securebits.h>
#include <sched.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <sys/vfs.h>
#include <unistd.h>

static int
proc_write (Setup *setup, const char *name, const char *text)
{
  int fd = openat (setup->proc_fd, name, O_WRONLY | O_CLOEXEC | O_NOFOLLOW);
  ssize_t n;

  if (fd < 0)
    return fault_set (setup, FAULT_PLAIN, "open", name);
  n = write (fd, text, strlen (text));
  if (n < 0)
    (void) fault_set (setup, FAULT_PLAIN, "write", name);
  (void) close (fd);
  return n < 0 ? -1 : 0;
}

static void
map_format (char *buffer, unsigned inner, unsigned outer)
{
  buffer = decimal_append (buffer, inner);
  buffer = decimal_append (text_append (buffer, " "), outer);
  (void) text_append (buffer, " 1\n");
}

static int
user_map_write (Setup *setup, unsigned inner, unsigned outer)
{
  char map[64];

  map_format (map, inner, outer);
  return proc_write (setup, "self/uid_map", map);
}

/* Without "deny" an unprivileged gid_map is refused: dropping a group could give rights. */
static int
group_map_write (Setup *setup, unsigned inner, unsigned outer)
{
  char map[64];

  map_format (map, inner, outer);
  return proc_write (setup, "self/setgroups", "deny") < 0 ? -1 : proc_write (setup, "self/gid_map", map);
}

/* What the parent has not mapped. */
static int
idmap_write_rest (Setup *setup)
{
  const Launch *launch = setup->launch;

  if (!ranges_have (launch->ranges, RANGES_GROUPS) && group_map_write (setup, launch->inner_gid, launch->outer_gid) < 0)
    return -1;
  return ranges_have (launch->ranges, RANGES_USERS) ? 0 : user_map_write (setup, launch->inner_uid, launch->outer_uid);
}

int
idmap_write_single (Setup *setup, unsigned inner_uid, unsigned outer_uid, unsigned inner_gid, unsigned outer_gid)
{
  return group_map_write (setup, inner_gid, outer_gid) < 0 ? -1 : user_map_write (setup, inner_uid, outer_uid);
}

/* Somebody else has written it, or has not. */
static int
map_check (Setup *setup)
{
  int fd = openat (setup->proc_fd, "self/uid_map", O_RDONLY | O_CLOEXEC | O_NOFOLLOW);
  char byte;
  ssize_t n = fd < 0 ? -1 : read (fd, &byte, 1);

  if (fd >= 0)
    (void) close (fd);
  if (n == 1)
    return 0;
  errno = n < 0 ? errno : ESRCH;
  return fault_set (setup, n < 0 ? FAULT_PLAIN : FAULT_NO_MAP, "read", "self/uid_map");
}

/* A joined user namespace may have more ids than the one that we have in it.  With that securebit the capabilities stay, also where
 * that one is 0; with another id the kernel forgets whose end is to be ours, and whose our files in /proc are. */
static int
identity_take (Setup *setup)
{
  const Launch *launch = setup->launch;
  /* The caller's own id outside is what a command line has that names only the other one; -1 leaves what is. */
  gid_t gid = launch->inner_gid == launch->outer_gid || launch->inner_gid == getegid () ? (gid_t) -1 : launch->inner_gid;
  uid_t uid = launch->inner_uid == launch->outer_uid || launch->inner_uid == geteuid () ? (uid_t) -1 : launch->inner_uid;

  if ((launch->joined & (1u << SANDBOX_JOIN_USER)) == 0 || (uid == (uid_t) -1 && gid == (gid_t) -1))
    return 0;
  if (prctl (PR_SET_SECUREBITS, SECBIT_NO_SETUID_FIXUP, 0, 0, 0) < 0)
    return fault_set (setup, FAULT_PLAIN, "prctl", "securebits");
  /* Not by libc, which would ask the threads of the process that we share our memory with. */
  if (syscall (SYS_setresgid, gid, gid, gid) < 0)
    return fault_set (setup, FAULT_OTHER_IDENTITY, "setresgid", NULL);
  if (syscall (SYS_setresuid, uid, uid, uid) < 0)
    return fault_set (setup, FAULT_OTHER_IDENTITY, "setresuid", NULL);
  if (prctl (PR_SET_SECUREBITS, 0, 0, 0, 0) < 0 || prctl (PR_SET_DUMPABLE, 1, 0, 0, 0) < 0)
    return fault_set (setup, FAULT_PLAIN, "prctl", NULL);
  return lifeline_follow_parent (setup);
}

int
idmap_write (Setup *setup)
{
  const Launch *launch = setup->launch;
  struct statfs fs;

  setup->proc_fd = open ("/proc", O_PATH | O_DIRECTORY | O_CLOEXEC);
  if (setup->proc_fd < 0)
    return fault_set (setup, FAULT_PLAIN, "open", "/proc");
  /* CVE-2019-16884: a directory that looks like /proc must not swallow what we write. */
  if (fstatfs (setup->proc_fd, &fs) < 0)
    return fault_set (setup, FAULT_PLAIN, "fstatfs", "/proc");
  errno = EINVAL;
  if (fs.f_type != PROC_SUPER_MAGIC)
    return fault_set (setup, FAULT_NOT_PROC, "fstatfs", "/proc");
  /* A caller whose program file is unreadable is not dumpable, and its files in /proc are root's. */
  if (prctl (PR_SET_DUMPABLE, 1) < 0)
    return fault_set (setup, FAULT_PLAIN, "prctl", NULL);
  if ((launch->namespaces & CLONE_NEWUSER) == 0 || (launch->start & SANDBOX_START_MAPPED_OUTSIDE) != 0)
    return map_check (setup) < 0 ? -1 : identity_take (setup);
  if (launch->ranges != NULL)
    return idmap_write_rest (setup);
  return idmap_write_single (setup, launch->inner_uid, launch->outer_uid, launch->inner_gid, launch->outer_gid);
}
