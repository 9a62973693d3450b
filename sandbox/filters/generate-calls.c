/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * Build-time tool: writes the tables of calls.h as C, for every architecture that we know.  The groups have the names and
 * the members that users of firejail(1) and systemd.exec(5) know.
 */
#include <seccomp.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

/* Numbers above are not looked for.  x86-64 and what came later than 424 everywhere end far below. */
#define NUMBERS 600

static const struct { const char *macro; uint32_t arch; } targets[] = {
  { "__x86_64__", SCMP_ARCH_X86_64 },
  { "__aarch64__", SCMP_ARCH_AARCH64 },
};

static const struct { const char *name; const char *calls[24]; } groups[] = {
  { "@clock", { "adjtimex", "clock_adjtime", "clock_settime", "settimeofday", "stime" } },
  { "@cpu-emulation", { "modify_ldt", "subpage_prot", "switch_endian", "vm86", "vm86old" } },
  { "@debug", { "lookup_dcookie", "perf_event_open", "pidfd_getfd", "process_vm_readv", "process_vm_writev", "ptrace", "rtas",
                "s390_runtime_instr", "sys_debug_setcontext" } },
  { "@io-uring", { "io_uring_enter", "io_uring_register", "io_uring_setup" } },
  { "@keyring", { "add_key", "keyctl", "request_key" } },
  { "@module", { "delete_module", "finit_module", "init_module" } },
  { "@mount", { "chroot", "fsconfig", "fsmount", "fsopen", "fspick", "mount", "mount_setattr", "move_mount", "open_tree", "pivot_root",
                "umount", "umount2" } },
  { "@obsolete", { "_sysctl", "afs_syscall", "bdflush", "break", "create_module", "ftime", "get_kernel_syms", "getpmsg", "gtty", "idle",
                   "lock", "mpx", "prof", "profil", "putpmsg", "query_module", "security", "sgetmask", "ssetmask", "stty", "sysfs",
                   "tuxcall", "ulimit" } },
  { "@raw-io", { "ioperm", "iopl", "pciconfig_iobase", "pciconfig_read", "pciconfig_write", "s390_pci_mmio_read", "s390_pci_mmio_write" } },
  { "@reboot", { "kexec_file_load", "kexec_load", "reboot" } },
  { "@setuid", { "setgid", "setgroups", "setregid", "setresgid", "setresuid", "setreuid", "setuid" } },
  { "@swap", { "swapoff", "swapon" } },
};

#define N(array) (sizeof (array) / sizeof (array)[0])

static void
calls_write (FILE *out, uint32_t arch)
{
  fputs ("const CallName filter_calls[] = {\n", out);
  for (int number = 0; number < NUMBERS; number++)
    {
      char *name = seccomp_syscall_resolve_num_arch (arch, number);

      if (name != NULL)
        fprintf (out, "  { \"%s\", %d },\n", name, number);
      free (name);
    }
  fputs ("  { 0, 0 },\n};\n", out);
}

static void
groups_write (FILE *out, uint32_t arch)
{
  for (size_t i = 0; i < N (groups); i++)
    {
      fprintf (out, "static const char *const group_%zu[] = {", i);
      for (size_t j = 0; j < N (groups[i].calls) && groups[i].calls[j] != NULL; j++)
        if (seccomp_syscall_resolve_name_arch (arch, groups[i].calls[j]) >= 0)
          fprintf (out, " \"%s\",", groups[i].calls[j]);
      fputs (" 0 };\n", out);
    }
  fputs ("const CallGroup filter_groups[] = {\n", out);
  for (size_t i = 0; i < N (groups); i++)
    fprintf (out, "  { \"%s\", group_%zu },\n", groups[i].name, i);
  fputs ("  { 0, 0 },\n};\n", out);
}

int
main (int argc, char **argv)
{
  FILE *out = argc == 2 ? fopen (argv[1], "we") : NULL;

  if (out == NULL)
    {
      fprintf (stderr, "usage: generate-calls OUTPUT\n");
      return 1;
    }
  fputs ("#include \"sandbox/filters/calls.h\"\n", out);
  for (size_t i = 0; i < N (targets); i++)
    {
      fprintf (out, "\n#%s defined(%s)\n", i == 0 ? "if" : "elif", targets[i].macro);
      calls_write (out, targets[i].arch);
      groups_write (out, targets[i].arch);
    }
  fputs ("#else\n#error \"no table of system calls for this architecture yet\"\n#endif\n", out);
  return fclose (out) != 0;
}
