/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "sandbox/userns.h"

#include "sandbox/probe.h"
#include "sandbox/trial.h"

#include <errno.h>
#include <fcntl.h>
#include <sched.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

/* Each kind of namespace that a sandbox is made of, with the name of its limit. */
static const struct { const char *kind; int flag; } kinds[] = {
  { "user", CLONE_NEWUSER }, { "mnt", CLONE_NEWNS }, { "pid", CLONE_NEWPID }, { "ipc", CLONE_NEWIPC },
  { "uts", CLONE_NEWUTS }, { "cgroup", CLONE_NEWCGROUP }, { "net", CLONE_NEWNET },
};

/* The beginning of a small file, without the newline; "" when it cannot be read. */
static void
text_read (const char *path, char *buffer, size_t size)
{
  int fd = open (path, O_RDONLY | O_CLOEXEC);
  ssize_t n = fd < 0 ? -1 : read (fd, buffer, size - 1);

  if (fd >= 0)
    (void) close (fd);
  buffer[n > 0 ? n : 0] = '\0';
  buffer[strcspn (buffer, "\n")] = '\0';
}

static long
number_read (const char *path)
{
  char text[32];

  text_read (path, text, sizeof text);
  return text[0] != '\0' ? strtol (text, NULL, 10) : -1;
}

/* *ret_place is the index of the kind that failed. */
static int
try_kinds (int *ret_place)
{
  for (size_t i = 0; i < sizeof kinds / sizeof kinds[0]; i++)
    {
      *ret_place = (int) i;
      if (unshare (kinds[i].flag) < 0)
        return errno;
    }
  return 0;
}

static int
has_filter (void)
{
  char status[4096];
  int fd = open ("/proc/self/status", O_RDONLY | O_CLOEXEC);
  ssize_t n = fd < 0 ? -1 : read (fd, status, sizeof status - 1);
  const char *line;

  if (fd >= 0)
    (void) close (fd);
  if (n <= 0)
    return 0;
  status[n] = '\0';
  line = strstr (status, "\nSeccomp:");
  return line != NULL && strtol (line + strlen ("\nSeccomp:"), NULL, 10) == 2;
}

/* After chroot to a plain directory, no mount point is called "/". */
static int
is_chroot (void)
{
  char line[8192];
  FILE *table = fopen ("/proc/self/mountinfo", "re");
  int found = 0;

  if (table == NULL)
    return 0;
  while (!found && fgets (line, sizeof line, table) != NULL)
    {
      char *field = line;

      for (int i = 0; i < 4 && field != NULL; i++)
        {
          field = strchr (field, ' ');
          if (field != NULL)
            field++;
        }
      found = field != NULL && strncmp (field, "/ ", 2) == 0;
    }
  (void) fclose (table);
  return !found;
}

void
userns_facts_collect (UsernsFacts *ret_facts)
{
  UsernsFacts facts = { .kind = "user" };
  char path[64];
  char map[64];
  int place = 0;

  facts.saved_errno = trial_run (try_kinds, &place);
  if (facts.saved_errno != 0)
    {
      facts.stage = USERNS_CREATE;
      facts.kind = kinds[place].kind;
    }
  else
    {
      facts.saved_errno = trial_run (trial_enter_userns, &place);
      facts.stage = facts.saved_errno != 0 ? (UsernsStage) place : USERNS_WORKS;
    }
  (void) snprintf (path, sizeof path, "/proc/sys/user/max_%s_namespaces", facts.kind);
  facts.limit = number_read (path);
  facts.unprivileged_clone = number_read ("/proc/sys/kernel/unprivileged_userns_clone");
  facts.apparmor_restrict = number_read ("/proc/sys/kernel/apparmor_restrict_unprivileged_userns");
  facts.is_root = geteuid () == 0;
  facts.has_filter = has_filter ();
  facts.is_chroot = is_chroot ();
  text_read ("/proc/self/uid_map", map, sizeof map);
  facts.is_unmapped = map[0] == '\0' && access ("/proc/self/uid_map", R_OK) == 0;
  text_read ("/proc/self/attr/current", facts.profile, sizeof facts.profile);
  *ret_facts = facts;
}

static int
is_confined (const UsernsFacts *facts)
{
  return facts->profile[0] != '\0' && strcmp (facts->profile, "unconfined") != 0;
}

static int say (char *message, size_t size, const char *format, ...) __attribute__ ((format (printf, 3, 4)));

static int
say (char *message, size_t size, const char *format, ...)
{
  va_list args;

  va_start (args, format);
  (void) vsnprintf (message, size, format, args);   /* a cut sentence is still one */
  va_end (args);
  return 1;
}

static int
explain_refusal (const UsernsFacts *facts, char *message, size_t size)
{
  if (facts->unprivileged_clone == 0 && !facts->is_root)
    return say (message, size, "user namespaces are forbidden to ordinary users on this machine "
                "(kernel.unprivileged_userns_clone is 0); an administrator allows them with: "
                "sysctl -w kernel.unprivileged_userns_clone=1");
  if (facts->is_chroot)
    return say (message, size, "this process runs in a chroot, where the kernel refuses user namespaces; "
                "start it outside, or enter the folder with pivot_root instead of chroot");
  if (facts->apparmor_restrict == 1 && !facts->is_root)
    return say (message, size, "AppArmor forbids user namespaces to programs without a profile "
                "(kernel.apparmor_restrict_unprivileged_userns is 1); an administrator installs a profile with the rule "
                "“userns,” for this program in /etc/apparmor.d, or allows them to all programs with: "
                "sysctl -w kernel.apparmor_restrict_unprivileged_userns=0");
  if (facts->is_unmapped)
    return say (message, size, "this process is in a user namespace where its user id has no mapping; whoever made that "
                "namespace must write its uid_map and gid_map first");
  if (is_confined (facts))
    return say (message, size, "the security profile “%s” that this process runs under forbids user namespaces; "
                "an administrator allows them in that profile", facts->profile);
  if (facts->has_filter)
    return say (message, size, "a system call filter around this process (a container's seccomp profile?) forbids user "
                "namespaces; the container must be started with a profile that allows clone, unshare and mount, "
                "for example: --security-opt seccomp=unconfined");
  return say (message, size, "the kernel refuses user namespaces here: %s", strerror (facts->saved_errno));
}

int
userns_explain (const UsernsFacts *facts, char *message, size_t size)
{
  int error = facts->saved_errno;

  if (facts->stage == USERNS_WORKS)
    return 0;
  if (facts->stage == USERNS_CREATE && (error == ENOSPC || error == EUSERS))
    {
      if (facts->limit == 0)
        return say (message, size, "namespaces of the kind “%s” are switched off on this machine (user.max_%s_namespaces is 0); "
                    "an administrator allows them with: sysctl -w user.max_%s_namespaces=15000",
                    facts->kind, facts->kind, facts->kind);
      return say (message, size, "the limit of nested or simultaneous “%s” namespaces is reached (32 levels; "
                  "user.max_%s_namespaces is %ld); leave a sandbox or raise the setting", facts->kind, facts->kind,
                  facts->limit);
    }
  if (facts->stage == USERNS_CREATE && (error == EINVAL || error == ENOSYS) && !facts->has_filter)
    return say (message, size, "this kernel was built without “%s” namespaces", facts->kind);
  if (facts->stage == USERNS_CREATE && (error == ENOMEM || error == EAGAIN))
    return say (message, size, "no namespace could be made just now: %s", strerror (error));
  return explain_refusal (facts, message, size);
}

int
sandbox_probe_userns (char *message, size_t size)
{
  UsernsFacts facts;

  userns_facts_collect (&facts);
  return userns_explain (&facts, message, size);
}
