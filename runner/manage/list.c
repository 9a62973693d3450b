/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include <stdio.h>

#include "base/error.h"
#include "base/terminal.h"
#include "base/json.h"
#include "runner/manage/manage.h"
#include "runner/manage/show.h"

static void
print_json (const GPtrArray *deployments)
{
  g_autoptr (JsonBuilder) builder = json_builder_new ();

  json_builder_begin_array (builder);
  for (guint i = 0; i < deployments->len; i++)
    {
      json_builder_begin_object (builder);
      show_add_json (builder, deployments->pdata[i]);
      json_builder_end_object (builder);
    }
  json_builder_end_array (builder);
  json_print (builder);
}

static void
print_table (const GPtrArray *deployments)
{
  static const char *const header[] = { "ID", "BRANCH", "ARCH", "KIND", "SIZE", "FROM", NULL };
  g_autoptr (GPtrArray) rows = g_ptr_array_new_with_free_func ((GDestroyNotify) g_strfreev);

  for (guint i = 0; i < deployments->len; i++)
    {
      const Deployment *deployment = deployments->pdata[i];
      const char *origin = deployment->origin != NULL ? deployment->origin : "file";
      char **row = g_new0 (char *, 7);

      row[0] = g_strdup (deployment->ref->id);
      row[1] = g_strdup (deployment->ref->branch);
      row[2] = g_strdup (deployment->ref->arch);
      row[3] = g_strdup (ref_kind_name (deployment->ref->kind));
      row[4] = terminal_size (deployment->size);
      row[5] = deployment->system ? g_strdup_printf ("%s (system)", origin) : g_strdup (origin);
      g_ptr_array_add (rows, row);
    }
  if (rows->len > 0)
    terminal_table (header, rows);
  else
    puts ("nothing is installed");
}

static int
run (int argc, char **argv, GError **error)
{
  gboolean json = FALSE;
  gboolean done = FALSE;
  const GOptionEntry entries[] = {
    { "json", 0, 0, G_OPTION_ARG_NONE, &json, "For programs", NULL },
    { NULL },
  };

  if (!manage_parse (&list_verb, NULL, entries, 0, 0, &argc, &argv, &done, error))
    return -1;
  if (done)
    return 0;
  g_autoptr (GPtrArray) problems = g_ptr_array_new_with_free_func (g_free);
  g_autoptr (GPtrArray) deployments = deployment_list_problems (problems, error);
  if (deployments == NULL)
    return -1;
  if (json)
    print_json (deployments);
  else
    print_table (deployments);
  for (guint i = 0; i < problems->len; i++)
    {
      g_autofree char *safe = terminal_escape (problems->pdata[i], FALSE);
      fprintf (stderr, "apprun: %s\n", safe);
    }
  return 0;
}

const Verb list_verb = { "list", "", "Show what is installed", run };
