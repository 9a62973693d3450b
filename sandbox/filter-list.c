/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "sandbox/filter-list.h"

#include "sandbox/filters/calls.h"
#include "sandbox/plan-build.h"
#include "sandbox/plan-guest.h"

#include <errno.h>
#include <linux/audit.h>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <sched.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/personality.h>
#include <sys/shm.h>
#include <sys/socket.h>
#include <sys/syscall.h>

#if defined(__x86_64__)
#define AUDIT_ARCH_OWN AUDIT_ARCH_X86_64
#elif defined(__aarch64__)
#define AUDIT_ARCH_OWN AUDIT_ARCH_AARCH64
#endif

#define INSTRUCTIONS_MAX BPF_MAXINSNS
#define X32_BIT 0x40000000u     /* never in a number of another machine */
#define ERROR(number) (SECCOMP_RET_ERRNO | (uint32_t) (number))
#define ARGUMENT(n) (offsetof (struct seccomp_data, args) + 8 * (n))     /* its low half; both machines are little-endian */
#ifndef CLONE_NEWTIME
#define CLONE_NEWTIME 0x80
#endif
#ifndef SHM_EXEC
#define SHM_EXEC 0100000
#endif

#define REASON_SIZE 160

typedef struct
{
  struct sock_filter *code;
  size_t n;
  uint32_t word_answer;     /* of a call that the list names, 0: the word says it */
  uint32_t rest_answer;     /* of the others */
  uint32_t mask;            /* of namespaces */
} Program;

/* One word of a list, and what stands behind its ':' or NULL.  Returns -1 with a reason. */
typedef int WordFunction (Program *program, const char *word, const char *answer, char *reason);

static void
emit (Program *program, uint16_t code, uint8_t yes, uint8_t no, uint32_t value)
{
  if (program->code != NULL && program->n < INSTRUCTIONS_MAX)
    program->code[program->n++] = (struct sock_filter) { code, yes, no, value };
}

static void
emit_load (Program *program, size_t offset)
{
  emit (program, BPF_LD | BPF_W | BPF_ABS, 0, 0, (uint32_t) offset);
}

static void
emit_answer (Program *program, uint32_t answer)
{
  emit (program, BPF_RET | BPF_K, 0, 0, answer);
}

/* Of the call `number`, that answer; the accumulator holds the number of the call. */
static void
emit_call (Program *program, uint32_t number, uint32_t answer)
{
  emit (program, BPF_JMP | BPF_JEQ | BPF_K, 0, 1, number);
  emit_answer (program, answer);
}

/* Of the call `number`, that answer when a bit of `mask` is in its argument. */
static void
emit_bits (Program *program, uint32_t number, unsigned argument, uint32_t mask, uint32_t answer)
{
  emit (program, BPF_JMP | BPF_JEQ | BPF_K, 0, 4, number);
  emit_load (program, ARGUMENT (argument));
  emit (program, BPF_JMP | BPF_JSET | BPF_K, 0, 1, mask);
  emit_answer (program, answer);
  emit_answer (program, SECCOMP_RET_ALLOW);
}

static void
program_begin (Program *program)
{
  program->code = calloc (INSTRUCTIONS_MAX, sizeof *program->code);
  emit_load (program, offsetof (struct seccomp_data, arch));
  emit (program, BPF_JMP | BPF_JEQ | BPF_K, 1, 0, AUDIT_ARCH_OWN);
  emit_answer (program, SECCOMP_RET_KILL_PROCESS);
  emit_load (program, offsetof (struct seccomp_data, nr));
  emit (program, BPF_JMP | BPF_JGE | BPF_K, 0, 1, X32_BIT);
  emit_answer (program, SECCOMP_RET_KILL_PROCESS);
}

/* Takes the program. */
static int
program_add (SandboxPlan *plan, Program *program, uint32_t last, const char *origin)
{
  Record none = RECORD_INIT (RECORD_SECCOMP);
  int result;

  emit_answer (program, last);
  if (program->code == NULL || program->n == INSTRUCTIONS_MAX)
    result = plan_fail (plan, &none, "the list of %s is too long for a system call filter", origin != NULL ? origin : "calls");
  else
    result = sandbox_plan_seccomp (plan, program->code, program->n * sizeof *program->code, origin);
  free (program->code);
  return result;
}

/* Every word of the list, into the program, which is released when there is a wrong one. */
static int
words_read (SandboxPlan *plan, Program *program, const char *list, WordFunction *read, const char *origin)
{
  Record none = RECORD_INIT (RECORD_SECCOMP);
  char reason[REASON_SIZE] = "it has an empty word, or one that is too long";
  const char *p = list;
  char word[64];

  for (;;)
    {
      size_t length = strcspn (p, ",");
      char *answer;

      if (length == 0 || length >= sizeof word)
        break;
      memcpy (word, p, length);
      word[length] = '\0';
      answer = strchr (word, ':');
      if (answer != NULL)
        *answer++ = '\0';
      if (read (program, word, answer, reason) < 0)
        break;
      p += length;
      if (*p++ == '\0')
        return 0;
    }
  free (program->code);
  return plan_fail (plan, &none, "%s “%.200s”: %s", origin != NULL ? origin : "the list", list, reason);
}

static int word_refuse (char *reason, const char *format, ...) __attribute__ ((format (printf, 2, 3)));

static int
word_refuse (char *reason, const char *format, ...)
{
  va_list args;

  va_start (args, format);
  (void) vsnprintf (reason, REASON_SIZE, format, args);     /* a cut sentence is still one */
  va_end (args);
  return -1;
}

/* --- calls --- */

/* Returns 0 for a word that is none. */
static uint32_t
answer_read (const char *text)
{
  static const struct { const char *name; uint32_t answer; } answers[] = {
    { "kill", SECCOMP_RET_KILL_PROCESS }, { "log", SECCOMP_RET_LOG }, { "EPERM", ERROR (EPERM) }, { "EACCES", ERROR (EACCES) },
    { "EAGAIN", ERROR (EAGAIN) }, { "EINVAL", ERROR (EINVAL) }, { "ENOENT", ERROR (ENOENT) }, { "ENOSYS", ERROR (ENOSYS) },
    { "EAFNOSUPPORT", ERROR (EAFNOSUPPORT) }, { "EOPNOTSUPP", ERROR (EOPNOTSUPP) },
  };
  char *end;
  long number;

  for (size_t i = 0; i < sizeof answers / sizeof answers[0]; i++)
    if (strcmp (text, answers[i].name) == 0)
      return answers[i].answer;
  number = text[0] >= '1' && text[0] <= '9' ? strtol (text, &end, 10) : 0;
  return number > 0 && number < 4096 && *end == '\0' ? ERROR (number) : 0;
}

static const CallName *
call_find (const char *name)
{
  const CallName *call = filter_calls;

  while (call->name != NULL && strcmp (call->name, name) != 0)
    call++;
  return call->name != NULL ? call : NULL;
}

static const CallGroup *
group_find (const char *name)
{
  const CallGroup *group = filter_groups;

  while (group->name != NULL && strcmp (group->name, name) != 0)
    group++;
  return group->name != NULL ? group : NULL;
}

static int
call_word (Program *program, const char *word, const char *answer, char *reason)
{
  const CallName *call = call_find (word);
  const CallGroup *group = group_find (word);
  uint32_t wanted = answer != NULL ? answer_read (answer) : program->word_answer != 0 ? program->word_answer : ERROR (EPERM);
  int is_rest = program->word_answer != 0 && strcmp (word, "*") == 0;

  if (wanted == 0)
    return word_refuse (reason, "“%s” is no answer: there are kill, log, errors as ENOSYS, and their numbers", answer);
  if (answer != NULL && program->word_answer != 0 && !is_rest)
    return word_refuse (reason, "“%s” is allowed, so it has no other answer; that of the others is written *:ANSWER", word);
  if (call == NULL && group == NULL && !is_rest)
    return word_refuse (reason, "“%s” is no system call of this machine, and no group; “@mount” is one", word);
  if (is_rest)
    program->rest_answer = wanted;
  if (call != NULL)
    emit_call (program, call->number, wanted);
  for (const char *const *name = group != NULL ? group->calls : NULL; name != NULL && *name != NULL; name++)
    emit_call (program, call_find (*name)->number, wanted);
  return 0;
}

int
sandbox_plan_deny_calls (SandboxPlan *plan, const char *list, const char *origin)
{
  Program program = { NULL };

  program_begin (&program);
  if (words_read (plan, &program, list, call_word, origin) < 0)
    return -1;
  return program_add (plan, &program, SECCOMP_RET_ALLOW, origin);
}

int
sandbox_plan_only_calls (SandboxPlan *plan, const char *list, const char *origin)
{
  Program program = { .word_answer = SECCOMP_RET_ALLOW, .rest_answer = ERROR (EPERM) };

  program_begin (&program);
  emit_call (&program, SYS_execve, SECCOMP_RET_ALLOW);
  if (words_read (plan, &program, list, call_word, origin) < 0)
    return -1;
  return program_add (plan, &program, program.rest_answer, origin);
}

/* --- sockets --- */

static int
family_word (Program *program, const char *word, const char *answer, char *reason)
{
  static const struct { const char *name; int family; } families[] = {
    { "unix", AF_UNIX }, { "inet", AF_INET }, { "inet6", AF_INET6 }, { "netlink", AF_NETLINK }, { "packet", AF_PACKET },
    { "bluetooth", AF_BLUETOOTH }, { "vsock", AF_VSOCK }, { "can", AF_CAN }, { "alg", AF_ALG },
  };

  if (answer == NULL && strcmp (word, "none") == 0)
    return 0;
  for (size_t i = 0; i < sizeof families / sizeof families[0]; i++)
    if (answer == NULL && strcmp (word, families[i].name) == 0)
      {
        emit_call (program, (uint32_t) families[i].family, SECCOMP_RET_ALLOW);
        return 0;
      }
  return word_refuse (reason, "“%s” is none of unix, inet, inet6, netlink, packet, bluetooth, vsock, can, alg, none", word);
}

/* By an io_uring a socket is made without a call. */
int
sandbox_plan_only_sockets (SandboxPlan *plan, const char *list, const char *origin)
{
  Program program = { NULL };

  program_begin (&program);
  emit_call (&program, SYS_io_uring_setup, ERROR (ENOSYS));
  emit (&program, BPF_JMP | BPF_JEQ | BPF_K, 1, 0, SYS_socket);
  emit_answer (&program, SECCOMP_RET_ALLOW);
  emit_load (&program, ARGUMENT (0));
  if (words_read (plan, &program, list, family_word, origin) < 0)
    return -1;
  return program_add (plan, &program, ERROR (EAFNOSUPPORT), origin);
}

/* --- namespaces --- */

static int
namespace_word (Program *program, const char *word, const char *answer, char *reason)
{
  static const struct { const char *name; uint32_t flag; } kinds[] = {
    { "user", CLONE_NEWUSER }, { "mnt", CLONE_NEWNS }, { "pid", CLONE_NEWPID }, { "net", CLONE_NEWNET }, { "ipc", CLONE_NEWIPC },
    { "uts", CLONE_NEWUTS }, { "cgroup", CLONE_NEWCGROUP }, { "time", CLONE_NEWTIME },
  };
  uint32_t before = program->mask;

  for (size_t i = 0; i < sizeof kinds / sizeof kinds[0]; i++)
    if (answer == NULL && (strcmp (word, kinds[i].name) == 0 || strcmp (word, "all") == 0))
      program->mask |= kinds[i].flag;
  return program->mask != before ? 0 : word_refuse (reason, "“%s” is none of user, mnt, pid, net, ipc, uts, cgroup, time, all, or there "
                                                    "already", word);
}

/* The flags of clone3 are behind a pointer, and programs can do without it.  To clone the bit of time is a part of a signal's
 * number.  A setns without a kind enters what the descriptor is. */
int
sandbox_plan_deny_namespaces (SandboxPlan *plan, const char *list, const char *origin)
{
  Program program = { NULL };

  program_begin (&program);
  if (words_read (plan, &program, list, namespace_word, origin) < 0)
    return -1;
  emit_call (&program, SYS_clone3, ERROR (ENOSYS));
  emit_bits (&program, SYS_unshare, 0, program.mask, ERROR (EPERM));
  emit_bits (&program, SYS_clone, 0, program.mask & ~(uint32_t) CLONE_NEWTIME, ERROR (EPERM));
  emit (&program, BPF_JMP | BPF_JEQ | BPF_K, 0, 4, SYS_setns);
  emit_load (&program, ARGUMENT (1));
  emit (&program, BPF_JMP | BPF_JEQ | BPF_K, 1, 0, 0);
  emit (&program, BPF_JMP | BPF_JSET | BPF_K, 0, 1, program.mask);
  emit_answer (&program, ERROR (EPERM));
  return program_add (plan, &program, SECCOMP_RET_ALLOW, origin);
}

/* --- memory --- */

int
sandbox_plan_deny_write_exec (SandboxPlan *plan, const char *origin)
{
  Program program = { NULL };
  const uint32_t both = PROT_WRITE | PROT_EXEC;

  program_begin (&program);
  emit_call (&program, SYS_memfd_create, ERROR (EPERM));
  emit_bits (&program, SYS_mprotect, 2, PROT_EXEC, ERROR (EPERM));
  emit_bits (&program, SYS_pkey_mprotect, 2, PROT_EXEC, ERROR (EPERM));
  emit_bits (&program, SYS_shmat, 2, SHM_EXEC, ERROR (EPERM));
  emit (&program, BPF_JMP | BPF_JEQ | BPF_K, 0, 5, SYS_mmap);
  emit_load (&program, ARGUMENT (2));
  emit (&program, BPF_ALU | BPF_AND | BPF_K, 0, 0, both);
  emit (&program, BPF_JMP | BPF_JEQ | BPF_K, 0, 1, both);
  emit_answer (&program, ERROR (EPERM));
  emit_answer (&program, SECCOMP_RET_ALLOW);
  /* With this one, what can be read can be executed; 0xffffffff asks only. */
  emit (&program, BPF_JMP | BPF_JEQ | BPF_K, 0, 4, SYS_personality);
  emit_load (&program, ARGUMENT (0));
  emit (&program, BPF_JMP | BPF_JEQ | BPF_K, 2, 0, 0xffffffffu);
  emit (&program, BPF_JMP | BPF_JSET | BPF_K, 0, 1, READ_IMPLIES_EXEC);
  emit_answer (&program, ERROR (EPERM));
  return program_add (plan, &program, SECCOMP_RET_ALLOW, origin);
}
