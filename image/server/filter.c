/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * What a worker may call after confinement: reading the image, reading and writing FUSE, memory, time, ending.  No
 * call in the list makes a descriptor or a process, takes a path that leads anywhere (the root is empty), or makes
 * memory that can be executed.  Everything else fails with EPERM.
 *
 * The list is so short that the filter is built here, one comparison a call, instead of by libseccomp.
 */
#include <errno.h>
#include <linux/audit.h>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <stddef.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "image/server/server.h"

#if defined(__x86_64__) && defined(__LP64__)
#define OWN_ARCH AUDIT_ARCH_X86_64
#elif defined(__i386__)
#define OWN_ARCH AUDIT_ARCH_I386
#elif defined(__aarch64__)
#define OWN_ARCH AUDIT_ARCH_AARCH64
#elif defined(__arm__)
#define OWN_ARCH AUDIT_ARCH_ARM
#elif defined(__riscv) && __riscv_xlen == 64
#define OWN_ARCH AUDIT_ARCH_RISCV64
#elif defined(__powerpc64__) && defined(__LITTLE_ENDIAN__)
#define OWN_ARCH AUDIT_ARCH_PPC64LE
#elif defined(__s390x__)
#define OWN_ARCH AUDIT_ARCH_S390X
#else
#error "Add the AUDIT_ARCH_ constant of this architecture."
#endif

static const unsigned allowed[] = {
  SYS_read, SYS_readv, SYS_pread64, SYS_write, SYS_writev, SYS_close, SYS_lseek, SYS_fstat,
#ifdef SYS_newfstatat
  SYS_newfstatat,
#endif
#ifdef SYS_fstat64
  SYS_fstat64, SYS_fstatat64,
#endif
  SYS_munmap, SYS_mremap, SYS_madvise, SYS_brk, SYS_futex, SYS_sched_yield,
  SYS_clock_gettime, SYS_gettimeofday,
#ifdef SYS_clock_gettime64
  SYS_clock_gettime64,
#endif
#ifdef SYS_futex_time64
  SYS_futex_time64,
#endif
  SYS_getpid, SYS_gettid, SYS_tgkill, SYS_rt_sigprocmask, SYS_rt_sigreturn, SYS_sigaltstack, SYS_restart_syscall, SYS_exit, SYS_exit_group,
};

/* Allowed unless the memory is to be executable (the third argument). */
static const unsigned allowed_memory[] = {
#ifdef SYS_mmap2
  SYS_mmap2,
#else
  SYS_mmap,
#endif
  SYS_mprotect,
};

#define LOAD(field) (struct sock_filter) BPF_STMT (BPF_LD | BPF_W | BPF_ABS, offsetof (struct seccomp_data, field))
#define RETURN(value) (struct sock_filter) BPF_STMT (BPF_RET | BPF_K, value)
#define JUMP(kind, value, yes, no) (struct sock_filter) BPF_JUMP (BPF_JMP | (kind) | BPF_K, value, yes, no)
#define DENY RETURN (SECCOMP_RET_ERRNO | EPERM)
#define ALLOW RETURN (SECCOMP_RET_ALLOW)

gboolean
worker_filter_install (void)
{
  struct sock_filter code[8 + 2 * G_N_ELEMENTS (allowed) + 5 * G_N_ELEMENTS (allowed_memory)];
  struct sock_fprog program = { 0, code };
  unsigned n = 0;

  code[n++] = LOAD (arch);
  code[n++] = JUMP (BPF_JEQ, OWN_ARCH, 1, 0);
  code[n++] = RETURN (SECCOMP_RET_KILL_PROCESS);
  code[n++] = LOAD (nr);
  for (unsigned i = 0; i < G_N_ELEMENTS (allowed); i++)
    {
      code[n++] = JUMP (BPF_JEQ, allowed[i], 0, 1);
      code[n++] = ALLOW;
    }
  for (unsigned i = 0; i < G_N_ELEMENTS (allowed_memory); i++)
    {
      code[n++] = JUMP (BPF_JEQ, allowed_memory[i], 0, 4);
      /* The low half: PROT_EXEC is in it, and the kernel ignores or refuses the other. */
      code[n++] = G_BYTE_ORDER == G_LITTLE_ENDIAN ? LOAD (args[2])
                  : (struct sock_filter) BPF_STMT (BPF_LD | BPF_W | BPF_ABS, offsetof (struct seccomp_data, args[2]) + 4);
      code[n++] = JUMP (BPF_JSET, PROT_EXEC, 0, 1);
      code[n++] = DENY;
      code[n++] = ALLOW;
    }
  code[n++] = DENY;
  g_assert (n <= G_N_ELEMENTS (code));
  program.len = (unsigned short) n;
  return syscall (SYS_seccomp, SECCOMP_SET_MODE_FILTER, SECCOMP_FILTER_FLAG_TSYNC, &program) == 0;
}
