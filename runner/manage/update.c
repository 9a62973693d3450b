/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include <stdio.h>

#include "base/error.h"
#include "base/json.h"
#include "base/terminal.h"
#include "runner/manage/consent.h"
#include "runner/manage/manage.h"

static const char description[] =
  "Without ID: everything that came from a remote.  A new version that wants to do\n"
  "more than the installed one is shown and asked about on a terminal; elsewhere it\n"
  "is left out, unless --accept-permissions is given.\n";

typedef struct
{
  gboolean json;
  Consent consent;
} Options;

static void
print_result (const Options *options, guint n_updated, const GError *failure)
{
  if (options->json)
    {
      g_autoptr (JsonBuilder) builder = json_builder_new ();

      json_builder_begin_object (builder);
      json_add_integer (builder, "updated", n_updated);
      consent_add_json (builder, &options->consent);
      json_add_string (builder, "error", failure == NULL ? NULL : failure->message);
      json_builder_end_object (builder);
      json_print (builder);
    }
  else if (n_updated > 0)
    printf ("updated: %u\n", n_updated);
  else if (failure == NULL)
    printf ("everything is up to date\n");
}

static gboolean
update (Options *options, const Ref *ref, GError **error)
{
  g_autoptr (Progress) progress = options->json ? NULL : progress_new ("updating");
  g_autoptr (Store) store = manage_open_store (progress, error);
  g_autoptr (GError) failure = NULL;
  guint n_updated = 0;

  if (store == NULL)
    return FALSE;
  options->consent.never_ask = options->json;
  consent_begin (&options->consent, store, &progress);
  (void) store_update (store, ref, &n_updated, &failure);
  g_clear_pointer (&progress, progress_free);
  print_result (options, n_updated, failure);
  manage_print_notes (store);
  if (failure == NULL)
    return TRUE;
  g_propagate_error (error, g_steal_pointer (&failure));
  return FALSE;
}

static int
run (int argc, char **argv, GError **error)
{
  Options options = { .json = FALSE };
  gboolean done = FALSE;
  const GOptionEntry entries[] = {
    CONSENT_OPTION (options.consent),
    { "json", 0, 0, G_OPTION_ARG_NONE, &options.json, "For programs", NULL },
    { NULL },
  };

  if (!manage_parse (&update_verb, description, entries, 0, 1, &argc, &argv, &done, error))
    return -1;
  if (done)
    return 0;
  g_autoptr (Ref) ref = argc > 1 ? manage_find_installed (argv[1], error) : NULL;
  if (argc > 1 && ref == NULL)
    return -1;
  gboolean ok = update (&options, ref, error);
  consent_clear (&options.consent);
  return ok ? 0 : -1;
}

const Verb update_verb = { "update", "[ID]", "Update one or all to what their remotes have", run };
