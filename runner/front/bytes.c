/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * A kept launch as bytes.  Numbers are as the machine has them, since the bytes are for this machine and this version of the program only.
 *
 *   magic, checksum (FNV-1a) of the rest, then: key, command, images, sources, witnesses, plan, place of the instance.
 *   A piece is its length and its bytes; a text has its NUL among them.
 */
#include "runner/front/front.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define MAGIC_SIZE (sizeof FRONT_MAGIC - 1)
#define HEADER_SIZE (MAGIC_SIZE + sizeof (uint64_t))

static uint64_t
checksum (const unsigned char *bytes, size_t size)
{
  uint64_t sum = UINT64_C (0xcbf29ce484222325);

  for (size_t i = 0; i < size; i++)
    sum = (sum ^ bytes[i]) * UINT64_C (0x100000001b3);
  return sum;
}

static void
number_write (FILE *out, uint32_t number)
{
  (void) fwrite (&number, sizeof number, 1, out);
}

static void
piece_write (FILE *out, const void *bytes, size_t size)
{
  number_write (out, (uint32_t) size);
  (void) fwrite (bytes, 1, size, out);
}

static void
text_write (FILE *out, const char *text)
{
  piece_write (out, text, strlen (text) + 1);
}

static void
state_write (FILE *out, const WitnessState *state)
{
  (void) fwrite (state, sizeof *state, 1, out);
}

static void
launch_write (FILE *out, const FrontLaunch *launch)
{
  piece_write (out, launch->key, launch->key_size);
  text_write (out, launch->command);
  number_write (out, launch->n_images);
  for (uint32_t i = 0; i < launch->n_images; i++)
    {
      text_write (out, launch->images[i].name);
      text_write (out, launch->images[i].folder);
      state_write (out, &launch->images[i].state);
    }
  number_write (out, launch->n_sources);
  for (uint32_t i = 0; i < launch->n_sources; i++)
    {
      number_write (out, launch->sources[i].kind);
      number_write (out, launch->sources[i].image);
      text_write (out, launch->sources[i].path != NULL ? launch->sources[i].path : "");
      state_write (out, &launch->sources[i].state);
    }
  number_write (out, launch->n_witnesses);
  for (uint32_t i = 0; i < launch->n_witnesses; i++)
    {
      text_write (out, launch->witnesses[i].path);
      state_write (out, &launch->witnesses[i].state);
    }
  piece_write (out, launch->plan, launch->plan_size);
  number_write (out, (uint32_t) launch->instance);
}

int
front_write (const FrontLaunch *launch, void **ret_data, size_t *ret_size)
{
  static const char header[HEADER_SIZE] = FRONT_MAGIC;
  char *data = NULL;
  size_t size = 0;
  FILE *out = open_memstream (&data, &size);
  uint64_t sum;
  int failed;

  if (out == NULL)
    return -1;
  (void) fwrite (header, 1, HEADER_SIZE, out);
  launch_write (out, launch);
  failed = ferror (out);
  failed |= fclose (out);
  if (failed || size > FRONT_MAX)
    {
      free (data);
      return -1;
    }
  sum = checksum ((unsigned char *) data + HEADER_SIZE, size - HEADER_SIZE);
  memcpy (data + MAGIC_SIZE, &sum, sizeof sum);
  *ret_data = data;
  *ret_size = size;
  return 0;
}

/* What is left; everything reads as nothing once something did not fit. */
typedef struct
{
  char *next;
  size_t left;
  bool is_bad;
} Reader;

static char *
take (Reader *reader, size_t size)
{
  char *bytes = reader->next;

  if (reader->is_bad || size > reader->left)
    {
      reader->is_bad = true;
      return NULL;
    }
  reader->next += size;
  reader->left -= size;
  return bytes;
}

static uint32_t
number_read (Reader *reader, uint32_t max)
{
  const char *bytes = take (reader, sizeof (uint32_t));
  uint32_t number = 0;

  if (bytes != NULL)
    memcpy (&number, bytes, sizeof number);
  reader->is_bad |= number > max;
  return reader->is_bad ? 0 : number;
}

static char *
piece_read (Reader *reader, size_t *ret_size)
{
  *ret_size = number_read (reader, FRONT_MAX);
  return take (reader, *ret_size);
}

static const char *
text_read (Reader *reader)
{
  size_t size;
  const char *text = piece_read (reader, &size);

  if (text == NULL || size == 0 || memchr (text, '\0', size) != text + size - 1)
    {
      reader->is_bad = true;
      return "";
    }
  return text;
}

static void
state_read (Reader *reader, WitnessState *state)
{
  const char *bytes = take (reader, sizeof *state);

  if (bytes != NULL)
    memcpy (state, bytes, sizeof *state);
}

static void *
array_new (Reader *reader, uint32_t n, size_t size)
{
  void *array = calloc ((size_t) n + 1, size);

  reader->is_bad |= array == NULL;
  return array;
}

static void
launch_read (Reader *reader, FrontLaunch *launch)
{
  launch->key = piece_read (reader, &launch->key_size);
  launch->command = text_read (reader);
  launch->n_images = number_read (reader, FRONT_IMAGES_MAX);
  launch->images = array_new (reader, launch->n_images, sizeof *launch->images);
  for (uint32_t i = 0; i < launch->n_images && !reader->is_bad; i++)
    {
      launch->images[i].name = text_read (reader);
      launch->images[i].folder = text_read (reader);
      state_read (reader, &launch->images[i].state);
    }
  launch->n_sources = number_read (reader, FRONT_SOURCES_MAX);
  launch->sources = array_new (reader, launch->n_sources, sizeof *launch->sources);
  for (uint32_t i = 0; i < launch->n_sources && !reader->is_bad; i++)
    {
      launch->sources[i].kind = number_read (reader, FRONT_PLACE);
      launch->sources[i].image = number_read (reader, FRONT_IMAGES_MAX);
      launch->sources[i].path = text_read (reader);
      state_read (reader, &launch->sources[i].state);
      reader->is_bad |= launch->sources[i].kind != FRONT_PLACE && launch->sources[i].image >= launch->n_images;
    }
  launch->n_witnesses = number_read (reader, FRONT_WITNESSES_MAX);
  launch->witnesses = array_new (reader, launch->n_witnesses, sizeof *launch->witnesses);
  for (uint32_t i = 0; i < launch->n_witnesses && !reader->is_bad; i++)
    {
      launch->witnesses[i].path = (char *) (uintptr_t) text_read (reader);
      state_read (reader, &launch->witnesses[i].state);
    }
  launch->plan = piece_read (reader, &launch->plan_size);
  launch->instance = number_read (reader, FRONT_MAX);
  reader->is_bad |= reader->left != 0 || launch->instance + FRONT_INSTANCE_DIGITS > launch->plan_size;
}

int
front_read (void *data, size_t size, FrontLaunch *ret_launch)
{
  Reader reader = { data, size, false };
  FrontLaunch launch = { .data = data };
  const char *header = take (&reader, HEADER_SIZE);
  uint64_t sum = 0;

  if (header != NULL)
    memcpy (&sum, header + MAGIC_SIZE, sizeof sum);
  if (header == NULL || memcmp (header, FRONT_MAGIC, MAGIC_SIZE) != 0
      || sum != checksum ((const unsigned char *) reader.next, reader.left))
    reader.is_bad = true;
  else
    launch_read (&reader, &launch);
  if (reader.is_bad)
    {
      front_clear (&launch);
      return -1;
    }
  *ret_launch = launch;
  return 0;
}

void
front_clear (FrontLaunch *launch)
{
  free (launch->images);
  free (launch->sources);
  free (launch->witnesses);
  free (launch->data);
  *launch = (FrontLaunch) { 0 };
}
