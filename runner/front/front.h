/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * Launches that are kept.
 *
 * To plan a launch takes longer than to run it, and most of what takes the time (the start of a program with GLib, the files of the
 * store, the walks through the user's folders) leads to the same plan as the last time.  So the program that plans, nacelle-run,
 * leaves its plan in $XDG_RUNTIME_DIR/nacelle/launches, and apprun is a small program without GLib which runs that plan when
 * nothing has changed, and executes nacelle-run whenever it is not sure.
 *
 * "Nothing has changed" is: the same words (but for those behind the id, which are the app's), variables, working directory, ids and
 * program; every note that was taken (base/witness.h) is still true; and each source is where it was, by its number and without
 * a link on the way.  What failed before the app ran is left to nacelle-run too, so its sentences are the only ones.
 *
 * The folder is as private as the socket of the image server beside it, and no app is shown it (plan/hidden.c): who can write there
 * can run what he likes anyway.  It has the user's variables in it, as /proc/PID/environ has.
 *
 * Everything in this folder is without GLib, but for keep.c.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>

#include "base/witness.h"

#define FRONT_FOLDER "launches"
#define FRONT_MAGIC "NACKEPT\001"
#define FRONT_MAX (1u << 20)         /* bytes of a kept launch */
#define FRONT_IMAGES_MAX 16u
#define FRONT_SOURCES_MAX 1024u
#define FRONT_WITNESSES_MAX 4096u
#define FRONT_INSTANCE_DIGITS 10u    /* of the number in /.flatpak-info */
#define FRONT_NAME_SIZE 17

/* key.c: everything of the caller that a plan depends on.  malloc'ed; *ret_n_words: how many of argv are ours, the last is the target.
 * NULL: nothing is kept of such a launch. */
char *front_key (int argc, char *const *argv, char *const *env, size_t *ret_size, int *ret_n_words);
void front_name (const void *key, size_t size, char name[FRONT_NAME_SIZE]);

/* folder.c: $XDG_RUNTIME_DIR/nacelle, -1 unless it is there and nobody else's; and the folder of launches in it. */
int front_runtime_folder (void);
int front_launches_folder (int runtime_fd, bool create);

/* Path of the program that plans.  malloc'ed. */
char *front_planner (void);

typedef struct
{
  const char *name;         /* as the image server is told */
  const char *folder;       /* of the deployment */
  WitnessState state;       /* of the file "image" in it */
} FrontImage;

typedef enum { FRONT_FILES, FRONT_ALIVE, FRONT_PLACE } FrontSourceKind;

typedef struct
{
  uint32_t kind, image;     /* FRONT_PLACE: else the number of an image */
  const char *path;
  WitnessState state;
} FrontSource;

typedef struct
{
  const void *key;
  size_t key_size;
  const char *command;
  FrontImage *images;
  uint32_t n_images;
  FrontSource *sources;     /* in the order in which the plan asks for them */
  uint32_t n_sources;
  Witness *witnesses;       /* their paths are not owned */
  uint32_t n_witnesses;
  void *plan;
  size_t plan_size;
  size_t instance;          /* where its digits are in `plan` */
  void *data;               /* what all of this points into; of one that was read */
} FrontLaunch;

/* bytes.c: one malloc'ed piece, and back.  Returns -1 when it is damaged, or when memory lacks. */
int front_write (const FrontLaunch *launch, void **ret_data, size_t *ret_size);
/* Takes `data`, also when it fails. */
int front_read (void *data, size_t size, FrontLaunch *ret_launch);
void front_clear (FrontLaunch *launch);
