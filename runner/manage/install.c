/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "base/error.h"
#include "base/file.h"
#include "base/terminal.h"
#include "runner/manage/consent.h"
#include "runner/manage/manage.h"

static const char description[] =
  "FILE is an image made by appbuild.  REMOTE is a repository that was added with\n"
  "\"apprun remote add\", and ID one of its apps or runtimes: org.example.Editor,\n"
  "org.example.Editor//beta, runtime/ID/ARCH/BRANCH.  REMOTE may be left out when\n"
  "only one of them has it.  The runtime of an app is installed with it when the\n"
  "remote has it.\n";

static void
say_installed (const Store *store, const Ref *ref, gboolean changed)
{
  g_autofree char *name = ref_format (ref);

  printf ("%s %s\n", changed ? "installed" : "already installed and up to date:", name);
  manage_print_notes (store);
  manage_note_runtime (ref);
}

static int
install_file (const char *path, gboolean allow_unsealed, GError **error)
{
  g_autofree char *title = g_strdup_printf ("installing %s", path);
  g_autoptr (Ref) ref = NULL;
  /* Not to hang on a pipe; the store refuses what is no regular file. */
  autofd fd = file_open (AT_FDCWD, path, O_RDONLY | O_NONBLOCK | O_NOCTTY, 0, error);

  if (fd < 0 && strstr (path, "://") != NULL)
    error_prefix (error, "an address is not installed: download the file first, or add the repository that is there with "
                         "\"apprun remote add NAME URL\"");
  if (fd < 0)
    return -1;
  g_autoptr (Progress) progress = progress_new (title);
  g_autoptr (Store) store = manage_open_store (progress, error);
  if (store == NULL || !store_install_image (store, fd, path, allow_unsealed, &ref, error))
    return -1;
  g_clear_pointer (&progress, progress_free);
  say_installed (store, ref, TRUE);
  return 0;
}

/* `remote` NULL: the one that has it. */
static int
install_remote (const char *remote, const char *text, Consent *consent, GError **error)
{
  g_autofree char *title = g_strdup_printf ("installing %s", text);
  g_autofree char *found = NULL;
  gboolean changed = FALSE;
  g_autoptr (Progress) progress = progress_new (title);
  g_autoptr (Store) store = manage_open_store (progress, error);
  if (store == NULL)
    return -1;
  consent_begin (consent, store, &progress);
  g_autoptr (Ref) ref = remote != NULL ? manage_find_remote (store, remote, text, error)
                                       : manage_find_anywhere (store, text, &found, error);

  if (ref == NULL || !store_install_remote (store, remote != NULL ? remote : found, ref, &changed, error))
    return -1;
  g_clear_pointer (&progress, progress_free);
  say_installed (store, ref, changed);
  return 0;
}

/* An id is no name of a file, unless there is such a file. */
static gboolean
is_id (const char *word)
{
  g_autofree char *id = g_strndup (word, strcspn (word, "/"));

  return access (word, F_OK) < 0 && !g_str_has_suffix (word, ".app") && !g_str_has_suffix (word, ".runtime")
         && (ref_id_check (id, NULL) || strcmp (id, "app") == 0 || strcmp (id, "runtime") == 0);
}

static int
run (int argc, char **argv, GError **error)
{
  gboolean allow_unsealed = FALSE;
  g_auto (Consent) consent = { .accept = FALSE };
  gboolean done = FALSE;
  const GOptionEntry entries[] = {
    { "allow-unsealed", 0, 0, G_OPTION_ARG_NONE, &allow_unsealed,
      "Accept a squashfs without a hash tree", NULL },
    CONSENT_OPTION (consent),
    { NULL },
  };

  if (!manage_parse (&install_verb, description, entries, 1, 2, &argc, &argv, &done, error))
    return -1;
  if (done)
    return 0;
  if (argc == 2 && (allow_unsealed || !is_id (argv[1])))
    return install_file (argv[1], allow_unsealed, error);
  if (argc == 3 && strchr (argv[1], '/') != NULL)
    {
      error_throw_code (error, ERROR_USAGE, "\"%.200s\" is no name of a remote; files are installed one at a time", argv[1]);
      return -1;
    }
  if (!allow_unsealed)
    return install_remote (argc == 3 ? argv[1] : NULL, argv[argc - 1], &consent, error);
  error_throw_code (error, ERROR_USAGE, "--allow-unsealed is for image files");
  return -1;
}

const Verb install_verb = { "install", "FILE | [REMOTE] ID", "Install an app or runtime from a file or a remote", run };
