/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "bundle/condition.h"

#include <string.h>

#include "base/file.h"

/* A module that is built in or loaded has a folder there. */
static gboolean
have_module (const char *name, const ConditionHost *host)
{
  g_autofree char *plain = g_strdelimit (g_strdup (name), "-", '_');
  g_autofree char *path = g_build_filename (host->sys, "module", plain, NULL);
  struct stat st;

  return *name != '\0' && strchr (name, '/') == NULL && *name != '.' && stat (path, &st) == 0;
}

/* The driver of the machine's card before the ones that always work; FLATPAK_GL_DRIVERS names others. */
static gboolean
is_gl_driver (const char *driver, const ConditionHost *host)
{
  const char *chosen = host->gl_drivers;

  if (chosen != NULL && *chosen != '\0')
    {
      g_auto (GStrv) names = g_strsplit (chosen, ":", -1);
      return g_strv_contains ((const char *const *) names, driver);
    }
  if (strcmp (driver, "default") == 0 || strcmp (driver, "host") == 0)
    return TRUE;
  g_autofree char *path = g_build_filename (host->sys, "module/nvidia/version", NULL);
  g_autofree char *version = file_read (AT_FDCWD, path, 128, NULL, NULL);
  if (version == NULL)
    return FALSE;
  g_autofree char *name = g_strconcat ("nvidia-", g_strdelimit (g_strstrip (version), ".", '-'), NULL);
  return strcmp (driver, name) == 0;
}

static gboolean
is_desktop (const char *name, const ConditionHost *host)
{
  const char *current = host->desktop;
  g_auto (GStrv) names = g_strsplit (current != NULL ? current : "", ":", -1);

  for (gsize i = 0; names[i] != NULL; i++)
    if (g_ascii_strcasecmp (names[i], name) == 0)
      return TRUE;
  return FALSE;
}

static const char *
behind (const char *text, const char *prefix)
{
  return g_str_has_prefix (text, prefix) ? text + strlen (prefix) : NULL;
}

static gboolean
holds (const char *condition, const char *sub, const ConditionHost *host)
{
  const char *rest;

  if (strcmp (condition, "active-gl-driver") == 0)
    return sub != NULL && is_gl_driver (sub, host);
  if (strcmp (condition, "have-intel-gpu") == 0)
    return have_module ("i915", host) || have_module ("xe", host);
  if ((rest = behind (condition, "have-kernel-module-")) != NULL)
    return have_module (rest, host);
  if ((rest = behind (condition, "on-xdg-desktop-")) != NULL)
    return is_desktop (rest, host);
  return FALSE;
}

gboolean
condition_holds (const ExtensionPoint *point, const char *id, const ConditionHost *host)
{
  const char *sub = NULL;

  if (point->enable_if == NULL)
    return TRUE;
  (void) extension_point_takes (point, id, &sub);
  for (char **condition = point->enable_if; *condition != NULL; condition++)
    if (holds (*condition, sub, host))
      return TRUE;
  return FALSE;
}
