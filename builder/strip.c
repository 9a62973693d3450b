/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "builder/strip.h"

#include "base/error.h"
#include "builder/command.h"
#include "builder/tree/elf.h"

/* Well below the limit of a command line, with paths of the greatest length. */
#define FILES_AT_A_TIME 100

static gboolean
strip_some (const Workshop *workshop, const BuildModule *module, const GPtrArray *files, guint start, BuildLog *log, GError **error)
{
  g_autoptr (GPtrArray) argv = g_ptr_array_new_with_free_func (g_free);
  WorkshopCommand command = { .module = module, .source_fd = -1, .cwd = "/" };

  g_ptr_array_add (argv, g_strdup ("strip"));
  g_ptr_array_add (argv, g_strdup ("--strip-unneeded"));
  g_ptr_array_add (argv, g_strdup ("--enable-deterministic-archives"));
  for (guint i = start; i < files->len && i < start + FILES_AT_A_TIME; i++)
    g_ptr_array_add (argv, g_build_filename (workshop_tree_path (workshop), files->pdata[i], NULL));
  g_ptr_array_add (argv, NULL);
  command.argv = (const char *const *) argv->pdata;
  build_log_note (log, "strip: %u files", MIN (files->len - start, FILES_AT_A_TIME));
  return command_run (workshop, &command, log, error);
}

gboolean
strip_module (const Workshop *workshop, const BuildModule *module, const GPtrArray *changes, BuildLog *log, GError **error)
{
  g_autoptr (GPtrArray) files = NULL;

  if (!module->strip)
    return TRUE;
  files = elf_files (workshop->tree_fd, changes);
  for (guint i = 0; i < files->len; i += FILES_AT_A_TIME)
    if (!strip_some (workshop, module, files, i, log, error))
      return error_prefix (error, "module '%s', strip", module->name);
  return TRUE;
}
