/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "builder/bases.h"

#include <errno.h>
#include <unistd.h>

#include "base/error.h"
#include "base/file.h"

#define NO_ATTACHMENT { .root_fd = -1, .files_fd = -1, .alive_fd = -1 }

static Deployment *
find_base (const BuildPlan *plan, const Ref *ref, const char *key, GError **error)
{
  g_autoptr (GError) local = NULL;
  Deployment *deployment = deployment_open (ref, &local);

  if (deployment != NULL)
    return deployment;
  if (g_error_matches (local, ERROR_DOMAIN, ERROR_NOT_FOUND))
    error_throw_code (error, ERROR_NOT_FOUND, "%s: the %s of '%s' is missing: %s; or build it with \"appbuild MANIFEST --install\"",
                      plan->manifest->path, key, plan->manifest->id, local->message);
  else
    {
      g_propagate_error (error, g_steal_pointer (&local));
      error_prefix (error, "%s: cannot use the %s of '%s'", plan->manifest->path, key, plan->manifest->id);
    }
  return NULL;
}

Bases *
bases_open (const BuildPlan *plan, GError **error)
{
  g_autoptr (Bases) bases = g_new0 (Bases, 1);

  bases->attachment = (ImageAttachment) NO_ATTACHMENT;
  bases->sdk_content_fd = bases->usr_fd = -1;
  if (plan->sdk == NULL)
    return g_steal_pointer (&bases);
  bases->sdk = find_base (plan, plan->sdk, "sdk", error);
  if (bases->sdk == NULL)
    return NULL;
  if (plan->ref->kind == REF_APP && plan->runtime != NULL)
    {
      bases->runtime = find_base (plan, plan->runtime, "runtime", error);
      if (bases->runtime == NULL)
        return NULL;
    }
  bases->sdk_content_fd = deployment_open_content (bases->sdk, error);
  if (bases->sdk_content_fd < 0)
    return NULL;
  return g_steal_pointer (&bases);
}

void
bases_free (Bases *bases)
{
  if (bases == NULL)
    return;
  if (bases->attached)
    image_attachment_clear (&bases->attachment);
  file_close_fd (&bases->sdk_content_fd);
  deployment_free (bases->sdk);
  deployment_free (bases->runtime);
  g_free (bases);
}

gboolean
bases_attach (Bases *bases, char **ret_note, GError **error)
{
  if (bases->sdk == NULL || bases->usr_fd >= 0)
    return TRUE;
  if (bases->sdk->form == DEPLOYMENT_TREE)
    {
      bases->usr_fd = bases->sdk_content_fd;
      return TRUE;
    }
  if (!image_attach (bases->sdk_content_fd, bases->sdk->path, IMAGE_ATTACH_AUTO, FALSE, &bases->attachment, ret_note, error))
    return error_prefix (error, "cannot open the SDK");
  bases->attached = TRUE;
  bases->usr_fd = bases->attachment.files_fd;
  return TRUE;
}

/* A detached mount can be put in one place only, so each sandbox gets one of its own; the server behind them is the same. */
static gboolean
add_image (const Bases *bases, SandboxPlan *plan, GError **error)
{
  ImageAttachment attachment = NO_ATTACHMENT;
  g_autofree char *note = NULL; /* told once, by bases_attach() */

  if (!image_attach (bases->sdk_content_fd, bases->sdk->path, IMAGE_ATTACH_AUTO, FALSE, &attachment, &note, error))
    return error_prefix (error, "cannot open the SDK");
  if (attachment.alive_fd >= 0)
    sandbox_plan_die_with_fd (plan, file_steal_fd (&attachment.alive_fd), "the image server of the SDK", "sdk");
  if (attachment.is_mount)
    sandbox_plan_mount_fd (plan, file_steal_fd (&attachment.files_fd), bases->sdk->path, "/usr", SANDBOX_BIND_READ_ONLY, "sdk");
  else
    sandbox_plan_bind_fd (plan, file_steal_fd (&attachment.files_fd), bases->sdk->path, "/usr", SANDBOX_BIND_READ_ONLY, "sdk");
  image_attachment_clear (&attachment);
  return TRUE;
}

gboolean
bases_add_usr (const Bases *bases, SandboxPlan *plan, GError **error)
{
  if (bases->sdk->form == DEPLOYMENT_IMAGE)
    return add_image (bases, plan, error);
  int fd = fcntl (bases->sdk_content_fd, F_DUPFD_CLOEXEC, 3);
  if (fd < 0)
    return error_throw_errno (error, errno, "cannot open the SDK");
  sandbox_plan_bind_fd (plan, fd, bases->sdk->path, "/usr", SANDBOX_BIND_READ_ONLY, "sdk");
  return TRUE;
}

static gboolean
has_file (int files_fd, const char *path)
{
  struct stat st;
  g_autofree char *parent = g_path_get_dirname (path);
  g_autofree char *name = g_path_get_basename (path);
  autofd dir = file_open_beneath (files_fd, parent, O_PATH | O_DIRECTORY, 0, NULL);

  return dir >= 0 && fstatat (dir, name, &st, AT_SYMLINK_NOFOLLOW) == 0 && !S_ISDIR (st.st_mode);
}

gboolean
bases_runtime_has (const Bases *bases, const char *path, gboolean *ret_has, GError **error)
{
  ImageAttachment attachment = NO_ATTACHMENT;
  g_autofree char *note = NULL;

  if (bases->runtime == NULL)
    {
      *ret_has = FALSE;
      return TRUE;
    }
  autofd content = deployment_open_content (bases->runtime, error);
  if (content < 0)
    return FALSE;
  if (bases->runtime->form == DEPLOYMENT_TREE)
    {
      *ret_has = has_file (content, path);
      return TRUE;
    }
  if (!image_attach (content, bases->runtime->path, IMAGE_ATTACH_AUTO, FALSE, &attachment, &note, error))
    return error_prefix (error, "cannot open the runtime");
  *ret_has = has_file (attachment.files_fd, path);
  image_attachment_clear (&attachment);
  return TRUE;
}
