/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * GKeyFile is lenient: it merges a group that appears twice, lets the last of two equal keys win and
 * stops at a NUL.  Whoever reads the text (a person who is asked, another tool) may see something else
 * than what is applied.  So the text is scanned line by line first, and whatever could be read in two
 * ways is refused.
 */
#include "bundle/metadata.h"

#include <string.h>

#include "base/error.h"
#include "base/file.h"
#include "bundle/value.h"

#define METADATA_SIZE_MAX (1024 * 1024)

static gboolean
refuse_line (GError **error, const char *name, guint line, const char *why)
{
  return error_throw_code (error, ERROR_REFUSED, "%s is refused: line %u %s", name, line, why);
}

static gboolean
check_characters (const char *data, gsize length, const char *name, GError **error)
{
  if (length > METADATA_SIZE_MAX)
    return error_throw_code (error, ERROR_REFUSED, "%s is refused: it is larger than 1 MiB", name);
  if (length >= 3 && memcmp (data, "\xef\xbb\xbf", 3) == 0)
    return refuse_line (error, name, 1, "begins with a byte order mark");

  const char *end = data + length;
  guint line = 1;
  for (const char *p = data; p < end;)
    {
      gunichar c = g_utf8_get_char_validated (p, end - p);
      if (*p == '\0')
        return refuse_line (error, name, line, "has a NUL byte");
      if (c == (gunichar) -1 || c == (gunichar) -2)
        return refuse_line (error, name, line, "is not valid UTF-8");
      if (c == '\n')
        line++;
      else if (c != '\t' && g_unichar_iscntrl (c))
        return refuse_line (error, name, line, "has a control character");
      p = g_utf8_next_char (p);
    }
  return TRUE;
}

/* A group header or a key; *group and the two sets are what was seen before this line. */
static gboolean
check_line (char *text, guint line, const char *name, char **group, GHashTable *groups, GHashTable *keys,
            GError **error)
{
  g_strstrip (text);
  if (text[0] == '\0' || text[0] == '#')
    return TRUE;

  if (text[0] == '[')
    {
      char *close = strchr (text, ']');
      if (close == NULL || close[1] != '\0' || close == text + 1)
        return refuse_line (error, name, line, "is not a [Group]");
      g_free (*group);
      *group = g_strndup (text + 1, (gsize) (close - text - 1));
      g_hash_table_remove_all (keys);
      if (!g_hash_table_add (groups, g_strdup (*group)))
        return refuse_line (error, name, line, "opens a group for the second time");
      return TRUE;
    }

  char *equals = strchr (text, '=');
  if (equals == NULL || equals == text)
    return refuse_line (error, name, line, "is not KEY=VALUE");
  if (*group == NULL)
    return refuse_line (error, name, line, "has a key before the first [Group]");
  *equals = '\0';
  g_strchomp (text);
  if (!g_hash_table_add (keys, g_strdup (text)))
    return refuse_line (error, name, line, "gives a key for the second time");
  return TRUE;
}

static gboolean
check_lines (const char *text, const char *name, GError **error)
{
  g_autoptr (GHashTable) groups = g_hash_table_new_full (g_str_hash, g_str_equal, g_free, NULL);
  g_autoptr (GHashTable) keys = g_hash_table_new_full (g_str_hash, g_str_equal, g_free, NULL);
  g_autofree char *group = NULL;
  guint line = 1;

  for (const char *p = text; *p != '\0'; line++)
    {
      gsize length = strcspn (p, "\n");
      g_autofree char *copy = g_strndup (p, length);
      if (!check_line (copy, line, name, &group, groups, keys, error))
        return FALSE;
      p += length + (p[length] == '\n');
    }
  return TRUE;
}

/* An absent or empty value is NULL in *ret_value; one that cannot be decoded is refused. */
static gboolean
read_value (GKeyFile *keyfile, const char *group, const char *key, const char *name, char **ret_value, GError **error)
{
  g_autofree char *value = NULL;

  if (!value_read_string (keyfile, group, key, &value, error))
    return error_prefix (error, "the metadata of %s is refused: %s=", name, key);
  if (value != NULL && value[0] != '\0')
    *ret_value = g_steal_pointer (&value);
  return TRUE;
}

/* `runtime=` or `sdk=`; NULL in *ret_text when the key is absent. */
static gboolean
read_ref (GKeyFile *keyfile, const char *group, const char *key, const char *name, char **ret_text, GError **error)
{
  g_autofree char *text = NULL;
  if (!read_value (keyfile, group, key, name, &text, error))
    return FALSE;
  if (text == NULL)
    return TRUE;

  g_autoptr (Ref) ref = ref_parse_partial (REF_RUNTIME, text, NULL, NULL, error);
  if (ref == NULL)
    return error_prefix (error, "the metadata of %s is refused: %s=", name, key);
  *ret_text = ref_format_partial (ref);
  return TRUE;
}

static gboolean
read_group (Metadata *metadata, const char *name, GError **error)
{
  gboolean app = g_key_file_has_group (metadata->keyfile, "Application");
  gboolean runtime = g_key_file_has_group (metadata->keyfile, "Runtime");
  const char *group = app ? "Application" : "Runtime";

  if (app == runtime)
    return error_throw_code (error, ERROR_REFUSED,
                             "the metadata of %s is refused: it needs one of the groups [Application] and [Runtime]",
                             name);
  metadata->kind = app ? REF_APP : REF_RUNTIME;
  if (!read_value (metadata->keyfile, group, "name", name, &metadata->id, error)
      || !read_value (metadata->keyfile, group, "command", name, &metadata->command, error))
    return FALSE;
  if (metadata->id == NULL)
    return error_throw_code (error, ERROR_REFUSED, "the metadata of %s is refused: [%s] has no name=", name, group);
  if (!ref_id_check (metadata->id, error))
    return error_prefix (error, "the metadata of %s is refused", name);
  if (!read_ref (metadata->keyfile, group, "runtime", name, &metadata->runtime, error)
      || !read_ref (metadata->keyfile, group, "sdk", name, &metadata->sdk, error))
    return FALSE;
  if (app && metadata->runtime == NULL)
    return error_throw_code (error, ERROR_REFUSED, "the metadata of %s is refused: it names no runtime=", name);
  return TRUE;
}

GKeyFile *
metadata_keyfile_parse (const char *data, gsize length, const char *name, GError **error)
{
  if (!check_characters (data, length, name, error))
    return NULL;

  g_autofree char *text = g_strndup (data, length);
  if (!check_lines (text, name, error))
    return NULL;

  g_autoptr (GError) parse_error = NULL;
  g_autoptr (GKeyFile) keyfile = g_key_file_new ();
  if (!g_key_file_load_from_data (keyfile, text, length, G_KEY_FILE_NONE, &parse_error))
    {
      error_throw_code (error, ERROR_REFUSED, "%s is refused: %s", name, parse_error->message);
      return NULL;
    }
  return g_steal_pointer (&keyfile);
}

Metadata *
metadata_parse (const char *data, gsize length, const char *name, GError **error)
{
  g_autoptr (Metadata) metadata = g_new0 (Metadata, 1);
  g_autofree char *title = g_strconcat ("the metadata of ", name, NULL);

  metadata->keyfile = metadata_keyfile_parse (data, length, title, error);
  if (metadata->keyfile == NULL)
    return NULL;
  metadata->text = g_strndup (data, length);
  if (!read_group (metadata, name, error))
    return NULL;
  return g_steal_pointer (&metadata);
}

Metadata *
metadata_load (int dirfd, const char *path, const char *name, GError **error)
{
  gsize length;
  autofd fd = file_open_beneath (dirfd, path, O_RDONLY | O_NONBLOCK, 0, error);
  if (fd < 0)
    return NULL;
  g_autofree char *data = file_read_fd (fd, path, METADATA_SIZE_MAX, &length, error);
  if (data == NULL)
    {
      error_prefix (error, "the metadata of %s", name);
      return NULL;
    }
  return metadata_parse (data, length, name, error);
}

char **
metadata_reasons (const Metadata *metadata)
{
  char **reasons = g_key_file_get_string_list (metadata->keyfile, "Nacelle Bundle", "reasons", NULL, NULL);

  return reasons != NULL ? reasons : g_new0 (char *, 1);
}

void
metadata_free (Metadata *metadata)
{
  if (metadata == NULL)
    return;
  g_free (metadata->id);
  g_free (metadata->runtime);
  g_free (metadata->sdk);
  g_free (metadata->command);
  g_clear_pointer (&metadata->keyfile, g_key_file_unref);
  g_free (metadata->text);
  g_free (metadata);
}
