/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * What something was decided from, so that the decision can be kept and it is known later whether it would be the same again.
 *
 * Whoever looks at the host while a launch is planned notes the path, before it reads there.  A note is what stat says, not the
 * content: a file that is written anew has other times, one that is replaced another number.  Nothing is noted before
 * witness_begin(), so nobody else pays for it.  Without GLib, as the front of apprun checks the notes (runner/front/front.h).
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

typedef enum
{
  WITNESS_FILE,     /* what the path leads to, with its content; of a folder, which names are in it */
  WITNESS_LINK,     /* the path itself, not followed */
  WITNESS_PLACE,    /* what is at the path, without any link on the way; whatever is in it */
} WitnessKind;

/* Members that a kind does not look at are 0, and all of them are where there is an error. */
typedef struct
{
  uint32_t kind;
  int32_t error;    /* errno: it is not there, or not to be reached */
  uint64_t dev, ino, size;
  uint32_t mode, uid, gid, padding;
  int64_t modified, changed;    /* nanoseconds */
} WitnessState;

typedef struct
{
  char *path;
  WitnessState state;
} Witness;

/* false: it cannot be said (or the kernel has no openat2). */
bool witness_look (WitnessKind kind, const char *path, WitnessState *ret_state);
/* The same of an open file. */
bool witness_look_fd (WitnessKind kind, int fd, WitnessState *ret_state);
bool witness_is (const WitnessState *a, const WitnessState *b);

void witness_begin (void);
void witness_note (WitnessKind kind, const char *path);
/* Something is decided from what cannot be noted: nothing is to be kept. */
void witness_spoil (void);
/* The notes; NULL when nothing may be kept: spoiled, never begun, or something was changed so shortly before that another change might
 * not show in its times. */
const Witness *witness_list (size_t *ret_n);
