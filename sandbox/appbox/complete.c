/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "sandbox/appbox/complete.h"

#include "sandbox/plan-namespace.h"

#include <ctype.h>
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define ORIGIN "appbox"
#define PROBED_MAX 1024         /* descriptors */

/* In the order and the words of bubblewrap. */
static void
wishes_check (const Appbox *box)
{
  if (box->userns_block_fd >= 0 && box->userns_fd >= 0)
    appbox_die ("--userns-block-fd requires --unshare-user");
  if (box->userns_block_fd >= 0 && box->info_fd < 0)
    appbox_die ("--userns-block-fd requires --info-fd");
  if (box->userns_fd >= 0 && box->has_user)
    appbox_die ("--userns not compatible --unshare-user");
  if (box->userns_fd >= 0 && box->has_user_try)
    appbox_die ("--userns not compatible --unshare-user-try");
  if (box->has_disable_userns && !box->has_user)
    appbox_die ("--disable-userns requires --unshare-user");
  if (box->has_disable_userns && box->userns_block_fd >= 0)
    appbox_die ("--disable-userns is not compatible with  --userns-block-fd");
  if (box->has_pasta && (box->has_share_net || box->has_netns))
    appbox_die ("--net=pasta makes a new network, and --share-net or --netns wants another one");
  if (box->has_join && (box->namespaces != 0 || box->has_user || box->has_share_net))
    appbox_die ("--join takes the namespaces of the running sandbox, and no others can be wanted");
  if (box->n_ports > 0 && !box->has_pasta)
    appbox_die ("--publish makes sense only with --net=pasta");
  if (box->hostname != NULL && (box->namespaces & APPBOX_NEW_UTS) == 0)
    appbox_die ("Specifying --hostname requires --unshare-uts");
  if (box->has_domain_name && (box->namespaces & APPBOX_NEW_UTS) == 0)
    appbox_die ("--domainname needs --unshare-uts: else it would be the name of the host");
  if ((box->start & SANDBOX_START_AS_PID_1) != 0 && (box->namespaces & APPBOX_NEW_PID) == 0)
    appbox_die ("Specifying --as-pid-1 requires --unshare-pid");
  if ((box->start & SANDBOX_START_AS_PID_1) != 0 && box->has_lock)
    appbox_die ("Specifying --as-pid-1 and --lock-file is not permitted");
}

/* The engine makes every namespace that is not shared, and this command line shares whatever is not made. */
static void
namespaces_add (Appbox *box)
{
  static const struct { unsigned made, shared; } pairs[] = {
    { APPBOX_NEW_IPC, SANDBOX_SHARE_IPC }, { APPBOX_NEW_PID, SANDBOX_SHARE_PIDS | SANDBOX_SHARE_REACH },
    { APPBOX_NEW_NET, SANDBOX_SHARE_NETWORK | SANDBOX_SHARE_REACH }, { APPBOX_NEW_UTS, SANDBOX_SHARE_UTS },
    { APPBOX_NEW_CGROUP, SANDBOX_SHARE_CGROUP },
  };
  unsigned shared = 0;

  if (box->has_netns)
    box->namespaces &= ~(unsigned) APPBOX_NEW_NET;
  for (size_t i = 0; i < sizeof pairs / sizeof pairs[0]; i++)
    if ((box->namespaces & pairs[i].made) == 0)
      shared |= pairs[i].shared;
  (void) sandbox_plan_share (box->plan, box->has_join ? 0 : shared, ORIGIN);
}

/* Behind everything else: it writes the name server into the /etc that the options have made. */
static void
network_add (Appbox *box)
{
  if (box->has_pasta)
    (void) sandbox_plan_network_outgoing (box->plan, box->ports, box->n_ports, "--net=pasta");
}

static void
environment_add (Appbox *box)
{
  if (setenv ("PWD", "/", 1) < 0)       /* the place is kept; what it says is known only inside */
    appbox_die ("out of memory");
  for (char **variable = environ; *variable != NULL; variable++)
    {
      char *equals = strchr (*variable, '=');
      char *name;

      if (equals == NULL || equals == *variable)
        continue;
      name = strndup (*variable, (size_t) (equals - *variable));
      if (name == NULL)
        appbox_die ("out of memory");
      (void) sandbox_plan_setenv (box->plan, name, equals + 1, ORIGIN);
      free (name);
    }
}

/* Where the caller stands, when it exists inside and is named by no device or process. */
static void
directory_add (Appbox *box)
{
  char *here;

  if (box->cwd != NULL)
    {
      box->start |= SANDBOX_START_STRICT_CWD;
      (void) sandbox_plan_cwd (box->plan, box->cwd, "--chdir");
      return;
    }
  here = getcwd (NULL, 0);
  if (here != NULL && here[0] == '/' && strncmp (here, "/proc", 5) != 0 && strncmp (here, "/dev", 4) != 0)
    (void) sandbox_plan_cwd (box->plan, here, ORIGIN);
  free (here);
}

/* Returns whether there is such a descriptor. */
static bool
descriptor_add (Appbox *box, int fd)
{
  int flags = fcntl (fd, F_GETFD);

  if (fd > 2 && flags >= 0 && (flags & FD_CLOEXEC) == 0)
    (void) sandbox_plan_pass_fd (box->plan, fd, fd, ORIGIN);
  return flags >= 0;
}

static void
descriptors_list (Appbox *box, int from)
{
  DIR *list = opendir ("/proc/self/fd");
  const struct dirent *entry;

  if (list == NULL)
    appbox_die ("Can't open /proc/self/fd: %s", strerror (errno));
  while ((entry = readdir (list)) != NULL)
    {
      int fd = isdigit ((unsigned char) entry->d_name[0]) ? (int) strtol (entry->d_name, NULL, 10) : -1;

      if (fd >= from)
        (void) descriptor_add (box, fd);
    }
  (void) closedir (list);
}

/* Callers of this command line expect what they left open to be open inside.  Those that an option has used are set to
 * close-on-exec by now.  Since 6.2 the kernel says how many there are, and a list, for which it makes an inode of each, is
 * needed only for numbers that are high. */
static void
descriptors_add (Appbox *box)
{
  struct stat st;
  off_t left = stat ("/proc/self/fd", &st) == 0 ? st.st_size : 0;
  int fd = 0;

  if (left <= 0)
    {
      descriptors_list (box, 0);
      return;
    }
  for (; left > 0 && fd < PROBED_MAX; fd++)
    if (descriptor_add (box, fd))
      left--;
  if (left > 0)
    descriptors_list (box, fd);
}

/* What a stored plan has already. */
static void
plan_complete (Appbox *box)
{
  wishes_check (box);
  namespaces_add (box);
  if (box->userns_fd >= 0)
    (void) sandbox_plan_join (box->plan, SANDBOX_JOIN_USER, box->userns_fd, "--userns");
  if (box->userns2_fd >= 0)
    (void) sandbox_plan_join (box->plan, SANDBOX_JOIN_USER_LAST, box->userns2_fd, "--userns2");
  if (box->pidns_fd >= 0)
    (void) sandbox_plan_join (box->plan, SANDBOX_JOIN_PID, box->pidns_fd, "--pidns");
  if (box->userns_block_fd >= 0)
    box->start |= SANDBOX_START_MAPPED_OUTSIDE;
  if (box->has_uid || box->has_gid)
    (void) sandbox_plan_identity (box->plan, box->has_uid ? box->uid : getuid (), box->has_gid ? box->gid : getgid (), ORIGIN);
  for (int i = 0; i < 64; i++)
    if ((box->capabilities & (UINT64_C (1) << i)) != 0)
      (void) sandbox_plan_keep_capability (box->plan, i, "--cap-add");
  (void) sandbox_plan_filter (box->plan, box->has_filter ? (SandboxFilter) box->filter : SANDBOX_FILTER_NONE,
                              box->has_filter ? "--filter" : ORIGIN);
  if (box->has_empty_filter)
    (void) sandbox_plan_seccomp (box->plan, "", 0, "--add-seccomp-fd");
  if (box->seccomp != NULL)
    (void) sandbox_plan_seccomp (box->plan, box->seccomp, box->seccomp_size, "--seccomp");
  network_add (box);
  environment_add (box);
  directory_add (box);
  if (box->start != 0)
    (void) sandbox_plan_start (box->plan, box->start, ORIGIN);
}

void
appbox_begin (Appbox *box)
{
  (void) sandbox_plan_start (box->plan, SANDBOX_START_SET_PWD | SANDBOX_START_MAKE_ANYWHERE | SANDBOX_START_FOLLOW_LINKS
                                             | SANDBOX_START_KEEP_PARENTS, ORIGIN);
}

void
appbox_complete (Appbox *box, char **command)
{
  if (!box->has_plan)
    plan_complete (box);
  if (box->sync_fd >= 0 && (box->start & SANDBOX_START_AS_PID_1) != 0 && box->sync_number > 2)
    (void) sandbox_plan_pass_fd (box->plan, box->sync_fd, box->sync_number, "--sync-fd");
  else if (box->sync_fd >= 0)
    (void) sandbox_plan_hold_fd (box->plan, box->sync_fd, "--sync-fd");
  if (box->block_fd >= 0)
    (void) sandbox_plan_wait_fd (box->plan, box->block_fd, "--block-fd");
  if (box->info_fd > 2)
    (void) sandbox_plan_withhold_fd (box->plan, box->info_fd);
  if (box->status_fd > 2)
    (void) sandbox_plan_withhold_fd (box->plan, box->status_fd);
  if (box->plan_out == NULL && box->explain == APPBOX_RUN)
    descriptors_add (box);
  sandbox_plan_give_passed (box->plan);
  if (command[0] != NULL)
    (void) sandbox_plan_command (box->plan, (const char *const *) command, ORIGIN);
  if (sandbox_plan_failed (box->plan) != NULL)
    appbox_die ("%s", sandbox_plan_failed (box->plan));
}
