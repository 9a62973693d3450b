/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * The proxy reads what a build writes, so it is in a sandbox of its own: the host's files read-only, its folder of sockets apart.  It
 * writes one byte when it listens, and ends with the other end of that connection.
 */
#include "builder/buses.h"

#include <errno.h>
#include <poll.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/error.h"
#include "base/file.h"
#include "builder/leftovers.h"
#include "builder/reach.h"
#include "sandbox/run.h"

#define ORIGIN "manifest build-args"
#define PROXY "xdg-dbus-proxy"
#define PROXY_FD 3

enum { SESSION, SYSTEM, N_BUSES };

static const struct
{
  const char *name, *variable, *usual;     /* the socket where it is without that variable; NULL: in XDG_RUNTIME_DIR */
  const char *socket, *option;             /* of build-args: the whole bus; names */
  const char *inside;
  gsize offset;                            /* in Permissions */
} rows[N_BUSES] = {
  { "session", "DBUS_SESSION_BUS_ADDRESS", NULL, "session-bus", "--talk-name", BUILD_RUN_DIR "/bus",
    G_STRUCT_OFFSET (Permissions, session_bus) },
  { "system", "DBUS_SYSTEM_BUS_ADDRESS", "/run/dbus/system_bus_socket", "system-bus", "--system-talk-name",
    "/run/dbus/system_bus_socket", G_STRUCT_OFFSET (Permissions, system_bus) },
};

struct Buses
{
  int folder_fd;             /* with a socket for each, by its name */
  char *folder;
  gboolean has[N_BUSES];
  SandboxPlan *plan;         /* of the proxy */
  SandboxProcess process;
  int hold_fd;               /* the proxy lives as long as this is open; -1: it was not started */
};

static const GPtrArray *
names_of (const BuildAccess *access, int bus)
{
  return G_STRUCT_MEMBER (GPtrArray *, access->permissions, rows[bus].offset);
}

static gboolean
has_names (const BuildAccess *access, int bus)
{
  const GPtrArray *names = names_of (access, bus);
  gboolean any = FALSE;

  for (guint i = 0; i < names->len; i++)
    any = any || strcmp (((const PermissionEntry *) names->pdata[i])->value, "none") != 0;
  return any;
}

static gboolean
has_whole (const BuildAccess *access, int bus)
{
  return permissions_has (access->permissions->sockets, rows[bus].socket);
}

gboolean
buses_are_wanted (const BuildAccess *access)
{
  gboolean any = FALSE;

  for (int bus = 0; access != NULL && bus < N_BUSES; bus++)
    any = any || has_names (access, bus) || has_whole (access, bus);
  return any;
}

/* The address of the bus; NULL: there is none. */
static char *
bus_address (int bus)
{
  const char *given = g_getenv (rows[bus].variable), *folder = g_getenv ("XDG_RUNTIME_DIR");
  g_autofree char *path = rows[bus].usual != NULL ? g_strdup (rows[bus].usual)
                          : folder != NULL        ? g_build_filename (folder, "bus", NULL)
                                                  : NULL;
  struct stat st;

  if (given != NULL && *given != '\0')
    return g_strdup (given);
  return path != NULL && stat (path, &st) == 0 && S_ISSOCK (st.st_mode) ? g_strconcat ("unix:path=", path, NULL) : NULL;
}

/* What the proxy is told about one bus. */
static void
add_words (const BuildAccess *access, int bus, const char *address, GPtrArray *words)
{
  const GPtrArray *names = names_of (access, bus);

  g_ptr_array_add (words, g_strdup (address));
  g_ptr_array_add (words, g_strdup (rows[bus].name));
  g_ptr_array_add (words, g_strdup ("--filter"));
  for (guint i = 0; i < names->len; i++)
    {
      const PermissionEntry *entry = names->pdata[i];

      if (strcmp (entry->value, "none") != 0)
        g_ptr_array_add (words, g_strdup_printf ("--%s=%s", entry->value, entry->name));
    }
}

static gboolean
make_folder (Buses *buses, GError **error)
{
  g_autofree char *cache = g_build_filename (g_get_user_cache_dir (), "nacelle", NULL);
  g_autofree char *name = NULL;

  if (g_mkdir_with_parents (cache, 0755) < 0)
    return error_throw_errno (error, errno, "cannot make the folder '%s'", cache);
  autofd cache_fd = file_open (AT_FDCWD, cache, O_RDONLY | O_DIRECTORY, 0, error);
  if (cache_fd < 0)
    return FALSE;
  buses->folder_fd = leftovers_mkdtemp (cache_fd, LEFTOVERS_BUSES, &name, error);
  buses->folder = buses->folder_fd >= 0 ? g_build_filename (cache, name, NULL) : NULL;
  return buses->folder != NULL;
}

/* The host as it is, but read-only; with its network, for a bus may have an abstract address. */
static SandboxPlan *
proxy_plan (const Buses *buses, const char *const *argv, int *fd)
{
  SandboxPlan *plan = sandbox_plan_new ();

  if (plan == NULL)
    return NULL;
  sandbox_plan_bind (plan, "/", "/", SANDBOX_BIND_READ_ONLY, ORIGIN);
  sandbox_plan_bind (plan, buses->folder, buses->folder, 0, ORIGIN);
  sandbox_plan_share (plan, SANDBOX_SHARE_NETWORK | SANDBOX_SHARE_REACH, ORIGIN);
  sandbox_plan_pass_fd (plan, file_steal_fd (fd), PROXY_FD, ORIGIN);
  sandbox_plan_cwd (plan, buses->folder, ORIGIN); /* the length of a socket's path is limited */
  sandbox_plan_command (plan, argv, ORIGIN);
  return plan;
}

static gboolean
start_proxy (Buses *buses, GPtrArray *words, GError **error)
{
  int ends[2];
  SandboxError failure = { 0 };
  char byte = 0;

  if (socketpair (AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, ends) < 0)
    return error_throw_errno (error, errno, "cannot make a connection to " PROXY);
  buses->hold_fd = ends[0];
  autofd theirs = ends[1];
  buses->plan = proxy_plan (buses, (const char *const *) words->pdata, &theirs);
  if (buses->plan == NULL || sandbox_plan_failed (buses->plan) != NULL)
    return error_throw (error, "cannot prepare the sandbox of " PROXY ": %s",
                        buses->plan != NULL ? sandbox_plan_failed (buses->plan) : "out of memory");
  if (sandbox_spawn (buses->plan, &buses->process, &failure) < 0)
    {
      file_close_fd (&buses->hold_fd);
      return error_throw (error, "cannot start " PROXY ": %s", failure.message);
    }
  /* The plan keeps the other end open, so its end is not to be seen here. */
  struct pollfd polls[] = { { .fd = buses->hold_fd, .events = POLLIN }, { .fd = buses->process.pidfd, .events = POLLIN } };
  while (poll (polls, G_N_ELEMENTS (polls), -1) < 0 && errno == EINTR)
    ;
  return (polls[0].revents != 0 && read (buses->hold_fd, &byte, 1) == 1)
         || error_throw (error, PROXY ", which lets single names of a bus through, has ended instead of listening");
}

gboolean
buses_start (const BuildAccess *access, BuildLog *log, Buses **ret_buses, GError **error)
{
  g_autoptr (Buses) buses = g_new0 (Buses, 1);
  g_autoptr (GPtrArray) words = g_ptr_array_new_with_free_func (g_free);
  g_autofree char *program = g_find_program_in_path (PROXY);
  gboolean any = FALSE;

  buses->folder_fd = buses->hold_fd = -1;
  *ret_buses = NULL;
  g_ptr_array_add (words, g_strdup (program));
  g_ptr_array_add (words, g_strdup_printf ("--fd=%d", PROXY_FD));
  for (int bus = 0; access != NULL && bus < N_BUSES; bus++)
    {
      g_autofree char *address = has_names (access, bus) && !has_whole (access, bus) ? bus_address (bus) : NULL;

      buses->has[bus] = address != NULL;
      if (address != NULL)
        add_words (access, bus, address, words);
      else if (log != NULL && has_names (access, bus) && !has_whole (access, bus))
        build_log_note (log, "not there for %s: this machine has no %s bus", rows[bus].option, rows[bus].name);
      any = any || address != NULL;
    }
  if (!any)
    return TRUE;
  if (program == NULL)
    return error_throw_code (error, ERROR_UNAVAILABLE, "\"%s\" in build-args needs the program " PROXY ", which lets single names of a bus "
                             "through; install it (package " PROXY ")", buses->has[SESSION] ? rows[SESSION].option : rows[SYSTEM].option);
  g_ptr_array_add (words, NULL);
  if (!make_folder (buses, error) || !start_proxy (buses, words, error))
    return FALSE;
  *ret_buses = g_steal_pointer (&buses);
  return TRUE;
}

gboolean
buses_add (const Buses *buses, SandboxPlan *plan, GError **error)
{
  for (int bus = 0; buses != NULL && bus < N_BUSES; bus++)
    {
      autofd fd = buses->has[bus] ? file_open_beneath (buses->folder_fd, rows[bus].name, O_PATH, 0, error) : -1;

      if (!buses->has[bus])
        continue;
      if (fd < 0)
        return error_prefix (error, "the socket of " PROXY);
      g_autofree char *address = g_strconcat ("unix:path=", rows[bus].inside, NULL);
      sandbox_plan_bind_fd (plan, file_steal_fd (&fd), rows[bus].name, rows[bus].inside, SANDBOX_BIND_READ_ONLY, ORIGIN);
      sandbox_plan_setenv (plan, rows[bus].variable, address, ORIGIN);
    }
  return TRUE;
}

void
buses_stop (Buses *buses)
{
  SandboxError failure = { 0 };

  if (buses == NULL)
    return;
  gboolean started = buses->hold_fd >= 0;
  file_close_fd (&buses->hold_fd);
  if (started && buses->plan != NULL && buses->process.pid > 0)
    (void) sandbox_wait (&buses->process, buses->plan, &failure); /* nobody needs it any more, however it ended */
  sandbox_plan_free (buses->plan);
  if (buses->folder != NULL)
    (void) file_remove_tree (AT_FDCWD, buses->folder, NULL); /* else `appbuild gc` does */
  file_close_fd (&buses->folder_fd);
  g_free (buses->folder);
  g_free (buses);
}
