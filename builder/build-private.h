/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * What the steps of one build share: build.c begins and ends it, build-tree.c makes the install tree, build-finish.c the result,
 * build-pieces.c what goes beside it.
 */
#pragma once

#include "builder/bases.h"
#include "builder/build.h"
#include "builder/log.h"
#include "builder/pieces.h"
#include "builder/record.h"
#include "builder/state.h"
#include "builder/tree/changes.h"
#include "store/treecache.h"

typedef struct
{
  const BuildRequest *request;
  const BuildPlan *plan;
  SourceContext sources;   /* the request's, with the state directory */
  BuildState *state;
  Bases *bases;
  TreeCache *cache;
  GPtrArray *records;      /* ModuleRecord, of the modules that are wanted */
  guint n_wanted;          /* modules to build, from the first on */
  gboolean stops;          /* after them: no result is made */
  GPtrArray *keys;         /* keys[0]: base; keys[i + 1]: after module i */
  char *image_key;
  int image_fd;            /* the finished image, -1 while there is none */
  guint n_reused;          /* modules taken from the cache: the first ones, unless there is `depends` */
  GPtrArray *changes;      /* of module i: GPtrArray of paths */
  guint pieces;            /* bits of PieceKind: what the result consists of besides the app itself */
  int piece_fds[N_PIECES];         /* their bundles, -1: not made */
  int piece_image_fds[N_PIECES];   /* and images */
  int work_fd, bundle_fd, tree_fd, logs_fd;
  BuildResult *result;
} Build;

/* One module being built. */
typedef struct
{
  guint index;
  int tree_fd, work_fd;    /* where */
  BuildLog *log;
  TreeListing *before;     /* the tree as it began */
  GPtrArray *changes;      /* of the module, char * */
} BuildWork;

void build_work_clear (BuildWork *work);   /* closes and frees what is in it */
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC (BuildWork, build_work_clear)

/* Fill in `log`, say what is done. */
gboolean build_work_begin (const Build *build, BuildWork *work, GError **error);
/* Build; touches nothing of `build`, so that several threads may do it at a time. */
gboolean build_work_run (const Build *build, BuildWork *work, const SourceContext *sources, GError **error);
/* Put the result into the cache. */
gboolean build_work_keep (Build *build, BuildWork *work, GError **error);
/* What a module changed, from the state directory; NULL when that isn't known (then it has to be built again). */
GPtrArray *build_load_changes (const Build *build, guint index);
/* What the first module starts from, into the empty tree. */
gboolean build_start_tree (const Build *build, int tree_fd, GError **error);

/* The way of manifests with `depends`: every module in a tree of its own, several at a time; the trees of all in build->tree_fd. */
gboolean build_modules_parallel (Build *build, GError **error);

void build_announce (const Build *build, const char *what, const char *name);
/* Place of a module in the build order; -1 with an error that lists the names. */
int build_find_module (const BuildPlan *plan, const char *name, GError **error);

/* Steps, in this order.  Each returns TRUE when nothing is left to do. */
gboolean build_restore_tree (Build *build, GError **error);
gboolean build_modules (Build *build, GError **error);
gboolean build_clean_up (Build *build, GError **error);
gboolean build_finish_tree (Build *build, GError **error);
gboolean build_write_image (Build *build, GError **error);
gboolean build_run_tests (Build *build, GError **error);
gboolean build_deliver (Build *build, GError **error);

/* Does the manifest have tests that are to be run? */
gboolean build_has_tests (const Build *build);

/* Which pieces get an output of their own, as far as there are any; whether this one does. */
guint build_wanted_pieces (const BuildRequest *request);
gboolean build_piece_is_delivered (const Build *build, PieceKind kind);
/* The images that an earlier build kept; FALSE when one is missing. */
gboolean build_find_piece_images (Build *build);
/* Look what the finished tree consists of, and collect the sources. */
gboolean build_find_pieces (Build *build, GError **error);
/* Take out of the tree what doesn't stay in it. */
gboolean build_take_pieces (Build *build, GError **error);
gboolean build_write_piece_images (Build *build, GError **error);
gboolean build_deliver_piece_images (Build *build, GError **error);
/* Have the bundle of each that is delivered, from its image when it comes from an earlier build. */
gboolean build_open_piece_trees (Build *build, GError **error);
/* `name` in the folder of the output.  Caller frees. */
char *build_path_beside (const BuildRequest *request, const char *name);
