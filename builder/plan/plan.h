/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * The build plan: everything that will be done, before anything is done.
 */
#pragma once

#include "builder/manifest/manifest.h"
#include "bundle/ref.h"

/* One command in the sandbox. */
typedef struct
{
  char *title;            /* "configure", "build-commands[2]" */
  char **argv;            /* executed as it is; shell lines are {"sh", "-c", LINE} */
  char *cwd;              /* relative to the module's build directory */
} BuildStep;

typedef struct
{
  const ManifestModule *module;
  char *name;
  char *source_dir;       /* where sources go, "/run/build/NAME" inside */
  GPtrArray *sources;     /* ManifestSource that apply to the architecture */
  GPtrArray *env;         /* ManifestVariable, complete: the sandbox's environment */
  char *prefix;           /* "/app" or "/usr" */
  gboolean network;       /* build-args --share=network */
  char **cleanup;
  gboolean strip, no_debuginfo;
} BuildModule;

typedef struct
{
  const Manifest *manifest;   /* must outlive the plan */
  Ref *ref;                   /* of the result */
  Ref *runtime, *sdk;         /* NULL for a runtime made of packages alone */
  char *arch;
  unsigned jobs;
  GPtrArray *modules;         /* BuildModule, flattened, in build order */
  char *metadata;             /* text of the bundle's metadata file */
} BuildPlan;

typedef struct
{
  const char *arch;           /* NULL: native */
  const char *default_branch; /* NULL: "master" */
  unsigned jobs;              /* 0: number of processors; never part of the plan's text or of a key */
} BuildPlanOptions;

BuildPlan *build_plan_new (const Manifest *manifest, const BuildPlanOptions *options, GPtrArray *problems);
void build_plan_free (BuildPlan *plan);
G_DEFINE_AUTOPTR_CLEANUP_FUNC (BuildPlan, build_plan_free)

/* The steps of a module.  Some recipes look at the sources (is there a configure script?), so this is asked when they are
 * extracted: `source_fd` is the module's source directory, -1 to get the steps that need no look. */
GPtrArray *build_plan_steps (const BuildPlan *plan, const BuildModule *module, int source_fd, GError **error); /* BuildStep */

/* Add all of the recipe that decides the result (not the number of jobs, not places) to the checksum. */
void build_plan_digest (const BuildPlan *plan, const BuildModule *module, GChecksum *checksum);

/* As text, for golden tests and `appbuild plan`.  Caller frees. */
char *build_plan_to_text (const BuildPlan *plan);
