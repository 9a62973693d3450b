/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * Names of users and groups.
 *
 * /etc/passwd and /etc/group are read here, and getent(1) is asked about ids that are not in them (directories of a company, users of
 * systemd): the C library would load its plug-ins into this process for that, which a static program cannot do.
 */
#pragma once

#include <glib.h>
#include <sys/types.h>

typedef struct
{
  char *name;
  char *real_name;
  char *home;
} Account;

void account_free (Account *account);
G_DEFINE_AUTOPTR_CLEANUP_FUNC (Account, account_free)

/* `etc`: "/etc".  NULL when nobody knows the id; caller frees. */
Account *account_of_user (const char *etc, uid_t uid);
char *account_group_name (const char *etc, gid_t gid);
