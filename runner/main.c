/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include <stdio.h>
#include <string.h>
#include <sys/auxv.h>
#include <unistd.h>

#include "runner/account.h"
#include "runner/front/keep.h"
#include "runner/prepare.h"
#include "runner/verbs.h"

#define STORE_SUMMARY(name, usage, summary) { name, usage, summary, verb_store }

const Verb apprun_verbs[] = {
  { "run", "ID|FILE.app [ARGUMENT...]", "Run an app (the word \"run\" may be left out)", verb_run },
  { "explain", "ID|FILE.app [PATH...]", "Print the sandbox that an app would get, and why", verb_explain },
  { "doctor", "", "Check what this machine allows", verb_doctor },
  STORE_SUMMARY ("install", "FILE.app | [REMOTE] ID", "Install an app or a runtime"),
  STORE_SUMMARY ("uninstall", "ID", "Remove an installed app or runtime"),
  STORE_SUMMARY ("update", "[ID]", "Bring what is installed up to date"),
  STORE_SUMMARY ("list", "", "List what is installed"),
  STORE_SUMMARY ("info", "ID|FILE", "Show an app's origin and permissions"),
  STORE_SUMMARY ("remote", "add|delete|list|ls", "Manage the places to install from"),
  { NULL },
};

static const VerbSynonym synonyms[] = {
  { "remove", "uninstall" },      { "rm", "uninstall" },         { "delete", "uninstall" },   { "purge", "uninstall" },
  { "add", "install" },           { "upgrade", "update" },       { "refresh", "update" },     { "up", "update" },
  { "ls", "list" },               { "show", "info" },            { "permissions", "info" },   { "inspect", "explain" },
  { "exec", "run" },              { "start", "run" },            { "launch", "run" },         { "open", "run" },
  { "search", "remote ls" },      { "find", "remote ls" },       { "remotes", "remote list" }, { "remote-list", "remote list" },
  { "remote-add", "remote add" }, { "remote-ls", "remote ls" },  { "remote-delete", "remote delete" },
  { "check", "doctor" },          { NULL, NULL },
};

const Verb *
apprun_verb (const char *name)
{
  for (const Verb *verb = apprun_verbs; verb->name != NULL; verb++)
    if (strcmp (verb->name, name) == 0)
      return verb;
  return NULL;
}

/* GLib would ask the C library for the home folder, which a static program should not (account.h). */
static void
set_home (void)
{
  const char *home = g_getenv ("HOME");
  gboolean is_missing = (home == NULL || home[0] == '\0') && getauxval (AT_SECURE) == 0;   /* else verb_main() refuses */
  g_autoptr (Account) account = is_missing ? account_of_user ("/etc", getuid ()) : NULL;

  if (account != NULL)
    (void) g_setenv ("HOME", account->home, TRUE);
}

int
main (int argc, char **argv)
{
  run_begin ();
  static const VerbProgram program = {
    .program = "apprun",
    .default_verb = "run",
    .intro = "Usage: apprun [OPTION...] ID|FILE.app [ARGUMENT...]\n"
             "       apprun VERB ...\n\n"
             "Run an app in a sandbox of its own, on a shared runtime.",
    .examples = "    apprun install Editor.app\n"
                "    apprun org.example.Editor notes.txt\n"
                "    apprun ./Editor.app                  without installing it\n"
                "    apprun --filesystem=~/src --command=sh org.example.Editor\n",
    .verbs = apprun_verbs,
    .synonyms = synonyms,
  };

  keep_begin (argc, argv);
  set_home ();
  return verb_main (&program, argc, argv);
}
