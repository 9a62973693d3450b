/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * Why user namespaces do not work: facts, and the sentence that follows from them.  They are apart so that the
 * sentences can be tested on a machine where everything works.
 */
#pragma once

#include <stddef.h>

typedef enum
{
  USERNS_WORKS,
  USERNS_CREATE,        /* the namespace `limit` could not be made */
  USERNS_MAP,           /* made, but the id map was refused */
  USERNS_MOUNT,         /* made and mapped, but it gives no right to mount */
} UsernsStage;

typedef struct
{
  UsernsStage stage;
  int saved_errno;
  const char *kind;         /* "user", "mnt", "pid" ...: as in /proc/sys/user/max_KIND_namespaces */
  long limit;               /* of that file; -1: unknown */
  long unprivileged_clone;  /* kernel.unprivileged_userns_clone; -1: no such setting */
  long apparmor_restrict;   /* kernel.apparmor_restrict_unprivileged_userns; -1: no such setting */
  int is_root;
  int has_filter;           /* this process runs under a seccomp filter */
  int is_chroot;
  int is_unmapped;          /* this process's ids mean nothing in its user namespace */
  char profile[128];        /* of a security module; "" or "unconfined": none */
} UsernsFacts;

/* Try, in a child, and look at the settings. */
void userns_facts_collect (UsernsFacts *ret_facts);

/* 0 when all works, else 1 with a sentence in `message`. */
int userns_explain (const UsernsFacts *facts, char *message, size_t size);
