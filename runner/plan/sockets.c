/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * --socket: servers of the user's session.  A name from the environment is never trusted to stay in its folder: each
 * socket is opened below the folder where it belongs, without following links.
 */
#include "runner/plan/context.h"

#include <string.h>

#include "base/file.h"
#include "base/witness.h"
#include "runner/plan/x11.h"

#define AUTHORITY_MAX (64 * 1024)

/* -1 unless it is a socket. */
static int
open_socket (const char *folder, const char *name)
{
  struct stat st;
  g_autofree char *path = folder != NULL ? g_build_filename (folder, name, NULL) : NULL;

  if (path != NULL)
    witness_note (WITNESS_LINK, path);
  autofd dir = folder != NULL ? open (folder, O_PATH | O_DIRECTORY | O_CLOEXEC) : -1;
  autofd fd = dir >= 0 ? file_open_beneath (dir, name, O_PATH, 0, NULL) : -1;

  return fd >= 0 && fstat (fd, &st) == 0 && S_ISSOCK (st.st_mode) ? file_steal_fd (&fd) : -1;
}

static void
set_path (PlanContext *context, const char *variable, const char *prefix, const char *path, const char *origin)
{
  g_autofree char *value = g_strconcat (prefix, path, NULL);
  (void) sandbox_plan_setenv (context->plan, variable, value, origin);
}

static gboolean
add_wayland (PlanContext *context, const char *origin)
{
  const char *name = host_variable (context->host, "WAYLAND_DISPLAY");
  if (name == NULL || name[0] == '\0')
    name = "wayland-0";

  gboolean plain = g_str_has_prefix (name, "wayland-") && strchr (name, '/') == NULL;
  int fd = plain ? open_socket (context->host->runtime_dir, name) : -1;
  if (fd < 0)
    {
      plan_note (context, "not granted: --socket=wayland (there is no such socket in the session's folder)");
      return FALSE;
    }
  g_autofree char *dest = g_build_filename (context->run_dir, name, NULL);
  (void) sandbox_plan_bind_fd (context->plan, fd, name, dest, SANDBOX_BIND_READ_ONLY, origin);
  (void) sandbox_plan_setenv (context->plan, "WAYLAND_DISPLAY", name, origin);
  return TRUE;
}

static void
add_x11_authority (PlanContext *context, int number, const char *origin)
{
  g_autofree char *usual = g_build_filename (context->host->home, ".Xauthority", NULL);
  const char *path = host_variable (context->host, "XAUTHORITY");
  gsize length;

  witness_note (WITNESS_FILE, path != NULL ? path : usual);
  g_autofree char *data = file_read (AT_FDCWD, path != NULL ? path : usual, AUTHORITY_MAX, &length, NULL);
  if (data == NULL)
    return; /* a server without access control */

  g_autoptr (GByteArray) kept = x11_filter_authority ((const guint8 *) data, length, number);
  g_autofree char *dest = g_build_filename (context->run_dir, "Xauthority", NULL);
  (void) sandbox_plan_file (context->plan, dest, kept->data, kept->len, 0600, origin);
  (void) sandbox_plan_setenv (context->plan, "XAUTHORITY", dest, origin);
}

static void
add_x11 (PlanContext *context, const char *origin)
{
  const char *display = host_variable (context->host, "DISPLAY");
  int number = display != NULL ? x11_display_number (display) : -1;
  g_autofree char *name = g_strdup_printf ("X%d", number);
  int fd = number >= 0 ? open_socket ("/tmp/.X11-unix", name) : -1;

  if (fd < 0)
    {
      plan_note (context, "not granted: --socket=x11 (DISPLAY names no X server of this machine)");
      return;
    }
  g_autofree char *dest = g_build_filename ("/tmp/.X11-unix", name, NULL);
  g_autofree char *inside = g_strdup_printf (":%d", number);
  (void) sandbox_plan_bind_fd (context->plan, fd, dest, dest, SANDBOX_BIND_READ_ONLY, origin);
  (void) sandbox_plan_setenv (context->plan, "DISPLAY", inside, origin);
  add_x11_authority (context, number, origin);
}

static void
add_pulseaudio (PlanContext *context, const char *origin)
{
  static const char configuration[] = "enable-shm=no\n";
  int fd = open_socket (context->host->runtime_dir, "pulse/native");

  if (fd < 0)
    {
      plan_note (context, "not granted: --socket=pulseaudio (there is no such socket in the session's folder)");
      return;
    }
  g_autofree char *dest = g_build_filename (context->run_dir, "pulse/native", NULL);
  g_autofree char *client = g_build_filename (context->run_dir, "pulse/client.conf", NULL);
  (void) sandbox_plan_bind_fd (context->plan, fd, "pulse/native", dest, SANDBOX_BIND_READ_ONLY, origin);
  (void) sandbox_plan_file (context->plan, client, configuration, strlen (configuration), 0444, origin);
  set_path (context, "PULSE_SERVER", "unix:", dest, origin);
  set_path (context, "PULSE_CLIENTCONFIG", "", client, origin);
}

static void
add_display (PlanContext *context)
{
  const GPtrArray *sockets = context->permissions->sockets;
  const PermissionEntry *x11 = permissions_find (sockets, "x11");
  const PermissionEntry *fallback = permissions_find (sockets, "fallback-x11");
  gboolean wayland = FALSE;

  if (permissions_has (sockets, "wayland"))
    wayland = add_wayland (context, permissions_find (sockets, "wayland")->origin);
  if (permissions_has (sockets, "fallback-x11"))
    {
      if (!wayland)
        add_x11 (context, fallback->origin);
    }
  else if (permissions_has (sockets, "x11"))
    add_x11 (context, x11->origin);
}

gboolean
plan_sockets (PlanContext *context, GError **error)
{
  const GPtrArray *sockets = context->permissions->sockets;

  add_display (context);
  if (permissions_has (sockets, "pulseaudio"))
    add_pulseaudio (context, permissions_find (sockets, "pulseaudio")->origin);
  return TRUE;
}
