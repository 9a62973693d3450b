/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "builder/ccache.h"

#include <errno.h>
#include <unistd.h>

#include "base/error.h"
#include "base/file.h"

#define PLACE "/run/ccache"
#define PROGRAM "bin/ccache"

static const char *const compilers[] = {
  "cc", "c++", "gcc", "g++", "clang", "clang++", "x86_64-linux-gnu-gcc", "x86_64-linux-gnu-g++", "aarch64-linux-gnu-gcc",
  "aarch64-linux-gnu-g++",
};

/* A compiler that is not there must not seem to be. */
static gboolean
make_links (int ccache_fd, int usr_fd, GError **error)
{
  autofd bin = file_remove_tree (ccache_fd, "bin", error) ? file_mkdir_p (ccache_fd, "bin", 0755, error) : -1;

  for (gsize i = 0; bin >= 0 && i < G_N_ELEMENTS (compilers); i++)
    {
      g_autofree char *path = g_build_filename ("bin", compilers[i], NULL);

      if (file_is_beneath (usr_fd, path) && symlinkat ("/usr/" PROGRAM, bin, compilers[i]) < 0)
        return error_throw_errno (error, errno, "cannot make the link ccache/bin/%s", compilers[i]);
    }
  return bin >= 0;
}

int
ccache_open (const BuildState *state, const Bases *bases, GError **error)
{
  autofd fd = -1;

  if (bases->usr_fd < 0 || !file_is_beneath (bases->usr_fd, PROGRAM))
    {
      error_throw_code (error, ERROR_UNAVAILABLE, "--ccache: %s has no /usr/" PROGRAM "; take an SDK that has it, or build without",
                        bases->sdk != NULL ? bases->sdk->name : "a runtime made of packages");
      return -1;
    }
  fd = build_state_dir (state, "ccache", error);
  return fd >= 0 && make_links (fd, bases->usr_fd, error) ? file_steal_fd (&fd) : -1;
}

gboolean
ccache_add (int ccache_fd, const char *path, SandboxPlan *plan, GError **error)
{
  int copy = fcntl (ccache_fd, F_DUPFD_CLOEXEC, 3);
  g_autofree char *with = g_strconcat (PLACE "/bin:", path, NULL);

  if (copy < 0)
    return error_throw_errno (error, errno, "cannot use the folder of ccache");
  sandbox_plan_bind_fd (plan, copy, "the folder of ccache", PLACE, 0, "--ccache");
  sandbox_plan_setenv (plan, "CCACHE_DIR", PLACE, "--ccache");
  sandbox_plan_setenv (plan, "PATH", with, "--ccache");
  return TRUE;
}

void
ccache_disable (const BuildModule *module, SandboxPlan *plan)
{
  for (guint i = 0; module != NULL && i < module->env->len; i++)
    if (g_str_has_prefix (((const ManifestVariable *) module->env->pdata[i])->name, "CCACHE_"))
      return;
  sandbox_plan_setenv (plan, "CCACHE_DISABLE", "1", "no --ccache");
}
