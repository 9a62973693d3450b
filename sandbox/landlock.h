/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * Landlock, the kernel's own wall around the files and ports of a process, for the files of this folder.
 */
#pragma once

#include "sandbox/setup.h"

#include <stdint.h>

/* The bits of linux/landlock.h, of which older headers have only some. */
#define LANDLOCK_EXECUTE (UINT64_C (1) << 0)
#define LANDLOCK_WRITE_FILE (UINT64_C (1) << 1)
#define LANDLOCK_READ_FILE (UINT64_C (1) << 2)
#define LANDLOCK_READ_DIRECTORY (UINT64_C (1) << 3)
#define LANDLOCK_REMOVE_AND_MAKE (UINT64_C (0x1ff) << 4)
#define LANDLOCK_REFER (UINT64_C (1) << 13)        /* version 2: rename and link between directories */
#define LANDLOCK_TRUNCATE (UINT64_C (1) << 14)     /* version 3 */
#define LANDLOCK_IOCTL_DEVICE (UINT64_C (1) << 15) /* version 5 */
#define LANDLOCK_BIND_TCP (UINT64_C (1) << 0)      /* version 4 */
#define LANDLOCK_CONNECT_TCP (UINT64_C (1) << 1)
#define LANDLOCK_SCOPE_ABSTRACT_SOCKET (UINT64_C (1) << 0)   /* version 6 */
#define LANDLOCK_SCOPE_SIGNAL (UINT64_C (1) << 1)

#define LANDLOCK_VERSION_NETWORK 4
#define LANDLOCK_VERSION_SCOPE 6
/* Before this one, files can be emptied in read-only places. */
#define LANDLOCK_VERSION_FILES 3
/* Before this one, nothing can be renamed from one directory to another in a restricted process. */
#define LANDLOCK_VERSION_BEARABLE 2

/* struct landlock_ruleset_attr.  Kernels that know only its beginning accept a rest of zeros. */
typedef struct
{
  uint64_t files;
  uint64_t network;
  uint64_t scoped;
} LandlockHandled;

/* The version that the kernel offers; 0: none. */
int landlock_version (void);
/* The rights about files that a kernel of that version can control. */
uint64_t landlock_file_rights (int version);
/* What a place of that record may be used for, were the kernel of the newest version; 0 for a record that mounts nothing.
 * `is_read_only`: a later record makes the place read-only. */
uint64_t landlock_record_rights (const Record *record, bool is_read_only);
/* SANDBOX_LANDLOCK_* of all records; IF_POSSIBLE only when all of them say so. */
unsigned landlock_wanted (const SandboxPlan *plan);
/* Returns a descriptor, or -1 with errno. */
int landlock_ruleset_make (const LandlockHandled *handled);
/* For this process and for good; needs no_new_privs.  Returns 0, or -1 with errno. */
int landlock_ruleset_enter (int ruleset_fd);
