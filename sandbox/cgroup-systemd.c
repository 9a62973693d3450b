/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * A group made by the user's systemd: a transient scope with the sandbox's first process in it.
 *
 * D-Bus is spoken by a program of its own (systemd/main.c), so that neither this library nor a launch without limits has
 * anything to do with it.  It is handed a socket that is connected to systemd itself; no bus needs to run.
 */
#include "sandbox/cgroup-way.h"

#include "sandbox/limit.h"
#include "sandbox/plan-limit.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <spawn.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <unistd.h>

#define HELPER "nacelle-scope"
#define PROPERTIES_MOST 64
#define HELPER_FD 3

static int
socket_connect (Cgroup *group, char *reason)
{
  struct sockaddr_un address = { .sun_family = AF_UNIX };
  const char *folder = getenv ("XDG_RUNTIME_DIR");
  int fd;
  int length;

  if (geteuid () == 0)
    length = snprintf (address.sun_path, sizeof address.sun_path, "/run/systemd/private");
  else if (folder != NULL && folder[0] == '/')
    length = snprintf (address.sun_path, sizeof address.sun_path, "%s/systemd/private", folder);
  else
    length = snprintf (address.sun_path, sizeof address.sun_path, "/run/user/%u/systemd/private", (unsigned) geteuid ());
  if (length < 0 || (size_t) length >= sizeof address.sun_path)
    return cgroup_reason (reason, "the name of its socket is too long");
  fd = socket (AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
  if (fd < 0)
    return cgroup_reason (reason, "socket: %s", strerror (errno));
  if (connect (fd, (const struct sockaddr *) &address, sizeof address) < 0)
    {
      cgroup_reason (reason, errno == ENOENT || errno == ECONNREFUSED ? "it does not run: %s: %s" : "%s: %s", address.sun_path,
                     strerror (errno));
      (void) close (fd);
      return -1;
    }
  memcpy (group->socket, address.sun_path, sizeof group->socket);
  return fd;
}

static void
helper_path (char *path, size_t size)
{
  const char *folder = getenv ("NACELLE_LIBEXECDIR");

  (void) snprintf (path, size, "%s/%s", folder != NULL && folder[0] == '/' ? folder : NACELLE_LIBEXECDIR, HELPER);
}

/* Whether it could be asked; what it says comes later. */
static int
systemd_begin (const SandboxPlan *plan, Cgroup *group, char *reason)
{
  char path[4096];
  int fd = socket_connect (group, reason);

  if (fd < 0)
    return -1;
  (void) close (fd);
  helper_path (path, sizeof path);
  if (access (path, X_OK) < 0)
    return cgroup_reason (reason, "the program that talks to it, %.200s: %s", path, strerror (errno));
  return 0;
}

typedef struct
{
  char *words[PROPERTIES_MOST + 4];
  size_t n;
} Words;

/* "PROPERTY=NUMBER", and ":PATH" behind it for a rate. */
static int
properties_add (const SandboxPlan *plan, Words *words, char *reason)
{
  const Record *record;
  size_t i = 0;

  while ((record = limit_next (plan, true, &i)) != NULL && words->n < PROPERTIES_MOST)
    {
      SandboxLimit limit;
      int length;

      if (sandbox_limit_parse (record->dest, record->source, &limit, reason) < 0)
        return -1;
      if (record->size == SANDBOX_UNLIMITED && limit.path != NULL)
        continue;
      length = asprintf (&words->words[words->n], "%s=%llu%s%.*s", limit.name->property, (unsigned long long) record->size,
                         limit.path != NULL ? ":" : "", (int) limit.path_length, limit.path != NULL ? limit.path : "");
      if (length < 0)
        return cgroup_reason (reason, "out of memory");
      words->n++;
    }
  words->words[words->n] = NULL;
  return 0;
}

/* The helper has the socket as descriptor 3 and writes to its standard output. */
static int
helper_spawn (const char *path, char **argv, int socket_fd, int out_fd, pid_t *ret_pid)
{
  posix_spawn_file_actions_t actions;
  posix_spawnattr_t attributes;
  sigset_t none;
  int error;

  (void) sigemptyset (&none);
  if (posix_spawn_file_actions_init (&actions) != 0)
    return ENOMEM;
  if (posix_spawnattr_init (&attributes) != 0)
    {
      (void) posix_spawn_file_actions_destroy (&actions);
      return ENOMEM;
    }
  (void) posix_spawnattr_setflags (&attributes, POSIX_SPAWN_SETSIGMASK);
  (void) posix_spawnattr_setsigmask (&attributes, &none);
  error = posix_spawn_file_actions_adddup2 (&actions, out_fd, 1);
  if (error == 0)
    error = posix_spawn_file_actions_adddup2 (&actions, socket_fd, HELPER_FD);
  if (error == 0)
    error = posix_spawn (ret_pid, path, &actions, &attributes, argv, environ);
  (void) posix_spawnattr_destroy (&attributes);
  (void) posix_spawn_file_actions_destroy (&actions);
  return error;
}

/* To the end: nothing means success. */
static void
answer_read (int fd, char *text, size_t size)
{
  size_t used = 0;

  while (used < size - 1)
    {
      ssize_t n = read (fd, text + used, size - 1 - used);

      if (n < 0 && errno == EINTR)
        continue;
      if (n <= 0)
        break;
      used += (size_t) n;
    }
  text[used] = '\0';
}

static int
fd_raise_high (int fd)
{
  int raised = fcntl (fd, F_DUPFD_CLOEXEC, 10);

  (void) close (fd);
  return raised;
}

static int
helper_run (Cgroup *group, char **argv, char *reason)
{
  char path[4096];
  char answer[CGROUP_REASON] = "";
  int ends[2];
  int status = 0;
  int error;
  int socket_fd;
  pid_t pid;

  helper_path (path, sizeof path);
  socket_fd = socket_connect (group, reason);
  if (socket_fd < 0)
    return -1;
  if (pipe2 (ends, O_CLOEXEC) < 0)
    {
      (void) close (socket_fd);
      return cgroup_reason (reason, "pipe: %s", strerror (errno));
    }
  /* Numbers that the helper's own cannot meet. */
  ends[0] = fd_raise_high (ends[0]);
  ends[1] = fd_raise_high (ends[1]);
  socket_fd = fd_raise_high (socket_fd);
  error = helper_spawn (path, argv, socket_fd, ends[1], &pid);
  (void) close (socket_fd);
  (void) close (ends[1]);
  if (error == 0)
    {
      answer_read (ends[0], answer, sizeof answer);
      while (waitpid (pid, &status, 0) < 0 && errno == EINTR)
        ;
    }
  (void) close (ends[0]);
  if (error != 0)
    return cgroup_reason (reason, "%.200s: %s", path, strerror (error));
  if (answer[0] != '\0')
    return cgroup_reason (reason, "the user's systemd refused the scope %s: %.300s", group->name, answer);
  if (status != 0)
    return cgroup_reason (reason, "%.200s failed", path);
  return 0;
}

/* Where the process is now is where systemd has put it. */
static int
group_open (const SandboxPlan *plan, Cgroup *group, pid_t pid, char *reason)
{
  char path[4096];
  int mount_fd;

  if (cgroup_path_of (pid, path, sizeof path) < 0 || strstr (path, group->name) == NULL)
    return cgroup_reason (reason, "the user's systemd made the scope %s, but the sandbox is not in it", group->name);
  mount_fd = cgroup_mount_open (reason);
  if (mount_fd < 0)
    return -1;
  group->dir_fd = openat (mount_fd, path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
  (void) close (mount_fd);
  if (group->dir_fd < 0)
    return cgroup_reason (reason, "/sys/fs/cgroup/%.300s: %s", path, strerror (errno));
  return cgroup_check (plan, group->dir_fd, reason);
}

static int
systemd_place (const SandboxPlan *plan, Cgroup *group, pid_t pid, char *reason)
{
  Words words = { .n = 3 };
  char pid_text[16];
  int result;

  (void) snprintf (pid_text, sizeof pid_text, "%d", (int) pid);
  (void) snprintf (group->name, sizeof group->name, CGROUP_SCOPE_NAME "%d.scope", (int) pid);
  words.words[0] = (char *) (uintptr_t) HELPER;
  words.words[1] = pid_text;
  words.words[2] = group->name;
  result = properties_add (plan, &words, reason);
  if (result == 0)
    result = helper_run (group, words.words, reason);
  if (result == 0)
    result = group_open (plan, group, pid, reason);
  for (size_t i = 3; i < words.n; i++)
    free (words.words[i]);
  return result;
}

int
cgroup_scope_attach (Cgroup *group, pid_t pid, char *reason)
{
  char pid_text[16];
  char *words[] = { (char *) (uintptr_t) HELPER, (char *) (uintptr_t) "--attach", pid_text, group->name, NULL };

  (void) snprintf (pid_text, sizeof pid_text, "%d", (int) pid);
  return helper_run (group, words, reason);
}

const CgroupWay cgroup_way_systemd = { "the user's systemd", systemd_begin, systemd_place };
