/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * The image server, a program of its own: image-server, in libexecdir.  It consists of
 *
 *   the keeper    main process: lives in a user and mount namespace of its own with an empty root, mounts images by FUSE,
 *                 answers launchers with clones of the mounts, watches the workers.  Parses no image.
 *   the tools     while an image is built with: see tools.c.
 *   the workers   one an image: answers the kernel's requests from the image's bytes.  Has two descriptors (the
 *                 image, FUSE) and no way to get a third: see confine.c.
 *
 * A launcher starts it when no shared one answers.  The first that takes the lock in the runtime folder
 * listens there and is shared by all launches of the user; any other serves the launcher that started it and leaves
 * with it.  When a worker dies, the keeper, which has a duplicate of its FUSE descriptor, puts another in its
 * place and the apps go on.  When the keeper dies, the workers die with it (PR_SET_PDEATHSIG) and the mounts with them.
 */
#pragma once

#include <glib.h>
#include <sys/stat.h>
#include <sys/types.h>

#include "image/protocol.h"

/* Seconds without a launch after which a shared server lets an image go and, after the last one, leaves.  The variable
 * NACELLE_IMAGE_IDLE overrides it, for tests. */
#define SERVER_IDLE_SECONDS 60

/* descriptors.c: close every descriptor from `first` on; FALSE when that is not certain. */
gboolean server_close_from (unsigned first);

/* namespace.c */

#define SERVER_EMPTY_FOLDER "/empty" /* in the keeper's root; the workers' root is mounted there */

/* Enter a user namespace in which our own ids are mapped to themselves and a mount namespace whose root is an empty tmpfs.
 * *ret_dev is an O_PATH descriptor of the host's /dev.  Called once, with one thread. */
gboolean namespace_enter (int *ret_dev, GError **error);

/* mount.c */

typedef struct
{
  int fuse_fd;
  int root_fd;                  /* O_PATH: the image's root, in a mount that is attached in our namespace; -1 until it is opened */
  char path[32];                /* where FUSE is */
  char cover[40];               /* where its overlay is; empty: there is none */
} ServerMount;

#define SERVER_MOUNT_INIT { -1, -1, "", "" }

/* What is in the root of the mounted file system. */
#define SERVED_IMAGE "image"
#define SERVED_NOTHING "nothing" /* an empty folder */

/* Mount a file system whose requests are read from ret_mount->fuse_fd.  ERROR_UNAVAILABLE where the host
 * has no FUSE for us. */
gboolean server_mount_new (int dev_fd, unsigned number, ServerMount *ret_mount, GError **error);
/* Sets root_fd; once its requests are answered. */
gboolean server_mount_open (ServerMount *mount, GError **error);
void server_mount_clear (ServerMount *mount);

/* A detached clone for a launcher, with what is mounted in it; -1 with errno. */
int server_mount_clone (int path_fd);

/* kept.c: an image that is being served, as the keeper sees it. */

typedef struct KeptImage KeptImage;
struct KeptImage
{
  struct stat identity;         /* of the file; the same file is served once */
  gboolean allow_unsealed;
  char *name;
  int image_fd;
  int files_fd;                 /* O_PATH of files/ */
  ServerMount mount;
  pid_t worker;
  pid_t tools;                  /* 0: it does not run */
  unsigned n_runs;              /* requests with PROTOCOL_RUN_OFTEN */
  void *init;                   /* FUSE_INIT as the kernel sent it */
  gsize init_size;
  unsigned n_users;             /* connections */
  gint64 idle_since;            /* monotonic, while n_users is 0 */
  unsigned n_restarts;
  gint64 first_restart;
};

/* Mount and serve; steals nothing, duplicates `image_fd`.  NULL on error. */
KeptImage *kept_image_new (int dev_fd, int image_fd, unsigned number, const char *name, gboolean allow_unsealed, GError **error);
gboolean kept_image_is (const KeptImage *image, const struct stat *identity, gboolean allow_unsealed);

/* The worker is dead: put another in its place.  FALSE when that is not possible, or was done too often; then the image
 * is to be freed. */
gboolean kept_image_restart (KeptImage *image, GError **error);

/* Somebody runs programs of it again and again. */
void kept_image_run (KeptImage *image);

/* Kills the worker, ends the FUSE connection. */
void kept_image_free (KeptImage *image);
G_DEFINE_AUTOPTR_CLEANUP_FUNC (KeptImage, kept_image_free)

/* tools.c: keep large programs that are in use in memory; in a child process, does not return. */
void tools_run (const ServerMount *mount) G_GNUC_NORETURN;

/* keeper.c */

/* Serve `first` (a connection), and, when >= 0, whoever connects to `listener`, until nobody is left.  `folder_fd` is where
 * the listener's socket is. */
void keeper_run (int dev_fd, int first, int listener, int folder_fd);

/* worker.c */

/* Serve the image on `fuse_fd` until the mount is gone; in a child process.  `init` is the FUSE_INIT request of
 * the kernel, which is read once by the keeper: a worker that takes over gets the same.  Reports to `report_fd` with an
 * ImageReply whether the image is good.  Does not return. */
void worker_run (int image_fd, int fuse_fd, int report_fd, const char *name, gboolean allow_unsealed, const void *init,
                 gsize init_size) G_GNUC_NORETURN;

/* confine.c */

/* Give up everything but memory, the descriptors that are open, and reading and writing them.  Called in a worker before
 * it reads the first byte of the image. */
gboolean worker_confine (GError **error);

/* filter.c: the last step, for all threads of the worker.  FALSE with errno. */
gboolean worker_filter_install (void);
