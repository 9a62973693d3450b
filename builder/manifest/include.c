/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * Files that a manifest names: modules and lists of sources.
 *
 * The path is relative to the file that names it and is opened beneath the folder of the manifest without following links.  It may
 * lead out of it, as manifests in a folder of the program that they build have it, but only by "..", and only to what is called as
 * parts are: what else is on this machine is nobody's part.  With --sandbox (request.c) it may not.
 */
#include "builder/manifest/load.h"

#include "base/file.h"
#include "builder/manifest/problem.h"
#include "builder/manifest/value.h"

#include <string.h>

#define INCLUDE_DEPTH_MAX 16

/* `path` as seen from the folder of `from`, without "." and, but at its beginning, "..". */
static char *
resolve (const char *from, const char *path)
{
  g_autofree char *dir = g_path_get_dirname (from);
  g_autofree char *joined = g_build_filename (dir, path, NULL);
  g_auto (GStrv) parts = g_strsplit (joined, "/", -1);
  g_autoptr (GPtrArray) stack = g_ptr_array_new ();

  for (char **part = parts; *part != NULL; part++)
    {
      if (**part == '\0' || g_str_equal (*part, "."))
        continue;
      if (!g_str_equal (*part, "..") || stack->len == 0 || g_str_equal (stack->pdata[stack->len - 1], ".."))
        g_ptr_array_add (stack, *part);
      else
        g_ptr_array_set_size (stack, (int) stack->len - 1);
    }
  g_ptr_array_add (stack, NULL);
  return g_strjoinv ("/", (char **) stack->pdata);
}

/* Where ".." ends in `name`. */
static const char *
behind_up (const char *name)
{
  while (g_str_has_prefix (name, "../"))
    name += strlen ("../");
  return name;
}

static gboolean
is_called_as_part (const char *name)
{
  return g_str_has_suffix (name, ".json") || g_str_has_suffix (name, ".yaml") || g_str_has_suffix (name, ".yml");
}

static int
open_part (const Loader *loader, const char *name, GError **error)
{
  const char *rest = behind_up (name);
  g_autofree char *up = g_strndup (name, (gsize) (rest - name));
  g_autofree char *folder = g_canonicalize_filename (up, loader->top_dir);
  autofd fd = -1;

  if (rest == name)
    return file_open_beneath (loader->top_fd, name, O_RDONLY | O_NONBLOCK, 0, error);
  fd = file_open (AT_FDCWD, folder, O_PATH | O_DIRECTORY, 0, error);
  return fd >= 0 ? file_open_beneath (fd, rest, O_RDONLY | O_NONBLOCK, 0, error) : -1;
}

static gboolean
check_chain (const LoadFile *from, const char *name, ManifestPlace place)
{
  GPtrArray *problems = from->loader->problems;

  for (const LoadFile *file = from; file != NULL; file = file->parent)
    if (g_str_equal (file->name, name))
      {
        manifest_problem_error (problems, place, "include", "\"%s\" is already being read: the files name each other in a circle",
                                name);
        return FALSE;
      }
  if (from->depth < INCLUDE_DEPTH_MAX)
    return TRUE;
  manifest_problem_error (problems, place, "limit", "more than %d files deep, each named by the one before", INCLUDE_DEPTH_MAX);
  return FALSE;
}

static char *
read_file (Loader *loader, const char *name, ManifestPlace place, gsize *ret_length)
{
  g_autoptr (GError) error = NULL;
  char *data;
  autofd fd = -1;

  if (loader->budget.files == 0 || loader->budget.bytes == 0)
    {
      manifest_problem_error (loader->problems, place, "limit", "the manifest is made of too many or too large files");
      return NULL;
    }
  loader->budget.files--;
  fd = open_part (loader, name, &error);
  data = fd < 0 ? NULL : file_read_fd (fd, name, MIN (MANIFEST_FILE_MAX, loader->budget.bytes), ret_length, &error);
  if (data == NULL)
    {
      manifest_problem_error (loader->problems, place, "include", "cannot read this part of the manifest: %s%s", error->message,
                              fd < 0 && strchr (behind_up (name), '/') != NULL
                                ? "; if its folder is a submodule of git: git submodule update --init" : "");
      return NULL;
    }
  loader->budget.bytes -= *ret_length;
  return data;
}

LoadFile *
load_file_open (const LoadFile *from, const char *path, ManifestPlace place)
{
  Loader *loader = from->loader;
  g_autoptr (LoadFile) file = g_new0 (LoadFile, 1);
  g_autoptr (GError) error = NULL;
  g_autofree char *data = NULL;
  g_autofree char *display = NULL;
  gsize length;

  if (!value_check_include (path, &error))
    {
      manifest_problem_error (loader->problems, place, "include", "%s", error->message);
      return NULL;
    }
  file->name = resolve (from->name, path);
  if (*file->name == '\0' || (g_str_has_prefix (file->name, "..") && !is_called_as_part (file->name)))
    {
      manifest_problem_error (loader->problems, place, "include",
                              "\"%s\" is outside of the manifest's folder and no file that ends in .json, .yaml or .yml", path);
      return NULL;
    }
  if (!check_chain (from, file->name, place))
    return NULL;
  data = read_file (loader, file->name, place, &length);
  if (data == NULL)
    return NULL;
  g_ptr_array_add (loader->files, g_strdup (file->name));
  file->loader = loader;
  file->parent = from;
  file->depth = from->depth + 1;
  display = g_str_equal (loader->display_dir, ".") ? g_strdup (file->name)
                                                   : g_build_filename (loader->display_dir, file->name, NULL);
  file->document = manifest_document_parse (display, data, length, &loader->budget, loader->problems);
  return file->document != NULL ? g_steal_pointer (&file) : NULL;
}

void
load_file_free (LoadFile *file)
{
  if (file == NULL)
    return;
  manifest_document_free (file->document);
  g_free (file->name);
  g_free (file);
}

char *
load_file_dir (const LoadFile *file)
{
  g_autofree char *dir = g_path_get_dirname (file->name);

  return g_canonicalize_filename (dir, file->loader->top_dir);
}
