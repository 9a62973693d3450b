/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * Complete a bundle tree: what is changed in files/ at the end, then metadata and export/ around it.
 */
#pragma once

#include "builder/bases.h"

/* Renames, the check that the command exists: all that is done to files/.  The tree is taken as hostile:
 * nothing in it is run or followed.  `notes` as below. */
gboolean finish_files (const BuildPlan *plan, const Bases *bases, int files_fd, GPtrArray *notes, GError **error);

/* The metadata of an app that names no command get the only program of its bin/, as "flatpak build-finish" does; it takes any of
 * several, which is left to the author here.  `notes` as below.  Caller frees. */
char *finish_command (const BuildPlan *plan, const char *metadata, int files_fd, GPtrArray *notes, GError **error);

/* Write the metadata and export/ beside files/ in `bundle_fd`.  `metadata`: its text.  `notes` (char *, owned) receives sentences for the
 * user. */
gboolean finish_bundle (const BuildPlan *plan, const char *metadata, int bundle_fd, GPtrArray *notes, GError **error);
