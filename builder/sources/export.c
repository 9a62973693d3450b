/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * `svn`, `bzr`: a revision, which the host's svn or brz writes into a folder of the download cache, and which is copied from
 * there like a `dir`.
 *
 *   vcs/HASH           the files; HASH is of the kind, address and revision
 *   vcs/latest-HASH    the revision that a source without one had at the last fetch; HASH is of the kind and address
 *
 * These systems have no name for a content: a revision is what the server says it is.
 */
#include "builder/sources/kinds.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/file.h>
#include <unistd.h>

#include "base/error.h"
#include "base/file.h"
#include "base/spawn.h"
#include "builder/sources/cache.h"
#include "builder/sources/content.h"
#include "builder/sources/dir.h"
#include "builder/sources/hashes.h"

typedef struct
{
  const char *type;
  const char *programs[3];        /* the first that is installed */
  const char *schemes[4];
  /* Before the address; the end of `save` is the revision, then the address and the new folder follow. */
  const char *ask[16], *save[16];
  gboolean folder_first;          /* the folder before the address */
} Tool;

static const Tool tools[] = {
  { "svn", { "svn" }, { "http", "https", "svn" },
    { "info", "--non-interactive", "--no-auth-cache", "--config-dir", "config", "-r", "HEAD", "--show-item", "revision", "--" },
    { "export", "--quiet", "--non-interactive", "--no-auth-cache", "--config-dir", "config", "--ignore-externals", "-r" },
    FALSE },
  { "bzr", { "brz", "bzr" }, { "http", "https", "bzr" },
    { "--no-plugins", "--no-aliases", "revno", "--" },
    { "--no-plugins", "--no-aliases", "export", "--quiet", "--format=dir", "-r" },
    TRUE },
};

static const Tool *
tool_find (const ManifestSource *source)
{
  for (gsize i = 0; i < G_N_ELEMENTS (tools); i++)
    if (strcmp (tools[i].type, source->type) == 0)
      return &tools[i];
  return NULL;
}

/* Other schemes start programs (svn+ssh) or read this computer (file). */
static gboolean
check_address (const ManifestSource *source, const Tool *tool, GError **error)
{
  const char *url = source->url != NULL ? source->url : "";
  const char *host = strstr (url, "://");
  g_autofree char *scheme = host != NULL ? g_strndup (url, (gsize) (host - url)) : g_strdup ("");

  for (const char *p = url; *p != '\0'; p++)
    if ((guchar) *p <= 0x20 || (guchar) *p >= 0x7f)
      return error_throw_code (error, ERROR_REFUSED, "The address \"%s\" contains a blank or a character that must be written as %%XX",
                               url);
  if (!g_strv_contains (tool->schemes, scheme))
    return error_throw_code (error, ERROR_REFUSED, "\"%s\" cannot be fetched: a source of type %s is taken from http, https or %s",
                             url, source->type, tool->schemes[2]);
  host += strlen ("://");
  if (strcspn (host, "/?#") == 0 || *host == '-' || memchr (host, '@', strcspn (host, "/?#")) != NULL)
    return error_throw_code (error, ERROR_REFUSED, "The address \"%s\" has no host, or a user name in it", url);
  if (source->revision != NULL && (!g_ascii_isalnum (source->revision[0]) || strlen (source->revision) > 100))
    return error_throw_code (error, ERROR_REFUSED, "\"%s\" is no revision", source->revision);
  return TRUE;
}

static char *
cache_name (const ManifestSource *source, const char *revision)
{
  g_autofree char *text = g_strdup_printf ("%s %s %s", source->type, source->url, revision != NULL ? revision : "");
  g_autofree char *sum = g_compute_checksum_for_string (G_CHECKSUM_SHA256, text, -1);

  return g_strconcat (revision != NULL ? "" : "latest-", sum, NULL);
}

/* The manifest's revision, or what the last fetch found.  NULL when there was none. */
static char *
known_revision (const ManifestSource *source, int vcs_fd)
{
  g_autofree char *name = cache_name (source, NULL);

  return source->revision != NULL ? g_strdup (source->revision) : file_read (vcs_fd, name, 100, NULL, NULL);
}

static gboolean
tool_run (const Tool *tool, const char *const *args, int cwd_fd, char **ret_output, GError **error)
{
  const char *const env[] = { "LC_ALL=C.UTF-8", "HOME=/nonexistent", "BRZ_HOME=config", "BZR_HOME=config", "SSH_ASKPASS=false",
                              "SVN_SSH=false", "BRZ_SSH=false", NULL };
  static const char *const passed_on[] = { "PATH", "http_proxy", "https_proxy", "no_proxy", "SSL_CERT_FILE", "SSL_CERT_DIR" };
  g_auto (GStrv) environment = g_strdupv ((char **) env);
  g_autoptr (GPtrArray) argv = g_ptr_array_new ();
  SpawnRequest request = SPAWN_REQUEST_INIT;

  for (gsize i = 0; tool->programs[i] != NULL && argv->len == 0; i++)
    {
      g_autofree char *found = g_find_program_in_path (tool->programs[i]);

      if (found != NULL)
        g_ptr_array_add (argv, (char *) tool->programs[i]);
    }
  if (argv->len == 0)
    return error_throw_code (error, ERROR_NOT_FOUND, "a source of type %s needs the program %s, which is not installed", tool->type,
                             tool->programs[0]);
  for (gsize i = 0; args[i] != NULL; i++)
    g_ptr_array_add (argv, (char *) args[i]);
  g_ptr_array_add (argv, NULL);
  for (gsize i = 0; i < G_N_ELEMENTS (passed_on); i++)
    {
      char **more = g_getenv (passed_on[i]) != NULL
                    ? g_environ_setenv (g_strdupv (environment), passed_on[i], g_getenv (passed_on[i]), TRUE) : NULL;

      if (more == NULL)
        continue;
      g_strfreev (environment);
      environment = more;
    }
  request.argv = (const char *const *) argv->pdata;
  request.env = (const char *const *) environment;
  request.cwd_fd = cwd_fd;
  request.dies_with_us = TRUE;
  return spawn_check (&request, ret_output, error);
}

/* Ask the server which revision is the last. */
static char *
latest_revision (const ManifestSource *source, const Tool *tool, int tmp_fd, GError **error)
{
  g_autoptr (GPtrArray) args = g_ptr_array_new ();
  g_autofree char *output = NULL;

  for (gsize i = 0; tool->ask[i] != NULL; i++)
    g_ptr_array_add (args, (char *) tool->ask[i]);
  g_ptr_array_add (args, source->url);
  g_ptr_array_add (args, NULL);
  if (!tool_run (tool, (const char *const *) args->pdata, tmp_fd, &output, error))
    return NULL;
  g_strstrip (output);
  if (*output == '\0' || strlen (output) > 20 || strspn (output, "0123456789") != strlen (output))
    {
      error_throw (error, "%s says no revision", source->url);
      return NULL;
    }
  return g_steal_pointer (&output);
}

/* Files below tmp/files, then under their name. */
static gboolean
save_revision (const ManifestSource *source, const Tool *tool, const char *revision, int vcs_fd, int tmp_fd, GError **error)
{
  g_autoptr (GPtrArray) args = g_ptr_array_new ();
  g_autofree char *peg = tool->folder_first ? g_strdup (source->url) : g_strconcat (source->url, "@", revision, NULL);
  g_autofree char *name = cache_name (source, revision);

  for (gsize i = 0; tool->save[i] != NULL; i++)
    g_ptr_array_add (args, (char *) tool->save[i]);
  g_ptr_array_add (args, (char *) revision);
  g_ptr_array_add (args, (char *) "--");
  g_ptr_array_add (args, tool->folder_first ? (char *) "files" : peg);
  g_ptr_array_add (args, tool->folder_first ? peg : (char *) "files");
  g_ptr_array_add (args, NULL);
  if (!tool_run (tool, (const char *const *) args->pdata, tmp_fd, NULL, error))
    return FALSE;
  if (renameat (tmp_fd, "files", vcs_fd, name) < 0)
    return error_throw_errno (error, errno, "Cannot keep revision %s of %s", revision, source->url);
  return TRUE;
}

static gboolean
fetch_into (const ManifestSource *source, const SourceContext *context, const Tool *tool, int vcs_fd, int tmp_fd, GError **error)
{
  g_autofree char *revision = source->revision != NULL ? g_strdup (source->revision) : latest_revision (source, tool, tmp_fd, error);
  g_autofree char *name = NULL;
  g_autofree char *latest = cache_name (source, NULL);

  if (revision == NULL)
    return FALSE;
  name = cache_name (source, revision);
  if (source->revision == NULL)
    fetch_report_note (context->report, "%s is at revision %s", source->url, revision);
  if (faccessat (vcs_fd, name, F_OK, AT_SYMLINK_NOFOLLOW) != 0 && !save_revision (source, tool, revision, vcs_fd, tmp_fd, error))
    return FALSE;
  return source->revision != NULL
         || file_write_atomic (vcs_fd, latest, revision, strlen (revision), 0644, error);
}

static gboolean
export_fetch (const ManifestSource *source, const SourceContext *context, GError **error)
{
  const Tool *tool = tool_find (source);
  autofd vcs_fd = -1;
  autofd lock_fd = -1;
  autofd tmp_fd = -1;
  g_autofree char *tmp = NULL;
  g_autofree char *known = NULL;
  g_autofree char *name = NULL;
  g_autoptr (GError) failure = NULL;
  FetchJob *job = NULL;
  gboolean ok;

  if (!check_address (source, tool, error))
    return FALSE;
  vcs_fd = file_mkdir_p (context->cache_fd, "vcs", 0755, error);
  if (vcs_fd < 0)
    return FALSE;
  known = known_revision (source, vcs_fd);
  name = known != NULL ? cache_name (source, known) : NULL;
  if (name != NULL)
    cache_touch (vcs_fd, name);
  if (name != NULL && (source->revision != NULL || context->offline) && faccessat (vcs_fd, name, F_OK, AT_SYMLINK_NOFOLLOW) == 0)
    return TRUE;
  if (context->offline)
    return error_throw_code (error, ERROR_UNAVAILABLE, "%s is not in the download cache, and the network is not to be used (--offline)",
                             source->url);
  lock_fd = cache_lock (vcs_fd, source->url, TRUE, error);
  tmp_fd = lock_fd >= 0 ? file_mkdtemp (vcs_fd, ".tmp-", &tmp, error) : -1;
  if (tmp_fd < 0)
    return FALSE;
  (void) flock (tmp_fd, LOCK_EX | LOCK_NB); /* in use: builder/leftovers.h */
  fetch_report_expect (context->report, 1);
  job = fetch_job_new (context->report, source->url, source->url, 0);
  ok = fetch_into (source, context, tool, vcs_fd, tmp_fd, &failure) || error_prefix (&failure, "Cannot fetch %s", source->url);
  fetch_job_end (job, ok ? NULL : failure->message);
  if (!ok)
    g_propagate_error (error, g_steal_pointer (&failure));
  return file_remove_tree (vcs_fd, tmp, ok ? error : NULL) && ok;
}

static gboolean
export_digest (const ManifestSource *source, const SourceContext *context, GChecksum *checksum, GError **error)
{
  autofd vcs_fd = file_mkdir_p (context->cache_fd, "vcs", 0755, error);
  g_autofree char *revision = vcs_fd >= 0 ? known_revision (source, vcs_fd) : NULL;

  if (vcs_fd < 0)
    return FALSE;
  if (revision == NULL)
    return error_throw_code (error, ERROR_NOT_FOUND, "%s was not fetched", source->url);
  checksum_add (checksum, "url", source->url);
  checksum_add (checksum, "revision", revision);
  checksum_add (checksum, "dest", source->dest);
  return TRUE;
}

static gboolean
export_extract (const ManifestSource *source, const SourceContext *context, int tree_fd, GError **error)
{
  autofd vcs_fd = file_mkdir_p (context->cache_fd, "vcs", 0755, error);
  g_autofree char *revision = vcs_fd >= 0 ? known_revision (source, vcs_fd) : NULL;
  g_autofree char *name = revision != NULL ? cache_name (source, revision) : NULL;
  autofd from_fd = -1;
  autofd dest_fd = -1;

  if (vcs_fd < 0)
    return FALSE;
  from_fd = name != NULL ? openat (vcs_fd, name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC) : -1;
  if (from_fd < 0)
    return error_throw_code (error, ERROR_NOT_FOUND, "%s was not fetched", source->url);
  dest_fd = content_dest (source, tree_fd, error);
  return dest_fd >= 0
         && (dir_copy (from_fd, dest_fd, -1, error) || error_prefix (error, "Cannot copy what was fetched from %s", source->url));
}

static gboolean
export_keep (const ManifestSource *source, const SourceContext *context, GPtrArray *paths, GError **error)
{
  autofd vcs_fd = file_mkdir_p (context->cache_fd, "vcs", 0755, error);
  g_autofree char *revision = vcs_fd >= 0 ? known_revision (source, vcs_fd) : NULL;
  g_autofree char *name = revision != NULL ? cache_name (source, revision) : NULL;
  g_autofree char *latest = cache_name (source, NULL);

  if (name == NULL)
    return vcs_fd >= 0 && error_throw_code (error, ERROR_NOT_FOUND, "%s was not fetched", source->url);
  g_ptr_array_add (paths, g_strconcat ("vcs/", name, NULL));
  if (source->revision == NULL)
    g_ptr_array_add (paths, g_strconcat ("vcs/", latest, NULL));
  return TRUE;
}

const SourceKind source_kind_svn = {
  .type = "svn",
  .fetch = export_fetch,
  .digest = export_digest,
  .extract = export_extract,
  .keep = export_keep,
};

const SourceKind source_kind_bzr = {
  .type = "bzr",
  .fetch = export_fetch,
  .digest = export_digest,
  .extract = export_extract,
  .keep = export_keep,
};
