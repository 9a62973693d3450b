/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * The files are a stranger's, and so is what the app's program makes of them: it runs in a sandbox without network, and what it leaves
 * behind gets plain modes before anybody can see it.  All of it is part of the staged deployment: when anything fails, nothing is left.
 */
#include "store/extra.h"

#include <errno.h>
#include <string.h>
#include <unistd.h>

#include "base/error.h"
#include "base/file.h"
#include "bundle/extra-data.h"
#include "store/deployment-private.h"
#include "store/transfer.h"

static gboolean
check_content (int fd, const ExtraFile *file, GError **error)
{
  g_autoptr (GChecksum) checksum = g_checksum_new (G_CHECKSUM_SHA256);
  guchar buffer[65536];
  guint64 size = 0;

  for (off_t offset = 0;;)
    {
      ssize_t n = pread (fd, buffer, sizeof buffer, offset);

      if (n < 0 && errno == EINTR)
        continue;
      if (n < 0)
        return error_throw_errno (error, errno, "cannot read what was downloaded");
      if (n == 0)
        break;
      g_checksum_update (checksum, buffer, n);
      offset += n;
      size += (guint64) n;
    }
  if (size != file->size)
    return error_throw_code (error, ERROR_REFUSED, "it has %" G_GUINT64_FORMAT " bytes, and the app says %" G_GUINT64_FORMAT, size,
                             file->size);
  if (strcmp (g_checksum_get_string (checksum), file->sha256) != 0)
    return error_throw_code (error, ERROR_REFUSED, "its SHA-256 is %s, and the app says %s", g_checksum_get_string (checksum),
                             file->sha256);
  return TRUE;
}

static gboolean
download (Store *store, int extra_fd, const ExtraFile *file, GError **error)
{
  autofd fd = file_open (extra_fd, file->name, O_RDWR | O_CREAT | O_EXCL | O_NOFOLLOW, 0644, error);

  if (fd < 0 || !transfer_file (store, file->url, file->name, fd, file->size, error) || !check_content (fd, file, error))
    return error_prefix (error, "cannot take the extra data %s from %s", file->name, file->url);
  return TRUE;
}

/* Plain files, folders and links, as after any installation. */
static gboolean
make_plain (int dir_fd, GError **error)
{
  g_autoptr (GPtrArray) names = NULL;
  struct stat st;

  if (fchmod (dir_fd, 0755) < 0)
    return error_throw_errno (error, errno, "cannot set the mode of a folder of the extra data");
  names = deployment_list_names (dir_fd, ".", error);
  for (guint i = 0; names != NULL && i < names->len; i++)
    {
      const char *name = names->pdata[i];

      if (fstatat (dir_fd, name, &st, AT_SYMLINK_NOFOLLOW) < 0)
        return error_throw_errno (error, errno, "cannot read '%s' of the extra data", name);
      if (S_ISLNK (st.st_mode))
        continue;
      if (!S_ISDIR (st.st_mode) && !S_ISREG (st.st_mode))
        return error_throw_code (error, ERROR_REFUSED, "the app made '%s' of its extra data, which is neither a file nor a folder", name);
      /* By descriptor, and not through a link; its owner may have taken his own permission away. */
      if (fchmodat (dir_fd, name, S_ISDIR (st.st_mode) || (st.st_mode & 0100) != 0 ? 0755 : 0644, 0) < 0)
        return error_throw_errno (error, errno, "cannot set the mode of '%s' of the extra data", name);
      if (!S_ISDIR (st.st_mode))
        continue;
      autofd child = file_open (dir_fd, name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW, 0, error);
      if (child < 0 || !make_plain (child, error))
        return FALSE;
    }
  return names != NULL;
}

/* Where it will be mounted must be there: an image cannot be changed any more. */
static gboolean
apply (Staging *staging, const Ref *ref, const Metadata *metadata, int extra_fd, GError **error)
{
  Store *store = staging->store;
  struct stat st;
  gboolean image = fstatat (staging->fd, "image", &st, AT_SYMLINK_NOFOLLOW) == 0;

  if (store->apply_extra == NULL)
    return error_throw_code (error, ERROR_UNAVAILABLE, "it has extra data, which only \"apprun install\" brings");
  if (!image && mkdirat (staging->fd, "files/extra", 0755) < 0 && errno != EEXIST)
    return error_throw_errno (error, errno, "cannot make the folder of the extra data");
  autofd content = image ? file_open_beneath (staging->fd, "image", O_RDONLY, 0, error)
                         : file_open_beneath (staging->fd, "files", O_PATH | O_DIRECTORY, 0, error);
  if (content < 0)
    return FALSE;
  const StoreExtra job = { ref, metadata, content, image, extra_fd };
  store_report (store, "unpacking the extra data", 0, 0);
  return store->apply_extra (&job, store->apply_extra_data, error) && make_plain (extra_fd, error);
}

gboolean
extra_install (Staging *staging, const Ref *ref, const Metadata *metadata, GError **error)
{
  g_autoptr (GPtrArray) files = extra_files_new (metadata->keyfile, error);

  if (files == NULL || files->len == 0)
    return files != NULL;
  autofd extra_fd = file_mkdir_p (staging->fd, "extra", 0755, error);
  for (guint i = 0; extra_fd >= 0 && i < files->len; i++)
    if (!download (staging->store, extra_fd, files->pdata[i], error))
      return FALSE;
  return extra_fd >= 0 && apply (staging, ref, metadata, extra_fd, error);
}
