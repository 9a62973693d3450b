/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * The options of appbox: one row each.
 */
#pragma once

#include "sandbox/appbox/appbox.h"

enum
{
  OPTION_TAKES_PERMS = 1 << 0,
  OPTION_TAKES_SIZE = 1 << 1,
  OPTION_TAKES_LAYERS = 1 << 2,
  OPTION_KEEPS_NEXT = 1 << 3,      /* is itself about the next option */
  OPTION_ONCE = 1 << 4,            /* given again, only the last one counts, and a warning says so */
  OPTION_WITH_PLAN = 1 << 5,       /* is about the run, so it goes together with --plan-in */
};

typedef struct Option
{
  const char *name;
  int n_values;
  unsigned flags;
  void (*handle) (Appbox *box, char **values);
  const char *values;        /* as --help shows them */
  const char *help;
  unsigned bits;             /* for its handler: flags, or (of a descriptor) the member of Appbox */
  int (*add) (SandboxPlan *plan, const char *text, const char *origin);   /* option_record: of the one record that it adds */
} Option;

extern const Option options[];
extern const size_t n_options;

/* Read options from `words` until the first that is none; returns the number of words read. */
size_t options_read (Appbox *box, char **words, size_t n_words);
/* What --perms, --size and --overlay-src said is about the next option, which has these flags (0: there is none): ends the program
 * unless it has a use for that. */
void options_next (const Appbox *box, unsigned flags);
void options_print (FILE *out);

/* option-places.c */
void option_bind (Appbox *box, char **values);
void option_bind_fd (Appbox *box, char **values);
void option_record (Appbox *box, char **values);
void option_tmpfs (Appbox *box, char **values);
void option_dir (Appbox *box, char **values);
void option_file (Appbox *box, char **values);
void option_bind_data (Appbox *box, char **values);
void option_ro_bind_data (Appbox *box, char **values);
void option_symlink (Appbox *box, char **values);
void option_chmod (Appbox *box, char **values);
void option_perms (Appbox *box, char **values);
void option_propagation (Appbox *box, char **values);
void option_size (Appbox *box, char **values);

/* option-process.c */
void option_args (Appbox *box, char **values);
void option_argv0 (Appbox *box, char **values);
void option_unshare_all (Appbox *box, char **values);
void option_share_net (Appbox *box, char **values);
void option_unshare_user (Appbox *box, char **values);
void option_unshare_user_try (Appbox *box, char **values);
void option_unshare (Appbox *box, char **values);
void option_uid (Appbox *box, char **values);
void option_gid (Appbox *box, char **values);
void option_hostname (Appbox *box, char **values);
void option_chdir (Appbox *box, char **values);
void option_clearenv (Appbox *box, char **values);
void option_setenv (Appbox *box, char **values);
void option_unsetenv (Appbox *box, char **values);
void option_die_with_parent (Appbox *box, char **values);
void option_cap_add (Appbox *box, char **values);
void option_cap_drop (Appbox *box, char **values);
void option_landlock (Appbox *box, char **values);
void option_landlock_port (Appbox *box, char **values);
void option_report_fd (Appbox *box, char **values);
void option_fd (Appbox *box, char **values);
void option_start (Appbox *box, char **values);
void option_sync_fd (Appbox *box, char **values);
void option_lock_file (Appbox *box, char **values);

/* timing.c */
void option_timing (Appbox *box, char **values);
/* option-engine.c */
void option_seccomp (Appbox *box, char **values);
void option_add_seccomp_fd (Appbox *box, char **values);
void option_disable_userns (Appbox *box, char **values);
void option_label (Appbox *box, char **values);
void option_overlay_src (Appbox *box, char **values);
void option_overlay (Appbox *box, char **values);
void option_tmp_overlay (Appbox *box, char **values);
void option_ro_overlay (Appbox *box, char **values);
void option_no_boundary (Appbox *box, char **values);
void option_level_prefix (Appbox *box, char **values);

/* option-tighter.c */
void option_domain_name (Appbox *box, char **values);
void option_binfmt (Appbox *box, char **values);
void option_restrict (Appbox *box, char **values);
void option_limit (Appbox *box, char **values);
void option_attribute (Appbox *box, char **values);
void option_deny_write_exec (Appbox *box, char **values);

/* message.c */
void option_help (Appbox *box, char **values) __attribute__ ((noreturn));
void option_version (Appbox *box, char **values) __attribute__ ((noreturn));

/* keep.c */
void option_explain (Appbox *box, char **values);
void option_plan_out (Appbox *box, char **values);
void option_plan_in (Appbox *box, char **values);

/* option-own.c */
void option_time_offset (Appbox *box, char **values);
void option_map (Appbox *box, char **values);
void option_net_pasta (Appbox *box, char **values);
void option_publish (Appbox *box, char **values);
void option_join (Appbox *box, char **values);
void option_netns (Appbox *box, char **values);
void option_pty (Appbox *box, char **values);
void option_securebits (Appbox *box, char **values);
void option_filter (Appbox *box, char **values);
void option_safe_env (Appbox *box, char **values);
