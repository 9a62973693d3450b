/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * Execute a plan.
 *
 * The thread that starts a sandbox must live as long as it: the kernel ends the sandbox when that thread ends.  Nothing
 * here changes the process for good; sandbox_run() blocks signals while it runs.
 */
#pragma once

#include "sandbox/plan.h"

#define SANDBOX_MESSAGE_MAX 1024

/* What is in the way at a place. */
typedef enum { SANDBOX_PLACE_FINE, SANDBOX_PLACE_LINK, SANDBOX_PLACE_NO_DIRECTORY, SANDBOX_PLACE_NO_FILE, SANDBOX_PLACE_OTHER_LINK,
               SANDBOX_PLACE_NO_LINK } SandboxPlace;

typedef enum { SANDBOX_MAP_FINE, SANDBOX_MAP_UID, SANDBOX_MAP_GID, SANDBOX_MAP_GROUPS } SandboxMap;

/* What went wrong, as a sentence (host path, sandbox path, system call, errno, what to do). */
typedef struct
{
  int saved_errno;
  int cannot_exec;      /* 126 or 127 when the app could not be executed, else 0 */
  int failed_map;       /* SandboxMap: what of the id map could not be written */
  int failed_clone;     /* the namespaces could not be made */
  int failed_place;     /* SandboxPlace */
  const char *place;    /* which (owned by the plan), when there is one */
  char found[256];      /* SANDBOX_PLACE_OTHER_LINK: where that leads */
  char message[SANDBOX_MESSAGE_MAX];
  char limit[SANDBOX_MESSAGE_MAX / 2];   /* of an app that has ended: which limit did it, as a sentence; else "" */
} SandboxError;

typedef struct
{
  pid_t pid;            /* the outer child, pid 1 of the sandbox, as seen by the caller */
  int pidfd;
  int status_fd;        /* from the child: set-up failure or the app's exit status */
  struct SandboxGroup *group;   /* cgroup.h; NULL: none of its own */
  struct Beside *beside;  /* what the engine runs beside the sandbox, NULL: nothing */
} SandboxProcess;

/* Start; returns 0 when the app has been executed, -1 with *ret_error otherwise (nothing is left behind). */
int sandbox_spawn (const SandboxPlan *plan, SandboxProcess *ret_process, SandboxError *ret_error);

/* Wait for the end.  Returns the app's status, 128+n for a signal, 125 with *ret_error when the sandbox
 * was lost (pid 1 killed, a die_with_fd fired). */
int sandbox_wait (SandboxProcess *process, const SandboxPlan *plan, SandboxError *ret_error);

/* Both, with signals forwarded meanwhile (TERM, INT, HUP, QUIT, USR1, USR2, WINCH, CONT, TSTP, TTIN, TTOU; what a
 * terminal sent the app has already, unless it is in a session of its own).  When the app stops, the caller is stopped too.
 * For programs that end with their sandbox: when this returns, nothing of the app runs any more, but the kernel may still be
 * taking the namespaces down, and pid 1 is left as a child that nobody has waited for.
 * On failure returns 125, 126 or 127 and *ret_error has a message; message is empty otherwise. */
int sandbox_run (const SandboxPlan *plan, SandboxError *ret_error);

/* The same, but `made` is called with pid 1 of the sandbox, as we see it, when its namespaces are there; it goes no further
 * before `made` returns.  A failure of the set-up comes later and has a saved_errno, the loss of a running sandbox has
 * none. */
typedef void (*SandboxMadeFunction) (void *context, pid_t pid);
int sandbox_spawn_told (const SandboxPlan *plan, SandboxMadeFunction made, void *context, SandboxProcess *ret_process,
                        SandboxError *ret_error);
int sandbox_run_told (const SandboxPlan *plan, SandboxMadeFunction made, void *context, SandboxError *ret_error);
