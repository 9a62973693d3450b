/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "builder/workshop.h"

#include <errno.h>
#include <string.h>
#include <unistd.h>

#include "base/error.h"
#include "base/file.h"
#include "builder/ccache.h"
#include "builder/epoch.h"
#include "builder/extend.h"
#include "builder/reach.h"
#include "builder/vary/vary.h"

#define ORIGIN "build"
#define BUILD_HOME "/run/home"

/* Any fixed id would do, as long as it is the same everywhere.  Not 0 for apps: tools that believe to be root change owners
 * and modes, which one mapped id can't have.  For a new system 0, as its tools (ldconfig, update-*) ask for it. */
#define BUILD_ID 1000
#define BUILD_PASSWD "build:x:%u:%u:build:" BUILD_HOME ":/bin/sh\nnobody:x:65534:65534:nobody:/:/bin/false\n"
#define BUILD_GROUP "build:x:%u:\nnogroup:x:65534:\n"
#define BUILD_HOSTS "127.0.0.1 localhost nacelle\n::1 localhost nacelle\n"

gboolean
workshop_is_system (const BuildPlan *plan)
{
  return plan->manifest->build_runtime || plan->sdk == NULL;
}

const char *
workshop_tree_path (const Workshop *workshop)
{
  if (workshop->bases->own_place != NULL)
    return workshop->bases->own_place;
  return workshop_is_system (workshop->plan) ? "/usr" : "/app";
}

static gboolean
is_system (const Workshop *workshop, const WorkshopCommand *command)
{
  if (command->tools != WORKSHOP_BUILD)
    return FALSE;
  return command->as_new_system || workshop_is_system (workshop->plan);
}

int
workshop_alive_fd (const Workshop *workshop, const WorkshopCommand *command)
{
  return !is_system (workshop, command) && workshop->bases->sdk->attached ? workshop->bases->sdk->attachment.alive_fd : -1;
}

static gboolean
has_all (int usr_fd, const char *const *names)
{
  gboolean all = usr_fd >= 0;

  for (gsize i = 0; all && names[i] != NULL; i++)
    {
      g_autofree char *path = g_build_filename (strchr (names[i], '/') != NULL ? "." : "bin", names[i], NULL);

      all = file_is_beneath (usr_fd, path);
    }
  return all;
}

gboolean
workshop_find_tools (const Workshop *workshop, const char *const *names, const char *packages, WorkshopTools *ret_tools, GError **error)
{
  autofd host_fd = file_open (AT_FDCWD, "/usr", O_PATH | O_DIRECTORY, 0, NULL);

  *ret_tools = has_all (workshop->bases->usr_fd, names) ? WORKSHOP_SDK : WORKSHOP_HOST;
  if (*ret_tools == WORKSHOP_SDK || has_all (host_fd, names))
    return TRUE;
  g_autofree char *list = g_strjoinv (", ", (char **) names);
  return error_throw_code (error, ERROR_UNAVAILABLE, "this needs %s (packages %s), which neither the SDK nor this machine has in /usr; "
                           "install them here, or take an SDK that has them", list, packages);
}

static gboolean
bind_directory (SandboxPlan *plan, int fd, const char *name, const char *dest, unsigned flags, GError **error)
{
  int copy = fcntl (fd, F_DUPFD_CLOEXEC, 3);

  if (copy < 0)
    return error_throw_errno (error, errno, "cannot use '%s'", name);
  sandbox_plan_bind_fd (plan, copy, name, dest, flags, ORIGIN);
  return TRUE;
}

/* /bin and its kind are links into /usr, as far as that has them. */
static void
add_root_links (SandboxPlan *plan, int usr_fd)
{
  static const char *const names[] = { "bin", "sbin", "lib", "lib32", "lib64", "libx32" };

  for (gsize i = 0; i < G_N_ELEMENTS (names); i++)
    {
      struct stat st;

      if (fstatat (usr_fd, names[i], &st, AT_SYMLINK_NOFOLLOW) < 0 || !(S_ISDIR (st.st_mode) || S_ISLNK (st.st_mode)))
        continue;
      g_autofree char *target = g_strconcat ("usr/", names[i], NULL);
      g_autofree char *dest = g_strconcat ("/", names[i], NULL);
      sandbox_plan_symlink (plan, target, dest, ORIGIN);
    }
}

static gboolean
is_made_here (const char *name)
{
  static const char *const names[] = { "passwd", "group", "hosts", "hostname", "resolv.conf", "machine-id", "localtime", "timezone",
                                       "mtab", NULL };

  return g_strv_contains (names, name);
}

/* See above; but a bus knows its clients by their ids, and both sides have to name the same. */
static unsigned
id_of (const Workshop *workshop, const WorkshopCommand *command, unsigned own)
{
  return buses_are_wanted (command->access) ? own : is_system (workshop, command) ? 0 : BUILD_ID;
}

static gboolean
add_sdk_etc (SandboxPlan *plan, int usr_fd, unsigned uid, unsigned gid, GError **error)
{
  g_autofree char *passwd = g_strdup_printf (BUILD_PASSWD, uid, gid);
  g_autofree char *group = g_strdup_printf (BUILD_GROUP, gid);
  autofd fd = file_open_beneath (usr_fd, "etc", O_RDONLY | O_DIRECTORY, 0, NULL);
  g_autoptr (GPtrArray) names = fd >= 0 ? file_list (fd, "the SDK's etc", error) : NULL;

  if (fd >= 0 && names == NULL)
    return FALSE;
  sandbox_plan_dir (plan, "/etc", 0755, ORIGIN);
  for (guint i = 0; names != NULL && i < names->len; i++)
    {
      const char *name = names->pdata[i];
      g_autofree char *target = g_strconcat ("/usr/etc/", name, NULL);
      g_autofree char *dest = g_strconcat ("/etc/", name, NULL);

      if (!is_made_here (name))
        sandbox_plan_symlink (plan, target, dest, "sdk");
    }
  sandbox_plan_file (plan, "/etc/passwd", passwd, strlen (passwd), 0644, ORIGIN);
  sandbox_plan_file (plan, "/etc/group", group, strlen (group), 0644, ORIGIN);
  sandbox_plan_file (plan, "/etc/hosts", BUILD_HOSTS, strlen (BUILD_HOSTS), 0644, ORIGIN);
  return TRUE;
}

/* The new system's etc, writable; made when missing, refused when a build put something else in its place. */
static gboolean
add_tree_etc (SandboxPlan *plan, int tree_fd, unsigned flags, GError **error)
{
  autofd etc = file_mkdir_p (tree_fd, "etc", 0755, error);

  if (etc < 0)
    return error_prefix (error, "the install tree has no usable etc");
  return bind_directory (plan, etc, "the install tree's etc", "/etc", flags, error);
}

static gboolean
add_var (SandboxPlan *plan, const Workshop *workshop, GError **error)
{
  static const char *const filled[] = { "lib", "tmp" };
  int var_fd = workshop->bases->writable_fds[WRITABLE_VAR];

  sandbox_plan_tmpfs (plan, "/var", 0755, 0, ORIGIN);
  sandbox_plan_dir (plan, "/var/tmp", 01777, ORIGIN);
  sandbox_plan_dir (plan, "/var/lib", 0755, ORIGIN);
  sandbox_plan_dir (plan, "/var/cache", 0755, ORIGIN);
  sandbox_plan_dir (plan, "/var/log", 0755, ORIGIN);
  sandbox_plan_symlink (plan, "../run", "/var/run", ORIGIN);
  /* As with flatpak-builder, these two folders are what a build sees of "var". */
  for (gsize i = 0; var_fd >= 0 && i < G_N_ELEMENTS (filled); i++)
    {
      g_autofree char *dest = g_build_filename ("/var", filled[i], NULL);
      autofd fd = file_mkdir_p (var_fd, filled[i], 0755, error);

      if (fd < 0 || !bind_directory (plan, fd, "the tree of \"var\"", dest, 0, error))
        return FALSE;
    }
  return TRUE;
}

static gboolean
add_usr (SandboxPlan *plan, const Workshop *workshop, const WorkshopCommand *command, int usr_fd, unsigned flags, GError **error)
{
  gboolean host = command->tools == WORKSHOP_HOST;

  if (host)
    return bind_directory (plan, usr_fd, "/usr", "/usr", SANDBOX_BIND_READ_ONLY, error);
  if (usr_fd == workshop->bases->usr_fd)
    return bases_add_usr (workshop->bases, plan, error);
  return bind_directory (plan, usr_fd, usr_fd == workshop->tree_fd ? "the install tree" : "the writable SDK", "/usr", flags, error);
}

/* What is /usr: the new system, this machine's, the SDK, or a copy of it. */
static int
usr_of (const Workshop *workshop, const WorkshopCommand *command, int host_fd)
{
  int copy = workshop->bases->writable_fds[WRITABLE_USR];

  if (is_system (workshop, command))
    return workshop->tree_fd;
  if (command->tools == WORKSHOP_HOST)
    return host_fd;
  return copy >= 0 && command->tools == WORKSHOP_BUILD ? copy : workshop->bases->usr_fd;
}

static gboolean
add_file_systems (SandboxPlan *plan, const Workshop *workshop, const WorkshopCommand *command, GError **error)
{
  gboolean system = is_system (workshop, command);
  gboolean host = command->tools == WORKSHOP_HOST;
  autofd host_fd = host ? file_open (AT_FDCWD, "/usr", O_PATH | O_DIRECTORY, 0, error) : -1;
  gboolean read_only = command->test || (command->access != NULL && command->access->read_only);
  unsigned flags = read_only ? SANDBOX_BIND_READ_ONLY : 0;
  unsigned uid = id_of (workshop, command, getuid ()), gid = id_of (workshop, command, getgid ());
  int usr_fd = usr_of (workshop, command, host_fd);

  if (host && host_fd < 0)
    return FALSE;
  if (!add_usr (plan, workshop, command, usr_fd, flags, error))
    return FALSE;
  add_root_links (plan, usr_fd);
  if (system ? !add_tree_etc (plan, workshop->tree_fd, flags, error) : !add_sdk_etc (plan, usr_fd, uid, gid, error))
    return FALSE;
  gboolean tool = command->tools != WORKSHOP_BUILD;
  if ((tool || (!system && workshop->bases->own == NULL))
      && !bind_directory (plan, workshop->tree_fd, "the install tree", "/app", flags, error))
    return FALSE;
  if (!tool && system)
    sandbox_plan_dir (plan, "/app", 0755, ORIGIN); /* empty, as with flatpak-builder */
  if (!tool && !command->platform && !extend_add_mounts (workshop->bases, workshop->plan, workshop->tree_fd, flags, plan, error))
    return FALSE;
  sandbox_plan_proc (plan, "/proc", ORIGIN);
  sandbox_plan_dev (plan, "/dev", ORIGIN);
  sandbox_plan_tmpfs (plan, "/tmp", 01777, 0, ORIGIN);
  if (!add_var (plan, workshop, error))
    return FALSE;
  sandbox_plan_tmpfs (plan, BUILD_HOME, 0755, 0, ORIGIN);
  if (command->source_fd >= 0)
    return bind_directory (plan, command->source_fd, "the source directory", command->module->source_dir, 0, error);
  return TRUE;
}

/* Whose environment is that of the whole manifest: a module without build options of its own, if there is one.  NULL when there
 * are no modules. */
static const BuildModule *
common_module (const BuildPlan *plan)
{
  for (guint i = 0; i < plan->modules->len; i++)
    {
      const BuildModule *module = plan->modules->pdata[i];

      if (module->module->build_options == NULL)
        return module;
    }
  return plan->modules->len > 0 ? plan->modules->pdata[0] : NULL;
}

/* What the manifest says about a variable; NULL: nothing. */
static const char *
find_variable (const BuildModule *module, const char *name)
{
  for (guint i = 0; module != NULL && i < module->env->len; i++)
    {
      const ManifestVariable *variable = module->env->pdata[i];

      if (strcmp (variable->name, name) == 0)
        return variable->value;
    }
  return NULL;
}

/* What the manifest says about it, with what extensions add. */
static void
add_library_path (SandboxPlan *plan, const Workshop *workshop, const BuildModule *module)
{
  g_autofree char *path = extend_library_path (workshop->bases, find_variable (module, "LD_LIBRARY_PATH"));
  if (path != NULL)
    sandbox_plan_setenv (plan, "LD_LIBRARY_PATH", path, "manifest and extensions");
}

/* Variables of the caller that the manifest asks for, which stand in no plan and no key. */
static void
add_callers (SandboxPlan *plan, const BuildModule *module)
{
  for (char **name = module->secret_env; *name != NULL; name++)
    if (g_getenv (*name) != NULL)
      sandbox_plan_setenv (plan, *name, g_getenv (*name), "environment of appbuild");
}

static void
add_environment (SandboxPlan *plan, const Workshop *workshop, const WorkshopCommand *command)
{
  const BuildModule *module = command->module != NULL ? command->module : common_module (workshop->plan);
  gboolean system = is_system (workshop, command), tool = command->tools != WORKSHOP_BUILD;
  g_autofree char *epoch = g_strdup_printf ("%" G_GINT64_FORMAT, build_epoch ());

  sandbox_plan_setenv (plan, "PATH", tool ? "/usr/bin" : system ? "/usr/bin:/usr/sbin" : "/app/bin:/usr/bin", ORIGIN);
  sandbox_plan_setenv (plan, "HOME", BUILD_HOME, ORIGIN);
  sandbox_plan_setenv (plan, "TMPDIR", "/tmp", ORIGIN);
  sandbox_plan_setenv (plan, "USER", system ? "root" : "build", ORIGIN);
  sandbox_plan_setenv (plan, "LOGNAME", system ? "root" : "build", ORIGIN);
  sandbox_plan_setenv (plan, "SHELL", "/bin/sh", ORIGIN);
  sandbox_plan_setenv (plan, "TERM", "dumb", ORIGIN);
  sandbox_plan_setenv (plan, "TZ", "UTC", ORIGIN);
  sandbox_plan_setenv (plan, "LC_ALL", "C.UTF-8", ORIGIN);
  sandbox_plan_setenv (plan, "SOURCE_DATE_EPOCH", epoch, ORIGIN);
  if (!tool && workshop->bases->ccache_fd < 0)
    ccache_disable (module, plan);
  for (guint i = 0; !tool && module != NULL && i < module->env->len; i++)
    {
      const ManifestVariable *variable = module->env->pdata[i];

      if (variable->value != NULL)
        sandbox_plan_setenv (plan, variable->name, variable->value, "manifest");
      else
        sandbox_plan_unsetenv (plan, variable->name, "manifest");
    }
  if (command->platform)
    sandbox_plan_setenv (plan, "FLATPAK_ID", workshop->plan->platform->id, "manifest");
  if (!tool) /* whose libraries are those beside it, and who has no use for secrets */
    add_library_path (plan, workshop, module);
  if (!tool && command->module != NULL)
    add_callers (plan, command->module);
  if (build_epoch_given ()) /* by the caller, who comes after the manifest */
    sandbox_plan_setenv (plan, "SOURCE_DATE_EPOCH", epoch, "environment of appbuild");
}

static gboolean
add_own_streams (SandboxPlan *plan, GError **error)
{
  for (int fd = 0; fd <= 2; fd++)
    {
      int copy = fcntl (fd, F_DUPFD_CLOEXEC, 3);

      if (copy < 0)
        return error_throw_errno (error, errno, "cannot pass file descriptor %d on", fd);
      sandbox_plan_pass_fd (plan, copy, fd, ORIGIN);
    }
  return TRUE;
}

static gboolean
add_streams (SandboxPlan *plan, int output_fd, GError **error)
{
  autofd null = file_open (AT_FDCWD, "/dev/null", O_RDONLY, 0, error);

  if (null < 0)
    return FALSE;
  for (int target = 1; target <= 2; target++)
    {
      int copy = fcntl (output_fd, F_DUPFD_CLOEXEC, 3);

      if (copy < 0)
        return error_throw_errno (error, errno, "cannot pass the output on");
      sandbox_plan_pass_fd (plan, copy, target, ORIGIN);
    }
  sandbox_plan_pass_fd (plan, file_steal_fd (&null), 0, ORIGIN);
  return TRUE;
}

G_DEFINE_AUTOPTR_CLEANUP_FUNC (SandboxPlan, sandbox_plan_free)

static void
add_access (SandboxPlan *plan, const WorkshopCommand *command, gboolean system, int output_fd)
{
  g_autoptr (GPtrArray) notes = g_ptr_array_new_with_free_func (g_free);

  if (command->access == NULL)
    return;
  reach_add (command->access, plan, notes);
  /* A new system's /etc is a part of the result. */
  if (!system && permissions_has (command->access->permissions->shared, "network"))
    sandbox_plan_bind (plan, "/etc/resolv.conf", "/etc/resolv.conf", SANDBOX_BIND_READ_ONLY | SANDBOX_BIND_TRY, "manifest build-args");
  for (guint i = 0; i < notes->len && output_fd >= 0; i++)
    {
      g_autofree char *line = g_strdup_printf ("%s\n", (const char *) notes->pdata[i]);
      (void) file_write_all (output_fd, "log", line, strlen (line), NULL); /* the command goes on without it */
    }
}

static SandboxFilter
filter_of (const WorkshopCommand *command)
{
  const GPtrArray *features = command->access != NULL ? command->access->permissions->features : NULL;
  unsigned filter = SANDBOX_FILTER_DEVEL_MULTIARCH;

  if (features != NULL && permissions_has (features, "bluetooth"))
    filter |= SANDBOX_FILTER_BLUETOOTH;
  if (features != NULL && permissions_has (features, "canbus"))
    filter |= SANDBOX_FILTER_CANBUS;
  return (SandboxFilter) filter;
}

SandboxPlan *
workshop_plan (const Workshop *workshop, const WorkshopCommand *command, int output_fd, GError **error)
{
  g_autoptr (SandboxPlan) plan = sandbox_plan_new ();
  gboolean system = is_system (workshop, command);

  if (plan == NULL)
    {
      error_throw (error, "out of memory");
      return NULL;
    }
  sandbox_plan_identity (plan, id_of (workshop, command, getuid ()), id_of (workshop, command, getgid ()), ORIGIN);
  sandbox_plan_hostname (plan, "nacelle", ORIGIN);
  sandbox_plan_filter (plan, filter_of (command), ORIGIN);
  if (!add_file_systems (plan, workshop, command, error)
      || !(command->interactive ? add_own_streams (plan, error) : add_streams (plan, output_fd, error)))
    return NULL;
  add_environment (plan, workshop, command);
  if (workshop->bases->ccache_fd >= 0 && command->module != NULL && command->tools == WORKSHOP_BUILD && !command->as_new_system
      && !ccache_add (workshop->bases->ccache_fd, find_variable (command->module, "PATH") ?: "/usr/bin", plan, error))
    return NULL;
  add_access (plan, command, system, output_fd);
  if (!buses_add (command->buses, plan, error))
    return NULL;
  if (command->interactive && g_getenv ("TERM") != NULL)
    sandbox_plan_setenv (plan, "TERM", g_getenv ("TERM"), "environment of appbuild");
  sandbox_plan_cwd (plan, command->cwd != NULL ? command->cwd : "/", ORIGIN);
  gboolean vary = workshop->bases->vary && command->tools == WORKSHOP_BUILD;
  if (vary && !vary_add_library (plan, system, error))
    return NULL;
  g_autofree const char **varied = vary ? vary_command (command->argv) : NULL;
  sandbox_plan_command (plan, vary ? varied : command->argv, ORIGIN);
  if (sandbox_plan_failed (plan) != NULL)
    {
      error_throw (error, "cannot prepare the build sandbox: %s", sandbox_plan_failed (plan));
      return NULL;
    }
  return g_steal_pointer (&plan);
}
