/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * Images of strangers.  What the check takes is unpacked and read, and nothing may go wrong with it any more.
 */
#include "base/file.h"
#include "image/image.h"
#include "tests/fuzz/entry.h"

#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <unistd.h>

#define SIZE_MAX_OUT (64 << 20)

static char *top;
static int top_fd = -1;

static void
remove_top (void)
{
  (void) file_remove_tree (AT_FDCWD, top, NULL);
  g_free (top);
}

static void
make_top (void)
{
  const struct rlimit limit = { SIZE_MAX_OUT, SIZE_MAX_OUT };

  top = g_dir_make_tmp ("fuzz-image-XXXXXX", NULL);
  top_fd = top != NULL ? file_open (AT_FDCWD, top, O_RDONLY | O_DIRECTORY, 0, NULL) : -1;
  if (top_fd < 0 || atexit (remove_top) != 0)
    abort ();
  /* A file of holes may be as large as it likes, and the disk is not. */
  (void) signal (SIGXFSZ, SIG_IGN);
  (void) setrlimit (RLIMIT_FSIZE, &limit);
}

static void
use_image (int fd)
{
  gsize length = 0;
  g_autofree char *digest = image_digest (fd, "input", NULL);
  g_autofree char *metadata = image_read_file (fd, "input", "metadata", 4096, &length, NULL);
  autofd tree_fd = file_mkdir_p (top_fd, "tree", 0700, NULL);

  if (tree_fd < 0)
    abort ();
  (void) image_unpack (fd, "input", tree_fd, NULL);
  g_autoptr (GPtrArray) names = file_list (top_fd, "top", NULL);
  if (names == NULL || names->len != 1 || !file_remove_tree (top_fd, "tree", NULL))
    abort ();
}

int
LLVMFuzzerTestOneInput (const uint8_t *data, size_t size)
{
  ImageInfo info;
  autofd fd = -1;

  if (top_fd < 0)
    make_top ();
  if (size == 0 || size > 65536)
    return 0;
  fd = memfd_create ("input", MFD_CLOEXEC);
  if (fd < 0 || !file_write_all (fd, "input", data, size, NULL))
    abort ();
  if (!image_inspect (fd, "input", &info, NULL))
    return 0;
  (void) image_verify (fd, "input", NULL);
  if (image_check (fd, "input", NULL))
    use_image (fd);
  return 0;
}

uint8_t *
fuzz_seed (size_t number, size_t *ret_size)
{
  const ImageWriteOptions options = { .n_threads = 1 };
  g_autofree char *path = number < 2 ? g_dir_make_tmp ("fuzz-seed-XXXXXX", NULL) : NULL;
  autofd dir = path != NULL ? file_open (AT_FDCWD, path, O_RDONLY | O_DIRECTORY, 0, NULL) : -1;
  autofd sub = dir >= 0 ? file_mkdir_p (dir, "files/bin", 0755, NULL) : -1;
  autofd out = memfd_create ("image", MFD_CLOEXEC);
  g_autofree char *large = g_strnfill (150000, 'x');

  if (number >= 2)
    return NULL;
  if (sub < 0 || !file_write_unsynced (dir, "metadata", "[Application]\nname=x\n", 21, 0644, NULL)
      || !file_write_unsynced (sub, "a", "text", 4, 0755, NULL) || symlinkat ("../a", sub, "link") < 0 || linkat (sub, "a", sub, "hard", 0) < 0
      || (number == 1 && !file_write_unsynced (sub, "large", large, 150000, 0644, NULL)) || !image_write (dir, out, &options, NULL)
      || !file_remove_tree (AT_FDCWD, path, NULL) || lseek (out, 0, SEEK_SET) != 0)
    abort ();
  return (uint8_t *) file_read_fd (out, "image", 1 << 20, ret_size, NULL);
}

const char *const fuzz_words[] = { "hsqs", "\xff\xff\xff\xff", "..", "/", "metadata", "files", "\x28\xb5\x2f\xfd", NULL };
