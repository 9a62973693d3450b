/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "runner/manage/apply-extra.h"

#include <errno.h>
#include <unistd.h>

#include "base/error.h"
#include "base/file.h"
#include "bundle/extra-data.h"
#include "image/attach.h"
#include "sandbox/run.h"

#define PROGRAM "bin/apply_extra"
#define ORIGIN "extra data"

G_DEFINE_AUTOPTR_CLEANUP_FUNC (SandboxPlan, sandbox_plan_free)

/* Takes neither descriptor.  *ret_files_fd: its files, to look at; borrowed from the plan's life on, -1 at first. */
static gboolean
add_files (SandboxPlan *plan, int content_fd, gboolean is_image, const char *name, const char *dest, int *ret_files_fd, GError **error)
{
  ImageAttachment attachment = IMAGE_ATTACHMENT_INIT;
  g_autofree char *note = NULL;

  if (!is_image)
    {
      *ret_files_fd = fcntl (content_fd, F_DUPFD_CLOEXEC, 3);
      sandbox_plan_bind_fd (plan, fcntl (content_fd, F_DUPFD_CLOEXEC, 3), name, dest, SANDBOX_BIND_READ_ONLY, ORIGIN);
      return TRUE;
    }
  if (!image_attach (content_fd, name, IMAGE_ATTACH_AUTO, TRUE, &attachment, &note, error))
    return FALSE;
  *ret_files_fd = fcntl (attachment.files_fd, F_DUPFD_CLOEXEC, 3);
  if (attachment.alive_fd >= 0)
    sandbox_plan_die_with_fd (plan, file_steal_fd (&attachment.alive_fd), name, ORIGIN);
  if (attachment.is_mount)
    sandbox_plan_mount_fd (plan, file_steal_fd (&attachment.files_fd), name, dest, SANDBOX_BIND_READ_ONLY, ORIGIN);
  else
    sandbox_plan_bind_fd (plan, file_steal_fd (&attachment.files_fd), name, dest, SANDBOX_BIND_READ_ONLY, ORIGIN);
  image_attachment_clear (&attachment);
  return TRUE;
}

static gboolean
add_runtime (SandboxPlan *plan, const StoreExtra *job, GError **error)
{
  static const char *const links[] = { "bin", "sbin", "lib", "lib32", "lib64" };
  autofd files = -1;

  if (extra_data_without_runtime (job->metadata->keyfile) || job->metadata->runtime == NULL)
    return TRUE;
  g_autoptr (Ref) ref = ref_parse_partial (REF_RUNTIME, job->metadata->runtime, NULL, NULL, error);
  g_autoptr (Deployment) runtime = ref != NULL ? deployment_open (ref, error) : NULL;
  if (runtime == NULL)
    return error_prefix (error, "to unpack its extra data it needs its runtime");
  autofd content = deployment_open_content (runtime, error);
  if (content < 0 || !add_files (plan, content, runtime->form == DEPLOYMENT_IMAGE, runtime->path, "/usr", &files, error))
    return FALSE;
  for (gsize i = 0; i < G_N_ELEMENTS (links); i++)
    {
      struct stat st;
      g_autofree char *target = g_strconcat ("usr/", links[i], NULL);
      g_autofree char *dest = g_strconcat ("/", links[i], NULL);

      if (fstatat (files, links[i], &st, AT_SYMLINK_NOFOLLOW) == 0)
        sandbox_plan_symlink (plan, target, dest, ORIGIN);
    }
  return TRUE;
}

/* *ret_needed: the app has such a program. */
static gboolean
add_app (SandboxPlan *plan, const StoreExtra *job, gboolean *ret_needed, GError **error)
{
  g_autofree char *name = ref_format (job->ref);
  autofd files = -1;
  struct stat st;

  if (!add_files (plan, job->content_fd, job->is_image, name, "/app", &files, error))
    return FALSE;
  if (fstatat (files, "extra", &st, AT_SYMLINK_NOFOLLOW) < 0 || !S_ISDIR (st.st_mode))
    return error_throw_code (error, ERROR_REFUSED, "the bundle has extra data, and no folder \"extra\" to show it in");
  *ret_needed = fstatat (files, PROGRAM, &st, AT_SYMLINK_NOFOLLOW) == 0;
  sandbox_plan_bind_fd (plan, fcntl (job->extra_fd, F_DUPFD_CLOEXEC, 3), "extra data", "/app/extra", 0, ORIGIN);
  return TRUE;
}

static gboolean
add_rest (SandboxPlan *plan, GError **error)
{
  static const char *const argv[] = { "/app/" PROGRAM, NULL };
  autofd null = file_open (AT_FDCWD, "/dev/null", O_RDONLY, 0, error);

  if (null < 0)
    return FALSE;
  sandbox_plan_pass_fd (plan, file_steal_fd (&null), 0, ORIGIN);
  sandbox_plan_pass_fd (plan, fcntl (STDERR_FILENO, F_DUPFD_CLOEXEC, 3), 1, ORIGIN);
  sandbox_plan_dev (plan, "/dev", ORIGIN);
  sandbox_plan_tmpfs (plan, "/tmp", 01777, 0, ORIGIN);
  sandbox_plan_dir (plan, "/etc", 0755, ORIGIN);
  sandbox_plan_setenv (plan, "PATH", "/app/bin:/usr/bin", ORIGIN);
  sandbox_plan_setenv (plan, "LC_ALL", "C.UTF-8", ORIGIN);
  sandbox_plan_setenv (plan, "HOME", "/tmp", ORIGIN);
  sandbox_plan_remount_read_only (plan, "/", ORIGIN);
  sandbox_plan_cwd (plan, "/app/extra", ORIGIN);
  sandbox_plan_command (plan, argv, ORIGIN);
  return TRUE;
}

gboolean
apply_extra (const StoreExtra *job, gpointer data, GError **error)
{
  g_autoptr (SandboxPlan) plan = sandbox_plan_new ();
  SandboxProcess process = { .pid = -1, .pidfd = -1, .status_fd = -1 };
  SandboxError failure = { 0 };
  gboolean needed = FALSE;

  if (plan == NULL)
    return error_throw (error, "out of memory");
  if (!add_runtime (plan, job, error) || !add_app (plan, job, &needed, error))
    return FALSE;
  if (!needed)
    return TRUE;
  if (!add_rest (plan, error))
    return FALSE;
  if (sandbox_plan_failed (plan) != NULL)
    return error_throw (error, "cannot prepare the sandbox of apply_extra: %s", sandbox_plan_failed (plan));
  int status = sandbox_spawn (plan, &process, &failure) < 0 ? 125 : sandbox_wait (&process, plan, &failure);
  if (failure.message[0] != '\0')
    return error_throw (error, "cannot run the app's apply_extra: %s", failure.message);
  return status == 0 || error_throw (error, "the app cannot unpack its extra data: its program apply_extra ended with status %d", status);
}
