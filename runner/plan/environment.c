/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * The environment: empty, then the harmless part of the user's, then ours, then what runtime, app, overrides and
 * the command line say, then what must be true whatever they say.
 */
#include "runner/plan/context.h"

#include <string.h>

#include "base/file.h"

/* The user's variables that an app gets.  It is a list of what may pass, because nobody can list what may not. */
static const char *const passed[] = { "LANG", "LANGUAGE", "TERM", "COLORTERM", "NO_COLOR", "TZ", "XDG_CURRENT_DESKTOP",
                                      "XDG_SESSION_DESKTOP", "XDG_SESSION_TYPE", "DESKTOP_SESSION", NULL };
static const char *const passed_with_network[] = { "http_proxy", "https_proxy", "ftp_proxy", "all_proxy", "no_proxy",
                                                   "HTTP_PROXY", "HTTPS_PROXY", "FTP_PROXY", "ALL_PROXY", "NO_PROXY", NULL };

static gboolean
may_pass (PlanContext *context, const char *name)
{
  if (g_str_has_prefix (name, "LC_") || g_strv_contains (passed, name))
    return TRUE;
  return permissions_has (context->permissions->shared, "network") && g_strv_contains (passed_with_network, name);
}

static int
compare_variables (gconstpointer a, gconstpointer b)
{
  return strcmp (*(const char *const *) a, *(const char *const *) b);
}

static void
pass_users (PlanContext *context)
{
  g_autoptr (GPtrArray) sorted = g_ptr_array_new ();
  for (char **variable = context->host->variables; *variable != NULL; variable++)
    g_ptr_array_add (sorted, *variable);
  g_ptr_array_sort (sorted, compare_variables);

  for (guint i = 0; i < sorted->len; i++)
    {
      const char *variable = sorted->pdata[i];
      const char *equals = strchr (variable, '=');
      if (equals == NULL)
        continue;
      g_autofree char *name = g_strndup (variable, (gsize) (equals - variable));
      if (may_pass (context, name))
        (void) sandbox_plan_setenv (context->plan, name, equals + 1, "environment of the user");
    }
}

static void
set (PlanContext *context, const char *name, const char *value)
{
  (void) sandbox_plan_setenv (context->plan, name, value, "default");
}

static void
set_below (PlanContext *context, const char *name, const char *base, const char *below)
{
  g_autofree char *value = g_strconcat (base, below, NULL);
  set (context, name, value);
}

static void
set_defaults (PlanContext *context)
{
  struct stat st;

  set (context, "PATH", "/app/bin:/usr/bin");
  set (context, "SHELL", "/bin/sh");
  set (context, "XDG_CONFIG_DIRS", "/app/etc/xdg:/etc/xdg");
  set (context, "XDG_DATA_DIRS", "/app/share:/usr/share");
  gboolean has_lib = context->launch->app != NULL && fstatat (context->launch->app->files_fd, "lib", &st, AT_SYMLINK_NOFOLLOW) == 0;
  g_autofree char *libraries = plan_library_path (context, has_lib ? "/app/lib" : NULL);
  if (libraries != NULL)
    set (context, "LD_LIBRARY_PATH", libraries);
}

static void
set_layers (PlanContext *context)
{
  const GPtrArray *entries = context->permissions->environment;

  for (guint i = 0; i < entries->len; i++)
    {
      const PermissionEntry *entry = entries->pdata[i];
      if (entry->granted)
        (void) sandbox_plan_setenv (context->plan, entry->name, entry->value, entry->origin);
      else
        (void) sandbox_plan_unsetenv (context->plan, entry->name, entry->origin);
    }
}

gboolean
plan_environment (PlanContext *context, GError **error)
{
  const Host *host = context->host;
  g_autofree char *data_path = g_strdup_printf ("%s/.var/app/%s", host->home, context->id);

  set_defaults (context);
  pass_users (context);
  set_layers (context);

  set (context, "HOME", host->home);
  set (context, "USER", host->user);
  set (context, "LOGNAME", host->user);
  set (context, "XDG_RUNTIME_DIR", context->run_dir);
  set_below (context, "XDG_DATA_HOME", data_path, "/data");
  set_below (context, "XDG_CONFIG_HOME", data_path, "/config");
  set_below (context, "XDG_CACHE_HOME", data_path, "/cache");
  set_below (context, "XDG_STATE_HOME", data_path, "/.local/state");
  set (context, "container", "flatpak");
  set (context, "FLATPAK_ID", context->id);
  return TRUE;
}
