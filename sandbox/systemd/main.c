/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * nacelle-scope PID UNIT PROPERTY=NUMBER[:PATH] ...
 * nacelle-scope --attach PID UNIT
 *
 * Ask a systemd, whose own socket is descriptor 3, for a transient scope with the process PID in it, and wait until that is
 * done; or to move the process into a scope that is there.  What went wrong is a sentence on standard output; nothing there and
 * status 0 mean that the process is in the scope.
 */
#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/auxv.h>
#include <sys/prctl.h>
#include <signal.h>
#include <systemd/sd-bus.h>

#define SOCKET_FD 3
#define PATIENCE_USEC (10 * UINT64_C (1000000))

#define SERVICE "org.freedesktop.systemd1"
#define MANAGER "org.freedesktop.systemd1.Manager"
#define OBJECT "/org/freedesktop/systemd1"

typedef struct
{
  const char *unit;
  char result[64];      /* of the job; "" while it runs */
} Job;

static int
fail (const char *what, int error)
{
  printf ("%s: %s", what, strerror (error < 0 ? -error : error));
  return 1;
}

/* A new unit has one job, so its name is enough. */
static int
job_removed (sd_bus_message *message, void *data, sd_bus_error *error)
{
  Job *job = data;
  uint32_t id;
  const char *path;
  const char *unit;
  const char *result;

  if (sd_bus_message_read (message, "uoss", &id, &path, &unit, &result) >= 0 && strcmp (unit, job->unit) == 0)
    (void) snprintf (job->result, sizeof job->result, "%s", result);
  return 0;
}

static int
property_append (sd_bus_message *message, const char *word)
{
  const char *equals = strchr (word, '=');
  const char *path = equals != NULL ? strchr (equals, ':') : NULL;
  char name[64];
  uint64_t number;

  if (equals == NULL || (size_t) (equals - word) >= sizeof name)
    return -EINVAL;
  (void) snprintf (name, sizeof name, "%.*s", (int) (equals - word), word);
  number = strtoull (equals + 1, NULL, 10);
  if (path != NULL)
    return sd_bus_message_append (message, "(sv)", name, "a(st)", 1, path + 1, number);
  return sd_bus_message_append (message, "(sv)", name, "t", number);
}

static int
message_fill (sd_bus_message *message, int argc, char **argv, int with_policy)
{
  int error = sd_bus_message_append (message, "ss", argv[2], "fail");

  if (error >= 0)
    error = sd_bus_message_open_container (message, 'a', "(sv)");
  if (error >= 0)
    error = sd_bus_message_append (message, "(sv)(sv)(sv)(sv)", "Description", "s", "Application in a sandbox of Nacelle",
                                   "Slice", "s", "app.slice", "CollectMode", "s", "inactive-or-failed",
                                   "PIDs", "au", 1, (uint32_t) strtoul (argv[1], NULL, 10));
  if (error >= 0 && with_policy)
    error = sd_bus_message_append (message, "(sv)", "OOMPolicy", "s", "continue");
  for (int i = 3; i < argc && error >= 0; i++)
    error = property_append (message, argv[i]);
  if (error >= 0)
    error = sd_bus_message_close_container (message);
  if (error >= 0)
    error = sd_bus_message_append (message, "a(sa(sv))", 0);
  return error;
}

static int
scope_start (sd_bus *bus, int argc, char **argv, int with_policy, sd_bus_error *ret_error)
{
  sd_bus_message *message = NULL;
  int error = sd_bus_message_new_method_call (bus, &message, SERVICE, OBJECT, MANAGER, "StartTransientUnit");

  if (error >= 0)
    error = message_fill (message, argc, argv, with_policy);
  if (error >= 0)
    error = sd_bus_call (bus, message, PATIENCE_USEC, ret_error, NULL);
  sd_bus_message_unref (message);
  return error;
}

static int
job_wait (sd_bus *bus, const Job *job)
{
  while (job->result[0] == '\0')
    {
      int error = sd_bus_process (bus, NULL);

      if (error == 0)
        error = sd_bus_wait (bus, PATIENCE_USEC);
      else if (error > 0)
        continue;
      if (error == 0)
        return fail ("the job", ETIMEDOUT);
      if (error < 0 && error != -EINTR)
        return fail ("the connection", error);
    }
  if (strcmp (job->result, "done") == 0)
    return 0;
  printf ("its job ended with “%s”", job->result);
  return 1;
}

static int
scope_make (sd_bus *bus, int argc, char **argv)
{
  sd_bus_error why = SD_BUS_ERROR_NULL;
  Job job = { .unit = argv[2] };
  int error = sd_bus_match_signal (bus, NULL, NULL, OBJECT, MANAGER, "JobRemoved", job_removed, &job);

  if (error < 0)
    return fail ("the connection", error);
  /* By its own choice a newer systemd ends the whole scope when the kernel kills one process for want of memory.  An older one
   * (before 253) has no word for that in a scope. */
  error = scope_start (bus, argc, argv, 1, &why);
  if (error < 0 && why.message != NULL && strstr (why.message, "OOMPolicy") != NULL)
    {
      sd_bus_error_free (&why);
      error = scope_start (bus, argc, argv, 0, &why);
    }
  if (error < 0)
    {
      printf ("%s", why.message != NULL ? why.message : strerror (-error));
      sd_bus_error_free (&why);
      return 1;
    }
  sd_bus_error_free (&why);
  return job_wait (bus, &job);
}

static int
scope_attach (sd_bus *bus, const char *pid, const char *unit)
{
  sd_bus_error why = SD_BUS_ERROR_NULL;
  int error = sd_bus_call_method (bus, SERVICE, OBJECT, MANAGER, "AttachProcessesToUnit", &why, NULL, "ssau", unit, "", 1,
                                  (uint32_t) strtoul (pid, NULL, 10));

  if (error < 0)
    printf ("%s", why.message != NULL ? why.message : strerror (-error));
  sd_bus_error_free (&why);
  return error < 0;
}

int
main (int argc, char **argv)
{
  int is_attaching = argc == 4 && strcmp (argv[1], "--attach") == 0;
  sd_bus *bus = NULL;
  int error;
  int status;

  if (getauxval (AT_SECURE) != 0)
    {
      fputs ("nacelle-scope: refusing to run with more privileges than its caller\n", stderr);
      return 125;
    }
  (void) prctl (PR_SET_PDEATHSIG, SIGKILL);
  if (argc < 3)
    {
      fputs ("usage: nacelle-scope PID UNIT PROPERTY=NUMBER[:PATH] ...\n       nacelle-scope --attach PID UNIT\n", stderr);
      return 2;
    }
  error = sd_bus_new (&bus);
  if (error >= 0)
    error = sd_bus_set_fd (bus, SOCKET_FD, SOCKET_FD);
  if (error >= 0)
    error = sd_bus_start (bus);
  status = error < 0 ? fail ("the connection", error)
           : is_attaching ? scope_attach (bus, argv[2], argv[3]) : scope_make (bus, argc, argv);
  sd_bus_flush_close_unref (bus);
  return fflush (stdout) == 0 ? status : 1;
}
