/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "base/error.h"

#include <errno.h>

GQuark
error_domain (void)
{
  return g_quark_from_static_string ("nacelle-error");
}

static gboolean
throw_message (GError **error, ErrorCode code, char *message)
{
  if (error != NULL && *error == NULL)
    g_set_error_literal (error, ERROR_DOMAIN, code, message);
  g_free (message);
  return FALSE;
}

gboolean
error_throw (GError **error, const char *format, ...)
{
  va_list args;

  va_start (args, format);
  char *message = g_strdup_vprintf (format, args);
  va_end (args);
  return throw_message (error, ERROR_FAILED, message);
}

gboolean
error_throw_code (GError **error, ErrorCode code, const char *format, ...)
{
  va_list args;

  va_start (args, format);
  char *message = g_strdup_vprintf (format, args);
  va_end (args);
  return throw_message (error, code, message);
}

gboolean
error_throw_errno (GError **error, int saved_errno, const char *format, ...)
{
  va_list args;
  ErrorCode code = saved_errno == ENOENT ? ERROR_NOT_FOUND : ERROR_FAILED;

  va_start (args, format);
  g_autofree char *what = g_strdup_vprintf (format, args);
  va_end (args);
  return throw_message (error, code, g_strdup_printf ("%s: %s", what, g_strerror (saved_errno)));
}

gboolean
error_prefix (GError **error, const char *format, ...)
{
  va_list args;

  if (error == NULL || *error == NULL)
    return FALSE;
  va_start (args, format);
  g_autofree char *prefix = g_strdup_vprintf (format, args);
  va_end (args);
  g_prefix_error (error, "%s: ", prefix);
  return FALSE;
}
