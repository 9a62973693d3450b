/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "sandbox/sentence.h"

#include "sandbox/label.h"
#include "sandbox/plan-guest.h"
#include "sandbox/probe.h"
#include "sandbox/record.h"
#include "sandbox/steps.h"

#include <errno.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>

static const char *const verbs[] = {
  [RECORD_BIND] = "bind", [RECORD_MOUNT] = "mount", [RECORD_OVERLAY] = "mount an overlay", [RECORD_TMPFS] = "mount a tmpfs",
  [RECORD_PROC] = "mount proc", [RECORD_DEV] = "make the devices", [RECORD_DIR] = "make the directory",
  [RECORD_FILE] = "make the file", [RECORD_SYMLINK] = "make the symbolic link", [RECORD_HIDE] = "hide", [RECORD_PIN] = "keep in its place",
  [RECORD_READ_ONLY] = "make read-only", [RECORD_CHMOD] = "change the mode of",
  [RECORD_MQUEUE] = "mount the message queues", [RECORD_LOCK] = "lock", [RECORD_RESTRICT] = "restrict",
  [RECORD_BINFMT] = "register what runs programs",
};

/* The word between verb and place. */
static const char *
preposition (RecordKind kind)
{
  return kind <= RECORD_OVERLAY || kind == RECORD_TMPFS || kind == RECORD_PROC || kind == RECORD_DEV || kind == RECORD_MQUEUE
         || kind == RECORD_BINFMT ? "at " : "";
}

static bool
has_verb (const SandboxPlan *plan, int record)
{
  return record >= 0 && (size_t) record < plan->n_records
         && (size_t) plan->records[record].kind < sizeof verbs / sizeof verbs[0]
         && verbs[plan->records[record].kind] != NULL;
}

static const char *
hint_for (const Fault *fault)
{
  switch ((FaultKind) fault->kind)
    {
    case FAULT_SYMLINK:
      return "the place leads through a symbolic link, which is never followed; name the real place";
    case FAULT_NOT_OURS:
      return "it does not exist there, and nothing is created in a file system that belongs to somebody else; make it "
             "beforehand, or mount a tmpfs above it";
    case FAULT_NOT_DIRECTORY:
      return "a directory can only be mounted on a directory, and a file on a file";
    case FAULT_OTHER_LINK:
      return "a symbolic link to that is there already";
    case FAULT_NOT_LINK:
      return "what is there is no symbolic link";
    case FAULT_REPLACED:
      return "it was moved, replaced or covered after it had been opened; try again";
    case FAULT_NO_NAME:
      return "the kernel knows no name for the open source; is /proc mounted?";
    case FAULT_BAD_DEVICE:
      return "this is not the device of that name";
    case FAULT_NOT_PROC:
      return "this is not the kernel's proc file system";
    case FAULT_STANDARD_DIRECTORY:
      return "a directory as standard input, output or error would let the app reach every file of the host";
    case FAULT_LOCKED:
      return "somebody else holds a lock on it, and the sandbox must not run meanwhile";
    case FAULT_OTHER_IDENTITY:
      return "the user namespace that was joined has not the user and group ids that are wanted";
    case FAULT_NO_MAP:
      return "nobody has written the map of its ids until the sandbox was to go on";
    case FAULT_USERNS_ALLOWED:
      return "creation of new user namespaces was not disabled as requested";
    case FAULT_NO_OVERLAY:
      return "ordinary users may mount overlays since Linux 5.11";
    case FAULT_NEEDS_NEW_API:
      return "a detached mount needs a kernel with move_mount (Linux 5.12)";
    case FAULT_NO_LANDLOCK:
      return "the kernel has no Landlock, or one that is too old for what was asked (files: Linux 6.2, ports: 6.7)";
    case FAULT_NO_TIME:
      return "this kernel has no time namespaces (Linux 5.6, CONFIG_TIME_NS), so clocks cannot be shifted";
    case FAULT_TIME_RANGE:
      return "a clock cannot be shifted to before its beginning, when the machine was started";
    case FAULT_NO_NETWORK:
      return "the network helper pasta has ended before there was a network";
    case FAULT_PLAIN:
    case FAULT_NO_NAMESPACE:
    case FAULT_NO_NAMESPACES:
    case FAULT_INIT:
    case FAULT_EXEC:
    case FAULT_EXEC_LOADER:
      break;
    }
  return NULL;
}

static void sentence_add (SandboxError *error, const char *format, ...) __attribute__ ((format (printf, 2, 3)));

static void
sentence_add (SandboxError *error, const char *format, ...)
{
  size_t used = strlen (error->message);
  va_list args;

  va_start (args, format);
  (void) vsnprintf (error->message + used, sizeof error->message - used, format, args);   /* a cut sentence is still one */
  va_end (args);
}

static void
exec_sentence (const Fault *fault, const SandboxPlan *plan, SandboxError *error)
{
  const char *label = label_of (plan, RECORD_EXEC_LABEL);

  error->cannot_exec = fault->saved_errno == ENOENT && fault->kind == FAULT_EXEC ? 127 : 126;
  if (fault->kind == FAULT_INIT)
    {
      error->cannot_exec = 0;
      sentence_add (error, "cannot prepare the first process of the sandbox: %s: %s", fault->call, strerror (fault->saved_errno));
    }
  else if (strcmp (fault->call, "chdir") == 0)
    {
      error->cannot_exec = 0;
      sentence_add (error, "Can't chdir to %s: %s", fault->path, strerror (fault->saved_errno));
    }
  else if (strcmp (fault->call, "seccomp") == 0)
    {
      error->cannot_exec = 0;
      sentence_add (error, "the system call filter of the app is refused by the kernel: prctl(PR_SET_SECCOMP): %s%s",
                    strerror (fault->saved_errno),
                    fault->saved_errno == EINVAL ? "; a classic BPF program for this machine is wanted" : "");
    }
  else if (strcmp (fault->call, "label") == 0)
    {
      error->cannot_exec = 0;
      sentence_add (error, "the command cannot have the SELinux label “%s”: /proc/self/attr/exec of the sandbox: %s", fault->path,
                    strerror (fault->saved_errno));
    }
  else if (strcmp (fault->call, "profile") == 0)
    {
      error->cannot_exec = 0;
      sentence_add (error, "the command cannot have the AppArmor profile “%s”: %s%s", fault->path + strlen ("exec "),
                    strerror (fault->saved_errno), fault->saved_errno == ENOENT ? "; apparmor_parser(8) loads profiles" : "");
    }
  else if (fault->kind == FAULT_EXEC_LOADER)
    sentence_add (error, "cannot execute “%s”: the file is in the sandbox, but the interpreter or the dynamic loader that "
                  "it names is not; is it made for this runtime and this machine?", fault->path);
  else if (error->cannot_exec == 127)
    sentence_add (error, "“%s” was not found in the sandbox%s", fault->path,
                  strchr (fault->path, '/') != NULL ? "" : ", in no directory of its PATH");
  else
    {
      sentence_add (error, "cannot execute “%s” in the sandbox: %s", fault->path, strerror (fault->saved_errno));
      if (label != NULL && (fault->saved_errno == EPERM || fault->saved_errno == EACCES))
        sentence_add (error, "; perhaps the policy of SELinux does not let the caller start a command as “%s”, which needs "
                      "process2:nnp_transition too", label);
    }
}

/* So that a caller can say it in its own words. */
static void
place_note (const Fault *fault, const SandboxPlan *plan, SandboxError *error)
{
  if (!has_verb (plan, fault->record))
    return;
  error->place = plan->records[fault->record].dest;
  if (fault->kind == FAULT_SYMLINK)
    error->failed_place = SANDBOX_PLACE_LINK;
  else if (fault->kind == FAULT_NOT_DIRECTORY)
    error->failed_place = fault->saved_errno == EISDIR ? SANDBOX_PLACE_NO_FILE : SANDBOX_PLACE_NO_DIRECTORY;
  else if (fault->kind == FAULT_NOT_LINK)
    error->failed_place = SANDBOX_PLACE_NO_LINK;
  else if (fault->kind == FAULT_OTHER_LINK)
    {
      error->failed_place = SANDBOX_PLACE_OTHER_LINK;
      memcpy (error->found, fault->path, sizeof error->found);
    }
}

/* A namespace that was made but gives no rights shows itself in the first steps. */
static void
sentence_diagnose (const Fault *fault, SandboxError *error)
{
  char why[512];

  if (fault->saved_errno != EPERM && fault->saved_errno != EACCES && fault->kind != FAULT_NO_NAMESPACE)
    return;
  if (sandbox_probe_userns (why, sizeof why) != 0)
    sentence_add (error, "; %s", why);
  else if (strcmp (fault->path, "binfmt_misc") == 0)
    sentence_add (error, "; a user namespace has its own since Linux 6.7, and rules are for user and group 0");
}

/* So that a caller can tell these from other failures of a step. */
static void
map_note (const Fault *fault, SandboxError *error)
{
  static const struct { const char *path; SandboxMap what; } maps[] = {
    { "self/uid_map", SANDBOX_MAP_UID }, { "self/gid_map", SANDBOX_MAP_GID }, { "self/setgroups", SANDBOX_MAP_GROUPS },
  };

  for (size_t i = 0; i < sizeof maps / sizeof maps[0]; i++)
    if (strcmp (fault->path, maps[i].path) == 0)
      error->failed_map = (int) maps[i].what;
}

/* A name and a value. */
static bool
is_setting (const SandboxPlan *plan, int record)
{
  return record >= 0 && (size_t) record < plan->n_records
         && (plan->records[record].kind == RECORD_LIMIT || plan->records[record].kind == RECORD_ATTRIBUTE);
}

/* What a call of an attribute needs. */
static const char *
attribute_hint (const Fault *fault, const SandboxPlan *plan)
{
  static const struct { const char *name, *hint; } hints[] = {
    { "nice", "less than what the caller has needs a limit “nice” that allows it (limits.conf(5))" },
    { "cpus", "the caller may use none of these processors" },
    { "io", "real-time needs CAP_SYS_NICE" },
    { "oom-score", "less than what the caller has needs CAP_SYS_RESOURCE" },
    { "groups", "groups can be left only where they are mapped too, by --map-auto or --map-groups" },
    { "core", "that needs Linux 5.14 with CONFIG_SCHED_CORE, and a processor whose cores run several threads" },
  };

  for (size_t i = 0; is_setting (plan, fault->record) && i < sizeof hints / sizeof hints[0]; i++)
    if (plan->records[fault->record].kind == RECORD_ATTRIBUTE && strcmp (plan->records[fault->record].dest, hints[i].name) == 0)
      return hints[i].hint;
  return NULL;
}

void
fault_sentence (const Fault *fault, const SandboxPlan *plan, SandboxError *ret_error)
{
  const char *hint = attribute_hint (fault, plan) != NULL ? attribute_hint (fault, plan) : hint_for (fault);

  if (fault->kind == FAULT_NO_NAMESPACES)
    {
      clone_sentence (fault->saved_errno, ret_error);
      return;
    }
  memset (ret_error, 0, sizeof *ret_error);
  ret_error->saved_errno = fault->saved_errno;
  map_note (fault, ret_error);
  place_note (fault, plan, ret_error);
  if (fault->step == FAULT_STEP_EXEC)
    {
      exec_sentence (fault, plan, ret_error);
      return;
    }
  if (is_setting (plan, fault->record))
    {
      const Record *record = &plan->records[fault->record];

      sentence_add (ret_error, "cannot set the %s “%s” to %s for the sandbox (wanted by: %s)",
                    record->kind == RECORD_LIMIT ? "limit" : "attribute", record->dest, record->source, record->origin);
    }
  else if (has_verb (plan, fault->record))
    {
      const Record *record = &plan->records[fault->record];

      sentence_add (ret_error, "cannot %s ", verbs[record->kind]);
      if (record->source != NULL && record->kind != RECORD_SYMLINK)
        sentence_add (ret_error, "“%s” ", record->source);
      sentence_add (ret_error, "%s“%s” in the sandbox",
                    preposition (record->kind), record->dest);
      if (record->origin[0] != '\0')
        sentence_add (ret_error, " (wanted by: %s)", record->origin);
    }
  else
    sentence_add (ret_error, "cannot %s for the sandbox",
                  fault->step >= 0 && fault->step < setup_n_steps ? setup_steps[fault->step].name : "go on");
  sentence_add (ret_error, ": %s", fault->call);
  if (fault->path[0] != '\0')
    sentence_add (ret_error, " “%s”", fault->path);
  sentence_add (ret_error, ": %s", strerror (fault->saved_errno));
  if (hint != NULL)
    sentence_add (ret_error, "; %s", hint);
  else
    sentence_diagnose (fault, ret_error);
}

void
join_sentence (int what, int saved_errno, SandboxError *ret_error)
{
  static const char *const names[] = {
    [SANDBOX_JOIN_USER] = "user", [SANDBOX_JOIN_USER_LAST] = "second user", [SANDBOX_JOIN_PID] = "pid", [SANDBOX_JOIN_NET] = "network",
  };

  memset (ret_error, 0, sizeof *ret_error);
  ret_error->saved_errno = saved_errno;
  sentence_add (ret_error, "cannot join the %s namespace that was given: setns: %s", names[what], strerror (saved_errno));
  if (saved_errno == EINVAL)
    sentence_add (ret_error, "; it might not be a descendant of the current one");
  else if (saved_errno == EPERM)
    sentence_add (ret_error, "; that needs rights over the user namespace that it belongs to");
}

void
clone_sentence (int saved_errno, SandboxError *ret_error)
{
  char why[512];

  memset (ret_error, 0, sizeof *ret_error);
  ret_error->saved_errno = saved_errno;
  ret_error->failed_clone = 1;
  sentence_add (ret_error, "cannot make the namespaces of the sandbox: clone: %s", strerror (saved_errno));
  if (sandbox_probe_userns (why, sizeof why) != 0)
    sentence_add (ret_error, "; %s", why);
}

int
error_sentence (SandboxError *error, int saved_errno, const char *format, ...)
{
  va_list args;

  memset (error, 0, sizeof *error);
  error->saved_errno = saved_errno;
  va_start (args, format);
  (void) vsnprintf (error->message, sizeof error->message, format, args);   /* a cut sentence is still one */
  va_end (args);
  return -1;
}
