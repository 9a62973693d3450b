/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "sandbox/stored.h"

#include "sandbox/record.h"
#include "sandbox/stored-format.h"

#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static void
number_write (FILE *out, uint64_t number, int bytes)
{
  for (int i = 0; i < bytes; i++)
    (void) fputc ((int) (number >> (8 * i) & 0xff), out);     /* memory: ferror() is asked at the end */
}

static void
bytes_write (FILE *out, const void *data, size_t size)
{
  number_write (out, size, 4);
  (void) fwrite (data, 1, size, out);
}

static void
text_write (FILE *out, const char *text)
{
  if (text == NULL)
    number_write (out, STORED_NONE, 4);
  else
    bytes_write (out, text, strlen (text));
}

static void
record_write (FILE *out, const Record *record)
{
  uint32_t n = 0;

  number_write (out, (uint64_t) record->kind, 4);
  number_write (out, record->flags, 4);
  number_write (out, (uint32_t) record->number, 4);
  /* What the mode of a source was is found out again. */
  number_write (out, record->kind == RECORD_BIND || record->kind == RECORD_MOUNT ? 0 : record->mode, 4);
  number_write (out, record->uid, 4);
  number_write (out, record->gid, 4);
  number_write (out, record->size, 8);
  text_write (out, record->origin);
  text_write (out, record->dest);
  text_write (out, record->source);
  if (record->data != NULL)
    bytes_write (out, record->data, record->data_size);
  else
    number_write (out, STORED_NONE, 4);
  while (record->argv != NULL && record->argv[n] != NULL)
    n++;
  number_write (out, n, 4);
  for (uint32_t i = 0; i < n; i++)
    text_write (out, record->argv[i]);
}

/* Fill in the checksum, which comes before what it covers. */
static void
checksum_set (unsigned char *bytes, size_t size)
{
  uint64_t sum = stored_checksum (bytes + STORED_HEADER_SIZE, size - STORED_HEADER_SIZE);

  for (int i = 0; i < 8; i++)
    bytes[STORED_MAGIC_SIZE + i] = (unsigned char) (sum >> (8 * i));
}

static int
plan_check (const SandboxPlan *plan, char *reason)
{
  if (sandbox_plan_failed (plan) != NULL)
    {
      (void) snprintf (reason, SANDBOX_STORED_REASON, "%s", sandbox_plan_failed (plan));
      return -1;
    }
  for (size_t i = 0; i < plan->n_records; i++)
    if (plan->records[i].kind == RECORD_OVERLAY && plan->records[i].argv == NULL)
      {
        (void) snprintf (reason, SANDBOX_STORED_REASON, "the overlay on “%s” cannot be stored: its layers have no names",
                         plan->records[i].dest);
        return -1;
      }
    else if (plan->records[i].kind == RECORD_HOLD_FD || plan->records[i].kind == RECORD_WAIT_FD
             || plan->records[i].kind == RECORD_JOIN || plan->records[i].kind == RECORD_ENTER)
      {
        (void) snprintf (reason, SANDBOX_STORED_REASON, "the plan cannot be stored: “%.100s” is a descriptor, which means "
                         "nothing later", plan->records[i].origin);
        return -1;
      }
  return 0;
}

static bool
is_stored (const Record *record, bool with_command)
{
  return with_command || record->kind != RECORD_COMMAND;
}

static int
plan_store (const SandboxPlan *plan, bool with_command, void **ret_data, size_t *ret_size, char *reason)
{
  size_t n = 0;
  char *data = NULL;
  size_t size = 0;
  int failed = 1;
  FILE *out;

  if (plan_check (plan, reason) < 0)
    return -1;
  out = open_memstream (&data, &size);
  if (out != NULL)
    {
      (void) fwrite (STORED_MAGIC, 1, STORED_MAGIC_SIZE, out);
      number_write (out, 0, 8);
      for (size_t i = 0; i < plan->n_records; i++)
        n += is_stored (&plan->records[i], with_command);
      number_write (out, n, 4);
      for (size_t i = 0; i < plan->n_records; i++)
        if (is_stored (&plan->records[i], with_command))
          record_write (out, &plan->records[i]);
      failed = ferror (out);
      failed |= fclose (out);
    }
  if (out == NULL || failed || size > STORED_MAX || plan->n_records > STORED_RECORDS_MAX)
    {
      (void) snprintf (reason, SANDBOX_STORED_REASON, "the plan cannot be stored: it is too large");
      free (data);
      return -1;
    }
  checksum_set ((unsigned char *) data, size);
  *ret_data = data;
  *ret_size = size;
  return 0;
}

int
sandbox_plan_store (const SandboxPlan *plan, void **ret_data, size_t *ret_size, char reason[SANDBOX_STORED_REASON])
{
  return plan_store (plan, true, ret_data, ret_size, reason);
}

int
sandbox_plan_store_start (const SandboxPlan *plan, void **ret_data, size_t *ret_size, char reason[SANDBOX_STORED_REASON])
{
  return plan_store (plan, false, ret_data, ret_size, reason);
}

void
sandbox_plan_supplied (const SandboxPlan *plan, SandboxSuppliedFunction tell, void *context)
{
  for (size_t i = 0; i < plan->n_records; i++)
    {
      const Record *record = &plan->records[i];

      if ((record->kind == RECORD_BIND && (record->number & RECORD_BY_NAME) == 0) || record->kind == RECORD_MOUNT
          || record->kind == RECORD_PASS_FD || record->kind == RECORD_DIE_WITH_FD)
        tell (context, record->fd);
    }
}

void
sandbox_stored_replace (void *data, size_t size, size_t offset, const void *bytes, size_t n)
{
  memcpy ((char *) data + offset, bytes, n);
  checksum_set (data, size);
}
