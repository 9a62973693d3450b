/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "builder/manifest/value.h"

#include "builder/manifest/build-arg.h"

#include "base/error.h"
#include "base/verb.h"
#include "builder/manifest/problem.h"
#include "bundle/permissions.h"
#include "bundle/ref.h"

#include <string.h>

#define LETTERS "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ"
#define DIGITS "0123456789"

gboolean
value_refuse (GError **error, const char *value, const char *format, ...)
{
  g_autofree char *quoted = manifest_quote (value);
  g_autofree char *text = NULL;
  va_list args;

  va_start (args, format);
  text = g_strdup_vprintf (format, args);
  va_end (args);
  return error_throw (error, "%s %s", quoted, text);
}

static gboolean
has_control (const char *value)
{
  for (const char *p = value; *p != '\0'; p++)
    if ((guchar) *p < 0x20 || *p == 0x7f)
      return TRUE;
  return FALSE;
}

/* What every name and path has to be. */
static gboolean
check_plain (const char *value, GError **error)
{
  if (*value == '\0')
    return value_refuse (error, value, "is empty");
  if (has_control (value))
    return value_refuse (error, value, "contains a control character");
  return TRUE;
}

static gboolean
has_dotdot (const char *path)
{
  g_auto (GStrv) parts = g_strsplit (path, "/", -1);

  return g_strv_contains ((const char *const *) parts, "..");
}

gboolean
value_check_id (const char *value, GError **error)
{
  return ref_id_check (value, error);
}

gboolean
value_check_base (const char *value, GError **error)
{
  g_autoptr (Ref) ref = NULL;

  if (strchr (value, ' ') != NULL)
    return value_refuse (error, value,
                         "contains a blank; it is an ID, or ID/ARCH/BRANCH, and the branch mostly stands in \"runtime-version\"");
  if (strchr (value, '/') == NULL)
    return ref_id_check (value, error);
  ref = ref_parse_partial (REF_RUNTIME, value, ref_native_arch (), "master", error);
  return ref != NULL;
}

gboolean
value_check_branch (const char *value, GError **error)
{
  return ref_branch_check (value, error);
}

gboolean
value_check_arch (const char *value, GError **error)
{
  return ref_arch_check (value, error);
}

/* It becomes an argument of the program that starts the sandbox, and a key of the metadata file (CVE-2024-32462). */
gboolean
value_check_command (const char *value, GError **error)
{
  if (!check_plain (value, error))
    return FALSE;
  if (*value == '-')
    return value_refuse (error, value, "begins with '-' and would be taken for an option");
  if (strpbrk (value, " \t") != NULL)
    return value_refuse (error, value, "contains a blank; it is the name of one program, arguments need a wrapper script");
  if (has_dotdot (value) || g_str_equal (value, "."))
    return value_refuse (error, value, "contains \"..\"");
  if (*value != '/' && strchr (value, '/') != NULL)
    return value_refuse (error, value, "is a relative path; give the name of a program, or a path that begins with /app/");
  if (strchr (value, '=') != NULL)
    return value_refuse (error, value, "contains '='");
  return TRUE;
}

gboolean
value_check_line (const char *value, GError **error)
{
  return check_plain (value, error);
}

gboolean
value_check_module_name (const char *value, GError **error)
{
  if (!check_plain (value, error))
    return FALSE;
  if (strpbrk (value, "/ \t\\") != NULL)
    return value_refuse (error, value, "contains a slash or a blank; it is used as the name of a folder");
  if (strstr (value, "..") != NULL || *value == '.' || *value == '-')
    return value_refuse (error, value, "begins with '.' or '-', or contains \"..\"; it is used as the name of a folder");
  return strlen (value) <= 128 || value_refuse (error, value, "is longer than 128 bytes");
}

gboolean
value_check_inner_path (const char *value, GError **error)
{
  if (!check_plain (value, error))
    return FALSE;
  if (*value == '/')
    return value_refuse (error, value, "is an absolute path; here it has to be a relative one");
  return !has_dotdot (value) || value_refuse (error, value, "contains \"..\" and could lead out of its folder");
}

gboolean
value_check_file_name (const char *value, GError **error)
{
  if (!check_plain (value, error))
    return FALSE;
  if (strchr (value, '/') != NULL)
    return value_refuse (error, value, "contains a slash; it is one file name, without folders");
  if (g_str_equal (value, ".") || g_str_equal (value, ".."))
    return value_refuse (error, value, "is no file name");
  return strlen (value) <= 255 || value_refuse (error, value, "is longer than 255 bytes");
}

gboolean
value_check_path (const char *value, GError **error)
{
  return check_plain (value, error);
}

gboolean
value_check_include (const char *value, GError **error)
{
  if (!check_plain (value, error))
    return FALSE;
  if (strstr (value, "://") != NULL)
    return value_refuse (error, value, "is a URL; parts of a manifest are files beside it");
  if (strchr (value, ':') != NULL && strchr (value, '/') == NULL)
    return value_refuse (error, value, "is no name of a file; is a blank missing behind the colon?");
  return *value != '/' || value_refuse (error, value, "is an absolute path; parts of a manifest are files beside it");
}

gboolean
value_check_prefix (const char *value, GError **error)
{
  if (!check_plain (value, error))
    return FALSE;
  if (*value != '/' || has_dotdot (value))
    return value_refuse (error, value, "must be an absolute path without \"..\"");
  return TRUE;
}

static gboolean
check_host (const char *value, const char *host, gsize length, GError **error)
{
  g_autofree char *name = g_strndup (host, length);

  if (length > 2 && name[0] == '[' && name[length - 1] == ']')
    {
      name[length - 1] = '\0';
      return g_hostname_is_ip_address (name + 1) || value_refuse (error, value, "has an impossible address");
    }
  if (name[strspn (name, LETTERS DIGITS "-._")] != '\0')
    return value_refuse (error, value, "has an impossible host name");
  return length > 0 || value_refuse (error, value, "has no host name");
}

/* Host and port of a web address; who has to log in must not write the password into a manifest. */
static gboolean
check_authority (const char *value, const char *authority, GError **error)
{
  g_autofree char *host = g_strndup (authority, strcspn (authority, "/?#"));
  const char *port = strrchr (host, ':');
  guint64 number;

  if (strchr (host, '@') != NULL)
    return value_refuse (error, value, "contains a user name or password; leave away what stands before the '@'");
  if (port == NULL || strchr (port, ']') != NULL)
    return check_host (value, host, strlen (host), error);
  if (!g_ascii_string_to_unsigned (port + 1, 10, 1, 65535, &number, NULL))
    return value_refuse (error, value, "has an impossible port");
  return check_host (value, host, (gsize) (port - host), error);
}

static gboolean
check_url_text (const char *value, GError **error)
{
  if (!check_plain (value, error))
    return FALSE;
  if (strpbrk (value, " \"<>\\^`{|}") != NULL)
    return value_refuse (error, value, "contains a character that no URL may; write it as %%XX");
  return strlen (value) <= 4096 || value_refuse (error, value, "is longer than 4096 bytes");
}

gboolean
value_check_web_url (const char *value, GError **error)
{
  if (!check_url_text (value, error))
    return FALSE;
  if (g_ascii_strncasecmp (value, "https://", 8) == 0)
    return check_authority (value, value + 8, error);
  if (g_ascii_strncasecmp (value, "http://", 7) == 0)
    return check_authority (value, value + 7, error);
  return value_refuse (error, value, "is not a http or https URL");
}

gboolean
value_check_url (const char *value, GError **error)
{
  const char *path = value + strlen ("debian:");

  if (g_str_has_prefix (value, "data:"))
    return strchr (value, ',') != NULL || value_refuse (error, value, "is no data: URL; those have a comma before the data");
  if (!g_str_has_prefix (value, "debian:"))
    {
      if (g_str_has_prefix (value, "git@") || g_str_has_prefix (value, "git:"))
        return value_refuse (error, value, "is a repository, which a source of type git takes, as https://HOST/PATH");
      if (*value == '/' || *value == '.' || (g_str_has_prefix (value, "file:") && check_url_text (value, NULL)))
        return value_refuse (error, value, "is a file of this machine, which \"path\" names");
      if (g_str_has_prefix (value, "ftp://") && check_url_text (value, NULL))
        return value_refuse (error, value,
                             "is an address for FTP, by which nothing is fetched here; most servers have the same at https://%s",
                             value + strlen ("ftp://"));
      if (strchr (value, ':') != NULL && g_ascii_strncasecmp (value, "http", 4) == 0)
        return value_check_web_url (value, error);
      if (strchr (value, ':') == NULL && strchr (value, '.') != NULL && strchr (value, '/') > strchr (value, '.')
          && check_url_text (value, NULL))
        return value_refuse (error, value, "has no scheme in front; did you mean https://%s?", value);
      return check_url_text (value, error)
             && value_refuse (error, value, "has no scheme that can be fetched: http, https, or debian:pool/... for the "
                                    "package mirror");
    }
  if (!check_url_text (value, error))
    return FALSE;
  if (!g_str_has_prefix (path, "pool/") || has_dotdot (path) || strchr (path, '%') != NULL)
    return value_refuse (error, value, "is no path of a package mirror; those begin with debian:pool/");
  return TRUE;
}

gboolean
value_check_download (const char *value, GError **error)
{
  return g_str_has_prefix (value, "file:///") ? check_url_text (value, error) : value_check_url (value, error);
}

/* Each tool has schemes of its own; what begins with '-' would be taken for an option. */
gboolean
value_check_repository (const char *value, GError **error)
{
  const char *colon = strstr (value, "://");
  g_autofree char *scheme = colon != NULL ? g_strndup (value, (gsize) (colon - value)) : NULL;
  static const char *const schemes[] = { "http", "https", "git", "ssh", "git+ssh", "svn", "svn+ssh", "bzr", "bzr+ssh",
                                         "file", NULL };

  if (!check_url_text (value, error))
    return FALSE;
  if (*value == '-')
    return value_refuse (error, value, "begins with '-' and would be taken for an option");
  if (scheme == NULL && g_str_has_prefix (value, "lp:"))
    return TRUE;
  if (scheme == NULL && strchr (value, '@') != NULL && strchr (value, ':') != NULL)
    return value_refuse (error, value, "is an address for SSH, which wants a key of yours; what is public is at https://HOST/PATH too");
  if (scheme == NULL && strchr (value, '.') != NULL && *value != '.' && strchr (value, '/') > strchr (value, '.'))
    return value_refuse (error, value, "has no scheme in front; did you mean https://%s?", value);
  if (scheme == NULL)
    return value_refuse (error, value, "has no scheme, such as https://; a repository beside the manifest is named by \"path\"");
  if (!g_strv_contains (schemes, scheme))
    return value_refuse (error, value, "has a scheme that no repository has");
  return !g_str_has_prefix (scheme, "http") || value_check_web_url (value, error);
}

/* What git itself takes for a ref, as far as it could mislead a program that is given it. */
gboolean
value_check_git_name (const char *value, GError **error)
{
  if (!check_plain (value, error))
    return FALSE;
  if (*value == '-' || *value == '/')
    return value_refuse (error, value, "begins with '%c'", *value);
  if (strpbrk (value, " ~^:?*[\\") != NULL || strstr (value, "..") != NULL || strstr (value, "@{") != NULL)
    return value_refuse (error, value, "is no name of a branch or tag");
  return TRUE;
}

gboolean
value_check_commit (const char *value, GError **error)
{
  gsize length = strlen (value);

  if (value[strspn (value, DIGITS "abcdef")] == '\0' && (length == 40 || length == 64))
    return TRUE;
  return value_refuse (error, value, "must be the whole commit, 40 hexadecimal digits in lower-case letters");
}

gboolean
value_check_revision (const char *value, GError **error)
{
  if (g_ascii_isalnum (*value) && value[strspn (value, LETTERS DIGITS "-._:@")] == '\0')
    return TRUE;
  return value_refuse (error, value, "is no revision");
}

gboolean
value_check_size (const char *value, GError **error)
{
  guint64 number;

  return g_ascii_string_to_unsigned (value, 10, 1, G_MAXINT64, &number, NULL)
         || value_refuse (error, value, "must be a number of bytes, at least 1");
}

static gboolean
check_hash (const char *value, gsize digits, GError **error)
{
  gsize length = strlen (value);
  const char *colon = strchr (value, ':');

  if (colon != NULL)
    return value_refuse (error, value, "has the name of the digest in front; the key says it already, so only %s stays", colon + 1);
  if (length == 0)
    return value_refuse (error, value, "must be %" G_GSIZE_FORMAT " hexadecimal digits; sha256sum(1) and its like print them", digits);
  if (strspn (value, DIGITS "abcdefABCDEF") != length)
    return value_refuse (error, value, "must be %" G_GSIZE_FORMAT " hexadecimal digits, and has other characters", digits);
  if (length != digits)
    return value_refuse (error, value, "must be %" G_GSIZE_FORMAT " hexadecimal digits, and has %" G_GSIZE_FORMAT, digits, length);
  return strpbrk (value, "ABCDEF") == NULL || value_refuse (error, value, "must be in lower-case letters");
}

gboolean
value_check_md5 (const char *value, GError **error)
{
  return check_hash (value, 32, error);
}

gboolean
value_check_sha1 (const char *value, GError **error)
{
  return check_hash (value, 40, error);
}

gboolean
value_check_sha256 (const char *value, GError **error)
{
  return check_hash (value, 64, error);
}

gboolean
value_check_sha512 (const char *value, GError **error)
{
  return check_hash (value, 128, error);
}

gboolean
value_check_variable (const char *value, GError **error)
{
  if (*value != '\0' && !g_ascii_isdigit (*value) && value[strspn (value, LETTERS DIGITS "_-.")] == '\0')
    return TRUE;
  return value_refuse (error, value, "is no name of an environment variable; those are letters, digits, '_', '-' and '.'");
}

/* One of a few words. */
static gboolean
check_word (const char *value, const char *const *words, const char *more, GError **error)
{
  const char *near = verb_suggest (value, words);
  g_autofree char *all = NULL;

  if (g_strv_contains (words, value))
    return TRUE;
  if (near != NULL)
    return value_refuse (error, value, "is unknown; did you mean \"%s\"?", near);
  all = g_strjoinv (", ", (char **) words);
  return value_refuse (error, value, "is unknown; it can be one of %s%s", all, more);
}

gboolean
value_check_archive_type (const char *value, GError **error)
{
  static const char *const types[] = { "rpm", "tar", "tar-gzip", "tar-compress", "tar-bzip2", "tar-lzip", "tar-lzma",
                                       "tar-lzop", "tar-xz", "tar-zst", "zip", "7z", NULL };

  return check_word (value, types, "", error);
}

gboolean
value_check_buildsystem (const char *value, GError **error)
{
  static const char *const names[] = { "autotools", "cmake", "cmake-ninja", "meson", "qmake", "simple", NULL };

  return check_word (value, names, "; with simple, \"build-commands\" can be those of any other", error);
}

gboolean
value_check_strip (const char *value, GError **error)
{
  guint64 number;

  return g_ascii_string_to_unsigned (value, 10, 0, 1000, &number, NULL)
         || value_refuse (error, value, "must be a number from 0 to 1000");
}

gboolean
value_check_package (const char *value, GError **error)
{
  if (g_ascii_isalnum (*value) && value[strspn (value, LETTERS DIGITS "+-._:")] == '\0')
    return TRUE;
  return value_refuse (error, value, "is no name of a package");
}

gboolean
value_check_suite (const char *value, GError **error)
{
  if (g_ascii_isalnum (*value) && value[strspn (value, LETTERS DIGITS "+-._/")] == '\0' && !has_dotdot (value))
    return TRUE;
  return value_refuse (error, value, "is no name of a suite or component");
}

gboolean
value_check_suites (const char *value, GError **error)
{
  g_auto (GStrv) suites = g_strsplit (value, " ", -1);

  for (gsize i = 0; suites[i] != NULL; i++)
    if (!value_check_suite (suites[i], NULL))
      return value_refuse (error, value, "is no name of a suite, nor several with one blank between them");
  return suites[0] != NULL || value_refuse (error, value, "names no suite");
}

/* The one option of the build sandbox that exists; the others would open it further. */
gboolean
value_check_build_arg (const char *value, GError **error)
{
  g_autoptr (BuildAccess) access = build_access_new ();

  return build_access_add (access, value, error);
}

gboolean
value_check_rule (const char *value, GError **error)
{
  return check_plain (value, error)
         && (*value != '-' || value_refuse (error, value, "begins with '-' and would be taken for an option"));
}

gboolean
value_check_test_rule (const char *value, GError **error)
{
  return *value == '\0' || value_check_rule (value, error);
}
