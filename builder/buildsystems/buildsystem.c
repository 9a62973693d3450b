/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "builder/buildsystems/buildsystem.h"

#include "base/error.h"
#include "builder/manifest/problem.h"

static const BuildSystem *const buildsystems[] = {
  &buildsystem_autotools, &buildsystem_cmake, &buildsystem_cmake_ninja,
  &buildsystem_meson,     &buildsystem_qmake, &buildsystem_simple,
};

const BuildSystem *
buildsystem_find (const char *name, GError **error)
{
  g_autofree char *quoted = NULL;

  if (name == NULL)
    return &buildsystem_autotools;
  for (gsize i = 0; i < G_N_ELEMENTS (buildsystems); i++)
    if (g_str_equal (buildsystems[i]->name, name))
      return buildsystems[i];
  quoted = manifest_quote (name);
  error_throw (error, "there is no build system %s", quoted);
  return NULL;
}
