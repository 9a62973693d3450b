/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "store/publish.h"

#include "tests/unit/store/folder.h"

#define REF "app/org.example.Editor/x86_64/stable"
#define METADATA "[Application]\nname=org.example.Editor\nruntime=org.example.Platform/x86_64/1\n"

static void
fill (int fd, const char *tree, mode_t extra_mode)
{
  g_autofree char *metadata = g_build_filename (tree, "metadata", NULL);
  g_autofree char *program = g_build_filename (tree, "files/bin/x", NULL);
  g_autofree char *text = g_build_filename (tree, "files/share/text", NULL);
  g_autofree char *link = g_build_filename (tree, "files/link", NULL);
  g_autofree char *share = g_build_filename (tree, "files/share", NULL);

  folder_write (fd, metadata, METADATA, 0644);
  folder_write (fd, program, "program", 0755 | extra_mode);
  folder_write (fd, text, "text", 0644 | (extra_mode & 0666));
  g_assert_cmpint (symlinkat ("share/text", fd, link), ==, 0);
  g_assert_cmpint (fchmodat (fd, share, 0755 | (extra_mode & 022), 0), ==, 0);
}

static char *
publish (Folder *folder, const char *repo, const char *tree, gint64 timestamp, GError **error)
{
  g_autofree char *repo_path = g_build_filename (folder->path, repo, NULL);
  g_autoptr (Ref) ref = ref_parse (REF, NULL);
  autofd tree_fd = openat (folder->fd, tree, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
  PublishOptions options = { .subject = "subject", .body = "body", .timestamp = timestamp };
  char *checksum = NULL;

  g_assert_cmpint (tree_fd, >=, 0);
  publish_commit (repo_path, tree_fd, ref, &options, &checksum, error);
  return checksum;
}

static char *
publish_good (Folder *folder, const char *repo, const char *tree, gint64 timestamp)
{
  g_autoptr (GError) error = NULL;
  char *checksum = publish (folder, repo, tree, timestamp, &error);

  g_assert_no_error (error);
  g_assert_cmpuint (strlen (checksum), ==, 64);
  return checksum;
}

static void
assert_refused (Folder *folder, const char *tree, const char *words)
{
  g_autoptr (GError) error = NULL;
  g_autofree char *checksum = publish (folder, "repo", tree, 1000, &error);

  g_assert_null (checksum);
  g_assert_nonnull (error);
  if (strstr (error->message, words) == NULL)
    g_error ("\"%s\" is not in: %s", words, error->message);
}

/* Whatever modes, times and other entries the tree has, wherever the repository is: the same commit. */
static void
test_same (Folder *folder, gconstpointer data)
{
  fill (folder->fd, "tree", 0);
  g_autofree char *first = publish_good (folder, "repo", "tree", 1000);
  g_autofree char *again = publish_good (folder, "repo", "tree", 1000);
  g_assert_cmpstr (first, ==, again);

  fill (folder->fd, "other", 04022);
  folder_write (folder->fd, "other/notes", "left out", 0644);
  mode_t old_mask = umask (077);
  g_autofree char *elsewhere = publish_good (folder, "deeper/repo", "other", 1000);
  umask (old_mask);
  g_assert_cmpstr (first, ==, elsewhere);

  folder_write (folder->fd, "other/files/share/text", "texT", 0644);
  g_autofree char *changed = publish_good (folder, "deeper/repo", "other", 1000);
  g_assert_cmpstr (first, !=, changed);
  g_autofree char *later = publish_good (folder, "repo", "tree", 1001);
  g_assert_cmpstr (first, !=, later);
}

static void
test_back_in_time (Folder *folder, gconstpointer data)
{
  g_autoptr (GError) error = NULL;

  fill (folder->fd, "tree", 0);
  g_autofree char *late = publish_good (folder, "repo", "tree", 2000);
  g_autofree char *early = publish (folder, "repo", "tree", 1999, &error);
  g_assert_null (early);
  g_assert_nonnull (strstr (error->message, "later version"));
  g_autofree char *again = publish_good (folder, "repo", "tree", 2001);
  g_assert_cmpstr (late, !=, again);
}

static void
test_bad_trees (Folder *folder, gconstpointer data)
{
  folder_write (folder->fd, "none/files/x", "x", 0644);
  assert_refused (folder, "none", "metadata");
  fill (folder->fd, "mask", 0);
  folder_write (folder->fd, "mask/metadata", "[Application]\nname=org.example.Mask\nruntime=a.b.c/x/y\n", 0644);
  assert_refused (folder, "mask", "org.example.Mask");
  folder_write (folder->fd, "mask/metadata", "[Runtime]\nname=org.example.Editor\n", 0644);
  assert_refused (folder, "mask", "runtime \"org.example.Editor\"");
  folder_write (folder->fd, "empty/metadata", METADATA, 0644);
  assert_refused (folder, "empty", "\"files\"");
  fill (folder->fd, "pipe", 0);
  g_assert_cmpint (mkfifoat (folder->fd, "pipe/files/pipe", 0644), ==, 0);
  assert_refused (folder, "pipe", "cannot publish");
  g_assert_cmpint (unlinkat (folder->fd, "pipe/files/pipe", 0), ==, 0);
  g_autofree char *good = publish_good (folder, "repo", "pipe", 1000);
}

#define ADD(name, function) \
  g_test_add ("/store/publish/" name, Folder, NULL, folder_set_up, function, folder_tear_down)

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  ADD ("same", test_same);
  ADD ("back-in-time", test_back_in_time);
  ADD ("bad-trees", test_bad_trees);
  return g_test_run ();
}
