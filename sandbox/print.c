/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "sandbox/print.h"

#include "sandbox/print-names.h"
#include "sandbox/plan-namespace.h"
#include "sandbox/record.h"

#include <inttypes.h>
#include <linux/filter.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>


/* A word as it is when it is plain, else in double quotes with backslash escapes, so that a line is never
 * ambiguous and never two. */
static void
print_word (FILE *out, const char *word)
{
  static const char plain[] = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_@%+=:,./~-";

  if (word[0] != '\0' && word[strspn (word, plain)] == '\0')
    {
      fprintf (out, " %s", word);
      return;
    }
  fputs (" \"", out);
  for (const unsigned char *p = (const unsigned char *) word; *p != '\0'; p++)
    {
      if (*p == '"' || *p == '\\')
        fprintf (out, "\\%c", *p);
      else if (*p == '\n')
        fputs ("\\n", out);
      else if (*p < ' ' || *p == 0x7f)
        fprintf (out, "\\x%02x", *p);
      else
        fputc (*p, out);
    }
  fputc ('"', out);
}

static void
print_bind_flags (FILE *out, unsigned flags)
{
  if ((flags & SANDBOX_BIND_READ_ONLY) != 0)
    fputs (" ro", out);
  if ((flags & SANDBOX_BIND_DEV) != 0)
    fputs (" dev", out);
  if ((flags & SANDBOX_BIND_NOEXEC) != 0)
    fputs (" noexec", out);
  if ((flags & SANDBOX_BIND_SLAVE) != 0)
    fputs (" slave", out);
}

static void
print_share (FILE *out, unsigned what)
{
  for (size_t i = 0; i < print_n_share_names; i++)
    if ((what & (1u << i)) != 0)
      fprintf (out, " %s", print_share_names[i]);
}

static void
print_words (FILE *out, const char *kind, const char *first, const char *second)
{
  fputs (kind, out);
  if (first != NULL)
    print_word (out, first);
  if (second != NULL)
    print_word (out, second);
}

static void
print_mount_record (FILE *out, const Record *record)
{
  switch (record->kind)
    {
    case RECORD_BIND:
      print_words (out, "bind", record->source, record->dest);
      print_bind_flags (out, record->flags);
      break;
    case RECORD_MOUNT:
      print_words (out, "mount", record->source, record->dest);
      print_bind_flags (out, record->flags);
      break;
    case RECORD_OVERLAY:
      print_words (out, "overlay", record->dest, NULL);
      fprintf (out, " lower=%zu %s", record->n_fds,
               record->number ? "ro" : record->upper_fd >= 0 ? "upper" : "tmp");
      break;
    case RECORD_TMPFS:
      print_words (out, "tmpfs", record->dest, NULL);
      fprintf (out, " %04o", (unsigned) record->mode);
      if (record->size != 0)
        fprintf (out, " size=%" PRIu64, record->size);
      break;
    case RECORD_PROC:
      print_words (out, "proc", record->dest, NULL);
      break;
    case RECORD_DEV:
      print_words (out, "dev", record->dest, NULL);
      break;
    case RECORD_DIR:
      print_words (out, "dir", record->dest, NULL);
      fprintf (out, " %04o", (unsigned) record->mode);
      break;
    case RECORD_FILE:
      print_words (out, "file", record->dest, NULL);
      fprintf (out, " %04o %zu bytes", (unsigned) record->mode, record->data_size);
      break;
    case RECORD_SYMLINK:
      print_words (out, "symlink", record->source, record->dest);
      break;
    case RECORD_PIN:
      print_words (out, "pin", record->dest, NULL);
      break;
    case RECORD_HIDE:
      print_words (out, "hide", record->dest, NULL);
      break;
    default:
      print_words (out, "remount-read-only", record->dest, NULL);
      break;
    }
}

static void
print_landlock (FILE *out, const Record *record)
{
  fputs ("landlock", out);
  if ((record->flags & SANDBOX_LANDLOCK_FILES) != 0)
    fputs (" files", out);
  if ((record->flags & SANDBOX_LANDLOCK_CONNECT) != 0)
    fputs (" connect", out);
  if ((record->flags & SANDBOX_LANDLOCK_BIND) != 0)
    fputs (" bind", out);
  if ((record->flags & SANDBOX_LANDLOCK_FILES) == 0)
    fprintf (out, " %d", record->number);
  if ((record->flags & SANDBOX_LANDLOCK_IF_POSSIBLE) != 0)
    fputs (" if-possible", out);
}

/* Those of plan-namespace.h, and their like. */
static void
print_namespace_record (FILE *out, const Record *record)
{
  switch (record->kind)
    {
    case RECORD_TIME:
      fprintf (out, "clock %s %+" PRId64, record->number == SANDBOX_CLOCK_MONOTONIC ? "monotonic" : "boottime", (int64_t) record->size);
      break;
    case RECORD_ID_RANGE:
      fprintf (out, "map%s%s", (record->flags & SANDBOX_RANGE_USERS) != 0 ? " users" : "",
               (record->flags & SANDBOX_RANGE_GROUPS) != 0 ? " groups" : "");
      if (record->size == 0)
        fputs (" auto", out);
      else
        fprintf (out, " %u:%u:%" PRIu64, (unsigned) record->uid, (unsigned) record->gid, record->size);
      break;
    case RECORD_OUTGOING:
      fputs ("network-outgoing", out);
      for (size_t i = 0; record->argv[i] != NULL; i++)
        print_word (out, record->argv[i]);
      break;
    case RECORD_TERMINAL:
      fputs ("terminal", out);
      break;
    default:
      fprintf (out, "securebits 0x%x", record->flags);
      break;
    }
}

static void
print_guest_record (FILE *out, const Record *record)
{
  switch (record->kind)
    {
    case RECORD_CHMOD:
      print_words (out, "chmod", record->dest, NULL);
      fprintf (out, " %04o", (unsigned) record->mode);
      break;
    case RECORD_START:
      fputs ("start", out);
      for (size_t i = 0; i < print_n_start_names; i++)
        if ((record->flags & (1u << i)) != 0)
          fprintf (out, " %s", print_start_names[i]);
      break;
    case RECORD_ARGV0:
      print_words (out, "argv0", record->source, NULL);
      break;
    case RECORD_MQUEUE:
      print_words (out, "mqueue", record->dest, NULL);
      break;
    case RECORD_SECCOMP:
      fprintf (out, "seccomp %zu instructions", record->data_size / sizeof (struct sock_filter));
      break;
    case RECORD_LOCK:
      print_words (out, "lock", record->dest, NULL);
      break;
    case RECORD_HOLD_FD:
      fputs ("hold-fd", out);
      break;
    case RECORD_WAIT_FD:
      fputs ("wait-fd", out);
      break;
    case RECORD_ENTER:
      fprintf (out, "enter %d", record->number);
      break;
    case RECORD_EXEC_LABEL:
    case RECORD_FILE_LABEL:
      print_words (out, record->kind == RECORD_EXEC_LABEL ? "exec-label" : "file-label", record->source, NULL);
      break;
    case RECORD_RESTRICT:
      print_words (out, "restrict", record->dest, NULL);
      print_bind_flags (out, record->flags);
      break;
    case RECORD_DOMAIN_NAME:
      print_words (out, "domain-name", record->dest, NULL);
      break;
    case RECORD_BINFMT:
      print_words (out, "binfmt", record->dest, record->source);
      break;
    case RECORD_EXEC_PROFILE:
      print_words (out, "exec-profile", record->source, NULL);
      break;
    case RECORD_ATTRIBUTE:
      print_words (out, "attribute", record->dest, record->source);
      break;
    case RECORD_JOIN:
      fprintf (out, "join %s", print_join_names[record->number]);
      break;
    default:
      fprintf (out, "record-%d", (int) record->kind);
      break;
    }
}

static void
print_process_record (FILE *out, const Record *record)
{
  switch (record->kind)
    {
    case RECORD_SETENV:
      print_words (out, "setenv", record->dest, record->source);
      break;
    case RECORD_UNSETENV:
      print_words (out, "unsetenv", record->dest, NULL);
      break;
    case RECORD_SHARE:
      fputs ("share", out);
      print_share (out, record->flags);
      break;
    case RECORD_IDENTITY:
      fprintf (out, "identity %u:%u", (unsigned) record->uid, (unsigned) record->gid);
      break;
    case RECORD_HOSTNAME:
      print_words (out, "hostname", record->dest, NULL);
      break;
    case RECORD_CAPABILITY:
      fprintf (out, "keep-capability %d", record->number);
      break;
    case RECORD_FILTER:
      print_words (out, "filter", print_filter_names[record->number], NULL);
      break;
    case RECORD_LANDLOCK:
      print_landlock (out, record);
      break;
    case RECORD_CWD:
      print_words (out, "cwd", record->dest, NULL);
      break;
    case RECORD_COMMAND:
      fputs ("command", out);
      for (size_t i = 0; record->argv[i] != NULL; i++)
        print_word (out, record->argv[i]);
      break;
    case RECORD_LIMIT:
      print_words (out, "limit", record->dest, record->source);
      break;
    case RECORD_PASS_FD:
      fprintf (out, "pass-fd %d", record->number);
      break;
    case RECORD_DIE_WITH_FD:
      print_words (out, "die-with-fd", record->source, NULL);
      break;
    default:
      print_guest_record (out, record);
      break;
    }
}

char *
sandbox_plan_to_text (const SandboxPlan *plan)
{
  char *text = NULL;
  size_t size = 0;
  FILE *out = open_memstream (&text, &size);

  if (out == NULL)
    return NULL;
  for (size_t i = 0; i < plan->n_records; i++)
    {
      const Record *record = &plan->records[i];

      if (record->kind <= RECORD_READ_ONLY)
        print_mount_record (out, record);
      else if (record->kind >= RECORD_TIME && record->kind <= RECORD_SECUREBITS)
        print_namespace_record (out, record);
      else
        print_process_record (out, record);
      fputs ("  #", out);
      for (const char *p = record->origin; *p != '\0'; p++)
        {
          if (p == record->origin)
            fputc (' ', out);
          fputc ((unsigned char) *p < ' ' ? ' ' : *p, out);
        }
      fputc ('\n', out);
    }
  if (fclose (out) != 0)
    {
      free (text);
      return NULL;
    }
  return text;
}
