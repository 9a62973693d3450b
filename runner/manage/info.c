/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include <fcntl.h>
#include <stdio.h>

#include "base/error.h"
#include "base/file.h"
#include "base/json.h"
#include "base/terminal.h"
#include "runner/manage/manage.h"
#include "runner/manage/show.h"

static void
add_row (GPtrArray *rows, const char *name, const char *value)
{
  char **row = g_new0 (char *, 3);

  row[0] = g_strdup (name);
  row[1] = g_strdup (value);
  g_ptr_array_add (rows, row);
}

/* The part of the metadata that says what the app may do: everything but its first group. */
static void
print_permissions (const Metadata *metadata)
{
  g_auto (GStrv) groups = g_key_file_get_groups (metadata->keyfile, NULL);

  for (gsize i = 0; groups[i] != NULL; i++)
    {
      g_auto (GStrv) keys = g_key_file_get_keys (metadata->keyfile, groups[i], NULL, NULL);
      if (g_str_equal (groups[i], "Application") || g_str_equal (groups[i], "Runtime")
          || g_str_equal (groups[i], "Nacelle Bundle") || keys == NULL)
        continue;
      g_autofree char *group = terminal_escape (groups[i], FALSE);
      printf ("\n[%s]\n", group);
      for (gsize j = 0; keys[j] != NULL; j++)
        {
          g_autofree char *value = g_key_file_get_value (metadata->keyfile, groups[i], keys[j], NULL);
          g_autofree char *line = g_strdup_printf ("%s=%s", keys[j], value != NULL ? value : "");
          g_autofree char *safe = terminal_escape (line, FALSE);
          puts (safe);
        }
    }
}

static void
print_reasons (const Metadata *metadata)
{
  g_auto (GStrv) reasons = metadata_reasons (metadata);

  if (*reasons != NULL)
    puts ("\nThe author's reasons:");
  for (char **reason = reasons; *reason != NULL; reason++)
    {
      g_autofree char *safe = terminal_escape (*reason, FALSE);
      printf ("  %s\n", safe);
    }
}

static void
print_text (const Deployment *deployment)
{
  g_autoptr (GPtrArray) rows = g_ptr_array_new_with_free_func ((GDestroyNotify) g_strfreev);
  g_autofree char *name = ref_format (deployment->ref);
  g_autofree char *size = terminal_size (deployment->size);
  g_autofree char *date = deployment->install_time == 0 ? NULL : manage_format_time (deployment->install_time);
  const Metadata *metadata = deployment->metadata;

  add_row (rows, "ref:", name);
  if (metadata->runtime != NULL)
    add_row (rows, "runtime:", metadata->runtime);
  if (metadata->command != NULL)
    add_row (rows, "command:", metadata->command);
  if (date != NULL)
    add_row (rows, "from:", deployment->origin != NULL ? deployment->origin : "a file");
  add_row (rows, "version:", deployment->checksum);
  add_row (rows, "form:", deployment->form == DEPLOYMENT_IMAGE ? "image" : "folder");
  add_row (rows, "size:", size);
  add_row (rows, "installed:", date != NULL ? date : "no, this is a file");
  add_row (rows, "where:", deployment->path);
  terminal_table (NULL, rows);
  print_permissions (metadata);
  print_reasons (metadata);
}

static void
print_json (const Deployment *deployment)
{
  g_autoptr (JsonBuilder) builder = json_builder_new ();

  json_builder_begin_object (builder);
  show_add_json (builder, deployment);
  json_add_string (builder, "path", deployment->path);
  json_add_string (builder, "metadata", deployment->metadata->text);
  json_builder_end_object (builder);
  json_print (builder);
}

/* Before it is installed: what it is and what it may do. */
static Deployment *
open_file (const char *path, GError **error)
{
  /* Not to hang on a pipe. */
  autofd fd = file_open (AT_FDCWD, path, O_RDONLY | O_NONBLOCK | O_NOCTTY, 0, error);
  Deployment *image = fd < 0 ? NULL : store_inspect_image (fd, path, error);

  if (image != NULL)
    image->path = g_canonicalize_filename (path, NULL);
  return image;
}

static Deployment *
open_installed (const char *text, GError **error)
{
  g_autoptr (Ref) ref = manage_find_installed (text, error);

  return ref == NULL ? NULL : deployment_open (ref, error);
}

static int
run (int argc, char **argv, GError **error)
{
  gboolean json = FALSE;
  gboolean done = FALSE;
  const GOptionEntry entries[] = {
    { "json", 0, 0, G_OPTION_ARG_NONE, &json, "For programs", NULL },
    { NULL },
  };

  if (!manage_parse (&info_verb, NULL, entries, 1, 1, &argc, &argv, &done, error))
    return -1;
  if (done)
    return 0;
  g_autoptr (Deployment) deployment = manage_is_file (argv[1]) ? open_file (argv[1], error) : open_installed (argv[1], error);
  if (deployment == NULL)
    return -1;
  if (json)
    print_json (deployment);
  else
    print_text (deployment);
  return 0;
}

const Verb info_verb = { "info", "ID|FILE", "Show one in detail, with what it may do", run };

