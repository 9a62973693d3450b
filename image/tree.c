/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * Inodes are parsed when the walk from the root meets them, at most once each: `seen` maps an inode number to what was
 * made of it, and an entry that leads to a number already seen must lead to the same place, and not to a directory.
 * So the walk ends, and its cost is bounded by the size of the two tables.
 */
#include "image/tree.h"

#include <string.h>

#include "base/error.h"
#include "image/sqfile.h"

#define TREE_MAX_DEPTH 512
#define TREE_MAX_TARGET 4095
#define BLOCK_STORED (1u << 24)
#define EXTENDED 7              /* type of an extended inode minus type of the basic one */

typedef struct
{
  guint64 reference;
  guint32 index;                /* + 1; 0: not seen */
} Seen;

typedef struct
{
  ImageTree *tree;
  Seen *seen;
  guint32 n_seen;
} Walk;

void
image_tree_free (ImageTree *tree)
{
  if (tree == NULL)
    return;
  if (tree->unpack)
    sqfs_destroy (tree->unpack);
  meta_table_clear (&tree->inode_table);
  meta_table_clear (&tree->directory_table);
  g_clear_pointer (&tree->fragments, g_byte_array_unref);
  g_clear_pointer (&tree->inodes, g_array_unref);
  g_clear_pointer (&tree->entries, g_array_unref);
  g_free (tree->fragment_data);
  image_reader_free (tree->reader);
  g_free (tree);
}

static gboolean
tree_throw (const ImageTree *tree, const char *fault, GError **error)
{
  return error_throw_code (error, ERROR_REFUSED, "The image %s is damaged or made to do harm: %s", tree->reader->name, fault);
}

static gboolean
fragments_load (ImageTree *tree, guint64 *ret_first, GError **error)
{
  const SquashSuper *super = &tree->reader->layout.super;

  if (!meta_indexed_load (tree->reader, tree->unpack, super->fragment_table, super->fragment_count, 16, "fragment",
                          &tree->fragments, ret_first, error))
    return FALSE;
  for (guint32 i = 0; i < super->fragment_count; i++)
    {
      const guint8 *record = tree->fragments->data + 16 * (gsize) i;
      guint64 start = meta_u64 (record);
      guint32 size = meta_u32 (record + 8) & ~BLOCK_STORED;

      if (size == 0 || size > super->block_size || start < sizeof *super || start > super->inode_table
          || size > super->inode_table - start)
        return tree_throw (tree, "a fragment lies out of bounds", error);
    }
  return TRUE;
}

/* Where the directory table ends: at the first block of the table that follows. */
static gboolean
tables_load (ImageTree *tree, GError **error)
{
  const SquashSuper *super = &tree->reader->layout.super;
  g_autoptr (GByteArray) ids = NULL;
  guint64 end, first;
  guint8 place[8];

  if (!meta_indexed_load (tree->reader, tree->unpack, super->id_table, super->id_count, 4, "owner", &ids, &end, error))
    return FALSE;
  if (super->export_table != SQUASHFS_NO_TABLE)
    {
      if (super->export_table > super->bytes_used - 8)
        return tree_throw (tree, "the export table lies out of bounds", error);
      if (!image_reader_pread (tree->reader, place, sizeof place, super->export_table, error))
        return FALSE;
      end = MIN (end, meta_u64 (place));
    }
  if (super->fragment_count > 0)
    {
      if (!fragments_load (tree, &first, error))
        return FALSE;
      end = MIN (end, first);
    }
  if (end < super->directory_table || end > super->bytes_used)
    return tree_throw (tree, "the directory table lies out of bounds", error);
  return meta_table_load (tree->reader, tree->unpack, super->inode_table, super->directory_table, "inode",
                          &tree->inode_table, error)
         && meta_table_load (tree->reader, tree->unpack, super->directory_table, end, "directory",
                             &tree->directory_table, error);
}

/* Block sizes follow the inode; all blocks lie one after the other from data_start on, before the inode table. */
static const char *
file_find_fault (const ImageTree *tree, TreeInode *inode, gsize left)
{
  const SquashSuper *super = &tree->reader->layout.super;
  const guint8 *sizes = tree->inode_table.bytes->data + inode->payload;
  guint64 n_blocks = inode->size / super->block_size;
  guint32 tail = (guint32) (inode->size % super->block_size);
  guint64 at = inode->data_start;

  if (inode->size > G_MAXINT64)
    return "a file has an impossible size";
  if (inode->fragment == SQUASHFS_NO_FRAGMENT)
    n_blocks += tail > 0;
  else if (inode->fragment >= super->fragment_count || inode->fragment_offset > super->block_size
           || tail > super->block_size - inode->fragment_offset)
    return "the end of a file lies outside of its fragment";
  if (n_blocks > left / 4)
    return "a file has more blocks than the inode table holds";
  inode->n_blocks = (guint32) n_blocks;
  for (guint32 i = 0; i < inode->n_blocks; i++)
    {
      guint32 size = meta_u32 (sizes + 4 * (gsize) i);
      guint32 stored = size & ~BLOCK_STORED;

      if (stored > super->block_size)
        return "a block of a file has an impossible size";
      if (stored > 0 && (at < sizeof *super || at > super->inode_table || stored > super->inode_table - at))
        return "a block of a file lies out of bounds";
      at += stored;
    }
  return NULL;
}

/* The fields after the common 16 bytes.  `p` has `left` bytes; directories are read later by directory_read(). */
static const char *
inode_parse_body (const ImageTree *tree, guint16 type, const guint8 *p, gsize left, TreeInode *inode)
{
  static const guint8 body_size[15] = { 0, 16, 16, 8, 0, 0, 0, 0, 24, 40, 8, 0, 0, 0, 0 };
  gsize used = type < 15 ? body_size[type] : 0;

  if (used == 0)
    return type >= 1 && type <= 14 ? "it holds a device, fifo or socket; an image holds only directories, files and symbolic links"
                                   : "an inode has an unknown type";
  if (left < used)
    return "an inode ends outside of its table";
  inode->payload += 16 + used;
  left -= used;
  if (type == TREE_FILE)
    {
      inode->data_start = meta_u32 (p);
      inode->fragment = meta_u32 (p + 4);
      inode->fragment_offset = meta_u32 (p + 8);
      inode->size = meta_u32 (p + 12);
    }
  else if (type == TREE_FILE + EXTENDED)
    {
      inode->data_start = meta_u64 (p);
      inode->size = meta_u64 (p + 8);
      inode->fragment = meta_u32 (p + 28);
      inode->fragment_offset = meta_u32 (p + 32);
    }
  if (inode->kind == TREE_FILE)
    return file_find_fault (tree, inode, left);
  if (inode->kind == TREE_LINK)
    {
      inode->size = meta_u32 (p + 4);
      if (inode->size == 0 || inode->size > TREE_MAX_TARGET || inode->size > left)
        return "a symbolic link has an impossible length";
      if (memchr (tree->inode_table.bytes->data + inode->payload, 0, inode->size) != NULL)
        return "the target of a symbolic link has a zero byte";
    }
  return NULL;
}

/* What a directory's inode says of its listing. */
typedef struct
{
  guint64 block;
  guint32 offset;
  guint32 size;                 /* 3 more than the bytes of the listing: the entries "." and ".." that are not stored */
  guint32 parent;
} Listing;

static void
listing_parse (const guint8 *p, gboolean extended, Listing *ret_listing)
{
  if (extended)
    *ret_listing = (Listing) { .size = meta_u32 (p + 4), .block = meta_u32 (p + 8), .parent = meta_u32 (p + 12),
                               .offset = meta_u16 (p + 18) };
  else
    *ret_listing = (Listing) { .block = meta_u32 (p), .size = meta_u16 (p + 8), .offset = meta_u16 (p + 10),
                               .parent = meta_u32 (p + 12) };
}

/* Parse the inode at `reference`, whose number must be `number` and whose basic type must be `type` (0: a root). */
static gboolean
inode_parse (const ImageTree *tree, guint64 reference, guint32 number, guint16 type, TreeInode *ret_inode,
             Listing *ret_listing, GError **error)
{
  const SquashSuper *super = &tree->reader->layout.super;
  const guint8 *p;
  const char *fault;
  gsize at, left;
  guint16 full;

  if (!meta_table_locate (&tree->inode_table, reference >> 16, reference & 0xffff, &at))
    return tree_throw (tree, "a reference to an inode points outside of the inode table", error);
  p = tree->inode_table.bytes->data + at;
  left = tree->inode_table.bytes->len - at;
  if (left < 16)
    return tree_throw (tree, "an inode ends outside of its table", error);
  full = meta_u16 (p);
  *ret_inode = (TreeInode) { .kind = full > EXTENDED ? full - EXTENDED : full, .mode = meta_u16 (p + 2) & 07777,
                             .mtime = meta_u32 (p + 8), .number = meta_u32 (p + 12), .payload = at,
                             .fragment = SQUASHFS_NO_FRAGMENT, .n_links = 1 };
  if (ret_inode->number == 0 || ret_inode->number > super->inode_count || (number != 0 && ret_inode->number != number))
    return tree_throw (tree, "an inode has the wrong number", error);
  if (meta_u16 (p + 4) >= super->id_count || meta_u16 (p + 6) >= super->id_count)
    return tree_throw (tree, "an inode has an owner outside of the owner table", error);
  if ((fault = inode_parse_body (tree, full, p + 16, left - 16, ret_inode)) != NULL)
    return tree_throw (tree, fault, error);
  if (type != 0 && (guint16) ret_inode->kind != type)
    return tree_throw (tree, "a directory entry and its inode are of different types", error);
  if (ret_inode->kind == TREE_DIRECTORY)
    listing_parse (p + 16, full > EXTENDED, ret_listing);
  return TRUE;
}

static const char *
name_find_fault (const char *name, gsize length, const TreeEntry *before)
{
  int order;

  if (length > 255 || memchr (name, '/', length) != NULL || memchr (name, 0, length) != NULL)
    return "a file name is too long or has a slash or zero byte in it";
  if (name[0] == '.' && (length == 1 || (length == 2 && name[1] == '.')))
    return "a file is named \".\" or \"..\"";
  if (before == NULL)
    return NULL;
  order = memcmp (before->name, name, MIN (before->length, length));
  if (order > 0 || (order == 0 && before->length >= length))
    return "the names in a directory are not sorted, or one is there twice";
  return NULL;
}

static gboolean walk_inode (Walk *walk, guint64 reference, guint32 number, guint16 type, guint32 parent, unsigned depth,
                            guint32 *ret_index, GError **error);

/* An entry as it stands in the listing, before its inode has been looked at. */
typedef struct
{
  TreeEntry entry;
  guint64 reference;
  guint32 number;
  guint16 type;
} RawEntry;

/* Split the listing of one directory. */
static gboolean
listing_read (const ImageTree *tree, const Listing *listing, GArray *raws, GError **error)
{
  const GByteArray *bytes = tree->directory_table.bytes;
  gsize at = 0, end;

  if (listing->size <= 3)
    return TRUE;
  if (!meta_table_locate (&tree->directory_table, listing->block, listing->offset, &at)
      || listing->size - 3 > bytes->len - at)
    return tree_throw (tree, "a directory lies outside of the directory table", error);
  end = at + listing->size - 3;
  while (at < end)
    {
      const guint8 *header = bytes->data + at;
      guint32 count;

      if (end - at < 12 || (count = meta_u32 (header)) > 255)
        return tree_throw (tree, "a directory has a bad header", error);
      at += 12;
      for (guint32 i = 0; i <= count; i++)
        {
          const guint8 *p = bytes->data + at;
          const RawEntry *last = raws->len ? &g_array_index (raws, RawEntry, raws->len - 1) : NULL;
          RawEntry raw;
          const char *fault;

          if (end - at < 8 || end - at - 8 < (gsize) meta_u16 (p + 6) + 1)
            return tree_throw (tree, "a directory entry runs out of its directory", error);
          raw.entry = (TreeEntry) { .name = (const char *) p + 8, .length = (guint16) MIN (meta_u16 (p + 6) + 1u, 0xffff) };
          raw.reference = (guint64) meta_u32 (header + 4) << 16 | meta_u16 (p);
          raw.number = meta_u32 (header + 8) + (guint32) (gint32) (gint16) meta_u16 (p + 2);
          raw.type = meta_u16 (p + 4);
          if ((fault = name_find_fault (raw.entry.name, raw.entry.length, last ? &last->entry : NULL)) != NULL)
            return tree_throw (tree, fault, error);
          if (raw.number == 0 || raw.type == 0)
            return tree_throw (tree, "a directory entry points nowhere", error);
          g_array_append_val (raws, raw);
          at += 8 + raw.entry.length;
        }
    }
  return TRUE;
}

/* Entries of a directory must be neighbours in `entries`, so room is taken for all before any child is walked. */
static gboolean
walk_directory (Walk *walk, guint32 index, const Listing *listing, unsigned depth, GError **error)
{
  ImageTree *tree = walk->tree;
  g_autoptr (GArray) raws = g_array_new (FALSE, FALSE, sizeof (RawEntry));
  guint32 number = image_tree_inode (tree, index)->number;
  guint32 first = tree->entries->len;

  if (depth > TREE_MAX_DEPTH)
    return tree_throw (tree, "its directories are nested deeper than 512", error);
  if (!listing_read (tree, listing, raws, error))
    return FALSE;
  g_array_index (tree->inodes, TreeInode, index).first_entry = first;
  g_array_index (tree->inodes, TreeInode, index).n_entries = raws->len;
  g_array_index (tree->inodes, TreeInode, index).n_links = 2;
  g_array_set_size (tree->entries, first + raws->len);
  for (guint i = 0; i < raws->len; i++)
    {
      RawEntry *raw = &g_array_index (raws, RawEntry, i);

      if (!walk_inode (walk, raw->reference, raw->number, raw->type, number, depth + 1, &raw->entry.inode, error))
        return FALSE;
      g_array_index (tree->entries, TreeEntry, first + i) = raw->entry;
      if (raw->type == TREE_DIRECTORY)
        g_array_index (tree->inodes, TreeInode, index).n_links++;
    }
  return TRUE;
}

static gboolean
walk_inode (Walk *walk, guint64 reference, guint32 number, guint16 type, guint32 parent, unsigned depth, guint32 *ret_index,
            GError **error)
{
  ImageTree *tree = walk->tree;
  Listing listing = { 0 };
  TreeInode inode;
  Seen *seen;

  if (number > walk->n_seen)
    return tree_throw (tree, "an inode has the wrong number", error);
  if (number != 0 && walk->seen[number].index != 0)
    {
      seen = &walk->seen[number];
      if (seen->reference != reference || image_tree_inode (tree, seen->index - 1)->kind == TREE_DIRECTORY)
        return tree_throw (tree, "a directory is reached in two ways, or two inodes have one number", error);
      if ((guint16) image_tree_inode (tree, seen->index - 1)->kind != type)
        return tree_throw (tree, "a directory entry and its inode are of different types", error);
      *ret_index = seen->index - 1;
      g_array_index (tree->inodes, TreeInode, *ret_index).n_links++;
      return TRUE;
    }
  if (!inode_parse (tree, reference, number, type, &inode, &listing, error))
    return FALSE;
  if (parent != 0 && inode.kind == TREE_DIRECTORY && listing.parent != parent)
    return tree_throw (tree, "a directory names another parent", error);
  g_array_append_val (tree->inodes, inode);
  *ret_index = tree->inodes->len - 1;
  walk->seen[inode.number] = (Seen) { reference, tree->inodes->len };
  if (inode.kind != TREE_DIRECTORY)
    return TRUE;
  return walk_directory (walk, *ret_index, &listing, depth, error);
}

static gboolean
tree_walk (ImageTree *tree, GError **error)
{
  const SquashSuper *super = &tree->reader->layout.super;
  g_autofree Seen *seen = NULL;
  Walk walk = { .tree = tree, .n_seen = super->inode_count };
  guint32 root;

  /* The smallest inode has 20 bytes. */
  if (super->inode_count > tree->inode_table.bytes->len / 20 + 1)
    return tree_throw (tree, "it claims more inodes than its table holds", error);
  walk.seen = seen = g_new0 (Seen, (gsize) super->inode_count + 1);
  if (!walk_inode (&walk, super->root_inode, 0, 0, 0, 0, &root, error))
    return FALSE;
  if (image_tree_inode (tree, root)->kind != TREE_DIRECTORY)
    return tree_throw (tree, "its root is no directory", error);
  return TRUE;
}

ImageTree *
image_tree_load (int fd, const char *name, GError **error)
{
  g_autoptr (ImageTree) tree = g_new0 (ImageTree, 1);
  sqfs_compressor_config_t config;
  int r;

  tree->fragment_cached = SQUASHFS_NO_FRAGMENT;
  tree->inodes = g_array_new (FALSE, TRUE, sizeof (TreeInode));
  tree->entries = g_array_new (FALSE, TRUE, sizeof (TreeEntry));
  if ((tree->reader = image_reader_new (fd, name, error)) == NULL)
    return NULL;
  r = sqfs_compressor_config_init (&config, tree->reader->layout.super.compression, tree->reader->layout.super.block_size,
                                   SQFS_COMP_FLAG_UNCOMPRESS);
  if (r == 0)
    r = sqfs_compressor_create (&config, &tree->unpack);
  if (r != 0)
    {
      tree->unpack = NULL;
      error_throw (error, "Cannot read the image %s: %s", name, sqfile_error_text (r));
      return NULL;
    }
  if (!tables_load (tree, error) || !tree_walk (tree, error))
    return NULL;
  return g_steal_pointer (&tree);
}

ImageTree *
image_tree_share (const ImageTree *tree)
{
  ImageTree *other = g_new0 (ImageTree, 1);

  other->reader = image_reader_share (tree->reader);
  other->fragment_cached = SQUASHFS_NO_FRAGMENT;
  other->inode_table = (MetaTable) { g_byte_array_ref (tree->inode_table.bytes), g_array_ref (tree->inode_table.starts) };
  other->directory_table = (MetaTable) { g_byte_array_ref (tree->directory_table.bytes),
                                         g_array_ref (tree->directory_table.starts) };
  other->fragments = tree->fragments != NULL ? g_byte_array_ref (tree->fragments) : NULL;
  other->inodes = g_array_ref (tree->inodes);
  other->entries = g_array_ref (tree->entries);
  other->unpack = sqfs_copy (tree->unpack);
  if (other->unpack == NULL)
    g_clear_pointer (&other, image_tree_free);
  return other;
}

const TreeEntry *
image_tree_find (const ImageTree *tree, const TreeInode *directory, const char *name, gsize length)
{
  guint32 low = 0, high = directory->n_entries;

  while (low < high)
    {
      guint32 middle = low + (high - low) / 2;
      const TreeEntry *entry = image_tree_entry (tree, directory->first_entry + middle);
      int order = memcmp (name, entry->name, MIN (length, entry->length));

      if (order == 0 && length == entry->length)
        return entry;
      if (order > 0 || (order == 0 && length > entry->length))
        low = middle + 1;
      else
        high = middle;
    }
  return NULL;
}
