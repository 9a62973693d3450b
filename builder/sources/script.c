/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * `script`: `commands` as an executable shell script; `shell`: commands run in the sandbox where the sources lie.
 */
#include "builder/sources/kinds.h"

#include "base/error.h"
#include "base/file.h"
#include "builder/sources/content.h"
#include "builder/sources/hashes.h"
#include "builder/sources/steps.h"

static gboolean
commands_digest (const ManifestSource *source, const SourceContext *context, GChecksum *checksum, GError **error)
{
  checksum_add_list (checksum, "commands", source->commands);
  checksum_add (checksum, "dest", source->dest);
  checksum_add (checksum, "dest-filename", source->dest_filename);
  return TRUE;
}

static gboolean
script_extract (const ManifestSource *source, const SourceContext *context, int tree_fd, GError **error)
{
  g_autoptr (GString) text = g_string_new ("#!/bin/sh\n");
  g_autofree char *name = NULL;
  autofd dest_fd = -1;

  if (!content_file_name (source, "autogen.sh", &name, error))
    return FALSE;
  for (gsize i = 0; source->commands != NULL && source->commands[i] != NULL; i++)
    g_string_append_printf (text, "%s\n", source->commands[i]);
  dest_fd = content_dest (source, tree_fd, error);
  return dest_fd >= 0 && content_write (dest_fd, name, text->str, text->len, 0755, error);
}

static gboolean
shell_extract (const ManifestSource *source, const SourceContext *context, int tree_fd, GError **error)
{
  autofd dest_fd = content_dest (source, tree_fd, error);

  return dest_fd >= 0;
}

static GPtrArray *
shell_steps (const ManifestSource *source, const SourceContext *context, GError **error)
{
  GPtrArray *steps = source_steps_new ();

  for (gsize i = 0; source->commands != NULL && source->commands[i] != NULL; i++)
    {
      const char *argv[] = { "sh", "-c", source->commands[i], NULL };
      g_autofree char *title = g_strdup_printf ("shell[%" G_GSIZE_FORMAT "]", i + 1);

      source_steps_add (steps, title, argv, source->dest);
    }
  return steps;
}

const SourceKind source_kind_script = {
  .type = "script",
  .digest = commands_digest,
  .extract = script_extract,
};

const SourceKind source_kind_shell = {
  .type = "shell",
  .digest = commands_digest,
  .extract = shell_extract,
  .steps = shell_steps,
};
