/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "builder/manifest/build-arg.h"

#include <string.h>

#include "base/error.h"
#include "bundle/filesystem.h"

#define NO_CONDITION "conditions are for apps that are started; write "

/* What cannot be had, and why. */
static const struct
{
  const char *option;          /* with "=": all its values */
  const char *why;
} refused[] = {
  { "--a11y-own-name=", "a build has no accessibility bus" },
  { "--socket=inherit-wayland-socket", "a build inherits no open connection; --socket=wayland opens one" },
  { "--usb=", "USB devices are handed out by a portal, and a build has none; --device=usb gives all of them" },
  { "--share-if=", NO_CONDITION "--share" },
  { "--socket-if=", NO_CONDITION "--socket" },
  { "--device-if=", NO_CONDITION "--device" },
  { "--allow-if=", NO_CONDITION "--allow" },
  { "--build-dir=", "the folder of the sources has one place in every build" },
  { "--sdk-dir=", "the manifest's own SDK is what a build is made in" },
  { "--metadata=", "the metadata is made of the manifest" },
  { "--runtime", "commands are run with the SDK, which has all that the runtime has" },
  { "-r", "commands are run with the SDK, which has all that the runtime has" },
  { "--env-fd=", "a manifest has no descriptors; --env names a variable" },
};

/* What every build does, or what has nothing to act on in one. */
static const char *const no_effect[] = {
  "--die-with-parent", "-p", "--with-appdir", "--persist=", "--nousb=", "--add-policy=", "--remove-policy=", "--allow=devel",
  "--allow=multiarch", "--allow=per-app-dev-shm", "--disallow=devel", "--disallow=multiarch", "--disallow=per-app-dev-shm",
  "--log-session-bus", "--log-system-bus", "-v", "--verbose", "--ostree-verbose",
};

static void
bind_free (gpointer data)
{
  BuildBind *bind = data;

  g_free (bind->dest);
  g_free (bind->source);
  g_free (bind);
}

BuildAccess *
build_access_new (void)
{
  BuildAccess *access = g_new0 (BuildAccess, 1);

  access->permissions = permissions_new ();
  access->binds = g_ptr_array_new_with_free_func (bind_free);
  return access;
}

void
build_access_free (BuildAccess *access)
{
  if (access == NULL)
    return;
  permissions_free (access->permissions);
  g_ptr_array_unref (access->binds);
  g_free (access);
}

/* `option` as it is, or what the argument begins with when it ends in '='. */
static gboolean
matches (const char *argument, const char *option)
{
  return g_str_has_suffix (option, "=") ? g_str_has_prefix (argument, option) : g_str_equal (argument, option);
}

static gboolean
add_bind (BuildAccess *access, const char *argument, const char *value, GError **error)
{
  const char *equals = strchr (value, '=');
  BuildBind *bind;

  if (equals == NULL || *value != '/' || equals[1] != '/')
    return error_throw_code (error, ERROR_USAGE, "\"%s\" is not of the form --bind-mount=/PLACE=/SOURCE", argument);
  g_autofree char *dest = g_strndup (value, (gsize) (equals - value));
  g_autofree char *plain = g_canonicalize_filename (dest, "/");
  if (filesystem_path_is_reserved (plain))
    return error_throw_code (error, ERROR_REFUSED, "\"%s\": %s belongs to the sandbox itself", argument, plain);
  bind = g_new0 (BuildBind, 1);
  bind->dest = g_steal_pointer (&plain);
  bind->source = g_canonicalize_filename (equals + 1, "/");
  g_ptr_array_add (access->binds, bind);
  return TRUE;
}

gboolean
build_access_add (BuildAccess *access, const char *argument, GError **error)
{
  for (gsize i = 0; i < G_N_ELEMENTS (refused); i++)
    if (matches (argument, refused[i].option))
      return error_throw_code (error, ERROR_REFUSED, "\"%s\" cannot be given to the build sandbox: %s", argument, refused[i].why);
  for (gsize i = 0; i < G_N_ELEMENTS (no_effect); i++)
    if (matches (argument, no_effect[i]))
      return TRUE;
  if (g_str_equal (argument, "--readonly"))
    {
      access->read_only = TRUE;
      return TRUE;
    }
  if (g_str_has_prefix (argument, "--bind-mount="))
    return add_bind (access, argument, argument + strlen ("--bind-mount="), error);
  if (!permissions_is_argument (argument))
    return error_throw_code (error, ERROR_USAGE, "\"%s\" is no option of the build sandbox (see flatpak-build(1))", argument);
  return permissions_add_argument (access->permissions, argument, "manifest build-args", error);
}

gboolean
build_access_is_closed (const BuildAccess *access)
{
  const Permissions *all = access->permissions;
  const GPtrArray *entries[] = { all->shared, all->sockets, all->devices, all->features, all->session_bus, all->system_bus };
  gboolean closed = access->binds->len == 0 && all->filesystems->len == 0;

  for (gsize i = 0; i < G_N_ELEMENTS (entries); i++)
    for (guint j = 0; j < entries[i]->len; j++)
      {
        const PermissionEntry *entry = entries[i]->pdata[j];

        closed = closed && (!entry->granted || g_strcmp0 (entry->value, "none") == 0);
      }
  return closed;
}
