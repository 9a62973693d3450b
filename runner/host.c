/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "runner/host.h"

#include <string.h>
#include <sys/random.h>
#include <unistd.h>

#include "base/error.h"
#include "bundle/filesystem.h"
#include "runner/account.h"

extern char **environ;

const char *
host_variable (const Host *host, const char *name)
{
  return g_environ_getenv (host->variables, name);
}

char *
host_xdg_dir (const Host *host, const char *variable, const char *fallback)
{
  const char *value = host_variable (host, variable);
  /* The specification says that a relative path is to be ignored. */
  if (value != NULL && value[0] == '/')
    return g_strdup (value);
  return g_build_filename (host->home, fallback, NULL);
}

/* A text that fits in a field of /etc/passwd. */
static char *
account_field (const char *text, const char *fallback)
{
  if (text == NULL || strpbrk (text, ":\n") != NULL || !g_utf8_validate (text, -1, NULL))
    return g_strdup (fallback);
  return g_strdup (text);
}

static char *
find_home (const Host *host, const Account *account, GError **error)
{
  const char *value = host_variable (host, "HOME");
  const char *source = "HOME";

  if (value == NULL || value[0] == '\0')
    {
      value = account != NULL ? account->home : NULL;
      source = "the account";
    }
  if (value == NULL)
    return error_throw (error, "the home folder is unknown: HOME is not set and user %u has no account; set HOME",
                        (unsigned) host->uid), NULL;
  if (value[0] != '/')
    return error_throw (error, "the home folder \"%s\" (from %s) is not an absolute path; set HOME to one", value, source),
           NULL;

  g_autofree char *below = filesystem_path_normalise (value, error);
  if (below == NULL)
    return error_prefix (error, "the home folder (from %s)", source), NULL;
  char *home = g_strconcat ("/", below, NULL);
  if (filesystem_path_is_reserved (home))
    {
      error_throw (error, "the home folder \"%s\" (from %s) is a place of the system, which cannot be a home in the "
                   "sandbox; set HOME to a folder of your own", home, source);
      g_free (home);
      return NULL;
    }
  return home;
}

static char *
find_runtime_dir (const Host *host)
{
  const char *value = host_variable (host, "XDG_RUNTIME_DIR");
  if (value == NULL || value[0] != '/')
    return NULL;
  g_autofree char *below = filesystem_path_normalise (value, NULL);
  return below != NULL && below[0] != '\0' ? g_strconcat ("/", below, NULL) : NULL;
}

Host *
host_read (GError **error)
{
  g_autoptr (Host) host = g_new0 (Host, 1);

  host->uid = getuid ();
  host->gid = getgid ();
  host->variables = g_strdupv (environ);
  host->etc = g_strdup ("/etc");
  host->dev = g_strdup ("/dev");
  host->sys = g_strdup ("/sys");
  host->cwd = getcwd (NULL, 0);
  if (host->cwd != NULL && host->cwd[0] != '/') /* "(unreachable)/..." */
    g_clear_pointer (&host->cwd, g_free);

  g_autoptr (Account) account = account_of_user (host->etc, host->uid);
  host->user = account_field (account != NULL ? account->name : NULL, "user");
  host->real_name = account_field (account != NULL ? account->real_name : NULL, "");
  host->home = find_home (host, account, error);
  if (host->home == NULL)
    return NULL;
  g_autofree char *group = account_group_name (host->etc, host->gid);
  host->group = account_field (group, host->user);
  host->runtime_dir = find_runtime_dir (host);

  guint32 number = 0;
  if (getrandom (&number, sizeof number, 0) != (gssize) sizeof number)
    number = (guint32) getpid ();
  /* Always of ten digits, so that another number can take its place in a plan that is kept (runner/front/front.h). */
  host->instance = g_strdup_printf ("%u", HOST_INSTANCE_MIN + number % (G_MAXUINT32 - HOST_INSTANCE_MIN));
  return g_steal_pointer (&host);
}

void
host_free (Host *host)
{
  if (host == NULL)
    return;
  g_free (host->user);
  g_free (host->real_name);
  g_free (host->group);
  g_free (host->home);
  g_free (host->runtime_dir);
  g_free (host->cwd);
  g_strfreev (host->variables);
  g_free (host->etc);
  g_free (host->dev);
  g_free (host->sys);
  g_free (host->instance);
  g_free (host);
}
