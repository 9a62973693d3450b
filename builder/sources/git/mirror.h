/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * Repositories in the download cache: `git/SHA256-OF-THE-ADDRESS` below the cache directory, bare, with nothing in it but
 * objects and refs of our own below refs/nacelle:
 *
 *   commit/ID          fetched with everything that it needs, and checked
 *   branch-H, tag-H    what the server's branch, tag was at the last fetch; H is the SHA-256 of the name
 *   head               the same for a source that names nothing
 *   all/heads, all/tags   of a server that gives no single commit, or for the whole history
 *
 * Repositories that are fetched whole, or unchecked, have a place of their own, so that neither counts for the other.
 */
#pragma once

#include "builder/sources/git/run.h"
#include "builder/sources/source.h"

typedef struct
{
  const char *branch, *tag, *commit;   /* any may be NULL */
  gboolean whole;                      /* the history too */
  gboolean unchecked;                  /* objects need not be well-formed */
} GitWanted;

typedef struct
{
  char *url;                 /* http://, https:// or file:// */
  GitTransport transport;
  GitWanted wanted;          /* its strings are borrowed */
  int git_fd;                /* the directory of all mirrors, -1 when there is none */
  int fd;                    /* of this one; -1: not there yet */
  char *name;                /* below git_fd */
} GitMirror;

/* Names of branches, tags and commits that git takes, and that are no options.  `branch` may hold a commit's id. */
gboolean git_wanted_check (GitWanted *wanted, GError **error);

/* Nothing is made or fetched yet. */
GitMirror *git_mirror_open (int cache_fd, const char *url, GitTransport transport, const GitWanted *wanted, GError **error);
void git_mirror_free (GitMirror *mirror);
G_DEFINE_AUTOPTR_CLEANUP_FUNC (GitMirror, git_mirror_free)

/* The commit that is wanted, from the mirror alone; caller frees.  ERROR_NOT_FOUND when it was not fetched, ERROR_REFUSED when
 * branch or tag are not at the commit. */
char *git_mirror_resolve (const GitMirror *mirror, GError **error);

/* Make sure that git_mirror_resolve() works.  A branch or tag without a commit is looked up at the server every time. */
gboolean git_mirror_fetch (GitMirror *mirror, const SourceContext *context, GError **error);

/* What a commit may have at most. */
#define GIT_ENTRIES_MAX 1000000
#define GIT_BYTES_MAX (G_GUINT64_CONSTANT (32) << 30)

/* FALSE for a commit with more files or bytes; to be asked before git does anything with all of its files. */
gboolean git_mirror_check_size (const GitMirror *mirror, const char *commit, gboolean *ret_empty, GError **error);

/* From now on `git archive` takes all files of a commit as they are, whatever its attributes say. */
gboolean git_mirror_archive_all (const GitMirror *mirror, GError **error);

/* Remove what a git that was killed has left: lock files, which would keep all others from working, and packs that were begun.
 * Whoever calls this has the lock of the mirror. */
void git_mirror_sweep (int mirror_fd);

GitPlace git_mirror_place (const GitMirror *mirror, GitTransport transport);

/* The ref that holds the branch, tag ("branch", "tag"), caller frees. */
char *git_mirror_ref (const char *kind, const char *name);
