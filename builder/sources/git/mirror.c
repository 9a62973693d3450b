/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * How a commit gets into a mirror.
 *
 * First only what is wanted is asked for, without its history.  Servers that don't know that are asked for it with
 * history (plain files behind HTTP), or for all branches and tags (a commit that no branch ends in).  What came is looked
 * at by its content, never by what the server says about it; only then refs/nacelle/commit/ID is written, and only what has
 * that ref is ever used.
 */
#include "builder/sources/git/mirror.h"

#include <errno.h>
#include <string.h>
#include <unistd.h>

#include "base/error.h"
#include "base/file.h"
#include "builder/sources/cache.h"
#include "builder/sources/fetch.h"

#define REFS "refs/nacelle/"

/* What git says when trying again may help. */
static const char *const passing[] = {
  "Could not resolve host", "Failed to connect", "timed out", "RPC failed", "early EOF", "returned error: 5", "Empty reply",
  "transfer closed", "Recv failure", "Operation too slow",
};

static gboolean
is_commit_id (const char *text)
{
  gsize length = strlen (text);

  return (length == 40 || length == 64) && strspn (text, "0123456789abcdef") == length;
}

/* As git-check-ref-format(1). */
static gboolean
check_ref_name (const char *what, const char *name, GError **error)
{
  gboolean bad = *name == '\0' || *name == '-' || *name == '/' || g_str_has_suffix (name, "/") || g_str_has_suffix (name, ".")
                 || strstr (name, "..") != NULL || strstr (name, "@{") != NULL || strstr (name, "//") != NULL
                 || strcmp (name, "@") == 0 || strpbrk (name, " ~^:?*[\\\177") != NULL || strlen (name) > 1000;
  g_auto (GStrv) parts = g_strsplit (name, "/", -1);

  for (const char *p = name; *p != '\0'; p++)
    bad = bad || (guchar) *p < 0x20;
  for (gsize i = 0; parts[i] != NULL; i++)
    bad = bad || parts[i][0] == '.' || g_str_has_suffix (parts[i], ".lock");
  if (bad)
    return error_throw_code (error, ERROR_REFUSED, "\"%s\" cannot be the name of a %s", name, what);
  return TRUE;
}

gboolean
git_wanted_check (GitWanted *wanted, GError **error)
{
  if (wanted->commit == NULL && wanted->branch != NULL && is_commit_id (wanted->branch))
    {
      wanted->commit = wanted->branch;
      wanted->branch = NULL;
    }
  if (wanted->commit != NULL && !is_commit_id (wanted->commit))
    return error_throw_code (error, ERROR_REFUSED, "\"%s\" is not the whole id of a commit: 40 lower-case hexadecimal digits",
                             wanted->commit);
  if (wanted->branch != NULL && wanted->tag != NULL)
    return error_throw (error, "Give a branch or a tag, not both");
  return (wanted->branch == NULL || check_ref_name ("branch", wanted->branch, error))
         && (wanted->tag == NULL || check_ref_name ("tag", wanted->tag, error));
}

char *
git_mirror_ref (const char *kind, const char *name)
{
  g_autofree char *sum = g_compute_checksum_for_string (G_CHECKSUM_SHA256, name, -1);

  return g_strconcat (REFS, kind, "-", sum, NULL);
}

/* The ref that says which commit is meant; NULL when the commit itself does. */
static char *
wanted_ref (const GitWanted *wanted)
{
  if (wanted->branch != NULL)
    return git_mirror_ref ("branch", wanted->branch);
  if (wanted->tag != NULL)
    return git_mirror_ref ("tag", wanted->tag);
  return wanted->commit == NULL ? g_strdup (REFS "head") : NULL;
}

static char *
wanted_text (const GitWanted *wanted)
{
  if (wanted->branch != NULL || wanted->tag != NULL)
    return g_strdup_printf ("the %s %s", wanted->branch != NULL ? "branch" : "tag",
                            wanted->branch != NULL ? wanted->branch : wanted->tag);
  return wanted->commit != NULL ? g_strdup_printf ("the commit %s", wanted->commit) : g_strdup ("the default branch");
}

GitPlace
git_mirror_place (const GitMirror *mirror, GitTransport transport)
{
  return (GitPlace) { .cwd_fd = mirror->fd, .git_dir = ".", .transport = transport };
}

GitMirror *
git_mirror_open (int cache_fd, const char *url, GitTransport transport, const GitWanted *wanted, GError **error)
{
  g_autoptr (GitMirror) mirror = g_new0 (GitMirror, 1);
  g_autofree char *sum = g_compute_checksum_for_string (G_CHECKSUM_SHA256, url, -1);

  mirror->git_fd = mirror->fd = -1;
  mirror->url = g_strdup (url);
  mirror->transport = transport;
  mirror->wanted = *wanted;
  mirror->name = g_strconcat (sum, wanted->whole ? "-whole" : "", wanted->unchecked ? "-unchecked" : "", NULL);
  mirror->git_fd = file_mkdir_p (cache_fd, "git", 0755, error);
  if (mirror->git_fd < 0)
    return NULL;
  mirror->fd = openat (mirror->git_fd, mirror->name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
  if (mirror->fd < 0 && errno != ENOENT)
    {
      error_throw_errno (error, errno, "Cannot open the cached repository of %s", url);
      return NULL;
    }
  return g_steal_pointer (&mirror);
}

void
git_mirror_free (GitMirror *mirror)
{
  file_close_fd (&mirror->git_fd);
  file_close_fd (&mirror->fd);
  g_free (mirror->url);
  g_free (mirror->name);
  g_free (mirror);
}

/* The object that a name stands for, "" when there is none; caller frees.  NULL on error. */
static char *
look_up (const GitMirror *mirror, const char *name, GError **error)
{
  const char *const args[] = { "rev-parse", "--verify", "--quiet", name, NULL };
  GitPlace place = git_mirror_place (mirror, GIT_NO_TRANSPORT);
  g_autofree char *output = NULL;
  int status = 0;

  if (!git_try (&place, args, &status, &output, NULL, error))
    return NULL;
  g_strstrip (output);
  return status == 0 && is_commit_id (output) ? g_steal_pointer (&output) : g_strdup ("");
}

/* The commit behind a ref, and whether `commit` names it or the tag that leads to it. */
static char *
look_up_wanted (const GitMirror *mirror, const char *ref, GError **error)
{
  g_autofree char *peeled = g_strconcat (ref, "^{commit}", NULL);
  g_autofree char *what = wanted_text (&mirror->wanted);
  g_autofree char *found = look_up (mirror, peeled, error);
  g_autofree char *object = NULL;

  if (found == NULL)
    return NULL;
  if (*found == '\0')
    {
      error_throw_code (error, ERROR_NOT_FOUND, "%s of %s was not fetched", what, mirror->url);
      return NULL;
    }
  if (mirror->wanted.commit == NULL || strcmp (found, mirror->wanted.commit) == 0)
    return g_steal_pointer (&found);
  object = look_up (mirror, ref, error);
  if (object == NULL)
    return NULL;
  if (strcmp (object, mirror->wanted.commit) == 0)
    return g_steal_pointer (&found);
  error_throw_code (error, ERROR_REFUSED, "In %s %s is at another commit than was asked for: expected %s, got %s",
                    mirror->url, what, mirror->wanted.commit, found);
  return NULL;
}

char *
git_mirror_resolve (const GitMirror *mirror, GError **error)
{
  g_autofree char *ref = wanted_ref (&mirror->wanted);
  g_autofree char *commit = NULL;
  g_autofree char *mark = NULL;
  g_autofree char *marked = NULL;

  if (mirror->fd < 0)
    {
      error_throw_code (error, ERROR_NOT_FOUND, "%s was not fetched", mirror->url);
      return NULL;
    }
  commit = ref != NULL ? look_up_wanted (mirror, ref, error) : g_strdup (mirror->wanted.commit);
  if (commit == NULL)
    return NULL;
  mark = g_strconcat (REFS "commit/", commit, NULL);
  marked = look_up (mirror, mark, error);
  if (marked == NULL)
    return NULL;
  if (strcmp (marked, commit) != 0)
    {
      error_throw_code (error, ERROR_NOT_FOUND, "The commit %s of %s was not fetched", commit, mirror->url);
      return NULL;
    }
  return g_steal_pointer (&commit);
}

/* git's own attributes file is looked at before those of the commit. */
gboolean
git_mirror_archive_all (const GitMirror *mirror, GError **error)
{
  static const char attributes[] = "* -export-ignore -export-subst\n";
  autofd info_fd = file_mkdir_p (mirror->fd, "info", 0755, error);

  return info_fd >= 0 && file_write_atomic (info_fd, "attributes", attributes, strlen (attributes), 0644, error);
}

static gboolean
mirror_create (GitMirror *mirror, GError **error)
{
  const char *const args[] = { "init", "--quiet", "--bare", "--template=", NULL };
  GitPlace place = { .git_dir = "." };

  if (mirror->fd < 0)
    mirror->fd = file_mkdir_p (mirror->git_fd, mirror->name, 0755, error);
  if (mirror->fd < 0)
    return FALSE;
  place.cwd_fd = mirror->fd;
  git_mirror_sweep (mirror->fd);
  return git_run (&place, args, NULL, error);
}

/* One `git fetch`.  *ret_errors is what git said when it failed, NULL when it did not. */
static gboolean
mirror_ask (GitMirror *mirror, const char *const *refspecs, const char *depth, char **ret_errors, GError **error)
{
  static const char *const checks[] = { "fetch.fsckObjects=true", "transfer.fsckObjects=true", NULL };
  g_autoptr (GPtrArray) args = g_ptr_array_new ();
  GitPlace place = git_mirror_place (mirror, mirror->transport);
  FetchOptions options = { 0 };
  g_autofree char *errors = NULL;
  int status = 0;

  if (!fetch_options_fill (&options, error))
    return FALSE;
  place.config = mirror->wanted.unchecked ? NULL : checks;
  g_ptr_array_add (args, (char *) "fetch");
  g_ptr_array_add (args, (char *) "--quiet");
  g_ptr_array_add (args, (char *) "--force");
  g_ptr_array_add (args, (char *) "--no-tags");
  g_ptr_array_add (args, (char *) "--no-write-fetch-head");
  g_ptr_array_add (args, (char *) "--no-recurse-submodules");
  if (depth != NULL)
    g_ptr_array_add (args, (char *) depth);
  g_ptr_array_add (args, (char *) "--");
  g_ptr_array_add (args, mirror->url);
  for (gsize i = 0; refspecs[i] != NULL; i++)
    g_ptr_array_add (args, (char *) refspecs[i]);
  g_ptr_array_add (args, NULL);
  for (guint attempt = 0;; attempt++)
    {
      gboolean again = FALSE;

      g_clear_pointer (&errors, g_free);
      if (!git_try (&place, (const char *const *) args->pdata, &status, NULL, &errors, error))
        return FALSE;
      for (gsize i = 0; i < G_N_ELEMENTS (passing); i++)
        again = again || strstr (errors, passing[i]) != NULL;
      if (status == 0 || !again || attempt + 1 >= options.attempts)
        break;
      g_usleep ((gulong) 500000 << attempt);
    }
  g_clear_pointer (ret_errors, g_free);
  if (status != 0)
    *ret_errors = *errors != '\0' ? g_strdup (errors) : g_strdup_printf ("git ended with status %d", status);
  return TRUE;
}

/* Where the wanted thing may be on the server, NULL-ended: each is tried when the one before it isn't there. */
static GPtrArray *
wanted_refspecs (const GitWanted *wanted)
{
  GPtrArray *specs = g_ptr_array_new_with_free_func (g_free);
  g_autofree char *ref = wanted_ref (wanted);

  if (wanted->branch != NULL)
    {
      /* Manifests also call a tag a branch. */
      g_ptr_array_add (specs, g_strconcat ("+refs/heads/", wanted->branch, ":", ref, NULL));
      g_ptr_array_add (specs, g_strconcat ("+refs/tags/", wanted->branch, ":", ref, NULL));
    }
  else if (wanted->tag != NULL)
    g_ptr_array_add (specs, g_strconcat ("+refs/tags/", wanted->tag, ":", ref, NULL));
  else if (wanted->commit != NULL)
    g_ptr_array_add (specs, g_strconcat ("+", wanted->commit, ":" REFS "asked", NULL));
  else
    g_ptr_array_add (specs, g_strconcat ("+HEAD:", ref, NULL));
  g_ptr_array_add (specs, NULL);
  return specs;
}

static gboolean
is_missing_ref (const char *errors)
{
  return strstr (errors, "find remote ref") != NULL || strstr (errors, "no such remote ref") != NULL;
}

/* Ask for one thing.  *ret_dumb: the server has plain files only, and git checks nothing of what they hold. */
static gboolean
mirror_ask_one (GitMirror *mirror, char **ret_errors, gboolean *ret_dumb, GError **error)
{
  g_autoptr (GPtrArray) specs = wanted_refspecs (&mirror->wanted);

  for (guint i = 0; g_ptr_array_index (specs, i) != NULL; i++)
    {
      const char *const refspecs[] = { g_ptr_array_index (specs, i), NULL };

      if (!mirror_ask (mirror, refspecs, *ret_dumb ? NULL : "--depth=1", ret_errors, error))
        return FALSE;
      if (*ret_errors != NULL && !*ret_dumb && strstr (*ret_errors, "dumb http") != NULL)
        {
          *ret_dumb = TRUE;
          if (!mirror_ask (mirror, refspecs, NULL, ret_errors, error))
            return FALSE;
        }
      if (*ret_errors == NULL || !is_missing_ref (*ret_errors))
        return TRUE;
    }
  return TRUE;
}

static gboolean
mirror_ask_all (GitMirror *mirror, char **ret_errors, GError **error)
{
  static const char *const heads[] = { "+refs/heads/*:" REFS "all/heads/*", "+refs/tags/*:" REFS "all/tags/*", NULL };
  gboolean shallow = faccessat (mirror->fd, "shallow", F_OK, 0) == 0;
  g_autoptr (GPtrArray) specs = NULL;

  if (!mirror_ask (mirror, heads, shallow ? "--unshallow" : NULL, ret_errors, error))
    return FALSE;
  if (*ret_errors != NULL || (mirror->wanted.commit != NULL && mirror->wanted.branch == NULL && mirror->wanted.tag == NULL))
    return TRUE;
  specs = wanted_refspecs (&mirror->wanted);
  for (guint i = 0; g_ptr_array_index (specs, i) != NULL; i++)
    {
      const char *const refspecs[] = { g_ptr_array_index (specs, i), NULL };

      if (!mirror_ask (mirror, refspecs, NULL, ret_errors, error))
        return FALSE;
      if (*ret_errors == NULL || !is_missing_ref (*ret_errors))
        return TRUE;
    }
  return TRUE;
}

/* Servers differ in which commits they hand out by their id. */
static gboolean
is_commit_not_offered (const GitMirror *mirror, const char *errors)
{
  return mirror->wanted.commit != NULL && mirror->wanted.branch == NULL && mirror->wanted.tag == NULL
         && (strstr (errors, "unadvertised") != NULL || strstr (errors, "not our ref") != NULL || is_missing_ref (errors)
             || strstr (errors, "dumb http") != NULL);
}

/* A commit with all that it needs gets its mark. */
static gboolean
mirror_accept (GitMirror *mirror, gboolean check, GError **error)
{
  g_autofree char *ref = wanted_ref (&mirror->wanted);
  g_autofree char *text = wanted_text (&mirror->wanted);
  g_autofree char *peeled = NULL;
  g_autofree char *commit = NULL;
  g_autofree char *mark = NULL;
  GitPlace place = git_mirror_place (mirror, GIT_NO_TRANSPORT);

  if (ref != NULL)
    commit = look_up_wanted (mirror, ref, error);
  else
    {
      peeled = g_strconcat (mirror->wanted.commit, "^{commit}", NULL);
      commit = look_up (mirror, peeled, error);
    }
  if (commit == NULL)
    return FALSE;
  if (*commit == '\0' || (ref == NULL && strcmp (commit, mirror->wanted.commit) != 0))
    return error_throw_code (error, ERROR_NOT_FOUND, "%s has not %s", mirror->url, text);
  const char *const fsck[] = { "fsck", "--no-progress", "--no-dangling", "--no-reflogs", commit, NULL };
  if (check && !mirror->wanted.unchecked && !git_run (&place, fsck, NULL, error))
    return error_prefix (error, "%s holds objects that are not well-formed (disable-fsckobjects takes them as they are)",
                         mirror->url);
  mark = g_strconcat (REFS "commit/", commit, NULL);
  const char *const update[] = { "update-ref", mark, commit, NULL };
  return git_run (&place, update, NULL, error);
}

static gboolean
mirror_update (GitMirror *mirror, GError **error)
{
  g_autofree char *errors = NULL;
  g_autofree char *text = wanted_text (&mirror->wanted);
  gboolean dumb = FALSE, all = mirror->wanted.whole;

  if (!mirror_create (mirror, error))
    return FALSE;
  if (!all && !mirror_ask_one (mirror, &errors, &dumb, error))
    return FALSE;
  if (errors != NULL && is_commit_not_offered (mirror, errors))
    all = TRUE;
  if (all && !mirror_ask_all (mirror, &errors, error))
    return FALSE;
  if (errors != NULL)
    {
      g_strchomp (errors);
      return error_throw (error, "Cannot fetch %s from %s: %s", text, mirror->url, errors);
    }
  return mirror_accept (mirror, dumb || all, error);
}

/* Somebody else may have fetched the same commit while this one waited for the lock. */
static gboolean
mirror_has_come (GitMirror *mirror)
{
  g_autofree char *have = NULL;

  if (mirror->wanted.commit == NULL)
    return FALSE;
  if (mirror->fd < 0)
    mirror->fd = openat (mirror->git_fd, mirror->name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
  have = git_mirror_resolve (mirror, NULL);
  return have != NULL;
}

gboolean
git_mirror_fetch (GitMirror *mirror, const SourceContext *context, GError **error)
{
  g_autoptr (GError) local = NULL;
  g_autoptr (GError) failure = NULL;
  g_autofree char *have = git_mirror_resolve (mirror, &local);
  FetchJob *job = NULL;
  gboolean ok;
  autofd lock_fd = -1;

  if (mirror->fd >= 0)
    cache_touch (mirror->fd, NULL);
  if (have != NULL && (mirror->wanted.commit != NULL || context->offline))
    return TRUE;
  if (context->offline)
    {
      g_propagate_prefixed_error (error, g_steal_pointer (&local), "The network is not to be used (--offline): ");
      return FALSE;
    }
  fetch_report_expect (context->report, 1);
  job = fetch_job_new (context->report, mirror->url, mirror->url, 0);
  lock_fd = cache_lock (mirror->git_fd, mirror->name, TRUE, &failure);
  ok = lock_fd >= 0 && (mirror_has_come (mirror) || mirror_update (mirror, &failure));
  fetch_job_end (job, ok ? NULL : failure->message);
  if (!ok)
    g_propagate_error (error, g_steal_pointer (&failure));
  return ok;
}
