/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * Test tool: race-flip A B... exchanges A with each of B, again and again, and back, until its standard input ends; then
 * it prints how often.  The pause between two exchanges changes, so that every length of a window is tried.
 */
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <stdio.h>
#include <unistd.h>

static int
input_has_ended (void)
{
  struct pollfd input = { .fd = 0, .events = POLLIN };
  char byte;

  return poll (&input, 1, 0) == 1 && read (0, &byte, 1) <= 0;
}

int
main (int argc, char **argv)
{
  unsigned long flips = 0;
  unsigned long failed = 0;
  unsigned pause = 0;

  for (;;)
    {
      for (int i = 2; i < argc; i++)
        for (int k = 0; k < 2; k++)
          {
            if (renameat2 (AT_FDCWD, argv[1], AT_FDCWD, argv[i], RENAME_EXCHANGE) == 0)
              flips++;
            else
              failed++;
            pause = (pause * 1103515245U + 12345U) & 0x7fffffffU;
            for (volatile unsigned n = 0; n < (pause >> 8) % 4000; n++)
              ;
          }
      if (flips % 64 < 4 && input_has_ended ())
        break;
    }
  printf ("%lu %lu\n", flips, failed);
  return failed != 0;
}
