/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * Kept launches as bytes, their keys, and the notes that are taken.
 */
#include <glib/gstdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "runner/front/front.h"

static void
launch_make (void **ret_data, gsize *ret_size)
{
  static const char plan[] = "some plan with its number 1234567890 in it";
  FrontImage images[] = { { .name = "app/org.example.X/x/y", .folder = "/store/x", .state = { .ino = 7 } } };
  FrontSource sources[] = { { .kind = FRONT_FILES }, { .kind = FRONT_PLACE, .path = "/home", .state = { .ino = 8 } } };
  Witness witnesses[] = { { (char *) "/etc/passwd", { .size = 9 } }, { (char *) "", { .error = 2 } } };
  FrontLaunch launch = { .key = "key\0with", .key_size = 9, .command = "run", .images = images, .n_images = 1, .sources = sources,
                         .n_sources = 2, .witnesses = witnesses, .n_witnesses = 2, .plan = (void *) plan, .plan_size = sizeof plan,
                         .instance = 26 };

  g_assert_cmpint (front_write (&launch, ret_data, ret_size), ==, 0);
}

static int
read_copy (const void *data, gsize size, FrontLaunch *launch)
{
  void *copy = malloc (size > 0 ? size : 1);

  memcpy (copy, data, size);
  return front_read (copy, size, launch);
}

static void
test_bytes (void)
{
  FrontLaunch launch;
  void *data;
  gsize size;

  launch_make (&data, &size);
  g_assert_cmpint (read_copy (data, size, &launch), ==, 0);
  g_assert_cmpmem (launch.key, launch.key_size, "key\0with", 9);
  g_assert_cmpstr (launch.command, ==, "run");
  g_assert_cmpstr (launch.images[0].folder, ==, "/store/x");
  g_assert_cmpuint (launch.images[0].state.ino, ==, 7);
  g_assert_cmpuint (launch.n_sources, ==, 2);
  g_assert_cmpstr (launch.sources[1].path, ==, "/home");
  g_assert_cmpuint (launch.sources[1].state.ino, ==, 8);
  g_assert_cmpuint (launch.n_witnesses, ==, 2);
  g_assert_cmpint (launch.witnesses[1].state.error, ==, 2);
  g_assert_cmpmem ((const char *) launch.plan + launch.instance, 10, "1234567890", 10);
  front_clear (&launch);
  free (data);
}

static void
test_damage (void)
{
  FrontLaunch launch;
  void *data;
  gsize size;

  launch_make (&data, &size);
  for (gsize i = 0; i < size; i++)
    {
      ((char *) data)[i] ^= 0x20;
      g_assert_cmpint (read_copy (data, size, &launch), <, 0);
      ((char *) data)[i] ^= 0x20;
      g_assert_cmpint (read_copy (data, i, &launch), <, 0);
    }
  free (data);
}

static char *
key_text (const char *const *argv, const char *const *env, int *ret_n_words)
{
  gsize size = 0;
  char *key = front_key ((int) g_strv_length ((char **) argv), (char *const *) argv, (char *const *) env, &size, ret_n_words);
  char *text = key != NULL ? g_strndup ("", 0) : NULL;

  if (key != NULL)
    {
      g_free (text);
      for (gsize i = 0; i < size; i++)
        if (key[i] == '\0')
          key[i] = '\n';
      text = g_strndup (key, size);
    }
  free (key);
  return text;
}

static void
test_key (void)
{
  const char *const env[] = { "A=1", "SHLVL=1", NULL }, *const other_env[] = { "A=2", NULL }, *const same_env[] = { "A=1", NULL };
  const char *const plain[] = { "apprun", "--x=1", "org.x.Y", "a", NULL }, *const other[] = { "apprun", "--x=1", "org.x.Y", NULL },
                    *const option[] = { "apprun", "--x=2", "org.x.Y", NULL }, *const none[] = { "apprun", "--version", NULL };
  int n = 0;
  g_autofree char *key = key_text (plain, env, &n);

  g_assert_cmpint (n, ==, 3);
  g_autofree char *same = key_text (other, same_env, &n);
  g_assert_cmpstr (key, ==, same);
  g_autofree char *with_env = key_text (plain, other_env, &n);
  g_assert_cmpstr (key, !=, with_env);
  g_autofree char *with_option = key_text (option, env, &n);
  g_assert_cmpstr (key, !=, with_option);
  g_assert_null (key_text (none, env, &n));
}

static void
check_changed (WitnessKind kind, const char *path, WitnessState *state, gboolean is_changed)
{
  WitnessState now;

  g_assert_true (witness_look (kind, path, &now));
  g_assert_cmpint (witness_is (&now, state), ==, !is_changed);
  *state = now;
}

static void
test_witnesses (void)
{
  g_autofree char *root = g_dir_make_tmp ("front-XXXXXX", NULL);
  g_autofree char *folder = realpath (root, NULL);
  g_autofree char *file = g_build_filename (folder, "file", NULL);
  g_autofree char *link = g_build_filename (folder, "link", NULL);
  WitnessState of_file, of_link, of_folder, of_place;

  g_assert_true (witness_look (WITNESS_FILE, file, &of_file));
  g_assert_cmpint (of_file.error, ==, ENOENT);
  g_assert_true (witness_look (WITNESS_FILE, folder, &of_folder));
  if (!witness_look (WITNESS_PLACE, folder, &of_place))
    {
      g_test_skip ("kernel: openat2 is not there");
      return;
    }
  g_assert_true (g_file_set_contents (file, "one", -1, NULL));
  check_changed (WITNESS_FILE, file, &of_file, TRUE);
  check_changed (WITNESS_FILE, file, &of_file, FALSE);
  check_changed (WITNESS_PLACE, folder, &of_place, FALSE);
  g_assert_cmpint (symlink ("file", link), ==, 0);
  g_assert_true (witness_look (WITNESS_LINK, link, &of_link));
  check_changed (WITNESS_FILE, link, &of_file, FALSE);
  g_assert_true (g_file_set_contents (file, "three", -1, NULL));
  check_changed (WITNESS_FILE, link, &of_file, TRUE);
  check_changed (WITNESS_LINK, link, &of_link, FALSE);
  g_assert_true (witness_look (WITNESS_PLACE, link, &of_place));
  g_assert_cmpint (of_place.error, ==, ELOOP);
  g_assert_cmpint (unlink (link), ==, 0);
  g_assert_cmpint (unlink (file), ==, 0);
  g_assert_cmpint (rmdir (folder), ==, 0);
}

/* What changes again within a step of the clock of files would look the same. */
static void
test_settled (void)
{
  g_autofree char *folder = g_dir_make_tmp ("front-XXXXXX", NULL);
  g_autofree char *file = g_build_filename (folder, "file", NULL);
  gsize n = 0;

  witness_note (WITNESS_FILE, file);
  g_assert_null (witness_list (&n));    /* not begun */
  g_assert_true (g_file_set_contents (file, "one", -1, NULL));
  witness_begin ();
  witness_note (WITNESS_FILE, file);
  witness_note (WITNESS_FILE, file);
  g_assert_null (witness_list (&n));
  for (int i = 0; i < 3000 && witness_list (&n) == NULL; i++)
    g_usleep (10000);
  g_assert_nonnull (witness_list (&n));
  g_assert_cmpuint (n, ==, 1);
  g_assert_true (g_file_set_contents (file, "other", -1, NULL));
  witness_note (WITNESS_FILE, file);
  g_assert_null (witness_list (&n));    /* it has changed between two looks */
  g_assert_cmpint (unlink (file), ==, 0);
  g_assert_cmpint (rmdir (folder), ==, 0);
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/front/bytes", test_bytes);
  g_test_add_func ("/front/damage", test_damage);
  g_test_add_func ("/front/key", test_key);
  g_test_add_func ("/front/witnesses", test_witnesses);
  g_test_add_func ("/front/settled", test_settled);
  return g_test_run ();
}
