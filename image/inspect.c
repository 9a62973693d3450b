/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "image/layout.h"

#include <errno.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/error.h"

gboolean
image_pread (int fd, const char *name, void *buffer, gsize size, guint64 offset, GError **error)
{
  guint8 *at = buffer;

  if (offset > G_MAXINT64 - size)
    return error_throw_code (error, ERROR_REFUSED, "The image %s points to a place beyond any file", name);
  while (size > 0)
    {
      ssize_t n = pread (fd, at, size, (off_t) offset);
      if (n < 0 && errno == EINTR)
        continue;
      if (n < 0)
        return error_throw_errno (error, errno, "Cannot read the image %s at byte %" G_GUINT64_FORMAT, name, offset);
      if (n == 0)
        return error_throw_code (error, ERROR_REFUSED, "The image %s ends at byte %" G_GUINT64_FORMAT
                                 ", in the middle of something: it is truncated; fetch or build it again", name, offset);
      at += n;
      offset += n;
      size -= n;
    }
  return TRUE;
}

static void
super_to_host (SquashSuper *s)
{
  s->magic = GUINT32_FROM_LE (s->magic);
  s->inode_count = GUINT32_FROM_LE (s->inode_count);
  s->mtime = GUINT32_FROM_LE (s->mtime);
  s->block_size = GUINT32_FROM_LE (s->block_size);
  s->fragment_count = GUINT32_FROM_LE (s->fragment_count);
  s->compression = GUINT16_FROM_LE (s->compression);
  s->block_log = GUINT16_FROM_LE (s->block_log);
  s->flags = GUINT16_FROM_LE (s->flags);
  s->id_count = GUINT16_FROM_LE (s->id_count);
  s->version_major = GUINT16_FROM_LE (s->version_major);
  s->version_minor = GUINT16_FROM_LE (s->version_minor);
  s->root_inode = GUINT64_FROM_LE (s->root_inode);
  s->bytes_used = GUINT64_FROM_LE (s->bytes_used);
  s->id_table = GUINT64_FROM_LE (s->id_table);
  s->xattr_table = GUINT64_FROM_LE (s->xattr_table);
  s->inode_table = GUINT64_FROM_LE (s->inode_table);
  s->directory_table = GUINT64_FROM_LE (s->directory_table);
  s->fragment_table = GUINT64_FROM_LE (s->fragment_table);
  s->export_table = GUINT64_FROM_LE (s->export_table);
}

/* What is wrong with the tables, NULL when nothing.  Order as every writer makes it: inodes, directories, fragments,
 * exports, ids, attributes; a table that is absent is all ones. */
static const char *
super_find_fault (const SquashSuper *s)
{
  guint64 ids_index = 8 * (((guint64) s->id_count * 4 + SQUASHFS_META_SIZE - 1) / SQUASHFS_META_SIZE);
  guint64 fragments_index = 8 * (((guint64) s->fragment_count * 16 + SQUASHFS_META_SIZE - 1) / SQUASHFS_META_SIZE);

  if (s->inode_count == 0)
    return "it has no inode";
  if (s->id_count == 0)
    return "it has no owner table";
  if (s->inode_table < sizeof *s || s->inode_table >= s->directory_table || s->directory_table >= s->bytes_used)
    return "its inode and directory tables are out of order";
  if (s->id_table < s->directory_table || s->id_table > s->bytes_used || ids_index > s->bytes_used - s->id_table)
    return "its owner table is out of bounds";
  if (s->fragment_count > s->inode_count)
    return "it has more fragments than files";
  if (s->fragment_count > 0
      && (s->fragment_table < s->directory_table || s->fragment_table > s->id_table
          || fragments_index > s->id_table - s->fragment_table))
    return "its fragment table is out of bounds";
  if (s->xattr_table != SQUASHFS_NO_TABLE && (s->xattr_table < s->id_table || s->xattr_table > s->bytes_used - 16))
    return "its attribute table is out of bounds";
  if ((s->root_inode & 0xffff) >= SQUASHFS_META_SIZE
      || (s->root_inode >> 16) >= s->directory_table - s->inode_table)
    return "its root directory is out of bounds";
  return NULL;
}

gboolean
image_begins (int fd)
{
  guint32 magic;

  return pread (fd, &magic, sizeof magic, 0) == sizeof magic && GUINT32_FROM_LE (magic) == SQUASHFS_MAGIC;
}

static gboolean
super_read (int fd, const char *name, guint64 file_size, SquashSuper *ret_super, GError **error)
{
  SquashSuper super;
  const char *fault;

  if (file_size < sizeof super)
    return error_throw_code (error, ERROR_REFUSED, "%s is not an image: it has only %" G_GUINT64_FORMAT " bytes",
                             name, file_size);
  if (!image_pread (fd, name, &super, sizeof super, 0, error))
    return FALSE;
  super_to_host (&super);
  if (super.magic != SQUASHFS_MAGIC)
    return error_throw_code (error, ERROR_REFUSED, "%s is not an image: it does not begin as a squashfs does", name);
  if (super.version_major != 4 || super.version_minor != 0)
    return error_throw_code (error, ERROR_REFUSED, "%s is a squashfs of version %u.%u; only 4.0 is read", name,
                             super.version_major, super.version_minor);
  if (super.block_log < 12 || super.block_log > 20 || super.block_size != 1u << super.block_log)
    return error_throw_code (error, ERROR_REFUSED, "The image %s has an impossible block size (%u bytes, 2^%u)", name,
                             super.block_size, super.block_log);
  if (super.compression < 1 || super.compression > 6 || super.compression == 2)
    return error_throw_code (error, ERROR_REFUSED, "The image %s is compressed in a way that is not read here (number %u)",
                             name, super.compression);
  if (super.bytes_used < sizeof super || super.bytes_used > file_size)
    return error_throw_code (error, ERROR_REFUSED, "The image %s should have %" G_GUINT64_FORMAT " bytes and has %"
                             G_GUINT64_FORMAT ": it is truncated; fetch or build it again",
                             name, super.bytes_used, file_size);
  if ((fault = super_find_fault (&super)) != NULL)
    return error_throw_code (error, ERROR_REFUSED, "The image %s is damaged: %s", name, fault);
  *ret_super = super;
  return TRUE;
}

static gboolean
is_zero (const guint8 *bytes, gsize size)
{
  return size == 0 || (bytes[0] == 0 && memcmp (bytes, bytes + 1, size - 1) == 0);
}

/* What in the footer contradicts the file, NULL when nothing.  Sizes are compared, never added, before they
 * are known to be small. */
static const char *
footer_find_fault (const ImageFooter *footer, const SquashSuper *super, guint64 file_size, VerityShape *ret_shape)
{
  guint64 squashfs_size = GUINT64_FROM_LE (footer->squashfs_size);
  guint64 padded = MAX (IMAGE_MIN_SQUASHFS_SIZE, (super->bytes_used + IMAGE_BLOCK_SIZE - 1) & ~(guint64) (IMAGE_BLOCK_SIZE - 1));
  guint32 length = GUINT32_FROM_LE (footer->signature_length);

  if (GUINT32_FROM_LE (footer->block_size) != IMAGE_BLOCK_SIZE)
    return "block size";
  if (GUINT64_FROM_LE (footer->file_size) != file_size)
    return "file size";
  if (squashfs_size != padded || !verity_shape (squashfs_size, ret_shape))
    return "squashfs size";
  if (GUINT64_FROM_LE (footer->hash_size) != ret_shape->hash_size
      || squashfs_size + ret_shape->hash_size + IMAGE_BLOCK_SIZE != file_size)
    return "size of the hash tree";
  if (!is_zero (footer->reserved, sizeof footer->reserved))
    return "reserved bytes";
  if (length > sizeof footer->signature || (footer->signature_type == 0) != (length == 0)
      || !is_zero (footer->signature + length, sizeof footer->signature - length))
    return "signature";
  return NULL;
}

static gboolean
footer_read (int fd, const char *name, ImageLayout *layout, GError **error)
{
  ImageFooter footer;
  guint8 block[IMAGE_BLOCK_SIZE];
  VeritySuper expected;
  const char *fault;

  if (layout->info.file_size % IMAGE_BLOCK_SIZE != 0 || layout->info.file_size < IMAGE_MIN_SQUASHFS_SIZE + IMAGE_BLOCK_SIZE)
    return TRUE;
  if (!image_pread (fd, name, &footer, sizeof footer, layout->info.file_size - sizeof footer, error))
    return FALSE;
  if (memcmp (footer.magic, IMAGE_FOOTER_MAGIC, sizeof footer.magic) != 0)
    return TRUE;
  if (GUINT32_FROM_LE (footer.format_version) != IMAGE_FORMAT_VERSION)
    return error_throw_code (error, ERROR_REFUSED, "The image %s has the format version %u; this Nacelle reads version %u",
                             name, GUINT32_FROM_LE (footer.format_version), IMAGE_FORMAT_VERSION);
  if ((fault = footer_find_fault (&footer, &layout->super, layout->info.file_size, &layout->shape)) != NULL)
    return error_throw_code (error, ERROR_REFUSED, "The footer of the image %s contradicts the file: %s", name, fault);
  if (!image_pread (fd, name, block, sizeof block, GUINT64_FROM_LE (footer.squashfs_size), error))
    return FALSE;
  verity_super_fill (&layout->shape, footer.root_hash, &expected);
  if (memcmp (block, &expected, sizeof expected) != 0 || !is_zero (block + sizeof expected, sizeof block - sizeof expected))
    return error_throw_code (error, ERROR_REFUSED, "The hash tree of the image %s does not belong to its footer", name);
  layout->info.sealed = TRUE;
  layout->info.squashfs_size = GUINT64_FROM_LE (footer.squashfs_size);
  memcpy (layout->root_hash, footer.root_hash, sizeof layout->root_hash);
  for (gsize i = 0; i < sizeof footer.root_hash; i++)
    g_snprintf (layout->info.root_hash + 2 * i, 3, "%02x", footer.root_hash[i]);
  return TRUE;
}

gboolean
image_layout_read (int fd, const char *name, ImageLayout *ret_layout, GError **error)
{
  ImageLayout layout = { 0 };
  struct stat st;

  if (fstat (fd, &st) < 0)
    return error_throw_errno (error, errno, "Cannot examine the image %s", name);
  if (!S_ISREG (st.st_mode))
    return error_throw_code (error, ERROR_REFUSED, "%s is not an image: it is not a regular file", name);
  layout.info.file_size = st.st_size;
  if (!super_read (fd, name, layout.info.file_size, &layout.super, error) || !footer_read (fd, name, &layout, error))
    return FALSE;
  if (!layout.info.sealed)
    {
      /* Something after the squashfs that is no footer: most likely a sealed image that lost its end. */
      guint64 padded = (layout.super.bytes_used + IMAGE_BLOCK_SIZE - 1) & ~(guint64) (IMAGE_BLOCK_SIZE - 1);
      if (layout.info.file_size > padded)
        return error_throw_code (error, ERROR_REFUSED, "The image %s has %" G_GUINT64_FORMAT " bytes after its squashfs "
                                 "and no footer in them: its end is missing or it is another kind of file", name,
                                 layout.info.file_size - padded);
      layout.info.squashfs_size = padded;
    }
  *ret_layout = layout;
  return TRUE;
}

gboolean
image_inspect (int fd, const char *name, ImageInfo *ret_info, GError **error)
{
  ImageLayout layout;

  if (!image_layout_read (fd, name, &layout, error))
    return FALSE;
  *ret_info = layout.info;
  return TRUE;
}

/* By offset, so that the caller's file position stays. */
static char *
file_digest (int fd, const char *name, guint64 size, GError **error)
{
  g_autoptr (GChecksum) checksum = g_checksum_new (G_CHECKSUM_SHA256);
  g_autofree guint8 *buffer = g_malloc (1 << 18);

  for (guint64 offset = 0; offset < size;)
    {
      gsize chunk = MIN (size - offset, 1 << 18);
      if (!image_pread (fd, name, buffer, chunk, offset, error))
        return NULL;
      g_checksum_update (checksum, buffer, chunk);
      offset += chunk;
    }
  return g_strdup (g_checksum_get_string (checksum));
}

char *
image_digest (int fd, const char *name, GError **error)
{
  ImageLayout layout;
  g_autofree char *text = NULL;

  if (!image_layout_read (fd, name, &layout, error))
    return NULL;
  if (layout.info.sealed)
    {
      text = g_strdup_printf ("nacelle-image %u %s %" G_GUINT64_FORMAT " %" G_GUINT64_FORMAT "\n", IMAGE_FORMAT_VERSION,
                              layout.info.root_hash, layout.info.squashfs_size, layout.info.file_size);
      return g_compute_checksum_for_string (G_CHECKSUM_SHA256, text, -1);
    }
  return file_digest (fd, name, layout.info.file_size, error);
}
