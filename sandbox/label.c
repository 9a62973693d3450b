/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * SELinux labels and AppArmor profiles, without their libraries: what those do is to write to a few files of the kernel.
 *
 * The label of files is an attribute of the process that makes them, which execution takes away; the kernel asks for that
 * of a tmpfs when it is mounted.  The label of the command is set by init's child (init/execute.c), since execution uses it up.
 */
#include "sandbox/label.h"

#include "sandbox/decimal.h"
#include "sandbox/plan-build.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#define SELINUX_FILES "/sys/fs/selinux/"

/* Before a policy is loaded the kernel takes every label and sets none; its own has no colon then. */
int
sandbox_label_is_possible (void)
{
  char label[LABEL_MAX];
  int fd = open (SELINUX_FILES "initial_contexts/kernel", O_RDONLY | O_CLOEXEC);
  ssize_t n = fd < 0 ? -1 : read (fd, label, sizeof label);

  if (fd >= 0)
    (void) close (fd);
  return n > 0 && memchr (label, ':', (size_t) n) != NULL;
}

/* The kernel takes a label with its NUL. */
static int
label_write (int fd, const char *label)
{
  size_t size = strlen (label) + 1;
  ssize_t n = fd < 0 ? -1 : write (fd, label, size);
  int saved_errno = errno;

  if (fd >= 0)
    (void) close (fd);
  errno = n < 0 ? saved_errno : EIO;
  return n == (ssize_t) size ? 0 : -1;
}

int
sandbox_label_check (const char *label)
{
  return label_write (open (SELINUX_FILES "context", O_RDWR | O_CLOEXEC), label);
}

/* Between quotes in a list of mount options. */
static int
label_add (SandboxPlan *plan, RecordKind kind, const char *label, const char *origin)
{
  Record record = RECORD_INIT (kind);

  if (label == NULL || label[0] == '\0' || strlen (label) > LABEL_MAX)
    return plan_fail (plan, &record, "a label has 1 to %d bytes", LABEL_MAX);
  for (const char *p = label; *p != '\0'; p++)
    if ((unsigned char) *p <= ' ' || *p == '"' || *p == '\\' || *p == 0x7f)
      return plan_fail (plan, &record, "a label has no blanks, quotes and control characters: “%.200s”", label);
  if (record_text (plan, &record, &record.source, label) < 0)
    return -1;
  return plan_append (plan, &record, origin);
}

int
sandbox_plan_exec_label (SandboxPlan *plan, const char *label, const char *origin)
{
  return label_add (plan, RECORD_EXEC_LABEL, label, origin);
}

int
sandbox_plan_file_label (SandboxPlan *plan, const char *label, const char *origin)
{
  return label_add (plan, RECORD_FILE_LABEL, label, origin);
}

int
sandbox_profile_is_possible (void)
{
  char answer = 'N';
  int fd = open ("/sys/module/apparmor/parameters/enabled", O_RDONLY | O_CLOEXEC);
  ssize_t n = fd < 0 ? -1 : read (fd, &answer, 1);

  if (fd >= 0)
    (void) close (fd);
  return n == 1 && answer == 'Y';
}

/* The record keeps what is written to the kernel, beside the name. */
int
sandbox_plan_exec_profile (SandboxPlan *plan, const char *name, const char *origin)
{
  Record record = RECORD_INIT (RECORD_EXEC_PROFILE);
  char *text;

  if (name == NULL || name[0] == '\0' || strlen (name) > LABEL_MAX)
    return plan_fail (plan, &record, "the name of a profile has 1 to %d bytes", LABEL_MAX);
  if (record_text (plan, &record, &record.source, name) < 0)
    return -1;
  if (asprintf (&text, "exec %s", name) < 0)
    return plan_fail (plan, &record, "out of memory while the sandbox was planned");
  record.data = text;
  return plan_append (plan, &record, origin);
}

const char *
label_of (const SandboxPlan *plan, RecordKind kind)
{
  const Record *record = record_last (plan, kind);

  return record != NULL ? record->source : NULL;
}

int
label_files (Setup *setup)
{
  const char *label = label_of (setup->launch->plan, RECORD_FILE_LABEL);

  if (label == NULL)
    return 0;
  if (label_write (openat (setup->proc_fd, "self/attr/fscreate", O_WRONLY | O_CLOEXEC), label) < 0)
    return fault_set (setup, FAULT_PLAIN, "write", "self/attr/fscreate");
  return 0;
}

void
label_mount_option (const Setup *setup, char *end)
{
  const char *label = label_of (setup->launch->plan, RECORD_FILE_LABEL);

  if (label != NULL)
    (void) text_append (text_append (text_append (end, ",context=\""), label), "\"");
}
