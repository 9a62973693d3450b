/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * image_attach() as a command, for tests that are written in Python and for trying by hand; not installed.
 *   attach-tool auto|fuse|unpacked sealed|any IMAGE
 * Prints "ready mount" or "ready folder" (and the note), then answers lines on stdin, each a path in the image, with the
 * SHA-256 of the file, a listing ("dir" and names), "-> target", or "error " and the error's name.  Ends at the end of
 * stdin; prints "dead" when the server dies.
 */
#include <dirent.h>
#include <errno.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/error.h"
#include "base/file.h"
#include "image/attach.h"

static void
print_errno (int saved)
{
  printf ("error %s\n", strerrorname_np (saved));
}

static void
print_file (int root, const char *path)
{
  g_autoptr (GChecksum) checksum = g_checksum_new (G_CHECKSUM_SHA256);
  autofd fd = openat (root, path, O_RDONLY | O_CLOEXEC);
  static guint8 buffer[1 << 17];
  ssize_t n;

  if (fd < 0)
    {
      print_errno (errno);
      return;
    }
  while ((n = read (fd, buffer, sizeof buffer)) > 0)
    g_checksum_update (checksum, buffer, n);
  if (n < 0)
    print_errno (errno);
  else
    printf ("%s\n", g_checksum_get_string (checksum));
}

static void
print_directory (int root, const char *path)
{
  int fd = openat (root, path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
  DIR *dir = fd < 0 ? NULL : fdopendir (fd);
  struct dirent *entry;

  if (dir == NULL)
    {
      print_errno (errno);
      return;
    }
  printf ("dir");
  while (errno = 0, (entry = readdir (dir)) != NULL)
    printf (" %s", entry->d_name);
  printf (errno != 0 ? " error\n" : "\n");
  closedir (dir);
}

static void
print_path (int root, const char *path)
{
  char target[4096] = "";
  struct stat st;

  if (fstatat (root, path, &st, AT_SYMLINK_NOFOLLOW) < 0)
    print_errno (errno);
  else if (S_ISDIR (st.st_mode))
    print_directory (root, path);
  else if (S_ISLNK (st.st_mode) && readlinkat (root, path, target, sizeof target - 1) >= 0)
    printf ("-> %s\n", target);
  else if (S_ISREG (st.st_mode))
    print_file (root, path);
  else
    print_errno (EINVAL);
}

static void
answer_lines (const ImageAttachment *image)
{
  struct pollfd polls[2] = { { 0, POLLIN, 0 }, { image->alive_fd, POLLIN, 0 } };
  char line[4096];

  setvbuf (stdin, NULL, _IONBF, 0);
  while (poll (polls, 2, -1) > 0)
    {
      if (polls[1].revents != 0)
        {
          printf ("dead\n");
          fflush (stdout);
          polls[1].fd = -1;
        }
      if (polls[0].revents == 0)
        continue;
      if (fgets (line, sizeof line, stdin) == NULL)
        return;
      line[strcspn (line, "\n")] = '\0';
      print_path (image->root_fd, line);
      fflush (stdout);
    }
}

int
main (int argc, char **argv)
{
  g_autoptr (GError) error = NULL;
  g_autofree char *note = NULL;
  ImageAttachment image = IMAGE_ATTACHMENT_INIT;
  ImageAttachWay way;
  gint64 begin;
  int fd;

  if (argc != 4)
    return 2;
  way = strcmp (argv[1], "fuse") == 0 ? IMAGE_ATTACH_FUSE
        : strcmp (argv[1], "unpacked") == 0 ? IMAGE_ATTACH_UNPACKED : IMAGE_ATTACH_AUTO;
  fd = file_open (AT_FDCWD, argv[3], O_RDONLY, 0, &error);
  begin = g_get_monotonic_time ();
  if (fd < 0 || !image_attach (fd, argv[3], way, strcmp (argv[2], "any") == 0, &image, &note, &error))
    {
      fprintf (stderr, "attach-tool: %s (code %d)\n", error->message, error->code);
      return 1;
    }
  printf ("ready %s%s%s\n", image.is_mount ? "mount" : "folder", note ? " " : "", note ? note : "");
  fflush (stdout);
  if (g_getenv ("ATTACH_TIME"))
    fprintf (stderr, "%ld us\n", (long) (g_get_monotonic_time () - begin));
  answer_lines (&image);
  image_attachment_clear (&image);
  return 0;
}
