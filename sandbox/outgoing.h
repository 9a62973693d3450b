/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * A network with a way out, by pasta(1).
 *
 * pasta opens the sockets of outgoing connections on the host's side and speaks to the app through an interface in the sandbox's
 * network namespace.  It is a child of the parent and in the host's pid and mount namespaces (and in an empty one of its own
 * once it runs), so nothing inside sees it.  It must never outlive the sandbox, and enters the sandbox's user namespace, by
 * which the kernel forgets that it was to end with its parent.  So the parent ends it, and a watcher does so when the parent
 * itself has been killed.
 *
 * Pipes: `mapped` ends when the sandbox has its ids, which pasta needs; pasta writes its process id into `ready` when the
 * interface is configured, and the end of that pipe without a word means that it failed.  The sandbox makes its file system
 * meanwhile, and waits for `ready` only then: an app that starts finds its network complete.
 */
#pragma once

#include "sandbox/run.h"

typedef struct
{
  int mapped[2];
  int ready[2];
} OutgoingPipes;

#define OUTGOING_NONE { { -1, -1 }, { -1, -1 } }

typedef struct Launch Launch;

typedef struct
{
  char *path;          /* of pasta, malloc'ed */
  pid_t helper;        /* pasta, 0: there is none */
  int helper_pidfd;
  pid_t watcher;
  int alive_fd;        /* the watcher sees its end */
  int log_fd;          /* what pasta has said */
} Outgoing;

/* Find pasta and make the pipes, when the plan wants it; -1 with a sentence where pasta is not installed. */
int outgoing_prepare (Outgoing *outgoing, Launch *launch, SandboxError *error);
/* Start pasta for the new process `pid`; the parent's ends of the pipes are closed. */
int outgoing_begin (Outgoing *outgoing, Launch *launch, pid_t pid, SandboxError *error);
/* Add what pasta has said to a sentence. */
void outgoing_explain (const Outgoing *outgoing, SandboxError *error);
void outgoing_end (Outgoing *outgoing);
