/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "builder/plan/options.h"

static void
add_layer (OptionLayers *layers, const ManifestBuildOptions *options, const char *arch)
{
  const ManifestBuildOptions *special;

  if (options == NULL)
    return;
  layers->layers[layers->n++] = options;
  special = options->arch != NULL ? g_hash_table_lookup (options->arch, arch) : NULL;
  if (special != NULL)
    layers->layers[layers->n++] = special;
}

void
option_layers_init (OptionLayers *layers, const ManifestBuildOptions *global, const ManifestBuildOptions *module,
                    const char *arch)
{
  layers->n = 0;
  add_layer (layers, global, arch);
  add_layer (layers, module, arch);
}

static const char *
text_of (const OptionLayers *layers, gsize i, gsize member)
{
  return G_STRUCT_MEMBER (const char *, layers->layers[i], member);
}

char *
option_layers_flags (const OptionLayers *layers, const char *base, gsize flags, gsize override)
{
  g_autoptr (GString) joined = g_string_new (base);

  for (gsize i = 0; i < layers->n; i++)
    {
      const char *more = text_of (layers, i, flags);

      if (G_STRUCT_MEMBER (gboolean, layers->layers[i], override))
        g_string_truncate (joined, 0);
      if (more == NULL || *more == '\0')
        continue;
      if (joined->len > 0)
        g_string_append_c (joined, ' ');
      g_string_append (joined, more);
    }
  return joined->len > 0 ? g_strdup (joined->str) : NULL;
}

char *
option_layers_path (const OptionLayers *layers, const char *base, gsize append, gsize prepend)
{
  g_autoptr (GString) joined = g_string_new (base);

  /* From the module outwards, as with flatpak-builder: what all modules have is at both ends. */
  for (gsize i = layers->n; i > 0; i--)
    {
      const char *behind = text_of (layers, i - 1, append);
      const char *before = text_of (layers, i - 1, prepend);

      if (behind != NULL && *behind != '\0')
        g_string_append_printf (joined, "%s%s", joined->len > 0 ? ":" : "", behind);
      if (before == NULL || *before == '\0')
        continue;
      if (joined->len > 0)
        g_string_prepend_c (joined, ':');
      g_string_prepend (joined, before);
    }
  return joined->len > 0 ? g_strdup (joined->str) : NULL;
}

static void
add_texts (GPtrArray *texts, char *const *more)
{
  for (; more != NULL && *more != NULL; more++)
    g_ptr_array_add (texts, g_strdup (*more));
}

char **
option_layers_texts (const OptionLayers *layers, char *const *own, gsize member)
{
  GPtrArray *texts = g_ptr_array_new ();

  add_texts (texts, own);
  for (gsize i = 0; i < layers->n; i++)
    add_texts (texts, G_STRUCT_MEMBER (char **, layers->layers[i], member));
  g_ptr_array_add (texts, NULL);
  return (char **) g_ptr_array_free (texts, FALSE);
}

const char *
option_layers_text (const OptionLayers *layers, gsize member)
{
  const char *text = NULL;

  for (gsize i = 0; i < layers->n; i++)
    text = text_of (layers, i, member) ?: text;
  return text;
}

gboolean
option_layers_bool (const OptionLayers *layers, gsize member)
{
  for (gsize i = 0; i < layers->n; i++)
    if (G_STRUCT_MEMBER (gboolean, layers->layers[i], member))
      return TRUE;
  return FALSE;
}
