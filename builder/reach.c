/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "builder/reach.h"

#include <dirent.h>
#include <glob.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/file.h"
#include "bundle/filesystem.h"

#define ORIGIN "manifest build-args"
#define RUN_DIR BUILD_RUN_DIR

typedef struct
{
  const BuildAccess *access;
  SandboxPlan *plan;
  GPtrArray *notes;
} Reach;

static void
note_missing (const Reach *reach, const char *option, const char *value, const char *what)
{
  g_ptr_array_add (reach->notes, g_strdup_printf ("not there for %s%s: %s", option, value, what));
}

/* A socket of the session or of the system: where its path comes from, and what is told inside. */
static const struct
{
  const char *name;
  const char *from_env;        /* variable with its path, or NULL */
  const char *prefix;          /* of that variable's value, taken off; or NULL */
  const char *in_runtime_dir;  /* below XDG_RUNTIME_DIR; or NULL */
  const char *path;            /* or NULL */
  const char *dest;
  const char *variable, *value_prefix;
} sockets[] = {
  { "session-bus", "DBUS_SESSION_BUS_ADDRESS", "unix:path=", "bus", NULL, RUN_DIR "/bus", "DBUS_SESSION_BUS_ADDRESS", "unix:path=" },
  { "system-bus", "DBUS_SYSTEM_BUS_ADDRESS", "unix:path=", NULL, "/run/dbus/system_bus_socket", "/run/dbus/system_bus_socket", NULL, NULL },
  { "ssh-auth", "SSH_AUTH_SOCK", NULL, NULL, NULL, RUN_DIR "/ssh-auth", "SSH_AUTH_SOCK", "" },
  { "gpg-agent", NULL, NULL, "gnupg/S.gpg-agent", NULL, RUN_DIR "/gnupg/S.gpg-agent", NULL, NULL },
  { "pcsc", "PCSCLITE_CSOCK_NAME", NULL, NULL, "/run/pcscd/pcscd.comm", "/run/pcscd/pcscd.comm", NULL, NULL },
  { "cups", "CUPS_SERVER", NULL, NULL, "/run/cups/cups.sock", "/run/cups/cups.sock", NULL, NULL },
  { "pulseaudio", "PULSE_SERVER", "unix:", "pulse/native", NULL, RUN_DIR "/pulse/native", "PULSE_SERVER", "unix:" },
};

static gboolean
is_socket (const char *path)
{
  struct stat st;

  return path != NULL && *path == '/' && stat (path, &st) == 0 && S_ISSOCK (st.st_mode);
}

/* Caller frees; NULL: there is none. */
static char *
find_socket (gsize row)
{
  const char *value = sockets[row].from_env != NULL ? g_getenv (sockets[row].from_env) : NULL;
  const char *runtime_dir = g_getenv ("XDG_RUNTIME_DIR");
  gsize skip = sockets[row].prefix != NULL ? strlen (sockets[row].prefix) : 0;

  if (value != NULL && (skip == 0 || g_str_has_prefix (value, sockets[row].prefix)))
    {
      g_autofree char *path = g_strndup (value + skip, strcspn (value + skip, ",;"));
      if (is_socket (path))
        return g_steal_pointer (&path);
    }
  if (sockets[row].in_runtime_dir != NULL && runtime_dir != NULL)
    {
      g_autofree char *path = g_build_filename (runtime_dir, sockets[row].in_runtime_dir, NULL);
      if (is_socket (path))
        return g_steal_pointer (&path);
    }
  return is_socket (sockets[row].path) ? g_strdup (sockets[row].path) : NULL;
}

static void
add_sockets (const Reach *reach)
{
  for (gsize i = 0; i < G_N_ELEMENTS (sockets); i++)
    {
      g_autofree char *path = NULL;

      if (!permissions_has (reach->access->permissions->sockets, sockets[i].name))
        continue;
      path = find_socket (i);
      if (path == NULL)
        {
          note_missing (reach, "--socket=", sockets[i].name, "no such socket");
          continue;
        }
      sandbox_plan_bind (reach->plan, path, sockets[i].dest, SANDBOX_BIND_READ_ONLY, ORIGIN);
      if (sockets[i].variable == NULL)
        continue;
      g_autofree char *value = g_strconcat (sockets[i].value_prefix, sockets[i].dest, NULL);
      sandbox_plan_setenv (reach->plan, sockets[i].variable, value, ORIGIN);
    }
}

static gboolean
add_wayland (const Reach *reach)
{
  const char *name = g_getenv ("WAYLAND_DISPLAY") ?: "wayland-0";
  const char *runtime_dir = g_getenv ("XDG_RUNTIME_DIR");
  g_autofree char *path = *name == '/' || runtime_dir == NULL ? g_strdup (name) : g_build_filename (runtime_dir, name, NULL);

  if (!is_socket (path))
    return FALSE;
  sandbox_plan_bind (reach->plan, path, RUN_DIR "/wayland-0", SANDBOX_BIND_READ_ONLY, ORIGIN);
  sandbox_plan_setenv (reach->plan, "WAYLAND_DISPLAY", "wayland-0", ORIGIN);
  return TRUE;
}

/* The display of the caller by its own number; its server takes the caller's cookie. */
static gboolean
add_x11 (const Reach *reach)
{
  const char *display = g_getenv ("DISPLAY");
  gsize digits = display != NULL && *display == ':' ? strspn (display + 1, "0123456789") : 0;

  if (digits == 0)
    return FALSE;
  g_autofree char *number = g_strndup (display + 1, digits);
  g_autofree char *path = g_strconcat ("/tmp/.X11-unix/X", number, NULL);
  g_autofree char *inside = g_strconcat (":", number, NULL);
  g_autofree char *usual = g_build_filename (g_get_home_dir (), ".Xauthority", NULL);
  const char *cookie = g_getenv ("XAUTHORITY") ?: usual;

  if (!is_socket (path))
    return FALSE;
  sandbox_plan_bind (reach->plan, path, path, SANDBOX_BIND_READ_ONLY, ORIGIN);
  sandbox_plan_setenv (reach->plan, "DISPLAY", inside, ORIGIN);
  if (access (cookie, R_OK) == 0)
    {
      sandbox_plan_bind (reach->plan, cookie, RUN_DIR "/Xauthority", SANDBOX_BIND_READ_ONLY | SANDBOX_BIND_TRY, ORIGIN);
      sandbox_plan_setenv (reach->plan, "XAUTHORITY", RUN_DIR "/Xauthority", ORIGIN);
    }
  return TRUE;
}

static void
add_displays (const Reach *reach)
{
  const GPtrArray *wanted = reach->access->permissions->sockets;
  gboolean wayland = permissions_has (wanted, "wayland") && add_wayland (reach);
  gboolean fallback = permissions_has (wanted, "fallback-x11");

  if (permissions_has (wanted, "wayland") && !wayland)
    note_missing (reach, "--socket=", "wayland", "WAYLAND_DISPLAY names no socket");
  if ((fallback ? !wayland : permissions_has (wanted, "x11")) && !add_x11 (reach))
    note_missing (reach, "--socket=", fallback ? "fallback-x11" : "x11", "DISPLAY names no X server of this machine");
}

/* Patterns below /dev. */
static const struct { const char *name, *pattern; } devices[] = {
  { "dri", "dri" },       { "dri", "nvidia*" }, { "dri", "kfd" }, { "dri", "udmabuf" },
  { "input", "input" },   { "usb", "bus/usb" }, { "kvm", "kvm" },
};

static gboolean
add_nodes (const Reach *reach, const char *pattern)
{
  g_autofree char *full = g_build_filename ("/dev", pattern, NULL);
  glob_t found = { 0 };
  gboolean any = glob (full, 0, NULL, &found) == 0;

  for (gsize i = 0; any && i < found.gl_pathc; i++)
    sandbox_plan_bind (reach->plan, found.gl_pathv[i], found.gl_pathv[i], SANDBOX_BIND_DEV | SANDBOX_BIND_TRY, ORIGIN);
  globfree (&found);
  return any;
}

static void
add_devices (const Reach *reach)
{
  const GPtrArray *wanted = reach->access->permissions->devices;

  if (permissions_has (wanted, "all"))
    {
      sandbox_plan_bind (reach->plan, "/dev", "/dev", SANDBOX_BIND_DEV, ORIGIN);
      sandbox_plan_tmpfs (reach->plan, "/dev/shm", 01777, 0, ORIGIN);
    }
  for (gsize i = 0; i < G_N_ELEMENTS (devices) && !permissions_has (wanted, "all"); i++)
    if (permissions_has (wanted, devices[i].name) && !add_nodes (reach, devices[i].pattern)
        && (i == 0 || strcmp (devices[i - 1].name, devices[i].name) != 0))
      note_missing (reach, "--device=", devices[i].name, "/dev has no such node");
  if (permissions_has (wanted, "shm"))
    sandbox_plan_bind (reach->plan, "/dev/shm", "/dev/shm", SANDBOX_BIND_TRY, ORIGIN);
}

static void
bind_place (const Reach *reach, const FilesystemGrant *grant, const char *source, const char *dest)
{
  if (grant->mode == FILESYSTEM_CREATE)
    (void) g_mkdir_with_parents (source, 0755); /* what cannot be made is missing, which is told */
  if (access (source, F_OK) < 0)
    note_missing (reach, "--filesystem=", grant->token, source);
  else
    sandbox_plan_bind (reach->plan, source, dest, grant->mode == FILESYSTEM_READ_ONLY ? SANDBOX_BIND_READ_ONLY : 0, ORIGIN);
}

/* Every folder in / that a sandbox does not have itself. */
static void
bind_host (const Reach *reach, const FilesystemGrant *grant)
{
  DIR *dir = opendir ("/");

  for (struct dirent *entry = dir != NULL ? readdir (dir) : NULL; entry != NULL; entry = readdir (dir))
    {
      static const char *const left_out[] = { ".", "..", "boot", "efi", "root", "run", "sys", "tmp", "var", "lost+found", NULL };
      g_autofree char *path = g_strconcat ("/", entry->d_name, NULL);
      struct stat st;

      if (g_strv_contains (left_out, entry->d_name) || filesystem_path_is_reserved (path) || lstat (path, &st) < 0 || !S_ISDIR (st.st_mode))
        continue;
      bind_place (reach, grant, path, path);
    }
  if (dir != NULL)
    closedir (dir);
}

/* A folder of the user by its word: "xdg-download".  NULL: there is none. */
static const char *
user_folder (const char *word)
{
  static const struct { const char *word; GUserDirectory folder; } folders[] = {
    { "xdg-desktop", G_USER_DIRECTORY_DESKTOP },   { "xdg-documents", G_USER_DIRECTORY_DOCUMENTS },
    { "xdg-download", G_USER_DIRECTORY_DOWNLOAD }, { "xdg-music", G_USER_DIRECTORY_MUSIC },
    { "xdg-pictures", G_USER_DIRECTORY_PICTURES }, { "xdg-public-share", G_USER_DIRECTORY_PUBLIC_SHARE },
    { "xdg-templates", G_USER_DIRECTORY_TEMPLATES }, { "xdg-videos", G_USER_DIRECTORY_VIDEOS },
  };

  for (gsize i = 0; i < G_N_ELEMENTS (folders); i++)
    if (strcmp (folders[i].word, word) == 0)
      return g_get_user_special_dir (folders[i].folder);
  if (strcmp (word, "xdg-config") == 0)
    return g_get_user_config_dir ();
  if (strcmp (word, "xdg-cache") == 0)
    return g_get_user_cache_dir ();
  if (strcmp (word, "xdg-data") == 0)
    return g_get_user_data_dir ();
  return strcmp (word, "xdg-run") == 0 ? g_getenv ("XDG_RUNTIME_DIR") : g_get_home_dir ();
}

static void
bind_user_folder (const Reach *reach, const FilesystemGrant *grant)
{
  g_autofree char *word = g_strndup (grant->token, strcspn (grant->token, "/"));
  const char *folder = user_folder (word);
  const char *rest = grant->token + strlen (word);
  g_autofree char *source = folder != NULL ? g_build_filename (folder, rest, NULL) : NULL;
  g_autofree char *dest = strcmp (word, "xdg-run") == 0 ? g_build_filename (RUN_DIR, rest, NULL) : g_strdup (source);

  if (source == NULL)
    note_missing (reach, "--filesystem=", grant->token, "you have no such folder");
  else
    bind_place (reach, grant, source, dest);
}

static void
add_filesystem (const Reach *reach, const FilesystemGrant *grant)
{
  static const struct { const char *word, *source, *dest; } systems[] = {
    { "host-os", "/usr", "/run/host/usr" }, { "host-etc", "/etc", "/run/host/etc" }, { "host-root", "/", "/run/host/root" },
  };

  if (grant->mode == FILESYSTEM_NONE)
    return;
  for (gsize i = 0; i < G_N_ELEMENTS (systems); i++)
    if (strcmp (grant->token, systems[i].word) == 0 || (strcmp (grant->token, "host") == 0 && i < 2))
      bind_place (reach, grant, systems[i].source, systems[i].dest);
  if (strcmp (grant->token, "host") == 0)
    bind_host (reach, grant);
  else if (*grant->token == '/')
    bind_place (reach, grant, grant->token, grant->token);
  else if (!g_str_has_prefix (grant->token, "host-"))
    bind_user_folder (reach, grant);
}

/* A home folder that can be reached is the one that programs look into. */
static gboolean
is_home (const FilesystemGrant *grant)
{
  return grant->mode != FILESYSTEM_NONE && (strcmp (grant->token, "home") == 0 || strcmp (grant->token, "host") == 0);
}

static void
add_environment (const Reach *reach)
{
  const GPtrArray *environment = reach->access->permissions->environment;

  for (guint i = 0; i < environment->len; i++)
    {
      const PermissionEntry *entry = environment->pdata[i];

      if (entry->value != NULL)
        sandbox_plan_setenv (reach->plan, entry->name, entry->value, ORIGIN);
      else
        sandbox_plan_unsetenv (reach->plan, entry->name, ORIGIN);
    }
}

void
reach_add (const BuildAccess *wanted, SandboxPlan *plan, GPtrArray *notes)
{
  const Reach reach = { wanted, plan, notes };
  const Permissions *permissions = wanted->permissions;

  if (permissions_has (permissions->shared, "network"))
    sandbox_plan_share (plan, SANDBOX_SHARE_NETWORK, ORIGIN);
  if (permissions_has (permissions->shared, "ipc"))
    sandbox_plan_share (plan, SANDBOX_SHARE_IPC, ORIGIN);
  if (!build_access_is_closed (wanted))
    {
      sandbox_plan_dir (plan, RUN_DIR, 0700, ORIGIN);
      sandbox_plan_setenv (plan, "XDG_RUNTIME_DIR", RUN_DIR, ORIGIN);
    }
  for (guint i = 0; i < permissions->filesystems->len; i++)
    {
      const FilesystemGrant *grant = permissions->filesystems->pdata[i];

      add_filesystem (&reach, grant);
      if (is_home (grant))
        sandbox_plan_setenv (plan, "HOME", g_get_home_dir (), ORIGIN);
    }
  add_devices (&reach);
  add_sockets (&reach);
  add_displays (&reach);
  for (guint i = 0; i < wanted->binds->len; i++)
    {
      const BuildBind *bind = wanted->binds->pdata[i];

      if (access (bind->source, F_OK) < 0)
        note_missing (&reach, "--bind-mount=", bind->dest, bind->source);
      else
        sandbox_plan_bind (plan, bind->source, bind->dest, 0, ORIGIN);
    }
  add_environment (&reach);
}
