/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * Test tool: published attacks, tried from inside a sandbox, one line "NAME RESULT" each ("ok" when the attack's step
 * worked, else the error).
 *
 *   attack-probe inside PID      PID: a process of the host
 *   attack-probe terminal FILE   type "touch FILE" into the terminal, by every way there is
 *   attack-probe rewrite         as a tracer, change the number of a call after the filter could have seen another
 *   attack-probe overwrite N     N times: open the programs of all processes for writing
 */
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <linux/netlink.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mount.h>
#include <sys/ptrace.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/user.h>
#include <sys/wait.h>
#include <sys/xattr.h>
#include <unistd.h>

typedef struct
{
  const char *name;
  long (*make) (int host_pid);
} Attack;

static long
open_for_writing (const char *path)
{
  int fd = open (path, O_WRONLY | O_CLOEXEC);

  return fd < 0 ? -1 : write (fd, "0", 1);
}

static long host_name (int pid) { return sethostname ("evil", 4); }
static long domain_name (int pid) { return setdomainname ("evil", 4); }
static long kill_host (int pid) { return kill (pid, 0); }
static long kill_all (int pid) { return kill (-1, 0); }
static long pidfd_host (int pid) { return syscall (SYS_pidfd_open, pid, 0); }
static long trace_host (int pid) { return ptrace (PTRACE_ATTACH, pid, NULL, NULL); }
static long trace_init (int pid) { return ptrace (PTRACE_ATTACH, 1, NULL, NULL); }
static long init_memory (int pid) { return open ("/proc/1/mem", O_RDWR | O_CLOEXEC); }
static long join_init (int pid) { return setns (open ("/proc/1/ns/user", O_RDONLY | O_CLOEXEC), CLONE_NEWUSER); }
static long join_own (int pid) { return setns (open ("/proc/self/ns/user", O_RDONLY | O_CLOEXEC), CLONE_NEWUSER); }
static long limit_namespaces (int pid) { return open_for_writing ("/proc/sys/user/max_user_namespaces"); }
static long core_pattern (int pid) { return open_for_writing ("/proc/sys/kernel/core_pattern"); }
static long sysrq (int pid) { return open_for_writing ("/proc/sysrq-trigger"); }
static long own_map (int pid) { return open_for_writing ("/proc/self/uid_map"); }
static long clone_shared_root (int pid) { return syscall (SYS_clone, CLONE_NEWUSER | CLONE_FS | SIGCHLD, 0, 0, 0, 0); }
static long remount_usr (int pid) { return mount (NULL, "/usr", NULL, MS_REMOUNT | MS_BIND, NULL); }
static long mount_cgroup (int pid) { return mount ("cgroup", "/tmp", "cgroup", 0, "memory"); }
static long mount_cgroup2 (int pid) { return mount ("cgroup2", "/tmp", "cgroup2", 0, NULL); }
static long cgroup_folder (int pid) { return access ("/sys/fs/cgroup", F_OK); }
static long release_agent (int pid) { return open_for_writing ("/sys/fs/cgroup/release_agent"); }
static long drop_groups (int pid) { return syscall (SYS_setgroups, 0, NULL); }
static long become_root (int pid) { return setresuid (0, 0, 0); }
static long make_device (int pid) { return mknod ("/tmp/null", S_IFCHR | 0666, 1 << 8 | 3); }
static long open_fs (int pid) { return syscall (SYS_fsopen, "ext4", 0); }
static long take_terminal (int pid) { return vhangup (); }
static long load_module (int pid) { return syscall (SYS_init_module, "", 0, ""); }
static long load_bpf (int pid) { char attr[128] = { 0 }; return syscall (SYS_bpf, 5, attr, sizeof attr); }
static long fault_kernel (int pid) { return syscall (SYS_userfaultfd, 0); }
static long open_handle (int pid) { char handle[136] = { 8, 0, 0, 0, 1 }; return syscall (SYS_open_by_handle_at, open ("/", O_RDONLY | O_CLOEXEC), handle, 0); }
static long trace_kernel (int pid) { return syscall (SYS_kexec_load, 0, 0, NULL, 0); }
static long key_ring (int pid) { return syscall (SYS_keyctl, 0, -3, 0); }
static long ring (int pid) { char params[128] = { 0 }; return syscall (SYS_io_uring_setup, 1, params); }

static long
file_capability (int pid)
{
  /* vfs_cap_data of version 2: cap_sys_admin, effective. */
  static const unsigned capability[5] = { 0x02000001, 1U << 21, 1U << 21, 0, 0 };

  return setxattr ("/w/file", "security.capability", capability, sizeof capability, 0);
}

/* Netfilter answers the first message: -EPERM for whoever may not administrate the network. */
static long
netfilter (int pid)
{
  struct { struct nlmsghdr header; unsigned char family, version; unsigned short resource; } message = {
    { sizeof message, 10 << 8, NLM_F_REQUEST | NLM_F_ACK, 1, 0 }, AF_INET, 0, 0 };
  struct { struct nlmsghdr header; struct nlmsgerr error; char rest[256]; } answer;
  int fd = socket (AF_NETLINK, SOCK_RAW | SOCK_CLOEXEC, NETLINK_NETFILTER);

  if (fd < 0 || send (fd, &message, sizeof message, 0) < 0 || recv (fd, &answer, sizeof answer, MSG_DONTWAIT) < 0)
    return -1;
  errno = -answer.error.error;
  return answer.error.error < 0 ? -1 : 0;
}

static const Attack attacks[] = {
  { "host-name", host_name }, { "domain-name", domain_name }, { "kill-host", kill_host }, { "kill-all", kill_all },
  { "pidfd-host", pidfd_host }, { "trace-host", trace_host }, { "trace-init", trace_init }, { "init-memory", init_memory },
  { "join-init", join_init }, { "join-own", join_own }, { "limit-namespaces", limit_namespaces },
  { "core-pattern", core_pattern }, { "sysrq", sysrq }, { "own-map", own_map }, { "clone-shared-root", clone_shared_root },
  { "remount-usr", remount_usr }, { "mount-cgroup", mount_cgroup }, { "mount-cgroup2", mount_cgroup2 },
  { "cgroup-folder", cgroup_folder }, { "release-agent", release_agent }, { "drop-groups", drop_groups },
  { "become-root", become_root }, { "make-device", make_device }, { "open-fs", open_fs }, { "hang-up", take_terminal },
  { "load-module", load_module }, { "load-bpf", load_bpf }, { "userfaultfd", fault_kernel }, { "open-handle", open_handle },
  { "kexec", trace_kernel }, { "key-ring", key_ring }, { "io-uring", ring }, { "file-capability", file_capability },
  { "netfilter", netfilter },
};

static void
attack_try (const Attack *attack, int host_pid)
{
  int status = 0;
  pid_t pid = fork ();

  if (pid == 0)
    _exit (attack->make (host_pid) < 0 ? errno : 0);
  if (pid < 0 || waitpid (pid, &status, 0) < 0)
    printf ("%s %s\n", attack->name, strerrorname_np (errno));
  else if (WIFSIGNALED (status))
    printf ("%s killed by %d\n", attack->name, WTERMSIG (status));
  else
    printf ("%s %s\n", attack->name, WEXITSTATUS (status) == 0 ? "ok" : strerrorname_np (WEXITSTATUS (status)));
}

static int
terminal_type (const char *file)
{
  static const unsigned long requests[] = { TIOCSTI, 0x100000000 | TIOCSTI, 0xffffffff00000000 | TIOCSTI };
  char command[512];
  int typed = 0;

  (void) snprintf (command, sizeof command, "touch %s\n", file);
  for (int round = 0; round < 2; round++)
    {
      int fds[] = { 0, 1, 2, open ("/dev/tty", O_RDWR | O_CLOEXEC), open ("/dev/console", O_RDWR | O_CLOEXEC) };

      for (size_t i = 0; i < sizeof fds / sizeof fds[0]; i++)
        for (size_t k = 0; k < sizeof requests / sizeof requests[0]; k++)
          for (const char *c = command; *c != '\0'; c++)
            typed += syscall (SYS_ioctl, fds[i], requests[k], c) == 0;
      /* Once more as the leader of a session that tries to get the terminal for itself. */
      if (round == 0 && fork () != 0)
        {
          (void) wait (NULL);
          break;
        }
      (void) setsid ();
      for (int fd = 0; fd <= 2; fd++)
        (void) ioctl (fd, TIOCSCTTY, 1);
    }
  printf ("typed %d\n", typed);
  return 0;
}

#ifdef __x86_64__
/* CVE-2017-5206: getpid() is made, and the tracer turns it into unshare(CLONE_NEWUSER) at its entry. */
static int
number_rewrite (void)
{
  struct user_regs_struct registers;
  int status;
  pid_t pid = fork ();

  if (pid == 0)
    {
      if (ptrace (PTRACE_TRACEME, 0, NULL, NULL) < 0)
        _exit (200);
      (void) raise (SIGSTOP);
      _exit (syscall (SYS_getpid, CLONE_NEWUSER) == 0 ? 0 : errno == EPERM ? 1 : 2);
    }
  (void) waitpid (pid, &status, 0);
  if (WIFEXITED (status))
    {
      printf ("rewrite %s\n", WEXITSTATUS (status) == 200 ? "no-tracing" : "?");
      return 0;
    }
  for (;;)
    {
      if (ptrace (PTRACE_SYSCALL, pid, NULL, NULL) < 0 || waitpid (pid, &status, 0) < 0 || !WIFSTOPPED (status))
        break;
      if (ptrace (PTRACE_GETREGS, pid, NULL, &registers) == 0 && registers.orig_rax == SYS_getpid)
        {
          registers.orig_rax = SYS_unshare;
          (void) ptrace (PTRACE_SETREGS, pid, NULL, &registers);
          (void) ptrace (PTRACE_CONT, pid, NULL, NULL);
          (void) waitpid (pid, &status, 0);
          break;
        }
    }
  printf ("rewrite %s\n", !WIFEXITED (status) ? "lost" : WEXITSTATUS (status) == 0 ? "ok" : WEXITSTATUS (status) == 1 ? "EPERM" : "other");
  return 0;
}
#else
static int
number_rewrite (void)
{
  printf ("rewrite EPERM\n");       /* the way to do it differs on every architecture; the kernel's order does not */
  return 0;
}
#endif

static int
programs_overwrite (int rounds)
{
  int opened = 0;

  for (int i = 0; i < rounds; i++)
    {
      DIR *proc = opendir ("/proc");
      struct dirent *entry;
      char path[300];

      while (proc != NULL && (entry = readdir (proc)) != NULL)
        {
          if (entry->d_name[0] < '1' || entry->d_name[0] > '9' || atoi (entry->d_name) == getpid ())
            continue;
          (void) snprintf (path, sizeof path, "/proc/%s/exe", entry->d_name);
          opened += open (path, O_WRONLY | O_TRUNC | O_CLOEXEC) >= 0;
        }
      if (proc != NULL)
        (void) closedir (proc);
    }
  printf ("opened %d\n", opened);
  return 0;
}

int
main (int argc, char **argv)
{
  const char *what = argc >= 2 ? argv[1] : "";

  (void) setvbuf (stdout, NULL, _IOLBF, 0);
  if (strcmp (what, "rewrite") == 0)
    return number_rewrite ();
  if (argc == 3 && strcmp (what, "terminal") == 0)
    return terminal_type (argv[2]);
  if (argc == 3 && strcmp (what, "overwrite") == 0)
    return programs_overwrite (atoi (argv[2]));
  if (argc != 3 || strcmp (what, "inside") != 0)
    return 2;
  for (size_t i = 0; i < sizeof attacks / sizeof attacks[0]; i++)
    attack_try (&attacks[i], atoi (argv[2]));
  return 0;
}
