/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * The tables of a squashfs, decompressed into memory, so that everything after this is bounds checks on plain
 * bytes.  Private to the reader.
 */
#pragma once

#include <sqfs/compressor.h>

#include "image/reader.h"

/* A run of metadata blocks.  Each but the last has 8192 bytes when decompressed. */
typedef struct
{
  GByteArray *bytes;
  GArray *starts;               /* guint64: places of the blocks in the file, relative to the first */
} MetaTable;

void meta_table_clear (MetaTable *table);

/* Decompress the blocks from `start` up to exactly `end`.  `what` is for messages: "inode". */
gboolean meta_table_load (ImageReader *reader, sqfs_compressor_t *unpack, guint64 start, guint64 end, const char *what,
                          MetaTable *ret_table, GError **error);

/* From a reference (block relative to the table, offset in the block) to an index into `bytes`; FALSE when there is no
 * such block or the offset lies outside of it. */
gboolean meta_table_locate (const MetaTable *table, guint64 block, guint32 offset, gsize *ret_at);

/* A table that is found through an index of block places: `count` records of `record_size` bytes; *ret_first is the
 * place of the first block, where the table before ends. */
gboolean meta_indexed_load (ImageReader *reader, sqfs_compressor_t *unpack, guint64 index, guint32 count,
                            guint32 record_size, const char *what, GByteArray **ret_bytes, guint64 *ret_first, GError **error);

static inline guint16 meta_u16 (const guint8 *p) { return (guint16) (p[0] | p[1] << 8); }
static inline guint32 meta_u32 (const guint8 *p) { return meta_u16 (p) | (guint32) meta_u16 (p + 2) << 16; }
static inline guint64 meta_u64 (const guint8 *p) { return meta_u32 (p) | (guint64) meta_u32 (p + 4) << 32; }
