/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * Numbers have their lowest byte first; one of 32 bits that are all set stands for one of 64 bits in an extra field.
 */
#include "builder/sources/zip-check.h"

#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/error.h"

#define TAIL_MAX (16 * 1024)    /* as libarchive looks for the end */
#define END_SIZE 22
#define END64_SIZE 56
#define LOCATOR_SIZE 20
#define CENTRAL_SIZE 46
#define LOCAL_SIZE 30
#define DIRECTORY_MAX (G_GUINT64_CONSTANT (1) << 30)
#define SIZES_FOLLOW 0x0008     /* flag: the local header was written before they were known */
#define MASKED 0x2000           /* flag: an encrypted directory; whoever unpacks it refuses that */

typedef struct
{
  guint64 offset, size;         /* of the directory, as the file says */
  guint64 shift;                /* by which everything is later than it says: a program may stand before the zip */
} Directory;

/* What one of the two headers says. */
typedef struct
{
  const guint8 *name;
  guint name_length;
  guint flags, method;
  guint64 crc, packed, unpacked;
  guint64 offset;               /* of the local header */
} Header;

static guint64
number (const guint8 *at, guint bytes)
{
  guint64 value = 0;

  for (guint i = bytes; i > 0; i--)
    value = value << 8 | at[i - 1];
  return value;
}

static gboolean
read_at (int fd, guint8 *buffer, gsize length, guint64 offset)
{
  return offset <= G_MAXINT64 && pread (fd, buffer, length, (off_t) offset) == (gssize) length;
}

/* Of large files, where the record of the end has no room for it. */
static gboolean
read_end64 (int fd, const guint8 *locator, guint64 end, Directory *ret)
{
  guint8 record[END64_SIZE];
  guint64 at = number (locator + 8, 8);

  if (memcmp (locator, "PK\6\7", 4) != 0 || !read_at (fd, record, sizeof record, at) || memcmp (record, "PK\6\6", 4) != 0)
    return FALSE;
  *ret = (Directory){ .size = number (record + 40, 8), .offset = number (record + 48, 8) };
  return ret->offset <= end && ret->size <= end - ret->offset;
}

/* FALSE when there is none. */
static gboolean
find_directory (int fd, Directory *ret)
{
  g_autofree guint8 *tail = NULL;
  struct stat st;

  if (fstat (fd, &st) < 0 || st.st_size < END_SIZE)
    return FALSE;
  gsize length = (gsize) MIN (st.st_size, TAIL_MAX);
  guint64 start = (guint64) st.st_size - length;
  tail = g_malloc (length);
  if (!read_at (fd, tail, length, start))
    return FALSE;
  for (gsize i = length - END_SIZE + 1; i-- > 0;)
    {
      const guint8 *record = tail + i;
      guint64 size = number (record + 12, 4), offset = number (record + 16, 4);

      if (memcmp (record, "PK\5\6", 4) != 0)
        continue;
      if (i >= LOCATOR_SIZE && read_end64 (fd, record - LOCATOR_SIZE, start + i, ret))
        return TRUE;
      if (size > start + i || offset > start + i - size)
        return FALSE;
      *ret = (Directory){ offset, size, start + i - size - offset };
      return TRUE;
    }
  return FALSE;
}

/* Numbers that stand in the extra field, in this order, each only if the header has no room for it. */
static void
read_wide (const guint8 *extra, guint length, guint64 *const *numbers, guint n)
{
  while (length >= 4)
    {
      guint id = (guint) number (extra, 2), size = (guint) number (extra + 2, 2);

      extra += 4;
      length -= 4;
      if (size > length)
        return;
      for (guint i = 0, at = 0; id == 1 && i < n && at + 8 <= size; i++)
        if (*numbers[i] == G_MAXUINT32)
          {
            *numbers[i] = number (extra + at, 8);
            at += 8;
          }
      extra += size;
      length -= size;
    }
}

static Header
read_header (const guint8 *at, gboolean central)
{
  const guint8 *common = at + (central ? 8 : 6);
  Header header = {
    .name = at + (central ? CENTRAL_SIZE : LOCAL_SIZE),
    .name_length = (guint) number (common + 20, 2),
    .flags = (guint) number (common, 2),
    .method = (guint) number (common + 2, 2),
    .crc = number (common + 8, 4),
    .packed = number (common + 12, 4),
    .unpacked = number (common + 16, 4),
    .offset = central ? number (at + 42, 4) : 0,
  };
  guint64 *const numbers[] = { &header.unpacked, &header.packed, &header.offset };

  read_wide (header.name + header.name_length, (guint) number (common + 22, 2), numbers, G_N_ELEMENTS (numbers));
  return header;
}

/* What the local header may leave open: numbers that were not known when it was written. */
static gboolean
agree (const Header *central, const Header *local, guint64 in_central, guint64 in_local)
{
  return in_central == in_local || (in_local == 0 && ((central->flags | local->flags) & SIZES_FOLLOW) != 0);
}

static gboolean
compare (const char *file, const Header *central, const Header *local, GError **error)
{
  g_autofree char *plain = g_strndup ((const char *) central->name, central->name_length);
  g_autofree char *name = g_utf8_make_valid (plain, -1);
  const char *what = central->name_length != local->name_length || memcmp (central->name, local->name, central->name_length) != 0
                     ? "another name"
                     : central->method != local->method                                      ? "another method of compression"
                     : !agree (central, local, central->unpacked, local->unpacked)           ? "another size"
                     : !agree (central, local, central->packed, local->packed)               ? "another compressed size"
                     : !agree (central, local, central->crc, local->crc)                     ? "another checksum"
                                                                                             : NULL;

  return what == NULL || ((central->flags | local->flags) & MASKED) != 0
         || error_throw_code (error, ERROR_REFUSED, "%s is damaged or made to mislead: its directory has %s for \"%s\" than the header "
                              "before that file", file, what, name);
}

static gboolean
check_entry (int fd, const char *file, const Directory *directory, const Header *central, GError **error)
{
  guint8 head[LOCAL_SIZE];
  guint64 offset = central->offset + directory->shift;
  g_autofree guint8 *whole = NULL;

  if (!read_at (fd, head, sizeof head, offset) || memcmp (head, "PK\3\4", 4) != 0)
    return error_throw_code (error, ERROR_REFUSED, "%s is damaged: its directory names a file where none begins", file);
  gsize length = LOCAL_SIZE + (gsize) number (head + 26, 2) + (gsize) number (head + 28, 2);
  whole = g_malloc (length);
  if (!read_at (fd, whole, length, offset))
    return error_throw_code (error, ERROR_REFUSED, "%s is damaged: it ends within the header of a file", file);
  Header local = read_header (whole, FALSE);
  return compare (file, central, &local, error);
}

gboolean
zip_check (int fd, const char *name, GError **error)
{
  Directory directory = { 0 };
  g_autofree guint8 *bytes = NULL;

  if (!find_directory (fd, &directory))
    return TRUE;
  if (directory.size > DIRECTORY_MAX)
    return error_throw_code (error, ERROR_REFUSED, "the directory of %s is larger than 1 GiB", name);
  bytes = g_malloc (directory.size + 1);
  if (!read_at (fd, bytes, directory.size, directory.offset + directory.shift))
    return error_throw_code (error, ERROR_REFUSED, "%s is damaged: its directory cannot be read", name);
  for (guint64 at = 0; directory.size - at >= CENTRAL_SIZE && memcmp (bytes + at, "PK\1\2", 4) == 0;)
    {
      guint64 length = CENTRAL_SIZE + number (bytes + at + 28, 2) + number (bytes + at + 30, 2) + number (bytes + at + 32, 2);

      if (length > directory.size - at)
        return error_throw_code (error, ERROR_REFUSED, "%s is damaged: its directory ends within an entry", name);
      Header central = read_header (bytes + at, TRUE);
      if (!check_entry (fd, name, &directory, &central, error))
        return FALSE;
      at += length;
    }
  return TRUE;
}
