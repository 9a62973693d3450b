/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * The option parser of appbox, up to the finished plan, which is printed and stored.  The input is its words, each ended by a NUL byte.
 * Where the program ends with a sentence, this goes back to the beginning; and each option that names a descriptor gets one of
 * ours, which gives the rest of the input.
 */
#include "sandbox/appbox/complete.h"
#include "sandbox/appbox/number.h"
#include "sandbox/appbox/options.h"
#include "sandbox/print.h"
#include "sandbox/stored.h"
#include "tests/fuzz/entry.h"

#include <fcntl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#define WORDS_MAX 4096
#define FDS_MAX 64

/* What a parser that does not come back would leave behind, and what it reads. */
static struct
{
  jmp_buf back;
  size_t n_words;
  const uint8_t *rest;
  size_t rest_size;
  int fds[FDS_MAX];
  size_t n_fds;
} state;

void
appbox_die (const char *format, ...)
{
  char sentence[1024];
  va_list args;

  va_start (args, format);
  (void) vsnprintf (sentence, sizeof sentence, format, args);
  va_end (args);
  longjmp (state.back, 1);
}

const char *
appbox_name (void)
{
  return "appbox";
}

void
appbox_warn (const char *format, ...)
{
  (void) format;
}

void
option_help (Appbox *box, char **values)
{
  appbox_die ("%s ends the program", box->origin);
}

void
option_version (Appbox *box, char **values)
{
  appbox_die ("%s ends the program", box->origin);
}

void
appbox_prefix_levels (void)
{
}

int
descriptor_value (const char *option, const char *text)
{
  int fd = (int) number_value (option, text, 1023);

  (void) fd;
  if (state.n_fds == FDS_MAX)
    appbox_die ("too many descriptors");
  fd = memfd_create ("input", MFD_CLOEXEC);
  if (fd < 0 || write (fd, state.rest, state.rest_size) < 0 || lseek (fd, 0, SEEK_SET) < 0)
    abort ();
  state.fds[state.n_fds++] = fd;
  return fd;
}

int
descriptor_copy (const char *option, const char *text)
{
  return descriptor_value (option, text);
}

static void
plan_use (const SandboxPlan *plan)
{
  char reason[SANDBOX_STORED_REASON];
  size_t size;
  void *data;

  free (sandbox_plan_to_text (plan));
  free (sandbox_plan_to_json (plan));
  if (sandbox_plan_store (plan, &data, &size, reason) == 0)
    free (data);
}

/* Up to the finished plan, or until the program would end. */
static void __attribute__ ((noinline))
words_parse (Appbox *box, char **words)
{
  if (setjmp (state.back) == 0)
    {
      size_t read;

      appbox_begin (box);
      read = options_read (box, words, state.n_words);

      options_next (box, 0);
      appbox_complete (box, words + read);
      plan_use (box->plan);
    }
}

/* The words, up to WORDS_MAX of them.  --plan-in would open any file that the input says, so it is another word here. */
static void
words_split (char *text, size_t size, char **words)
{
  static const char name[] = "--plan-in";
  char *found = text;
  size_t n = 0;

  while ((found = memmem (found, size - (size_t) (found - text), name, sizeof name - 1)) != NULL)
    *found = '+';
  for (char *word = text; word < text + size && n < WORDS_MAX; word += strlen (word) + 1)
    words[n++] = word;
  words[n] = NULL;
  state.rest = (const uint8_t *) text;
  state.rest_size = size;
  state.n_words = n;
}

static void
box_clear (Appbox *box)
{
  sandbox_plan_free (box->plan);
  sandbox_timing_free (box->timing);
  for (size_t i = 0; i < box->n_texts; i++)
    free (box->texts[i]);
  free (box->texts);
  free (box->layers);
  free (box->seccomp);
}

int
LLVMFuzzerTestOneInput (const uint8_t *data, size_t size)
{
  static char *words[WORDS_MAX + 1];
  static Appbox box;
  char *text = malloc (size + 1);

  if (text == NULL || size > 65536)
    {
      free (text);
      return 0;
    }
  memcpy (text, data, size);
  text[size] = '\0';
  words_split (text, size, words);
  if (clearenv () != 0 || setenv ("PATH", "/usr/bin", 1) != 0)     /* the options change the environment itself */
    abort ();
  state.n_fds = 0;
  box = (Appbox) { .plan = sandbox_plan_new (), .perms = -1, .info_fd = -1, .status_fd = -1, .userns_fd = -1, .userns2_fd = -1,
                   .pidns_fd = -1, .sync_fd = -1, .block_fd = -1, .userns_block_fd = -1, .explain = APPBOX_EXPLAIN_TEXT };
  words_parse (&box, words);
  box_clear (&box);
  for (size_t i = 0; i < state.n_fds; i++)
    (void) close (state.fds[i]);      /* those that a record has are closed already */
  free (text);
  return 0;
}

uint8_t *
fuzz_seed (size_t number, size_t *ret_size)
{
  static const struct { const char *words; size_t size; } seeds[] = {
#define SEED(words) { words, sizeof words }
    SEED ("--ro-bind\0/usr\0/usr\0--symlink\0usr/bin\0/bin\0--proc\0/proc\0--dev\0/dev\0--tmpfs\0/tmp\0--unshare-all\0--share-net\0sh"),
    SEED ("--perms\0" "0710\0--size\0" "4096\0--tmpfs\0/t\0--dir\0/a/b\0--chmod\0" "0500\0/a\0--remount-ro\0/t\0--mqueue\0/q\0--\0true"),
    SEED ("--args\0" "5\0--file\0" "6\0/f\0--bind-data\0" "7\0/g\0--ro-bind-data\0" "8\0/h\0--bind-fd\0" "9\0/i\0true"),
    SEED ("--unshare-user\0--uid\0" "7\0--gid\0" "8\0--unshare-uts\0--hostname\0box\0--cap-add\0ALL\0--cap-drop\0CAP_CHOWN\0true"),
    SEED ("--overlay-src\0/usr\0--overlay-src\0/\0--ro-overlay\0/o\0--overlay-src\0/usr\0--tmp-overlay\0/p\0--lock-file\0/f\0true"),
    SEED ("--seccomp\0" "3\0--sync-fd\0" "4\0--block-fd\0" "5\0--unshare-pid\0--as-pid-1\0--argv0\0x\0--chdir\0/tmp\0--clearenv\0true"),
    SEED ("--add-seccomp-fd\0" "3\0--setenv\0A\0b\0--unsetenv\0C\0--new-session\0--level-prefix\0--explain\0--limit\0files=9\0true"),
    SEED ("--userns\0" "3\0--userns2\0" "4\0--pidns\0" "5\0--info-fd\0" "6\0--json-status-fd\0" "7\0--disable-userns\0true"),
    SEED ("--unshare-all\0--help\0--version\0--argv0\0x\0--argv0\0y\0true"),
#undef SEED
  };
  uint8_t *seed;

  if (number >= sizeof seeds / sizeof seeds[0])
    return NULL;
  seed = malloc (seeds[number].size);
  if (seed == NULL)
    abort ();
  memcpy (seed, seeds[number].words, seeds[number].size);
  *ret_size = seeds[number].size;
  return seed;
}

const char *const fuzz_words[] = { "--args", "--", "--dir", "--perms", "--overlay-src", "0", "4294967296", "-1", "/", "/../x", "--seccomp", NULL };
