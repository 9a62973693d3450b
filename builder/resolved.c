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

#define NAME RESOLVED_NAME
#define BASES_MAX 100

typedef struct
{
  const SourceContext *sources;
  GError *error;           /* the first one */
} Resolver;

/* Where the manifest names a branch or tag only, the commit that it was. */
static void
add_commit (JsonBuilder *json, const ManifestSource *source, gpointer data)
{
  Resolver *resolver = data;
  const SourceKind *kind = source_kind_find (source->type);
  g_autoptr (GPtrArray) parts = source_parts_new ();
  const SourcePart *part;

  if (kind == NULL || kind->resolve == NULL || resolver->error != NULL
      || !kind->resolve (source, resolver->sources, parts, &resolver->error))
    return;
  part = parts->len == 1 ? parts->pdata[0] : NULL;
  if (part != NULL && part->commit != NULL && source->commit == NULL)
    json_add_string (json, "commit", part->commit);
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
  static const char *const left_out[] = { "mirror", "lock", "runtime-commit", "sdk-commit", "base-commit", NULL };
  g_autoptr (JsonBuilder) json = json_builder_new ();
  Resolver resolver = { sources, NULL };
  const ManifestJson options = { .left_out = left_out, .source = add_commit, .data = &resolver };

  json_builder_begin_object (json);
  manifest_json_write (plan->manifest, &options, json);
  write_commit (json, "runtime-commit", bases->runtime);
  write_commit (json, "sdk-commit", bases->sdk);
  write_commit (json, "base-commit", bases->base);
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
