/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "builder/finish.h"

#include <string.h>
#include <unistd.h>

#include "base/error.h"
#include "base/file.h"
#include "base/terminal.h"
#include "builder/export/export.h"
#include "builder/manifest/finish-option.h"
#include "builder/rename.h"
#include "bundle/extra-data.h"

/* Path of the command below files/ of the app or of the runtime; `*ret_in_app` says which.  NULL: in either's bin. */
static const char *
split_command (const char *command, gboolean *ret_in_app)
{
  *ret_in_app = g_str_has_prefix (command, "/app/");
  if (*ret_in_app)
    return command + strlen ("/app/");
  if (g_str_has_prefix (command, "/usr/"))
    return command + strlen ("/usr/");
  return NULL;
}

static gboolean
tree_has_command (int files_fd, const char *path, gboolean *ret_executable)
{
  struct stat st;
  g_autofree char *parent = g_path_get_dirname (path);
  g_autofree char *name = g_path_get_basename (path);
  autofd dir = file_open_beneath (files_fd, parent, O_PATH | O_DIRECTORY, 0, NULL);

  if (dir < 0 || fstatat (dir, name, &st, AT_SYMLINK_NOFOLLOW) < 0 || S_ISDIR (st.st_mode))
    return FALSE;
  *ret_executable = S_ISLNK (st.st_mode) || (st.st_mode & 0111) != 0;
  return TRUE;
}

static gboolean
check_command (const BuildPlan *plan, const Bases *bases, int files_fd, const Metadata *metadata, GError **error)
{
  const char *command = metadata->command; /* of the manifest, unless a finish-arg or a metadata file says another */
  gboolean executable = FALSE, in_app, in_runtime = FALSE;

  if (plan->ref->kind != REF_APP || command == NULL)
    return TRUE;
  const char *place = split_command (command, &in_app);
  if (place == NULL && strchr (command, '/') != NULL)
    return error_throw (error, "%s: the command '%s' must be a name, or a path below /app or /usr", plan->manifest->path, command);
  g_autofree char *path = place != NULL ? g_strdup (place) : g_build_filename ("bin", command, NULL);
  if ((place == NULL || in_app) && tree_has_command (files_fd, path, &executable))
    {
      if (executable)
        return TRUE;
      return error_throw (error, "%s: the command '%s' is in the app but is not executable (/app/%s); install it with mode 755",
                          plan->manifest->path, command, path);
    }
  if ((place == NULL || !in_app) && !bases_runtime_has (bases, path, &in_runtime, error))
    return FALSE;
  if (in_runtime)
    return TRUE;
  return error_throw (error, "%s: the command '%s' does not exist in the finished app: no module installed /%s/%s", plan->manifest->path,
                      command, place != NULL && !in_app ? "usr" : "app", path);
}

gboolean
finish_files (const BuildPlan *plan, const Bases *bases, int files_fd, GPtrArray *notes, GError **error)
{
  const Manifest *manifest = plan->manifest;

  g_autofree char *metadata = bases_metadata (bases, plan, error);
  g_autoptr (Metadata) parsed = metadata != NULL ? metadata_parse (metadata, strlen (metadata), "the metadata", error) : NULL;
  if (parsed == NULL || !rename_finish (manifest, files_fd, notes, error) || !check_command (plan, bases, files_fd, parsed, error))
    return FALSE;
  if (!g_key_file_has_group (parsed->keyfile, EXTRA_DATA_GROUP))
    return TRUE;
  autofd extra = file_mkdir_p (files_fd, "extra", 0755, error); /* where it will be mounted */
  return extra >= 0 || error_prefix (error, "there is no place for the extra data");
}

/* Names of what can be executed in bin/, sorted; none when there is no such folder. */
static GPtrArray *
list_programs (int files_fd)
{
  g_autoptr (GPtrArray) programs = g_ptr_array_new_with_free_func (g_free);
  autofd bin = file_open_beneath (files_fd, "bin", O_RDONLY | O_DIRECTORY, 0, NULL);
  g_autoptr (GPtrArray) names = bin < 0 ? NULL : file_list (bin, "bin", NULL);

  for (guint i = 0; names != NULL && i < names->len; i++)
    {
      g_autofree char *path = g_build_filename ("bin", names->pdata[i], NULL);
      g_autofree char *safe = terminal_escape (names->pdata[i], FALSE);
      gboolean executable = FALSE;

      if (tree_has_command (files_fd, path, &executable) && executable && g_str_equal (safe, names->pdata[i]))
        g_ptr_array_add (programs, g_strdup (names->pdata[i]));
    }
  return g_steal_pointer (&programs);
}

char *
finish_command (const BuildPlan *plan, const char *metadata, int files_fd, GPtrArray *notes, GError **error)
{
  g_autoptr (Metadata) parsed = metadata_parse (metadata, strlen (metadata), "the metadata", error);

  if (parsed == NULL)
    return NULL;
  if (plan->ref->kind != REF_APP || parsed->command != NULL)
    return g_strdup (metadata);
  g_autoptr (GPtrArray) programs = list_programs (files_fd);
  const char *file = plan->manifest->path;
  if (programs->len == 0)
    g_ptr_array_add (notes, g_strdup_printf ("%s names no command, and no module installed a program in /app/bin: there is "
                                             "nothing to run", file));
  else if (programs->len > 1)
    g_ptr_array_add (notes, g_strdup_printf ("%s names no command, and /app/bin has %u programs, such as '%s' and '%s': name "
                                             "the one to start, as in \"command: %s\"", file, programs->len,
                                             (const char *) programs->pdata[0], (const char *) programs->pdata[1],
                                             (const char *) programs->pdata[0]));
  if (programs->len != 1)
    return g_strdup (metadata);
  g_ptr_array_add (notes, g_strdup_printf ("%s names no command; '%s' is taken, the only program in /app/bin", file,
                                           (const char *) programs->pdata[0]));
  g_autoptr (GKeyFile) keyfile = g_key_file_new ();
  g_key_file_load_from_data (keyfile, metadata, strlen (metadata), G_KEY_FILE_KEEP_COMMENTS, NULL);
  g_key_file_set_string (keyfile, "Application", "command", programs->pdata[0]);
  return g_key_file_to_data (keyfile, NULL, NULL);
}

/* The names on the session bus that the app may own. */
static GPtrArray *
owned_names (const char *metadata, GError **error)
{
  g_autoptr (Metadata) parsed = metadata_parse (metadata, strlen (metadata), "the metadata", error);
  g_autoptr (Permissions) permissions = parsed != NULL ? permissions_from_keyfile (parsed->keyfile, "metadata", error) : NULL;
  GPtrArray *names = g_ptr_array_new_with_free_func (g_free);

  for (guint i = 0; permissions != NULL && i < permissions->session_bus->len; i++)
    {
      const PermissionEntry *entry = permissions->session_bus->pdata[i];

      if (g_strcmp0 (entry->value, "own") == 0)
        g_ptr_array_add (names, g_strdup (entry->name));
    }
  if (permissions == NULL)
    g_clear_pointer (&names, g_ptr_array_unref);
  return names;
}

gboolean
finish_bundle (const BuildPlan *plan, const char *metadata, int bundle_fd, GPtrArray *notes, GError **error)
{
  if (!file_write_unsynced (bundle_fd, "metadata", metadata, strlen (metadata), 0644, error))
    return FALSE;
  /* Runtimes show nothing to the desktop. */
  if (plan->ref->kind != REF_APP || finish_option_among (plan->manifest->finish_args, FINISH_NO_EXPORTS, NULL))
    return TRUE;
  autofd files_fd = file_open_beneath (bundle_fd, "files", O_RDONLY | O_DIRECTORY, 0, error);
  autofd export_fd = files_fd >= 0 ? file_mkdir_p (bundle_fd, "export", 0755, error) : -1;
  g_autoptr (GPtrArray) owned = export_fd >= 0 ? owned_names (metadata, error) : NULL;
  return owned != NULL && export_collect (plan->manifest->id, owned, files_fd, export_fd, notes, error);
}
