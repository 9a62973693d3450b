/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * What a plan may know about the host: collected once, so that a test can plan for a host that it made up.
 */
#pragma once

#include <glib.h>
#include <sys/types.h>

#define HOST_INSTANCE_MIN 1000000000u

typedef struct
{
  uid_t uid;
  gid_t gid;
  char *user;
  char *real_name;
  char *group;
  char *home;          /* absolute, as the user knows it (it may lead through links) */
  char *runtime_dir;   /* $XDG_RUNTIME_DIR, NULL when there is none */
  char *cwd;           /* NULL when it has no name */
  char **variables;    /* NAME=VALUE */
  char *etc;           /* "/etc" */
  char *dev;           /* "/dev" */
  char *sys;           /* "/sys" */
  char *instance;      /* number of this launch in /.flatpak-info */
} Host;

/* ERROR_FAILED when there is no usable home folder. */
Host *host_read (GError **error);
void host_free (Host *host);
G_DEFINE_AUTOPTR_CLEANUP_FUNC (Host, host_free)

/* A variable of the user's environment, NULL when unset. */
const char *host_variable (const Host *host, const char *name);

/* $XDG_CONFIG_HOME and the like, else `fallback` below the home folder.  Caller frees. */
char *host_xdg_dir (const Host *host, const char *variable, const char *fallback);
