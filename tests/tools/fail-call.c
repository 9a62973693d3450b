/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * Test tool: make one system call of a launch fail.
 *
 *   fail-call PROCESS NUMBER ERRNO REPORT COMMAND [ARG...]
 *
 * Runs COMMAND and lets the NUMBERth system call of a process fail with ERRNO (0: none).  PROCESS 0 is COMMAND, the others are
 * counted as they appear.  The program of the sandbox is told by its execve; what it does is not counted any more.  Descriptor REPORT
 * is told afterwards, in one line: which call it was (-1: there were fewer), how many processes were left when nothing had
 * happened for two minutes, how many descriptors COMMAND had at its end, and for each process the numbers of its calls.  Ends as COMMAND
 * does (128+n for a signal).
 *
 *   fail-call look
 *
 * The program of the sandbox: prints how it is confined, a line each.
 *
 * The calls are stopped by a seccomp filter with a listener.  Not counted are those that cannot fail so: ends, umask, brk, and close and
 * munmap, which have done their work also when they answer an error.  Counting begins when the C library is ready.
 */
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <linux/audit.h>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <net/if.h>
#include <poll.h>
#include <signal.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/signalfd.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#define PATIENCE 120000
#define PROCESSES_MAX 16
#define CALLS_MAX 2048
#define SKIPPED "kernel: no seccomp filter with a listener: "

#if defined(__x86_64__)
#define ARCHITECTURE AUDIT_ARCH_X86_64
#else
#define ARCHITECTURE AUDIT_ARCH_AARCH64
#endif

/* --- the other side --- */

static void
filter_load (int socket_fd)
{
  static const int free_calls[] = { SYS_exit, SYS_rt_sigreturn, SYS_restart_syscall, SYS_close, SYS_munmap, SYS_umask, SYS_brk,
                                    SYS_sendmsg };
  enum { N = sizeof free_calls / sizeof free_calls[0] };
  struct sock_filter code[N + 5];
  struct sock_fprog program = { .len = N + 5, .filter = code };
  char control[CMSG_SPACE (sizeof (int))] = "";
  struct iovec byte = { .iov_base = control, .iov_len = 1 };
  struct msghdr message = { .msg_iov = &byte, .msg_iovlen = 1, .msg_control = control, .msg_controllen = sizeof control };
  struct cmsghdr *header = CMSG_FIRSTHDR (&message);
  int fd;

  code[0] = (struct sock_filter) BPF_STMT (BPF_LD | BPF_W | BPF_ABS, offsetof (struct seccomp_data, arch));
  code[1] = (struct sock_filter) BPF_JUMP (BPF_JMP | BPF_JEQ | BPF_K, ARCHITECTURE, 0, N + 2);
  code[2] = (struct sock_filter) BPF_STMT (BPF_LD | BPF_W | BPF_ABS, offsetof (struct seccomp_data, nr));
  for (unsigned i = 0; i < N; i++)
    code[3 + i] = (struct sock_filter) BPF_JUMP (BPF_JMP | BPF_JEQ | BPF_K, (unsigned) free_calls[i], (unsigned char) (N - i), 0);
  code[3 + N] = (struct sock_filter) BPF_STMT (BPF_RET | BPF_K, SECCOMP_RET_USER_NOTIF);
  code[4 + N] = (struct sock_filter) BPF_STMT (BPF_RET | BPF_K, SECCOMP_RET_ALLOW);
  fd = prctl (PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) < 0 ? -1
       : (int) syscall (SYS_seccomp, SECCOMP_SET_MODE_FILTER, SECCOMP_FILTER_FLAG_NEW_LISTENER, &program);
  if (fd < 0)
    {
      dprintf (STDERR_FILENO, SKIPPED "%s\n", strerror (errno));
      _exit (77);
    }
  header->cmsg_level = SOL_SOCKET;
  header->cmsg_type = SCM_RIGHTS;
  header->cmsg_len = CMSG_LEN (sizeof fd);
  memcpy (CMSG_DATA (header), &fd, sizeof fd);
  if (sendmsg (socket_fd, &message, 0) < 0)
    _exit (2);
}

/* --- this side --- */

typedef struct
{
  int listener;
  long process, number, failing_errno;
  struct { pid_t pid; long counted; int calls[CALLS_MAX]; } processes[PROCESSES_MAX];
  size_t n_processes;
  long failed;          /* the call that has failed, -1 */
  int is_ready;         /* the C library of the command */
  int n_open;           /* descriptors of the command at its end */
  pid_t app;
} Watch;

static int
listener_receive (int socket_fd)
{
  char control[CMSG_SPACE (sizeof (int))] = "";
  char byte;
  struct iovec data = { .iov_base = &byte, .iov_len = 1 };
  struct msghdr message = { .msg_iov = &data, .msg_iovlen = 1, .msg_control = control, .msg_controllen = sizeof control };
  int fd = -1;

  if (recvmsg (socket_fd, &message, MSG_CMSG_CLOEXEC) == 1 && CMSG_FIRSTHDR (&message) != NULL)
    memcpy (&fd, CMSG_DATA (CMSG_FIRSTHDR (&message)), sizeof fd);
  return fd;
}

/* In the order in which they appear. */
static size_t
process_number (Watch *watch, pid_t pid)
{
  size_t i = 0;

  while (i < watch->n_processes && watch->processes[i].pid != pid)
    i++;
  if (i == PROCESSES_MAX)
    return PROCESSES_MAX - 1;
  if (i == watch->n_processes)
    watch->processes[watch->n_processes++].pid = pid;
  return i;
}

static int
descriptors_count (pid_t pid)
{
  char path[64];
  DIR *list;
  int n = 0;

  (void) snprintf (path, sizeof path, "/proc/%d/fd", (int) pid);
  list = opendir (path);
  while (list != NULL && readdir (list) != NULL)
    n++;
  if (list != NULL)
    (void) closedir (list);
  return n - 2;
}

static void
call_answer (Watch *watch)
{
  struct seccomp_notif call;
  struct seccomp_notif_resp answer;
  size_t process;

  memset (&call, 0, sizeof call);
  memset (&answer, 0, sizeof answer);
  if (ioctl (watch->listener, SECCOMP_IOCTL_NOTIF_RECV, &call) < 0)
    return;             /* killed meanwhile */
  answer.id = call.id;
  answer.flags = SECCOMP_USER_NOTIF_FLAG_CONTINUE;
  process = process_number (watch, (pid_t) call.pid);
  if (call.data.nr == SYS_exit_group && process == 0)
    watch->n_open = descriptors_count ((pid_t) call.pid);
  if (!watch->is_ready)
    watch->is_ready = call.data.nr == SYS_set_tid_address;
  else if ((pid_t) call.pid != watch->app && call.data.nr != SYS_exit_group)
    {
      if (watch->processes[process].counted < CALLS_MAX)
        watch->processes[process].calls[watch->processes[process].counted] = call.data.nr;
      if (++watch->processes[process].counted == watch->number && (long) process == watch->process && watch->failing_errno != 0)
        {
          watch->failed = call.data.nr;
          answer.flags = 0;
          answer.error = (int) -watch->failing_errno;
        }
      else if (call.data.nr == SYS_execve)
        watch->app = (pid_t) call.pid;
    }
  (void) ioctl (watch->listener, SECCOMP_IOCTL_NOTIF_SEND, &answer);
}

/* Returns the status of `command`; *ret_left: how many processes outlived it for too long. */
static int
calls_watch (Watch *watch, pid_t command, int signal_fd, int *ret_left)
{
  struct pollfd polls[2] = { { .fd = watch->listener, .events = POLLIN }, { .fd = signal_fd, .events = POLLIN } };
  struct signalfd_siginfo info;
  int result = -1;
  int status;

  *ret_left = 0;
  for (;;)
    {
      pid_t pid;
      int n = poll (polls, 2, PATIENCE);

      if (n == 0)
        break;
      if ((polls[0].revents & POLLIN) != 0)
        call_answer (watch);
      else if ((polls[0].revents & (POLLHUP | POLLERR)) != 0)
        polls[0].fd = -1;
      if ((polls[1].revents & POLLIN) != 0 && read (signal_fd, &info, sizeof info) < 0)
        return -1;
      while ((pid = waitpid (-1, &status, WNOHANG | __WALL)) > 0)
        if (pid == command)
          result = WIFSIGNALED (status) ? 128 + WTERMSIG (status) : WEXITSTATUS (status);
      if (pid < 0)
        return result;
    }
  /* The children are known by the kernel's list; theirs end with them, or come to us. */
  (void) kill (command, SIGKILL);
  for (;;)
    {
      FILE *list = fopen ("/proc/thread-self/children", "re");
      int pid;

      while (list != NULL && fscanf (list, "%d", &pid) == 1)
        (void) kill (pid, SIGKILL);
      if (list != NULL)
        (void) fclose (list);
      if (waitpid (-1, NULL, __WALL) < 0)
        return result;
      ++*ret_left;
    }
}

static int
command_run (long process, long number, long failing_errno, int report_fd, char **argv)
{
  static Watch watch = { .listener = -1, .failed = -1 };
  int ends[2];
  int left;
  int signal_fd;
  int status;
  sigset_t set;
  pid_t pid;

  watch.process = process;
  watch.number = number;
  watch.failing_errno = failing_errno;
  (void) sigemptyset (&set);
  (void) sigaddset (&set, SIGCHLD);
  (void) signal (SIGCHLD, SIG_DFL);
  if (socketpair (AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, ends) < 0 || prctl (PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0) < 0)
    return 2;
  pid = fork ();
  if (pid == 0)
    {
      (void) close (report_fd);
      (void) close (ends[0]);
      filter_load (ends[1]);
      (void) execv (argv[0], argv);
      _exit (2);
    }
  (void) close (ends[1]);
  (void) sigprocmask (SIG_BLOCK, &set, NULL);
  signal_fd = signalfd (-1, &set, SFD_CLOEXEC);
  watch.listener = listener_receive (ends[0]);
  if (watch.listener < 0 || signal_fd < 0)
    return waitpid (pid, &status, 0) == pid && WIFEXITED (status) ? WEXITSTATUS (status) : 2;
  status = calls_watch (&watch, pid, signal_fd, &left);
  dprintf (report_fd, "%ld %d %d", watch.failed, left, watch.n_open);
  for (size_t i = 0; i < watch.n_processes; i++)
    for (long k = 0; k < watch.processes[i].counted && k < CALLS_MAX; k++)
      dprintf (report_fd, "%s%d", k == 0 ? " " : ",", watch.processes[i].calls[k]);
  return status;
}

/* --- the program of the sandbox --- */

static void
status_print (void)
{
  static const char *const names[] = { "Uid", "Gid", "SigBlk", "SigIgn", "CapInh", "CapPrm", "CapEff", "CapBnd", "CapAmb",
                                       "NoNewPrivs", "Seccomp_filters" };
  FILE *status = fopen ("/proc/self/status", "re");
  char line[512];

  while (status != NULL && fgets (line, sizeof line, status) != NULL)
    for (size_t i = 0; i < sizeof names / sizeof names[0]; i++)
      if (strncmp (line, names[i], strlen (names[i])) == 0 && line[strlen (names[i])] == ':')
        fputs (line, stdout);
  if (status != NULL)
    (void) fclose (status);
}

/* Of each mount its place, its options and its kind. */
static void
mounts_print (void)
{
  FILE *table = fopen ("/proc/self/mountinfo", "re");
  char line[4096];

  while (table != NULL && fgets (line, sizeof line, table) != NULL)
    {
      const char *dash = strstr (line, " - ");
      const char *place = line;

      for (int i = 0; i < 4 && place != NULL; i++)
        place = strchr (place + 1, ' ');
      if (place != NULL && dash != NULL && place < dash)
        printf ("mount%.*s %.*s\n", (int) (dash - place), place, (int) strcspn (dash + 3, " "), dash + 3);
    }
  if (table != NULL)
    (void) fclose (table);
}

static void
descriptors_print (void)
{
  for (int fd = 0; fd < 1024; fd++)
    {
      struct stat st;

      if (fstat (fd, &st) == 0)
        printf ("descriptor %d %o\n", fd, (unsigned) st.st_mode & S_IFMT);
    }
}

static void
links_print (void)
{
  static const char *const kinds[] = { "cgroup", "ipc", "mnt", "net", "pid", "user", "uts" };
  char path[64];
  char target[256];

  for (size_t i = 0; i < sizeof kinds / sizeof kinds[0]; i++)
    {
      ssize_t n;

      (void) snprintf (path, sizeof path, "/proc/self/ns/%s", kinds[i]);
      n = readlink (path, target, sizeof target - 1);
      printf ("namespace %.*s\n", n < 0 ? 0 : (int) n, target);
    }
  printf ("init %s\n", readlink ("/proc/1/exe", target, sizeof target) < 0 ? "closed" : "open");
}

static int
look (void)
{
  extern char **environ;
  struct if_nameindex *interfaces = if_nameindex ();
  struct rlimit files = { 0, 0 };
  char text[4096];
  int death = -1;

  (void) prctl (PR_GET_PDEATHSIG, &death, 0, 0, 0);
  (void) getrlimit (RLIMIT_NOFILE, &files);
  printf ("session %d death %d securebits %d files %llu\n", (int) getsid (0), death,
          prctl (PR_GET_SECUREBITS, 0, 0, 0, 0), (unsigned long long) files.rlim_cur);
  status_print ();
  links_print ();
  descriptors_print ();
  mounts_print ();
  for (size_t i = 0; interfaces != NULL && interfaces[i].if_name != NULL; i++)
    printf ("interface %s\n", interfaces[i].if_name);
  if_freenameindex (interfaces);
  printf ("directory %s\n", getcwd (text, sizeof text) != NULL ? text : "?");
  printf ("host %s\n", gethostname (text, sizeof text) == 0 ? text : "?");
  for (char **variable = environ; *variable != NULL; variable++)
    printf ("variable %s\n", *variable);
  printf ("masked %o\n", (unsigned) umask (0));
  return fflush (stdout) == 0 ? 0 : 1;
}

int
main (int argc, char **argv)
{
  if (argc == 2 && strcmp (argv[1], "look") == 0)
    return look ();
  if (argc < 6)
    {
      fprintf (stderr, "usage: fail-call PROCESS NUMBER ERRNO REPORT COMMAND [ARG...] | fail-call look\n");
      return 2;
    }
  return command_run (atol (argv[1]), atol (argv[2]), atol (argv[3]), atoi (argv[4]), argv + 5);
}
