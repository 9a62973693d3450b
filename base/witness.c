/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "base/witness.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/openat2.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

#ifndef SYS_openat2
#define SYS_openat2 437
#endif
#define SECOND INT64_C (1000000000)
/* Times of files move in steps, of some file systems in long ones. */
#define SETTLED (SECOND / 5)

static struct
{
  bool is_on, is_spoiled;
  Witness *list;
  size_t n, n_allocated;
} notes;

static void
state_set (WitnessState *state, WitnessKind kind, const struct stat *st)
{
  *state = (WitnessState) { .kind = kind, .dev = st->st_dev, .ino = st->st_ino, .mode = st->st_mode, .uid = st->st_uid,
                            .gid = st->st_gid };
  if (kind == WITNESS_PLACE)
    return;
  state->size = (uint64_t) st->st_size;
  state->modified = st->st_mtim.tv_sec * SECOND + st->st_mtim.tv_nsec;
  state->changed = st->st_ctim.tv_sec * SECOND + st->st_ctim.tv_nsec;
}

bool
witness_look_fd (WitnessKind kind, int fd, WitnessState *ret_state)
{
  struct stat st;

  if (fstat (fd, &st) < 0)
    return false;
  state_set (ret_state, kind, &st);
  return true;
}

static int
place_stat (const char *path, struct stat *st)
{
  struct open_how how = { .flags = O_PATH | O_CLOEXEC, .resolve = RESOLVE_NO_SYMLINKS };
  int fd = (int) syscall (SYS_openat2, AT_FDCWD, path, &how, sizeof how);
  int result = fd < 0 ? -1 : fstat (fd, st);

  if (fd >= 0)
    (void) close (fd);
  return result;
}

bool
witness_look (WitnessKind kind, const char *path, WitnessState *ret_state)
{
  struct stat st;
  int result = kind == WITNESS_PLACE ? place_stat (path, &st) : kind == WITNESS_LINK ? lstat (path, &st) : stat (path, &st);

  if (result == 0)
    state_set (ret_state, kind, &st);
  else
    *ret_state = (WitnessState) { .kind = kind, .error = errno };
  return result == 0 || errno == ENOENT || errno == ENOTDIR || errno == EACCES || errno == ELOOP;
}

bool
witness_is (const WitnessState *a, const WitnessState *b)
{
  return memcmp (a, b, sizeof *a) == 0;
}

void
witness_begin (void)
{
  notes.is_on = true;
}

void
witness_spoil (void)
{
  notes.is_spoiled = true;
}

/* Of another kind or path, or of nothing yet. */
static bool
is_new (const char *path, const WitnessState *state)
{
  for (size_t i = 0; i < notes.n; i++)
    if (notes.list[i].state.kind == state->kind && strcmp (notes.list[i].path, path) == 0)
      {
        notes.is_spoiled |= !witness_is (&notes.list[i].state, state);    /* it has changed meanwhile */
        return false;
      }
  return true;
}

void
witness_note (WitnessKind kind, const char *path)
{
  WitnessState state;
  Witness *list = notes.list;

  if (!notes.is_on || notes.is_spoiled)
    return;
  if (!witness_look (kind, path, &state))
    {
      notes.is_spoiled = true;
      return;
    }
  if (!is_new (path, &state))
    return;
  if (notes.n == notes.n_allocated)
    list = realloc (list, (notes.n_allocated + 64) * sizeof *list);
  if (list == NULL || (list[notes.n].path = strdup (path)) == NULL)
    {
      notes.is_spoiled = true;
      return;
    }
  if (notes.n == notes.n_allocated)
    notes.n_allocated += 64;
  notes.list = list;
  notes.list[notes.n++].state = state;
}

const Witness *
witness_list (size_t *ret_n)
{
  struct timespec time;

  if (!notes.is_on || notes.is_spoiled || clock_gettime (CLOCK_REALTIME, &time) < 0)
    return NULL;
  for (size_t i = 0; i < notes.n; i++)
    {
      const WitnessState *state = &notes.list[i].state;
      int64_t latest = state->modified > state->changed ? state->modified : state->changed;

      if (latest > time.tv_sec * SECOND + time.tv_nsec - SETTLED)
        return NULL;
    }
  *ret_n = notes.n;
  return notes.list;
}
