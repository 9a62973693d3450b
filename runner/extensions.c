/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "runner/extensions.h"

#include "base/error.h"
#include "base/witness.h"
#include "bundle/condition.h"
#include "store/extension.h"

static void
launch_extension_free (gpointer data)
{
  LaunchExtension *extension = data;

  bundle_free (extension->bundle);
  g_free (extension->place);
  g_free (extension->mount);
  g_free (extension->directory);
  g_free (extension->add_ld_path);
  g_strfreev (extension->merge_dirs);
  g_free (extension);
}

static LaunchExtension *
launch_extension_new (InstalledExtension *found, Bundle *bundle)
{
  LaunchExtension *extension = g_new0 (LaunchExtension, 1);

  extension->bundle = bundle;
  extension->place = g_strdup (found->place);
  extension->mount = g_strdup (found->mount);
  extension->directory = g_strdup (found->point->directory);
  extension->one_of_several = found->one_of_several;
  extension->add_ld_path = g_strdup (found->point->add_ld_path);
  extension->merge_dirs = g_strdupv (found->point->merge_dirs);
  return extension;
}

/* An image file that was never installed says in its metadata which ref it is. */
static Ref *
ref_of (const Bundle *bundle)
{
  g_autofree char *text = NULL;

  if (bundle->ref != NULL)
    return ref_copy (bundle->ref);
  text = g_key_file_get_string (bundle->metadata->keyfile, "Nacelle Bundle", "ref", NULL);
  return text != NULL ? ref_parse (text, NULL) : NULL;
}

static gboolean
add_found (GPtrArray *extensions, InstalledExtension *found, const Host *host, const ResolveOptions *options, GPtrArray *notes,
           GError **error)
{
  const char *id = found->deployment->ref->id;
  const ConditionHost machine = { host->sys, host_variable (host, "FLATPAK_GL_DRIVERS"), host_variable (host, "XDG_CURRENT_DESKTOP") };

  if (found->point->enable_if != NULL)
    witness_spoil (); /* of modules of the kernel, and the like */
  if (!condition_holds (found->point, id, &machine))
    {
      g_ptr_array_add (notes, g_strdup_printf ("the extension %s is left out: none of its conditions (enable-if) holds here", id));
      return TRUE;
    }
  Bundle *bundle = bundle_open_deployment (g_steal_pointer (&found->deployment), options, notes, error);
  if (bundle == NULL)
    return FALSE;
  g_ptr_array_add (extensions, launch_extension_new (found, bundle));
  return TRUE;
}

GPtrArray *
launch_extensions_new (const Bundle *bundle, const Host *host, const ResolveOptions *options, GPtrArray *notes, GError **error)
{
  g_autoptr (GPtrArray) extensions = g_ptr_array_new_with_free_func (launch_extension_free);
  g_autoptr (Ref) ref = ref_of (bundle);
  g_autoptr (GPtrArray) points = extension_points_new (bundle->metadata->keyfile, ref != NULL ? ref->branch : "master", error);

  if (points == NULL)
    return error_prefix (error, "%s", bundle->name), NULL;
  if (points->len == 0)
    return g_steal_pointer (&extensions);
  g_autoptr (GPtrArray) found = extensions_find (points, ref != NULL ? ref->arch : ref_native_arch (), error);
  for (guint i = 0; found != NULL && i < found->len; i++)
    if (!add_found (extensions, found->pdata[i], host, options, notes, error))
      return error_prefix (error, "an extension of %s", bundle->name), NULL;
  return found != NULL ? g_steal_pointer (&extensions) : NULL;
}
