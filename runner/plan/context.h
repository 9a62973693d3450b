/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * What the steps of build_sandbox_plan() share.  One permission is one file with one function, and the list of
 * them in plan.c is the order of the sandbox.
 */
#pragma once

#include "runner/plan/exports.h"
#include "runner/plan/launch.h"

typedef struct
{
  const Launch *launch;
  const Host *host;
  const Permissions *permissions;
  const char *id;
  SandboxPlan *plan;
  GPtrArray *notes;
  char *home;           /* the home folder without links: where it is in the sandbox */
  char *data_path;      /* HOME/.var/app/ID as the app sees it */
  int home_fd;
  int data_fd;          /* ~/.var/app/ID */
  char *run_dir;        /* "/run/user/UID" */
  Exports *exports;
} PlanContext;

/* For `-v` and explain. */
void plan_note (PlanContext *context, const char *format, ...) G_GNUC_PRINTF (2, 3);

/* A descriptor of `fd` of our own, for functions that take ownership. */
int plan_dup (int fd);

/* The files of a bundle at `dest`, read-only; the sandbox ends with their server. */
void plan_bundle_files (PlanContext *context, const Bundle *bundle, const char *dest, const char *origin);

/* A file in /etc (etc.c), which the app cannot change: the root is read-only.  A mount of its own would cost three times as much. */
void plan_etc_file (PlanContext *context, const char *dest, const void *data, gsize size);

/* LD_LIBRARY_PATH: `own` (may be NULL) between what the app's and the runtime's extensions add; NULL when it is empty. */
char *plan_library_path (const PlanContext *context, const char *own);
/* "ID=CHECKSUM;..." as /.flatpak-info lists them; NULL when there are none. */
char *plan_extension_names (const GPtrArray *extensions);

/* The steps.  FALSE is a refusal to launch; a failed add function of the engine is found at the end. */
gboolean plan_base (PlanContext *context, GError **error);        /* base.c: /usr /app /proc /dev /tmp /var /run */
gboolean plan_extensions (PlanContext *context, GError **error);  /* extensions.c */
gboolean plan_etc (PlanContext *context, GError **error);         /* etc.c */
gboolean plan_accounts (PlanContext *context, GError **error);    /* accounts.c: passwd, group, machine-id */
gboolean plan_timezone (PlanContext *context, GError **error);    /* timezone.c */
gboolean plan_network (PlanContext *context, GError **error);     /* network.c */
gboolean plan_ipc (PlanContext *context, GError **error);         /* network.c */
gboolean plan_devices (PlanContext *context, GError **error);     /* devices.c */
gboolean plan_features (PlanContext *context, GError **error);    /* features.c: the system call filter */
gboolean plan_walls (PlanContext *context, GError **error);       /* walls.c: Landlock */
gboolean plan_limits (PlanContext *context, GError **error);      /* limits.c: of resources */
gboolean plan_filesystems (PlanContext *context, GError **error); /* filesystem.c */
gboolean plan_home (PlanContext *context, GError **error);        /* home.c: ~, the app's data, --persist */
gboolean plan_hidden (PlanContext *context, GError **error);      /* hidden.c: what no grant may show */
gboolean plan_mount_points (PlanContext *context, GError **error); /* mountpoints.c */
gboolean plan_exports (PlanContext *context, GError **error);     /* exports.c: writes what the three above collected */
gboolean plan_sockets (PlanContext *context, GError **error);     /* sockets.c */
gboolean plan_unavailable (PlanContext *context, GError **error); /* unavailable.c: only notes */
gboolean plan_environment (PlanContext *context, GError **error); /* environment.c */
gboolean plan_info (PlanContext *context, GError **error);        /* info.c: /.flatpak-info */
gboolean plan_command (PlanContext *context, GError **error);     /* command.c */
