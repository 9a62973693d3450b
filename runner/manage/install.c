/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include <stdio.h>

#include "base/error.h"
#include "base/file.h"
#include "base/terminal.h"
#include "runner/manage/consent.h"
#include "runner/manage/manage.h"

static const char description[] =
  "FILE is an image made by appbuild.  REMOTE is a repository that was added with\n"
  "\"apprun remote add\", and ID one of its apps or runtimes: org.example.Editor,\n"
  "org.example.Editor//beta, runtime/ID/ARCH/BRANCH.  The runtime of an app is\n"
  "installed with it when the remote has it.\n";

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
  g_autoptr (GError) local_error = NULL;
  g_autoptr (Ref) ref = NULL;
  /* Not to hang on a pipe; the store refuses what is no regular file. */
  autofd fd = file_open (AT_FDCWD, path, O_RDONLY | O_NONBLOCK | O_NOCTTY, 0, &local_error);

  if (fd < 0)
    {
      gboolean id = g_error_matches (local_error, ERROR_DOMAIN, ERROR_NOT_FOUND) && ref_id_check (path, NULL);
      g_propagate_error (error, g_steal_pointer (&local_error));
      if (id)
        error_prefix (error, "to install from a remote, name it: apprun install REMOTE %s", path);
      return -1;
    }
  g_autoptr (Progress) progress = progress_new (title);
  g_autoptr (Store) store = manage_open_store (progress, error);
  if (store == NULL || !store_install_image (store, fd, path, allow_unsealed, &ref, error))
    return -1;
  g_clear_pointer (&progress, progress_free);
  say_installed (store, ref, TRUE);
  return 0;
}

static int
install_remote (const char *remote, const char *text, Consent *consent, GError **error)
{
  g_autofree char *title = g_strdup_printf ("installing %s", text);
  gboolean changed = FALSE;
  g_autoptr (Progress) progress = progress_new (title);
  g_autoptr (Store) store = manage_open_store (progress, error);
  if (store == NULL)
    return -1;
  consent_begin (consent, store, &progress);
  g_autoptr (Ref) ref = manage_find_remote (store, remote, text, error);

  if (ref == NULL || !store_install_remote (store, remote, ref, &changed, error))
    return -1;
  g_clear_pointer (&progress, progress_free);
  say_installed (store, ref, changed);
  return 0;
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
  if (argc == 2)
    return install_file (argv[1], allow_unsealed, error);
  if (!allow_unsealed)
    return install_remote (argv[1], argv[2], &consent, error);
  error_throw_code (error, ERROR_USAGE, "--allow-unsealed is for image files");
  return -1;
}

const Verb install_verb = { "install", "FILE | REMOTE ID", "Install an app or runtime from a file or a remote", run };
