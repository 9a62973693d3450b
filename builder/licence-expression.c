/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * Licence expressions of SPDX 2.3 (annex D), with the identifiers that programs and their data commonly have.
 */
#include "builder/licence-text.h"

#include <string.h>

#define DEPTH_MAX 32

static const char *const licences[] = {
  "0BSD", "AFL-2.1", "AFL-3.0", "AGPL-1.0-only", "AGPL-1.0-or-later", "AGPL-3.0", "AGPL-3.0-only", "AGPL-3.0-or-later", "APSL-2.0",
  "Apache-1.0", "Apache-1.1", "Apache-2.0", "Artistic-1.0", "Artistic-1.0-Perl", "Artistic-1.0-cl8", "Artistic-2.0", "BSD-1-Clause",
  "BSD-2-Clause", "BSD-2-Clause-Patent", "BSD-2-Clause-Views", "BSD-3-Clause", "BSD-3-Clause-Attribution", "BSD-3-Clause-Clear",
  "BSD-3-Clause-LBNL", "BSD-3-Clause-Modification", "BSD-4-Clause", "BSD-4-Clause-UC", "BSD-Source-Code", "BSL-1.0", "BlueOak-1.0.0",
  "Beerware", "Bitstream-Vera", "CC-BY-1.0", "CC-BY-2.0", "CC-BY-2.5", "CC-BY-3.0", "CC-BY-4.0", "CC-BY-NC-4.0", "CC-BY-NC-SA-3.0",
  "CC-BY-NC-SA-4.0", "CC-BY-ND-4.0", "CC-BY-SA-1.0", "CC-BY-SA-2.0", "CC-BY-SA-2.5", "CC-BY-SA-3.0", "CC-BY-SA-4.0", "CC-PDDC", "CC0-1.0",
  "CDDL-1.0", "CDDL-1.1", "CECILL-1.0", "CECILL-2.0", "CECILL-2.1", "CECILL-B", "CECILL-C", "CPL-1.0", "ClArtistic", "curl", "ECL-2.0",
  "EFL-2.0", "EPL-1.0", "EPL-2.0", "EUPL-1.1", "EUPL-1.2", "FSFAP", "FSFUL", "FSFULLR", "FTL", "GFDL-1.1-only", "GFDL-1.1-or-later",
  "GFDL-1.2-only", "GFDL-1.2-or-later", "GFDL-1.3", "GFDL-1.3-only", "GFDL-1.3-or-later", "GPL-1.0", "GPL-1.0-only", "GPL-1.0-or-later",
  "GPL-2.0", "GPL-2.0+", "GPL-2.0-only", "GPL-2.0-or-later", "GPL-3.0", "GPL-3.0+", "GPL-3.0-only", "GPL-3.0-or-later", "HPND",
  "HPND-sell-variant", "ICU", "IJG", "IPA", "IPL-1.0", "ISC", "ImageMagick", "Info-ZIP", "JSON", "JasPer-2.0", "LGPL-2.0", "LGPL-2.0+",
  "LGPL-2.0-only", "LGPL-2.0-or-later", "LGPL-2.1", "LGPL-2.1+", "LGPL-2.1-only", "LGPL-2.1-or-later", "LGPL-3.0", "LGPL-3.0+",
  "LGPL-3.0-only", "LGPL-3.0-or-later", "LPPL-1.3c", "Libpng", "MIT", "MIT-0", "MIT-CMU", "MIT-Modern-Variant", "MIT-open-group",
  "MIT-feh", "MPL-1.0", "MPL-1.1", "MPL-2.0", "MPL-2.0-no-copyleft-exception", "MS-PL", "MS-RL", "MulanPSL-2.0", "NCSA", "NTP",
  "Naumen", "Net-SNMP", "OFL-1.0", "OFL-1.1", "OFL-1.1-RFN", "OFL-1.1-no-RFN", "OLDAP-2.8", "OSL-2.1", "OSL-3.0", "OpenSSL", "PHP-3.0",
  "PHP-3.01", "PSF-2.0", "PostgreSQL", "Python-2.0", "QPL-1.0", "RSA-MD", "Ruby", "SGI-B-2.0", "SISSL", "SMLNJ", "SSPL-1.0", "Sleepycat",
  "Spencer-94", "TCL", "TCP-wrappers", "UPL-1.0", "Unicode-3.0", "Unicode-DFS-2015", "Unicode-DFS-2016", "Unlicense", "Vim", "W3C",
  "WTFPL", "X11", "XFree86-1.1", "Xnet", "ZPL-2.0", "ZPL-2.1", "Zlib", "bzip2-1.0.6", "libpng-2.0", "libtiff", "mpich2", "psutils", "xpp",
  "zlib-acknowledgement", NULL,
};

static const char *const exceptions[] = {
  "389-exception", "Autoconf-exception-2.0", "Autoconf-exception-3.0", "Bison-exception-2.2", "Classpath-exception-2.0",
  "FLTK-exception", "Font-exception-2.0", "GCC-exception-2.0", "GCC-exception-3.1", "GPL-3.0-linking-exception",
  "GPL-3.0-linking-source-exception", "LGPL-3.0-linking-exception", "LLVM-exception", "LZMA-exception", "Libtool-exception",
  "Linux-syscall-note", "OCaml-LGPL-linking-exception", "OpenJDK-assembly-exception-1.0", "Qt-GPL-exception-1.0", "Qt-LGPL-exception-1.1",
  "SHL-2.0", "SHL-2.1", "Swift-exception", "Universal-FOSS-exception-1.0", "WxWindows-exception-3.1", "openvpn-openssl-exception",
  "u-boot-exception-2.0", NULL,
};

typedef struct
{
  const char *at;
  char *unknown;
} Expression;

static gboolean parse_expression (Expression *expression, guint depth);

static void
skip_blanks (Expression *expression)
{
  expression->at += strspn (expression->at, " \t\n");
}

/* The next word is this one; then it is taken. */
static gboolean
take_word (Expression *expression, const char *word)
{
  gsize length = strlen (word);

  skip_blanks (expression);
  if (strncmp (expression->at, word, length) != 0 || (expression->at[length] != '\0' && strchr (" \t\n()", expression->at[length]) == NULL))
    return FALSE;
  expression->at += length;
  return TRUE;
}

static gboolean
take_sign (Expression *expression, char sign)
{
  skip_blanks (expression);
  if (*expression->at != sign)
    return FALSE;
  expression->at++;
  return TRUE;
}

/* Of our own or of another document. */
static gboolean
is_reference (const char *id)
{
  const char *name = g_str_has_prefix (id, "DocumentRef-") ? strchr (id, ':') : NULL;

  name = name != NULL ? name + 1 : id;
  if (!g_str_has_prefix (name, "LicenseRef-"))
    return FALSE;
  for (name += strlen ("LicenseRef-"); g_ascii_isalnum (*name) || *name == '.' || *name == '-'; name++)
    ;
  return *name == '\0' && !g_str_has_suffix (id, "LicenseRef-");
}

static gboolean
parse_name (Expression *expression, const char *const *known)
{
  gsize length;

  skip_blanks (expression);
  length = strcspn (expression->at, " \t\n()");
  g_autofree char *id = g_strndup (expression->at, length);
  g_autofree char *plain = length > 1 && id[length - 1] == '+' ? g_strndup (id, length - 1) : g_strdup (id);
  expression->at += length;
  if (g_strv_contains (known, id) || (known == licences && (g_strv_contains (known, plain) || is_reference (id))))
    return TRUE;
  if (expression->unknown == NULL)
    expression->unknown = g_steal_pointer (&id);
  return FALSE;
}

static gboolean
parse_term (Expression *expression, guint depth)
{
  if (take_sign (expression, '('))
    return depth < DEPTH_MAX && parse_expression (expression, depth + 1) && take_sign (expression, ')');
  return parse_name (expression, licences) && (!take_word (expression, "WITH") || parse_name (expression, exceptions));
}

static gboolean
parse_expression (Expression *expression, guint depth)
{
  do
    if (!parse_term (expression, depth))
      return FALSE;
  while (take_word (expression, "AND") || take_word (expression, "OR"));
  return TRUE;
}

gboolean
licence_expression_check (const char *text, char **ret_unknown)
{
  Expression expression = { text, NULL };
  gboolean ok = parse_expression (&expression, 0);

  skip_blanks (&expression);
  ok = ok && *expression.at == '\0';
  if (ret_unknown != NULL)
    *ret_unknown = expression.unknown != NULL || ok ? g_steal_pointer (&expression.unknown) : g_strdup (expression.at);
  g_free (expression.unknown);
  return ok;
}
