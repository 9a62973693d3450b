/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * `git`: a commit of a repository, and of its submodules.
 *
 * git itself never writes into the source directory and never checks out.  The files of a commit come out of the cached
 * mirror as a tar stream and are unpacked like any other archive of a stranger.  So there is no hook, filter, attribute or
 * link that git could act on, and nothing in a repository can be written outside.  What tells git to change files on their
 * way into an archive (export-ignore, export-subst) is switched off; line ends are converted as in a checkout.
 *
 * Files that are kept by Git LFS come from the download cache in the place of their pointers (lfs.c).
 *
 * Many build scripts ask git for a version, and `git am` needs a repository.  So the source directory has a .git, made
 * from the mirror in a folder of ours and then copied: the one commit (all history with disable-shallow-clone), the tag or branch
 * of the manifest, an index, and no configuration or hooks of anybody.  Submodules have none.
 */
#include "builder/sources/kinds.h"

#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <unistd.h>

#include "base/error.h"
#include "base/file.h"
#include "builder/sources/content.h"
#include "builder/sources/dir.h"
#include "builder/sources/git/lfs.h"
#include "builder/sources/git/modules.h"
#include "builder/sources/hashes.h"
#include "builder/sources/http.h"
#include "builder/sources/unarchive.h"

#define DEPTH_MAX 10
#define MIRRORS_MAX 1000

/* One walk over a repository and its submodules. */
typedef struct
{
  const ManifestSource *source;
  const SourceContext *context;
  guint depth, n;
  GPtrArray *kept;         /* or NULL */
} Walk;

static gboolean
source_wanted (const ManifestSource *source, GitWanted *ret_wanted, GError **error)
{
  GitWanted wanted = {
    .branch = source->branch, .tag = source->tag, .commit = source->commit,
    .whole = source->disable_shallow_clone, .unchecked = source->disable_fsckobjects,
  };

  if (!git_wanted_check (&wanted, error))
    return FALSE;
  *ret_wanted = wanted;
  return TRUE;
}

/* What is there without encryption is so with it. */
static char *
web_url (const char *url)
{
  return g_str_has_prefix (url, "git://") ? g_strconcat ("https://", url + strlen ("git://"), NULL) : g_strdup (url);
}

static GitMirror *
source_mirror_open (const ManifestSource *source, const SourceContext *context, GError **error)
{
  g_autofree char *path = NULL;
  g_autofree char *real = NULL;
  g_autofree char *url = NULL;
  GitWanted wanted;

  if (!source_wanted (source, &wanted, error))
    return NULL;
  if ((source->path != NULL) == (source->url != NULL))
    {
      error_throw (error, "A source of type git needs either a path or a url");
      return NULL;
    }
  if (source->url != NULL)
    {
      url = web_url (source->url);
      return http_url_check (url, error) ? git_mirror_open (context->cache_fd, url, GIT_HTTP, &wanted, error) : NULL;
    }
  /* Such a repository can name objects of others, anywhere. */
  if (context->confine_dir != NULL)
    {
      error_throw_code (error, ERROR_REFUSED, "\"%s\" is a repository on this computer, and with --sandbox none is used; give a url",
                        source->path);
      return NULL;
    }
  path = content_local_path (source, source->path);
  real = realpath (path, NULL);
  if (real == NULL)
    {
      error_throw (error, "There is no repository at %s", path);
      return NULL;
    }
  url = g_filename_to_uri (real, NULL, error); /* git undoes percent signs */
  if (url == NULL)
    return NULL;
  return git_mirror_open (context->cache_fd, url, GIT_LOCAL, &wanted, error);
}

static GitMirror *
module_mirror_open (const Walk *walk, const GitModule *module, GError **error)
{
  GitWanted wanted = { .commit = module->commit, .whole = walk->source->disable_shallow_clone,
                       .unchecked = walk->source->disable_fsckobjects };
  GitTransport transport = g_str_has_prefix (module->url, "file://") ? GIT_LOCAL : GIT_HTTP;

  if (!git_wanted_check (&wanted, error))
    return NULL;
  return git_mirror_open (walk->context->cache_fd, module->url, transport, &wanted, error);
}

/* `visit` for each submodule of the commit, unless the manifest wants none. */
static gboolean
walk_modules (Walk *walk, const GitMirror *mirror, const char *commit, int tree_fd,
              gboolean (*visit) (Walk *walk, GitMirror *mirror, int tree_fd, GError **error), GError **error)
{
  g_autoptr (GPtrArray) modules = NULL;

  if (walk->source->disable_submodules)
    return TRUE;
  modules = git_modules_read (mirror, commit, error);
  for (guint i = 0; modules != NULL && i < modules->len; i++)
    {
      const GitModule *module = g_ptr_array_index (modules, i);
      g_autoptr (GitMirror) child = NULL;
      autofd dir_fd = -1;
      gboolean ok;

      if (walk->depth >= DEPTH_MAX || ++walk->n > MIRRORS_MAX)
        return error_throw_code (error, ERROR_REFUSED, "%s has submodules in submodules without an end", mirror->url);
      child = module_mirror_open (walk, module, error);
      if (child == NULL)
        return FALSE;
      if (tree_fd >= 0 && (dir_fd = file_mkdir_p (tree_fd, module->path, 0755, error)) < 0)
        return FALSE;
      walk->depth++;
      ok = visit (walk, child, dir_fd, error);
      walk->depth--;
      if (!ok)
        return error_prefix (error, "submodule %s", module->path);
    }
  return modules != NULL;
}

static gboolean
fetch_visit (Walk *walk, GitMirror *mirror, int tree_fd, GError **error)
{
  g_autofree char *commit = NULL;

  if (!git_mirror_fetch (mirror, walk->context, error))
    return FALSE;
  commit = git_mirror_resolve (mirror, error);
  if (commit == NULL)
    return FALSE;
  /* Which commit it was is not in the manifest, so it is said. */
  if (walk->depth == 0 && mirror->wanted.commit == NULL)
    fetch_report_note (walk->context->report, "%s is at commit %s", mirror->url, commit);
  if (!walk->source->disable_lfs && !lfs_fetch (mirror, commit, walk->context, error))
    return FALSE;
  return walk_modules (walk, mirror, commit, -1, fetch_visit, error);
}

static gboolean
git_source_fetch (const ManifestSource *source, const SourceContext *context, GError **error)
{
  Walk walk = { .source = source, .context = context };
  g_autoptr (GitMirror) mirror = source_mirror_open (source, context, error);

  return mirror != NULL && fetch_visit (&walk, mirror, -1, error);
}

/* A commit's id covers its files and the commits of its submodules. */
static gboolean
git_source_digest (const ManifestSource *source, const SourceContext *context, GChecksum *checksum, GError **error)
{
  g_autoptr (GitMirror) mirror = source_mirror_open (source, context, error);
  g_autofree char *commit = mirror != NULL ? git_mirror_resolve (mirror, error) : NULL;

  if (commit == NULL)
    return FALSE;
  checksum_add (checksum, "commit", commit);
  checksum_add (checksum, "tag", source->tag);
  checksum_add (checksum, "branch", source->branch);
  checksum_add (checksum, "history", source->disable_shallow_clone ? "whole" : "none");
  checksum_add (checksum, "submodules", source->disable_submodules ? "no" : "yes");
  checksum_add (checksum, "lfs", source->disable_lfs ? "no" : "yes");
  checksum_add (checksum, "dest", source->dest);
  return TRUE;
}

static gboolean
map_entry (const char *name, gpointer user, char **ret_path, GError **error)
{
  g_autofree char *path = NULL;

  if (!tree_path_clean (name, 0, &path, error))
    return FALSE;
  if (path != NULL && git_path_is_special (path))
    return error_throw_code (error, ERROR_REFUSED, "\"%s\" is a name that git keeps for itself", name);
  *ret_path = g_steal_pointer (&path);
  return TRUE;
}

typedef struct
{
  const char *name;
  int tree_fd, cache_fd;
  TreeWriter *writer;
  gboolean lfs;
} Unpack;

static gboolean
claim_entry (struct archive *archive, struct archive_entry *entry, const char *path, gpointer user, gboolean *ret_skip, GError **error)
{
  const Unpack *unpack = user;

  return !unpack->lfs || lfs_unpack (archive, entry, path, unpack->writer, unpack->cache_fd, ret_skip, error);
}

static gboolean
unpack_reader (int fd, gpointer user, GError **error)
{
  Unpack *unpack = user;
  const UnarchiveRules rules = { .map = map_entry, .claim = claim_entry, .user = unpack, .max_entries = 2 * GIT_ENTRIES_MAX,
                                 .max_bytes = GIT_BYTES_MAX };
  struct archive *archive = unarchive_reader_new ();
  g_autoptr (TreeWriter) writer = tree_writer_new (unpack->tree_fd);
  gboolean ok;

  unpack->writer = writer;
  if (archive_read_open_fd (archive, fd, 128 * 1024) != ARCHIVE_OK)
    ok = error_throw (error, "git gave no archive");
  else
    ok = unarchive_entries (archive, unpack->name, writer, &rules, error) && tree_writer_finish (writer, error);
  archive_read_free (archive);
  return ok;
}

static gboolean
unpack_commit (Walk *walk, const GitMirror *mirror, const char *commit, int tree_fd, GError **error)
{
  const char *const archive[] = { "archive", "--format=tar", commit, NULL };
  Unpack unpack = { .name = mirror->url, .tree_fd = tree_fd, .cache_fd = walk->context->cache_fd, .lfs = !walk->source->disable_lfs };
  GitPlace place = git_mirror_place (mirror, GIT_NO_TRANSPORT);
  gboolean empty = FALSE;

  if (!git_mirror_archive_all (mirror, error) || !git_mirror_check_size (mirror, commit, &empty, error))
    return FALSE;
  if (empty)
    return TRUE;
  place.config = unpack.lfs ? lfs_config () : NULL;
  return git_stream (&place, archive, unpack_reader, &unpack, error);
}

/* A repository around the commit, in a folder of our own, where nothing of the source directory can be in the way. */
static gboolean
fill_repository (const GitMirror *mirror, const char *commit, int dir_fd, GError **error)
{
  g_autofree char *link = g_strdup_printf ("/proc/self/fd/%d", mirror->fd);
  g_autofree char *path = g_file_read_link (link, NULL);
  g_autofree char *url = g_filename_to_uri (path != NULL ? path : "/nonexistent", NULL, NULL);
  g_autofree char *from = mirror->wanted.tag != NULL ? git_mirror_ref ("tag", mirror->wanted.tag)
                          : g_strconcat ("refs/nacelle/commit/", commit, NULL);
  g_autofree char *to = mirror->wanted.tag != NULL ? g_strconcat ("refs/tags/", mirror->wanted.tag, NULL)
                        : mirror->wanted.branch != NULL ? g_strconcat ("refs/heads/", mirror->wanted.branch, NULL)
                        : g_strdup ("refs/heads/source");
  g_autofree char *spec = g_strconcat ("+", from, ":", to, NULL);
  const char *const init[] = { "init", "--quiet", "--template=", NULL };
  const char *const fetch[] = { "fetch", "--quiet", "--no-tags", "--no-write-fetch-head", "--update-head-ok",
                                mirror->wanted.whole ? "--no-recurse-submodules" : "--depth=1", "--", url, spec,
                                mirror->wanted.whole ? "+refs/nacelle/all/heads/*:refs/remotes/origin/*" : NULL,
                                "+refs/nacelle/all/tags/*:refs/tags/*", NULL };
  const char *const head[] = { "update-ref", "--no-deref", "HEAD", commit, NULL };
  const char *const index[] = { "read-tree", commit, NULL };
  const char *const remote[] = { "config", "remote.origin.url", mirror->url, NULL };
  const GitPlace place = { .cwd_fd = dir_fd, .git_dir = ".git", .transport = GIT_LOCAL };

  return git_run (&place, init, NULL, error)
         && git_run (&place, fetch, NULL, error)
         && git_run (&place, head, NULL, error)
         && git_run (&place, index, NULL, error)
         && (mirror->transport == GIT_LOCAL || git_run (&place, remote, NULL, error));
}

static gboolean
put_repository (Walk *walk, const GitMirror *mirror, const char *commit, int tree_fd, GError **error)
{
  g_autofree char *name = NULL;
  autofd dir_fd = file_mkdtemp (mirror->git_fd, ".tmp-", &name, error);
  autofd from_fd = -1;
  autofd to_fd = -1;
  gboolean ok;

  if (dir_fd < 0)
    return FALSE;
  (void) flock (dir_fd, LOCK_EX | LOCK_NB); /* in use: builder/leftovers.h */
  ok = fill_repository (mirror, commit, dir_fd, error) && file_remove_tree (tree_fd, ".git", error);
  if (ok)
    {
      from_fd = file_open (dir_fd, ".git", O_RDONLY | O_DIRECTORY, 0, error);
      to_fd = from_fd >= 0 ? file_mkdir_p (tree_fd, ".git", 0755, error) : -1;
      ok = to_fd >= 0 && dir_copy (from_fd, to_fd, -1, error);
    }
  return file_remove_tree (mirror->git_fd, name, ok ? error : NULL) && ok;
}

static gboolean
extract_visit (Walk *walk, GitMirror *mirror, int tree_fd, GError **error)
{
  g_autofree char *commit = git_mirror_resolve (mirror, error);

  return commit != NULL
         && unpack_commit (walk, mirror, commit, tree_fd, error)
         && walk_modules (walk, mirror, commit, tree_fd, extract_visit, error)
         && (walk->depth > 0 || put_repository (walk, mirror, commit, tree_fd, error));
}

static gboolean
git_source_extract (const ManifestSource *source, const SourceContext *context, int tree_fd, GError **error)
{
  Walk walk = { .source = source, .context = context };
  g_autoptr (GitMirror) mirror = source_mirror_open (source, context, error);
  autofd dest_fd = mirror != NULL ? content_dest (source, tree_fd, error) : -1;

  return dest_fd >= 0
         && (extract_visit (&walk, mirror, dest_fd, error) || error_prefix (error, "Cannot take the sources out of %s", mirror->url));
}

static gboolean
keep_visit (Walk *walk, GitMirror *mirror, int tree_fd, GError **error)
{
  g_autofree char *commit = git_mirror_resolve (mirror, error);

  if (commit == NULL)
    return FALSE;
  g_ptr_array_add (walk->kept, g_strconcat ("git/", mirror->name, NULL));
  if (!walk->source->disable_lfs && !lfs_keep (mirror, commit, walk->kept, error))
    return FALSE;
  return walk_modules (walk, mirror, commit, -1, keep_visit, error);
}

static gboolean
git_source_keep (const ManifestSource *source, const SourceContext *context, GPtrArray *paths, GError **error)
{
  Walk walk = { .source = source, .context = context, .kept = paths };
  g_autoptr (GitMirror) mirror = NULL;

  /* The mirror of a local repository is named by a place that will not be there. */
  if (source->path != NULL)
    return error_throw (error, "'%s' is a repository on this computer, which cannot be bundled; give a url", source->path);
  mirror = source_mirror_open (source, context, error);
  return mirror != NULL && keep_visit (&walk, mirror, -1, error);
}

static gboolean
git_source_resolve (const ManifestSource *source, const SourceContext *context, GPtrArray *parts, GError **error)
{
  g_autoptr (GitMirror) mirror = source_mirror_open (source, context, error);
  g_autofree char *commit = mirror != NULL ? git_mirror_resolve (mirror, error) : NULL;
  const SourcePart part = { .commit = commit };

  if (commit == NULL)
    return FALSE;
  source_parts_add (parts, &part);
  return TRUE;
}

const SourceKind source_kind_git = {
  .type = "git",
  .fetch = git_source_fetch,
  .digest = git_source_digest,
  .extract = git_source_extract,
  .keep = git_source_keep,
  .resolve = git_source_resolve,
};
