/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "image/meta.h"

#include "base/error.h"

#define META_STORED 0x8000u
/* Enough for half a million files; a few KiB of zstd can claim any amount, so there is an end. */
#define META_TABLE_MAX (32u << 20)

void
meta_table_clear (MetaTable *table)
{
  g_clear_pointer (&table->bytes, g_byte_array_unref);
  g_clear_pointer (&table->starts, g_array_unref);
}

/* Append the block at `at`, which must end at or before `end`; *ret_next is the place after it. */
static gboolean
meta_block_append (ImageReader *reader, sqfs_compressor_t *unpack, guint64 at, guint64 end, const char *what,
                   GByteArray *bytes, guint64 *ret_next, GError **error)
{
  guint8 header[2], stored[SQUASHFS_META_SIZE], plain[SQUASHFS_META_SIZE];
  guint32 size;
  sqfs_s32 n;

  if (end < 2 || at > end - 2)
    return error_throw_code (error, ERROR_REFUSED, "The image %s is damaged: its %s table runs out of its place", reader->name, what);
  if (!image_reader_pread (reader, header, sizeof header, at, error))
    return FALSE;
  size = meta_u16 (header) & ~META_STORED;
  if (size == 0 || size > SQUASHFS_META_SIZE || size > end - at - 2)
    return error_throw_code (error, ERROR_REFUSED, "The image %s is damaged: a block of its %s table has an impossible size",
                             reader->name, what);
  if (!image_reader_pread (reader, stored, size, at + 2, error))
    return FALSE;
  if (meta_u16 (header) & META_STORED)
    g_byte_array_append (bytes, stored, size);
  else if ((n = unpack->do_block (unpack, stored, size, plain, sizeof plain)) > 0 && (guint32) n <= sizeof plain)
    g_byte_array_append (bytes, plain, (guint) n);
  else
    return error_throw_code (error, ERROR_REFUSED, "The image %s is damaged: a block of its %s table cannot be decompressed",
                             reader->name, what);
  *ret_next = at + 2 + size;
  return TRUE;
}

gboolean
meta_table_load (ImageReader *reader, sqfs_compressor_t *unpack, guint64 start, guint64 end, const char *what,
                 MetaTable *ret_table, GError **error)
{
  __attribute__ ((cleanup (meta_table_clear))) MetaTable table = { g_byte_array_new (), g_array_new (FALSE, FALSE, 8) };

  for (guint64 at = start; at < end;)
    {
      guint64 relative = at - start;
      if (table.bytes->len % SQUASHFS_META_SIZE != 0)
        return error_throw_code (error, ERROR_REFUSED, "The image %s is damaged: its %s table has a short block in the middle",
                                 reader->name, what);
      if (table.bytes->len >= META_TABLE_MAX)
        return error_throw_code (error, ERROR_REFUSED, "The %s table of the image %s is larger than %u MiB", what, reader->name,
                                 META_TABLE_MAX >> 20);
      g_array_append_val (table.starts, relative);
      if (!meta_block_append (reader, unpack, at, end, what, table.bytes, &at, error))
        return FALSE;
    }
  *ret_table = table;
  table = (MetaTable) { NULL, NULL };
  return TRUE;
}

static int
start_compare (const void *a, const void *b)
{
  const guint64 *x = a, *y = b;
  return *x < *y ? -1 : *x > *y;
}

gboolean
meta_table_locate (const MetaTable *table, guint64 block, guint32 offset, gsize *ret_at)
{
  guint found;
  gsize at;

  if (offset >= SQUASHFS_META_SIZE || !g_array_binary_search (table->starts, &block, start_compare, &found))
    return FALSE;
  at = (gsize) found * SQUASHFS_META_SIZE + offset;
  if (at >= table->bytes->len)
    return FALSE;
  *ret_at = at;
  return TRUE;
}

gboolean
meta_indexed_load (ImageReader *reader, sqfs_compressor_t *unpack, guint64 index, guint32 count,
                   guint32 record_size, const char *what, GByteArray **ret_bytes, guint64 *ret_first, GError **error)
{
  g_autoptr (GByteArray) bytes = g_byte_array_new ();
  guint64 size = (guint64) count * record_size;
  guint64 n_blocks = (size + SQUASHFS_META_SIZE - 1) / SQUASHFS_META_SIZE;
  guint64 first = 0, next = 0;

  if (size > META_TABLE_MAX)
    return error_throw_code (error, ERROR_REFUSED, "The %s table of the image %s is larger than %u MiB", what, reader->name,
                             META_TABLE_MAX >> 20);
  for (guint64 i = 0; i < n_blocks; i++)
    {
      guint8 place[8];
      if (!image_reader_pread (reader, place, sizeof place, index + 8 * i, error))
        return FALSE;
      if (i == 0)
        first = next = meta_u64 (place);
      /* Blocks follow each other and end where the index begins; else one block could serve many times. */
      if (meta_u64 (place) != next)
        return error_throw_code (error, ERROR_REFUSED, "The image %s is damaged: the index of its %s table is out of order",
                                 reader->name, what);
      if (!meta_block_append (reader, unpack, next, index, what, bytes, &next, error))
        return FALSE;
      if (bytes->len != MIN (size, (i + 1) * SQUASHFS_META_SIZE))
        return error_throw_code (error, ERROR_REFUSED, "The image %s is damaged: its %s table has the wrong length", reader->name, what);
    }
  *ret_bytes = g_steal_pointer (&bytes);
  *ret_first = first;
  return TRUE;
}
