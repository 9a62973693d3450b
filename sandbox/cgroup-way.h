/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * How a sandbox comes into a control group of its own, for the files of this folder.
 *
 * There are two ways.  A directory of the cgroup file system that was delegated to this user is the shorter one: the group is
 * made before the first process, which is born in it.  Elsewhere the user's systemd is asked for a scope: a helper program does
 * that while the sandbox is being set up, and the app waits (cgroup-gate.c) until the group is there.  In both cases
 * what the kernel says about each limit is read back: neither systemd nor the kernel complains about a limit whose
 * controller is not delegated.
 */
#pragma once

#include "sandbox/record.h"
#include "sandbox/run.h"

#include <stdbool.h>

#define CGROUP_REASON 512

/* How the names of groups begin that were made for a sandbox, by us and by systemd. */
#define CGROUP_DIRECTORY_NAME "nacelle-"
#define CGROUP_SCOPE_NAME "app-nacelle-"

struct SandboxGroup
{
  const struct CgroupWay *way;
  int dir_fd;           /* of the group; -1 while it is not known */
  int parent_fd;        /* of the directory that we have made it in; -1: systemd made it and removes it */
  bool is_joined;       /* another sandbox's, which stays when we leave */
  char name[64];        /* in parent_fd, or of the scope */
  char socket[108];     /* of systemd */
};

typedef struct SandboxGroup Cgroup;

/* `begin` comes before the first process, `place` when that is there (and may be in the group already).  0, or -1 with the
 * reason. */
typedef struct CgroupWay
{
  const char *name;     /* of the way, for the sentence */
  int (*begin) (const SandboxPlan *plan, Cgroup *group, char *reason);
  int (*place) (const SandboxPlan *plan, Cgroup *group, pid_t pid, char *reason);
} CgroupWay;

extern const CgroupWay cgroup_way_directory;
extern const CgroupWay cgroup_way_systemd;
extern const CgroupWay cgroup_way_joined;

/* cgroup.c.  *ret_group is NULL where no limit needs a group, or all that do are optional and there is none to be had. */
int cgroup_begin (const SandboxPlan *plan, Cgroup **ret_group, SandboxError *ret_error);
/* The same for the group of the running sandbox of `pid`; NULL where it has none of its own or we are in it already. */
int cgroup_join (const SandboxPlan *plan, pid_t pid, Cgroup **ret_group, SandboxError *ret_error);
int cgroup_place (const SandboxPlan *plan, Cgroup **group, pid_t pid, SandboxError *ret_error);
/* A sentence about the limit that the app has hit, if any; otherwise the message is left alone. */
void cgroup_explain (const Cgroup *group, const SandboxPlan *plan, int status, char *message, size_t size);
/* Kill what is left in the group, remove it, free the memory; accepts NULL. */
void cgroup_end (Cgroup *group);

/* cgroup-tree.c: the file system. */
int cgroup_reason (char *reason, const char *format, ...) __attribute__ ((format (printf, 2, 3)));    /* returns -1 */
int cgroup_mount_open (char *reason);
/* The path of the group of `pid` (0: our own), as we see it, without the first '/'; returns -1 when there is none. */
int cgroup_path_of (pid_t pid, char *path, size_t size);
/* What a file says, without the last newline.  Returns 0, or -1. */
int cgroup_read (int dir_fd, const char *file, char *text, size_t size);
int cgroup_write (int dir_fd, const char *file, const char *text);
/* The number behind `key` in a file of lines "KEY NUMBER"; 0 when it is not there. */
unsigned long long cgroup_count (int dir_fd, const char *file, const char *key);
/* Wait until that number is `wanted`, up to some seconds. */
int cgroup_await (int dir_fd, const char *file, const char *key, unsigned long long wanted);

/* cgroup-value.c: one limit. */
/* What to write into its file; -1 with the reason. */
int cgroup_value (const Record *record, char *text, size_t size, char *reason);
/* Whether every limit that is not optional is in force in the group; -1 with the reason. */
int cgroup_check (const SandboxPlan *plan, int dir_fd, char *reason);
/* The controller of a limit, as "memory". */
void cgroup_controller (const Record *record, char name[16]);

/* cgroup-joined.c: into `group`, the one that the sandbox of `pid` has to itself.  Returns 1, 0 when there is none or we are in
 * it, or -1 with the reason. */
int cgroup_joined (pid_t pid, Cgroup *group, char *reason);

/* cgroup-systemd.c: let systemd move a process into the scope `group`. */
int cgroup_scope_attach (Cgroup *group, pid_t pid, char *reason);

/* cgroup-control.c */
int cgroup_kill (int dir_fd);
