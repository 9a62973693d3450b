/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/signalfd.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/error.h"
#include "base/file.h"
#include "image/server/server.h"

typedef struct
{
  int fd;
  KeptImage *image;             /* NULL: its request has not come yet */
} Connection;

typedef struct
{
  int dev_fd;
  int listener;
  int signals;
  GPtrArray *images;            /* KeptImage */
  GArray *connections;
  unsigned n_mounts;
  gint64 idle_limit;            /* microseconds */
  gint64 last_use;              /* when the last connection ended */
} Keeper;

static void
keeper_log (const GError *error)
{
  fprintf (stderr, "image-server: %s\n", error->message);
}

static void
connection_remove (Keeper *keeper, guint index)
{
  Connection *connection = &g_array_index (keeper->connections, Connection, index);

  keeper->last_use = g_get_monotonic_time ();
  if (connection->image != NULL && --connection->image->n_users == 0)
    connection->image->idle_since = keeper->last_use;
  close (connection->fd);
  g_array_remove_index_fast (keeper->connections, index);
}

/* Its launchers learn it by the end of their connections. */
static void
image_remove (Keeper *keeper, KeptImage *image)
{
  for (guint i = keeper->connections->len; i-- > 0;)
    if (g_array_index (keeper->connections, Connection, i).image == image)
      connection_remove (keeper, i);
  g_ptr_array_remove_fast (keeper->images, image);
}

static KeptImage *
image_find_or_make (Keeper *keeper, int fd, const ImageRequest *request, GError **error)
{
  gboolean allow_unsealed = (request->flags & PROTOCOL_ALLOW_UNSEALED) != 0;
  KeptImage *image;
  struct stat st;
  int flags;

  if (fstat (fd, &st) < 0 || !S_ISREG (st.st_mode))
    {
      error_throw_code (error, ERROR_REFUSED, "%s is not an image: it is not a regular file", request->name);
      return NULL;
    }
  /* Who may not read the file is not shown it because somebody else could. */
  flags = fcntl (fd, F_GETFL);
  if (flags < 0 || (flags & O_PATH) != 0 || (flags & O_ACCMODE) == O_WRONLY)
    {
      error_throw_code (error, ERROR_REFUSED, "The image %s is not open for reading", request->name);
      return NULL;
    }
  for (guint i = 0; i < keeper->images->len; i++)
    if (kept_image_is (keeper->images->pdata[i], &st, allow_unsealed))
      return keeper->images->pdata[i];
  image = kept_image_new (keeper->dev_fd, fd, ++keeper->n_mounts, request->name, allow_unsealed, error);
  if (image != NULL)
    g_ptr_array_add (keeper->images, image);
  return image;
}

/* Clones of the two mounts; each launcher needs its own, since moving one into a sandbox uses it up.  One that is only looked at and
 * closed costs the kernel more than all the rest of this, so there is one of the root only for who wants it. */
static gboolean
connection_answer (Connection *connection, KeptImage *image, const ImageRequest *request, GError **error)
{
  ImageReply reply = { .magic = PROTOCOL_MAGIC };
  gboolean with_root = (request->flags & PROTOCOL_FILES_ONLY) == 0;
  autofd root = with_root ? server_mount_clone (image->mount.root_fd) : -1;
  autofd files = with_root && root < 0 ? -1 : server_mount_clone (image->files_fd);

  if (files < 0)
    return error_throw_code (error, ERROR_UNAVAILABLE, "The mount of the image %s cannot be handed out: %s", image->name,
                             g_strerror (errno));
  const int fds[] = { with_root ? root : files, files };
  if (!protocol_send (connection->fd, &reply, sizeof reply, fds, with_root ? 2 : 1))
    return error_throw_errno (error, errno, "A launcher left before it was answered");
  connection->image = image;
  image->n_users++;
  return TRUE;
}

static void
connection_refuse (const Connection *connection, guint32 status, const char *text)
{
  ImageReply reply = { .magic = PROTOCOL_MAGIC, .status = status };

  g_strlcpy (reply.text, text, sizeof reply.text);
  (void) protocol_send (connection->fd, &reply, sizeof reply, NULL, 0); /* it may be gone; that is its right */
}

/* FALSE: the connection is to be closed. */
static gboolean
connection_serve (Keeper *keeper, Connection *connection)
{
  g_autoptr (GError) error = NULL;
  ImageRequest request;
  KeptImage *image;
  unsigned n_fds = 0;
  int received[1];
  autofd fd = -1;

  /* After its request a launcher says nothing more; whatever comes is the end. */
  if (connection->image != NULL || !protocol_receive (connection->fd, &request, sizeof request, received, 1, &n_fds))
    return FALSE;
  fd = n_fds == 1 ? received[0] : -1;
  if (request.magic != PROTOCOL_MAGIC || fd < 0)
    return FALSE;
  if (request.version != PROTOCOL_VERSION)
    {
      connection_refuse (connection, PROTOCOL_OTHER_VERSION, "");
      return FALSE;
    }
  request.name[sizeof request.name - 1] = '\0';
  image = image_find_or_make (keeper, fd, &request, &error);
  if (image != NULL && connection_answer (connection, image, &request, &error))
    {
      if ((request.flags & PROTOCOL_RUN_OFTEN) != 0)
        kept_image_run (image);
      return TRUE;
    }
  connection_refuse (connection, 1 + (guint32) error->code, error->message);
  return FALSE;
}

static void
keeper_accept (Keeper *keeper)
{
  Connection connection = { .fd = accept4 (keeper->listener, NULL, NULL, SOCK_CLOEXEC) };

  if (connection.fd < 0)
    {
      if (errno == EMFILE || errno == ENFILE || errno == ENOMEM)
        g_usleep (20000); /* or poll() would return at once, again and again */
      return;
    }
  if (!protocol_peer_is (connection.fd, geteuid ()))
    close (connection.fd);
  else
    g_array_append_val (keeper->connections, connection);
}

static void
keeper_reap (Keeper *keeper)
{
  struct signalfd_siginfo info;
  pid_t pid;

  (void) !read (keeper->signals, &info, sizeof info); /* signals of one kind are merged: ask for all children */
  while ((pid = waitpid (-1, NULL, WNOHANG)) > 0)
    for (guint i = 0; i < keeper->images->len; i++)
      {
        KeptImage *image = keeper->images->pdata[i];
        g_autoptr (GError) error = NULL;

        if (image->tools == pid)
          image->tools = 0;
        if (image->worker != pid)
          continue;
        if (!kept_image_restart (image, &error))
          {
            keeper_log (error);
            image_remove (keeper, image);
          }
        break;
      }
}

/* Let go of what nobody uses.  Milliseconds until this is worth asking again, -1: not before something happens,
 * -2: nothing is left. */
static int
keeper_sweep (Keeper *keeper)
{
  gint64 limit = keeper->listener >= 0 ? keeper->idle_limit : 0;
  gint64 now = g_get_monotonic_time (), next = G_MAXINT64;

  for (guint i = keeper->images->len; i-- > 0;)
    {
      KeptImage *image = keeper->images->pdata[i];
      if (image->n_users > 0)
        continue;
      if (now - image->idle_since >= limit)
        image_remove (keeper, image);
      else
        next = MIN (next, image->idle_since + limit);
    }
  if (keeper->connections->len == 0 && keeper->images->len == 0)
    {
      if (now - keeper->last_use >= limit)
        return -2;
      next = MIN (next, keeper->last_use + limit);
    }
  return next == G_MAXINT64 ? -1 : (int) MIN ((next - now) / 1000 + 1, 3600 * 1000);
}

static void
keeper_turn (Keeper *keeper, int timeout)
{
  guint n = keeper->connections->len;
  g_autofree struct pollfd *polls = g_new0 (struct pollfd, n + 2);

  for (guint i = 0; i < n; i++)
    polls[i] = (struct pollfd) { g_array_index (keeper->connections, Connection, i).fd, POLLIN, 0 };
  polls[n] = (struct pollfd) { keeper->signals, POLLIN, 0 };
  polls[n + 1] = (struct pollfd) { keeper->listener, POLLIN, 0 }; /* -1 is ignored */
  if (poll (polls, n + 2, timeout) <= 0)
    return;
  /* From the end, since a removed connection is replaced by the last one; and before workers are looked after, which
   * can remove connections too. */
  for (guint i = n; i-- > 0;)
    if (polls[i].revents != 0 && !connection_serve (keeper, &g_array_index (keeper->connections, Connection, i)))
      connection_remove (keeper, i);
  if (polls[n].revents != 0)
    keeper_reap (keeper);
  if (polls[n + 1].revents != 0)
    keeper_accept (keeper);
}

static gint64
idle_limit (void)
{
  const char *text = g_getenv ("NACELLE_IMAGE_IDLE");
  gint64 seconds = text != NULL ? g_ascii_strtoll (text, NULL, 10) : SERVER_IDLE_SECONDS;

  return CLAMP (seconds, 0, 86400) * G_USEC_PER_SEC;
}

void
keeper_run (int dev_fd, int first, int listener, int folder_fd)
{
  Keeper keeper = { .dev_fd = dev_fd, .listener = listener, .idle_limit = idle_limit (), .last_use = g_get_monotonic_time () };
  Connection connection = { .fd = first };
  sigset_t child;
  int timeout;

  sigemptyset (&child);
  sigaddset (&child, SIGCHLD);
  sigprocmask (SIG_SETMASK, &child, NULL);
  keeper.signals = signalfd (-1, &child, SFD_CLOEXEC | SFD_NONBLOCK);
  keeper.images = g_ptr_array_new_with_free_func ((GDestroyNotify) kept_image_free);
  keeper.connections = g_array_new (FALSE, FALSE, sizeof (Connection));
  g_array_append_val (keeper.connections, connection);
  while ((timeout = keeper_sweep (&keeper)) != -2)
    keeper_turn (&keeper, timeout);
  /* Who connects from now on is not answered, and starts another server. */
  if (listener >= 0)
    unlinkat (folder_fd, PROTOCOL_SOCKET_NAME, 0);
  g_array_unref (keeper.connections);
  g_ptr_array_unref (keeper.images);
}
