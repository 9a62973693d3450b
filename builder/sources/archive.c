/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * `archive`: a file from a path or the network, unpacked.
 */
#include "builder/sources/kinds.h"

#include "base/error.h"
#include "base/file.h"
#include "builder/sources/content.h"
#include "builder/sources/steps.h"
#include "builder/sources/unarchive.h"

static const char *const archive_types[] = {
  "tar", "tar-gzip", "tar-compress", "tar-bzip2", "tar-lzip", "tar-lzma", "tar-lzop", "tar-xz", "tar-zst",
  "zip", "7z", "rpm", NULL
};

static gboolean
archive_check_type (const ManifestSource *source, GError **error)
{
  g_autofree char *known = NULL;

  if (source->archive_type == NULL || g_strv_contains (archive_types, source->archive_type))
    return TRUE;
  known = g_strjoinv (", ", (char **) archive_types);
  return error_throw (error, "\"%s\" is not an archive-type; known are %s", source->archive_type, known);
}

static gboolean
archive_fetch (const ManifestSource *source, const SourceContext *context, GError **error)
{
  return archive_check_type (source, error) && content_fetch (source, context, error);
}

static gboolean
archive_queue (const ManifestSource *source, const SourceContext *context, GPtrArray *items, GError **error)
{
  return archive_check_type (source, error) && content_queue (source, context, items, error);
}

static gboolean
archive_digest (const ManifestSource *source, const SourceContext *context, GChecksum *checksum, GError **error)
{
  g_autofree char *strip = g_strdup_printf ("%d", source->strip_components < 0 ? 1 : source->strip_components);

  checksum_add (checksum, "strip", strip);
  if (source->git_init)
    checksum_add (checksum, "git-init", "1");
  return content_digest (source, context, checksum, error);
}

/* The kind of archive is seen in its content; archive-type is for tools that go by the name. */
static gboolean
archive_extract (const ManifestSource *source, const SourceContext *context, int tree_fd, GError **error)
{
  UnarchiveRules rules = { .strip = source->strip_components < 0 ? 1 : source->strip_components, .not_empty = TRUE };
  g_autofree char *name = NULL;
  autofd fd = content_open (source, context, &name, error);
  autofd dest_fd = -1;

  if (fd < 0)
    return FALSE;
  dest_fd = content_dest (source, tree_fd, error);
  return dest_fd >= 0 && unarchive_fd (fd, name, dest_fd, &rules, error);
}

/* By the SDK's git, in the sandbox: what was unpacked is not trusted.  The commit has the same id in every build. */
static GPtrArray *
archive_steps (const ManifestSource *source, const SourceContext *context, GError **error)
{
  GPtrArray *steps = source_steps_new ();
  const char *const init[] = { "git", "init", "-q", "-b", "main", ".", NULL };
  const char *const add[] = { "git", "add", "-A", "-f", ".", NULL };
  const char *const commit[] = {
    "env", "GIT_AUTHOR_DATE=@0 +0000", "GIT_COMMITTER_DATE=@0 +0000", "git", "-c", "user.name=appbuild",
    "-c", "user.email=appbuild@localhost", "-c", "commit.gpgSign=false", "commit", "-q", "--no-verify", "--allow-empty",
    "-m", "Sources", NULL
  };

  if (!source->git_init)
    return steps;
  source_steps_add (steps, "git init", init, source->dest);
  source_steps_add (steps, "git add", add, source->dest);
  source_steps_add (steps, "git commit", commit, source->dest);
  return steps;
}

const SourceKind source_kind_archive = {
  .type = "archive",
  .fetch = archive_fetch,
  .queue = archive_queue,
  .digest = archive_digest,
  .extract = archive_extract,
  .keep = content_keep,
  .steps = archive_steps,
};
