/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * The manifest as it was built, in one piece, kept in the result as files/manifest.json (where flatpak-builder has it).
 */
#pragma once

#include "builder/bases.h"
#include "builder/sources/source.h"

#define RESOLVED_NAME "manifest.json"
#define RESOLVED_MAX (64u << 20)

/* Write the manifest with everything resolved to `files_fd`: included files are put in place, git sources have their commits, bases and
 * extensions theirs, `packages` the exact packages; where things were fetched from is left out unless the manifest says it itself.  In
 * the manifest's folder it builds the same image again.  One that a base brought along is kept as manifest-base-1.json (or -2 ...). */
gboolean resolved_manifest_write (const BuildPlan *plan, const Bases *bases, const SourceContext *sources, int files_fd, GError **error);
