/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * Layers of permissions out of texts, for the tests of one group of a keyfile.
 */
#pragma once

#include "bundle/permissions.h"

#include <string.h>

#include "base/error.h"

static inline Permissions *
layer_read (const char *text, const char *origin, GError **error)
{
  g_autoptr (GKeyFile) keyfile = g_key_file_new ();

  g_assert_true (g_key_file_load_from_data (keyfile, text, strlen (text), G_KEY_FILE_NONE, NULL));
  return permissions_from_keyfile (keyfile, origin, error);
}

typedef struct
{
  const char *text, *reason;
} RefusedRow;

/* Each text, in that group, is refused with that reason. */
static inline void
layers_refused (const char *group, const RefusedRow *rows, guint n_rows)
{
  for (guint i = 0; i < n_rows; i++)
    {
      g_autoptr (GError) error = NULL;
      g_autofree char *text = g_strconcat ("[", group, "]\n", rows[i].text, NULL);
      g_autoptr (Permissions) layer = layer_read (text, "test", &error);

      g_assert_null (layer);
      g_assert_error (error, ERROR_DOMAIN, ERROR_REFUSED);
      if (strstr (error->message, rows[i].reason) == NULL)
        g_error ("%s: %s", rows[i].text, error->message);
    }
}
