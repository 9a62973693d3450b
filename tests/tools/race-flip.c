/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * Test tool: race-flip [-l TARGET] A B... exchanges A with each of B, again and again, and back, until its standard input ends; then
 * it prints how often.  Before, it says so when it has done so 10,000 times.  With -l, B is a symbolic link to TARGET,
 * and is made again whenever the other side has removed it.  The pause between two exchanges changes, so that every length of a window is tried.
 */
#include <fcntl.h>
#include <limits.h>
#include <poll.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define ENOUGH 10000

static int
input_has_ended (void)
{
  struct pollfd input = { .fd = 0, .events = POLLIN };
  char byte;

  return poll (&input, 1, 0) == 1 && read (0, &byte, 1) <= 0;
}

/* Whatever took its place is put aside. */
static void
link_make (const char *path, const char *target)
{
  static unsigned n = 0;
  char aside[PATH_MAX];
  struct stat st;

  if (lstat (path, &st) == 0 && S_ISLNK (st.st_mode))
    return;
  if (snprintf (aside, sizeof aside, "%s.%u", path, n++) < (int) sizeof aside)
    (void) rename (path, aside);
  if (symlink (target, path) < 0)
    return;     /* the other side was faster: next time */
}

int
main (int argc, char **argv)
{
  const char *target = NULL;

  unsigned long flips = 0;
  unsigned long failed = 0;
  unsigned pause = 0;
  int has_said = 0;

  if (argc > 3 && strcmp (argv[1], "-l") == 0)
    {
      target = argv[2];
      argv += 2;
      argc -= 2;
    }
  for (;;)
    {
      if (target != NULL)
        link_make (argv[2], target);
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
      if (flips > ENOUGH && !has_said)
        {
          has_said = 1;
          puts ("enough");
          (void) fflush (stdout);
        }
      if (flips % 64 < 4 && input_has_ended ())
        break;
    }
  printf ("%lu %lu\n", flips, failed);
  return failed != 0 && target == NULL;
}
