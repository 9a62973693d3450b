/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "runner/options.h"

#include <string.h>

#include "base/error.h"
#include "runner/forward.h"

static const char description[] =
  "Permissions, as in a manifest, on top of what the app has (the last one wins):\n"
  "  --filesystem=PLACE[:ro|:create]   home, host, xdg-documents, ~/PATH, /PATH\n"
  "  --network=isolated|host|none  --publish=8080:80  --share=network|ipc\n"
  "  --socket=wayland|x11|pulseaudio  --device=dri|kvm|all\n"
  "  --allow=devel|multiarch  --persist=PATH  --env=NAME=VALUE  --unset-env=NAME\n"
  "  --landlock=on|off|auto  --limit=memory=512M  --limit=cpus=50%,optional\n"
  "  and to take away: --nofilesystem= --unshare= --nosocket= --nodevice=\n"
  "  --disallow= --nopublish= --limit=pids=none\n"
  "\n"
  "Examples:\n"
  "  apprun org.example.Editor notes.txt\n"
  "  apprun --filesystem=~/src:ro --command=sh org.example.Editor\n"
  "  apprun ./Editor.app --help           (this --help is the app's)\n"
  "\n"
  "The exit status is the app's, 128+N after signal N, 126 or 127 when its command\n"
  "cannot be executed, 125 when apprun itself failed.  See apprun(1).\n";

void
run_options_clear (RunOptions *options)
{
  permissions_free (options->permissions);
  g_free (options->command);
  g_free (options->cwd);
  g_free (options->arch);
  g_free (options->branch);
  g_strfreev (options->forwarded);
}

/* Whether the option `argument` is followed by its value in the next word. */
static gboolean
takes_next_word (const GOptionEntry *entries, const char *argument)
{
  if (strchr (argument, '=') != NULL)
    return FALSE;
  if (g_str_has_prefix (argument, "--") && permissions_is_argument (argument))
    return TRUE;
  for (const GOptionEntry *entry = entries; entry->long_name != NULL; entry++)
    if (g_str_has_prefix (argument, "--") && strcmp (argument + 2, entry->long_name) == 0)
      return entry->arg != G_OPTION_ARG_NONE;
  return FALSE;
}

static gboolean
is_option (const GOptionEntry *entries, const char *argument)
{
  gsize length = strcspn (argument, "=");

  if (!g_str_has_prefix (argument, "--") || strcmp (argument, "--help") == 0)
    return TRUE;     /* a short one is for GLib to judge */
  for (const GOptionEntry *entry = entries; entry->long_name != NULL; entry++)
    if (strlen (entry->long_name) == length - 2 && strncmp (argument + 2, entry->long_name, length - 2) == 0)
      return TRUE;
  return permissions_is_argument (argument);
}

static gboolean
throw_unknown (const GOptionEntry *entries, const char *argument, GError **error)
{
  g_autofree char *option = g_strndup (argument, strcspn (argument, "="));
  g_autoptr (GPtrArray) names = g_ptr_array_new_with_free_func (g_free);

  for (const GOptionEntry *entry = entries; entry->long_name != NULL; entry++)
    g_ptr_array_add (names, g_strconcat ("--", entry->long_name, NULL));
  g_ptr_array_add (names, NULL);
  const char *near = permissions_near_argument (argument);
  if (near == NULL && g_utf8_validate (option, -1, NULL))
    near = verb_suggest (option, (const char *const *) names->pdata);
  if (near != NULL)
    return error_throw_code (error, ERROR_USAGE, "there is no option \"%s\"; did you mean \"%s\"?", option, near);
  return error_throw_code (error, ERROR_USAGE, "there is no option \"%s\"; what is for the app stands behind its id", option);
}

/* Take the permission options out of argv, in their order: GOption would group them by name, but "--share=network
 * --unshare=network" and its reverse must differ.  `only_before`: up to the id. */
static gboolean
take_permissions (const GOptionEntry *entries, gboolean only_before, int *argc, char **argv, Permissions *layer, GError **error)
{
  int n_kept = 1, i = 1;

  while (i < *argc && strcmp (argv[i], "--") != 0)
    {
      if (argv[i][0] != '-' || argv[i][1] == '\0')
        {
          if (only_before)
            break;
          argv[n_kept++] = argv[i++];
          continue;
        }
      gboolean two_words = takes_next_word (entries, argv[i]);
      gboolean permission = g_str_has_prefix (argv[i], "--") && permissions_is_argument (argv[i]);

      if (!is_option (entries, argv[i]))
        return throw_unknown (entries, argv[i], error);
      if (two_words && i + 1 >= *argc)
        return error_throw_code (error, ERROR_USAGE, "%s needs a value", argv[i]);
      if (permission)
        {
          g_autofree char *joined = two_words ? g_strconcat (argv[i], "=", argv[i + 1], NULL) : g_strdup (argv[i]);
          if (!permissions_add_argument (layer, joined, "command line", error))
            return FALSE;
        }
      else
        {
          argv[n_kept++] = argv[i];
          if (two_words)
            argv[n_kept++] = argv[i + 1];
        }
      i += two_words ? 2 : 1;
    }
  while (i < *argc)
    argv[n_kept++] = argv[i++];
  argv[n_kept] = NULL;
  *argc = n_kept;
  return TRUE;
}

gboolean
run_options_parse (const Verb *verb, int argc, char **argv, RunOptions *ret_options, gboolean *ret_done, GError **error)
{
  g_auto (RunOptions) options = RUN_OPTIONS_INIT;
  gboolean is_run = strcmp (verb->name, "explain") != 0;
  const GOptionEntry entries[] = {
    { "command", 0, 0, G_OPTION_ARG_STRING, &options.command, "Run NAME instead of the app's own command", "NAME" },
    { "cwd", 0, 0, G_OPTION_ARG_FILENAME, &options.cwd, "Working directory inside", "DIR" },
    { "branch", 0, 0, G_OPTION_ARG_STRING, &options.branch, "Run this branch", "BRANCH" },
    { "arch", 0, 0, G_OPTION_ARG_STRING, &options.arch, "Run this architecture", "ARCH" },
    { "file-forwarding", 0, 0, G_OPTION_ARG_NONE, &options.file_forwarding, "Give the app the files between words @@", NULL },
    { "unpacked", 0, 0, G_OPTION_ARG_NONE, &options.unpacked, "Unpack images once instead of serving them", NULL },
    { "allow-unsealed", 0, 0, G_OPTION_ARG_NONE, &options.allow_unsealed, "Accept an image without a hash tree", NULL },
    { "verbose", 'v', 0, G_OPTION_ARG_NONE, &options.verbose, "Say what is used, and what was not granted", NULL },
    { "timing", 0, 0, G_OPTION_ARG_NONE, &options.timing, "Print the milliseconds of each phase", NULL },
    { is_run ? NULL : "json", 0, 0, G_OPTION_ARG_NONE, &options.json, "Print the plan for programs", NULL },
    { NULL },
  };

  options.permissions = permissions_new ();
  if (!take_permissions (entries, is_run, &argc, argv, options.permissions, error)
      || !verb_parse_options (verb, description, entries, is_run, &argc, &argv, ret_done, error))
    return FALSE;
  if (!*ret_done && argc < 2)
    return error_throw_code (error, ERROR_USAGE, "which app? Give its id or an image file");
  options.target = *ret_done ? NULL : argv[1];
  options.arguments = *ret_done ? argv + argc : argv + 2;
  if (options.file_forwarding)
    {
      options.forwarded = forward_files ((const char *const *) options.arguments, options.permissions, error);
      if (options.forwarded == NULL)
        return FALSE;
      options.arguments = options.forwarded;
    }

  *ret_options = options;
  memset (&options, 0, sizeof options); /* moved */
  return TRUE;
}

ResolveOptions
run_options_resolve (const RunOptions *options)
{
  return (ResolveOptions) {
    .arch = options->arch,
    .branch = options->branch,
    .unpacked = options->unpacked,
    .allow_unsealed = options->allow_unsealed,
  };
}
