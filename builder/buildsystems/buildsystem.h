/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * Build systems.  Each is a const descriptor in one table (buildsystem.c); a new one is a file and a row.
 */
#pragma once

#include "builder/plan/plan.h"

/* The steps of one module while they are being written down. */
typedef struct
{
  const BuildModule *module;
  int look_fd;             /* the folder that source_dir names; -1: take it that everything is there.  Borrowed. */
  unsigned jobs;           /* 0: written as "N" */
  char *source_dir;        /* where the project is, relative to the module's sources */
  char *build_dir;         /* where it is built; the recipe may change it; commands of the manifest run there */
  GPtrArray *steps;
} Recipe;

void recipe_clear (Recipe *recipe);
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC (Recipe, recipe_clear)

typedef struct
{
  const char *name;
  unsigned version;        /* raise it when the steps change: then results of before don't count */
  /* Add the steps that configure and compile; NULL: there are none. */
  gboolean (*build) (Recipe *recipe, GError **error);
  /* Add the steps that install. */
  void (*install) (Recipe *recipe);
  const char *test_program, *test_rule;   /* NULL: only the manifest's test-commands */
} BuildSystem;

/* `name` NULL: autotools.  NULL when there is none of this name, which value_check_buildsystem() prevents. */
const BuildSystem *buildsystem_find (const char *name, GError **error);

extern const BuildSystem buildsystem_autotools;
extern const BuildSystem buildsystem_cmake;
extern const BuildSystem buildsystem_cmake_ninja;
extern const BuildSystem buildsystem_meson;
extern const BuildSystem buildsystem_qmake;
extern const BuildSystem buildsystem_simple;
