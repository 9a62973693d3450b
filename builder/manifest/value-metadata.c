/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * Values that go into the metadata of the result.
 */
#include "builder/manifest/value.h"

#include "builder/manifest/finish-option.h"
#include "bundle/permissions.h"
#include "bundle/ref.h"

#include <string.h>

gboolean
value_check_finish (const char *value, GError **error)
{
  g_auto (FinishOption) option = { 0 };
  g_autoptr (Permissions) layer = NULL;

  if (finish_option_is (value))
    return finish_option_parse (value, &option, error);
  layer = permissions_new ();
  return permissions_add_argument (layer, value, "finish-args", error);
}

/* NAME or NAME@TAG. */
gboolean
value_check_extension (const char *value, GError **error)
{
  const char *tag = strchr (value, '@');
  g_autofree char *id = tag != NULL ? g_strndup (value, (gsize) (tag - value)) : g_strdup (value);

  if (!ref_id_check (id, error))
    return FALSE;
  return tag == NULL || ref_branch_check (tag + 1, NULL) || value_refuse (error, value, "has an impossible tag behind its '@'");
}

gboolean
value_check_versions (const char *value, GError **error)
{
  g_auto (GStrv) branches = g_strsplit (value, ";", -1);
  gsize n = g_strv_length (branches);

  if (n == 0)
    return value_refuse (error, value, "names no branch");
  for (gsize i = 0; i < n; i++)
    if ((*branches[i] != '\0' || i + 1 < n || n == 1) && !ref_branch_check (branches[i], error))
      return FALSE;
  return TRUE;
}

gboolean
value_check_tag (const char *value, GError **error)
{
  if (!value_check_line (value, error))
    return FALSE;
  return strchr (value, ';') == NULL || value_refuse (error, value, "contains ';'");
}

gboolean
value_check_token_type (const char *value, GError **error)
{
  guint64 number;

  return g_ascii_string_to_unsigned (value, 10, 0, G_MAXINT, &number, NULL)
         || value_refuse (error, value, "must be a number, at least 0");
}

/* A ';' may end it, as in any list of a keyfile. */
gboolean
value_check_inner_paths (const char *value, GError **error)
{
  g_auto (GStrv) paths = g_strsplit (value, ";", -1);
  gsize n = g_strv_length (paths);

  if (n == 0)
    return value_refuse (error, value, "names no folder");
  for (gsize i = 0; i < n; i++)
    if ((*paths[i] != '\0' || i + 1 < n || n == 1) && !value_check_inner_path (paths[i], error))
      return FALSE;
  return TRUE;
}
