/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "builder/plan/environment.h"

#define MEMBER(name) G_STRUCT_OFFSET (ManifestBuildOptions, name)

static void
variable_free (gpointer data)
{
  ManifestVariable *variable = data;

  g_free (variable->name);
  g_free (variable->value);
  g_free (variable);
}

typedef struct
{
  GPtrArray *variables;
  GHashTable *index;           /* name -> ManifestVariable */
} Environment;

/* A later value replaces an earlier one in its place. */
static void
set (const Environment *env, const char *name, const char *value)
{
  ManifestVariable *variable = g_hash_table_lookup (env->index, name);

  if (variable == NULL)
    {
      variable = g_new0 (ManifestVariable, 1);
      variable->name = g_strdup (name);
      g_ptr_array_add (env->variables, variable);
      g_hash_table_insert (env->index, variable->name, variable);
    }
  g_free (variable->value);
  variable->value = g_strdup (value);
}

static void
take (const Environment *env, const char *name, char *value)
{
  if (value != NULL)
    set (env, name, value);
  g_free (value);
}

static void
set_identity (const Environment *env, const BuildPlan *plan, const BuildModule *module)
{
  set (env, "FLATPAK_ID", plan->ref->id);
  set (env, "FLATPAK_ARCH", plan->arch);
  /* The prefix of an extension is its place; that of an app is where its modules install, and apps are in /app nevertheless. */
  set (env, "FLATPAK_DEST", plan->manifest->build_extension ? module->install_prefix : module->prefix);
  take (env, ENVIRONMENT_JOBS, g_strdup_printf ("%u", module->jobs));
  set (env, "FLATPAK_BUILDER_BUILDDIR", module->source_dir);
  set (env, "LC_ALL", "C.UTF-8");
}

static const char *const path_variables[] = { "PATH", "LD_LIBRARY_PATH", "PKG_CONFIG_PATH", NULL };

/* What a manifest says in "env" is only where append-* and prepend-* of such a variable begin. */
static const char *
path_base (const OptionLayers *layers, const char *name, const char *standard)
{
  for (gsize i = 0; i < layers->n; i++)
    for (guint j = 0; layers->layers[i]->env != NULL && j < layers->layers[i]->env->len; j++)
      {
        const ManifestVariable *variable = g_ptr_array_index (layers->layers[i]->env, j);

        if (g_str_equal (variable->name, name) && variable->value != NULL)
          standard = variable->value;
      }
  return standard;
}

/* An app has a second prefix beside the SDK's, which compilers and loaders have to be told of; a runtime is its own. */
static void
set_paths (const Environment *env, const BuildModule *module, const OptionLayers *layers)
{
  gboolean app = g_str_equal (module->prefix, "/app");

  const char *path = path_base (layers, "PATH", app ? "/app/bin:/usr/bin" : "/usr/bin:/usr/sbin");
  const char *libraries = path_base (layers, "LD_LIBRARY_PATH", app ? "/app/lib" : NULL);
  const char *pkg_config = path_base (layers, "PKG_CONFIG_PATH",
                                      app ? "/app/lib/pkgconfig:/app/share/pkgconfig:/usr/lib/pkgconfig:/usr/share/pkgconfig" : NULL);

  take (env, "PATH", option_layers_path (layers, path, MEMBER (append_path), MEMBER (prepend_path)));
  take (env, "LD_LIBRARY_PATH",
        option_layers_path (layers, libraries, MEMBER (append_ld_library_path), MEMBER (prepend_ld_library_path)));
  take (env, "PKG_CONFIG_PATH",
        option_layers_path (layers, pkg_config, MEMBER (append_pkg_config_path), MEMBER (prepend_pkg_config_path)));
  if (!app)
    return;
  set (env, "ACLOCAL_PATH", "/app/share/aclocal");
  set (env, "C_INCLUDE_PATH", "/app/include");
  set (env, "CPLUS_INCLUDE_PATH", "/app/include");
  /* Where introspection and Vala look for what other modules installed. */
  set (env, "XDG_DATA_DIRS", "/app/share:/usr/share");
  set (env, "XDG_CONFIG_DIRS", "/app/etc/xdg:/etc/xdg");
}

/* The flags of a variable; for cgo, `base` is what the C compiler has. */
#define FLAGS(base_, member_) option_layers_flags (layers, base_, MEMBER (member_), MEMBER (member_##_override))

static void
set_flags (const Environment *env, const BuildModule *module, const OptionLayers *layers)
{
  const char *base = g_str_equal (module->prefix, "/app") ? "-L/app/lib" : NULL;
  g_autofree char *cflags = FLAGS (NULL, cflags);
  g_autofree char *cxxflags = FLAGS (NULL, cxxflags);
  g_autofree char *ldflags = FLAGS (base, ldflags);

  take (env, "CFLAGS", g_strdup (cflags));
  take (env, "CXXFLAGS", g_strdup (cxxflags));
  take (env, "CPPFLAGS", FLAGS (NULL, cppflags));
  take (env, "LDFLAGS", g_strdup (ldflags));
  take (env, "CGO_CFLAGS", FLAGS (cflags, cgo_cflags));
  take (env, "CGO_CXXFLAGS", FLAGS (cxxflags, cgo_cxxflags));
  take (env, "CGO_LDFLAGS", FLAGS (ldflags, cgo_ldflags));
  take (env, "RUSTFLAGS", FLAGS (NULL, rustflags));
}

GPtrArray *
environment_new (const BuildPlan *plan, const BuildModule *module, const OptionLayers *layers)
{
  g_autoptr (GHashTable) index = g_hash_table_new (g_str_hash, g_str_equal);
  const Environment env = { g_ptr_array_new_with_free_func (variable_free), index };

  set_identity (&env, plan, module);
  set_paths (&env, module, layers);
  set_flags (&env, module, layers);
  for (gsize i = 0; i < layers->n; i++)
    for (guint j = 0; layers->layers[i]->env != NULL && j < layers->layers[i]->env->len; j++)
      {
        const ManifestVariable *variable = g_ptr_array_index (layers->layers[i]->env, j);

        if (variable->value == NULL || !g_strv_contains (path_variables, variable->name))
          set (&env, variable->name, variable->value);
      }
  return env.variables;
}
