/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "bundle/filesystem.h"

#include <string.h>

#include "base/error.h"
#include "base/verb.h"

/* Whole words.  The xdg ones may have a path behind them, see `may_have_path`. */
static const struct
{
  const char *name;
  gboolean may_have_path;
  gboolean needs_path;
} filesystem_words[] = {
  { "home", TRUE, FALSE },          { "host", FALSE, FALSE },        { "host-os", FALSE, FALSE },
  { "host-etc", FALSE, FALSE },     { "host-root", FALSE, FALSE },   { "xdg-desktop", TRUE, FALSE },
  { "xdg-documents", TRUE, FALSE }, { "xdg-download", TRUE, FALSE }, { "xdg-music", TRUE, FALSE },
  { "xdg-pictures", TRUE, FALSE },  { "xdg-public-share", TRUE, FALSE }, { "xdg-templates", TRUE, FALSE },
  { "xdg-videos", TRUE, FALSE },    { "xdg-config", TRUE, FALSE },   { "xdg-cache", TRUE, FALSE },
  { "xdg-data", TRUE, FALSE },      { "xdg-run", TRUE, TRUE },
};

/* Cf holds the bidirectional overrides and the zero-width characters: a path with them is shown as something else
 * than it is. */
static gboolean
is_deceiving (gunichar c)
{
  GUnicodeType type = g_unichar_type (c);
  return type == G_UNICODE_CONTROL || type == G_UNICODE_FORMAT || type == G_UNICODE_LINE_SEPARATOR
         || type == G_UNICODE_PARAGRAPH_SEPARATOR;
}

char *
filesystem_path_normalise (const char *path, GError **error)
{
  if (!g_utf8_validate (path, -1, NULL))
    return error_throw_code (error, ERROR_REFUSED, "the path is not valid UTF-8"), NULL;
  for (const char *p = path; *p != '\0'; p = g_utf8_next_char (p))
    if (is_deceiving (g_utf8_get_char (p)))
      return error_throw_code (error, ERROR_REFUSED, "the path \"%s\" has a control or invisible character", path), NULL;

  g_autoptr (GString) result = g_string_new (NULL);
  for (const char *p = path; *p != '\0';)
    {
      gsize length = strcspn (p, "/");
      if (length == 2 && memcmp (p, "..", 2) == 0)
        return error_throw_code (error, ERROR_REFUSED, "the path \"%s\" contains \"..\"", path), NULL;
      if (length > 0 && !(length == 1 && *p == '.'))
        {
          if (result->len > 0)
            g_string_append_c (result, '/');
          g_string_append_len (result, p, (gssize) length);
        }
      p += length + (p[length] == '/');
    }
  return g_string_free (g_steal_pointer (&result), FALSE);
}

gboolean
filesystem_path_is_reserved (const char *path)
{
  static const char *const reserved[] = { "/.flatpak-info", "/app", "/bin",   "/dev",       "/etc",      "/lib", "/lib32",
                                          "/lib64",         "/proc", "/sbin", "/run/flatpak", "/run/host", "/usr" };

  for (guint i = 0; i < G_N_ELEMENTS (reserved); i++)
    {
      gsize reserved_length = strlen (reserved[i]);
      gsize path_length = strlen (path);
      gboolean below = strncmp (path, reserved[i], reserved_length) == 0
                       && (path[reserved_length] == '\0' || path[reserved_length] == '/');
      gboolean above = strncmp (path, reserved[i], path_length) == 0 && reserved[i][path_length] == '/';
      if (below || above || strcmp (path, "/") == 0)
        return TRUE;
    }
  return FALSE;
}

/* Split "PATH:SUFFIX" at the first ':' that is not escaped and undo the escapes of the path. */
static char *
split_suffix (const char *text, const char **ret_suffix)
{
  GString *path = g_string_new (NULL);

  *ret_suffix = NULL;
  for (const char *p = text; *p != '\0'; p++)
    {
      if (*p == '\\' && (p[1] == ':' || p[1] == '\\'))
        p++;
      else if (*p == ':')
        {
          *ret_suffix = p + 1;
          break;
        }
      g_string_append_c (path, *p);
    }
  return g_string_free (path, FALSE);
}

static gboolean
parse_mode (const char *suffix, const char *text, FilesystemMode *ret_mode, GError **error)
{
  if (suffix == NULL || strcmp (suffix, "rw") == 0)
    *ret_mode = FILESYSTEM_READ_WRITE;
  else if (strcmp (suffix, "ro") == 0)
    *ret_mode = FILESYSTEM_READ_ONLY;
  else if (strcmp (suffix, "create") == 0)
    *ret_mode = FILESYSTEM_CREATE;
  else
    return error_throw_code (error, ERROR_USAGE,
                             "\"%s\" ends in \":%s\"; the endings are :ro, :rw and :create (write \\: for a colon in a name)",
                             text, suffix);
  return TRUE;
}

/* "home", "xdg-documents/x" ... */
static char *
parse_word (const char *path, GError **error)
{
  gsize length = strcspn (path, "/");
  const char *names[G_N_ELEMENTS (filesystem_words) + 1] = { NULL };

  for (guint i = 0; i < G_N_ELEMENTS (filesystem_words); i++)
    {
      names[i] = filesystem_words[i].name;
      if (strlen (filesystem_words[i].name) != length || strncmp (path, filesystem_words[i].name, length) != 0)
        continue;

      g_autofree char *below = filesystem_path_normalise (path + length, error);
      if (below == NULL)
        return NULL;
      if (below[0] != '\0' && !filesystem_words[i].may_have_path)
        return error_throw_code (error, ERROR_USAGE, "\"%s\" cannot have a path behind it", names[i]), NULL;
      if (below[0] == '\0' && filesystem_words[i].needs_path)
        return error_throw_code (error, ERROR_USAGE, "\"%s\" needs a path behind it (%s/NAME)", names[i], names[i]), NULL;
      if (below[0] == '\0')
        return g_strdup (names[i]);
      if (strcmp (names[i], "home") == 0)
        return g_strconcat ("~/", below, NULL);
      return g_strconcat (names[i], "/", below, NULL);
    }

  g_autofree char *word = g_strndup (path, length);
  const char *near = verb_suggest (word, names);
  if (near != NULL)
    error_throw_code (error, ERROR_USAGE, "\"%s\" is no place that can be shared; did you mean \"%s\"?", path, near);
  else
    error_throw_code (error, ERROR_USAGE, "\"%s\" is no place that can be shared; give home, host, xdg-documents (and "
                      "so on), ~/PATH or an absolute path", path);
  return NULL;
}

static char *
parse_token (const char *path, GError **error)
{
  if (path[0] == '/' || strcmp (path, "~") == 0 || g_str_has_prefix (path, "~/"))
    {
      g_autofree char *below = filesystem_path_normalise (path + 1, error);
      if (below == NULL)
        return NULL;
      if (path[0] == '~')
        return below[0] == '\0' ? g_strdup ("home") : g_strconcat ("~/", below, NULL);
      if (below[0] == '\0')
        return error_throw_code (error, ERROR_REFUSED, "\"/\" cannot be shared as a whole; use \"host\""), NULL;
      return g_strconcat ("/", below, NULL);
    }
  if (!g_utf8_validate (path, -1, NULL))
    return error_throw_code (error, ERROR_REFUSED, "the path is not valid UTF-8"), NULL;
  return parse_word (path, error);
}

FilesystemGrant *
filesystem_grant_parse (const char *text, gboolean negated, const char *origin, GError **error)
{
  const char *suffix;
  g_autofree char *path = split_suffix (text, &suffix);
  g_autofree char *token = NULL;
  FilesystemMode mode = FILESYSTEM_NONE;

  if (negated && (strcmp (text, "host:reset") == 0 || strcmp (text, "host-reset") == 0))
    token = g_strdup ("host-reset");
  else
    {
      token = parse_token (path, error);
      if (token == NULL)
        return NULL;
      if (!parse_mode (suffix, text, &mode, error))
        return NULL;
    }

  FilesystemGrant *grant = g_new0 (FilesystemGrant, 1);
  grant->token = g_steal_pointer (&token);
  grant->mode = negated ? FILESYSTEM_NONE : mode;
  grant->origin = g_strdup (origin);
  return grant;
}

FilesystemGrant *
filesystem_grant_copy (const FilesystemGrant *grant)
{
  FilesystemGrant *copy = g_new0 (FilesystemGrant, 1);
  copy->token = g_strdup (grant->token);
  copy->mode = grant->mode;
  copy->origin = g_strdup (grant->origin);
  return copy;
}

void
filesystem_grant_free (FilesystemGrant *grant)
{
  if (grant == NULL)
    return;
  g_free (grant->token);
  g_free (grant->origin);
  g_free (grant);
}

char *
filesystem_grant_format (const FilesystemGrant *grant)
{
  static const char *const suffixes[] = {
    [FILESYSTEM_NONE] = "", [FILESYSTEM_READ_ONLY] = ":ro", [FILESYSTEM_READ_WRITE] = "", [FILESYSTEM_CREATE] = ":create"
  };
  GString *text;

  /* Flatpak's word in files. */
  if (strcmp (grant->token, "host-reset") == 0)
    return g_strdup ("!host:reset");
  text = g_string_new (grant->mode == FILESYSTEM_NONE ? "!" : "");
  for (const char *p = grant->token; *p != '\0'; p++)
    {
      if (*p == ':' || *p == '\\')
        g_string_append_c (text, '\\');
      g_string_append_c (text, *p);
    }
  g_string_append (text, suffixes[grant->mode]);
  return g_string_free (text, FALSE);
}

void
filesystem_grant_set (GPtrArray *grants, FilesystemGrant *grant)
{
  for (guint i = 0; i < grants->len; i++)
    {
      FilesystemGrant *old = grants->pdata[i];
      if (strcmp (old->token, grant->token) == 0)
        {
          filesystem_grant_free (old);
          grants->pdata[i] = grant;
          return;
        }
    }
  g_ptr_array_add (grants, grant);
}
