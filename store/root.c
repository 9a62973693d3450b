/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * What is in a store is run: so a store that another user could have written is refused, before
 * anything in it is looked at.
 */
#include "store/root.h"

#include <errno.h>
#include <string.h>
#include <unistd.h>

#include "base/error.h"
#include "base/file.h"
#include "base/witness.h"

void
store_root_clear (StoreRoot *root)
{
  g_clear_pointer (&root->path, g_free);
  file_close_fd (&root->fd);
}

char *
store_root_path (gboolean system, GError **error)
{
  const char *name = system ? "NACELLE_SYSTEM_STORE" : "NACELLE_STORE";
  const char *value = g_getenv (name);

  if (value == NULL || *value == '\0')
    return system ? g_strdup ("/var/lib/nacelle") : g_build_filename (g_get_user_data_dir (), "nacelle", NULL);
  if (!g_path_is_absolute (value))
    {
      error_throw_code (error, ERROR_REFUSED, "the variable %s must be an absolute path, not \"%s\"", name, value);
      return NULL;
    }
  return g_strdup (value);
}

static gboolean
root_check (const StoreRoot *root, GError **error)
{
  struct stat st;

  if (fstat (root->fd, &st) < 0)
    return error_throw_errno (error, errno, "cannot read the store %s", root->path);
  if (st.st_uid != geteuid () && !(root->system && st.st_uid == 0))
    return error_throw_code (error, ERROR_REFUSED,
                             "the store %s belongs to user %u, not to %s: what is in it cannot be trusted",
                             root->path, (unsigned) st.st_uid, root->system ? "root" : "you");
  if ((st.st_mode & 022) != 0)
    return error_throw_code (error, ERROR_REFUSED,
                             "the store %s can be written by others (mode %04o): what is in it cannot be trusted; "
                             "if it should be, run: chmod go-w %s",
                             root->path, (unsigned) (st.st_mode & 07777), root->path);
  return TRUE;
}

/* An administrator may point the user's store at the system's: then it is read once. */
static gboolean
is_user_store (const StoreRoot *root)
{
  g_autofree char *user_path = store_root_path (FALSE, NULL);
  struct stat st, user_st;

  return user_path != NULL && fstat (root->fd, &st) == 0 && stat (user_path, &user_st) == 0
         && st.st_dev == user_st.st_dev && st.st_ino == user_st.st_ino;
}

gboolean
store_root_open (gboolean system, StoreRoot *ret_root, GError **error)
{
  g_auto (StoreRoot) root = STORE_ROOT_INIT;

  root.system = system;
  root.path = store_root_path (system, error);
  if (root.path == NULL)
    return FALSE;

  witness_note (WITNESS_FILE, root.path);
  root.fd = open (root.path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
  if (root.fd < 0 && errno != ENOENT)
    return error_throw_errno (error, errno, "cannot open the store %s", root.path);
  if (root.fd >= 0 && !root_check (&root, error))
    return FALSE;
  if (root.fd >= 0 && system && is_user_store (&root))
    file_close_fd (&root.fd);

  ret_root->path = g_steal_pointer (&root.path);
  ret_root->fd = file_steal_fd (&root.fd);
  ret_root->system = system;
  return TRUE;
}

gboolean
store_checksum_is_valid (const char *text)
{
  return strlen (text) == 64 && strspn (text, "0123456789abcdef") == 64;
}
