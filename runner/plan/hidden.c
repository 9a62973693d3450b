/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * What no grant may show, because whoever can write there decides what runs next, with which permissions: the
 * stores, the cache of unpacked images, the folder of the image server.  Where a grant shows a parent, these
 * places are covered; when they do not exist yet, they are made first, or the app could make them itself.
 * The session's folder and the sockets of X11 are covered too; permissions of their own show what is in them.
 */
#include "runner/plan/context.h"

#include "base/error.h"
#include "base/file.h"
#include "base/witness.h"
#include "runner/place.h"

/* A link cannot be kept in its place as a folder can (exports.c). */
static gboolean
check_links (PlanContext *context, const char *path, GError **error)
{
  g_autoptr (GPtrArray) links = g_ptr_array_new_with_free_func ((GDestroyNotify) place_link_free);
  g_autofree char *canonical = NULL;
  autofd fd = place_open (path, &canonical, links, NULL);

  for (guint i = 0; fd >= 0 && i < links->len; i++)
    {
      const PlaceLink *link = links->pdata[i];
      const Export *covering = exports_covering (context->exports, link->path);
      if (covering != NULL && covering->mode == EXPORT_READ_WRITE)
        return error_throw_code (error, ERROR_REFUSED,
                          "%s is a symbolic link on the way to %s, and lies in %s, which the app may write: it could lead the next "
                          "start to a false store. Make it a folder, name the real place with NACELLE_STORE or XDG_CACHE_HOME, or "
                          "share less with the app", link->path, path, covering->path);
    }
  return TRUE;
}

static gboolean
hide (PlanContext *context, const char *path, GError **error)
{
  gboolean exists, writable;
  g_autofree char *canonical = place_canonical (path, &exists, &writable);
  const Export *covering = canonical != NULL ? exports_covering (context->exports, canonical) : NULL;

  if (canonical == NULL)
    return TRUE;
  if (exports_drop_below (context->exports, canonical) > 0)
    plan_note (context, "not shared: %s belongs to Nacelle itself", canonical);
  if (!exists && writable && covering != NULL && covering->mode == EXPORT_READ_WRITE && !covering->ours
      && !place_create_folder (path, 0700, error))
    return error_prefix (error, "%s must exist to be kept from the app, which could make it otherwise", path);
  if (!exists && covering != NULL && covering->mode == EXPORT_READ_WRITE)
    witness_spoil (); /* it exists from now on, or depends on what may be written */
  exports_add_ours (context->exports, canonical, NULL, -1, EXPORT_HIDDEN, "default");
  return check_links (context, path, error);
}

/* Keep grants of what is inside, but do not let a parent show the rest. */
static void
cover (PlanContext *context, const char *path)
{
  g_autofree char *canonical = NULL;
  autofd fd = place_open (path, &canonical, NULL, NULL);
  if (fd >= 0)
    exports_add_ours (context->exports, canonical, NULL, -1, EXPORT_DENIED, "default");
}

gboolean
plan_hidden (PlanContext *context, GError **error)
{
  g_autofree char *cache_base = host_xdg_dir (context->host, "XDG_CACHE_HOME", ".cache");
  g_autofree char *cache = g_build_filename (cache_base, "nacelle", NULL);

  if (!hide (context, context->launch->store, error) || !hide (context, context->launch->system_store, error)
      || !hide (context, cache, error))
    return FALSE;
  cover (context, "/tmp/.X11-unix");
  if (context->host->runtime_dir != NULL)
    {
      g_autofree char *run = g_build_filename (context->host->runtime_dir, "nacelle", NULL);
      cover (context, context->host->runtime_dir);
      return hide (context, run, error);
    }
  return TRUE;
}
