/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * publish-tree REPO TREE REF TIME [KEY HOMEDIR]: publish a folder as it is, for tests that need a repository without
 * a build.  Prints the commit.
 */
#include <stdio.h>

#include "base/error.h"
#include "base/file.h"
#include "store/publish.h"

static gboolean
publish (int argc, char **argv, GError **error)
{
  PublishOptions options = { .subject = "a test", .timestamp = g_ascii_strtoll (argv[4], NULL, 10) };
  g_autofree char *checksum = NULL;
  g_autoptr (Ref) ref = ref_parse (argv[3], error);
  autofd tree_fd = ref == NULL ? -1 : file_open (AT_FDCWD, argv[2], O_RDONLY | O_DIRECTORY, 0, error);

  if (argc == 7)
    {
      options.gpg_key_id = argv[5];
      options.gpg_homedir = argv[6];
    }
  if (tree_fd < 0 || !publish_commit (argv[1], tree_fd, ref, &options, &checksum, error))
    return FALSE;
  puts (checksum);
  return TRUE;
}

int
main (int argc, char **argv)
{
  g_autoptr (GError) error = NULL;

  if (argc != 5 && argc != 7)
    {
      fprintf (stderr, "usage: publish-tree REPO TREE REF TIME [KEY HOMEDIR]\n");
      return 2;
    }
  if (publish (argc, argv, &error))
    return 0;
  fprintf (stderr, "publish-tree: %s\n", error->message);
  return 1;
}
