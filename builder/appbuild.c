/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * appbuild: a manifest becomes a bundle.
 */
#include "builder/interrupt.h"
#include "builder/verbs.h"

static const VerbSynonym synonyms[] = {
  { "clean", "gc" },       { "prune", "gc" },     { "validate", "check" }, { "lint", "check" },      { "download", "fetch" },
  { "show", "plan" },      { "explain", "why" },  { "compare", "diff" },   { "reproduce", "verify" }, { "rebuild", "verify" },
  { "shell", "build --build-shell" },             { "install", "build --install" },                  { "export", "build --repo" },
  { NULL, NULL },
};

static const VerbProgram appbuild = {
  .program = "appbuild",
  .default_verb = "build",
  .synonyms = synonyms,
  .takes_files = TRUE,
  .signalled = interrupt_signal,
  .intro = "Usage: appbuild [VERB] MANIFEST [OPTION...]\n"
           "Build an application or a runtime from a manifest (YAML or JSON, the keys of\n"
           "flatpak-builder), each module in a sandbox without network.",
  .examples = "  appbuild org.example.Hello.yaml              write org.example.Hello.app here\n"
              "  appbuild org.example.Hello.yaml --install    and make it ready for 'apprun'\n"
              "  appbuild org.example.Hello.yaml --repo DIR   publish it for others to install\n"
              "  appbuild lock runtime.yaml                   take newer packages\n",
};

int
main (int argc, char **argv)
{
  const Verb verbs[] = { verb_build, verb_lock, verb_fetch, verb_bundle_sources, verb_check, verb_plan, verb_why, verb_run, verb_test,
                         verb_diff, verb_verify, verb_gc, { NULL } };
  VerbProgram program = appbuild;

  program.verbs = verbs;
  return verb_main (&program, argc, argv);
}
