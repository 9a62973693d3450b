/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include <json-glib/json-glib.h>
#include <stdio.h>
#include <string.h>

#include "base/error.h"
#include "base/file.h"
#include "base/terminal.h"
#include "base/json.h"
#include "runner/manage/manage.h"

#define KEYS_SIZE_MAX (4 * 1024 * 1024)

static const char description[] =
  "apprun remote add NAME URL --gpg-import FILE\n"
  "    add a repository and the OpenPGP keys that sign it\n"
  "apprun remote add NAME URL --no-gpg-verify\n"
  "    add one and trust whoever answers at that address\n"
  "apprun remote list [--json]\n"
  "    show which there are\n"
  "apprun remote ls NAME\n"
  "    show what one of them has\n"
  "apprun remote delete NAME\n"
  "    remove one; what was installed from it stays\n";

typedef struct
{
  char *gpg_import;
  gboolean no_gpg_verify;
  gboolean json;
} Options;

static int
remote_add (const Options *options, char **args, GError **error)
{
  g_autoptr (GBytes) keys = NULL;
  gsize length = 0;

  if (options->gpg_import != NULL)
    {
      autofd fd = file_open (AT_FDCWD, options->gpg_import, O_RDONLY | O_NONBLOCK | O_NOCTTY, 0, error);
      char *data = fd < 0 ? NULL : file_read_fd (fd, options->gpg_import, KEYS_SIZE_MAX, &length, error);
      if (data == NULL)
        return -1;
      keys = g_bytes_new_take (data, length);
    }
  g_autoptr (Store) store = manage_open_store (NULL, error);
  if (store == NULL || !store_remote_add (store, args[0], args[1], keys, options->no_gpg_verify, error))
    return -1;
  printf ("added the remote \"%s\"\n", args[0]);
  if (options->no_gpg_verify)
    fputs ("apprun: note: signatures of this remote are not verified\n", stderr);
  return 0;
}

static int
remote_delete (const Options *options, char **args, GError **error)
{
  g_autoptr (Store) store = manage_open_store (NULL, error);
  guint n_orphans = 0;

  if (store == NULL || !store_remote_delete (store, args[0], error))
    return -1;
  printf ("deleted the remote \"%s\"\n", args[0]);
  g_autoptr (GPtrArray) deployments = deployment_list (NULL);
  for (guint i = 0; deployments != NULL && i < deployments->len; i++)
    n_orphans += g_strcmp0 (((Deployment *) deployments->pdata[i])->origin, args[0]) == 0;
  if (n_orphans > 0)
    fprintf (stderr, "apprun: note: what was installed from it (%u) stays, and is not updated any more\n", n_orphans);
  return 0;
}

static void
print_remotes_json (const GPtrArray *remotes)
{
  g_autoptr (JsonBuilder) builder = json_builder_new ();

  json_builder_begin_array (builder);
  for (guint i = 0; i < remotes->len; i++)
    {
      const Remote *remote = remotes->pdata[i];
      json_builder_begin_object (builder);
      json_add_string (builder, "name", remote->name);
      json_add_string (builder, "url", remote->url);
      json_add_boolean (builder, "gpg_verify", remote->gpg_verify);
      json_builder_end_object (builder);
    }
  json_builder_end_array (builder);
  json_print (builder);
}

static int
remote_list (const Options *options, char **args, GError **error)
{
  static const char *const header[] = { "NAME", "URL", "SIGNATURES", NULL };
  g_autoptr (Store) store = store_open_reading (error);
  g_autoptr (GPtrArray) remotes = store == NULL ? NULL : store_remote_list (store, error);
  g_autoptr (GPtrArray) rows = g_ptr_array_new_with_free_func ((GDestroyNotify) g_strfreev);

  if (remotes == NULL)
    return -1;
  if (options->json)
    {
      print_remotes_json (remotes);
      return 0;
    }
  for (guint i = 0; i < remotes->len; i++)
    {
      const Remote *remote = remotes->pdata[i];
      char **row = g_new0 (char *, 4);
      row[0] = g_strdup (remote->name);
      row[1] = g_strdup (remote->url);
      row[2] = g_strdup (remote->gpg_verify ? "required" : "not verified");
      g_ptr_array_add (rows, row);
    }
  if (remotes->len > 0)
    terminal_table (header, rows);
  return 0;
}

static int
remote_ls (const Options *options, char **args, GError **error)
{
  g_autoptr (Store) store = store_open_reading (error);
  g_autoptr (GPtrArray) refs = store == NULL ? NULL : store_remote_ls (store, args[0], error);

  if (refs == NULL)
    return -1;
  for (guint i = 0; i < refs->len; i++)
    {
      g_autofree char *name = ref_format (refs->pdata[i]);
      puts (name);
    }
  return 0;
}

typedef struct
{
  const char *name, *usage;
  int n_args;
  int (*run) (const Options *options, char **args, GError **error);
} Action;

static const Action actions[] = {
  { "add", "add NAME URL --gpg-import FILE", 2, remote_add }, { "list", "list", 0, remote_list },
  { "ls", "ls NAME", 1, remote_ls }, { "delete", "delete NAME", 1, remote_delete },
};

static const Action *
find_action (const char *name, GError **error)
{
  const char *names[G_N_ELEMENTS (actions) + 1] = { NULL };

  for (gsize i = 0; i < G_N_ELEMENTS (actions); i++)
    {
      if (strcmp (actions[i].name, name) == 0)
        return &actions[i];
      names[i] = actions[i].name;
    }
  gboolean removal = strcmp (name, "remove") == 0 || strcmp (name, "rm") == 0;
  const char *near = removal ? "delete" : verb_suggest (name, names);
  error_throw_code (error, ERROR_USAGE, "there is no \"apprun remote %.80s\"; did you mean \"%s\"?", name,
                    near != NULL ? near : "list");
  return NULL;
}

static int
run (int argc, char **argv, GError **error)
{
  g_autofree char *gpg_import = NULL;
  Options options = { NULL };
  gboolean done = FALSE;
  const GOptionEntry entries[] = {
    { "gpg-import", 0, 0, G_OPTION_ARG_FILENAME, &gpg_import, "OpenPGP public keys that sign the repository", "FILE" },
    { "no-gpg-verify", 0, 0, G_OPTION_ARG_NONE, &options.no_gpg_verify, "Do not verify signatures", NULL },
    { "json", 0, 0, G_OPTION_ARG_NONE, &options.json, "With list: for programs", NULL },
    { NULL },
  };

  if (!manage_parse (&remote_verb, description, entries, 1, 3, &argc, &argv, &done, error))
    return -1;
  if (done)
    return 0;
  const Action *action = find_action (argv[1], error);
  if (action == NULL)
    return -1;
  options.gpg_import = gpg_import;
  if (argc - 2 != action->n_args)
    error_throw_code (error, ERROR_USAGE, "too %s arguments; it is: apprun remote %s", argc - 2 < action->n_args ? "few" : "many",
                      action->usage);
  else if ((gpg_import != NULL || options.no_gpg_verify) && action->run != remote_add)
    error_throw_code (error, ERROR_USAGE, "--gpg-import and --no-gpg-verify are for \"apprun remote add\"");
  else if (options.json && action->run != remote_list)
    error_throw_code (error, ERROR_USAGE, "--json is for \"apprun remote list\"");
  else
    return action->run (&options, argv + 2, error);
  return -1;
}

const Verb remote_verb = { "remote", "add NAME URL | list | ls NAME | delete NAME",
                           "Repositories to install from: add, list, ls, delete", run };
