/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "sandbox/beside.h"

#include "sandbox/enter.h"
#include "sandbox/outgoing.h"
#include "sandbox/setup.h"
#include "sandbox/terminal.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

struct Beside
{
  Terminal terminal;
  Outgoing outgoing;
  int app_fd;         /* the app's end of the terminal, until it has it; -1 */
};

static int
parts_prepare (Beside *beside, Launch *launch, SandboxError *error)
{
  const SandboxPlan *plan = launch->plan;

  if (launch->is_entering && enter_check (launch, error) < 0)
    return -1;
  if (ranges_prepare (launch, error) < 0 || outgoing_prepare (&beside->outgoing, launch, error) < 0)
    return -1;
  if (record_last (plan, RECORD_TERMINAL) != NULL && terminal_begin (&beside->terminal, &beside->app_fd, error) < 0)
    return -1;
  launch->terminal_fd = beside->app_fd;
  /* setns into some namespaces wants a process that shares its memory with nobody. */
  launch->is_held = launch->ranges != NULL || beside->outgoing.path != NULL || record_last (plan, RECORD_TIME) != NULL
                    || launch->is_entering;
  return 0;
}

int
beside_prepare (Launch *launch, Beside **ret_beside, SandboxError *error)
{
  static const RecordKind kinds[] = { RECORD_ENTER, RECORD_TIME, RECORD_ID_RANGE, RECORD_OUTGOING, RECORD_TERMINAL };
  Beside *beside;
  size_t i = 0;

  while (i < sizeof kinds / sizeof kinds[0] && record_last (launch->plan, kinds[i]) == NULL)
    i++;
  if (i == sizeof kinds / sizeof kinds[0])
    return 0;
  memset (error, 0, sizeof *error);
  beside = calloc (1, sizeof *beside);
  if (beside == NULL)
    {
      error->saved_errno = ENOMEM;
      (void) snprintf (error->message, sizeof error->message, "out of memory while the sandbox was prepared");
      return -1;
    }
  beside->app_fd = beside->outgoing.helper_pidfd = beside->outgoing.alive_fd = beside->outgoing.log_fd = -1;
  if (parts_prepare (beside, launch, error) < 0)
    {
      beside_end (beside);
      return -1;
    }
  *ret_beside = beside;
  return 0;
}

int
beside_made (Beside *beside, Launch *launch, pid_t pid, SandboxError *error)
{
  if (beside == NULL)
    return 0;
  if (beside->app_fd >= 0)
    (void) close (beside->app_fd);
  beside->app_fd = -1;
  if (launch->ranges != NULL && ranges_write (launch->ranges, pid, error) < 0)
    return -1;
  return outgoing_begin (&beside->outgoing, launch, pid, error);
}

void
beside_explain (const Beside *beside, const Fault *fault, SandboxError *error)
{
  if (beside != NULL && fault->kind == FAULT_NO_NETWORK)
    outgoing_explain (&beside->outgoing, error);
}

int
beside_watched (const Beside *beside)
{
  return beside != NULL ? beside->outgoing.helper_pidfd : -1;
}

void
beside_pause (const Beside *beside)
{
  if (beside != NULL)
    terminal_pause (&beside->terminal);
}

void
beside_resume (const Beside *beside)
{
  if (beside != NULL)
    terminal_resume (&beside->terminal);
}

void
beside_end (Beside *beside)
{
  if (beside == NULL)
    return;
  if (beside->app_fd >= 0)
    (void) close (beside->app_fd);
  terminal_end (&beside->terminal);
  outgoing_end (&beside->outgoing);
  free (beside);
}
