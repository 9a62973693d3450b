/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "builder/buildsystems/buildsystem.h"

#include "base/error.h"
#include "base/verb.h"
#include "builder/manifest/problem.h"

static const BuildSystem *const buildsystems[] = {
  &buildsystem_autotools, &buildsystem_cmake, &buildsystem_cmake_ninja,
  &buildsystem_meson,     &buildsystem_qmake, &buildsystem_simple,
};

const BuildSystem *
buildsystem_find (const char *name, GError **error)
{
  const char *names[G_N_ELEMENTS (buildsystems) + 1] = { NULL };
  g_autofree char *quoted = NULL;
  const char *near;

  if (name == NULL)
    return &buildsystem_autotools;
  for (gsize i = 0; i < G_N_ELEMENTS (buildsystems); i++)
    {
      names[i] = buildsystems[i]->name;
      if (g_str_equal (names[i], name))
        return buildsystems[i];
    }
  near = verb_suggest (name, names);
  quoted = manifest_quote (name);
  if (near != NULL)
    error_throw (error, "there is no buildsystem %s; did you mean \"%s\"?", quoted, near);
  else
    error_throw (error, "there is no buildsystem %s; there are autotools, cmake, cmake-ninja, meson, qmake and simple",
                 quoted);
  return NULL;
}
