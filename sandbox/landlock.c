/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * A second wall around the files of a sandbox.
 *
 * The first wall are the mounts.  When a plan asks for it, Landlock rules repeat what they say: every place that a
 * record mounts gets the rights that its mount has, and nothing else has any.  So a descriptor of the host
 * that got in by mistake, or a way out of the mount namespace, leads to files that cannot be opened.
 *
 * A rule belongs to the directory itself and not to the mount, and what is below has the rights of all the
 * directories above it together.  Two consequences.  A read-only place below a writable one is protected by its mount
 * only.  And a rule can be added before a later record covers the place: it then allows what nobody reaches.
 *
 * The ruleset is made while the sources are open and the places can be found by descriptor; it is entered when nothing
 * is left to be mounted, since a process under such rules cannot mount any more.  That is also why a sandbox inside
 * such a sandbox is impossible.
 */
#include "sandbox/landlock.h"

#include "sandbox/kernel.h"
#include "sandbox/place.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/syscall.h>
#include <unistd.h>

#ifndef SYS_landlock_create_ruleset
#define SYS_landlock_create_ruleset 444
#define SYS_landlock_add_rule 445
#define SYS_landlock_restrict_self 446
#endif

enum { RULE_PATH_BENEATH = 1, RULE_NET_PORT = 2, CREATE_VERSION = 1 };

#define RIGHTS_READ (LANDLOCK_READ_FILE | LANDLOCK_READ_DIRECTORY)
#define RIGHTS_WRITE (LANDLOCK_WRITE_FILE | LANDLOCK_REMOVE_AND_MAKE | LANDLOCK_REFER | LANDLOCK_TRUNCATE)
#define RIGHTS_ALL (RIGHTS_READ | RIGHTS_WRITE | LANDLOCK_EXECUTE | LANDLOCK_IOCTL_DEVICE)
/* Those that a file can have; the others are about directories. */
#define RIGHTS_OF_FILES (LANDLOCK_EXECUTE | LANDLOCK_WRITE_FILE | LANDLOCK_READ_FILE | LANDLOCK_TRUNCATE | LANDLOCK_IOCTL_DEVICE)

typedef struct
{
  uint64_t allowed;
  int32_t parent_fd;
} __attribute__ ((packed)) PathRule;

typedef struct
{
  uint64_t allowed;
  uint64_t port;
} PortRule;

int
landlock_version (void)
{
  long version = syscall (SYS_landlock_create_ruleset, NULL, 0, CREATE_VERSION);

  return version > 0 ? (int) version : 0;
}

uint64_t
landlock_file_rights (int version)
{
  uint64_t rights = LANDLOCK_EXECUTE | LANDLOCK_WRITE_FILE | RIGHTS_READ | LANDLOCK_REMOVE_AND_MAKE;

  if (version >= 2)
    rights |= LANDLOCK_REFER;
  if (version >= 3)
    rights |= LANDLOCK_TRUNCATE;
  if (version >= 5)
    rights |= LANDLOCK_IOCTL_DEVICE;
  return version >= 1 ? rights : 0;
}

unsigned
landlock_wanted (const SandboxPlan *plan)
{
  unsigned wanted = 0;
  bool is_must = false;

  for (size_t i = 0; i < plan->n_records; i++)
    if (plan->records[i].kind == RECORD_LANDLOCK)
      {
        wanted |= plan->records[i].flags;
        is_must |= (plan->records[i].flags & SANDBOX_LANDLOCK_IF_POSSIBLE) == 0;
      }
  return is_must ? wanted & ~(unsigned) SANDBOX_LANDLOCK_IF_POSSIBLE : wanted;
}

int
landlock_ruleset_make (const LandlockHandled *handled)
{
  return (int) syscall (SYS_landlock_create_ruleset, handled, sizeof *handled, 0);
}

int
landlock_ruleset_enter (int ruleset_fd)
{
  return (int) syscall (SYS_landlock_restrict_self, ruleset_fd, 0);
}

/* A device can be written to on a read-only mount. */
static uint64_t
bind_rights (unsigned flags)
{
  uint64_t rights = RIGHTS_READ;

  if ((flags & SANDBOX_BIND_READ_ONLY) == 0)
    rights |= RIGHTS_WRITE;
  if ((flags & SANDBOX_BIND_NOEXEC) == 0)
    rights |= LANDLOCK_EXECUTE;
  if ((flags & SANDBOX_BIND_DEV) != 0)
    rights |= LANDLOCK_IOCTL_DEVICE | LANDLOCK_WRITE_FILE;
  return rights;
}

uint64_t
landlock_record_rights (const Record *record, bool is_read_only)
{
  uint64_t rights;

  switch (record->kind)
    {
    case RECORD_BIND:
    case RECORD_MOUNT:
      rights = bind_rights (record->flags);
      break;
    case RECORD_OVERLAY:
      rights = RIGHTS_READ | LANDLOCK_EXECUTE | (record->number ? 0 : RIGHTS_WRITE);
      break;
    case RECORD_TMPFS:
      rights = RIGHTS_READ | RIGHTS_WRITE | LANDLOCK_EXECUTE;
      break;
    case RECORD_PROC:
      return RIGHTS_READ | LANDLOCK_WRITE_FILE | LANDLOCK_TRUNCATE;
    case RECORD_DEV:
      return RIGHTS_ALL;
    case RECORD_FILE:
      rights = RIGHTS_READ | LANDLOCK_EXECUTE | (place_file_is_read_only (record) ? 0 : RIGHTS_WRITE);
      break;
    default:
      return 0;
    }
  return is_read_only ? rights & ~RIGHTS_WRITE : rights;
}

static int
rule_add (Setup *setup, int fd, uint64_t rights, const char *what)
{
  PathRule rule = { rights & setup->landlock_rights, fd };
  struct stat st;

  if (fstat (fd, &st) < 0)
    return fault_set (setup, FAULT_PLAIN, "fstat", what);
  if (!S_ISDIR (st.st_mode))
    rule.allowed &= RIGHTS_OF_FILES;
  if (rule.allowed == 0 || syscall (SYS_landlock_add_rule, setup->ruleset_fd, RULE_PATH_BENEATH, &rule, 0) == 0)
    return 0;
  /* Pipes, sockets and the like are of no file system that could be walked to, and are not restricted. */
  return errno == EBADFD ? 0 : fault_set (setup, FAULT_PLAIN, "landlock_add_rule", what);
}

/* Does a record after number `i` make the same place read-only? */
static bool
is_made_read_only (const SandboxPlan *plan, size_t i, const char *dest)
{
  for (; i < plan->n_records; i++)
    if (plan->records[i].kind == RECORD_READ_ONLY && strcmp (plan->records[i].dest, dest) == 0)
      return true;
  return false;
}

/* Is the place of number `i` out of reach, below what a later record mounts? */
static bool
is_covered (const SandboxPlan *plan, size_t i)
{
  const char *dest = plan->records[i].dest;

  for (size_t k = i + 1; k < plan->n_records; k++)
    {
      const Record *later = &plan->records[k];
      size_t length;

      if (landlock_record_rights (later, false) == 0 && later->kind != RECORD_HIDE)
        continue;
      length = strlen (later->dest);
      if (strncmp (dest, later->dest, length) == 0 && (dest[length] == '\0' || dest[length] == '/' || length == 1))
        return true;
    }
  return false;
}

static int
record_allow (Setup *setup, size_t i, bool has_read_only)
{
  const SandboxPlan *plan = setup->launch->plan;
  const Record *record = &plan->records[i];
  bool is_read_only = has_read_only && record->dest != NULL && is_made_read_only (plan, i, record->dest);
  uint64_t rights = landlock_record_rights (record, is_read_only);
  int result = 0;
  int fd;

  if (rights == 0 || (record->kind == RECORD_FILE && !place_file_is_mounted (record)))
    return 0;
  if (record->kind == RECORD_BIND || record->kind == RECORD_MOUNT)
    return rule_add (setup, record->fd, rights, record->dest);
  if (is_covered (plan, i))
    return 0;
  fd = place_existing (setup, record->dest);
  if (fd < 0)
    return fault_set (setup, FAULT_PLAIN, "open", record->dest);
  result = rule_add (setup, fd, rights, record->dest);
  (void) close (fd);
  return result;
}

/* A descriptor that the app is given may be opened once more, as "/dev/stdout" for example, or executed as a script. */
static int
descriptor_allow (Setup *setup, int fd)
{
  int flags = fcntl (fd, F_GETFL);
  uint64_t rights = LANDLOCK_IOCTL_DEVICE;
  struct stat st;

  if (flags < 0 || fstat (fd, &st) < 0)
    return fault_set (setup, FAULT_PLAIN, "fcntl", "a descriptor of the app");
  if (S_ISDIR (st.st_mode) || (flags & O_PATH) != 0)
    return rule_add (setup, fd, RIGHTS_ALL, "a descriptor of the app");
  if ((flags & O_ACCMODE) != O_WRONLY)
    rights |= LANDLOCK_READ_FILE | LANDLOCK_EXECUTE;    /* who can read a program can make one of it in a place of its own */
  if ((flags & O_ACCMODE) != O_RDONLY)
    rights |= LANDLOCK_WRITE_FILE | LANDLOCK_TRUNCATE;
  return rule_add (setup, fd, rights, "a descriptor of the app");
}

static int
files_allow (Setup *setup)
{
  const SandboxPlan *plan = setup->launch->plan;
  bool has_read_only = record_last (plan, RECORD_READ_ONLY) != NULL;
  uint64_t root = RIGHTS_READ | (is_made_read_only (plan, 0, "/") ? 0 : RIGHTS_WRITE | LANDLOCK_EXECUTE);

  /* When something is mounted on "/", this is about its directory, and its record says the rest. */
  for (size_t i = 0; i < plan->n_records; i++)
    if (plan->records[i].dest != NULL && strcmp (plan->records[i].dest, "/") == 0
        && landlock_record_rights (&plan->records[i], false) != 0)
      root = LANDLOCK_READ_DIRECTORY;
  if (rule_add (setup, setup->root_fd, root, "/") < 0
      || rule_add (setup, setup->init_fd, LANDLOCK_EXECUTE | LANDLOCK_READ_FILE, "init") < 0)
    return -1;
  for (int fd = 0; fd <= 2; fd++)
    if (descriptor_allow (setup, fd) < 0)
      return -1;
  for (size_t i = 0; i < plan->n_records; i++)
    {
      setup->fault.record = (int32_t) i;
      if (plan->records[i].kind == RECORD_PASS_FD && descriptor_allow (setup, plan->records[i].fd) < 0)
        return -1;
      if (record_allow (setup, i, has_read_only) < 0)
        return -1;
    }
  setup->fault.record = -1;
  return 0;
}

static int
ports_allow (Setup *setup)
{
  const SandboxPlan *plan = setup->launch->plan;

  for (size_t i = 0; i < plan->n_records; i++)
    {
      const Record *record = &plan->records[i];
      PortRule rule = { 0, (uint64_t) record->number };

      if (record->kind != RECORD_LANDLOCK || record->number == 0)
        continue;
      if ((record->flags & SANDBOX_LANDLOCK_CONNECT) != 0)
        rule.allowed |= LANDLOCK_CONNECT_TCP;
      if ((record->flags & SANDBOX_LANDLOCK_BIND) != 0)
        rule.allowed |= LANDLOCK_BIND_TCP;
      if (syscall (SYS_landlock_add_rule, setup->ruleset_fd, RULE_NET_PORT, &rule, 0) < 0)
        return fault_set (setup, FAULT_PLAIN, "landlock_add_rule", "a port");
    }
  return 0;
}

int
landlock_prepare (Setup *setup)
{
  unsigned wanted = setup->launch->landlock;
  LandlockHandled handled = { 0 };
  int version;

  if (wanted == 0)
    return 0;
  version = landlock_version ();
  if ((wanted & SANDBOX_LANDLOCK_FILES) != 0 && version >= LANDLOCK_VERSION_BEARABLE)
    handled.files = landlock_file_rights (version);
  if ((wanted & (SANDBOX_LANDLOCK_CONNECT | SANDBOX_LANDLOCK_BIND)) != 0 && version >= LANDLOCK_VERSION_NETWORK)
    handled.network = LANDLOCK_CONNECT_TCP | LANDLOCK_BIND_TCP;
  if ((setup->launch->shared & SANDBOX_SHARE_REACH) == 0 && version >= LANDLOCK_VERSION_SCOPE)
    handled.scoped = LANDLOCK_SCOPE_ABSTRACT_SOCKET | LANDLOCK_SCOPE_SIGNAL;
  if ((wanted & SANDBOX_LANDLOCK_IF_POSSIBLE) == 0
      && (((wanted & SANDBOX_LANDLOCK_FILES) != 0 && version < LANDLOCK_VERSION_FILES)
          || ((wanted & (SANDBOX_LANDLOCK_CONNECT | SANDBOX_LANDLOCK_BIND)) != 0 && handled.network == 0)))
    {
      errno = EOPNOTSUPP;
      return fault_set (setup, FAULT_NO_LANDLOCK, "landlock_create_ruleset", NULL);
    }
  if (handled.files == 0 && handled.network == 0)
    return 0;       /* what is left is for scope_limit() */
  setup->landlock_rights = handled.files;
  setup->ruleset_fd = landlock_ruleset_make (&handled);
  if (setup->ruleset_fd < 0)
    return fault_set (setup, FAULT_PLAIN, "landlock_create_ruleset", NULL);
  if (handled.files != 0 && files_allow (setup) < 0)
    return -1;
  return handled.network != 0 ? ports_allow (setup) : 0;
}
