/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * hostile-tree REPO COMMIT file|folder NAME: write a copy of a commit whose folder files/ has one more entry with any
 * name at all, such as "../x", which ostree itself would not write.  Objects are written byte by byte, by GVariant
 * alone.  Prints the new commit.
 */
#include <glib.h>
#include <stdio.h>
#include <string.h>

#define COMMIT_TYPE "(a{sv}aya(say)sstayay)"
#define TREE_TYPE "(a(say)a(sayay))"

static char *
object_path (const char *repo, const char *checksum, const char *kind)
{
  return g_strdup_printf ("%s/objects/%.2s/%s.%s", repo, checksum, checksum + 2, kind);
}

static GVariant *
load (const char *repo, const char *checksum, const char *kind, const char *type)
{
  g_autofree char *path = object_path (repo, checksum, kind);
  char *data = NULL;
  gsize length = 0;

  if (!g_file_get_contents (path, &data, &length, NULL))
    g_error ("cannot read %s", path);
  return g_variant_ref_sink (g_variant_new_from_data (G_VARIANT_TYPE (type), data, length, FALSE, g_free, data));
}

static char *
save (const char *repo, const char *kind, GVariant *floating)
{
  g_autoptr (GVariant) variant = g_variant_ref_sink (floating);
  char *checksum = g_compute_checksum_for_data (G_CHECKSUM_SHA256, g_variant_get_data (variant),
                                                g_variant_get_size (variant));
  g_autofree char *path = object_path (repo, checksum, kind);
  g_autofree char *folder = g_path_get_dirname (path);

  g_mkdir_with_parents (folder, 0755);
  if (!g_file_set_contents (path, g_variant_get_data (variant), (gssize) g_variant_get_size (variant), NULL))
    g_error ("cannot write %s", path);
  return checksum;
}

static GVariant *
to_bytes (const char *checksum)
{
  guint8 bytes[32];

  for (gsize i = 0; i < sizeof bytes; i++)
    bytes[i] = (guint8) (g_ascii_xdigit_value (checksum[2 * i]) << 4 | g_ascii_xdigit_value (checksum[2 * i + 1]));
  return g_variant_new_fixed_array (G_VARIANT_TYPE_BYTE, bytes, sizeof bytes, 1);
}

static char *
from_bytes (GVariant *bytes)
{
  GString *text = g_string_new (NULL);
  gsize length = 0;
  const guint8 *data = g_variant_get_fixed_array (bytes, &length, 1);

  for (gsize i = 0; i < length; i++)
    g_string_append_printf (text, "%02x", data[i]);
  return g_string_free (text, FALSE);
}

/* `tree` with an entry more; its content is the first file of `donor`, or `tree` itself as a folder. */
static char *
add_entry (const char *repo, GVariant *tree, GVariant *donor, GVariant *tree_bytes, GVariant *meta_bytes,
           gboolean folder, const char *name)
{
  g_autoptr (GVariant) files = g_variant_get_child_value (tree, 0);
  g_autoptr (GVariant) folders = g_variant_get_child_value (tree, 1);
  g_autoptr (GVariant) donor_files = g_variant_get_child_value (donor, 0);
  g_autoptr (GVariant) content = NULL;
  GVariantBuilder new_files, new_folders;

  g_variant_get_child (donor_files, 0, "(&s@ay)", NULL, &content);
  g_variant_builder_init (&new_files, G_VARIANT_TYPE ("a(say)"));
  g_variant_builder_init (&new_folders, G_VARIANT_TYPE ("a(sayay)"));
  if (folder)
    g_variant_builder_add (&new_folders, "(s@ay@ay)", name, tree_bytes, meta_bytes);
  else
    g_variant_builder_add (&new_files, "(s@ay)", name, content);
  for (gsize i = 0; i < g_variant_n_children (files); i++)
    g_variant_builder_add_value (&new_files, g_variant_get_child_value (files, i));
  for (gsize i = 0; i < g_variant_n_children (folders); i++)
    g_variant_builder_add_value (&new_folders, g_variant_get_child_value (folders, i));
  return save (repo, "dirtree", g_variant_new (TREE_TYPE, &new_files, &new_folders));
}

/* The root with `files` replaced. */
static char *
make_root (const char *repo, GVariant *root, gboolean folder, const char *name)
{
  g_autoptr (GVariant) files = g_variant_get_child_value (root, 0);
  g_autoptr (GVariant) folders = g_variant_get_child_value (root, 1);
  GVariantBuilder builder;

  g_variant_builder_init (&builder, G_VARIANT_TYPE ("a(sayay)"));
  for (gsize i = 0; i < g_variant_n_children (folders); i++)
    {
      g_autoptr (GVariant) tree_bytes = NULL, meta_bytes = NULL;
      const char *folder_name;
      g_variant_get_child (folders, i, "(&s@ay@ay)", &folder_name, &tree_bytes, &meta_bytes);
      g_autofree char *checksum = from_bytes (tree_bytes);
      if (strcmp (folder_name, "files") == 0)
        {
          g_autoptr (GVariant) tree = load (repo, checksum, "dirtree", TREE_TYPE);
          g_free (checksum);
          checksum = add_entry (repo, tree, root, tree_bytes, meta_bytes, folder, name);
        }
      g_variant_builder_add (&builder, "(s@ay@ay)", folder_name, to_bytes (checksum), meta_bytes);
    }
  return save (repo, "dirtree", g_variant_new ("(@a(say)a(sayay))", files, &builder));
}

int
main (int argc, char **argv)
{
  if (argc != 5)
    {
      fprintf (stderr, "usage: hostile-tree REPO COMMIT file|folder NAME\n");
      return 2;
    }
  g_autoptr (GVariant) commit = load (argv[1], argv[2], "commit", COMMIT_TYPE);
  g_autoptr (GVariant) root_bytes = g_variant_get_child_value (commit, 6);
  g_autofree char *root_checksum = from_bytes (root_bytes);
  g_autoptr (GVariant) root = load (argv[1], root_checksum, "dirtree", TREE_TYPE);
  g_autofree char *new_root = make_root (argv[1], root, strcmp (argv[3], "folder") == 0, argv[4]);
  GVariant *parts[8];

  for (gsize i = 0; i < G_N_ELEMENTS (parts); i++)
    parts[i] = i == 6 ? to_bytes (new_root) : g_variant_get_child_value (commit, i);
  g_autofree char *checksum = save (argv[1], "commit", g_variant_new_tuple (parts, G_N_ELEMENTS (parts)));
  puts (checksum);
  return 0;
}
