/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "bundle/ref.h"

#include <string.h>
#include <sys/utsname.h>

#include "base/error.h"

#define NAME_LENGTH_MAX 255 /* each part becomes one path component */

/* Names in messages are cut, so that an absurd one does not bury the sentence. */
#define SHOWN "%.80s"

static gboolean
check_length (const char *what, const char *text, GError **error)
{
  if (text[0] == '\0')
    return error_throw_code (error, ERROR_REFUSED, "the %s is empty", what);
  if (strnlen (text, NAME_LENGTH_MAX + 1) > NAME_LENGTH_MAX)
    return error_throw_code (error, ERROR_REFUSED, "the %s \"" SHOWN "...\" is longer than %d characters", what, text,
                             NAME_LENGTH_MAX);
  return TRUE;
}

static gboolean
check_id_element (const char *id, const char *element, gsize length, gboolean last, GError **error)
{
  if (length == 0)
    return error_throw_code (error, ERROR_REFUSED, "the id \"" SHOWN "\" has an empty element", id);
  if (g_ascii_isdigit (element[0]))
    return error_throw_code (error, ERROR_REFUSED, "the id \"" SHOWN "\" has an element that begins with a digit; put a '_' before it", id);
  for (gsize i = 0; i < length; i++)
    {
      char c = element[i];
      if (g_ascii_isalnum (c) || c == '_')
        continue;
      if (c == '-' && last)
        continue;
      if (c == '-')
        return error_throw_code (error, ERROR_REFUSED, "the id \"" SHOWN "\" has a '-' outside its last element; write '_' there", id);
      return error_throw_code (error, ERROR_REFUSED,
                               "the id \"" SHOWN "\" has a character other than letters, digits, '_', '-' and '.'", id);
    }
  return TRUE;
}

gboolean
ref_id_check (const char *id, GError **error)
{
  if (!check_length ("id", id, error))
    return FALSE;

  guint n_elements = 0;
  const char *element = id;
  for (;;)
    {
      const char *dot = strchr (element, '.');
      gsize length = dot != NULL ? (gsize) (dot - element) : strlen (element);
      if (!check_id_element (id, element, length, dot == NULL, error))
        return FALSE;
      n_elements++;
      if (dot == NULL)
        break;
      element = dot + 1;
    }
  if (n_elements < 3)
    return error_throw_code (error, ERROR_REFUSED,
                             "the id \"" SHOWN "\" has fewer than three elements (org.example.Name)", id);
  return TRUE;
}

gboolean
ref_branch_check (const char *branch, GError **error)
{
  if (!check_length ("branch", branch, error))
    return FALSE;
  for (const char *p = branch; *p != '\0'; p++)
    {
      if (g_ascii_isalnum (*p) || *p == '_' || *p == '-' || (*p == '.' && p != branch))
        continue;
      return error_throw_code (error, ERROR_REFUSED,
                               "the branch \"" SHOWN "\" is not letters, digits, '_', '-' and (not first) '.'", branch);
    }
  return TRUE;
}

gboolean
ref_arch_check (const char *arch, GError **error)
{
  if (!check_length ("architecture", arch, error))
    return FALSE;
  for (const char *p = arch; *p != '\0'; p++)
    if (!g_ascii_isalnum (*p) && *p != '_')
      return error_throw_code (error, ERROR_REFUSED, "the architecture \"" SHOWN "\" is not letters, digits and '_'",
                               arch);
  return TRUE;
}

const char *
ref_kind_name (RefKind kind)
{
  return kind == REF_APP ? "app" : "runtime";
}

const char *
ref_native_arch (void)
{
  static gsize once = 0;
  static const char *arch;

  if (g_once_init_enter (&once))
    {
#if defined (__x86_64__)
      arch = "x86_64";
#elif defined (__aarch64__)
      arch = "aarch64";
#elif defined (__i386__)
      arch = "i386";
#elif defined (__arm__)
      arch = "arm";
#else
      struct utsname name;
      arch = uname (&name) == 0 && ref_arch_check (name.machine, NULL) ? g_strdup (name.machine) : "unknown";
#endif
      g_once_init_leave (&once, 1);
    }
  return arch;
}

Ref *
ref_new (RefKind kind, const char *id, const char *arch, const char *branch, GError **error)
{
  if (!ref_id_check (id, error) || !ref_arch_check (arch, error) || !ref_branch_check (branch, error))
    return NULL;

  Ref *ref = g_new0 (Ref, 1);
  ref->kind = kind;
  ref->id = g_strdup (id);
  ref->arch = g_strdup (arch);
  ref->branch = g_strdup (branch);
  return ref;
}

Ref *
ref_copy (const Ref *ref)
{
  Ref *copy = g_new0 (Ref, 1);
  copy->kind = ref->kind;
  copy->id = g_strdup (ref->id);
  copy->arch = g_strdup (ref->arch);
  copy->branch = g_strdup (ref->branch);
  return copy;
}

void
ref_free (Ref *ref)
{
  if (ref == NULL)
    return;
  g_free (ref->id);
  g_free (ref->arch);
  g_free (ref->branch);
  g_free (ref);
}

Ref *
ref_parse (const char *text, GError **error)
{
  g_auto (GStrv) parts = g_strsplit (text, "/", 5);
  RefKind kind;

  if (g_strv_length (parts) != 4)
    {
      error_throw_code (error, ERROR_REFUSED, "\"" SHOWN "\" is not a ref of the form app/ID/ARCH/BRANCH", text);
      return NULL;
    }
  if (strcmp (parts[0], "app") == 0)
    kind = REF_APP;
  else if (strcmp (parts[0], "runtime") == 0)
    kind = REF_RUNTIME;
  else
    {
      error_throw_code (error, ERROR_REFUSED, "the ref \"" SHOWN "\" begins with neither \"app/\" nor \"runtime/\"",
                        text);
      return NULL;
    }
  return ref_new (kind, parts[1], parts[2], parts[3], error);
}

Ref *
ref_parse_partial (RefKind kind, const char *text, const char *default_arch, const char *default_branch,
                   GError **error)
{
  g_auto (GStrv) parts = g_strsplit (text, "/", 4);
  guint n_parts = g_strv_length (parts);

  if (n_parts == 0 || n_parts > 3)
    {
      error_throw_code (error, ERROR_REFUSED, "\"" SHOWN "\" is not of the form ID/ARCH/BRANCH", text);
      return NULL;
    }
  const char *arch = n_parts > 1 && parts[1][0] != '\0' ? parts[1] : default_arch;
  const char *branch = n_parts > 2 && parts[2][0] != '\0' ? parts[2] : default_branch;
  if (arch == NULL || branch == NULL)
    {
      error_throw_code (error, ERROR_REFUSED, "\"" SHOWN "\" names no %s; the form is ID/ARCH/BRANCH", text,
                        arch == NULL ? "architecture" : "branch");
      return NULL;
    }
  return ref_new (kind, parts[0], arch, branch, error);
}

char *
ref_format (const Ref *ref)
{
  return g_strdup_printf ("%s/%s/%s/%s", ref_kind_name (ref->kind), ref->id, ref->arch, ref->branch);
}

char *
ref_format_partial (const Ref *ref)
{
  return g_strdup_printf ("%s/%s/%s", ref->id, ref->arch, ref->branch);
}

gboolean
ref_equal (const Ref *a, const Ref *b)
{
  return a->kind == b->kind && strcmp (a->id, b->id) == 0 && strcmp (a->arch, b->arch) == 0
         && strcmp (a->branch, b->branch) == 0;
}
