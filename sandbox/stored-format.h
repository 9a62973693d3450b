/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * The layout that stored-write.c writes and stored-read.c reads.
 *
 *   8 bytes   magic, with the version as its last byte
 *   8 bytes   FNV-1a of everything after it
 *   4 bytes   number of records
 *   records   kind, flags, number, mode, uid, gid: 4 bytes each; size: 8; then origin, dest, source, data, and a list of
 *             arguments (4 bytes count, then texts)
 *
 * A text is 4 bytes of length and that many bytes, without NUL; length STORED_NONE means NULL.
 */
#pragma once

#include <stddef.h>
#include <stdint.h>

#define STORED_MAGIC "NACPLAN\002"
#define STORED_MAGIC_SIZE 8
#define STORED_HEADER_SIZE 16
#define STORED_NONE UINT32_MAX
#define STORED_MAX (64u << 20)
#define STORED_RECORDS_MAX 100000u
#define STORED_ARGUMENTS_MAX 100000u

/* Not against malice (whoever can write the file can write another), but against damage. */
static inline uint64_t
stored_checksum (const unsigned char *bytes, size_t size)
{
  uint64_t sum = UINT64_C (0xcbf29ce484222325);

  for (size_t i = 0; i < size; i++)
    sum = (sum ^ bytes[i]) * UINT64_C (0x100000001b3);
  return sum;
}
