/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * Test tool: make system calls that a sandbox has to refuse, and print one line "NAME ERRNO" each (or "ok", or
 * "killed" for a call that ended the process).  Each call is made in a child of its own.
 *
 *   try-calls calls       the forbidden ones, by name
 *   try-calls future      every number above the newest known one; prints only what is not ENOSYS
 *   try-calls terminal    TIOCSTI and TIOCLINUX on 0, 1, 2 and /dev/tty, also with high bits set
 *   try-calls devel       what only developers are given
 *   try-calls memory      memory that is written and executed
 *   try-calls namespaces  every kind, made and entered
 *   try-calls foreign     other system call conventions of the machine
 *   try-calls modify_ldt
 *   try-calls orphans     no call, but thousands of processes for pid 1 to reap: how many were left to it, and remain
 */
#include <errno.h>
#include <dirent.h>
#include <fcntl.h>
#include <linux/keyctl.h>
#include <linux/sched.h>
#include <sched.h>
#include <signal.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/personality.h>
#include <sys/ptrace.h>
#include <sys/shm.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

typedef struct
{
  const char *name;
  long number;
  long arguments[6];
} Call;

static long
call_make (const Call *call)
{
  const long *a = call->arguments;

  return syscall (call->number, a[0], a[1], a[2], a[3], a[4], a[5]);
}

/* Make a call in a child; returns 0, an errno, or -signal. */
static int
call_try (const Call *call, long (*make) (const Call *call))
{
  int status = 0;
  pid_t pid = fork ();

  if (pid == 0)
    {
      long result = make (call);

      _exit (result < 0 ? errno : 0);
    }
  if (pid < 0 || waitpid (pid, &status, 0) < 0)
    return errno;
  return WIFSIGNALED (status) ? -WTERMSIG (status) : WEXITSTATUS (status);
}

static void
call_print (const char *name, int result)
{
  if (result < 0)
    printf ("%s killed by %d\n", name, -result);
  else
    printf ("%s %s\n", name, result == 0 ? "ok" : strerrorname_np (result));
}

static struct clone_args clone3_args = { .flags = CLONE_NEWUSER, .exit_signal = SIGCHLD };

static const Call calls[] = {
  { "unshare-user", SYS_unshare, { CLONE_NEWUSER } },
  { "unshare-none", SYS_unshare, { 0 } },
  { "clone-user", SYS_clone, { CLONE_NEWUSER | SIGCHLD } },
  { "clone-mnt", SYS_clone, { CLONE_NEWNS | SIGCHLD } },
  { "clone-net", SYS_clone, { CLONE_NEWNET | SIGCHLD } },
  { "clone-user-high-bits", SYS_clone, { (long) 0xffffffff00000000 | CLONE_NEWUSER | SIGCHLD } },
  { "clone3", SYS_clone3, { (long) &clone3_args, sizeof clone3_args } },
  { "setns", SYS_setns, { -1, 0 } },
  { "mount", SYS_mount, { (long) "x", (long) "/tmp", (long) "tmpfs", 0, 0 } },
  { "umount2", SYS_umount2, { (long) "/tmp", 2 } },
  { "pivot_root", SYS_pivot_root, { (long) "/", (long) "/" } },
  { "chroot", SYS_chroot, { (long) "/tmp" } },
  { "open_tree", SYS_open_tree, { AT_FDCWD, (long) "/", 1 } },
  { "move_mount", SYS_move_mount, { -1, (long) "", -1, (long) "", 0 } },
  { "fsopen", SYS_fsopen, { (long) "tmpfs", 0 } },
  { "fsconfig", SYS_fsconfig, { -1, 6, 0, 0, 0 } },
  { "fsmount", SYS_fsmount, { -1, 0, 0 } },
  { "fspick", SYS_fspick, { AT_FDCWD, (long) "/", 0 } },
  { "mount_setattr", SYS_mount_setattr, { -1, (long) "", 0, 0, 0 } },
  { "io_uring_setup", SYS_io_uring_setup, { 1, 0 } },
  { "syslog", SYS_syslog, { 10, 0, 0 } },
  { "acct", SYS_acct, { 0 } },
  { "quotactl", SYS_quotactl, { 0, 0, 0, 0 } },
  { "quotactl_fd", 443, { -1, 0, 0, 0 } },
  { "add_key", SYS_add_key, { (long) "user", (long) "x", (long) "y", 1, KEY_SPEC_PROCESS_KEYRING } },
  { "keyctl", SYS_keyctl, { KEYCTL_GET_KEYRING_ID, KEY_SPEC_SESSION_KEYRING, 0 } },
  { "request_key", SYS_request_key, { (long) "user", (long) "x", 0, 0 } },
  { "move_pages", SYS_move_pages, { 0, 0, 0, 0, 0 } },
  { "mbind", SYS_mbind, { 0, 0, 0, 0, 0 } },
  { "get_mempolicy", SYS_get_mempolicy, { 0, 0, 0, 0, 0 } },
  { "set_mempolicy", SYS_set_mempolicy, { 0, 0, 0 } },
  { "migrate_pages", SYS_migrate_pages, { 0, 0, 0, 0 } },
  { "set_mempolicy_home_node", 450, { 0, 0, 0, 0 } },
  { "bpf", SYS_bpf, { 5, 0, 0 } },
  { "open_by_handle_at", SYS_open_by_handle_at, { AT_FDCWD, 0, 0 } },
  { "kexec_load", SYS_kexec_load, { 0, 0, 0, 0 } },
  { "init_module", SYS_init_module, { 0, 0, 0 } },
  { "finit_module", SYS_finit_module, { -1, 0, 0 } },
  { "delete_module", SYS_delete_module, { 0, 0 } },
  { "socket-unix", SYS_socket, { AF_UNIX, SOCK_STREAM, 0 } },
  { "socket-inet", SYS_socket, { AF_INET, SOCK_STREAM, 0 } },
  { "socket-inet6", SYS_socket, { AF_INET6, SOCK_STREAM, 0 } },
  { "socket-netlink", SYS_socket, { AF_NETLINK, SOCK_RAW, 0 } },
  { "socket-packet", SYS_socket, { AF_PACKET, SOCK_RAW, 0 } },
  { "socket-vsock", SYS_socket, { AF_VSOCK, SOCK_STREAM, 0 } },
  { "socket-bluetooth", SYS_socket, { AF_BLUETOOTH, SOCK_RAW, 0 } },
  /* Refused by the filter before the kernel sees that there is no such type (SOCK_MAX). */
  { "socket-bluetooth-no-type", SYS_socket, { AF_BLUETOOTH, 11, 0 } },
  { "socket-can-no-type", SYS_socket, { AF_CAN, 11, 0 } },
  { "socket-wanpipe-no-type", SYS_socket, { AF_WANPIPE, 11, 0 } },
  { "socket-alg", SYS_socket, { AF_ALG, SOCK_SEQPACKET, 0 } },
  { "socket-ax25", SYS_socket, { AF_AX25, SOCK_DGRAM, 0 } },
  { "socket-packet-high-bits", SYS_socket, { (long) 0x100000000 | AF_PACKET, SOCK_RAW, 0 } },
  { "getpid", SYS_getpid, { 0 } },
};

static const Call devel_calls[] = {
  { "ptrace", SYS_ptrace, { PTRACE_TRACEME, 0, 0, 0 } },
  { "perf_event_open", SYS_perf_event_open, { 0, 0, -1, -1, 0 } },
  { "userfaultfd", SYS_userfaultfd, { 1 } },
  { "personality-high-bits", SYS_personality, { (long) 0x100000000 | ADDR_NO_RANDOMIZE } },
  { "personality-linux", SYS_personality, { PER_LINUX } },
  { "personality-no-randomize", SYS_personality, { ADDR_NO_RANDOMIZE } },
};

static char page[8192] __attribute__ ((aligned (4096)));

static const Call memory_calls[] = {
  { "mmap-write", SYS_mmap, { 0, 4096, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0 } },
  { "mmap-exec", SYS_mmap, { 0, 4096, PROT_READ | PROT_EXEC, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0 } },
  { "mmap-both", SYS_mmap, { 0, 4096, PROT_READ | PROT_WRITE | PROT_EXEC, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0 } },
  { "mprotect-read", SYS_mprotect, { (long) page, 4096, PROT_READ } },
  { "mprotect-exec", SYS_mprotect, { (long) page, 4096, PROT_READ | PROT_EXEC } },
  { "pkey_mprotect-exec", SYS_pkey_mprotect, { (long) page, 4096, PROT_READ | PROT_EXEC, -1 } },
  { "shmat-exec", SYS_shmat, { -1, 0, SHM_EXEC } },
  { "memfd_create", SYS_memfd_create, { (long) "x", 0 } },
  { "personality-ask", SYS_personality, { 0xffffffff } },
  { "personality-exec", SYS_personality, { READ_IMPLIES_EXEC } },
};

static const Call namespace_calls[] = {
  { "unshare-files", SYS_unshare, { CLONE_FILES } },
  { "unshare-user", SYS_unshare, { CLONE_NEWUSER } },
  { "unshare-user-net", SYS_unshare, { CLONE_NEWUSER | CLONE_NEWNET } },
  { "unshare-user-time", SYS_unshare, { CLONE_NEWUSER | CLONE_NEWTIME } },
  { "clone-none", SYS_clone, { SIGCHLD } },
  { "clone-user", SYS_clone, { CLONE_NEWUSER | SIGCHLD } },
  { "clone-user-net", SYS_clone, { CLONE_NEWUSER | CLONE_NEWNET | SIGCHLD } },
  { "clone3", SYS_clone3, { (long) &clone3_args, sizeof clone3_args } },
  { "setns-any", SYS_setns, { -1, 0 } },
  { "setns-user", SYS_setns, { -1, CLONE_NEWUSER } },
  { "setns-net", SYS_setns, { -1, CLONE_NEWNET } },
};

static void
calls_print (const Call *list, size_t n)
{
  for (size_t i = 0; i < n; i++)
    call_print (list[i].name, call_try (&list[i], call_make));
}

static void
future_print (void)
{
  for (long number = 467; number < 700; number++)
    {
      Call call = { "", number, { -1, -1, -1, -1, -1 } };
      int result = call_try (&call, call_make);

      if (result != ENOSYS)
        {
          printf ("%ld ", number);
          call_print ("", result);
        }
    }
  printf ("done\n");
}

static void
terminal_print (void)
{
  static const struct { const char *name; unsigned long request; } requests[] = {
    { "TIOCSTI", TIOCSTI }, { "TIOCSTI+2^32", 0x100000000 | TIOCSTI }, { "TIOCSTI-high", 0xffffffff00000000 | TIOCSTI },
    { "TIOCLINUX", TIOCLINUX }, { "TIOCLINUX+2^32", 0x100000000 | TIOCLINUX },
    { "TIOCLINUX-high", 0xffffffff00000000 | TIOCLINUX }, { "TIOCGWINSZ", TIOCGWINSZ },
  };
  static char text[64] = "\002";
  int fds[] = { 0, 1, 2, open ("/dev/tty", O_RDWR | O_CLOEXEC) };

  for (size_t i = 0; i < sizeof requests / sizeof requests[0]; i++)
    for (size_t k = 0; k < sizeof fds / sizeof fds[0]; k++)
      {
        Call call = { requests[i].name, SYS_ioctl, { fds[k], (long) requests[i].request, (long) text } };

        call_print (call.name, call_try (&call, call_make));
      }
}

#ifdef __x86_64__
static long
compat_make (const Call *call)
{
  long result;

  __asm__ volatile ("int $0x80" : "=a" (result) : "a" (call->number), "b" (call->arguments[0]), "c" (call->arguments[1]), "d" (call->arguments[2])
                    : "memory", "r8", "r9", "r10", "r11");
  errno = (int) -result;
  return result < 0 ? -1 : 0;
}
#endif

static void
foreign_print (void)
{
#ifdef __x86_64__
  Call getpid_32 = { "int80-getpid", 20, { 0 } };
  Call unshare_32 = { "int80-unshare", 310, { CLONE_NEWUSER } };
  Call future_32 = { "int80-future", 480, { 0 } };
  Call socketcall_32 = { "int80-socketcall", 102, { 1 } };
  static const Call more_32[] = {
    { "int80-clone-user", 120, { CLONE_NEWUSER | SIGCHLD } }, { "int80-clone3", 435, { 0, 88 } }, { "int80-mount", 21, { 0 } },
    { "int80-tiocsti", 54, { 0, TIOCSTI } }, { "int80-tioclinux", 54, { 0, TIOCLINUX } }, { "int80-keyctl", 288, { 0, -3, 0 } },
    { "int80-bpf", 357, { 5, 0, 0 } }, { "int80-io_uring_setup", 425, { 1, 0 } }, { "int80-socket-packet", 359, { AF_PACKET, SOCK_RAW } },
    { "int80-socket-unix", 359, { AF_UNIX, SOCK_STREAM } }, { "int80-vm86", 166, { 0 } },
  };
  Call unshare_x32 = { "x32-unshare", 0x40000000 | SYS_unshare, { CLONE_NEWUSER } };

  call_print (getpid_32.name, call_try (&getpid_32, compat_make));
  call_print (unshare_32.name, call_try (&unshare_32, compat_make));
  call_print (future_32.name, call_try (&future_32, compat_make));
  call_print (socketcall_32.name, call_try (&socketcall_32, compat_make));
  for (size_t i = 0; i < sizeof more_32 / sizeof more_32[0]; i++)
    call_print (more_32[i].name, call_try (&more_32[i], compat_make));
  call_print (unshare_x32.name, call_try (&unshare_x32, call_make));
#endif
}

static long
processes_count (void)
{
  DIR *proc = opendir ("/proc");
  long n = 0;

  for (struct dirent *entry; proc != NULL && (entry = readdir (proc)) != NULL;)
    n += entry->d_name[0] >= '1' && entry->d_name[0] <= '9';
  (void) closedir (proc);
  return n;
}

/* In bursts: the parent of a thousand that have ended ends too.  Where nobody reaps, the wait is in vain, and shorter. */
static void
orphans_print (void)
{
  long before = processes_count ();
  long left;

  for (int round = 0; round < 3; round++)
    {
      pid_t parent = fork ();

      for (int i = 0; parent == 0 && i < 1000; i++)
        if (fork () == 0)
          _exit (0);
      if (parent == 0)
        _exit (0);
      (void) waitpid (parent, NULL, 0);
    }
  for (int tenths = 0; (left = processes_count () - before) > 0 && tenths < (getpid () == 1 ? 1 : 300); tenths++)
    (void) usleep (100000);
  printf ("orphans 3000\nleft %ld\n", left);
}

int
main (int argc, char **argv)
{
  const char *what = argc == 2 ? argv[1] : "";

  (void) setvbuf (stdout, NULL, _IOLBF, 0);     /* a child must not inherit lines that are not written yet */
  if (strcmp (what, "calls") == 0)
    calls_print (calls, sizeof calls / sizeof calls[0]);
  else if (strcmp (what, "memory") == 0)
    calls_print (memory_calls, sizeof memory_calls / sizeof memory_calls[0]);
  else if (strcmp (what, "namespaces") == 0)
    calls_print (namespace_calls, sizeof namespace_calls / sizeof namespace_calls[0]);
  else if (strcmp (what, "devel") == 0)
    calls_print (devel_calls, sizeof devel_calls / sizeof devel_calls[0]);
  else if (strcmp (what, "future") == 0)
    future_print ();
  else if (strcmp (what, "terminal") == 0)
    terminal_print ();
  else if (strcmp (what, "orphans") == 0)
    orphans_print ();
  else if (strcmp (what, "foreign") == 0)
    foreign_print ();
#ifdef SYS_modify_ldt
  else if (strcmp (what, "modify_ldt") == 0)
    {
      Call call = { "modify_ldt", SYS_modify_ldt, { 0, 0, 0 } };

      call_print (call.name, call_try (&call, call_make));
    }
#endif
  else
    return 2;
  return 0;
}
