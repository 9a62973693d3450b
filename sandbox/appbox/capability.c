/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "sandbox/appbox/capability.h"

#include "sandbox/appbox/appbox.h"

#include <ctype.h>
#include <stddef.h>
#include <stdlib.h>
#include <strings.h>
#include <sys/prctl.h>

/* In the order of their numbers. */
static const char *const names[] = {
  "chown", "dac_override", "dac_read_search", "fowner", "fsetid", "kill", "setgid", "setuid", "setpcap", "linux_immutable",
  "net_bind_service", "net_broadcast", "net_admin", "net_raw", "ipc_lock", "ipc_owner", "sys_module", "sys_rawio",
  "sys_chroot", "sys_ptrace", "sys_pacct", "sys_admin", "sys_boot", "sys_nice", "sys_resource", "sys_time",
  "sys_tty_config", "mknod", "lease", "audit_write", "audit_control", "setfcap", "mac_override", "mac_admin", "syslog",
  "wake_alarm", "block_suspend", "audit_read", "perfmon", "bpf", "checkpoint_restore",
};

uint64_t
capability_value (const char *option, const char *name)
{
  uint64_t all = 0;
  char *end;
  unsigned long number = strtoul (name, &end, 10);

  /* libcap takes numbers, too: a kernel may have newer ones. */
  if (isdigit ((unsigned char) name[0]) && *end == '\0' && number < 64 && prctl (PR_CAPBSET_READ, number, 0, 0, 0) >= 0)
    return UINT64_C (1) << number;
  for (size_t i = 0; i < sizeof names / sizeof names[0]; i++)
    {
      if (strncasecmp (name, "cap_", 4) == 0 && strcasecmp (name + 4, names[i]) == 0)
        return UINT64_C (1) << i;
      if (prctl (PR_CAPBSET_READ, i, 0, 0, 0) >= 0)
        all |= UINT64_C (1) << i;
    }
  if (strcasecmp (name, "ALL") == 0)
    return all;
  appbox_die ("unknown cap: %s (wanted by %s)", name, option);
}
