/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "builder/strip.h"

#include "base/error.h"
#include "builder/command.h"
#include "builder/tree/elf.h"

/* Well below the limit of a command line, with paths of the greatest length. */
#define FILES_AT_A_TIME 100

static const char *const tools[] = { "strip", NULL };

static gboolean
strip_some (const Workshop *workshop, const BuildModule *module, const GPtrArray *paths, guint start, gboolean shared, BuildLog *log,
            GError **error)
{
  g_autoptr (GPtrArray) argv = g_ptr_array_new_with_free_func (g_free);
  WorkshopCommand command = { .module = module, .source_fd = -1, .cwd = "/app" };

  if (!workshop_find_tools (workshop, tools, "binutils", &command.tools, error))
    return FALSE;
  g_ptr_array_add (argv, g_strdup ("strip"));
  g_ptr_array_add (argv, g_strdup ("--remove-section=.comment"));
  g_ptr_array_add (argv, g_strdup ("--remove-section=.note"));
  if (shared)
    g_ptr_array_add (argv, g_strdup ("--strip-unneeded"));
  g_ptr_array_add (argv, g_strdup ("--"));
  for (guint i = start; i < paths->len && i < start + FILES_AT_A_TIME; i++)
    g_ptr_array_add (argv, g_strdup (paths->pdata[i]));
  g_ptr_array_add (argv, NULL);
  command.argv = (const char *const *) argv->pdata;
  build_log_note (log, "strip: %u files", MIN (paths->len - start, FILES_AT_A_TIME));
  return command_run (workshop, &command, log, error);
}

gboolean
strip_files (const Workshop *workshop, const BuildModule *module, const GPtrArray *changes, BuildLog *log, gboolean *ret_stripped,
             GError **error)
{
  g_autoptr (GPtrArray) files = elf_with_symbols (workshop->tree_fd, changes);

  *ret_stripped = files->len > 0;
  for (int shared = 0; shared <= 1; shared++)
    {
      g_autoptr (GPtrArray) paths = g_ptr_array_new ();

      for (guint i = 0; i < files->len; i++)
        {
          ElfFile *file = files->pdata[i];

          if (file->shared == shared)
            g_ptr_array_add (paths, file->path);
        }
      for (guint i = 0; i < paths->len; i += FILES_AT_A_TIME)
        if (!strip_some (workshop, module, paths, i, shared, log, error))
          return error_prefix (error, "module '%s', strip", module->name);
    }
  return TRUE;
}
