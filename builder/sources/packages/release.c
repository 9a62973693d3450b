/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * gpgv is given the file and writes what it saw signed to a file of its own; only that is parsed, so text outside of
 * the signature cannot get in, and more than one message is refused.  Its exit status is not asked: it is an error too when one of
 * several signatures is by a key that the keyring does not have, which is usual for releases signed by the old and
 * the new key.  The status lines say for each signature what it was.
 */
#include "builder/sources/packages/release.h"

#include <curl/curl.h>
#include <errno.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "base/error.h"
#include "base/file.h"
#include "base/spawn.h"
#include "builder/sources/packages/mirror.h"

#define RELEASE_MAX_KEYRING (16 * 1024 * 1024)
#define RELEASE_MAX_SIGNED (64 * 1024 * 1024)
#define RELEASE_MAX_STATUS (1024 * 1024)
#define ARMOUR_BEGIN "-----BEGIN PGP PUBLIC KEY BLOCK-----"
#define ARMOUR_END "-----END PGP PUBLIC KEY BLOCK-----"

/* Files for gpgv that have no name, so that nothing is left when we are killed. */
static int
release_memory_file (const char *name, const void *data, gsize length, GError **error)
{
  autofd fd = memfd_create (name, MFD_CLOEXEC);

  if (fd < 0)
    {
      error_throw_errno (error, errno, "Cannot make a file in memory");
      return -1;
    }
  if (!file_write_all (fd, name, data, length, error))
    return -1;
  if (lseek (fd, 0, SEEK_SET) < 0)
    {
      error_throw_errno (error, errno, "Cannot make a file in memory");
      return -1;
    }
  return file_steal_fd (&fd);
}

/* Lines of base64 between an empty line and the checksum; several blocks may follow each other. */
static guchar *
keyring_dearmour (const char *text, gsize *ret_length)
{
  g_autoptr (GByteArray) keys = g_byte_array_new ();
  const char *block = text;

  while ((block = strstr (block, ARMOUR_BEGIN)) != NULL)
    {
      const char *end = strstr (block, ARMOUR_END);
      g_autofree char *body = end != NULL ? g_strndup (block, end - block) : NULL;
      g_auto (GStrv) lines = NULL;
      g_autoptr (GString) base64 = g_string_new (NULL);
      g_autofree guchar *bytes = NULL;
      gboolean in_body = FALSE;
      gsize length = 0;

      if (body == NULL)
        break;
      lines = g_strsplit (body, "\n", -1);
      for (gsize i = 1; lines[0] != NULL && lines[i] != NULL; i++)
        {
          g_strstrip (lines[i]);
          if (lines[i][0] == '\0' || lines[i][0] == '=')
            in_body = lines[i][0] == '\0';
          else if (in_body)
            g_string_append (base64, lines[i]);
        }
      bytes = g_base64_decode (base64->str, &length);
      g_byte_array_append (keys, bytes, length);
      block = end;
    }
  return g_byte_array_steal (keys, ret_length);
}

/* gpgv reads binary keyrings only; in a repository of text an armoured one is easier to look at. */
static int
keyring_open (const char *keyring_path, GError **error)
{
  gsize length = 0;
  g_autofree char *keys = file_read (AT_FDCWD, keyring_path, RELEASE_MAX_KEYRING, &length, error);

  if (keys == NULL)
    {
      error_prefix (error, "Cannot use the keyring");
      return -1;
    }
  if (strstr (keys, ARMOUR_BEGIN) != NULL)
    {
      g_autofree guchar *binary = keyring_dearmour (keys, &length);

      return release_memory_file ("keyring", binary, length, error);
    }
  return release_memory_file ("keyring", keys, length, error);
}

/* RFC 4880 numbers: 8 to 11 are SHA-256, 384, 512, 224; RFC 9580: 12 and 14 are SHA3. */
static gboolean
hash_is_strong (const char *number)
{
  static const char *const strong[] = { "8", "9", "10", "12", "14", NULL };

  return number != NULL && g_strv_contains (strong, number);
}

/* GOODSIG says that the key is neither expired nor revoked, the VALIDSIG after it how the signature was made. */
static gboolean
release_signatures (const char *status, const char *name, GError **error)
{
  g_auto (GStrv) lines = g_strsplit (status, "\n", -1);
  g_autoptr (GString) seen = g_string_new (NULL);
  gboolean good = FALSE;
  guint accepted = 0, messages = 0;

  for (gsize i = 0; lines[i] != NULL; i++)
    {
      g_auto (GStrv) words = mirror_words (lines[i]);
      guint n = g_strv_length (words);

      if (n < 2 || strcmp (words[0], "[GNUPG:]") != 0)
        continue;
      if (strcmp (words[1], "BADSIG") == 0)
        return error_throw_code (error, ERROR_REFUSED, "The signature of %s is bad: it was changed after it was signed",
                                 name);
      if (strcmp (words[1], "ERROR") == 0 || (strcmp (words[1], "PLAINTEXT") == 0 && ++messages > 1))
        return error_throw_code (error, ERROR_REFUSED, "%s is not one signed message but several, or damaged", name);
      if (strcmp (words[1], "NEWSIG") == 0)
        good = FALSE;
      else if (strcmp (words[1], "GOODSIG") == 0)
        good = TRUE;
      else if (strcmp (words[1], "VALIDSIG") == 0 && good && n > 9 && hash_is_strong (words[9]))
        accepted++;
      else if (strcmp (words[1], "EXPKEYSIG") == 0 || strcmp (words[1], "REVKEYSIG") == 0
               || strcmp (words[1], "EXPSIG") == 0)
        g_string_append_printf (seen, "%s%s is by a key or with a signature that has %s", seen->len > 0 ? "; " : "",
                                n > 2 ? words[2] : "one", words[1][0] == 'E' ? "expired" : "been revoked");
      else if (strcmp (words[1], "NO_PUBKEY") == 0)
        g_string_append_printf (seen, "%sthe key %s is not in the keyring", seen->len > 0 ? "; " : "",
                                n > 2 ? words[2] : "");
    }
  if (accepted == 0)
    return error_throw_code (error, ERROR_REFUSED, "%s is not signed by a key of the keyring%s%s", name,
                             seen->len > 0 ? ": " : "", seen->str);
  return TRUE;
}

/* Status lines go to a file of their own: what gpgv says on stderr contains text of strangers. */
static gboolean
release_run_gpgv (int keyring_fd, int message_fd, int status_fd, int signed_fd, const char *name, GError **error)
{
  const int keep[] = { keyring_fd, message_fd, status_fd };
  g_autofree char *keyring = g_strdup_printf ("/proc/self/fd/%d", keyring_fd);
  g_autofree char *message = g_strdup_printf ("/proc/self/fd/%d", message_fd);
  g_autofree char *status = g_strdup_printf ("%d", status_fd);
  const char *argv[] = { "gpgv", "--homedir", "/nonexistent", "--status-fd", status, "--keyring", keyring,
                         "--output", "-", message, NULL };
  SpawnRequest request = SPAWN_REQUEST_INIT;
  g_autoptr (GError) local = NULL;
  int code = 0;

  request.argv = argv;
  request.stdout_fd = signed_fd;
  request.keep_fds = keep;
  request.n_keep_fds = G_N_ELEMENTS (keep);
  if (spawn_run (&request, &code, NULL, NULL, &local))
    return TRUE;
  if (g_error_matches (local, ERROR_DOMAIN, ERROR_NOT_FOUND))
    return error_throw_code (error, ERROR_UNAVAILABLE, "Cannot check who signed %s: the program gpgv is not installed; "
                             "install your distribution's package gpgv (or gnupg)", name);
  g_propagate_error (error, g_steal_pointer (&local));
  return FALSE;
}

static char *
release_read_back (int fd, const char *name, gsize max, GError **error)
{
  if (lseek (fd, 0, SEEK_SET) < 0)
    {
      error_throw_errno (error, errno, "Cannot read what gpgv says of %s", name);
      return NULL;
    }
  return file_read_fd (fd, name, max, NULL, error);
}

char *
release_verify (const char *text, gsize length, const char *keyring_path, const char *name, GError **error)
{
  autofd keyring_fd = keyring_open (keyring_path, error);
  autofd message_fd = keyring_fd >= 0 ? release_memory_file ("message", text, length, error) : -1;
  autofd status_fd = message_fd >= 0 ? release_memory_file ("status", "", 0, error) : -1;
  autofd signed_fd = status_fd >= 0 ? release_memory_file ("signed", "", 0, error) : -1;
  g_autofree char *status = NULL;

  if (signed_fd < 0 || !release_run_gpgv (keyring_fd, message_fd, status_fd, signed_fd, name, error))
    return NULL;
  status = release_read_back (status_fd, name, RELEASE_MAX_STATUS, error);
  if (status == NULL || !release_signatures (status, name, error))
    return NULL;
  return release_read_back (signed_fd, name, RELEASE_MAX_SIGNED, error);
}

static void
release_file_free (ReleaseFile *file)
{
  g_free (file->sha256);
  g_free (file);
}

void
release_free (Release *release)
{
  g_free (release->suite);
  g_free (release->codename);
  g_hash_table_unref (release->files);
  g_free (release);
}

static void
release_add_file (Release *release, const char *line)
{
  g_auto (GStrv) words = mirror_words (line);
  ReleaseFile *file = NULL;
  guint64 size = 0;

  if (g_strv_length (words) != 3 || strlen (words[0]) != 64 || strspn (words[0], "0123456789abcdef") != 64
      || !g_ascii_string_to_unsigned (words[1], 10, 0, G_MAXINT64, &size, NULL))
    return;
  file = g_new0 (ReleaseFile, 1);
  file->sha256 = g_strdup (words[0]);
  file->size = size;
  g_hash_table_replace (release->files, g_strdup (words[2]), file);
}

static gboolean
release_field (Release *release, const char *key, const char *value, const char *name, GError **error)
{
  if (g_ascii_strcasecmp (key, "Suite") == 0)
    {
      g_free (release->suite);
      release->suite = g_strdup (value);
    }
  else if (g_ascii_strcasecmp (key, "Codename") == 0)
    {
      g_free (release->codename);
      release->codename = g_strdup (value);
    }
  else if (g_ascii_strcasecmp (key, "Acquire-By-Hash") == 0)
    release->by_hash = g_ascii_strcasecmp (value, "yes") == 0;
  else if (g_ascii_strcasecmp (key, "Valid-Until") == 0)
    {
      release->valid_until = curl_getdate (value, NULL);
      if (release->valid_until <= 0)
        return error_throw_code (error, ERROR_REFUSED, "%s is valid until \"%s\", which is no date", name, value);
    }
  return TRUE;
}

static gboolean
release_parse (Release *release, const char *text, const char *name, GError **error)
{
  g_auto (GStrv) lines = g_strsplit (text, "\n", -1);
  gboolean in_sha256 = FALSE;

  for (gsize i = 0; lines[i] != NULL; i++)
    {
      char *colon = strchr (lines[i], ':');

      if (lines[i][0] == ' ' || lines[i][0] == '\t')
        {
          if (in_sha256)
            release_add_file (release, lines[i]);
          continue;
        }
      if (colon == NULL)
        continue;
      *colon = '\0';
      in_sha256 = g_ascii_strcasecmp (lines[i], "SHA256") == 0;
      if (!release_field (release, lines[i], g_strstrip (colon + 1), name, error))
        return FALSE;
    }
  return TRUE;
}

Release *
release_new (const char *text, const char *suite, gint64 now, const char *name, GError **error)
{
  g_autoptr (Release) release = g_new0 (Release, 1);

  release->files = g_hash_table_new_full (g_str_hash, g_str_equal, g_free, (GDestroyNotify) release_file_free);
  if (!release_parse (release, text, name, error))
    return NULL;
  if (g_strcmp0 (release->suite, suite) != 0 && g_strcmp0 (release->codename, suite) != 0)
    {
      error_throw_code (error, ERROR_REFUSED, "%s is for the suite %s (%s), not for %s", name,
                        release->suite != NULL ? release->suite : "without name",
                        release->codename != NULL ? release->codename : "no codename", suite);
      return NULL;
    }
  if (release->valid_until != 0 && release->valid_until < now)
    {
      g_autoptr (GDateTime) until = g_date_time_new_from_unix_utc (release->valid_until);
      g_autofree char *day = until != NULL ? g_date_time_format (until, "%Y-%m-%d %H:%M UTC") : NULL;

      error_throw_code (error, ERROR_REFUSED, "%s was valid until %s: the mirror is no longer kept up to date, or this "
                        "machine's clock is wrong", name, day);
      return NULL;
    }
  return g_steal_pointer (&release);
}
