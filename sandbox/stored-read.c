/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "sandbox/stored.h"

#include "sandbox/attribute.h"
#include "sandbox/plan-guest.h"
#include "sandbox/plan-namespace.h"
#include "sandbox/record.h"
#include "sandbox/stored-format.h"

#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

/* From a function that adds records of some kinds, about another kind. */
#define NOT_MINE (-2)

/* What is left to read.  Once something did not fit, everything reads as nothing. */
typedef struct
{
  const unsigned char *next;
  size_t left;
  bool is_bad;
} Reader;

/* A record as it was stored.  The texts are copies. */
typedef struct
{
  uint32_t kind, flags, mode, uid, gid;
  int32_t number;
  uint64_t size;
  char *origin, *dest, *source, *data;
  size_t data_size;
  char **argv;
} StoredRecord;

static uint64_t
number_read (Reader *reader, int bytes)
{
  uint64_t number = 0;

  if (reader->left < (size_t) bytes)
    {
      reader->is_bad = true;
      reader->left = 0;
      return 0;
    }
  for (int i = 0; i < bytes; i++)
    number |= (uint64_t) reader->next[i] << (8 * i);
  reader->next += bytes;
  reader->left -= (size_t) bytes;
  return number;
}

/* A copy with a NUL byte added, or NULL; *ret_size may be NULL, and then a NUL byte inside is bad. */
static char *
bytes_read (Reader *reader, size_t *ret_size)
{
  uint32_t size = (uint32_t) number_read (reader, 4);
  char *copy;

  if (reader->is_bad || size == STORED_NONE)
    return NULL;
  copy = size <= reader->left ? malloc ((size_t) size + 1) : NULL;
  if (copy == NULL || (ret_size == NULL && memchr (reader->next, '\0', size) != NULL))
    {
      reader->is_bad = true;
      free (copy);
      return NULL;
    }
  memcpy (copy, reader->next, size);
  copy[size] = '\0';
  reader->next += size;
  reader->left -= size;
  if (ret_size != NULL)
    *ret_size = size;
  return copy;
}

static void
stored_record_clear (StoredRecord *record)
{
  for (size_t i = 0; record->argv != NULL && record->argv[i] != NULL; i++)
    free (record->argv[i]);
  free (record->argv);
  free (record->origin);
  free (record->dest);
  free (record->source);
  free (record->data);
}

static void
arguments_read (Reader *reader, StoredRecord *record)
{
  uint32_t n = (uint32_t) number_read (reader, 4);

  if (reader->is_bad || n > STORED_ARGUMENTS_MAX || n > reader->left / 4)
    {
      reader->is_bad = true;
      return;
    }
  record->argv = calloc ((size_t) n + 1, sizeof *record->argv);
  if (record->argv == NULL)
    reader->is_bad = true;
  for (uint32_t i = 0; !reader->is_bad && i < n; i++)
    {
      record->argv[i] = bytes_read (reader, NULL);
      if (record->argv[i] == NULL)
        reader->is_bad = true;
    }
}

static void
stored_record_read (Reader *reader, StoredRecord *record)
{
  record->kind = (uint32_t) number_read (reader, 4);
  record->flags = (uint32_t) number_read (reader, 4);
  record->number = (int32_t) number_read (reader, 4);
  record->mode = (uint32_t) number_read (reader, 4);
  record->uid = (uint32_t) number_read (reader, 4);
  record->gid = (uint32_t) number_read (reader, 4);
  record->size = number_read (reader, 8);
  record->origin = bytes_read (reader, NULL);
  record->dest = bytes_read (reader, NULL);
  record->source = bytes_read (reader, NULL);
  record->data = bytes_read (reader, &record->data_size);
  arguments_read (reader, record);
}

static int
descriptor_get (const StoredRecord *record, SandboxSupplyFunction supply, void *context)
{
  if (supply == NULL || record->source == NULL)
    return -1;
  return supply (context, record->source, record->number);
}

/* The names of the layers: upper and work, empty when there are none, then the lower ones. */
static int
overlay_add (SandboxPlan *plan, const StoredRecord *r)
{
  size_t n = 0;

  while (r->argv[n] != NULL)
    n++;
  if (n < 3)
    return -1;
  return sandbox_plan_overlay_paths (plan, (const char *const *) r->argv + 2, n - 2, r->argv[0][0] != '\0' ? r->argv[0] : NULL,
                                     r->argv[1][0] != '\0' ? r->argv[1] : NULL, r->number != 0, r->dest, r->origin);
}

static int
file_add (SandboxPlan *plan, const StoredRecord *r)
{
  if (r->data == NULL || r->number < 0 || r->number > RECORD_FILE_DATA + SANDBOX_DATA_WRITTEN)
    return -1;
  if (r->number == 0)
    return sandbox_plan_file (plan, r->dest, r->data, r->data_size, r->mode, r->origin);
  return sandbox_plan_data (plan, r->dest, r->data, r->data_size, r->mode, (SandboxData) (r->number - RECORD_FILE_DATA), r->origin);
}

/* The records that stand for a source outside; -1 when that is not to be had. */
static int
source_add (SandboxPlan *plan, const StoredRecord *r, SandboxSupplyFunction supply, void *context)
{
  switch ((RecordKind) r->kind)
    {
    case RECORD_BIND:
      if ((r->flags & SANDBOX_BIND_BY_NAME) != 0)       /* that is said by the number */
        return -1;
      if ((r->number & RECORD_BY_NAME) != 0)
        return r->source != NULL ? sandbox_plan_bind (plan, r->source, r->dest, r->flags, r->origin) : -1;
      return sandbox_plan_bind_fd (plan, descriptor_get (r, supply, context), r->source, r->dest, r->flags, r->origin);
    case RECORD_MOUNT:
      return sandbox_plan_mount_fd (plan, descriptor_get (r, supply, context), r->source, r->dest, r->flags, r->origin);
    case RECORD_PASS_FD:
      return sandbox_plan_pass_fd (plan, descriptor_get (r, supply, context), r->number, r->origin);
    case RECORD_DIE_WITH_FD:
      return sandbox_plan_die_with_fd (plan, descriptor_get (r, supply, context), r->source, r->origin);
    case RECORD_OVERLAY:
      return overlay_add (plan, r);
    default:
      return NOT_MINE;
    }
}

static int
place_add (SandboxPlan *plan, const StoredRecord *r)
{
  switch ((RecordKind) r->kind)
    {
    case RECORD_TMPFS:
      return sandbox_plan_tmpfs (plan, r->dest, r->mode, r->size, r->origin);
    case RECORD_PROC:
      return sandbox_plan_proc (plan, r->dest, r->origin);
    case RECORD_DEV:
      return sandbox_plan_dev (plan, r->dest, r->origin);
    case RECORD_DIR:
      return sandbox_plan_dir (plan, r->dest, r->mode, r->origin);
    case RECORD_FILE:
      return file_add (plan, r);
    case RECORD_SYMLINK:
      return r->source != NULL ? sandbox_plan_symlink (plan, r->source, r->dest, r->origin) : -1;
    case RECORD_HIDE:
      return sandbox_plan_hide (plan, r->dest, r->origin);
    case RECORD_PIN:
      return sandbox_plan_pin (plan, r->dest, r->origin);
    case RECORD_READ_ONLY:
      return sandbox_plan_remount_read_only (plan, r->dest, r->origin);
    case RECORD_CHMOD:
      return sandbox_plan_chmod (plan, r->dest, r->mode, r->origin);
    case RECORD_MQUEUE:
      return sandbox_plan_mqueue (plan, r->dest, r->origin);
    case RECORD_BINFMT:
      return r->source != NULL ? sandbox_plan_binfmt (plan, r->source, r->dest, r->origin) : -1;
    case RECORD_RESTRICT:
      return sandbox_plan_restrict (plan, r->dest, r->flags, r->origin);
    case RECORD_LOCK:
      return sandbox_plan_lock (plan, r->dest, r->origin);
    default:
      return NOT_MINE;
    }
}

static int
landlock_add (SandboxPlan *plan, const StoredRecord *r)
{
  if (r->flags == SANDBOX_LANDLOCK_FILES || r->flags == (SANDBOX_LANDLOCK_FILES | SANDBOX_LANDLOCK_IF_POSSIBLE))
    return sandbox_plan_landlock_files (plan, r->flags & ~(unsigned) SANDBOX_LANDLOCK_FILES, r->origin);
  return sandbox_plan_landlock_port (plan, r->flags, r->number, r->origin);
}

static int
process_add (SandboxPlan *plan, const StoredRecord *r)
{
  switch ((RecordKind) r->kind)
    {
    case RECORD_SETENV:
      return sandbox_plan_setenv (plan, r->dest, r->source, r->origin);
    case RECORD_UNSETENV:
      return sandbox_plan_unsetenv (plan, r->dest, r->origin);
    case RECORD_SHARE:
      return sandbox_plan_share (plan, r->flags, r->origin);
    case RECORD_IDENTITY:
      return sandbox_plan_identity (plan, r->uid, r->gid, r->origin);
    case RECORD_HOSTNAME:
      return sandbox_plan_hostname (plan, r->dest, r->origin);
    case RECORD_DOMAIN_NAME:
      return sandbox_plan_domain_name (plan, r->dest, r->origin);
    case RECORD_ATTRIBUTE:
      return r->source != NULL ? sandbox_plan_attribute (plan, r->dest, r->source, r->origin) : -1;
    case RECORD_CAPABILITY:
      return sandbox_plan_keep_capability (plan, r->number, r->origin);
    case RECORD_FILTER:
      return sandbox_plan_filter (plan, (SandboxFilter) r->number, r->origin);
    case RECORD_LANDLOCK:
      return landlock_add (plan, r);
    case RECORD_CWD:
      return sandbox_plan_cwd (plan, r->dest, r->origin);
    case RECORD_COMMAND:
      return sandbox_plan_command (plan, (const char *const *) r->argv, r->origin);
    case RECORD_LIMIT:
      return sandbox_plan_limit (plan, r->dest, r->source, r->origin);
    case RECORD_START:
      return sandbox_plan_start (plan, r->flags, r->origin);
    case RECORD_ARGV0:
      return r->source != NULL ? sandbox_plan_argv0 (plan, r->source, r->origin) : -1;
    case RECORD_EXEC_LABEL:
      return sandbox_plan_exec_label (plan, r->source, r->origin);
    case RECORD_EXEC_PROFILE:
      return sandbox_plan_exec_profile (plan, r->source, r->origin);
    case RECORD_FILE_LABEL:
      return sandbox_plan_file_label (plan, r->source, r->origin);
    case RECORD_SECCOMP:
      return r->data != NULL ? sandbox_plan_seccomp (plan, r->data, r->data_size, r->origin) : -1;
    default:
      return NOT_MINE;
    }
}

static int
namespace_add (SandboxPlan *plan, const StoredRecord *r)
{
  size_t n = 0;

  switch ((RecordKind) r->kind)
    {
    case RECORD_TIME:
      return sandbox_plan_time_offset (plan, (SandboxClock) r->number, (int64_t) r->size, r->origin);
    case RECORD_ID_RANGE:
      return r->size <= UINT32_MAX ? sandbox_plan_map_range (plan, r->flags, r->uid, r->gid, (uint32_t) r->size, r->origin) : -1;
    case RECORD_OUTGOING:
      while (r->argv[n] != NULL)
        n++;
      return sandbox_plan_network_outgoing (plan, (const char *const *) r->argv, n, r->origin);
    case RECORD_TERMINAL:
      return sandbox_plan_terminal (plan, r->origin);
    case RECORD_SECUREBITS:
      return sandbox_plan_securebits (plan, r->flags, r->origin);
    default:
      return -1;
    }
}

static int
record_add (SandboxPlan *plan, const StoredRecord *record, SandboxSupplyFunction supply, void *context)
{
  int result = source_add (plan, record, supply, context);

  if (result == NOT_MINE)
    result = place_add (plan, record);
  if (result == NOT_MINE)
    result = process_add (plan, record);
  if (result == NOT_MINE)
    result = namespace_add (plan, record);
  return result;
}

static bool
header_check (const unsigned char *bytes, size_t size, char *reason)
{
  Reader sum = { bytes + STORED_MAGIC_SIZE, 8, false };

  if (size < STORED_HEADER_SIZE + 4 || memcmp (bytes, STORED_MAGIC, STORED_MAGIC_SIZE - 1) != 0)
    (void) snprintf (reason, SANDBOX_STORED_REASON, "this is not a stored sandbox plan");
  else if (bytes[STORED_MAGIC_SIZE - 1] != (unsigned char) STORED_MAGIC[STORED_MAGIC_SIZE - 1])
    (void) snprintf (reason, SANDBOX_STORED_REASON, "the stored sandbox plan is of version %d, and only %d is known",
                     bytes[STORED_MAGIC_SIZE - 1], STORED_MAGIC[STORED_MAGIC_SIZE - 1]);
  else if (size > STORED_MAX || number_read (&sum, 8) != stored_checksum (bytes + STORED_HEADER_SIZE, size - STORED_HEADER_SIZE))
    (void) snprintf (reason, SANDBOX_STORED_REASON, "the stored sandbox plan is damaged");
  else
    return true;
  return false;
}

SandboxPlan *
sandbox_plan_read (const void *data, size_t size, SandboxSupplyFunction supply, void *context,
                   char reason[SANDBOX_STORED_REASON])
{
  SandboxPlan *plan;
  Reader reader;
  uint32_t n;
  int result = 0;

  if (!header_check (data, size, reason))
    return NULL;
  reader = (Reader) { (const unsigned char *) data + STORED_HEADER_SIZE, size - STORED_HEADER_SIZE, false };
  plan = sandbox_plan_new ();
  n = (uint32_t) number_read (&reader, 4);
  for (uint32_t i = 0; i < n && result == 0 && !reader.is_bad; i++)
    {
      StoredRecord record = { 0 };

      stored_record_read (&reader, &record);
      if (reader.is_bad)
        result = -1;
      else
        result = record_add (plan, &record, supply, context);
      stored_record_clear (&record);
    }
  if (plan != NULL && result == 0 && !reader.is_bad && reader.left == 0 && n <= STORED_RECORDS_MAX)
    return plan;
  (void) snprintf (reason, SANDBOX_STORED_REASON, "the stored sandbox plan is refused: %.200s",
                   plan != NULL && sandbox_plan_failed (plan) != NULL ? sandbox_plan_failed (plan) : "it makes no sense");
  sandbox_plan_free (plan);
  return NULL;
}
