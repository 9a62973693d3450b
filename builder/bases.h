/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * What a build stands on, all of it installed: the SDK, which is /usr while building, the runtime of the result, the app that it begins
 * with, what it extends, and extensions.
 */
#pragma once

#include "builder/ground.h"
#include "builder/plan/plan.h"

/* An extension with its place. */
typedef struct
{
  Ground *ground;
  char *prefix;                /* "/usr" or "/app" */
  char *place;                 /* below it */
  char *folder;                /* what `place` lies in when several share that, below the prefix; or NULL */
  char *add_ld_path;           /* absolute, or NULL */
  char **merge_dirs;           /* below `folder`, shown together for all that share that; or NULL */
} BasesExtension;

/* Trees that a build may write beside the install tree; see writable.h. */
typedef enum
{
  WRITABLE_USR,
  WRITABLE_VAR,
  N_WRITABLE,
} WritableTree;

typedef struct
{
  Ground *sdk;                 /* NULL: a runtime that is made of packages alone */
  Ground *runtime;             /* NULL for runtimes */
  Ground *base;                /* NULL: the build starts with nothing */
  Ground *platform;            /* the runtime that id-platform begins with; else NULL */
  Ground *var;                 /* what /var begins with; else NULL */
  Ground *extended;            /* of an extension: the app or runtime that it is for; else NULL */
  GPtrArray *sdk_extensions;   /* BasesExtension: asked for by the manifest; mounted, or copied into a writable SDK */
  GPtrArray *app_extensions;   /* BasesExtension: installed ones of the result itself, mounted while building */
  GPtrArray *base_extensions;  /* BasesExtension: copied over the base's files */
  GPtrArray *platform_extensions;   /* BasesExtension: copied over the platform's files */
  BasesExtension *own;         /* of an extension: its own place, with no ground; else NULL */
  char *own_place;             /* the same as one path; else NULL */
  gboolean vary;               /* commands see another machine (vary/vary.h) */
  GKeyFile *inherited;         /* groups [Extension NAME] that the result has from base or SDK; never NULL */
  int writable_fds[N_WRITABLE];   /* -1: there is none; owned here */
  int ccache_fd;               /* folder of ccache, or -1; owned here */
  int usr_fd;                  /* directory with the SDK's files, to look at; -1 until bases_attach(); owned by `sdk` */
} Bases;

/* Find all of it and keep it from being removed.  An error names the manifest's line and says how to install what is missing. */
Bases *bases_open (const BuildPlan *plan, GError **error);
void bases_free (Bases *bases);
G_DEFINE_AUTOPTR_CLEANUP_FUNC (Bases, bases_free)

/* Make it visible, so that usr_fd and the like are valid: only a build that has something to do needs that.  *ret_note as in
 * image_attach(). */
gboolean bases_attach (Bases *bases, char **ret_note, GError **error);

/* Add the SDK as read-only /usr. */
gboolean bases_add_usr (const Bases *bases, SandboxPlan *plan, GError **error);

/* Does the runtime have this file (path below its files/, links not followed)?  Attaches the runtime for the look. */
gboolean bases_runtime_has (const Bases *bases, const char *path, gboolean *ret_has, GError **error);

/* What decides about the first module's result (KeyPart of key.h).  Caller unrefs. */
GPtrArray *bases_key_parts (const Bases *bases);

/* The runtime of the result, or what an extension is for; NULL: none. */
const Ground *bases_runtime (const Bases *bases);
/* "REF=COMMIT" of all others that take part but SDK and base, sorted.  Caller frees. */
char **bases_other_commits (const Bases *bases);

/* The metadata of the result, with what only the installed bases tell.  Caller frees. */
char *bases_metadata (const Bases *bases, const BuildPlan *plan, GError **error);
