/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "runner/prepare.h"

#include "base/error.h"
#include "runner/extensions.h"
#include "runner/layers.h"
#include "store/root.h"

static gint64 begin;

void
run_begin (void)
{
  begin = g_get_monotonic_time ();
}

gint64
run_elapsed (void)
{
  return g_get_monotonic_time () - begin;
}

void
prepared_free (Prepared *prepared)
{
  if (prepared == NULL)
    return;
  sandbox_plan_free (prepared->plan);
  permissions_free (prepared->permissions);
  g_clear_pointer (&prepared->app_extensions, g_ptr_array_unref);
  g_clear_pointer (&prepared->runtime_extensions, g_ptr_array_unref);
  bundle_free (prepared->app);
  bundle_free (prepared->runtime);
  host_free (prepared->host);
  g_ptr_array_unref (prepared->notes);
  g_free (prepared);
}

static void
phase_done (Prepared *prepared, const char *phase, gint64 *start)
{
  gint64 now = g_get_monotonic_time ();
  prepared->times[prepared->n_times].phase = phase;
  prepared->times[prepared->n_times].microseconds = now - *start;
  prepared->n_times++;
  *start = now;
}

static gboolean
resolve (Prepared *prepared, const RunOptions *options, GError **error)
{
  ResolveOptions how = run_options_resolve (options);
  Bundle *bundle = bundle_resolve (options->target, &how, prepared->notes, error);

  if (bundle == NULL)
    return FALSE;
  if (bundle->metadata->kind == REF_RUNTIME)
    {
      prepared->runtime = bundle;
      return TRUE;
    }
  prepared->app = bundle;
  /* --branch and --arch are about the app. */
  how.branch = how.arch = NULL;
  prepared->runtime = bundle_resolve_runtime (bundle, &how, prepared->notes, error);
  return prepared->runtime != NULL;
}

static gboolean
find_extensions (Prepared *prepared, const RunOptions *options, GError **error)
{
  ResolveOptions how = run_options_resolve (options);

  prepared->runtime_extensions = launch_extensions_new (prepared->runtime, prepared->host, &how, prepared->notes, error);
  if (prepared->runtime_extensions == NULL || prepared->app == NULL)
    return prepared->runtime_extensions != NULL;
  prepared->app_extensions = launch_extensions_new (prepared->app, prepared->host, &how, prepared->notes, error);
  return prepared->app_extensions != NULL;
}

static gboolean
make_plan (Prepared *prepared, const RunOptions *options, GError **error)
{
  g_autofree char *store = store_root_path (FALSE, error);
  g_autofree char *system_store = store != NULL ? store_root_path (TRUE, error) : NULL;
  if (system_store == NULL)
    return FALSE;

  Launch launch = {
    .host = prepared->host,
    .app = prepared->app,
    .runtime = prepared->runtime,
    .app_extensions = prepared->app_extensions,
    .runtime_extensions = prepared->runtime_extensions,
    .permissions = prepared->permissions,
    .command = options->command,
    .arguments = (const char *const *) options->arguments,
    .cwd = options->cwd,
    .store = store,
    .system_store = system_store,
  };
  prepared->plan = build_sandbox_plan (&launch, prepared->notes, error);
  return prepared->plan != NULL || error_prefix (error, "cannot run %s", options->target);
}

Prepared *
run_prepare (const RunOptions *options, GError **error)
{
  g_autoptr (Prepared) prepared = g_new0 (Prepared, 1);
  gint64 start = begin;

  phase_done (prepared, "arguments", &start);
  prepared->notes = g_ptr_array_new_with_free_func (g_free);
  prepared->host = host_read (error);
  if (prepared->host == NULL)
    return NULL;
  phase_done (prepared, "host", &start);
  if (!resolve (prepared, options, error) || !find_extensions (prepared, options, error))
    return NULL;
  phase_done (prepared, "find and attach", &start);
  prepared->permissions = layers_merge (prepared->app, prepared->runtime, options->permissions, error);
  if (prepared->permissions == NULL)
    return NULL;
  phase_done (prepared, "permissions", &start);
  if (!make_plan (prepared, options, error))
    return NULL;
  phase_done (prepared, "plan", &start);
  return g_steal_pointer (&prepared);
}
