/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "image/sqfile.h"

#include <errno.h>
#include <sqfs/error.h>
#include <unistd.h>

typedef struct
{
  sqfs_file_t base;
  int fd;
  int error;
  sqfs_u64 size;
} DescriptorFile;

static int
descriptor_read_at (sqfs_file_t *base, sqfs_u64 offset, void *buffer, size_t size)
{
  DescriptorFile *file = (DescriptorFile *) base;
  guint8 *at = buffer;

  while (size > 0)
    {
      ssize_t n = pread (file->fd, at, size, (off_t) offset);
      if (n < 0 && errno == EINTR)
        continue;
      if (n < 0)
        file->error = errno;
      if (n <= 0)
        return n < 0 ? SQFS_ERROR_IO : SQFS_ERROR_OUT_OF_BOUNDS;
      at += n;
      offset += n;
      size -= n;
    }
  return 0;
}

static int
descriptor_write_at (sqfs_file_t *base, sqfs_u64 offset, const void *buffer, size_t size)
{
  DescriptorFile *file = (DescriptorFile *) base;
  const guint8 *at = buffer;

  while (size > 0)
    {
      ssize_t n = pwrite (file->fd, at, size, (off_t) offset);
      if (n < 0 && errno == EINTR)
        continue;
      if (n < 0)
        {
          file->error = errno;
          return SQFS_ERROR_IO;
        }
      at += n;
      offset += n;
      size -= n;
      if (offset > file->size)
        file->size = offset;
    }
  return 0;
}

static sqfs_u64
descriptor_get_size (const sqfs_file_t *base)
{
  return ((const DescriptorFile *) base)->size;
}

static int
descriptor_truncate (sqfs_file_t *base, sqfs_u64 size)
{
  DescriptorFile *file = (DescriptorFile *) base;

  if (ftruncate (file->fd, (off_t) size) < 0)
    {
      file->error = errno;
      return SQFS_ERROR_IO;
    }
  file->size = size;
  return 0;
}

static void
descriptor_destroy (sqfs_object_t *object)
{
  g_free (object);
}

sqfs_file_t *
sqfile_new_writer (int fd)
{
  DescriptorFile *file = g_new0 (DescriptorFile, 1);

  file->base.base.destroy = descriptor_destroy;
  file->base.read_at = descriptor_read_at;
  file->base.write_at = descriptor_write_at;
  file->base.get_size = descriptor_get_size;
  file->base.truncate = descriptor_truncate;
  file->fd = fd;
  return &file->base;
}

int
sqfile_get_errno (const sqfs_file_t *file)
{
  return ((const DescriptorFile *) file)->error;
}

const char *
sqfile_error_text (int code)
{
  switch (code)
    {
    case SQFS_ERROR_ALLOC:
      return "out of memory";
    case SQFS_ERROR_IO:
      return "reading or writing failed";
    case SQFS_ERROR_COMPRESSOR:
      return "the compressor failed";
    case SQFS_ERROR_CORRUPTED:
      return "its data is damaged";
    case SQFS_ERROR_UNSUPPORTED:
      return "it uses something that libsquashfs was built without";
    case SQFS_ERROR_OVERFLOW:
      return "a number is too large";
    case SQFS_ERROR_OUT_OF_BOUNDS:
      return "a place outside of the file";
    default:
      return "libsquashfs refused";
    }
}
