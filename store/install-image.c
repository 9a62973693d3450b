/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * The image is copied first and only the copy is looked at: whoever can write the file cannot change what
 * has been checked.
 */
#include <errno.h>
#include <linux/fs.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include "base/error.h"
#include "base/file.h"
#include "image/image.h"
#include "store/deployment-private.h"
#include "store/extra.h"
#include "store/root.h"
#include "store/store-private.h"

#define METADATA_SIZE_MAX (1024 * 1024)
#define BUNDLE_GROUP "Nacelle Bundle"

static int
copy_image (Staging *staging, int fd, const char *name, guint64 *ret_size, GError **error)
{
  struct stat st;

  if (fstat (fd, &st) < 0)
    {
      error_throw_errno (error, errno, "cannot read %s", name);
      return -1;
    }
  if (!S_ISREG (st.st_mode))
    {
      error_throw_code (error, ERROR_REFUSED, "%s is not a regular file", name);
      return -1;
    }
  autofd copy = file_open (staging->fd, "image", O_RDWR | O_CREAT | O_EXCL, 0644, error);
  if (copy < 0)
    return -1;
  store_report (staging->store, "copying the image", 0, (guint64) st.st_size);
  if (ioctl (copy, FICLONE, fd) < 0 && (lseek (fd, 0, SEEK_SET) < 0 || !file_copy_fd (fd, copy, name, error)))
    {
      error_prefix (error, "cannot copy the image into the store %s", staging->store->path);
      return -1;
    }
  if (fchmod (copy, 0644) < 0 || fstat (copy, &st) < 0)
    {
      error_throw_errno (error, errno, "cannot copy the image into the store %s", staging->store->path);
      return -1;
    }
  *ret_size = (guint64) st.st_size;
  return file_steal_fd (&copy);
}

static gboolean
check_image (int fd, const char *name, gboolean allow_unsealed, char **ret_digest, GError **error)
{
  ImageInfo info;

  if (!image_inspect (fd, name, &info, error))
    return FALSE;
  if (!info.sealed && !allow_unsealed)
    return error_throw_code (error, ERROR_REFUSED,
                             "%s is a plain squashfs without a hash tree, so damage to it would go unnoticed; "
                             "to install it all the same, add --allow-unsealed",
                             name);
  if (info.sealed && !image_verify (fd, name, error))
    return FALSE;
  if (!image_check (fd, name, error))
    return FALSE;
  *ret_digest = image_digest (fd, name, error);
  if (*ret_digest != NULL && !store_checksum_is_valid (*ret_digest))
    {
      g_clear_pointer (ret_digest, g_free);
      return error_throw (error, "the digest of %s has an unexpected form", name);
    }
  return *ret_digest != NULL;
}

/* Flatpak's metadata names id and architecture but no branch: the builder adds a group with the whole ref. */
static Ref *
read_ref (const Metadata *metadata, const char *name, GError **error)
{
  g_autofree char *text = g_key_file_get_string (metadata->keyfile, BUNDLE_GROUP, "ref", NULL);

  if (text == NULL)
    {
      error_throw_code (error, ERROR_REFUSED,
                        "%s does not say which branch it is (its metadata has no ref= in [" BUNDLE_GROUP
                        "]), so it cannot be installed; \"apprun %s\" runs it as it is",
                        name, name);
      return NULL;
    }
  g_autoptr (Ref) ref = ref_parse (text, error);
  if (ref == NULL)
    {
      error_prefix (error, "the metadata of %s is refused", name);
      return NULL;
    }
  if (ref->kind != metadata->kind || strcmp (ref->id, metadata->id) != 0)
    {
      error_throw_code (error, ERROR_REFUSED, "the metadata of %s contradicts itself: it is the %s \"%s\" and %s", name,
                        ref_kind_name (metadata->kind), metadata->id, text);
      return NULL;
    }
  return g_steal_pointer (&ref);
}

/* Metadata and ref of an image that was checked. */
static Metadata *
read_metadata (int fd, const char *name, Ref **ret_ref, GError **error)
{
  gsize length = 0;
  g_autofree char *text = image_read_file (fd, name, "metadata", METADATA_SIZE_MAX, &length, error);

  if (text == NULL)
    {
      error_prefix (error, "%s is not a bundle", name);
      return NULL;
    }
  g_autoptr (Metadata) metadata = metadata_parse (text, length, name, error);
  *ret_ref = metadata == NULL ? NULL : read_ref (metadata, name, error);
  return *ret_ref == NULL ? NULL : g_steal_pointer (&metadata);
}

Deployment *
store_inspect_image (int fd, const char *name, GError **error)
{
  g_autoptr (Deployment) image = g_new0 (Deployment, 1);
  struct stat st;

  image->dir_fd = image->lock_fd = -1;
  if (fstat (fd, &st) < 0)
    return error_throw_errno (error, errno, "cannot read %s", name), NULL;
  if (!S_ISREG (st.st_mode))
    return error_throw_code (error, ERROR_REFUSED, "%s is not a regular file", name), NULL;
  if (!check_image (fd, name, TRUE, &image->checksum, error))
    return NULL;
  image->metadata = read_metadata (fd, name, &image->ref, error);
  image->size = (guint64) st.st_size;
  image->form = DEPLOYMENT_IMAGE;
  return image->metadata == NULL ? NULL : g_steal_pointer (&image);
}

/* The same image is on disk already, and still what its name says. */
static gboolean
is_intact (Store *store, const Ref *ref, const char *digest)
{
  autofd dir_fd = staging_open_existing (store, ref, digest);
  autofd fd = dir_fd < 0 ? -1 : file_open_beneath (dir_fd, "image", O_RDONLY | O_NONBLOCK, 0, NULL);
  g_autofree char *found = fd < 0 ? NULL : image_digest (fd, digest, NULL);
  g_autofree char *metadata = fd < 0 ? NULL : file_read (dir_fd, "metadata", METADATA_SIZE_MAX, NULL, NULL);
  ImageInfo info;

  /* An older Nacelle kept nothing for the desktop. */
  if (ref->kind == REF_APP && faccessat (dir_fd, "exported", F_OK, AT_SYMLINK_NOFOLLOW) < 0)
    return FALSE;
  return metadata != NULL && g_strcmp0 (found, digest) == 0 && image_inspect (fd, digest, &info, NULL)
         && (!info.sealed || image_verify (fd, digest, NULL));
}

/* Who names a file wants that file; but not without a word. */
static void
note_added (Store *store, const Ref *ref, const Metadata *metadata)
{
  const StoreRoot root = STORE_AS_ROOT (store);
  g_autoptr (Deployment) current = deployment_load_active (&root, ref, FALSE, NULL);
  g_autofree char *added = current == NULL || ref->kind != REF_APP ? NULL : consent_describe (current, metadata);

  if (added != NULL)
    {
      g_autofree char *note = g_strdup_printf ("this version of %s may also: %s", ref->id, added);
      store_note (store, note);
    }
}

gboolean
store_install_image (Store *store, int fd, const char *name, gboolean allow_unsealed, Ref **ret_ref, GError **error)
{
  g_auto (Staging) staging = STAGING_INIT;
  g_autofree char *digest = NULL;
  g_autoptr (Ref) ref = NULL;
  guint64 size = 0;

  if (!staging_begin (store, &staging, error))
    return FALSE;
  autofd copy = copy_image (&staging, fd, name, &size, error);
  if (copy < 0)
    return FALSE;
  store_report (store, "checking the image", 0, 0);
  if (!check_image (copy, name, allow_unsealed, &digest, error))
    return FALSE;
  g_autoptr (Metadata) metadata = read_metadata (copy, name, &ref, error);
  if (metadata == NULL)
    return FALSE;

  note_added (store, ref, metadata);
  const DeployRecord record = { .ref = ref, .checksum = digest, .metadata = metadata->text, .size = size };
  gboolean ok = is_intact (store, ref, digest)
                  ? staging_reactivate (store, &record, error)
                  : extra_install (&staging, ref, metadata, error) && staging_deploy (&staging, &record, error);
  if (ok && !store_forget_commit (store, ref, error))
    return error_prefix (error, "%s is installed, but what it replaces could not be removed", name);
  if (ok && ret_ref != NULL)
    *ret_ref = g_steal_pointer (&ref);
  return ok;
}
