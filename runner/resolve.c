/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "runner/resolve.h"

#include <string.h>

#include "base/error.h"
#include "base/file.h"
#include "base/witness.h"
#include "bundle/extra-data.h"
#include "image/attach.h"

static Bundle *
bundle_new (const char *name)
{
  Bundle *bundle = g_new0 (Bundle, 1);
  bundle->name = g_strdup (name);
  bundle->files_fd = bundle->alive_fd = bundle->extra_fd = bundle->lock_fd = -1;
  return bundle;
}

void
bundle_free (Bundle *bundle)
{
  if (bundle == NULL)
    return;
  metadata_free (bundle->metadata);
  ref_free (bundle->ref);
  g_free (bundle->name);
  g_free (bundle->checksum);
  file_close_fd (&bundle->files_fd);
  file_close_fd (&bundle->alive_fd);
  file_close_fd (&bundle->extra_fd);
  file_close_fd (&bundle->lock_fd);
  g_free (bundle);
}

/* Serve or unpack the image; reads its metadata when the bundle has none yet. */
static gboolean
attach_image (Bundle *bundle, int image_fd, const ResolveOptions *options, GPtrArray *notes, GError **error)
{
  ImageAttachment attachment = { .files_only = bundle->metadata != NULL, .root_fd = -1, .files_fd = -1, .alive_fd = -1 };
  g_autofree char *note = NULL;

  if (!image_attach (image_fd, bundle->name, options->unpacked ? IMAGE_ATTACH_UNPACKED : IMAGE_ATTACH_AUTO,
                     options->allow_unsealed, &attachment, &note, error))
    return FALSE;
  if (note != NULL)
    g_ptr_array_add (notes, g_steal_pointer (&note));
  if (bundle->metadata == NULL)
    bundle->metadata = metadata_load (attachment.root_fd, "metadata", bundle->name, error);
  if (bundle->metadata != NULL)
    {
      bundle->files_fd = file_steal_fd (&attachment.files_fd);
      bundle->files_is_mount = attachment.is_mount;
      bundle->alive_fd = file_steal_fd (&attachment.alive_fd);
    }
  image_attachment_clear (&attachment);
  return bundle->metadata != NULL;
}

/* The group alone asks for nothing. */
static gboolean
needs_extra (const Bundle *bundle)
{
  g_autoptr (GPtrArray) files = extra_files_new (bundle->metadata->keyfile, NULL);

  return files == NULL || files->len > 0;
}

static Bundle *
open_image_file (const char *path, const ResolveOptions *options, GPtrArray *notes, GError **error)
{
  /* O_NONBLOCK: a fifo must not hang us; image_attach() refuses what is not an image. */
  autofd fd = file_open (AT_FDCWD, path, O_RDONLY | O_NONBLOCK | O_NOCTTY, 0, error);
  if (fd < 0)
    return NULL;
  g_autoptr (Bundle) bundle = bundle_new (path);
  if (!attach_image (bundle, fd, options, notes, error))
    return NULL;
  if (needs_extra (bundle))
    return error_throw (error, "%s needs files that are downloaded when it is installed; first \"apprun install %s\"", path, path), NULL;
  return g_steal_pointer (&bundle);
}

Bundle *
bundle_open_deployment (Deployment *taken, const ResolveOptions *options, GPtrArray *notes, GError **error)
{
  g_autoptr (Deployment) deployment = taken;
  g_autofree char *name = ref_format (deployment->ref);
  g_autoptr (Bundle) bundle = bundle_new (name);

  if (strcmp (deployment->metadata->id, deployment->ref->id) != 0)
    {
      error_throw_code (error, ERROR_REFUSED, "%s is damaged: its metadata says that it is %s; install it again", name,
                        deployment->metadata->id);
      return NULL;
    }
  bundle->ref = ref_copy (deployment->ref);
  bundle->checksum = g_strdup (deployment->checksum);
  bundle->system = deployment->system;
  bundle->lock_fd = file_steal_fd (&deployment->lock_fd);
  bundle->metadata = g_steal_pointer (&deployment->metadata);

  if (needs_extra (bundle))
    {
      bundle->extra_fd = file_open_beneath (deployment->dir_fd, "extra", O_PATH | O_DIRECTORY, 0, NULL);
      if (bundle->extra_fd < 0)
        return error_throw (error, "%s is damaged: the files are missing that were downloaded for it; install it again", name), NULL;
    }
  autofd content = deployment_open_content (deployment, error);
  if (content < 0)
    return NULL;
  if (deployment->form == DEPLOYMENT_TREE)
    {
      bundle->files_fd = file_steal_fd (&content);
      return g_steal_pointer (&bundle);
    }
  /* What is installed was checked, or accepted as it is, when it was installed. */
  ResolveOptions installed = *options;
  installed.allow_unsealed = TRUE;
  if (!attach_image (bundle, content, &installed, notes, error))
    return NULL;
  return g_steal_pointer (&bundle);
}

static gboolean
names_a_file (const char *text)
{
  if (text[0] == '/' || g_str_has_prefix (text, "./") || g_str_has_prefix (text, "../"))
    return TRUE;

  /* "ID//BRANCH" has slashes too.  Whatever could be an id is one, so that a file which happens to
   * lie in the working directory cannot take the place of an installed app. */
  g_autofree char *head = g_strndup (text, strcspn (text, "/"));
  witness_note (WITNESS_FILE, text);
  gboolean exists = g_file_test (text, G_FILE_TEST_IS_REGULAR);
  if (ref_id_check (head, NULL))
    return exists && g_str_has_suffix (text, ".app");
  return exists || strchr (text, '/') != NULL || g_str_has_suffix (text, ".app");
}

/* "ID", the --arch and the --branch as one text for deployment_find(). */
static char *
selector (const char *text, const ResolveOptions *options, GError **error)
{
  if (options->arch == NULL && options->branch == NULL)
    return g_strdup (text);
  if (strchr (text, '/') != NULL)
    return error_throw_code (error, ERROR_USAGE, "\"%s\" already names the architecture or branch; give it once", text), NULL;
  if (options->arch != NULL && !ref_arch_check (options->arch, error))
    return error_prefix (error, "--arch"), NULL;
  if (options->branch != NULL && !ref_branch_check (options->branch, error))
    return error_prefix (error, "--branch"), NULL;
  return g_strdup_printf ("%s/%s/%s", text, options->arch != NULL ? options->arch : "",
                          options->branch != NULL ? options->branch : "");
}

Bundle *
bundle_resolve (const char *text, const ResolveOptions *options, GPtrArray *notes, GError **error)
{
  g_autoptr (GError) app_error = NULL;

  if (text[0] == '\0')
    return error_throw_code (error, ERROR_USAGE, "the id of the app is empty"), NULL;
  if (names_a_file (text))
    return open_image_file (text, options, notes, error);

  g_autofree char *wanted = selector (text, options, error);
  if (wanted == NULL)
    return NULL;
  Deployment *deployment = deployment_find (REF_APP, wanted, &app_error);
  if (deployment == NULL && g_error_matches (app_error, ERROR_DOMAIN, ERROR_NOT_FOUND))
    deployment = deployment_find (REF_RUNTIME, wanted, NULL);
  if (deployment == NULL)
    {
      g_propagate_error (error, g_steal_pointer (&app_error));
      return NULL;
    }
  return bundle_open_deployment (deployment, options, notes, error);
}

Bundle *
bundle_resolve_runtime (const Bundle *app, const ResolveOptions *options, GPtrArray *notes, GError **error)
{
  g_autoptr (Ref) ref = ref_parse_partial (REF_RUNTIME, app->metadata->runtime, NULL, NULL, error);
  if (ref == NULL)
    return error_prefix (error, "the runtime of %s", app->name), NULL;
  Deployment *deployment = deployment_open (ref, error);
  if (deployment == NULL)
    {
      (void) deployment_add_others (ref, error);
      return error_prefix (error, "the runtime of %s", app->name), NULL;
    }
  return bundle_open_deployment (deployment, options, notes, error);
}
