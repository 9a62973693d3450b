/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * The build plan: everything that will be done, before anything is done.
 */
#pragma once

#include "builder/manifest/build-arg.h"
#include "builder/manifest/manifest.h"
#include "bundle/ref.h"

/* One command in the sandbox. */
typedef struct
{
  char *title;            /* "configure", "build-commands[2]" */
  char **argv;            /* executed as it is; shell lines are {"sh", "-c", LINE} */
  char *cwd;              /* relative to the module's source directory, "." for itself */
  gboolean test;          /* comes last, may write nothing but the sources, and has the environment of tests */
} BuildStep;

/* Copies everything.  The array of steps frees its elements. */
GPtrArray *build_steps_new (void);
void build_steps_add (GPtrArray *steps, const char *title, const char *const *argv, const char *cwd);

typedef struct
{
  const ManifestModule *module;
  char *name;
  char *source_dir;       /* where sources go, "/run/build/NAME" inside */
  GPtrArray *sources;     /* ManifestSource that apply to the architecture */
  GPtrArray *env;         /* ManifestVariable: all that the recipe wants set, or unset (no value); HOME, SOURCE_DATE_EPOCH and the like
                           * are the sandbox's business */
  char *prefix;           /* "/app" or "/usr" */
  char *install_prefix;   /* what build systems are told: `prefix`, or the build option of that name */
  char *libdir;           /* NULL: "lib" below install_prefix */
  char **config_opts, **make_args, **make_install_args;   /* of the module, then of all build options that apply */
  char **secret_opts;     /* those of config_opts in which $NAME is a variable of the caller */
  char **secret_env;      /* names of variables of the caller */
  unsigned jobs;          /* 1 where the module forbids more */
  gboolean network;       /* build-args --share=network */
  char **build_args, **test_args;   /* as they were given */
  BuildAccess *access;    /* what they open the sandbox to */
  BuildAccess *test_access;   /* the same of test-args, for the commands of tests */
  char **cleanup;
  gboolean strip, no_debuginfo, no_debuginfo_compression;
} BuildModule;

typedef struct
{
  const Manifest *manifest;   /* must outlive the plan */
  Ref *ref;                   /* of the result */
  Ref *runtime, *sdk;         /* NULL for a runtime made of packages alone */
  Ref *base;                  /* app that the build starts from, or NULL */
  Ref *var;                   /* runtime that /var begins with, or NULL */
  gboolean writable_sdk;      /* build in a copy of the SDK that is no part of the result; of a runtime it is that anyway */
  char *arch;
  unsigned jobs;
  BuildAccess *access;        /* of commands of the whole manifest */
  GPtrArray *modules;         /* BuildModule, flattened, in build order */
  char *metadata;             /* text of the bundle's metadata file */
  Ref *platform;              /* the second runtime that is made of a runtime, or NULL */
  char *platform_metadata;    /* of that, or NULL */
} BuildPlan;

typedef struct
{
  const char *arch;           /* NULL: native */
  const char *default_branch; /* NULL: "master" */
  unsigned jobs;              /* 0: number of processors; never part of the plan's text or of a key */
} BuildPlanOptions;

/* NULL when there is an error, told in `problems` as by manifest_load(). */
BuildPlan *build_plan_new (const Manifest *manifest, const BuildPlanOptions *options, GPtrArray *problems);
void build_plan_free (BuildPlan *plan);
G_DEFINE_AUTOPTR_CLEANUP_FUNC (BuildPlan, build_plan_free)

/* The steps of a module.  Some recipes look at the sources (is there a configure script?), so this is asked when they are
 * extracted: `source_fd` is the module's source directory, -1 to get the steps of a tree that has everything ready
 * (a configure script, a CMakeLists.txt). */
GPtrArray *build_plan_steps (const BuildPlan *plan, const BuildModule *module, int source_fd, GError **error); /* BuildStep */

/* Add all of the recipe that decides the result (not the number of jobs, not places) to the checksum. */
void build_plan_digest (const BuildPlan *plan, const BuildModule *module, GChecksum *checksum);

/* As text, for golden tests and `appbuild plan`.  Caller frees. */
char *build_plan_to_text (const BuildPlan *plan);
/* One module of it. */
char *build_plan_module_to_text (const BuildModule *module);
