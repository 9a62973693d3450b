/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * What only resolved manifests have.
 */
#include "builder/manifest/value.h"

#include <string.h>

#include "base/error.h"

/* The words themselves are looked at where they are used (package.h). */
gboolean
value_check_locked (const char *value, GError **error)
{
  g_auto (GStrv) words = g_strsplit (value, " ", 7);

  if (g_strv_length (words) != 6)
    return value_refuse (error, value, "must be NAME VERSION ARCHITECTURE SIZE SHA256 PATH, with one blank between each two");
  return value_check_package (words[0], error) && value_check_sha256 (words[4], error);
}

gboolean
value_check_ref_commit (const char *value, GError **error)
{
  const char *equals = strchr (value, '=');

  if (equals == NULL || equals == value)
    return value_refuse (error, value, "must be REF=COMMIT, such as runtime/org.example.Sdk.Extension.x/x86_64/1=0123...");
  return value_check_sha256 (equals + 1, error);
}
