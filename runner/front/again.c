/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "runner/front/again.h"

#include "runner/front/images.h"
#include "sandbox/run.h"
#include "sandbox/stored.h"

#include <fcntl.h>
#include <linux/openat2.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#ifndef SYS_openat2
#define SYS_openat2 437
#endif
#define INSTANCE_MIN 1000000000u

typedef struct
{
  FrontLaunch launch;
  ServedImage images[FRONT_IMAGES_MAX];
  uint32_t next;        /* source that is asked for next */
} Again;

static void *
file_read_all (int folder, const char *name, size_t *ret_size)
{
  int fd = openat (folder, name, O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC);
  struct stat st;
  void *data = NULL;

  if (fd < 0)
    return NULL;
  if (fstat (fd, &st) == 0 && S_ISREG (st.st_mode) && st.st_uid == geteuid () && (st.st_mode & 077) == 0 && st.st_size > 0
      && st.st_size <= FRONT_MAX)
    data = malloc ((size_t) st.st_size);
  if (data != NULL && read (fd, data, (size_t) st.st_size) != (ssize_t) st.st_size)
    {
      free (data);
      data = NULL;
    }
  *ret_size = (size_t) st.st_size;
  (void) close (fd);
  return data;
}

static bool
launch_find (Again *again, int runtime_fd, const void *key, size_t key_size)
{
  char name[FRONT_NAME_SIZE];
  int folder = front_launches_folder (runtime_fd, false);
  size_t size = 0;
  void *data;

  if (folder < 0)
    return false;
  front_name (key, key_size, name);
  data = file_read_all (folder, name, &size);
  (void) close (folder);
  return data != NULL && front_read (data, size, &again->launch) == 0 && again->launch.key_size == key_size
         && memcmp (again->launch.key, key, key_size) == 0;
}

static bool
witnesses_hold (const FrontLaunch *launch)
{
  for (uint32_t i = 0; i < launch->n_witnesses; i++)
    {
      const Witness *witness = &launch->witnesses[i];
      WitnessState now;

      if (!witness_look ((WitnessKind) witness->state.kind, witness->path, &now) || !witness_is (&now, &witness->state))
        return false;
    }
  return true;
}

static int
place_open (const FrontSource *source)
{
  struct open_how how = { .flags = O_PATH | O_CLOEXEC, .resolve = RESOLVE_NO_SYMLINKS };
  int fd = (int) syscall (SYS_openat2, AT_FDCWD, source->path, &how, sizeof how);
  WitnessState now;

  if (fd < 0 || (witness_look_fd (WITNESS_PLACE, fd, &now) && witness_is (&now, &source->state)))
    return fd;
  (void) close (fd);
  return -1;
}

/* For sandbox_plan_read(), in the order in which keep.c was told of them. */
static int
source_supply (void *context, const char *name, int number)
{
  Again *again = context;
  const FrontSource *source = &again->launch.sources[again->next];

  (void) name;
  (void) number;
  if (again->next >= again->launch.n_sources)
    return -1;
  again->next++;
  switch ((FrontSourceKind) source->kind)
    {
    case FRONT_FILES:
      return fcntl (again->images[source->image].files_fd, F_DUPFD_CLOEXEC, 3);
    case FRONT_ALIVE:
      return fcntl (again->images[source->image].sock, F_DUPFD_CLOEXEC, 3);
    case FRONT_PLACE:
    default:
      return place_open (source);
    }
}

/* Each launch has a number of its own. */
static bool
instance_renew (FrontLaunch *launch)
{
  char digits[FRONT_INSTANCE_DIGITS + 1];
  uint32_t number;

  if (getrandom (&number, sizeof number, 0) != (ssize_t) sizeof number)
    return false;
  (void) snprintf (digits, sizeof digits, "%u", INSTANCE_MIN + number % (UINT32_MAX - INSTANCE_MIN));
  sandbox_stored_replace (launch->plan, launch->plan_size, launch->instance, digits, FRONT_INSTANCE_DIGITS);
  return true;
}

static SandboxPlan *
plan_make (Again *again, int argc, char *const *argv, int n_words)
{
  char reason[SANDBOX_STORED_REASON];
  const char **command = calloc ((size_t) (argc - n_words) + 2, sizeof *command);
  SandboxPlan *plan = NULL;

  if (command == NULL)
    return NULL;
  command[0] = again->launch.command;
  for (int i = n_words; i < argc; i++)
    command[i - n_words + 1] = argv[i];
  if (instance_renew (&again->launch))
    plan = sandbox_plan_read (again->launch.plan, again->launch.plan_size, source_supply, again, reason);
  if (plan != NULL)
    (void) sandbox_plan_command (plan, command, "metadata");
  free (command);
  if (again->next == again->launch.n_sources && sandbox_plan_failed (plan) == NULL)
    return plan;
  sandbox_plan_free (plan);
  return NULL;
}

/* The images are asked for first: their server works while we look whether anything has changed. */
static SandboxPlan *
launch_prepare_again (Again *again, int runtime_fd, int argc, char *const *argv, int n_words)
{
  const FrontLaunch *launch = &again->launch;

  for (uint32_t i = 0; i < launch->n_images; i++)
    if (served_image_ask (&again->images[i], &launch->images[i], runtime_fd) < 0)
      return NULL;
  if (!witnesses_hold (launch))
    return NULL;
  for (uint32_t i = 0; i < launch->n_images; i++)
    if (served_image_take (&again->images[i]) < 0)
      return NULL;
  return plan_make (again, argc, argv, n_words);
}

static void
say (const char *sentence)
{
  (void) fputs ("apprun: ", stderr);
  for (const char *p = sentence; *p != '\0'; p++)
    (void) fputc ((unsigned char) *p < 0x20 || *p == 0x7f ? '?' : *p, stderr);     /* the planner would say which */
  (void) fputc ('\n', stderr);
}

static bool
plan_run (const SandboxPlan *plan, int *ret_status)
{
  SandboxError failure = { 0 };

  (void) signal (SIGPIPE, SIG_DFL);     /* as a shell would start the app */
  *ret_status = sandbox_run (plan, &failure);
  if (failure.message[0] != '\0' && (failure.saved_errno != 0 || failure.cannot_exec != 0))
    return false;       /* the app has not run */
  if (failure.limit[0] != '\0')
    say (failure.limit);
  if (failure.message[0] != '\0')
    say (failure.message);
  return true;
}

bool
front_run_again (int argc, char *const *argv, char *const *env, int *ret_status)
{
  Again again = { .next = 0 };
  SandboxPlan *plan = NULL;
  size_t key_size = 0;
  int n_words = 0;
  int runtime_fd = front_runtime_folder ();
  char *key = runtime_fd >= 0 ? front_key (argc, argv, env, &key_size, &n_words) : NULL;
  bool has_run;

  for (uint32_t i = 0; i < FRONT_IMAGES_MAX; i++)
    again.images[i] = (ServedImage) SERVED_IMAGE_NONE;
  if (key != NULL && launch_find (&again, runtime_fd, key, key_size))
    plan = launch_prepare_again (&again, runtime_fd, argc, argv, n_words);
  if (runtime_fd >= 0)
    (void) close (runtime_fd);
  for (uint32_t i = 0; i < FRONT_IMAGES_MAX; i++)
    if (again.images[i].files_fd >= 0)
      {
        (void) close (again.images[i].files_fd);        /* the plan has it */
        again.images[i].files_fd = -1;
      }
  has_run = plan != NULL && plan_run (plan, ret_status);
  if (has_run)
    return true;        /* what is left goes with us */
  sandbox_plan_free (plan);
  for (uint32_t i = 0; i < FRONT_IMAGES_MAX; i++)
    served_image_clear (&again.images[i]);
  front_clear (&again.launch);
  free (key);
  return false;
}
