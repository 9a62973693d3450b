/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "sandbox/launch.h"

#include "sandbox/kernel.h"
#include "sandbox/landlock.h"
#include "sandbox/plan-limit.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

/* But for the one of the network, which is made beside the others (network.c). */
static uint64_t
namespaces_wanted (unsigned shared, unsigned joined)
{
  uint64_t wanted = CLONE_NEWUSER | CLONE_NEWNS | CLONE_NEWPID | CLONE_NEWIPC | CLONE_NEWUTS | CLONE_NEWCGROUP;

  if ((shared & SANDBOX_SHARE_IPC) != 0)
    wanted &= ~(uint64_t) CLONE_NEWIPC;
  if ((shared & SANDBOX_SHARE_UTS) != 0)
    wanted &= ~(uint64_t) CLONE_NEWUTS;
  if ((shared & SANDBOX_SHARE_CGROUP) != 0)
    wanted &= ~(uint64_t) CLONE_NEWCGROUP;
  if ((shared & SANDBOX_SHARE_PIDS) != 0)
    wanted &= ~(uint64_t) CLONE_NEWPID;
  if ((joined & (1u << SANDBOX_JOIN_USER)) != 0)
    wanted &= ~(uint64_t) CLONE_NEWUSER;
  return wanted;
}

/* The index of variable `name` in the environment, or `n`. */
static size_t
env_find (char **env, size_t n, const char *name)
{
  size_t length = strlen (name);
  size_t i = 0;

  while (i < n && (strncmp (env[i], name, length) != 0 || env[i][length] != '='))
    i++;
  return i;
}

static int
env_build (Launch *launch, const SandboxPlan *plan)
{
  size_t n = 0;

  launch->env = calloc (plan->n_records + 1, sizeof *launch->env);
  if (launch->env == NULL)
    return -1;
  for (size_t i = 0; i < plan->n_records; i++)
    {
      const Record *record = &plan->records[i];
      size_t at;

      if (record->kind != RECORD_SETENV && record->kind != RECORD_UNSETENV)
        continue;
      at = env_find (launch->env, n, record->dest);
      if (at < n)
        {
          free (launch->env[at]);
          launch->env[at] = launch->env[--n];
          launch->env[n] = NULL;
        }
      if (record->kind == RECORD_UNSETENV)
        continue;
      if (asprintf (&launch->env[n], "%s=%s", record->dest, record->source) < 0)
        {
          launch->env[n] = NULL;
          return -1;
        }
      n++;
    }
  return 0;
}

/* Only the second string is written (in the child), so only that one is ours. */
static int
init_arguments_build (Launch *launch, const SandboxPlan *plan)
{
  const Record *command = record_last (plan, RECORD_COMMAND);
  const Record *cwd = record_last (plan, RECORD_CWD);
  const Record *argv0 = record_last (plan, RECORD_ARGV0);
  const Record *label = record_last (plan, RECORD_EXEC_LABEL);
  const Record *profile = record_last (plan, RECORD_EXEC_PROFILE);
  unsigned flags = launch->start & (SANDBOX_START_STRICT_CWD | SANDBOX_START_SET_PWD | SANDBOX_START_AS_PID_1);
  size_t n = 0;

  while (command->argv[n] != NULL)
    n++;
  launch->init_argv = calloc (n + 7, sizeof *launch->init_argv);
  if (launch->init_argv == NULL)
    return -1;
  launch->init_argv[1] = calloc (1, 64);
  if (launch->init_argv[1] == NULL)
    return -1;
  launch->init_argv[0] = (char *) (uintptr_t) INIT_NAME;
  launch->init_argv[2] = cwd != NULL ? cwd->dest : (char *) (uintptr_t) "";
  if ((launch->shared & SANDBOX_SHARE_PIDS) != 0)
    flags |= INIT_SHARED_PIDS;
  if (limit_is_wanted (plan, true))
    flags |= INIT_STAYS;
  if (profile != NULL)
    flags |= INIT_LABEL_IS_PROFILE;
  (void) snprintf (launch->init_flags, sizeof launch->init_flags, "%u", flags);
  launch->init_argv[3] = launch->init_flags;
  launch->init_argv[4] = profile != NULL ? profile->data : label != NULL ? label->source : (char *) (uintptr_t) "";
  launch->init_argv[5] = command->argv[0];
  memcpy (launch->init_argv + 6, command->argv, n * sizeof *launch->init_argv);
  if (argv0 != NULL)
    launch->init_argv[6] = argv0->source;
  return 0;
}

int
launch_prepare (Launch *launch, const SandboxPlan *plan)
{
  const Record *identity = record_last (plan, RECORD_IDENTITY);
  const Record *filter = record_last (plan, RECORD_FILTER);
  const Record *hostname = record_last (plan, RECORD_HOSTNAME);

  memset (launch, 0, sizeof *launch);
  launch->plan = plan;
  launch->limit_fds[0] = launch->limit_fds[1] = -1;
  launch->hold_fds[0] = launch->hold_fds[1] = launch->terminal_fd = -1;
  launch->outgoing = (OutgoingPipes) OUTGOING_NONE;
  launch->securebits = record_flags (plan, RECORD_SECUREBITS);
  launch->shared = record_flags (plan, RECORD_SHARE);
  launch->start = record_flags (plan, RECORD_START);
  launch->landlock = landlock_wanted (plan);
  launch->outer_uid = geteuid ();
  launch->outer_gid = getegid ();
  launch->inner_uid = identity != NULL ? identity->uid : launch->outer_uid;
  launch->inner_gid = identity != NULL ? identity->gid : launch->outer_gid;
  launch->filter = filter != NULL ? (SandboxFilter) filter->number : SANDBOX_FILTER_DEFAULT;
  launch->hostname = hostname != NULL ? hostname->dest : NULL;
  for (size_t i = 0; i < plan->n_records; i++)
    if (plan->records[i].kind == RECORD_CAPABILITY)
      launch->capabilities |= UINT64_C (1) << plan->records[i].number;
    else if (plan->records[i].kind == RECORD_JOIN)
      launch->joined |= 1u << plan->records[i].number;
  if ((launch->joined & (1u << SANDBOX_JOIN_NET)) != 0)
    launch->shared |= SANDBOX_SHARE_NETWORK;        /* with the one who was joined */
  launch->is_entering = record_last (plan, RECORD_ENTER) != NULL;
  if (launch->is_entering)      /* for who waits: the command is a process like any other */
    launch->shared |= SANDBOX_SHARE_NETWORK | SANDBOX_SHARE_IPC | SANDBOX_SHARE_UTS | SANDBOX_SHARE_CGROUP | SANDBOX_SHARE_PIDS;
  launch->namespaces = launch->is_entering ? 0 : namespaces_wanted (launch->shared, launch->joined);
  /* The namespace of control groups begins where the sandbox ends up, so it is made when that is known (cgroup-gate.c). */
  if (limit_is_wanted (plan, true))
    launch->namespaces &= ~(uint64_t) CLONE_NEWCGROUP;
  launch->own_devices = calloc (plan->n_records + 1, sizeof *launch->own_devices);
  launch->pass_fds = calloc (plan->n_records + 1, sizeof *launch->pass_fds);
  launch->stack = malloc (LAUNCH_STACK_SIZE + 2 * THREAD_STACK_SIZE);
  launch->held_fds = calloc (plan->n_records + 1, sizeof *launch->held_fds);
  if (launch->own_devices == NULL || launch->pass_fds == NULL || launch->stack == NULL || launch->held_fds == NULL)
    return -1;
  launch->network_stack = launch->stack + LAUNCH_STACK_SIZE;
  launch->leaver_stack = launch->network_stack + THREAD_STACK_SIZE;
  for (size_t i = 0; i < plan->n_records; i++)
    launch->held_fds[i] = plan->records[i].kind == RECORD_HOLD_FD ? plan->records[i].fd : -1;
  if (privileges_prepare (launch) < 0)
    return -1;
  return env_build (launch, plan) < 0 ? -1 : init_arguments_build (launch, plan);
}

void
launch_clear (Launch *launch)
{
  for (size_t i = 0; launch->env != NULL && launch->env[i] != NULL; i++)
    free (launch->env[i]);
  free (launch->env);
  if (launch->init_argv != NULL)
    free (launch->init_argv[1]);
  free (launch->init_argv);
  for (int i = 0; i < 2; i++)
    {
      if (launch->outgoing.mapped[i] >= 0)
        (void) close (launch->outgoing.mapped[i]);
      if (launch->outgoing.ready[i] >= 0)
        (void) close (launch->outgoing.ready[i]);
    }
  (void) cap_free (launch->kept);
  (void) cap_free (launch->settling);
  free (launch->own_devices);
  free (launch->stack);
  free (launch->ranges);
  free (launch->pass_fds);
  free (launch->held_fds);
}
