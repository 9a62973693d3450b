/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "sandbox/outgoing.h"

#include "sandbox/kernel.h"
#include "sandbox/pipe.h"
#include "sandbox/program.h"
#include "sandbox/publication.h"
#include "sandbox/setup.h"
#include "sandbox/sentence.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/capability.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

/* What only appears inside: queries to this address go to the host's name server (place_resolver). */
#define FORWARDED_RESOLVER "169.254.1.1"
/* Of /proc/PID/ns/user, and of a port with its address. */
#define PATH_LENGTH 80

static void
end_close (int *fd)
{
  if (*fd >= 0)
    (void) close (*fd);
  *fd = -1;
}

/* pasta knows a protocol only where it leads out. */
static bool
has_ipv6_route (void)
{
  char line[256];
  const char *device;
  bool found = false;
  FILE *routes = fopen ("/proc/net/ipv6_route", "re");

  while (routes != NULL && !found && fgets (line, sizeof line, routes) != NULL)
    {
      device = strrchr (line, ' ');
      found = strncmp (line, "00000000000000000000000000000000 00 ", 36) == 0 && device != NULL && strcmp (device, " lo\n") != 0;
    }
  if (routes != NULL)
    (void) fclose (routes);
  return found;
}

static int
ipv6_check (const Record *record, SandboxError *error)
{
  for (size_t i = 0; record->argv[i] != NULL; i++)
    if (sandbox_publication_is_ipv6 (record->argv[i]) && !has_ipv6_route ())
      return error_sentence (error, ENETUNREACH, "the port %s (wanted by: %s) cannot be published: this machine has no default route "
                             "of IPv6, and without one pasta knows no IPv6; publish the port at an IPv4 address",
                             record->argv[i], record->origin);
  return 0;
}

/* Who makes packets of its own, or routes, leads them to 127.0.0.1 through the wire, and pasta sends what comes to that address of
 * the sandbox to that of this machine. */
static int
capabilities_check (const Launch *launch, const Record *record, SandboxError *error)
{
  static const struct { int number; const char *name; } dangers[] = { { CAP_NET_ADMIN, "CAP_NET_ADMIN" }, { CAP_NET_RAW, "CAP_NET_RAW" } };

  for (size_t i = 0; i < sizeof dangers / sizeof dangers[0]; i++)
    if ((launch->capabilities & (UINT64_C (1) << dangers[i].number)) != 0)
      return error_sentence (error, EINVAL, "a network with outgoing connections (wanted by: %s) and the capability %s do not go together: "
                             "with it the command could reach the loopback of this machine through pasta; keep it from the command",
                             record->origin, dangers[i].name);
  return 0;
}

int
outgoing_prepare (Outgoing *outgoing, Launch *launch, SandboxError *error)
{
  const Record *record = record_last (launch->plan, RECORD_OUTGOING);

  if (record == NULL)
    return 0;
  if ((launch->shared & (SANDBOX_SHARE_NETWORK | SANDBOX_SHARE_PIDS)) != 0)
    return error_sentence (error, EINVAL, "a network with outgoing connections (wanted by: %s) needs new network and pid namespaces: the "
                   "helper must not be seen from inside", record->origin);
  if (capabilities_check (launch, record, error) < 0)
    return -1;
  outgoing->path = malloc (PATH_MAX);
  if (outgoing->path == NULL)
    return error_sentence (error, ENOMEM, "out of memory while the sandbox was prepared");
  if (program_find ("pasta", outgoing->path) < 0)
    return error_sentence (error, ENOENT, "a network with outgoing connections (wanted by: %s) needs the program pasta, which is not "
                   "installed; install the package passt", record->origin);
  if (access ("/dev/net/tun", R_OK | W_OK) < 0)
    return error_sentence (error, errno, "a network with outgoing connections (wanted by: %s) needs /dev/net/tun: %s; an administrator "
                   "makes it with: modprobe tun; chmod 0666 /dev/net/tun", record->origin, strerror (errno));
  if (ipv6_check (record, error) < 0)
    return -1;
  outgoing->log_fd = program_log_open ();
  if (outgoing->log_fd < 0 || pipe_above (launch->outgoing.mapped) < 0 || pipe_above (launch->outgoing.ready) < 0)
    return error_sentence (error, errno, "cannot prepare the network of the sandbox: %s", strerror (errno));
  return 0;
}

/* The options for the ports of one protocol, which are none without them; `texts`: room for one a port. */
static size_t
ports_append (char **argv, size_t n, const Record *record, bool is_udp, char (*texts)[PATH_LENGTH])
{
  const char *option = is_udp ? "-u" : "-t";
  size_t before = n;

  for (size_t i = 0; record->argv[i] != NULL; i++)
    if (sandbox_publication_is_udp (record->argv[i]) == is_udp)
      {
        size_t length = strlen (record->argv[i]) - (is_udp ? strlen ("/udp") : 0);

        (void) snprintf (texts[i], sizeof texts[i], "%.*s", (int) length, record->argv[i]);
        argv[n++] = (char *) (uintptr_t) option;
        argv[n++] = texts[i];
      }
  if (n == before)
    {
      argv[n++] = (char *) (uintptr_t) option;
      argv[n++] = (char *) (uintptr_t) "none";
    }
  return n;
}

/* Nothing leads to the host's loopback: no port from inside to there (-T, -U), and the gateway's address is not another name
 * of it. */
static char **
arguments_make (const Record *record, pid_t pid)
{
  static const char *const fixed[] = { "pasta", "--foreground", "--config-net", "--no-map-gw", "--ns-ifname", "eth0", "-T", "none",
                                       "-U", "none", "--dns-forward", FORWARDED_RESOLVER, "-P", "/proc/self/fd/1",
                                       "--no-netns-quit" };
  const size_t n_fixed = sizeof fixed / sizeof fixed[0];
  size_t n_ports = 0;
  size_t n = n_fixed;
  char (*paths)[PATH_LENGTH];
  char **argv;

  while (record->argv[n_ports] != NULL)
    n_ports++;
  argv = calloc (1, (n_fixed + 2 * n_ports + 9) * sizeof *argv + (2 + n_ports) * sizeof *paths);
  if (argv == NULL)
    return NULL;
  paths = (char (*)[PATH_LENGTH]) (void *) (argv + n_fixed + 2 * n_ports + 9);
  memcpy (argv, fixed, sizeof fixed);
  n = ports_append (argv, n, record, false, paths + 2);
  n = ports_append (argv, n, record, true, paths + 2);
  (void) snprintf (paths[0], sizeof paths[0], "/proc/%d/ns/user", (int) pid);
  (void) snprintf (paths[1], sizeof paths[1], "/proc/%d/ns/net", (int) pid);
  argv[n++] = (char *) (uintptr_t) "--userns";
  argv[n++] = paths[0];
  argv[n++] = (char *) (uintptr_t) "--netns";
  argv[n++] = paths[1];
  return argv;
}

/* The ids of the sandbox have to be there first. */
static void
helper_main (const Outgoing *outgoing, const Launch *launch, char *const *argv)
{
  const int kept[] = { launch->outgoing.mapped[0], launch->outgoing.ready[1], outgoing->log_fd };
  char byte;

  if (program_keep_only (kept, sizeof kept / sizeof kept[0]) < 0)
    _exit (1);
  while (read (3, &byte, 1) < 0 && errno == EINTR)
    ;
  program_become (outgoing->path, argv, -1, 4, 5);
}

/* The watcher: when the parent is gone, so is the helper. */
static void
watcher_main (int pidfd, int parent_fd)
{
  const int kept[] = { pidfd, parent_fd };
  struct pollfd states[2] = { { .fd = 3, .events = POLLIN }, { .fd = 4, .events = POLLIN } };

  if (program_keep_only (kept, sizeof kept / sizeof kept[0]) == 0)
    while (poll (states, 2, -1) < 0 && errno == EINTR)
      ;
  (void) kernel_pidfd_send_signal (3, SIGKILL);      /* it may be gone already */
  _exit (0);
}

static int
processes_start (Outgoing *outgoing, const Launch *launch, char *const *argv)
{
  int alive[2];
  int ignored;

  if (pipe_above (alive) < 0)
    return -1;
  outgoing->alive_fd = alive[1];
  outgoing->helper = kernel_clone (0, &outgoing->helper_pidfd);
  if (outgoing->helper == 0)
    helper_main (outgoing, launch, argv);
  if (outgoing->helper > 0)
    {
      outgoing->watcher = kernel_clone (0, &ignored);
      if (outgoing->watcher == 0)
        watcher_main (outgoing->helper_pidfd, alive[0]);
      if (outgoing->watcher > 0)
        (void) close (ignored);
    }
  (void) close (alive[0]);
  return outgoing->helper > 0 && outgoing->watcher > 0 ? 0 : -1;
}

int
outgoing_begin (Outgoing *outgoing, Launch *launch, pid_t pid, SandboxError *error)
{
  sigset_t all;
  sigset_t before;
  char **argv;
  int result = -1;
  int saved_errno = ENOMEM;

  if (outgoing->path == NULL)
    return 0;
  argv = arguments_make (record_last (launch->plan, RECORD_OUTGOING), pid);
  if (argv != NULL)
    {
      (void) sigfillset (&all);
      (void) sigprocmask (SIG_SETMASK, &all, &before);    /* the watcher keeps them blocked */
      result = processes_start (outgoing, launch, argv);
      saved_errno = errno;
      (void) sigprocmask (SIG_SETMASK, &before, NULL);
    }
  free (argv);
  for (int i = 0; i < 2; i++)
    {
      end_close (&launch->outgoing.mapped[i]);
      end_close (&launch->outgoing.ready[i]);
    }
  return result == 0 ? 0 : error_sentence (error, saved_errno, "cannot start the network helper: %s", strerror (saved_errno));
}

void
outgoing_explain (const Outgoing *outgoing, SandboxError *error)
{
  size_t used = strlen (error->message);
  char words[256];

  if (outgoing->log_fd < 0)
    return;
  program_log_last (outgoing->log_fd, words, sizeof words);
  if (words[0] != '\0')
    (void) snprintf (error->message + used, sizeof error->message - used, ": “%s”", words);
}

static void
process_kill (pid_t *pid)
{
  if (*pid > 0)
    {
      (void) kill (*pid, SIGKILL);
      while (waitpid (*pid, NULL, __WALL) < 0 && errno == EINTR)
        ;
    }
  *pid = 0;
}

void
outgoing_end (Outgoing *outgoing)
{
  process_kill (&outgoing->helper);
  process_kill (&outgoing->watcher);
  end_close (&outgoing->helper_pidfd);
  end_close (&outgoing->alive_fd);
  end_close (&outgoing->log_fd);
  free (outgoing->path);
  outgoing->path = NULL;
}
