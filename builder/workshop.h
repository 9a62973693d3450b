/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * The sandbox in which the commands of a build run.
 *
 *   an app                      a runtime (prefix /usr)
 *   /usr   the SDK, read-only   /usr  the install tree
 *   /app   the install tree     /etc  the install tree's etc
 *   /etc   links to /usr/etc, passwd and group made here
 *
 * An extension of an app has that app as read-only /app, one of a runtime an empty one; its install tree lies where the extension
 * point is.  Extensions of the SDK that the manifest names, and installed ones of the result, are mounted in their places.
 *
 * and in both: /run/build/NAME the module's sources, /tmp, /proc, /dev, no network, nothing of the host.  Whatever could
 * differ between two machines or two folders has one fixed value: ids, host name, paths, environment.  The permissions
 * that the result asks for (finish-args) never apply here.
 */
#pragma once

#include "builder/bases.h"
#include "builder/buses.h"

typedef struct
{
  const BuildPlan *plan;
  const Bases *bases;
  int tree_fd;               /* the install tree: files/ of the bundle */
} Workshop;

/* Whose programs a command runs. */
typedef enum
{
  WORKSHOP_BUILD,    /* the build's own: what the manifest says, in the manifest's environment */
  WORKSHOP_SDK,      /* a tool of ours, taken from the SDK: the tree is /app whatever the prefix, the environment is fixed */
  WORKSHOP_HOST,     /* the same with this machine's /usr, read-only */
} WorkshopTools;

/* One command. */
typedef struct
{
  const BuildModule *module; /* for the environment and the source directory; NULL: that of the whole manifest, no sources */
  int source_fd;             /* -1: none */
  const char *const *argv;
  const char *cwd;           /* absolute inside; NULL: "/" */
  gboolean as_new_system;    /* with the install tree as /usr, whatever the prefix */
  const BuildAccess *access; /* to things of the host; NULL: to none */
  const Buses *buses;        /* what was started for `access`; NULL: nothing */
  WorkshopTools tools;
  gboolean test;             /* the install tree is read-only, the environment that of tests */
  gboolean platform;         /* of id-platform: `tree_fd` is its tree */
  gboolean interactive;      /* a person's command: it has our stdin and the TERM of the terminal */
} WorkshopCommand;

/* Is the install tree /usr itself? */
gboolean workshop_is_system (const BuildPlan *plan);

/* Where the install tree is mounted: "/app", "/usr" or the place of an extension. */
const char *workshop_tree_path (const Workshop *workshop);

/* Where the programs `names` (in bin, or a path below /usr; NULL at the end) all are: in the SDK, or else on this machine.  An error
 * names what is missing and the `packages` that have it.  What the build installed is never taken for a tool. */
gboolean workshop_find_tools (const Workshop *workshop, const char *const *names, const char *packages, WorkshopTools *ret_tools,
                              GError **error);

/* The sandbox plan for a command; caller frees.  `output_fd` (not taken over) becomes stdout and stderr; stdin is empty. */
SandboxPlan *workshop_plan (const Workshop *workshop, const WorkshopCommand *command, int output_fd, GError **error);

/* Reads EOF when a server that the sandbox depends on has died; -1: there is none.  Stays the workshop's. */
int workshop_alive_fd (const Workshop *workshop, const WorkshopCommand *command);
