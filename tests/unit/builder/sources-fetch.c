/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * The download cache against a server that misbehaves in every way: a thread of this program that answers one
 * connection at a time as its script says.
 */
#include <arpa/inet.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/error.h"
#include "base/file.h"
#include "builder/sources/cache.h"
#include "builder/sources/fetch.h"
#include "builder/sources/http.h"

#define BODY "the content of the file, forty bytes long"

typedef enum { PLAIN, NO_RANGES, CUT, STALL, WRONG, MISSING, BUSY, REDIRECT, ENDLESS } Manner;

typedef struct
{
  char *top;
  int cache_fd, listen_fd;
  char *url, *sha256;
  GThread *thread;
  GMutex mutex;
  Manner script[8];
  const char *location;
  guint n_script, n_requests;
  double stall_seconds;    /* 0: what everybody has */
  guint attempts;
  GString *requests;
} Server;

static void
say (int fd, const char *format, ...)
{
  va_list args;
  g_autofree char *text = NULL;

  va_start (args, format);
  text = g_strdup_vprintf (format, args);
  va_end (args);
  send (fd, text, strlen (text), MSG_NOSIGNAL);
}

static void
answer (Server *s, int fd, Manner manner, const char *request)
{
  const char *range = strstr (request, "Range: bytes=");
  gsize from = range != NULL ? g_ascii_strtoull (range + 13, NULL, 10) : 0;
  gsize size = strlen (BODY);
  char dummy;

  if (range != NULL && manner == PLAIN && from >= size)
    say (fd, "HTTP/1.1 416 Range\r\nContent-Length: 5\r\n\r\nerror");
  else if (range != NULL && manner == PLAIN)
    say (fd, "HTTP/1.1 206 Partial\r\nContent-Range: bytes %zu-%zu/%zu\r\nContent-Length: %zu\r\n\r\n%s", from, size - 1,
         size, size - from, BODY + from);
  else if (manner == PLAIN || manner == NO_RANGES)
    say (fd, "HTTP/1.1 200 OK\r\nContent-Length: %zu\r\n\r\n%s", size, BODY);
  else if (manner == CUT)
    say (fd, "HTTP/1.1 200 OK\r\nContent-Length: %zu\r\n\r\n%.10s", size, BODY);
  else if (manner == STALL)
    {
      say (fd, "HTTP/1.1 200 OK\r\nContent-Length: %zu\r\n\r\n%.10s", size, BODY);
      while (recv (fd, &dummy, 1, 0) > 0)
        continue;
    }
  else if (manner == WRONG)
    say (fd, "HTTP/1.1 200 OK\r\nContent-Length: %zu\r\n\r\n%s", size, "THE content of the file, forty bytes long");
  else if (manner == MISSING)
    say (fd, "HTTP/1.1 404 Not Found\r\nContent-Length: 5\r\n\r\nerror");
  else if (manner == BUSY)
    say (fd, "HTTP/1.1 503 Busy\r\nContent-Length: 5\r\n\r\nerror");
  else if (manner == REDIRECT)
    say (fd, "HTTP/1.1 302 Found\r\nLocation: %s\r\nContent-Length: 0\r\n\r\n", s->location);
  else if (manner == ENDLESS)
    {
      say (fd, "HTTP/1.1 200 OK\r\nConnection: close\r\n\r\n");
      for (int i = 0; i < 100; i++)
        say (fd, "%s", BODY);
    }
}

static gpointer
serve (gpointer user)
{
  Server *s = user;

  for (;;)
    {
      autofd fd = accept (s->listen_fd, NULL, NULL);
      g_autofree char *request = g_malloc0 (8192);
      gsize length = 0;
      Manner manner;

      if (fd < 0)
        return NULL;
      while (length < 8000 && strstr (request, "\r\n\r\n") == NULL)
        {
          ssize_t n = recv (fd, request + length, 8000 - length, 0);

          if (n <= 0)
            break;
          length += n;
        }
      g_mutex_lock (&s->mutex);
      manner = s->script[MIN (s->n_requests, s->n_script - 1)];
      s->n_requests++;
      g_string_append (s->requests, request);
      g_mutex_unlock (&s->mutex);
      answer (s, fd, manner, request);
      shutdown (fd, SHUT_WR);
    }
}

static void
server_open (Server *s, gconstpointer data)
{
  struct sockaddr_in address = { .sin_family = AF_INET, .sin_addr.s_addr = htonl (INADDR_LOOPBACK) };
  socklen_t length = sizeof address;

  s->top = g_dir_make_tmp ("nacelle-fetch-XXXXXX", NULL);
  s->cache_fd = open (s->top, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
  s->sha256 = g_compute_checksum_for_string (G_CHECKSUM_SHA256, BODY, -1);
  s->requests = g_string_new (NULL);
  s->listen_fd = socket (AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  g_assert_cmpint (bind (s->listen_fd, (struct sockaddr *) &address, sizeof address), ==, 0);
  g_assert_cmpint (listen (s->listen_fd, 10), ==, 0);
  g_assert_cmpint (getsockname (s->listen_fd, (struct sockaddr *) &address, &length), ==, 0);
  s->url = g_strdup_printf ("http://127.0.0.1:%u/file", ntohs (address.sin_port));
  s->n_script = 1;
  s->attempts = 2;
  s->thread = g_thread_new ("server", serve, s);
}

static void
server_close (Server *s, gconstpointer data)
{
  shutdown (s->listen_fd, SHUT_RDWR);
  g_thread_join (s->thread);
  close (s->listen_fd);
  close (s->cache_fd);
  file_remove_tree (AT_FDCWD, s->top, NULL);
  g_string_free (s->requests, TRUE);
  g_free (s->top);
  g_free (s->url);
  g_free (s->sha256);
}

static void
server_script (Server *s, guint n, const Manner *script)
{
  g_mutex_lock (&s->mutex);
  memcpy (s->script, script, n * sizeof *script);
  s->n_script = n;
  s->n_requests = 0;
  g_string_truncate (s->requests, 0);
  g_mutex_unlock (&s->mutex);
}
#define SCRIPT(s, ...) server_script (s, G_N_ELEMENTS (((Manner[]) { __VA_ARGS__ })), (Manner[]) { __VA_ARGS__ })

static gboolean
fetch_urls (Server *s, const char *sha256, guint64 size, gboolean offline, const char *const *urls, GError **error)
{
  g_autoptr (GPtrArray) items = g_ptr_array_new_with_free_func ((GDestroyNotify) fetch_item_free);
  FetchOptions options = { .cache_fd = s->cache_fd, .offline = offline, .stall_seconds = s->stall_seconds,
                           .attempts = s->attempts };
  FetchItem *item = fetch_item_new ("the test file", &(FileHashes) { { [HASH_SHA256] = sha256 } });

  item->urls = g_strdupv ((char **) urls);
  item->size = size;
  item->missing_hint = g_strdup ("HINT");
  g_ptr_array_add (items, item);
  return fetch_files (items, &options, error);
}

static gboolean
fetch_one (Server *s, GError **error)
{
  const char *urls[] = { s->url, NULL };

  return fetch_urls (s, s->sha256, 0, FALSE, urls, error);
}

static void
assert_cached (Server *s, gboolean expected)
{
  FileHashes hashes = { { [HASH_SHA256] = s->sha256 } };
  autofd fd = cache_open (s->cache_fd, &hashes, "x", NULL);

  g_assert_cmpint (fd >= 0, ==, expected);
}

static void
assert_fetched (Server *s)
{
  g_autoptr (GError) error = NULL;

  fetch_one (s, &error);
  g_assert_no_error (error);
  assert_cached (s, TRUE);
}

/* Where the beginning of what comes from s->url is kept. */
static char *
part_name (Server *s)
{
  g_autofree char *sum = g_compute_checksum_for_string (G_CHECKSUM_SHA256, s->url, -1);

  return g_strdup_printf ("downloads/.part-%s-%.16s", s->sha256, sum);
}

/* Nothing under the final name, and `parts` says whether a beginning was kept. */
static void
assert_refused (Server *s, const char *words, gboolean part)
{
  g_autoptr (GError) error = NULL;
  g_autofree char *name = part_name (s);

  g_assert_false (fetch_one (s, &error));
  g_assert_nonnull (error);
  if (strstr (error->message, words) == NULL)
    g_error ("\"%s\" does not say \"%s\"", error->message, words);
  assert_cached (s, FALSE);
  g_assert_cmpint (faccessat (s->cache_fd, name, F_OK, 0) == 0, ==, part);
}

static void
test_plain (Server *s, gconstpointer data)
{
  assert_fetched (s);
  g_assert_cmpuint (s->n_requests, ==, 1);
  assert_fetched (s);
  g_assert_cmpuint (s->n_requests, ==, 1);
}

static void
test_wrong_hash (Server *s, gconstpointer data)
{
  g_autofree char *wrong = g_compute_checksum_for_string (G_CHECKSUM_SHA256, "THE content of the file, forty bytes long", -1);

  SCRIPT (s, WRONG);
  assert_refused (s, wrong, FALSE);
  assert_refused (s, s->sha256, FALSE);
  SCRIPT (s, PLAIN);
  assert_fetched (s);
}

static void
test_truncated_resumes (Server *s, gconstpointer data)
{
  SCRIPT (s, CUT, PLAIN);
  assert_fetched (s);
  g_assert_nonnull (strstr (s->requests->str, "Range: bytes=10-"));
}

static void
test_truncated_for_good (Server *s, gconstpointer data)
{
  SCRIPT (s, CUT, MISSING);
  assert_refused (s, "404", TRUE);
  /* The next run goes on where this one stopped. */
  SCRIPT (s, PLAIN);
  assert_fetched (s);
  g_assert_nonnull (strstr (s->requests->str, "Range: bytes=10-"));
}

static void
test_no_ranges (Server *s, gconstpointer data)
{
  SCRIPT (s, CUT, NO_RANGES, NO_RANGES);
  assert_fetched (s);
}

static void
put_part (Server *s, const char *text)
{
  g_autofree char *name = part_name (s);
  autofd dir = cache_downloads (s->cache_fd, NULL);

  g_assert_true (file_write_atomic (s->cache_fd, name, text, strlen (text), 0600, NULL));
}

/* The server's file changed between two runs: the joined one is wrong, the whole one right. */
static void
test_changed_between (Server *s, gconstpointer data)
{
  put_part (s, "THE conten");
  SCRIPT (s, PLAIN);
  assert_fetched (s);
  g_assert_cmpuint (s->n_requests, ==, 2);
}

static void
test_part_is_complete (Server *s, gconstpointer data)
{
  put_part (s, BODY);
  assert_fetched (s);
}

static void
test_part_is_too_long (Server *s, gconstpointer data)
{
  const char *urls[] = { s->url, NULL };

  put_part (s, BODY BODY);
  g_assert_true (fetch_urls (s, s->sha256, strlen (BODY), FALSE, urls, NULL));
  assert_cached (s, TRUE);
}

static void
test_stall (Server *s, gconstpointer data)
{
  SCRIPT (s, STALL, STALL);
  s->stall_seconds = 0.5;
  assert_refused (s, "no byte came for 0.5 seconds", TRUE);
  /* A machine that is busy may be slow to answer, too. */
  SCRIPT (s, STALL, PLAIN);
  s->stall_seconds = 1;
  s->attempts = 8;
  assert_fetched (s);
}

static void
test_busy (Server *s, gconstpointer data)
{
  SCRIPT (s, BUSY, BUSY);
  assert_refused (s, "503", FALSE);
  SCRIPT (s, BUSY, PLAIN);
  assert_fetched (s);
}

static void
test_missing (Server *s, gconstpointer data)
{
  SCRIPT (s, MISSING);
  assert_refused (s, "HINT", FALSE);
}

static void
test_redirects (Server *s, gconstpointer data)
{
  static const char *const bad[] = { "file:///etc/passwd", "ftp://127.0.0.1/x", "gopher://127.0.0.1/x", "dict://127.0.0.1/x" };

  for (gsize i = 0; i < G_N_ELEMENTS (bad); i++)
    {
      s->location = bad[i];
      SCRIPT (s, REDIRECT);
      assert_refused (s, "neither http:// nor https://", FALSE);
    }
  s->location = s->url;
  SCRIPT (s, REDIRECT);
  assert_refused (s, "redirect", FALSE);
  SCRIPT (s, REDIRECT, PLAIN);
  assert_fetched (s);
}

static void
test_too_much (Server *s, gconstpointer data)
{
  const char *urls[] = { s->url, NULL };
  g_autoptr (GError) error = NULL;

  SCRIPT (s, ENDLESS);
  g_assert_false (fetch_urls (s, s->sha256, strlen (BODY), FALSE, urls, &error));
  g_assert_nonnull (strstr (error->message, "more than"));
  assert_cached (s, FALSE);
}

static void
test_next_address (Server *s, gconstpointer data)
{
  g_autofree char *second = g_strconcat (s->url, "2", NULL);
  const char *urls[] = { s->url, second, NULL };
  const Manner bad[] = { WRONG, MISSING };

  for (gsize i = 0; i < G_N_ELEMENTS (bad); i++)
    {
      g_autofree char *name = g_strdup_printf ("downloads/%s", s->sha256);
      g_autoptr (GError) error = NULL;

      SCRIPT (s, bad[i], PLAIN);
      fetch_urls (s, s->sha256, 0, FALSE, urls, &error);
      g_assert_no_error (error);
      g_assert_nonnull (strstr (s->requests->str, "GET /file2 "));
      g_assert_cmpint (unlinkat (s->cache_fd, name, 0), ==, 0);
    }
}

static void
test_offline (Server *s, gconstpointer data)
{
  const char *urls[] = { s->url, NULL };
  g_autoptr (GError) error = NULL;

  g_assert_false (fetch_urls (s, s->sha256, 0, TRUE, urls, &error));
  g_assert_nonnull (strstr (error->message, "the test file"));
  g_assert_nonnull (strstr (error->message, "--offline"));
  g_assert_cmpuint (s->n_requests, ==, 0);
  assert_fetched (s);
  g_assert_true (fetch_urls (s, s->sha256, 0, TRUE, urls, NULL));
}

/* A file that was damaged after it was fetched is noticed, removed and fetched again. */
static void
test_damaged_cache (Server *s, gconstpointer data)
{
  g_autofree char *name = g_strdup_printf ("downloads/%s", s->sha256);

  assert_fetched (s);
  g_assert_true (file_write_atomic (s->cache_fd, name, "x", 1, 0600, NULL));
  assert_cached (s, FALSE);
  assert_fetched (s);
}

static void
test_many (Server *s, gconstpointer data)
{
  g_autoptr (GPtrArray) items = g_ptr_array_new_with_free_func ((GDestroyNotify) fetch_item_free);
  g_autofree char *sha512 = g_compute_checksum_for_string (G_CHECKSUM_SHA512, BODY, -1);
  g_autofree char *md5 = g_compute_checksum_for_string (G_CHECKSUM_MD5, BODY, -1);
  FileHashes hashes[] = { { { [HASH_SHA256] = s->sha256 } }, { { [HASH_SHA512] = sha512 } },
                          { { [HASH_MD5] = md5 } }, { { [HASH_SHA256] = s->sha256, [HASH_MD5] = md5 } } };
  FetchOptions options = { .cache_fd = s->cache_fd };
  g_autoptr (GError) error = NULL;

  for (gsize i = 0; i < G_N_ELEMENTS (hashes); i++)
    {
      FetchItem *item = fetch_item_new ("one of many", &hashes[i]);

      item->urls = g_strsplit (s->url, " ", -1);
      g_ptr_array_add (items, item);
    }
  fetch_files (items, &options, &error);
  g_assert_no_error (error);
  g_assert_cmpuint (s->n_requests, ==, 3);
  for (gsize i = 0; i < G_N_ELEMENTS (hashes); i++)
    g_assert_true (cache_has (s->cache_fd, &hashes[i]));
}

static void
test_document (Server *s, gconstpointer data)
{
  FetchOptions options = { .cache_fd = s->cache_fd, .attempts = 2 };
  g_autofree char *text = NULL;
  gsize length = 0;

  SCRIPT (s, CUT, PLAIN);
  text = fetch_document (s->url, "x", 1000, &options, &length, NULL);
  g_assert_cmpstr (text, ==, BODY);
  g_assert_null (fetch_document (s->url, "x", 10, &options, &length, NULL));
}

static void
test_addresses (void)
{
  static const char *const bad[] = { "file:///etc/passwd", "ftp://h/x", "data:,x", "javascript:x", "http://", "https:///x",
                                     "http://u:p@h/x", "http://h/a b", "http://h/a\nHost: x", "http://h/\xc3\xa9", "/x", "" };
  static const char *const good[] = { "http://h/x", "HTTPS://h:8080/x?y=@", "http://[::1]/x", "http://h" };

  for (gsize i = 0; i < G_N_ELEMENTS (bad); i++)
    g_assert_false (http_url_check (bad[i], NULL));
  for (gsize i = 0; i < G_N_ELEMENTS (good); i++)
    g_assert_true (http_url_check (good[i], NULL));
}

#define ADD(name, function) g_test_add ("/sources/fetch/" name, Server, NULL, server_open, function, server_close)

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  g_unsetenv ("http_proxy");
  g_unsetenv ("all_proxy");
  ADD ("plain", test_plain);
  ADD ("wrong-hash", test_wrong_hash);
  ADD ("truncated-resumes", test_truncated_resumes);
  ADD ("truncated-for-good", test_truncated_for_good);
  ADD ("no-ranges", test_no_ranges);
  ADD ("changed-between", test_changed_between);
  ADD ("part-is-complete", test_part_is_complete);
  ADD ("part-is-too-long", test_part_is_too_long);
  ADD ("stall", test_stall);
  ADD ("busy", test_busy);
  ADD ("missing", test_missing);
  ADD ("redirects", test_redirects);
  ADD ("too-much", test_too_much);
  ADD ("next-address", test_next_address);
  ADD ("offline", test_offline);
  ADD ("damaged-cache", test_damaged_cache);
  ADD ("many", test_many);
  ADD ("document", test_document);
  g_test_add_func ("/sources/fetch/addresses", test_addresses);
  return g_test_run ();
}
