/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "builder/debuginfo.h"

#include <errno.h>
#include <string.h>
#include <unistd.h>

#include "base/error.h"
#include "base/file.h"
#include "builder/command.h"
#include "builder/tree/copy.h"
#include "builder/tree/elf.h"

/* Well below the limit of a command line, with paths of the greatest length. */
#define FILES_AT_A_TIME 100

#define SOURCE_LIST ".nacelle-debug-sources"
#define LIST_MAX (64u << 20)

/* Runs with the tree as /app.  A file whose debug information names no sources that can be read still has the rest. */
static const char script[] =
  "set -e\n"
  "list=$1 compress=$2 below=$3\n"
  "shift 3\n"
  "for file; do\n"
  "  debug=/app/" DEBUG_FOLDER "/$below$file.debug\n"
  "  echo \"$file\"\n"
  "  mkdir -p \"${debug%/*}\"\n"
  "  debugedit -l \"$list\" \"/app/$file\" || echo \"$file: its sources are not known\"\n"
  "  if [ $compress = yes ]; then eu-elfcompress -q -t zlib-gnu \"/app/$file\"; fi\n"
  "  eu-strip --remove-comment --reloc-debug-sections -f \"$debug\" -F \"$debug\" \"/app/$file\"\n"
  "done\n";

static const char *const tools[] = { "sh", "mkdir", "debugedit", "eu-elfcompress", "eu-strip", NULL };

static gboolean
split_some (const Workshop *workshop, const BuildModule *module, int source_fd, const GPtrArray *files, guint start, BuildLog *log,
            GError **error)
{
  g_autoptr (GPtrArray) argv = g_ptr_array_new ();
  g_autofree char *list = g_build_filename (module->source_dir, SOURCE_LIST, NULL);
  WorkshopCommand command = { .module = module, .source_fd = source_fd, .cwd = "/" };
  const char *const head[] = { "sh", "-c", script, "sh", list, module->no_debuginfo_compression ? "no" : "yes",
                               workshop_is_system (workshop->plan) ? "usr/" : "" };

  if (!workshop_find_tools (workshop, tools, "elfutils and debugedit", &command.tools, error))
    return FALSE;
  for (gsize i = 0; i < G_N_ELEMENTS (head); i++)
    g_ptr_array_add (argv, (gpointer) head[i]);
  for (guint i = start; i < files->len && i < start + FILES_AT_A_TIME; i++)
    g_ptr_array_add (argv, ((ElfFile *) files->pdata[i])->path);
  g_ptr_array_add (argv, NULL);
  command.argv = (const char *const *) argv->pdata;
  return command_run (workshop, &command, log, error);
}

static gboolean
copy_source (int source_fd, const char *path, int dest_fd, GError **error)
{
  struct stat st;
  g_autofree char *parent = g_path_get_dirname (path);
  g_autofree char *name = g_path_get_basename (path);
  /* What isn't there any more, or is reached through a link only, is left out. */
  autofd from = file_open_beneath (source_fd, parent, O_RDONLY | O_DIRECTORY, 0, NULL);

  if (from < 0 || fstatat (from, name, &st, AT_SYMLINK_NOFOLLOW) < 0 || !S_ISREG (st.st_mode))
    return TRUE;
  autofd to = file_mkdir_p (dest_fd, parent, 0755, error);
  if (to < 0 || (unlinkat (to, name, 0) < 0 && errno != ENOENT))
    return to >= 0 ? error_throw_errno (error, errno, "cannot replace '%s'", path) : FALSE;
  return tree_copy_file (from, name, to, name, 0644, error);
}

/* The list is what the debug information says, so it may say anything. */
static gboolean
copy_sources (const Workshop *workshop, const BuildModule *module, int source_fd, GError **error)
{
  gsize length = 0;
  g_autofree char *folder = g_build_filename (DEBUG_FOLDER, "source", module->name, NULL);
  g_autofree char *prefix = g_strconcat (module->source_dir, "/", NULL);
  g_autoptr (GHashTable) done = g_hash_table_new (g_str_hash, g_str_equal);
  g_autofree char *list = file_read_beneath (source_fd, SOURCE_LIST, LIST_MAX, &length, NULL);
  autofd dest_fd = -1;

  for (const char *path = list; path != NULL && path < list + length; path += strlen (path) + 1)
    {
      if (!g_str_has_prefix (path, prefix) || !g_hash_table_add (done, (gpointer) path))
        continue;
      g_autofree char *whole = g_canonicalize_filename (path, "/");
      if (!g_str_has_prefix (whole, prefix))
        continue;
      if (dest_fd < 0)
        dest_fd = file_mkdir_p (workshop->tree_fd, folder, 0755, error);
      if (dest_fd < 0 || !copy_source (source_fd, whole + strlen (prefix), dest_fd, error))
        return FALSE;
    }
  return TRUE;
}

/* Debug files themselves are left alone, and what lies directly in the prefix, as flatpak-builder does. */
static GPtrArray *
choose_files (const Workshop *workshop, const GPtrArray *changes)
{
  GPtrArray *files = elf_with_symbols (workshop->tree_fd, changes);

  for (guint i = files->len; i > 0; i--)
    {
      const char *path = ((ElfFile *) files->pdata[i - 1])->path;

      if (strchr (path, '/') == NULL || g_str_has_prefix (path, DEBUG_FOLDER "/"))
        g_ptr_array_remove_index (files, i - 1);
    }
  return files;
}

gboolean
debuginfo_split (const Workshop *workshop, const BuildModule *module, int source_fd, const GPtrArray *changes, BuildLog *log,
                 gboolean *ret_split, GError **error)
{
  g_autoptr (GPtrArray) files = choose_files (workshop, changes);

  *ret_split = files->len > 0;
  if (files->len == 0)
    return TRUE;
  build_log_note (log, "debug information of %u files", files->len);
  if (!file_remove_tree (source_fd, SOURCE_LIST, error))
    return FALSE;
  for (guint i = 0; i < files->len; i += FILES_AT_A_TIME)
    if (!split_some (workshop, module, source_fd, files, i, log, error))
      return error_prefix (error, "module '%s', debug information (with \"no-debuginfo: true\" in its build-options it stays where it is)",
                           module->name);
  if (!copy_sources (workshop, module, source_fd, error))
    return error_prefix (error, "module '%s', sources of the debug information", module->name);
  return TRUE;
}
