/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * A plan as JSON.  Bytes that are no UTF-8 (a path may have any) are written as U+FFFD: a reader of JSON could not take
 * them, and nobody builds a plan again from this; stored.h is for that.
 */
#include "sandbox/print.h"

#include "sandbox/plan-namespace.h"
#include "sandbox/print-names.h"
#include "sandbox/record.h"

#include <inttypes.h>
#include <linux/filter.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

typedef enum
{
  HAS_BIND_FLAGS = 1 << 0,
  HAS_MODE = 1 << 1,
  HAS_SIZE = 1 << 2,       /* when it is not 0 */
  HAS_BYTES = 1 << 3,      /* of data */
  HAS_LAYERS = 1 << 4,
  HAS_SHARE = 1 << 5,
  HAS_START = 1 << 6,
  HAS_IDS = 1 << 7,
  HAS_NUMBER = 1 << 8,
  HAS_FILTER = 1 << 9,
  HAS_ARGV = 1 << 10,
  HAS_INSTRUCTIONS = 1 << 11,
  HAS_JOIN = 1 << 12,
  HAS_LANDLOCK = 1 << 13,
  HAS_CLOCK = 1 << 14,
  HAS_RANGE = 1 << 15,
  HAS_PORTS = 1 << 16,
  HAS_BITS = 1 << 17,
} Members;

/* `dest` and `source`: the names of these members, NULL when the kind does not use them. */
static const struct { const char *name, *dest, *source; unsigned members; } kinds[RECORD_N_KINDS] = {
  [RECORD_BIND] = { "bind", "dest", "source", HAS_BIND_FLAGS },
  [RECORD_MOUNT] = { "mount", "dest", "source", HAS_BIND_FLAGS },
  [RECORD_OVERLAY] = { "overlay", "dest", NULL, HAS_LAYERS },
  [RECORD_TMPFS] = { "tmpfs", "dest", NULL, HAS_MODE | HAS_SIZE },
  [RECORD_PROC] = { "proc", "dest", NULL, 0 },
  [RECORD_DEV] = { "dev", "dest", NULL, 0 },
  [RECORD_DIR] = { "dir", "dest", NULL, HAS_MODE },
  [RECORD_FILE] = { "file", "dest", NULL, HAS_MODE | HAS_BYTES },
  [RECORD_SYMLINK] = { "symlink", "dest", "target", 0 },
  [RECORD_HIDE] = { "hide", "dest", NULL, 0 },
  [RECORD_PIN] = { "pin", "dest", NULL, 0 },
  [RECORD_READ_ONLY] = { "remount-read-only", "dest", NULL, 0 },
  [RECORD_SETENV] = { "setenv", "name", "value", 0 },
  [RECORD_UNSETENV] = { "unsetenv", "name", NULL, 0 },
  [RECORD_SHARE] = { "share", NULL, NULL, HAS_SHARE },
  [RECORD_IDENTITY] = { "identity", NULL, NULL, HAS_IDS },
  [RECORD_HOSTNAME] = { "hostname", "name", NULL, 0 },
  [RECORD_CAPABILITY] = { "keep-capability", NULL, NULL, HAS_NUMBER },
  [RECORD_FILTER] = { "filter", NULL, NULL, HAS_FILTER },
  [RECORD_LANDLOCK] = { "landlock", NULL, NULL, HAS_LANDLOCK },
  [RECORD_CWD] = { "cwd", "dir", NULL, 0 },
  [RECORD_COMMAND] = { "command", NULL, NULL, HAS_ARGV },
  [RECORD_LIMIT] = { "limit", "name", "value", 0 },
  [RECORD_PASS_FD] = { "pass-fd", NULL, NULL, HAS_NUMBER },
  [RECORD_DIE_WITH_FD] = { "die-with-fd", NULL, "what", 0 },
  [RECORD_TIME] = { "clock", NULL, NULL, HAS_CLOCK },
  [RECORD_ID_RANGE] = { "map", NULL, NULL, HAS_RANGE },
  [RECORD_OUTGOING] = { "network-outgoing", NULL, NULL, HAS_PORTS },
  [RECORD_TERMINAL] = { "terminal", NULL, NULL, 0 },
  [RECORD_SECUREBITS] = { "securebits", NULL, NULL, HAS_BITS },
  [RECORD_CHMOD] = { "chmod", "dest", NULL, HAS_MODE },
  [RECORD_START] = { "start", NULL, NULL, HAS_START },
  [RECORD_ARGV0] = { "argv0", NULL, "name", 0 },
  [RECORD_MQUEUE] = { "mqueue", "dest", NULL, 0 },
  [RECORD_SECCOMP] = { "seccomp", NULL, NULL, HAS_INSTRUCTIONS },
  [RECORD_LOCK] = { "lock", "dest", NULL, 0 },
  [RECORD_HOLD_FD] = { "hold-fd", NULL, NULL, 0 },
  [RECORD_WAIT_FD] = { "wait-fd", NULL, NULL, 0 },
  [RECORD_ENTER] = { "enter", NULL, NULL, HAS_NUMBER },
  [RECORD_EXEC_LABEL] = { "exec-label", NULL, "label", 0 },
  [RECORD_FILE_LABEL] = { "file-label", NULL, "label", 0 },
  [RECORD_RESTRICT] = { "restrict", "dest", NULL, HAS_BIND_FLAGS },
  [RECORD_DOMAIN_NAME] = { "domain-name", "name", NULL, 0 },
  [RECORD_ATTRIBUTE] = { "attribute", "name", "value", 0 },
  [RECORD_EXEC_PROFILE] = { "exec-profile", NULL, "profile", 0 },
  [RECORD_BINFMT] = { "binfmt", "dest", "rule", 0 },
  [RECORD_JOIN] = { "join", NULL, NULL, HAS_JOIN },
};

/* The length of the UTF-8 sequence at `p`, 0 when it is none: too long, a surrogate, beyond the last. */
static size_t
utf8_length (const unsigned char *p)
{
  static const uint32_t smallest[] = { 0, 0, 0x80, 0x800, 0x10000 };
  size_t length = p[0] < 0x80 ? 1 : (p[0] & 0xe0) == 0xc0 ? 2 : (p[0] & 0xf0) == 0xe0 ? 3 : (p[0] & 0xf8) == 0xf0 ? 4 : 0;
  uint32_t point = length < 2 ? p[0] : p[0] & (0x7fu >> length);

  for (size_t i = 1; i < length; i++)
    {
      if ((p[i] & 0xc0) != 0x80)
        return 0;
      point = point << 6 | (p[i] & 0x3fu);
    }
  return length > 1 && (point < smallest[length] || point > 0x10ffff || (point >= 0xd800 && point < 0xe000)) ? 0 : length;
}

static void
write_text (FILE *out, const char *text)
{
  const unsigned char *p = (const unsigned char *) text;

  fputc ('"', out);
  while (*p != '\0')
    {
      size_t length = utf8_length (p);

      if (length == 0)
        fputs ("\\ufffd", out);
      else if (*p == '"' || *p == '\\')
        fprintf (out, "\\%c", *p);
      else if (*p < ' ' || *p == 0x7f)
        fprintf (out, "\\u%04x", *p);
      else
        (void) fwrite (p, 1, length, out);
      p += length == 0 ? 1 : length;
    }
  fputc ('"', out);
}

static void
write_member (FILE *out, const char *name, const char *value)
{
  fprintf (out, ", \"%s\": ", name);
  write_text (out, value);
}

static void
write_bits (FILE *out, const char *name, unsigned bits, const char *const *names, size_t n)
{
  const char *gap = "";

  fprintf (out, ", \"%s\": [", name);
  for (size_t i = 0; i < n; i++)
    if ((bits & (1u << i)) != 0)
      {
        fputs (gap, out);
        write_text (out, names[i]);
        gap = ", ";
      }
  fputc (']', out);
}

static void
write_texts (FILE *out, const char *name, char *const *texts)
{
  fprintf (out, ", \"%s\": [", name);
  for (size_t i = 0; texts[i] != NULL; i++)
    {
      if (i > 0)
        fputs (", ", out);
      write_text (out, texts[i]);
    }
  fputc (']', out);
}

static void
write_layers (FILE *out, const Record *record)
{
  write_member (out, "kind", record->number ? "ro" : record->upper_fd >= 0 ? "upper" : "tmp");
  fprintf (out, ", \"n-lower\": %zu", record->n_fds);
  if (record->argv == NULL)
    return;
  if (record->upper_fd >= 0)
    {
      write_member (out, "upper", record->argv[0]);
      write_member (out, "work", record->argv[1]);
    }
  write_texts (out, "lower", record->argv + 2);
}

/* Of plan-namespace.h and its like.  A range without numbers is the caller's first one. */
static void
write_namespace (FILE *out, const Record *record, unsigned members)
{
  static const char *const what[] = { "users", "groups" };

  if ((members & HAS_CLOCK) != 0)
    {
      write_member (out, "name", record->number == SANDBOX_CLOCK_MONOTONIC ? "monotonic" : "boottime");
      fprintf (out, ", \"seconds\": %" PRId64, (int64_t) record->size);
    }
  if ((members & HAS_RANGE) != 0)
    write_bits (out, "what", record->flags, what, sizeof what / sizeof what[0]);
  if ((members & HAS_RANGE) != 0 && record->size != 0)
    fprintf (out, ", \"inner\": %u, \"outer\": %u, \"count\": %" PRIu64, (unsigned) record->uid, (unsigned) record->gid,
             record->size);
  if ((members & HAS_PORTS) != 0)
    write_texts (out, "ports", record->argv);
  if ((members & HAS_BITS) != 0)
    fprintf (out, ", \"bits\": %u", record->flags);
}

static void
write_members (FILE *out, const Record *record, unsigned members)
{
  if ((members & HAS_BIND_FLAGS) != 0)
    write_bits (out, "flags", record->flags, print_bind_names, print_n_bind_names);
  if ((members & HAS_MODE) != 0)
    fprintf (out, ", \"mode\": \"%04o\"", (unsigned) record->mode);
  if ((members & HAS_SIZE) != 0 && record->size != 0)
    fprintf (out, ", \"size\": %" PRIu64, record->size);
  if ((members & HAS_BYTES) != 0)
    fprintf (out, ", \"bytes\": %zu", record->data_size);
  if ((members & HAS_INSTRUCTIONS) != 0)
    fprintf (out, ", \"instructions\": %zu", record->data_size / sizeof (struct sock_filter));
  if ((members & HAS_LAYERS) != 0)
    write_layers (out, record);
  if ((members & HAS_SHARE) != 0)
    write_bits (out, "namespaces", record->flags, print_share_names, print_n_share_names);
  if ((members & HAS_START) != 0)
    write_bits (out, "flags", record->flags, print_start_names, print_n_start_names);
  if ((members & HAS_IDS) != 0)
    fprintf (out, ", \"uid\": %u, \"gid\": %u", (unsigned) record->uid, (unsigned) record->gid);
  if ((members & HAS_NUMBER) != 0)
    fprintf (out, ", \"number\": %d", record->number);
  if ((members & HAS_FILTER) != 0)
    write_member (out, "name", print_filter_names[record->number]);
  if ((members & HAS_JOIN) != 0)
    write_member (out, "namespace", print_join_names[record->number]);
  if ((members & HAS_LANDLOCK) != 0)
    {
      write_bits (out, "flags", record->flags, print_landlock_names, print_n_landlock_names);
      if ((record->flags & SANDBOX_LANDLOCK_FILES) == 0)
        fprintf (out, ", \"port\": %d", record->number);
    }
  if ((members & (HAS_CLOCK | HAS_RANGE | HAS_PORTS | HAS_BITS)) != 0)
    write_namespace (out, record, members);
  if ((members & HAS_ARGV) != 0)
    write_texts (out, "argv", record->argv);
}

char *
sandbox_plan_to_json (const SandboxPlan *plan)
{
  char *text = NULL;
  size_t size = 0;
  FILE *out = open_memstream (&text, &size);
  int failed;

  if (out == NULL)
    return NULL;
  fputc ('[', out);
  for (size_t i = 0; i < plan->n_records; i++)
    {
      const Record *record = &plan->records[i];

      fputs (i == 0 ? "\n  { \"record\": " : ",\n  { \"record\": ", out);
      write_text (out, kinds[record->kind].name != NULL ? kinds[record->kind].name : "");
      if (kinds[record->kind].source != NULL)
        write_member (out, kinds[record->kind].source, record->source);
      if (kinds[record->kind].dest != NULL)
        write_member (out, kinds[record->kind].dest, record->dest);
      write_members (out, record, kinds[record->kind].members);
      write_member (out, "origin", record->origin);
      fputs (" }", out);
    }
  fputs ("\n]\n", out);
  failed = ferror (out);
  failed |= fclose (out);
  if (failed)
    {
      free (text);
      return NULL;
    }
  return text;
}
