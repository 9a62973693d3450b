/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * How the app is started: numbers that plans, launches and init (which has no C library) agree on.
 */
#pragma once

/* argv[0] of init, by which it knows itself (init/init.c). */
#define INIT_NAME "nacelle-init"

enum
{
  SANDBOX_START_NEW_SESSION = 1 << 0,
  SANDBOX_START_STRICT_CWD = 1 << 1,     /* a working directory that cannot be entered is a failure */
  SANDBOX_START_SET_PWD = 1 << 2,        /* PWD, when it is in the environment, is made to say where the app starts */
  SANDBOX_START_MAKE_ANYWHERE = 1 << 3,  /* missing places are made also in what is bound from the host */
  SANDBOX_START_AS_PID_1 = 1 << 4,       /* no init: the app is pid 1 itself and reaps; needs new process ids */
  SANDBOX_START_NO_USERNS = 1 << 5,      /* nothing inside can make a user namespace, whatever it tries */
  SANDBOX_START_NO_USERNS_ALREADY = 1 << 6,  /* refused unless that is so without our doing */
  SANDBOX_START_MAPPED_OUTSIDE = 1 << 7, /* `made` (run.h) sees to it that the id maps are written */
  SANDBOX_START_FOLLOW_LINKS = 1 << 8,   /* a symbolic link on the way to a place is followed, inside the new root; else it is a failure */
  SANDBOX_START_KEEP_PARENTS = 1 << 9,   /* what a file, directory or tmpfs keeps from its group or others, missing parents do too */
  INIT_SHARED_PIDS = 1 << 10,            /* for init only */
  INIT_STAYS = 1 << 11,                  /* for init only: when the app has ended, wait to be killed */
  INIT_LABEL_IS_PROFILE = 1 << 12,       /* for init only: the label is for AppArmor, else for SELinux */
};
