/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * git says which files are LFS's: their attributes name the filter "lfs", and for that filter it is told to put a line before the content
 * that nobody can guess.  So no attribute is read here, and no file that only looks like a pointer is taken for one.
 *
 * What a commit needs is written down once, in `lfs-COMMIT` of the mirror, one "SHA256 SIZE" a line.
 */
#include "builder/sources/git/lfs.h"

#include <json-glib/json-glib.h>
#include <string.h>

#include "base/error.h"
#include "base/file.h"
#include "base/json.h"
#include "builder/sources/cache.h"
#include "builder/sources/fetch.h"
#include "builder/sources/git/lfs-local.h"
#include "builder/sources/http.h"
#include "builder/sources/unarchive.h"

#define POINTER_MAX 2048        /* as git-lfs, with room for the mark */
#define OBJECTS_MAX 100000
#define BATCH 100
#define ANSWER_MAX (8 * 1024 * 1024)
#define MEDIA_TYPE "application/vnd.git-lfs+json"

typedef struct
{
  char oid[65];
  guint64 size;
} LfsObject;

static const char *
lfs_mark (void)
{
  static char *mark = NULL;

  if (g_once_init_enter (&mark))
    {
      g_autofree char *random = g_uuid_string_random ();

      g_once_init_leave (&mark, g_strconcat ("nacelle-lfs-", random, NULL));
    }
  return mark;
}

const char *const *
lfs_config (void)
{
  static const char *config[3] = { NULL };
  static gsize once = 0;

  if (g_once_init_enter (&once))
    {
      config[0] = g_strconcat ("filter.lfs.smudge=echo ", lfs_mark (), "; cat", NULL);
      config[1] = "filter.lfs.required=true";
      g_once_init_leave (&once, 1);
    }
  return config;
}

/* "version ...", then keys in the order of the alphabet, of which two count.  FALSE: no pointer. */
static gboolean
parse_pointer (const char *text, LfsObject *ret_object)
{
  g_auto (GStrv) lines = g_strsplit (text, "\n", -1);
  gboolean oid = FALSE, size = FALSE;

  if (lines[0] == NULL || !g_str_has_prefix (lines[0], "version https://git-lfs.github.com/spec/v1"))
    return FALSE;
  for (gsize i = 1; lines[i] != NULL; i++)
    if (g_str_has_prefix (lines[i], "oid sha256:") && strlen (lines[i]) == 11 + 64
        && strspn (lines[i] + 11, "0123456789abcdef") == 64)
      {
        g_strlcpy (ret_object->oid, lines[i] + 11, sizeof ret_object->oid);
        oid = TRUE;
      }
    else if (g_str_has_prefix (lines[i], "size "))
      size = g_ascii_string_to_unsigned (lines[i] + 5, 10, 0, G_MAXINT64, &ret_object->size, NULL);
  return oid && size;
}

/* The whole of a small file.  NULL on error. */
static GString *
read_entry (struct archive *archive, GError **error)
{
  g_autoptr (GString) text = g_string_new (NULL);
  char buffer[POINTER_MAX];
  la_ssize_t n;

  while ((n = archive_read_data (archive, buffer, sizeof buffer)) > 0 && text->len <= POINTER_MAX)
    g_string_append_len (text, buffer, n);
  if (n < 0)
    {
      error_throw (error, "git's archive is cut off");
      return NULL;
    }
  return g_steal_pointer (&text);
}

/* What stands behind the mark; NULL for a file of the repository itself. */
static const char *
behind_mark (const GString *text)
{
  gsize length = strlen (lfs_mark ());

  return strncmp (text->str, lfs_mark (), length) == 0 && text->str[length] == '\n' ? text->str + length + 1 : NULL;
}

static gboolean
may_be_pointer (struct archive_entry *entry)
{
  return archive_entry_filetype (entry) == AE_IFREG && archive_entry_hardlink (entry) == NULL
         && archive_entry_size (entry) <= POINTER_MAX;
}

/* ---- which objects ---------------------------------------------------------------------------------------------------- */

static gboolean
list_reader (int fd, gpointer user, GError **error)
{
  GHashTable *objects = user;
  struct archive *archive = unarchive_reader_new ();
  struct archive_entry *entry = NULL;
  gboolean ok = archive_read_open_fd (archive, fd, 128 * 1024) == ARCHIVE_OK || error_throw (error, "git gave no archive");

  while (ok && archive_read_next_header (archive, &entry) == ARCHIVE_OK)
    {
      g_autoptr (GString) text = NULL;
      LfsObject object;

      if (!may_be_pointer (entry))
        continue;
      text = read_entry (archive, error);
      ok = text != NULL;
      if (!ok || behind_mark (text) == NULL || *behind_mark (text) == '\0')
        continue;
      if (!parse_pointer (behind_mark (text), &object))
        continue; /* a file that was never handed to LFS */
      g_hash_table_insert (objects, g_strdup (object.oid), g_memdup2 (&object, sizeof object));
      if (g_hash_table_size (objects) > OBJECTS_MAX)
        ok = error_throw_code (error, ERROR_REFUSED, "more than %d files are kept by LFS", OBJECTS_MAX);
    }
  archive_read_free (archive);
  return ok;
}

/* Most commits have nothing to do with LFS, and a look at the few files of attributes shows it. */
static gboolean
commit_uses_lfs (const GitMirror *mirror, const char *commit, gboolean *ret_used, GError **error)
{
  GitPlace place = git_mirror_place (mirror, GIT_NO_TRANSPORT);
  const char *const grep[] = { "grep", "--quiet", "-I", "-F", "-e", "filter=lfs", commit, NULL };
  int status = 0;

  if (!git_try (&place, grep, &status, NULL, NULL, error))
    return FALSE;
  *ret_used = status == 0;
  return TRUE;
}

static gboolean
list_objects (const GitMirror *mirror, const char *commit, char **ret_list, GError **error)
{
  g_autoptr (GHashTable) objects = g_hash_table_new_full (g_str_hash, g_str_equal, g_free, g_free);
  g_autoptr (GString) list = g_string_new (NULL);
  g_autoptr (GList) names = NULL;
  const char *const archive[] = { "archive", "--format=tar", commit, NULL };
  GitPlace place = git_mirror_place (mirror, GIT_NO_TRANSPORT);
  gboolean used = FALSE, empty = FALSE;

  if (!git_mirror_check_size (mirror, commit, &empty, error) || (!empty && !commit_uses_lfs (mirror, commit, &used, error)))
    return FALSE;
  place.config = lfs_config ();
  if (used && (!git_mirror_archive_all (mirror, error) || !git_stream (&place, archive, list_reader, objects, error)))
    return FALSE;
  names = g_list_sort (g_hash_table_get_keys (objects), (GCompareFunc) strcmp);
  for (GList *name = names; name != NULL; name = name->next)
    {
      const LfsObject *object = g_hash_table_lookup (objects, name->data);

      g_string_append_printf (list, "%s %" G_GUINT64_FORMAT "\n", object->oid, object->size);
    }
  *ret_list = g_string_free (g_steal_pointer (&list), FALSE);
  return TRUE;
}

/* LfsObject, of the list that was written down, or that is made now. */
static GArray *
commit_objects (const GitMirror *mirror, const char *commit, GError **error)
{
  g_autoptr (GArray) objects = g_array_new (FALSE, TRUE, sizeof (LfsObject));
  g_autofree char *name = g_strconcat ("lfs-", commit, NULL);
  g_autofree char *list = file_read (mirror->fd, name, ANSWER_MAX, NULL, NULL);
  g_auto (GStrv) lines = NULL;
  guint64 total = 0;

  if (list == NULL
      && (!list_objects (mirror, commit, &list, error)
          || !file_write_atomic (mirror->fd, name, list, strlen (list), 0644, error)))
    return NULL;
  lines = g_strsplit (list, "\n", -1);
  for (gsize i = 0; lines[i] != NULL; i++)
    {
      LfsObject object = { "" };

      if (strlen (lines[i]) < 66)
        continue;
      g_strlcpy (object.oid, lines[i], sizeof object.oid);
      object.size = g_ascii_strtoull (lines[i] + 65, NULL, 10);
      total += object.size;
      if (object.size > GIT_BYTES_MAX || total > GIT_BYTES_MAX)
        {
          error_throw_code (error, ERROR_REFUSED, "%s keeps more than %d GiB by Git LFS", mirror->url, (int) (GIT_BYTES_MAX >> 30));
          return NULL;
        }
      g_array_append_val (objects, object);
    }
  return g_steal_pointer (&objects);
}

gboolean
lfs_keep (const GitMirror *mirror, const char *commit, GPtrArray *paths, GError **error)
{
  g_autoptr (GArray) objects = commit_objects (mirror, commit, error);

  for (guint i = 0; objects != NULL && i < objects->len; i++)
    g_ptr_array_add (paths, g_strconcat ("downloads/", g_array_index (objects, LfsObject, i).oid, NULL));
  return objects != NULL;
}

/* ---- fetching --------------------------------------------------------------------------------------------------------- */

/* Where LFS's server is: beside the repository, unless the commit says otherwise. */
static char *
lfs_address (const GitMirror *mirror, const char *commit, GError **error)
{
  g_autofree char *blob = g_strconcat ("--blob=", commit, ":.lfsconfig", NULL);
  const char *const args[] = { "config", blob, "--get", "lfs.url", NULL };
  GitPlace place = git_mirror_place (mirror, GIT_NO_TRANSPORT);
  g_autofree char *url = NULL;
  int status = 0;

  if (!git_try (&place, args, &status, &url, NULL, error))
    return NULL;
  g_strstrip (url);
  if (status == 0 && *url != '\0')
    return http_url_check (url, error) ? g_steal_pointer (&url) : NULL;
  return g_strconcat (mirror->url, g_str_has_suffix (mirror->url, ".git") ? "" : ".git", "/info/lfs", NULL);
}

static char *
batch_request (const LfsObject *objects, guint n)
{
  g_autoptr (JsonBuilder) builder = json_builder_new ();

  json_builder_begin_object (builder);
  json_add_string (builder, "operation", "download");
  json_add_strings (builder, "transfers", (char *[]) { (char *) "basic", NULL });
  json_builder_set_member_name (builder, "objects");
  json_builder_begin_array (builder);
  for (guint i = 0; i < n; i++)
    {
      json_builder_begin_object (builder);
      json_add_string (builder, "oid", objects[i].oid);
      json_add_integer (builder, "size", (gint64) objects[i].size);
      json_builder_end_object (builder);
    }
  json_builder_end_array (builder);
  json_builder_end_object (builder);
  return json_to_text (builder);
}

static JsonObject *
object_member (JsonObject *object, const char *name)
{
  JsonNode *node = object != NULL ? json_object_get_member (object, name) : NULL;

  return node != NULL && JSON_NODE_HOLDS_OBJECT (node) ? json_node_get_object (node) : NULL;
}

static const char *
text_member (JsonObject *object, const char *name)
{
  JsonNode *node = object != NULL ? json_object_get_member (object, name) : NULL;

  return node != NULL && JSON_NODE_HOLDS_VALUE (node) && json_node_get_value_type (node) == G_TYPE_STRING
         ? json_node_get_string (node) : NULL;
}

/* What the server wants to hear with the request: one line each. */
static char **
header_lines (JsonObject *headers)
{
  g_autoptr (GStrvBuilder) lines = g_strv_builder_new ();
  g_autoptr (GList) names = headers != NULL ? json_object_get_members (headers) : NULL;

  for (GList *name = names; name != NULL; name = name->next)
    {
      const char *value = text_member (headers, name->data);
      g_autofree char *line = g_strdup_printf ("%s: %s", (const char *) name->data, value != NULL ? value : "");

      if (value != NULL && strpbrk (line, "\r\n") == NULL)
        g_strv_builder_add (lines, line);
    }
  return g_strv_builder_end (lines);
}

static JsonObject *
find_answer (JsonObject *root, const char *oid)
{
  JsonNode *node = root != NULL ? json_object_get_member (root, "objects") : NULL;
  JsonArray *answers = node != NULL && JSON_NODE_HOLDS_ARRAY (node) ? json_node_get_array (node) : NULL;

  for (guint i = 0; answers != NULL && i < json_array_get_length (answers); i++)
    {
      JsonNode *element = json_array_get_element (answers, i);
      JsonObject *answer = JSON_NODE_HOLDS_OBJECT (element) ? json_node_get_object (element) : NULL;

      if (g_strcmp0 (text_member (answer, "oid"), oid) == 0)
        return answer;
    }
  return NULL;
}

static gboolean
queue_object (const LfsObject *object, JsonObject *root, GPtrArray *items, GError **error)
{
  JsonObject *answer = find_answer (root, object->oid);
  JsonObject *download = object_member (object_member (answer, "actions"), "download");
  const char *href = text_member (download, "href");
  const char *reason = text_member (object_member (answer, "error"), "message");
  g_autofree char *name = g_strdup_printf ("the LFS object %.12s", object->oid);
  FetchItem *item;

  if (href == NULL)
    return error_throw (error, "The server of Git LFS has no address for the object %s%s%s", object->oid, reason != NULL ? ": " : "",
                        reason != NULL ? reason : "");
  item = fetch_item_new (name, &(FileHashes) { { [HASH_SHA256] = object->oid } });
  item->size = object->size;
  item->urls = g_strdupv ((char *[]) { (char *) href, NULL });
  item->headers = header_lines (object_member (download, "header"));
  g_ptr_array_add (items, item);
  return TRUE;
}

static gboolean
ask_server (const char *address, const LfsObject *objects, guint n, const FetchOptions *options, GPtrArray *items, GError **error)
{
  g_autofree char *url = g_strconcat (address, "/objects/batch", NULL);
  g_autofree char *request = batch_request (objects, n);
  g_autoptr (JsonParser) parser = json_parser_new ();
  g_autofree char *answer = NULL;
  gsize length = 0;
  JsonNode *root;

  answer = fetch_answer (url, "the addresses of LFS objects", MEDIA_TYPE, request, ANSWER_MAX, options, &length, error);
  if (answer == NULL)
    return FALSE;
  if (!json_parser_load_from_data (parser, answer, (gssize) length, NULL))
    return error_throw_code (error, ERROR_REFUSED, "What came from %s is not JSON", url);
  root = json_parser_get_root (parser);
  for (guint i = 0; i < n; i++)
    if (!queue_object (&objects[i], root != NULL && JSON_NODE_HOLDS_OBJECT (root) ? json_node_get_object (root) : NULL, items, error))
      return FALSE;
  return TRUE;
}

/* From a repository of this computer nothing is asked of a server: git-lfs(1) has put there what a checkout needs. */
static gboolean
copy_all (const GitMirror *mirror, const GArray *objects, const SourceContext *context, GError **error)
{
  for (guint i = 0; i < objects->len; i++)
    {
      const LfsObject *object = &g_array_index (objects, LfsObject, i);

      if (!lfs_local_copy (mirror->url, object->oid, object->size, context->cache_fd, error))
        return FALSE;
    }
  return TRUE;
}

gboolean
lfs_fetch (const GitMirror *mirror, const char *commit, const SourceContext *context, GError **error)
{
  FetchOptions options = { .cache_fd = context->cache_fd, .offline = context->offline, .report = context->report };
  g_autoptr (GPtrArray) items = g_ptr_array_new_with_free_func ((GDestroyNotify) fetch_item_free);
  g_autoptr (GArray) objects = commit_objects (mirror, commit, error);
  g_autofree char *address = NULL;

  if (objects == NULL)
    return FALSE;
  for (guint i = objects->len; i > 0; i--)
    if (cache_has (context->cache_fd, &(FileHashes) { { [HASH_SHA256] = g_array_index (objects, LfsObject, i - 1).oid } }))
      g_array_remove_index_fast (objects, i - 1);
  if (objects->len == 0)
    return TRUE;
  if (mirror->transport == GIT_LOCAL)
    return copy_all (mirror, objects, context, error);
  if (context->offline)
    return error_throw_code (error, ERROR_UNAVAILABLE, "%u files of %s, which are kept by Git LFS, are not in the download cache, and "
                             "the network is not to be used (--offline)", objects->len, mirror->url);
  address = lfs_address (mirror, commit, error);
  for (guint i = 0; address != NULL && i < objects->len; i += BATCH)
    if (!ask_server (address, &g_array_index (objects, LfsObject, i), MIN (BATCH, objects->len - i), &options, items, error))
      return error_prefix (error, "Files of %s are kept by Git LFS (\"disable-lfs: true\" takes the pointers to them instead)",
                           mirror->url);
  return address != NULL && fetch_files (items, &options, error);
}

/* ---- unpacking -------------------------------------------------------------------------------------------------------- */

static gboolean
write_object (const LfsObject *object, struct archive_entry *entry, const char *path, TreeWriter *writer, int cache_fd, GError **error)
{
  const FileHashes hashes = { { [HASH_SHA256] = object->oid } };
  autofd in = cache_open (cache_fd, &hashes, path, error);
  autofd out = in >= 0 ? tree_writer_file (writer, path, error) : -1;

  return out >= 0
         && file_copy_fd (in, out, path, error)
         && tree_writer_file_end (out, path, archive_entry_perm (entry), archive_entry_mtime (entry), error);
}

gboolean
lfs_unpack (struct archive *archive, struct archive_entry *entry, const char *path, TreeWriter *writer, int cache_fd,
            gboolean *ret_skip, GError **error)
{
  g_autoptr (GString) text = NULL;
  const char *content;
  LfsObject object;
  autofd out = -1;

  if (!may_be_pointer (entry))
    return TRUE;
  *ret_skip = TRUE;
  text = read_entry (archive, error);
  if (text == NULL)
    return FALSE;
  content = behind_mark (text);
  if (content != NULL && parse_pointer (content, &object))
    return write_object (&object, entry, path, writer, cache_fd, error);
  content = content != NULL ? content : text->str;
  out = tree_writer_file (writer, path, error);
  return out >= 0
         && file_write_all (out, path, content, text->len - (gsize) (content - text->str), error)
         && tree_writer_file_end (out, path, archive_entry_perm (entry), archive_entry_mtime (entry), error);
}
