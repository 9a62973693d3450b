/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * A fuzzer for a test: good inputs, changed in a fixed pseudo-random order, so that each run is the same.  What it tries is little
 * beside what libFuzzer finds with time (./dev fuzz), but it runs with every test, and with the sanitizers.
 */
#include "tests/fuzz/entry.h"

#include <glib.h>
#include <stdlib.h>
#include <string.h>

#ifndef ROUNDS
#define ROUNDS 6000
#endif
#define CHANGES_MAX 6

/* xorshift64 */
static guint64
random_next (guint64 *state)
{
  *state ^= *state << 13;
  *state ^= *state >> 7;
  *state ^= *state << 17;
  return *state;
}

/* With its NUL at the end, inside without. */
static void
input_insert (GByteArray *input, guint at, const char *word)
{
  guint length = (guint) strlen (word);
  guint tail = input->len - at;

  if (tail < 8)
    {
      g_byte_array_append (input, (const guint8 *) word, length + 1);
      return;
    }
  g_byte_array_set_size (input, input->len + length);
  memmove (input->data + at + length, input->data + at, tail);
  memcpy (input->data + at, word, length);
}

/* One change: a bit, a byte, a number at its limits, a cut, a doubled part, or a word. */
static void
input_change (GByteArray *input, guint64 *state)
{
  static const guint32 limits[] = { 0, 1, 0x7f, 0xff, 0x7fffffff, 0x80000000, 0xfffffffe, 0xffffffff };
  guint64 choice = random_next (state);
  guint at = input->len > 0 ? (guint) (random_next (state) % input->len) : 0;
  guint length = input->len > 0 ? (guint) (random_next (state) % MIN (input->len - at, 64)) : 0;

  if (input->len < 8)
    g_byte_array_append (input, (const guint8 *) "--bind", 7);
  else if (choice % 6 == 0)
    input->data[at] ^= (guint8) (1 << (choice >> 8) % 8);
  else if (choice % 6 == 1)
    input->data[at] = (guint8) (choice >> 8);
  else if (choice % 6 == 2 && at + 4 <= input->len)
    memcpy (input->data + at, &limits[(choice >> 8) % G_N_ELEMENTS (limits)], 4);
  else if (choice % 6 == 3)
    g_byte_array_remove_range (input, at, length);
  else if (choice % 6 == 4)
    {
      g_autofree guint8 *part = g_memdup2 (input->data + at, length);

      g_byte_array_append (input, part, length);
    }
  else
    {
      const char *word = fuzz_words[(choice >> 8) % g_strv_length ((char **) fuzz_words)];

      input_insert (input, at, word);
    }
}

static void
test_mutations (void)
{
  guint64 state = G_GUINT64_CONSTANT (0x9e3779b97f4a7c15);
  size_t n_seeds = 0;
  size_t size;
  uint8_t *seed;

  for (; (seed = fuzz_seed (n_seeds, &size)) != NULL; n_seeds++)
    {
      g_assert_cmpint (LLVMFuzzerTestOneInput (seed, size), ==, 0);
      free (seed);
    }
  g_assert_cmpuint (n_seeds, >, 0);
  for (int round = 0; round < ROUNDS; round++)
    {
      g_autoptr(GByteArray) input = g_byte_array_new ();
      guint n_changes = 1 + (guint) (random_next (&state) % CHANGES_MAX);

      seed = fuzz_seed (random_next (&state) % n_seeds, &size);
      g_byte_array_append (input, seed, (guint) size);
      free (seed);
      for (guint i = 0; i < n_changes; i++)
        input_change (input, &state);
      g_assert_cmpint (LLVMFuzzerTestOneInput (input->data, input->len), ==, 0);
    }
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/fuzz/mutations", test_mutations);
  return g_test_run ();
}
