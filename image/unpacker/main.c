/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * image-unpack FD NAME FOLDER [allow-unsealed]: have the image that is open as FD unpacked below FOLDER and print the
 * name of the tree there.  Started by image_attach() where FUSE cannot be used.  Not for people.
 *
 *   FOLDER/DIGEST           the tree, without write permission
 *   FOLDER/DIGEST.tree      its fingerprint, written last: a tree without one, or with another, is never used
 *   FOLDER/DIGEST.partial   while it is being made
 *   FOLDER/DIGEST.lock      held while the others are looked at
 *
 * Every block that is read is compared with the image's hash tree.  The fingerprint finds out what happened to a tree
 * since (cleaners of cache folders, edits); it does not protect from a process that can write to FOLDER itself,
 * which is why no app may see it (attach.h).
 */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/error.h"
#include "base/file.h"
#include "base/verb.h"
#include "image/image.h"
#include "image/unpacker/fingerprint.h"

#define STATUS_REFUSED 3

static int
folder_open (const char *path, GError **error)
{
  autofd folder = file_mkdir_p (AT_FDCWD, path, 0700, error);
  struct stat st;

  if (folder < 0)
    return -1;
  if (fstat (folder, &st) < 0 || st.st_uid != geteuid () || (st.st_mode & 022) != 0)
    {
      error_throw_code (error, ERROR_REFUSED, "The folder %s for unpacked images belongs to somebody else or can be written "
                        "by others", path);
      return -1;
    }
  return file_steal_fd (&folder);
}

/* The tree is there and untouched. */
static gboolean
tree_is_good (int folder, const char *digest, const char *fingerprint_name)
{
  autofd tree = openat (folder, digest, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
  g_autofree char *expected = tree < 0 ? NULL : file_read (folder, fingerprint_name, 100, NULL, NULL);
  g_autofree char *found = expected == NULL ? NULL : fingerprint_tree (tree, NULL);

  return found != NULL && strcmp (found, expected) == 0;
}

static gboolean
tree_make (int folder, int fd, const char *name, const char *digest, const char *fingerprint_name, GError **error)
{
  g_autofree char *partial = g_strconcat (digest, ".partial", NULL);
  g_autofree char *fingerprint = NULL;
  autofd tree = -1;

  if (!file_remove_tree (folder, fingerprint_name, error) || !file_remove_tree (folder, digest, error)
      || !file_remove_tree (folder, partial, error))
    return FALSE;
  tree = file_mkdir_p (folder, partial, 0700, error);
  if (tree < 0)
    return FALSE;
  if (!image_unpack (fd, name, tree, error) || !tree_make_read_only (tree, error))
    {
      file_remove_tree (folder, partial, NULL);
      return FALSE;
    }
  /* Renaming a directory that one cannot write to is refused by some kernels: its ".." changes. */
  if (renameat (folder, partial, folder, digest) < 0 || fchmod (tree, 0500) < 0)
    return error_throw_errno (error, errno, "Cannot put the unpacked image %s in its place", name);
  fingerprint = fingerprint_tree (tree, error);
  return fingerprint != NULL
         && file_write_atomic (folder, fingerprint_name, fingerprint, strlen (fingerprint), 0400, error);
}

static gboolean
unpack_run (int fd, const char *name, const char *path, gboolean allow_unsealed, char **ret_digest, GError **error)
{
  g_autofree char *digest = NULL;
  g_autofree char *lock_name = NULL;
  g_autofree char *fingerprint_name = NULL;
  autofd folder = -1, lock = -1;
  ImageInfo info;

  if (!image_inspect (fd, name, &info, error))
    return FALSE;
  if (!info.sealed && !allow_unsealed)
    return error_throw_code (error, ERROR_REFUSED, "The image %s has no hash tree, so nothing tells whether it is as its "
                             "author made it; give --allow-unsealed if you trust the file", name);
  if ((digest = image_digest (fd, name, error)) == NULL || (folder = folder_open (path, error)) < 0)
    return FALSE;
  lock_name = g_strconcat (digest, ".lock", NULL);
  fingerprint_name = g_strconcat (digest, ".tree", NULL);
  lock = file_lock (folder, lock_name, TRUE, TRUE, error);
  if (lock < 0)
    return FALSE;
  if (!tree_is_good (folder, digest, fingerprint_name)
      && !tree_make (folder, fd, name, digest, fingerprint_name, error))
    return FALSE;
  *ret_digest = g_steal_pointer (&digest);
  return TRUE;
}

int
main (int argc, char **argv)
{
  g_autoptr (GError) error = NULL;
  g_autofree char *digest = NULL;
  gint64 fd;

  if (verb_refuses_privileges ("image-unpack"))
    return EXIT_OURS;
  if (argc < 4 || !g_ascii_string_to_signed (argv[1], 10, 0, G_MAXINT, &fd, NULL))
    {
      fprintf (stderr, "image-unpack is started by apprun where images cannot be mounted; it has no use of its own.\n");
      return 2;
    }
  umask (077);
  if (unpack_run ((int) fd, argv[2], argv[3], argc > 4 && strcmp (argv[4], "allow-unsealed") == 0, &digest, &error))
    {
      puts (digest);
      return fflush (stdout) == 0 ? 0 : 1;
    }
  fprintf (stderr, "%s\n", error->message);
  return g_error_matches (error, ERROR_DOMAIN, ERROR_REFUSED) ? STATUS_REFUSED : 1;
}
