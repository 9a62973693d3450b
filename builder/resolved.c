/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "builder/resolved.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/error.h"
#include "base/file.h"
#include "base/json.h"
#include "builder/plan/manifest-json.h"
#include "builder/sources/packages/package.h"

#define NAME RESOLVED_NAME
#define BASES_MAX 100

typedef struct
{
  const SourceContext *sources;
  GError *error;           /* the first one */
} Resolver;

/* Their order is that of the lock. */
static void
add_packages (JsonBuilder *json, const GPtrArray *parts)
{
  json_builder_set_member_name (json, "locked");
  json_builder_begin_array (json);
  for (guint i = 0; i < parts->len; i++)
    {
      const SourcePart *part = parts->pdata[i];
      g_autofree char *line = package_line (part->name, part->version, part->arch, part->size, part->sha256, part->path);

      json_builder_add_string_value (json, line);
    }
  json_builder_end_array (json);
}

/* Where the manifest names a branch only, the commit that it was then says it all: the branch goes on.  A tag stays, to be checked. */
static void
add_exact (JsonBuilder *json, const ManifestSource *source, gpointer data)
{
  Resolver *resolver = data;
  const SourceKind *kind = source_kind_find (source->type);
  g_autoptr (GPtrArray) parts = source_parts_new ();
  gboolean given = source->commit != NULL;

  if (resolver->error == NULL && kind != NULL && kind->resolve != NULL)
    (void) kind->resolve (source, resolver->sources, parts, &resolver->error);
  const SourcePart *part = parts->len > 0 ? parts->pdata[0] : NULL;
  const char *commit = given ? source->commit : part != NULL ? part->commit : NULL;
  if (source->branch != NULL && (given || commit == NULL))
    json_add_string (json, "branch", source->branch);
  if (commit != NULL)
    json_add_string (json, "commit", commit);
  if (part != NULL && part->name != NULL)
    add_packages (json, parts);
}

static void
write_commit (JsonBuilder *json, const char *key, const Ground *ground)
{
  if (ground != NULL)
    json_add_string (json, key, ground->deployment->checksum);
}

static char *
resolved_manifest (const BuildPlan *plan, const Bases *bases, const SourceContext *sources, GError **error)
{
  /* The mirror tells of the place of the build only, and the commits are ours to say. */
  static const char *const left_out[] = { "mirror", "lock", "runtime-commit", "sdk-commit", "base-commit", "other-commits", NULL };
  static const char *const of_source[] = { "branch", "commit", "locked", NULL };
  g_autoptr (JsonBuilder) json = json_builder_new ();
  Resolver resolver = { sources, NULL };
  const ManifestJson options = { .in_one_place = TRUE, .left_out = left_out, .source_left_out = of_source, .source = add_exact,
                                 .data = &resolver };
  g_auto (GStrv) others = bases_other_commits (bases);

  json_builder_begin_object (json);
  manifest_json_write (plan->manifest, &options, json);
  write_commit (json, "runtime-commit", bases_runtime (bases));
  write_commit (json, "sdk-commit", bases->sdk);
  write_commit (json, "base-commit", bases->base);
  if (bases->sdk != NULL)
    json_add_strings (json, "other-commits", others);
  json_builder_end_object (json);
  if (resolver.error != NULL)
    {
      g_propagate_error (error, resolver.error);
      return NULL;
    }
  return json_to_text (json);
}

static gboolean
keep_older (int files_fd, GError **error)
{
  struct stat st;

  if (fstatat (files_fd, NAME, &st, AT_SYMLINK_NOFOLLOW) < 0)
    return TRUE;
  for (int i = 1; i <= BASES_MAX; i++)
    {
      g_autofree char *name = g_strdup_printf ("manifest-base-%d.json", i);

      if (fstatat (files_fd, name, &st, AT_SYMLINK_NOFOLLOW) == 0)
        continue;
      return renameat (files_fd, NAME, files_fd, name) == 0 || error_throw_errno (error, errno, "cannot rename " NAME);
    }
  return error_throw (error, "there are more than %d manifest-base-N.json", BASES_MAX);
}

gboolean
resolved_manifest_write (const BuildPlan *plan, const Bases *bases, const SourceContext *sources, int files_fd, GError **error)
{
  g_autofree char *text = resolved_manifest (plan, bases, sources, error);

  return text != NULL && keep_older (files_fd, error) && file_write_unsynced (files_fd, NAME, text, strlen (text), 0644, error);
}
