/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * A terminal of the app's own, on the parent's side.
 *
 * A second process of ours, the keeper, carries bytes and window sizes between the caller's terminal and the new one, so that
 * who waits for the sandbox has nothing to do with it.  It is the keeper too who sets the raw mode and takes it back: when it is
 * told to, when the sandbox has ended, and when the process that started it is gone, be it by SIGKILL.  If the keeper itself is
 * killed, that process takes the raw mode back.
 */
#pragma once

#include "sandbox/run.h"

#include <stdbool.h>
#include <termios.h>

typedef struct
{
  pid_t keeper;            /* 0: there is none */
  int control_fd;          /* to the keeper; its end says that all is over */
  bool is_terminal;        /* the caller's input is one */
  struct termios saved;    /* its modes */
} Terminal;

/* Make one and start its keeper; *ret_app_fd is the app's end. */
int terminal_begin (Terminal *terminal, int *ret_app_fd, SandboxError *error);
/* Wait until everything has been shown and the caller's terminal is as before. */
void terminal_end (Terminal *terminal);
/* The caller is about to stop: its terminal is for others until the whole job goes on. */
void terminal_pause (const Terminal *terminal);
void terminal_resume (const Terminal *terminal);

/* terminal-keeper.c: what the keeper does, in its own process. */
typedef struct
{
  int input_fd, output_fd;   /* the caller's, -1 when closed */
  int master_fd;
  int control_fd;
  bool is_terminal;
  struct termios saved;
} Keeper;

#define TERMINAL_PAUSE 'p'

void keeper_run (Keeper *keeper);
