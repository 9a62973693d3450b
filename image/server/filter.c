/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * A program of the build: writes the system call filter of the workers as a C array, so that no server compiles
 * a filter when it starts.  The list is what a worker calls after confinement: reading the image, reading and writing
 * FUSE, memory, time, ending.  No call in it takes a path that leads anywhere (the root is empty), makes a descriptor or a
 * process, or memory that can be executed.
 */
#include <errno.h>
#include <seccomp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

static const char *const allowed[] = {
  "read", "readv", "pread64", "write", "writev", "close", "fstat", "newfstatat", "fstat64", "fstatat64", "lseek",
  "munmap", "mremap", "madvise", "brk", "futex", "futex_time64", "sched_yield", "sched_getaffinity",
  "clock_gettime", "clock_gettime64", "clock_nanosleep", "gettimeofday", "getpid", "gettid", "tgkill", "rt_sigprocmask", "rt_sigaction",
  "rt_sigreturn", "sigaltstack", "restart_syscall", "exit", "exit_group", "poll", "ppoll",
};

static int
die (const char *what)
{
  fprintf (stderr, "worker-filter: %s\n", what);
  return 1;
}

int
main (int argc, char **argv)
{
  scmp_filter_ctx filter = seccomp_init (SCMP_ACT_ERRNO (EPERM));
  unsigned char program[65536];
  ssize_t size;
  FILE *memory = tmpfile ();

  if (filter == NULL || memory == NULL)
    return die ("cannot begin");
  for (size_t i = 0; i < sizeof allowed / sizeof allowed[0]; i++)
    {
      int number = seccomp_syscall_resolve_name (allowed[i]);
      if (number != __NR_SCMP_ERROR && seccomp_rule_add (filter, SCMP_ACT_ALLOW, number, 0) < 0)
        return die (allowed[i]);
    }
  if (seccomp_rule_add (filter, SCMP_ACT_ALLOW, SCMP_SYS (mmap), 1, SCMP_A2 (SCMP_CMP_MASKED_EQ, PROT_EXEC, 0)) < 0
      || seccomp_rule_add (filter, SCMP_ACT_ALLOW, SCMP_SYS (mprotect), 1, SCMP_A2 (SCMP_CMP_MASKED_EQ, PROT_EXEC, 0)) < 0)
    return die ("memory");
  if (seccomp_export_bpf (filter, fileno (memory)) < 0 || (size = pread (fileno (memory), program, sizeof program, 0)) <= 0)
    return die ("cannot export");
  printf ("/* Made by image/server/filter.c. */\nstatic const struct sock_filter worker_filter[] = {\n");
  for (ssize_t at = 0; at + 8 <= size; at += 8)
    {
      unsigned short code;
      unsigned int k;
      memcpy (&code, program + at, 2);
      memcpy (&k, program + at + 4, 4);
      printf ("  { 0x%04x, %u, %u, 0x%08x },\n", code, program[at + 2], program[at + 3], k);
    }
  printf ("};\n");
  seccomp_release (filter);
  return 0;
}
