/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "builder/ground.h"

#include <errno.h>

#include "base/error.h"
#include "base/file.h"

Ground *
ground_new (Deployment *deployment, GError **error)
{
  g_autoptr (Ground) ground = g_new0 (Ground, 1);

  ground->attachment = (ImageAttachment) IMAGE_ATTACHMENT_INIT;
  ground->content_fd = ground->files_fd = -1;
  ground->deployment = deployment;
  ground->name = ref_format (deployment->ref);
  ground->content_fd = deployment_open_content (deployment, error);
  return ground->content_fd >= 0 ? g_steal_pointer (&ground) : NULL;
}

Ground *
ground_open (const Ref *ref, GError **error)
{
  Deployment *deployment = deployment_open (ref, error);

  if (deployment == NULL)
    return deployment_add_others (ref, error), NULL;
  return ground_new (deployment, error);
}

void
ground_free (Ground *ground)
{
  if (ground == NULL)
    return;
  if (ground->attached)
    image_attachment_clear (&ground->attachment);
  file_close_fd (&ground->content_fd);
  deployment_free (ground->deployment);
  g_free (ground->name);
  g_free (ground);
}

gboolean
ground_attach (Ground *ground, char **ret_note, GError **error)
{
  if (ground->files_fd >= 0)
    return TRUE;
  if (ground->deployment->form == DEPLOYMENT_TREE)
    {
      ground->files_fd = ground->content_fd;
      return TRUE;
    }
  if (!image_attach (ground->content_fd, ground->deployment->path, IMAGE_ATTACH_OFTEN, TRUE, &ground->attachment, ret_note, error))
    return error_prefix (error, "cannot open %s", ground->name);
  ground->attached = TRUE;
  ground->files_fd = ground->attachment.files_fd;
  return TRUE;
}

/* A detached mount can be put in one place only, so each sandbox gets one of its own; the server behind them is the same. */
static gboolean
mount_image (const Ground *ground, SandboxPlan *plan, const char *dest, const char *origin, GError **error)
{
  ImageAttachment attachment = IMAGE_ATTACHMENT_INIT;
  g_autofree char *note = NULL; /* told once, by ground_attach() */
  const char *path = ground->deployment->path;

  if (!image_attach (ground->content_fd, path, IMAGE_ATTACH_OFTEN, TRUE, &attachment, &note, error))
    return error_prefix (error, "cannot open %s", ground->name);
  if (attachment.alive_fd >= 0)
    {
      g_autofree char *server = g_strconcat ("the image server of ", ground->name, NULL);
      sandbox_plan_die_with_fd (plan, file_steal_fd (&attachment.alive_fd), server, origin);
    }
  if (attachment.is_mount)
    sandbox_plan_mount_fd (plan, file_steal_fd (&attachment.files_fd), path, dest, SANDBOX_BIND_READ_ONLY, origin);
  else
    sandbox_plan_bind_fd (plan, file_steal_fd (&attachment.files_fd), path, dest, SANDBOX_BIND_READ_ONLY, origin);
  image_attachment_clear (&attachment);
  return TRUE;
}

gboolean
ground_mount (const Ground *ground, SandboxPlan *plan, const char *dest, const char *origin, GError **error)
{
  if (ground->deployment->form == DEPLOYMENT_IMAGE)
    return mount_image (ground, plan, dest, origin, error);
  int fd = fcntl (ground->content_fd, F_DUPFD_CLOEXEC, 3);
  if (fd < 0)
    return error_throw_errno (error, errno, "cannot open %s", ground->name);
  sandbox_plan_bind_fd (plan, fd, ground->deployment->path, dest, SANDBOX_BIND_READ_ONLY, origin);
  return TRUE;
}
