/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * What recipes are written with.
 */
#pragma once

#include "builder/buildsystems/buildsystem.h"

/* Does the project have this file?  Always TRUE without a tree to look at.  Links count, folders don't. */
gboolean recipe_has (const Recipe *recipe, const char *name);

/* An error that says that `name` is missing. */
gboolean recipe_need (const Recipe *recipe, const char *name, GError **error);

/* Build in a folder of its own inside of the project; the step that makes it is added. */
void recipe_separate_dir (Recipe *recipe);

/* An argument vector that grows; ended by recipe_run(), which makes a step of it. */
GPtrArray *recipe_argv (const char *first, ...) G_GNUC_NULL_TERMINATED;
void recipe_take (GPtrArray *argv, char *argument);                /* owns it */
void recipe_append (GPtrArray *argv, char *const *arguments);      /* copies; NULL: none */
void recipe_run (Recipe *recipe, const char *title, const char *cwd, GPtrArray *argv);


/* make or ninja, with the module's arguments. */
void recipe_make (Recipe *recipe, const char *program);
void recipe_make_install (Recipe *recipe, const char *program);
