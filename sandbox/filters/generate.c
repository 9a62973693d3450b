/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * Build-time tool: writes the filters of filters.h as C, for every architecture that we know, with the right one
 * chosen by the compiler.  Only this program uses libseccomp.
 *
 * A filter allows what it does not name, with two differences from a plain list of forbidden calls:
 *  - a prologue answers ENOSYS to every number above the newest call that was looked at when this
 *    file was written, so that a call that a later kernel adds is not allowed by default (CVE-2021-41133 was
 *    such a list, grown old);
 *  - only the low 32 bits of an argument are compared where the kernel looks at no more
 *    (CVE-2019-10063).
 * ENOSYS is for calls that programs try first and can do without, EPERM for the rest.
 */
#include <errno.h>
#include <linux/audit.h>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <sched.h>
#include <seccomp.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <unistd.h>

#include "sandbox/filters/filters.h"

/* removexattrat, Linux 6.13.  Numbers from 424 on are the same everywhere.  Look at each new call in
 * include/uapi/asm-generic/unistd.h before raising this. */
#define NEWEST_KNOWN 466

/* Calls that libseccomp may be too old to know by name. */
#define NUMBER_QUOTACTL_FD 443
#define NUMBER_SET_MEMPOLICY_HOME_NODE 450

typedef struct
{
  const char *macro;      /* of the compiler */
  uint32_t native, compat;
  uint32_t audit_native, audit_compat;
} Target;

static const Target targets[] = {
  { "__x86_64__", SCMP_ARCH_X86_64, SCMP_ARCH_X86, AUDIT_ARCH_X86_64, AUDIT_ARCH_I386 },
  { "__aarch64__", SCMP_ARCH_AARCH64, SCMP_ARCH_ARM, AUDIT_ARCH_AARCH64, AUDIT_ARCH_ARM },
};

static const char *const refused[] = {
  "syslog", "uselib", "acct", "quotactl",           /* the host's log, old interfaces, probing */
  "add_key", "keyctl", "request_key",               /* keyrings have no namespace */
  "move_pages", "mbind", "get_mempolicy", "set_mempolicy", "migrate_pages",
  "bpf", "open_by_handle_at",                       /* of the real root only, and often wrong about who that is */
  "kexec_load", "kexec_file_load", "init_module", "finit_module", "delete_module", "iopl", "ioperm", "vm86", "vm86old",
  "unshare", "setns", "mount", "umount", "umount2", "pivot_root", "chroot",
};

static const char *const absent[] = {
  "clone3",                                         /* its flags are behind a pointer */
  "open_tree", "move_mount", "fsopen", "fsconfig", "fsmount", "fspick", "mount_setattr",
  "io_uring_setup", "io_uring_enter", "io_uring_register",    /* makes calls that no filter sees, socket() too */
};

static void
check (int result, const char *what)
{
  if (result < 0)
    {
      fprintf (stderr, "generate: %s: %s\n", what, strerror (-result));
      exit (1);
    }
}

static void
name_rule (scmp_filter_ctx filter, const char *name, int error)
{
  int number = seccomp_syscall_resolve_name (name);

  if (number == __NR_SCMP_ERROR)
    {
      fprintf (stderr, "generate: libseccomp does not know %s\n", name);
      exit (1);
    }
  check (seccomp_rule_add (filter, SCMP_ACT_ERRNO (error), number, 0), name);
}

static void
argument_rule (scmp_filter_ctx filter, const char *name, int error, struct scmp_arg_cmp compare)
{
  check (seccomp_rule_add (filter, SCMP_ACT_ERRNO (error), seccomp_syscall_resolve_name (name), 1, compare), name);
}

static void
namespace_rules (scmp_filter_ctx filter)
{
  static const uint64_t flags[] = { CLONE_NEWUSER, CLONE_NEWNS, CLONE_NEWPID, CLONE_NEWNET, CLONE_NEWIPC, CLONE_NEWUTS,
                                    CLONE_NEWCGROUP };

  for (size_t i = 0; i < sizeof flags / sizeof flags[0]; i++)
    argument_rule (filter, "clone", EPERM, SCMP_A0 (SCMP_CMP_MASKED_EQ, flags[i], flags[i]));
}

/* A terminal must not be told to type into itself. */
static void
terminal_rules (scmp_filter_ctx filter)
{
  argument_rule (filter, "ioctl", EPERM, SCMP_A1 (SCMP_CMP_MASKED_EQ, 0xffffffffu, (uint64_t) TIOCSTI));
  argument_rule (filter, "ioctl", EPERM, SCMP_A1 (SCMP_CMP_MASKED_EQ, 0xffffffffu, (uint64_t) TIOCLINUX));
}

/* Which profiles (0: all) may make sockets of a family. */
static const struct
{
  int family, profile;
} families[] = {
  { AF_UNSPEC, 0 },  { AF_LOCAL, 0 }, { AF_INET, 0 }, { AF_INET6, 0 }, { AF_NETLINK, 0 }, { AF_CAN, FILTER_CANBUS },
  { AF_BLUETOOTH, FILTER_BLUETOOTH },
};

/* Families from 0 up to the last allowed one are refused one by one, those above by one comparison. */
static void
socket_rules (scmp_filter_ctx filter, int profile)
{
  int last = 0;

  for (size_t i = 0; i < sizeof families / sizeof families[0]; i++)
    if ((families[i].profile & profile) == families[i].profile)
      last = families[i].family;
  for (int family = 0; family <= last; family++)
    {
      int is_allowed = 0;

      for (size_t i = 0; i < sizeof families / sizeof families[0]; i++)
        is_allowed |= families[i].family == family && (families[i].profile & profile) == families[i].profile;
      if (!is_allowed)
        check (seccomp_rule_add (filter, SCMP_ACT_ERRNO (EAFNOSUPPORT), SCMP_SYS (socket), 1,
                                 SCMP_A0_32 (SCMP_CMP_EQ, (uint32_t) family)), "socket");
    }
  check (seccomp_rule_add (filter, SCMP_ACT_ERRNO (EAFNOSUPPORT), SCMP_SYS (socket), 1,
                           SCMP_A0_32 (SCMP_CMP_GT, (uint32_t) last)), "socket");
}

static scmp_filter_ctx
filter_build (const Target *target, int profile)
{
  scmp_filter_ctx filter = seccomp_init (SCMP_ACT_ALLOW);

  if (filter == NULL)
    exit (1);
  if (target->native != seccomp_arch_native ())
    {
      check (seccomp_arch_add (filter, target->native), "arch");
      check (seccomp_arch_remove (filter, SCMP_ARCH_NATIVE), "arch");
    }
  if ((profile & FILTER_MULTIARCH) != 0)
    check (seccomp_arch_add (filter, target->compat), "arch");
  check (seccomp_attr_set (filter, SCMP_FLTATR_ACT_BADARCH, SCMP_ACT_KILL_PROCESS), "attribute");
  check (seccomp_attr_set (filter, SCMP_FLTATR_CTL_OPTIMIZE, 2), "attribute");
  for (size_t i = 0; i < sizeof refused / sizeof refused[0]; i++)
    name_rule (filter, refused[i], EPERM);
  for (size_t i = 0; i < sizeof absent / sizeof absent[0]; i++)
    name_rule (filter, absent[i], ENOSYS);
  namespace_rules (filter);
  terminal_rules (filter);
  socket_rules (filter, profile);
  if ((profile & FILTER_MULTIARCH) == 0)
    name_rule (filter, "modify_ldt", EPERM);
  if ((profile & FILTER_DEVEL) == 0)
    {
      name_rule (filter, "perf_event_open", EPERM);
      name_rule (filter, "ptrace", EPERM);
      name_rule (filter, "userfaultfd", EPERM);     /* stops the kernel where a race wants it to stand still */
      argument_rule (filter, "personality", EPERM, SCMP_A0_32 (SCMP_CMP_NE, 0));
    }
  return filter;
}

static struct sock_filter
load (uint32_t offset)
{
  return (struct sock_filter) BPF_STMT (BPF_LD | BPF_W | BPF_ABS, offset);
}

static struct sock_filter
jump (uint16_t how, uint32_t value, uint8_t yes, uint8_t no)
{
  return (struct sock_filter) BPF_JUMP (BPF_JMP | how | BPF_K, value, yes, no);
}

static struct sock_filter
answer (int error)
{
  return (struct sock_filter) BPF_STMT (BPF_RET | BPF_K, SECCOMP_RET_ERRNO | (uint32_t) error);
}

/* What libseccomp cannot express: see the top of the file.  Falls through to the rules. */
static size_t
prologue_build (const Target *target, int profile, struct sock_filter *out)
{
  size_t n = 0;

  /* x32 numbers have bit 30 set and are left to libseccomp's check.  32-bit ARM has private calls (cache flush,
   * TLS) from 0xf0000 on. */
  out[n++] = load (offsetof (struct seccomp_data, nr));
  out[n++] = jump (BPF_JGE, target->audit_compat == AUDIT_ARCH_ARM ? 0xf0000u : 0x40000000u, 5, 0);
  out[n++] = jump (BPF_JGT, NEWEST_KNOWN, 0, 1);
  out[n++] = answer (ENOSYS);
  out[n++] = jump (BPF_JEQ, NUMBER_QUOTACTL_FD, 1, 0);
  out[n++] = jump (BPF_JEQ, NUMBER_SET_MEMPOLICY_HOME_NODE, 0, 1);
  out[n++] = answer (EPERM);
  if ((profile & FILTER_MULTIARCH) != 0 && target->audit_compat == AUDIT_ARCH_I386)
    {
      /* i386 socketcall: the family is behind a pointer, so socket() has to go altogether. */
      out[n++] = load (offsetof (struct seccomp_data, arch));
      out[n++] = jump (BPF_JEQ, AUDIT_ARCH_I386, 0, 5);
      out[n++] = load (offsetof (struct seccomp_data, nr));
      out[n++] = jump (BPF_JEQ, 102, 0, 3);
      out[n++] = load (offsetof (struct seccomp_data, args[0]));
      out[n++] = jump (BPF_JEQ, 1, 0, 1);
      out[n++] = answer (EAFNOSUPPORT);
    }
  return n;
}

static void
program_write (FILE *out, const Target *target, int profile)
{
  struct sock_filter program[2048];
  size_t n = prologue_build (target, profile, program);
  scmp_filter_ctx filter = filter_build (target, profile);
  int fd = memfd_create ("filter", MFD_CLOEXEC);
  ssize_t size;

  check (seccomp_export_bpf (filter, fd), "export");
  size = pread (fd, program + n, (sizeof program) - n * sizeof *program, 0);
  if (size <= 0 || (size_t) size == sizeof program - n * sizeof *program)
    exit (1);
  n += (size_t) size / sizeof *program;
  seccomp_release (filter);
  (void) close (fd);
  fprintf (out, "static const struct sock_filter program_%d[] = {\n", profile);
  for (size_t i = 0; i < n; i++)
    fprintf (out, "  { 0x%x, %u, %u, 0x%x },\n", program[i].code, program[i].jt, program[i].jf, program[i].k);
  fputs ("};\n", out);
}

int
main (int argc, char **argv)
{
  FILE *out = argc == 2 ? fopen (argv[1], "we") : NULL;

  if (out == NULL)
    {
      fprintf (stderr, "usage: generate OUTPUT\n");
      return 1;
    }
  fputs ("#include \"sandbox/filters/filters.h\"\n", out);
  for (size_t i = 0; i < sizeof targets / sizeof targets[0]; i++)
    {
      fprintf (out, "\n#%s defined(%s)\n", i == 0 ? "if" : "elif", targets[i].macro);
      for (int profile = 0; profile < FILTER_PROGRAMS; profile++)
        program_write (out, &targets[i], profile);
    }
  fputs ("#else\n#error \"no system call filter for this architecture yet\"\n#endif\n\n"
         "#define PROGRAM(array) { array, sizeof array / sizeof array[0] }\n"
         "const FilterProgram filter_programs[FILTER_PROGRAMS] = {\n", out);
  for (int profile = 0; profile < FILTER_PROGRAMS; profile++)
    fprintf (out, "  PROGRAM (program_%d),\n", profile);
  fputs ("};\n", out);
  return fclose (out) != 0;
}
