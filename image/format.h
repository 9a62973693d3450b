/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * The bytes of an image file.  All numbers are little-endian, all sizes are multiples of 4096:
 *
 *   0              squashfs 4.0 (superblock: 96 bytes), padded with zeros to a multiple of 4096, at least 8192
 *   squashfs_size  dm-verity hash area: one block that starts with the verity superblock (512 bytes, the rest
 *                  zero), then the hash tree of the bytes before squashfs_size, top level first
 *   squashfs_size  one footer block, the last of the file
 *    + hash_size
 *
 * Sources: Documentation/filesystems/squashfs.rst and the header of squashfs in the kernel for the first part;
 * Documentation/admin-guide/device-mapper/verity.rst of the kernel and "DMVerity" in the wiki of cryptsetup
 * for the second: version 1, type 1 ("normal"), SHA-256, data and hash blocks of 4096 bytes, salt of length 0.
 * An empty salt keeps equal trees equal; a salt guards against nothing here, since nobody but the author of an image
 * chooses its content.  `veritysetup verify --hash-offset=squashfs_size IMAGE IMAGE ROOTHASH` accepts the result.
 *
 * The footer is ours.  A signature covers the first IMAGE_SIGNED_SIZE bytes of the footer; those name
 * the root hash and all sizes, so that nothing in the file is outside of it but the signature itself.
 */
#pragma once

#include <glib.h>

#define IMAGE_BLOCK_SIZE 4096u
#define IMAGE_HASH_SIZE 32u
#define IMAGE_MIN_SQUASHFS_SIZE (2 * IMAGE_BLOCK_SIZE) /* so that the hash tree has at least one level */
#define IMAGE_FOOTER_MAGIC "NACELLE\x89IMAGE\r\n"      /* 15 characters and the NUL: 16 bytes */
#define IMAGE_FORMAT_VERSION 1u
#define IMAGE_SIGNED_SIZE 96u
#define IMAGE_SIGNATURE_MAX (IMAGE_BLOCK_SIZE - IMAGE_SIGNED_SIZE - 8)

typedef struct
{
  char magic[16];
  guint32 format_version;
  guint32 block_size;         /* 4096 */
  guint64 squashfs_size;
  guint64 hash_size;          /* verity superblock and tree */
  guint64 file_size;
  guint8 root_hash[IMAGE_HASH_SIZE];
  guint8 reserved[16];        /* zero */
  guint32 signature_type;     /* 0: none */
  guint32 signature_length;
  guint8 signature[IMAGE_SIGNATURE_MAX]; /* zero beyond its length */
} __attribute__ ((packed)) ImageFooter;

typedef struct
{
  char signature[8];          /* "verity\0\0" */
  guint32 version;            /* 1 */
  guint32 hash_type;          /* 1 */
  guint8 uuid[16];            /* the first bytes of the root hash */
  char algorithm[32];         /* "sha256" */
  guint32 data_block_size;
  guint32 hash_block_size;
  guint64 data_blocks;
  guint16 salt_size;
  guint8 padding[6];
  guint8 salt[256];
  guint8 padding2[168];
} __attribute__ ((packed)) VeritySuper;

#define SQUASHFS_MAGIC 0x73717368u
#define SQUASHFS_META_SIZE 8192u
#define SQUASHFS_NO_TABLE G_MAXUINT64
#define SQUASHFS_NO_FRAGMENT G_MAXUINT32

typedef struct
{
  guint32 magic;
  guint32 inode_count;
  guint32 mtime;
  guint32 block_size;
  guint32 fragment_count;
  guint16 compression;
  guint16 block_log;
  guint16 flags;
  guint16 id_count;
  guint16 version_major;
  guint16 version_minor;
  guint64 root_inode;         /* (offset of the metadata block in the inode table) << 16 | offset in the block */
  guint64 bytes_used;
  guint64 id_table;
  guint64 xattr_table;
  guint64 inode_table;
  guint64 directory_table;
  guint64 fragment_table;
  guint64 export_table;
} __attribute__ ((packed)) SquashSuper;

G_STATIC_ASSERT (sizeof (ImageFooter) == IMAGE_BLOCK_SIZE);
G_STATIC_ASSERT (sizeof (VeritySuper) == 512);
G_STATIC_ASSERT (sizeof (SquashSuper) == 96);
G_STATIC_ASSERT (sizeof (IMAGE_FOOTER_MAGIC) == 16);
G_STATIC_ASSERT (G_STRUCT_OFFSET (ImageFooter, signature_type) == IMAGE_SIGNED_SIZE);
