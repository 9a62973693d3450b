/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * System calls without a C library: for init, and where errno is not ours to write (network.c).  A result from -4095 to -1 is a
 * negative errno.
 * meson.build refuses an architecture that has none here.
 */
#pragma once

#include <asm/unistd.h>

static inline long
system_call (long number, long a, long b, long c, long d, long e)
{
#if defined(__aarch64__)
  register long x8 __asm__ ("x8") = number;
  register long x0 __asm__ ("x0") = a;
  register long x1 __asm__ ("x1") = b;
  register long x2 __asm__ ("x2") = c;
  register long x3 __asm__ ("x3") = d;
  register long x4 __asm__ ("x4") = e;

  __asm__ volatile ("svc 0" : "+r" (x0) : "r" (x8), "r" (x1), "r" (x2), "r" (x3), "r" (x4) : "memory");
  return x0;
#else
  register long r10 __asm__ ("r10") = d;
  register long r8 __asm__ ("r8") = e;
  long result;

  __asm__ volatile ("syscall" : "=a" (result)
                    : "a" (number), "D" (a), "S" (b), "d" (c), "r" (r10), "r" (r8) : "rcx", "r11", "memory");
  return result;
#endif
}
