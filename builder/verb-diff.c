/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include <fcntl.h>
#include <stdio.h>
#include <string.h>

#include "base/error.h"
#include "base/file.h"
#include "base/json.h"
#include "base/terminal.h"
#include "builder/tree/compare.h"
#include "builder/tree/needs.h"
#include "builder/unpacked.h"
#include "builder/verbs.h"

#define METADATA_MAX (1u << 20)
#define DESCRIPTION                                                                  \
  "Permissions and other metadata first, then files, then libraries that\n"         \
  "programs need.  Exit status: 0; with --exit-code 1 when there is a difference."

/* What is said about two images; each of the lists holds lines (char *) that begin with '+', '-' or '~'. */
typedef struct
{
  GPtrArray *metadata, *files, *needs;
  guint64 image_size[2], content_size[2];
} Report;

static GKeyFile *
read_metadata (const UnpackedImage *image)
{
  g_autoptr (GKeyFile) keyfile = g_key_file_new ();
  gsize length;
  g_autofree char *text = file_read_beneath (image->root_fd, "metadata", METADATA_MAX, &length, NULL);

  /* One that can't be read has no keys, and then the file itself is told as different. */
  if (text != NULL)
    (void) g_key_file_load_from_data (keyfile, text, length, G_KEY_FILE_NONE, NULL);
  return g_steal_pointer (&keyfile);
}

/* "group: key=word", one for each word of a list, so that one permission is one line. */
static GPtrArray *
metadata_words (GKeyFile *keyfile)
{
  GPtrArray *words = g_ptr_array_new_with_free_func (g_free);
  g_auto (GStrv) groups = g_key_file_get_groups (keyfile, NULL);

  for (gsize i = 0; groups[i] != NULL; i++)
    {
      g_auto (GStrv) keys = g_key_file_get_keys (keyfile, groups[i], NULL, NULL);

      for (gsize j = 0; keys != NULL && keys[j] != NULL; j++)
        {
          g_autofree char *value = g_key_file_get_value (keyfile, groups[i], keys[j], NULL);
          g_auto (GStrv) list = g_strsplit (value != NULL ? value : "", ";", -1);

          for (gsize k = 0; list[k] != NULL; k++)
            if (*list[k] != '\0' || list[1] == NULL)
              g_ptr_array_add (words, g_strdup_printf ("%s: %s=%s", groups[i], keys[j], list[k]));
        }
    }
  g_ptr_array_add (words, NULL);
  return words;
}

static void
add_missing (GPtrArray *lines, char sign, const char *what, const GPtrArray *from, const GPtrArray *other)
{
  for (guint i = 0; i < from->len && from->pdata[i] != NULL; i++)
    if (!g_strv_contains ((const char *const *) other->pdata, from->pdata[i]))
      g_ptr_array_add (lines, g_strdup_printf ("%c %s%s", sign, what, (const char *) from->pdata[i]));
}

static void
compare_metadata (const UnpackedImage *old, const UnpackedImage *new, Report *report)
{
  g_autoptr (GKeyFile) old_file = read_metadata (old), new_file = read_metadata (new);
  g_autoptr (GPtrArray) was = metadata_words (old_file), is = metadata_words (new_file);

  add_missing (report->metadata, '-', "", was, is);
  add_missing (report->metadata, '+', "", is, was);
}

static void
compare_needs (const UnpackedImage *old, const UnpackedImage *new, const char *path, Report *report)
{
  g_autoptr (GPtrArray) was = elf_needs (old->root_fd, path), is = elf_needs (new->root_fd, path);
  g_autofree char *what = g_strconcat (path, ": ", NULL);

  g_ptr_array_add (was, NULL);
  g_ptr_array_add (is, NULL);
  add_missing (report->needs, '-', what, was, is);
  add_missing (report->needs, '+', what, is, was);
}

static char *
describe (const TreeDifference *difference)
{
  gint64 more = (gint64) (difference->new_size - difference->old_size);

  if (difference->kind == TREE_ADDED)
    return g_strdup_printf ("+ %s (%" G_GUINT64_FORMAT " bytes)", difference->path, difference->new_size);
  if (difference->kind == TREE_REMOVED)
    return g_strdup_printf ("- %s (%" G_GUINT64_FORMAT " bytes)", difference->path, difference->old_size);
  if (more == 0)
    return g_strdup_printf ("~ %s: %s", difference->path, difference->detail);
  return g_strdup_printf ("~ %s: %s (%+" G_GINT64_FORMAT " bytes)", difference->path, difference->detail, more);
}

static gboolean
compare (const UnpackedImage *old, const UnpackedImage *new, Report *report, GError **error)
{
  g_autoptr (GPtrArray) differences = tree_compare (old->root_fd, new->root_fd, error);

  if (differences == NULL || !tree_total_size (old->root_fd, &report->content_size[0], error)
      || !tree_total_size (new->root_fd, &report->content_size[1], error))
    return FALSE;
  report->image_size[0] = old->size;
  report->image_size[1] = new->size;
  compare_metadata (old, new, report);
  for (guint i = 0; i < differences->len; i++)
    {
      const TreeDifference *difference = differences->pdata[i];

      g_ptr_array_add (report->files, describe (difference));
      compare_needs (old, new, difference->path, report);
    }
  return TRUE;
}

static void
print_list (const char *title, const GPtrArray *lines)
{
  if (lines->len > 0)
    printf ("%s:\n", title);
  for (guint i = 0; i < lines->len; i++)
    {
      g_autofree char *safe = terminal_escape (lines->pdata[i], FALSE);
      printf ("  %s\n", safe);
    }
}

static void
print_json (const Report *report)
{
  g_autoptr (JsonBuilder) json = json_builder_new ();
  const GPtrArray *const lists[] = { report->metadata, report->files, report->needs };
  static const char *const names[] = { "metadata", "files", "needs" };

  json_builder_begin_object (json);
  for (gsize i = 0; i < G_N_ELEMENTS (lists); i++)
    {
      g_autoptr (GPtrArray) valid = g_ptr_array_new_with_free_func (g_free);

      for (guint j = 0; j < lists[i]->len; j++)
        g_ptr_array_add (valid, g_utf8_make_valid (lists[i]->pdata[j], -1)); /* file names are any bytes */
      g_ptr_array_add (valid, NULL);
      json_add_strings (json, names[i], (char *const *) valid->pdata);
    }
  json_add_integer (json, "old-image-size", (gint64) report->image_size[0]);
  json_add_integer (json, "new-image-size", (gint64) report->image_size[1]);
  json_add_integer (json, "old-content-size", (gint64) report->content_size[0]);
  json_add_integer (json, "new-content-size", (gint64) report->content_size[1]);
  json_builder_end_object (json);
  json_print (json);
}

static void
print_text (const Report *report)
{
  print_list ("permissions and metadata", report->metadata);
  print_list ("files", report->files);
  print_list ("libraries needed", report->needs);
  if (report->files->len == 0)
    {
      printf ("no difference\n");
      return;
    }
  printf ("size: image %" G_GUINT64_FORMAT " -> %" G_GUINT64_FORMAT ", content %" G_GUINT64_FORMAT " -> %" G_GUINT64_FORMAT " bytes\n",
          report->image_size[0], report->image_size[1], report->content_size[0], report->content_size[1]);
}

static int
run (int argc, char **argv, GError **error)
{
  gboolean exit_code = FALSE, json = FALSE, done = FALSE;
  const GOptionEntry entries[] = {
    { "exit-code", 0, 0, G_OPTION_ARG_NONE, &exit_code, "Exit with 1 when there is a difference", NULL },
    { "json", 0, 0, G_OPTION_ARG_NONE, &json, "Print JSON", NULL },
    { NULL },
  };

  g_set_prgname ("appbuild diff"); /* for "Usage:" */
  if (!verb_parse_options (&verb_diff, DESCRIPTION, entries, FALSE, &argc, &argv, &done, error))
    return -1;
  if (done)
    return 0;
  if (argc != 3)
    {
      error_throw_code (error, ERROR_USAGE, "two images are wanted, the older first");
      return -1;
    }
  g_autoptr (UnpackedImage) old = unpacked_open (argv[1], error);
  g_autoptr (UnpackedImage) new = old != NULL ? unpacked_open (argv[2], error) : NULL;
  if (new == NULL)
    return -1;
  g_autoptr (GPtrArray) metadata = g_ptr_array_new_with_free_func (g_free), files = g_ptr_array_new_with_free_func (g_free),
                        needs = g_ptr_array_new_with_free_func (g_free);
  Report report = { metadata, files, needs, { 0, 0 }, { 0, 0 } };
  if (!compare (old, new, &report, error))
    return -1;
  if (json)
    print_json (&report);
  else
    print_text (&report);
  return exit_code && files->len > 0 ? 1 : 0;
}

const Verb verb_diff = { "diff", "OLD NEW", "Say how two images differ", run };
