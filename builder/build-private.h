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
#include "store/store.h"
#include "image/image.h"
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
  GPtrArray *pieces;       /* Piece: what is made beside the result itself */
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
  TreeListing *writable_before[N_WRITABLE];   /* the same of other trees that it may write */
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

/* How images are written, with progress. */
ImageWriteOptions build_image_options (const Build *build);

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

/* What this plan can have of pieces, into build->pieces. */
gboolean build_make_pieces (Build *build, GError **error);
/* Does this one get an output of its own? */
gboolean build_piece_is_delivered (const Build *build, const Piece *piece);
/* The images that an earlier build kept; FALSE when one is missing. */
gboolean build_find_piece_images (Build *build);
/* Look what the finished tree consists of, and collect the sources. */
gboolean build_find_pieces (Build *build, GError **error);
/* Make the folder of its bundle. */
gboolean build_open_piece (const Build *build, Piece *piece, GError **error);
/* Take it out of the tree below files_fd. */
gboolean build_take_piece (const Build *build, Piece *piece, int files_fd, GError **error);
/* Take out of the tree what doesn't stay in it. */
gboolean build_take_pieces (Build *build, GError **error);
gboolean build_write_piece_images (Build *build, GError **error);
gboolean build_deliver_piece_images (Build *build, GError **error);
/* Those that stand for themselves. */
gboolean build_install_pieces (Build *build, Store *store, GError **error);
/* Have the bundle of each that is delivered, from its image when it comes from an earlier build. */
gboolean build_open_piece_trees (Build *build, GError **error);

/* The lines of `key`, with the tree in its place; `platform`: see WorkshopCommand. */
gboolean build_run_commands (Build *build, int tree_fd, gboolean platform, const char *key, char *const *lines, GError **error);

/* The second runtime of a manifest with id-platform, out of the finished tree; nothing without it.  `metadata`: of the result. */
gboolean build_make_platform (Build *build, const char *metadata, GError **error);
/* What decides about it besides manifest and tree; NULL without it.  Caller frees. */
char *build_platform_key (const Build *build);

/* `name` in the folder of the output.  Caller frees. */
char *build_path_beside (const BuildRequest *request, const char *name);
