/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "builder/sources/hashes.h"

#include <errno.h>
#include <string.h>
#include <unistd.h>

#include "base/error.h"

static const struct
{
  const char *name, *cache_prefix;
  GChecksumType type;
  gsize digits;
} hash_kinds[N_HASHES] = {
  [HASH_SHA256] = { "sha256", "", G_CHECKSUM_SHA256, 64 },
  [HASH_SHA512] = { "sha512", "sha512-", G_CHECKSUM_SHA512, 128 },
  [HASH_SHA1] = { "sha1", "sha1-", G_CHECKSUM_SHA1, 40 },
  [HASH_MD5] = { "md5", "md5-", G_CHECKSUM_MD5, 32 },
};

gboolean
hashes_from_source (const ManifestSource *source, FileHashes *ret_hashes, GError **error)
{
  FileHashes hashes = { { [HASH_SHA256] = source->sha256, [HASH_SHA512] = source->sha512,
                          [HASH_SHA1] = source->sha1, [HASH_MD5] = source->md5 } };

  for (guint i = 0; i < N_HASHES; i++)
    if (hashes.hex[i] != NULL
        && (strlen (hashes.hex[i]) != hash_kinds[i].digits
            || strspn (hashes.hex[i], "0123456789abcdefABCDEF") != hash_kinds[i].digits))
      return error_throw (error, "\"%s\" is not a %s: %" G_GSIZE_FORMAT " hexadecimal digits are needed",
                          hashes.hex[i], hash_kinds[i].name, hash_kinds[i].digits);
  *ret_hashes = hashes;
  return TRUE;
}

gboolean
hashes_any (const FileHashes *hashes)
{
  for (guint i = 0; i < N_HASHES; i++)
    if (hashes->hex[i] != NULL)
      return TRUE;
  return FALSE;
}

static gboolean
hashes_read (GChecksum **sums, int fd, const char *name, GError **error)
{
  g_autofree guchar *buffer = g_malloc (256 * 1024);
  goffset offset = 0;

  for (;;)
    {
      gssize n = pread (fd, buffer, 256 * 1024, offset);

      if (n < 0 && errno == EINTR)
        continue;
      if (n < 0)
        return error_throw_errno (error, errno, "Cannot read %s to check it", name);
      if (n == 0)
        return TRUE;
      for (guint i = 0; i < N_HASHES; i++)
        if (sums[i] != NULL)
          g_checksum_update (sums[i], buffer, n);
      offset += n;
    }
}

gboolean
hashes_verify_fd (const FileHashes *hashes, int fd, const char *name, char **ret_sha256, GError **error)
{
  GChecksum *sums[N_HASHES] = { NULL };
  gboolean ok;

  for (guint i = 0; i < N_HASHES; i++)
    if (hashes->hex[i] != NULL || (i == HASH_SHA256 && ret_sha256 != NULL))
      sums[i] = g_checksum_new (hash_kinds[i].type);
  ok = hashes_read (sums, fd, name, error);
  for (guint i = 0; ok && i < N_HASHES; i++)
    if (hashes->hex[i] != NULL && g_ascii_strcasecmp (hashes->hex[i], g_checksum_get_string (sums[i])) != 0)
      ok = error_throw_code (error, ERROR_REFUSED, "%s does not have the %s that was asked for: expected %s, got %s",
                             name, hash_kinds[i].name, hashes->hex[i], g_checksum_get_string (sums[i]));
  if (ok && ret_sha256 != NULL)
    *ret_sha256 = g_strdup (g_checksum_get_string (sums[HASH_SHA256]));
  for (guint i = 0; i < N_HASHES; i++)
    g_clear_pointer (&sums[i], g_checksum_free);
  return ok;
}

char *
hashes_cache_name (const FileHashes *hashes)
{
  for (guint i = 0; i < N_HASHES; i++)
    if (hashes->hex[i] != NULL)
      {
        g_autofree char *lower = g_ascii_strdown (hashes->hex[i], -1);

        return g_strconcat (hash_kinds[i].cache_prefix, lower, NULL);
      }
  return NULL;
}

void
checksum_add (GChecksum *checksum, const char *key, const char *value)
{
  g_autofree char *head = NULL;

  if (value == NULL)
    head = g_strdup_printf ("%s none\n", key);
  else
    head = g_strdup_printf ("%s %" G_GSIZE_FORMAT " ", key, strlen (value));
  g_checksum_update (checksum, (const guchar *) head, -1);
  if (value != NULL)
    {
      g_checksum_update (checksum, (const guchar *) value, -1);
      g_checksum_update (checksum, (const guchar *) "\n", 1);
    }
}

void
checksum_add_list (GChecksum *checksum, const char *key, char *const *values)
{
  for (gsize i = 0; values != NULL && values[i] != NULL; i++)
    checksum_add (checksum, key, values[i]);
  checksum_add (checksum, key, NULL);
}
