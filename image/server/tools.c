/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * A large program, or library, that is run again and again, as a build runs its compiler.  What is mapped from FUSE lies in memory in
 * single pages, and a process of a compiler maps thousands of them, which is a tenth of its time.  So a copy of such a program, on a
 * tmpfs with large pages, is put over the file of the image; mounts that are handed out from then on have it there.
 *
 * Which ones are worth it is seen from what is in memory of them already.  A process of its own does all this, so that nobody waits
 * for it and whatever it meets in the image can stop only itself.  It may be killed at any moment: a copy is put in its place in one
 * step, when it is complete, and the tmpfs goes with the last mount of it.
 */
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <sched.h>
#include <stdio.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/sysinfo.h>
#include <unistd.h>

#include "base/file.h"
#include "image/server/server.h"

#define SIZE_MIN (512u * 1024)  /* smaller ones map little */
#define IN_USE (2u << 20)
#define ROOM (128ull << 20)     /* for all copies of one turn; and never more than a sixteenth of the machine's memory */
#define NAMES_MAX 8192          /* that are looked at in a folder */
#define BUFFER_SIZE (1u << 20)

#ifndef SYS_open_tree
#define SYS_open_tree 428
#define SYS_move_mount 429
#endif
#ifndef SYS_mount_setattr
#define SYS_mount_setattr 442
#endif
#ifndef SYS_cachestat
#define SYS_cachestat 451
#endif
#define CLONE_TREE (1 | O_CLOEXEC)                 /* OPEN_TREE_CLONE, OPEN_TREE_CLOEXEC */
#define EMPTY_PATHS (0x4 | 0x40)                   /* MOVE_MOUNT_F_EMPTY_PATH, MOVE_MOUNT_T_EMPTY_PATH */
#define READ_ONLY (0x1 | 0x2 | 0x4)                /* MOUNT_ATTR_RDONLY, _NOSUID, _NODEV */

typedef struct
{
  int covered_fd;               /* files/ of what is handed out */
  char folder[48];              /* of the copies; empty: there is none yet */
  guint64 room;
  unsigned n_copies;
} Tools;

/* A good part of it is in memory.  FALSE where the kernel does not tell (before 6.5). */
static gboolean
is_in_use (int fd, guint64 size)
{
  const guint64 range[2] = { 0, 0 };     /* from the beginning, all */
  guint64 pages[5] = { 0 };              /* the first: those in memory */

  return syscall (SYS_cachestat, fd, range, pages, 0) == 0 && pages[0] * (guint64) sysconf (_SC_PAGESIZE) >= MIN (size / 4, IN_USE);
}

static gboolean
folder_make (Tools *tools)
{
  char options[96];

  if (tools->n_copies > 0)
    return TRUE;
  g_snprintf (options, sizeof options, "mode=0700,huge=within_size,size=%" G_GUINT64_FORMAT, tools->room);
  return mkdir (tools->folder, 0700) == 0 && mount ("nacelle-tools", tools->folder, "tmpfs", MS_NOSUID | MS_NODEV, options) == 0;
}

static gboolean
copy_content (int in, int out, const struct stat *st)
{
  const struct timespec times[2] = { st->st_mtim, st->st_mtim };
  g_autofree guint8 *buffer = g_malloc (BUFFER_SIZE);
  guint64 done = 0;
  ssize_t n;

  /* Large pages are taken within the size that it has. */
  if (ftruncate (out, st->st_size) < 0)
    return FALSE;
  while ((n = read (in, buffer, BUFFER_SIZE)) > 0)
    {
      if (write (out, buffer, (gsize) n) != n)
        return FALSE;
      done += (guint64) n;
    }
  return n == 0 && done == (guint64) st->st_size && fchmod (out, st->st_mode & 0777) == 0 && futimens (out, times) == 0;
}

/* Put the copy over the file of that name. */
static gboolean
lay_over (const Tools *tools, const char *copy, const char *path)
{
  const guint64 attributes[4] = { READ_ONLY };     /* struct mount_attr: to set, to clear, propagation, user namespace */
  autofd place = file_open_beneath (tools->covered_fd, path, O_PATH | O_NOFOLLOW, 0, NULL);
  autofd tree = place >= 0 ? (int) syscall (SYS_open_tree, AT_FDCWD, copy, CLONE_TREE) : -1;
  struct stat st, folder;

  /* What lies there already is of another device. */
  return tree >= 0 && fstat (place, &st) == 0 && fstat (tools->covered_fd, &folder) == 0 && st.st_dev == folder.st_dev
         && S_ISREG (st.st_mode) && syscall (SYS_mount_setattr, tree, "", AT_EMPTY_PATH, attributes, sizeof attributes) == 0
         && syscall (SYS_move_mount, tree, "", place, "", EMPTY_PATHS) == 0;
}

static gboolean
is_covered (const Tools *tools, const char *path)
{
  autofd place = file_open_beneath (tools->covered_fd, path, O_PATH | O_NOFOLLOW, 0, NULL);
  struct stat st, folder;

  return place < 0 || fstat (place, &st) < 0 || fstat (tools->covered_fd, &folder) < 0 || st.st_dev != folder.st_dev;
}

static void
keep (Tools *tools, int dir_fd, const char *name, const char *path, const struct stat *st)
{
  autofd in = openat (dir_fd, name, O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC);
  char copy[64];

  if (in < 0 || !is_in_use (in, (guint64) st->st_size) || is_covered (tools, path) || !folder_make (tools))
    return;
  g_snprintf (copy, sizeof copy, "%s/%u", tools->folder, tools->n_copies++);
  autofd out = open (copy, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
  if (out >= 0 && copy_content (in, out, st) && lay_over (tools, copy, path))
    tools->room -= (guint64) st->st_size;
  else
    (void) unlink (copy);
}

static gboolean
is_mapped (const char *name, const struct stat *st)
{
  return S_ISREG (st->st_mode) && ((st->st_mode & 0111) != 0 || strstr (name, ".so") != NULL);
}

/* The programs and libraries in the folder `path`, or in those `depth` levels below it. */
static void
look (Tools *tools, int files_fd, const char *path, unsigned depth)
{
  int fd = file_open_beneath (files_fd, path, O_RDONLY | O_DIRECTORY | O_NOFOLLOW, 0, NULL);
  DIR *directory = fd >= 0 ? fdopendir (fd) : NULL;
  const struct dirent *entry;
  struct stat st;

  for (unsigned n = 0; directory != NULL && n < NAMES_MAX && (entry = readdir (directory)) != NULL; n++)
    {
      g_autofree char *child = g_build_filename (path, entry->d_name, NULL);

      if (entry->d_name[0] == '.' || fstatat (fd, entry->d_name, &st, AT_SYMLINK_NOFOLLOW) < 0)
        continue;
      if (S_ISDIR (st.st_mode) && depth > 0)
        look (tools, files_fd, child, depth - 1);
      else if (depth == 0 && is_mapped (entry->d_name, &st) && st.st_size >= SIZE_MIN && (guint64) st.st_size <= tools->room)
        keep (tools, fd, entry->d_name, child, &st);
    }
  if (directory != NULL)
    closedir (directory);
  else
    file_close_fd (&fd);
}

void
tools_run (const ServerMount *mount_point)
{
  static const struct sched_param none = { 0 };
  g_autofree char *served = g_strconcat (mount_point->path, "/" SERVED_IMAGE "/files", NULL);
  g_autofree char *covered = g_strconcat (mount_point->cover, "/files", NULL);
  Tools tools = { .room = ROOM };
  struct sysinfo memory;

  /* Who waits for the end of a connection, or of FUSE, waits for the last that has it open. */
  if (!server_close_from (STDERR_FILENO + 1) || mount_point->cover[0] == '\0')
    _exit (1);
  prctl (PR_SET_NAME, "image-tools", 0, 0, 0);
  (void) sched_setscheduler (0, SCHED_BATCH, &none);
  (void) setpriority (PRIO_PROCESS, 0, 10);
  if (sysinfo (&memory) == 0)
    tools.room = MIN (tools.room, (guint64) memory.totalram * memory.mem_unit / 16);
  g_snprintf (tools.folder, sizeof tools.folder, "%s-tools-%d", mount_point->path, (int) getpid ());
  autofd files = open (served, O_PATH | O_DIRECTORY | O_CLOEXEC);
  tools.covered_fd = open (covered, O_PATH | O_DIRECTORY | O_CLOEXEC);
  if (files < 0 || tools.covered_fd < 0)
    _exit (1);
  look (&tools, files, "bin", 0);
  look (&tools, files, "lib", 1);
  look (&tools, files, "lib/gcc", 2);
  look (&tools, files, "libexec/gcc", 2);
  (void) umount2 (tools.folder, MNT_DETACH);
  (void) rmdir (tools.folder);
  _exit (0);
}
