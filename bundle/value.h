/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * Values of a keyfile, with their escapes checked before GKeyFile decodes them: it answers a wrong escape with a value and
 * an error at once, and two of them with a warning of its own.
 */
#pragma once

#include <glib.h>

/* NULL in *ret_value when there is no such key.  Caller frees.  ERROR_REFUSED for an unknown escape. */
gboolean value_read_string (GKeyFile *keyfile, const char *group, const char *key, char **ret_value, GError **error);

/* An empty list when there is no such key.  Caller frees with g_strfreev(). */
gboolean value_read_list (GKeyFile *keyfile, const char *group, const char *key, char ***ret_values, GError **error);
