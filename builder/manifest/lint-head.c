/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * The keys at the top: what the result is called and what is started.
 */
#include "builder/manifest/lint.h"

#include "builder/manifest/finish-option.h"
#include "builder/manifest/problem.h"

#include <string.h>

/* Who has no domain of their own has a page at one of these, and there is another name for it. */
static const struct { const char *domain, *pages; } hosts[] = {
  { "com.github.", "io.github." }, { "com.gitlab.", "io.gitlab." }, { "org.codeberg.", "page.codeberg." },
  { "net.sourceforge.", "io.sourceforge." },
};

/* The key has two names. */
static ManifestPlace
id_place (const Manifest *manifest)
{
  for (guint i = 0; manifest->keys != NULL && i < manifest->keys->len; i++)
    if (g_str_equal (g_array_index (manifest->keys, ManifestKey, i).name, "id"))
      return manifest_key_place (manifest, "id");
  return manifest_key_place (manifest, "app-id");
}

static void
lint_id (const Manifest *manifest, GPtrArray *problems)
{
  ManifestPlace place = id_place (manifest);
  const char *id = manifest->id;
  const char *last = strrchr (id, '.');

  for (gsize i = 0; i < G_N_ELEMENTS (hosts); i++)
    if (g_str_has_prefix (id, hosts[i].domain))
      manifest_problem_warning (problems, place, "id-name",
                                "the id \"%s\" stands for a domain that only its owner has; a project there is called %sNAME.PROJECT", id,
                                hosts[i].pages);
  if (g_str_has_prefix (id, "com.example.") || g_str_has_prefix (id, "org.example.") || g_str_has_prefix (id, "net.example."))
    manifest_problem_warning (problems, place, "id-name",
                              "the id \"%s\" is one of examples; begin with a domain that is yours, backwards", id);
  for (const char *p = id; *p != '\0' && p < last; p++)
    if (g_ascii_isupper (*p))
      {
        /* Extensions and the like are named below the id of what they belong to. */
        if (strchr (id, '.') > p)
          manifest_problem_warning (problems, place, "id-name", "the id \"%s\" begins with a domain, which is in lower-case letters", id);
        break;
      }
  if (last != NULL && g_str_equal (last, ".desktop"))
    manifest_problem_warning (problems, place, "id-name", "the id \"%s\" ends in .desktop, as its desktop file does then twice", id);
}

/* flatpak-builder and those who look for a manifest go by its name. */
static void
lint_file_name (const Manifest *manifest, GPtrArray *problems)
{
  g_autofree char *name = g_path_get_basename (manifest->path);
  char *dot = strrchr (name, '.');
  guint dots = 0;

  if (dot == NULL)
    return;
  *dot = '\0';
  for (const char *p = name; *p != '\0'; p++)
    dots += *p == '.' ? 1 : 0;
  /* A name with two dots is meant to be an id. */
  if (dots >= 2 && !g_str_equal (name, manifest->id) && !g_str_has_prefix (name, manifest->id) && !g_str_has_prefix (manifest->id, name))
    manifest_problem_warning (problems, id_place (manifest), "file-name",
                              "the id is \"%s\", and the file is called as if it were \"%s\"", manifest->id, name);
}

static void
lint_command (const Manifest *manifest, GPtrArray *problems)
{
  gboolean app = !manifest->build_runtime && !manifest->build_extension;

  if (!app || manifest_problems_have_error (problems) || manifest->command != NULL
      || finish_option_among (manifest->finish_args, FINISH_COMMAND, NULL)
      || (manifest->id != NULL && g_str_has_suffix (manifest->id, "BaseApp")))
    return;
  manifest_problem_warning (problems, manifest->place, "no-command",
                            "there is no \"command\": nobody is told which program of the app to start");
}

static void
lint_cleanup (GPtrArray *problems, gconstpointer object, const char *key, char *const *patterns)
{
  for (; patterns != NULL && *patterns != NULL; patterns++)
    if (g_str_has_prefix (*patterns, "/app/") || g_str_has_prefix (*patterns, "/usr/"))
      manifest_problem_warning (problems, manifest_key_place (object, key), "cleanup-prefix",
                                "\"%s\": the pattern \"%s\" is looked for below the prefix; write \"%s\"", key, *patterns, *patterns + 4);
    else if (**patterns != '/' && strchr (*patterns, '/') != NULL)
      manifest_problem_warning (problems, manifest_key_place (object, key), "cleanup-prefix",
                                "\"%s\": the pattern \"%s\" fits no file: without a '/' in front it is compared with names, which have "
                                "none",
                                key, *patterns);
}

static void
lint_cleanups (GPtrArray *problems, const GPtrArray *modules)
{
  for (guint i = 0; i < modules->len; i++)
    {
      const ManifestModule *module = g_ptr_array_index (modules, i);

      lint_cleanup (problems, module, "cleanup", module->cleanup);
      lint_cleanups (problems, module->modules);
    }
}

void
manifest_lint_head (const Manifest *manifest, GPtrArray *problems)
{
  if (manifest->id != NULL)
    {
      lint_id (manifest, problems);
      lint_file_name (manifest, problems);
    }
  lint_command (manifest, problems);
  lint_cleanup (problems, manifest, "cleanup", manifest->cleanup);
  lint_cleanups (problems, manifest->modules);
}
