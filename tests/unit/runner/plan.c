/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * Plans as text.  Each case is a host, an app and options that are made up; what comes out is compared with
 * tests/plans/NAME.plan.  NACELLE_UPDATE_PLANS=1 writes the files anew: read the difference before you keep it.
 */
#include "runner/plan/launch.h"

#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include "base/error.h"
#include "base/file.h"
#include "sandbox/print.h"

#define APP "[Application]\nname=org.example.App\nruntime=org.example.Platform/x86_64/1\ncommand=app\n"
#define RUNTIME "[Runtime]\nname=org.example.Platform\nruntime=org.example.Platform/x86_64/1\n[Environment]\nFROM=runtime\n"

typedef struct
{
  char *root;          /* a private folder; shown as @TMP@ */
  Host host;
  Bundle app;
  Bundle runtime;
  Permissions *permissions;
  GPtrArray *notes;
  const char *command;
  const char *cwd;
} Fixture;

static void
make (const Fixture *fixture, const char *path, const char *text)
{
  g_autofree char *full = g_build_filename (fixture->root, path, NULL);
  g_autofree char *dir = text != NULL ? g_path_get_dirname (full) : g_strdup (full);
  g_assert_cmpint (g_mkdir_with_parents (dir, 0755), ==, 0);
  if (text != NULL)
    g_assert_true (g_file_set_contents (full, text, -1, NULL));
}

static void
make_link (const Fixture *fixture, const char *target, const char *path)
{
  g_autofree char *full = g_build_filename (fixture->root, path, NULL);
  g_autofree char *dir = g_path_get_dirname (full);
  g_assert_cmpint (g_mkdir_with_parents (dir, 0755), ==, 0);
  g_assert_cmpint (symlink (target, full), ==, 0);
}

static void
make_socket (const Fixture *fixture, const char *path)
{
  struct sockaddr_un address = { .sun_family = AF_UNIX };
  g_autofree char *full = g_build_filename (fixture->root, path, NULL);
  g_autofree char *dir = g_path_get_dirname (full);
  autofd fd = socket (AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
  g_assert_cmpint (g_mkdir_with_parents (dir, 0755), ==, 0);
  g_assert_cmpuint (g_strlcpy (address.sun_path, full, sizeof address.sun_path), <, sizeof address.sun_path);
  g_assert_cmpint (bind (fd, (struct sockaddr *) &address, sizeof address), ==, 0);
}

static int
open_dir (const Fixture *fixture, const char *path)
{
  g_autofree char *full = g_build_filename (fixture->root, path, NULL);
  int fd = open (full, O_PATH | O_DIRECTORY | O_CLOEXEC);
  g_assert_cmpint (fd, >=, 0);
  return fd;
}

static void
set_up_bundle (Bundle *bundle, const char *metadata, const char *ref, int files_fd)
{
  bundle->metadata = metadata_parse (metadata, strlen (metadata), "test", NULL);
  bundle->ref = ref_parse (ref, NULL);
  bundle->name = g_strdup (ref);
  bundle->checksum = g_strnfill (64, '0');
  bundle->files_fd = files_fd;
  bundle->alive_fd = bundle->extra_fd = bundle->lock_fd = -1;
  g_assert_nonnull (bundle->metadata);
}

static void
set_up (Fixture *fixture, gconstpointer data)
{
  g_autofree char *made = g_dir_make_tmp ("nacelle-XXXXXX", NULL);
  char *root = realpath (made, NULL);

  *fixture = (Fixture) { .root = g_strdup (root), .permissions = permissions_new () };
  free (root);
  fixture->notes = g_ptr_array_new_with_free_func (g_free);
  make (fixture, "app/bin", NULL);
  make (fixture, "app/lib", NULL);
  make (fixture, "usr/bin", NULL);
  make (fixture, "usr/lib", NULL);
  make (fixture, "usr/etc/ssl", NULL);
  make (fixture, "usr/etc/nsswitch.conf", "");
  make (fixture, "usr/etc/passwd", "");
  make_link (fixture, "../usr/lib/os-release", "usr/etc/os-release");
  make (fixture, "usr/share/zoneinfo/Europe/Berlin", "");
  make_link (fixture, "/usr/share/zoneinfo/Europe/Berlin", "etc/localtime");
  make (fixture, "etc/machine-id", "0123456789abcdef0123456789abcdef\n");
  make (fixture, "etc/hosts", "");
  make (fixture, "etc/resolv.conf", "");
  make (fixture, "home/Documents", NULL);
  make (fixture, "home/.local/share/nacelle", NULL);
  make (fixture, "home/.cache/nacelle", NULL);
  make (fixture, "run/nacelle", NULL);
  make (fixture, "dev/dri", NULL);
  make (fixture, "dev/nvidia0", "");
  make (fixture, "dev/kvm", "");
  make (fixture, "sys/class", NULL);
  make (fixture, "dev/nvidiactl", "");
  set_up_bundle (&fixture->app, APP, "app/org.example.App/x86_64/stable", open_dir (fixture, "app"));
  set_up_bundle (&fixture->runtime, RUNTIME, "runtime/org.example.Platform/x86_64/1", open_dir (fixture, "usr"));

  const char *const variables[] = { "PATH=/bad", "LD_PRELOAD=/bad", "NACELLE_STORE=/bad", "LC_TIME=C", "TERM=xterm",
                                    "LANG=en_US.UTF-8", "https_proxy=http://proxy", "DISPLAY=:7", "WAYLAND_DISPLAY=wayland-3",
                                    "BASH_FUNC_x%%=() { bad; }", NULL };
  fixture->host = (Host) {
    .uid = getuid (), .gid = getgid (),
    .user = g_strdup ("user"), .real_name = g_strdup ("A User"), .group = g_strdup ("group"),
    .home = g_build_filename (fixture->root, "home", NULL),
    .runtime_dir = g_build_filename (fixture->root, "run", NULL),
    .cwd = g_strdup ("/somewhere"),
    .variables = g_strdupv ((char **) variables),
    .etc = g_build_filename (fixture->root, "etc", NULL),
    .dev = g_build_filename (fixture->root, "dev", NULL),
    .sys = g_build_filename (fixture->root, "sys", NULL),
    .instance = g_strdup ("4711"),
  };
}

static void
clear_bundle (Bundle *bundle)
{
  Bundle *copy = g_memdup2 (bundle, sizeof *bundle);
  bundle_free (copy);
}

static void
tear_down (Fixture *fixture, gconstpointer data)
{
  g_assert_true (file_remove_tree (AT_FDCWD, fixture->root, NULL));
  clear_bundle (&fixture->app);
  clear_bundle (&fixture->runtime);
  host_free (g_memdup2 (&fixture->host, sizeof fixture->host));
  permissions_free (fixture->permissions);
  g_ptr_array_unref (fixture->notes);
  g_free (fixture->root);
}

static void
allow (Fixture *fixture, const char *argument)
{
  g_autoptr (GError) error = NULL;
  (void) permissions_add_argument (fixture->permissions, argument, "test", &error);
  g_assert_no_error (error);
}

static SandboxPlan *
build (Fixture *fixture, gboolean runtime_only, GError **error)
{
  static const char *const arguments[] = { "--an argument", "", "of the app", NULL };
  g_autofree char *store = g_build_filename (fixture->root, "home/.local/share/nacelle", NULL);
  Launch launch = {
    .host = &fixture->host,
    .app = runtime_only ? NULL : &fixture->app,
    .runtime = &fixture->runtime,
    .permissions = fixture->permissions,
    .command = fixture->command,
    .cwd = fixture->cwd,
    .arguments = arguments,
    .store = store,
    .system_store = "/nonexistent/store",
  };
  return build_sandbox_plan (&launch, fixture->notes, error);
}

static char *
replace (const char *text, const char *what, const char *by)
{
  g_auto (GStrv) parts = g_strsplit (text, what, -1);
  return g_strjoinv (by, parts);
}

/* Without what differs from machine to machine: the folder, the user's number, the sizes of files that hold these. */
static char *
plain_text (const Fixture *fixture, const SandboxPlan *plan)
{
  char *text = sandbox_plan_to_text (plan);
  g_autofree char *run_dir = g_strdup_printf ("/run/user/%u", (unsigned) getuid ());
  g_autofree char *without_root = replace (text, fixture->root, "@TMP@");
  g_autofree char *without_uid = replace (without_root, run_dir, "/run/user/@UID@");
  g_autoptr (GRegex) sizes = g_regex_new (" [0-9]+ bytes", 0, 0, NULL);
  g_autofree char *body = g_regex_replace_literal (sizes, without_uid, -1, 0, " N bytes", 0, NULL);
  GString *all = g_string_new (body);

  free (text);
  for (guint i = 0; i < fixture->notes->len; i++)
    {
      g_autofree char *note = replace (fixture->notes->pdata[i], fixture->root, "@TMP@");
      g_string_append_printf (all, "# %s\n", note);
    }
  return g_string_free (all, FALSE);
}

static void
compare (Fixture *fixture, const char *name, gboolean runtime_only)
{
  g_autoptr (GError) error = NULL;
  SandboxPlan *plan = build (fixture, runtime_only, &error);
  g_assert_no_error (error);
  g_autofree char *text = plain_text (fixture, plan);
  sandbox_plan_free (plan);

  g_autofree char *file = g_strdup_printf (PLANS "/%s.plan", name);
  if (g_getenv ("NACELLE_UPDATE_PLANS") != NULL)
    g_assert_true (g_file_set_contents (file, text, -1, NULL));
  g_autofree char *expected = NULL;
  g_assert_true (g_file_get_contents (file, &expected, NULL, NULL));
  if (strcmp (text, expected) != 0)
    g_test_message ("the plan is now:\n%s", text);
  g_assert_cmpstr (text, ==, expected);
}

static void
test_default (Fixture *fixture, gconstpointer data)
{
  compare (fixture, "default", FALSE);
}

static void
test_runtime (Fixture *fixture, gconstpointer data)
{
  compare (fixture, "runtime-shell", TRUE);
}

static void
test_network (Fixture *fixture, gconstpointer data)
{
  allow (fixture, "--share=network");
  allow (fixture, "--share=ipc");
  compare (fixture, "network", FALSE);
}

static void
test_network_isolated (Fixture *fixture, gconstpointer data)
{
  allow (fixture, "--network=isolated");
  allow (fixture, "--publish=8080:80");
  allow (fixture, "--publish=0.0.0.0/8443:443");
  allow (fixture, "--nopublish=127.0.0.1/8080:80");
  compare (fixture, "network-isolated", FALSE);
}

/* A published port of a bundle that somebody above it has taken the network from. */
static void
test_network_narrowed (Fixture *fixture, gconstpointer data)
{
  allow (fixture, "--network=isolated");
  allow (fixture, "--publish=8080:80");
  allow (fixture, "--unshare=network");
  compare (fixture, "network-narrowed", FALSE);
}

static void
test_home (Fixture *fixture, gconstpointer data)
{
  make (fixture, "home/.var/app/org.example.Other", NULL);
  allow (fixture, "--filesystem=home");
  allow (fixture, "--nofilesystem=~/Documents");
  allow (fixture, "--filesystem=~/Documents/shared:create");
  allow (fixture, "--persist=.mozilla"); /* of no effect where the home is shown */
  compare (fixture, "home", FALSE);
}

static void
test_places (Fixture *fixture, gconstpointer data)
{
  make (fixture, "elsewhere/music", NULL);
  make_link (fixture, "../elsewhere/music", "home/Music");
  make (fixture, "home/.config/user-dirs.dirs", "XDG_PICTURES_DIR=\"$HOME/Photos\"\nXDG_VIDEOS_DIR=\"$HOME/\"\n");
  make (fixture, "home/Photos", NULL);
  make_socket (fixture, "run/app.sock");
  allow (fixture, "--filesystem=xdg-documents:ro");
  allow (fixture, "--filesystem=xdg-music");
  allow (fixture, "--filesystem=xdg-pictures:ro");
  allow (fixture, "--filesystem=xdg-videos");
  allow (fixture, "--filesystem=~/missing");
  allow (fixture, "--filesystem=xdg-config/app:create");
  allow (fixture, "--filesystem=xdg-run/app.sock");
  allow (fixture, "--filesystem=~/Documents");
  allow (fixture, "--persist=.state/deep");
  /* One folder by two names, granted and denied: the denial stays, whichever comes first. */
  make (fixture, "home/Private", NULL);
  make_link (fixture, "Private", "home/Alias");
  make (fixture, "home/Closed", NULL);
  make_link (fixture, "Closed", "home/Zalias");
  allow (fixture, "--nofilesystem=~/Private");
  allow (fixture, "--filesystem=~/Alias");
  allow (fixture, "--filesystem=~/Closed");
  allow (fixture, "--nofilesystem=~/Zalias");
  compare (fixture, "places", FALSE);
}

/* A89: whoever can write there decides what runs next. */
static void
test_own_places (Fixture *fixture, gconstpointer data)
{
  make (fixture, "home/.var/app/org.example.Other/data", NULL);
  make_link (fixture, "../../../.ssh", "home/.var/app/org.example.Other/trap");
  make (fixture, "home/.ssh", NULL);
  make_link (fixture, "/usr/share", "home/system");
  allow (fixture, "--filesystem=xdg-data");
  allow (fixture, "--filesystem=~/.local/share/nacelle/overrides:create");
  allow (fixture, "--filesystem=xdg-cache/nacelle");
  allow (fixture, "--filesystem=xdg-run/nacelle");
  allow (fixture, "--filesystem=~/.var/app");
  allow (fixture, "--filesystem=~/.var/app/org.example.Other/data:ro");
  allow (fixture, "--filesystem=~/.var/app/org.example.Other/trap");
  allow (fixture, "--filesystem=~/system");
  compare (fixture, "own-places", FALSE);
}

static void
test_session (Fixture *fixture, gconstpointer data)
{
  make_socket (fixture, "run/wayland-3");
  make_socket (fixture, "run/pulse/native");
  allow (fixture, "--socket=wayland");
  allow (fixture, "--socket=fallback-x11");
  allow (fixture, "--socket=pulseaudio");
  allow (fixture, "--socket=session-bus");
  allow (fixture, "--talk-name=org.example.Service");
  allow (fixture, "--device=dri");
  allow (fixture, "--allow=devel");
  allow (fixture, "--allow=bluetooth");
  allow (fixture, "--device=kvm");
  allow (fixture, "--device-if=kvm:true"); /* what hangs on a condition is not granted */
  allow (fixture, "--filesystem=host-root");
  compare (fixture, "session", FALSE);
}

/* 2cedc86f: the name of the socket was checked and an unchecked one was used. */
static void
test_wayland_names (Fixture *fixture, gconstpointer data)
{
  static const char *const names[] = { "../etc/hosts", "/etc/hosts", "wayland-0/../x", "wayland-link", "wayland-file",
                                       "wayland-none", "other", "wayland-\n" };
  make_socket (fixture, "elsewhere/socket");
  make_socket (fixture, "run/other");
  make_link (fixture, "../elsewhere/socket", "run/wayland-link");
  make (fixture, "run/wayland-file", "");
  allow (fixture, "--socket=wayland");

  for (guint i = 0; i < G_N_ELEMENTS (names); i++)
    {
      fixture->host.variables = g_environ_setenv (fixture->host.variables, "WAYLAND_DISPLAY", names[i], TRUE);
      SandboxPlan *plan = build (fixture, FALSE, NULL);
      g_assert_nonnull (plan);
      char *text = sandbox_plan_to_text (plan);
      g_assert_null (strstr (text, "WAYLAND_DISPLAY"));
      free (text);
      sandbox_plan_free (plan);
    }
}

static void
test_environment (Fixture *fixture, gconstpointer data)
{
  allow (fixture, "--env=GREETING=good day");
  allow (fixture, "--env=HOME=/elsewhere"); /* of no effect */
  allow (fixture, "--unset-env=LANG");
  fixture->command = "--bind";
  fixture->cwd = "/work";
  compare (fixture, "environment", FALSE);
}

static void
test_bad_cwd (Fixture *fixture, gconstpointer data)
{
  static const char *const bad[] = { "/proc/self/fd/3", "/dev/fd/4", "relative", "/proc/self/cwd", "//proc//self/cwd" };
  for (guint i = 0; i < G_N_ELEMENTS (bad); i++)
    {
      g_autoptr (GError) error = NULL;
      fixture->cwd = bad[i];
      g_assert_null (build (fixture, FALSE, &error));
      g_assert_nonnull (error);
    }
}

static void
test_bad_home (Fixture *fixture, gconstpointer data)
{
  g_autoptr (GError) error = NULL;
  make (fixture, "outside", NULL);
  make_link (fixture, "../outside", "home/.var");
  g_assert_null (build (fixture, FALSE, &error));
  g_assert_error (error, ERROR_DOMAIN, ERROR_REFUSED);
}

#define ADD(name, function) g_test_add ("/runner/plan/" name, Fixture, NULL, set_up, function, tear_down)

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  ADD ("default", test_default);
  ADD ("runtime", test_runtime);
  ADD ("network", test_network);
  ADD ("network-isolated", test_network_isolated);
  ADD ("network-narrowed", test_network_narrowed);
  ADD ("home", test_home);
  ADD ("places", test_places);
  ADD ("own-places", test_own_places);
  ADD ("session", test_session);
  ADD ("wayland-names-2cedc86f", test_wayland_names);
  ADD ("environment", test_environment);
  ADD ("CVE-2024-21626", test_bad_cwd);
  ADD ("GHSA-8688-9x26-hhxj", test_bad_home);
  return g_test_run ();
}
