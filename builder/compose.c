/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "builder/compose.h"

#include <string.h>
#include <unistd.h>

#include "base/error.h"
#include "base/file.h"
#include "builder/command.h"
#include "builder/manifest/fields.h"

#define COMPOSER "libexec/appstreamcli-compose"
#define ABOVE "share"
#define NAME "app-info"
#define FOLDER ABOVE "/" NAME

static const char *const tools[] = { "appstreamcli", COMPOSER, NULL };

static gboolean
is_asked_for (const BuildPlan *plan)
{
  return field_is_written (field_find (&manifest_fields, "appstream-compose", 0), plan->manifest);
}

const char *
compose_key (const BuildPlan *plan)
{
  gboolean here = access ("/usr/" COMPOSER, F_OK) == 0;

  if (!plan->manifest->appstream_compose)
    return "no";
  if (is_asked_for (plan))
    return here ? "asked for" : "asked for, not here";
  return here ? "when possible" : "when possible, not here";
}

static gboolean
has_metainfo (const BuildPlan *plan, int files_fd)
{
  static const char *const folders[] = { "share/metainfo", "share/appdata" };
  static const char *const suffixes[] = { ".metainfo.xml", ".appdata.xml" };

  for (gsize i = 0; i < G_N_ELEMENTS (folders) * G_N_ELEMENTS (suffixes); i++)
    {
      g_autofree char *path = g_strconcat (folders[i / 2], "/", plan->manifest->id, suffixes[i % 2], NULL);

      if (file_is_beneath (files_fd, path))
        return TRUE;
    }
  return FALSE;
}

static gboolean
run (const Workshop *workshop, BuildLog *log, GError **error)
{
  const char *id = workshop->plan->manifest->id;
  g_autofree char *origin = g_strconcat ("--origin=", id, NULL);
  g_autofree char *components = g_strconcat ("--components=", id, ",", id, ".desktop", NULL);
  const char *const argv[] = {
    "appstreamcli", "compose", "--no-net", "--no-color", "--prefix=/", origin, "--result-root=/app", "--data-dir=/app/" FOLDER "/xmls",
    "--icons-dir=/app/" FOLDER "/icons/flatpak", components, "--print-report=on-error", "/app", NULL,
  };
  WorkshopCommand command = { .source_fd = -1, .argv = argv, .cwd = "/" };

  return workshop_find_tools (workshop, tools, "appstream and appstream-compose", &command.tools, error)
         && command_run (workshop, &command, log, error);
}

/* The tools may be the SDK's, and may have put a link in the place of any folder. */
static gboolean
remove_half (int files_fd, GError **error)
{
  autofd above = file_open_beneath (files_fd, ABOVE, O_RDONLY | O_DIRECTORY, 0, NULL);

  return above < 0 || file_remove_tree (above, NAME, error);
}

gboolean
compose_catalogue (const Workshop *workshop, GPtrArray *notes, BuildLog *log, GError **error)
{
  const Manifest *manifest = workshop->plan->manifest;
  gboolean had_one = file_is_beneath (workshop->tree_fd, FOLDER);
  g_autoptr (GError) local = NULL;

  if (!manifest->appstream_compose || workshop->plan->ref->kind != REF_APP || !has_metainfo (workshop->plan, workshop->tree_fd)
      || run (workshop, log, &local))
    return TRUE;
  if (is_asked_for (workshop->plan) || g_error_matches (local, ERROR_DOMAIN, ERROR_CANCELLED))
    {
      g_propagate_error (error, g_steal_pointer (&local));
      return error_prefix (error, "appstream-compose");
    }
  g_ptr_array_add (notes, g_strdup_printf ("no catalogue data was made of the metainfo file: %s", local->message));
  return had_one || remove_half (workshop->tree_fd, error);
}
