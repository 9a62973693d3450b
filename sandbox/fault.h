/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * What the sandbox's own processes tell their parent.  Fixed size, written to a pipe in one piece.  Only
 * fixed-width types: init (init/init.c) has no C library.
 */
#pragma once

#include <stdint.h>

/* What went wrong beyond errno; fault_sentence() knows what to say and what to advise. */
typedef enum
{
  FAULT_PLAIN,
  FAULT_SYMLINK,        /* a destination leads through a symbolic link */
  FAULT_NOT_OURS,       /* a mount point is missing in a place that belongs to somebody else */
  FAULT_NOT_DIRECTORY,
  FAULT_OTHER_LINK,     /* where a link is to be made there is another; the path is its target */
  FAULT_NOT_LINK,       /* and there something that is no link */
  FAULT_REPLACED,       /* the source is no longer what was opened */
  FAULT_NO_NAME,        /* the source cannot be found again by name */
  FAULT_BAD_DEVICE,     /* a device node of the host is not the device of that name */
  FAULT_NOT_PROC,       /* /proc is not procfs */
  FAULT_NO_OVERLAY,
  FAULT_NEEDS_NEW_API,  /* a detached mount and no move_mount */
  FAULT_STANDARD_DIRECTORY,
  FAULT_NO_LANDLOCK,
  FAULT_NO_NAMESPACE,   /* one that is not made by clone with the others */
  FAULT_NO_NAMESPACES,  /* the others, as if clone had failed */
  FAULT_LOCKED,         /* somebody holds a lock that excludes ours */
  FAULT_NO_MAP,         /* nobody has mapped the ids */
  FAULT_OTHER_IDENTITY, /* a joined user namespace has not the ids that the plan says */
  FAULT_USERNS_ALLOWED, /* user namespaces can still be made */
  FAULT_NO_TIME,        /* no time namespaces */
  FAULT_TIME_RANGE,     /* a clock would be negative */
  FAULT_NO_NETWORK,     /* pasta has ended */
  FAULT_INIT,           /* a call of init, or of its child, that must not fail */
  FAULT_EXEC,           /* the app: not found, not executable */
  FAULT_EXEC_LOADER,    /* the app is there, but its interpreter or loader is not */
} FaultKind;

typedef struct
{
  int32_t step;         /* index in the table of setup.c */
  int32_t record;       /* index in the plan, -1 for none */
  int32_t kind;         /* FaultKind */
  int32_t saved_errno;
  char call[24];        /* "move_mount" */
  char path[256];       /* what it was about, cut at the front when too long; may be "" */
} Fault;

/* What init tells about the app. */
typedef enum { APP_ENDED, APP_STOPPED, APP_CONTINUED } AppEvent;

typedef struct
{
  int32_t event;        /* AppEvent */
  int32_t status;       /* of an app that has ended: its exit status, 128+n for a signal */
} AppReport;

#define FAULT_STEP_EXEC 1000
