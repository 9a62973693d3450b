/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * The pins of a lock, and how its file is read.
 */
#include "builder/sources/packages/lock.h"

#include <errno.h>
#include <string.h>

#include "base/error.h"
#include "base/file.h"

#define LOCK_MAX_SIZE (8 * 1024 * 1024)

Lock *
lock_read (int dir_fd, const char *path, GError **error)
{
  g_autoptr (GError) local = NULL;
  g_autofree char *text = NULL;
  gsize length = 0;
  struct stat st;

  if (path == NULL || (fstatat (dir_fd, path, &st, 0) < 0 && errno == ENOENT))
    return NULL;
  text = file_read (dir_fd, path, LOCK_MAX_SIZE, &length, &local);
  if (text == NULL)
    {
      g_propagate_prefixed_error (error, g_steal_pointer (&local), "The lock file: ");
      return NULL;
    }
  return lock_parse (text, length, path, error);
}
const char *
lock_pin (const Lock *lock, const char *url, const char *ref)
{
  for (guint i = 0; i < lock_pins (lock)->len; i++)
    {
      const LockPin *pin = g_ptr_array_index (lock_pins (lock), i);

      if (strcmp (pin->url, url) == 0 && g_strcmp0 (pin->ref, ref) == 0)
        return pin->value;
    }
  return NULL;
}

gboolean
lock_has_pins (const Lock *lock)
{
  return lock_pins (lock)->len > 0;
}

static gboolean
lock_is_hex (const char *text)
{
  gsize length = strlen (text);

  return (length == 40 || length == 64) && strspn (text, "0123456789abcdef") == length;
}

gboolean
lock_put_pin (Lock *lock, const char *url, const char *ref, const char *value, GError **error)
{
  LockPin *pin;

  if (strpbrk (url, "\"\\\n") != NULL || (ref != NULL && strpbrk (ref, "\"\\\n") != NULL) || !lock_is_hex (value)
      || (ref == NULL && strlen (value) != 64))
    return error_throw_code (error, ERROR_REFUSED, "a pin of %s is none", url);
  if (lock_pin (lock, url, ref) != NULL)
    return TRUE;
  pin = g_new (LockPin, 1);
  *pin = (LockPin) { g_strdup (url), g_strdup (ref), g_strdup (value) };
  g_ptr_array_add (lock_pins (lock), pin);
  return TRUE;
}

void
lock_drop_pins (Lock *lock)
{
  g_ptr_array_set_size (lock_pins (lock), 0);
}

char *
lock_pin_name (const char *url, const char *ref)
{
  return g_strconcat (ref != NULL ? "git " : "file ", url, ref != NULL && *ref != '\0' ? " " : NULL, ref, NULL);
}
