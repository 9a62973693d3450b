/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include <sys/stat.h>

#include "runner/manage/manage.h"

static const char examples[] =
  "  apprun install org.example.Editor.app\n"
  "  apprun remote add example https://apps.example.org/repo --gpg-import example.asc\n"
  "  apprun install example org.example.Editor\n"
  "  apprun update\n";

int
main (int argc, char **argv)
{
  const Verb verbs[] = { install_verb, uninstall_verb, update_verb, remote_verb, list_verb, info_verb, { NULL } };
  const VerbProgram program = {
    .program = "apprun",
    .intro = "Install, update and remove apps and runtimes.",
    .examples = examples,
    .verbs = verbs,
  };

  umask (022); /* what is stored is the same whoever stores it; the store itself is closed to others */
  return verb_main (&program, argc, argv);
}
