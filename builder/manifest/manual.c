/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * Writes appbuild.yaml(5), by the field tables: run while Nacelle is built, not installed.
 */
#include <stdio.h>

#include "builder/manifest/fields.h"
#include "builder/manifest/value.h"

/* A '.' or "'" in front would be taken for a request, a '\\' begins one anywhere, and mdoc takes words of one sign for punctuation. */
static void
print_text (const char *text)
{
  if (*text == '.' || *text == '\'')
    fputs ("\\&", stdout);
  for (; *text != '\0'; text++)
    if (*text == '\\')
      fputs ("\\e", stdout);
    else if (*text == '-')
      fputs ("\\-", stdout);
    else
      putchar (*text);
}

static void
print_line (const char *text)
{
  print_text (text);
  putchar ('\n');
}

static const char *
type_name (const Field *field)
{
  switch (field->type)
    {
    case FIELD_TEXT:
      return "text";
    case FIELD_TEXTS:
    case FIELD_PLACED:
    case FIELD_PERMISSIONS:
      return "list of texts";
    case FIELD_BOOL:
      return "true or false";
    case FIELD_INT:
    case FIELD_INT64:
      return "number";
    case FIELD_ENV:
      return "map or list";
    case FIELD_OPTIONS:
      return "map, see BUILD OPTIONS";
    case FIELD_ARCH_OPTIONS:
      return "map of maps";
    case FIELD_SOURCES:
      return "list, see SOURCES";
    case FIELD_MODULES:
      return "list, see MODULES";
    case FIELD_EXTENSIONS:
      return "map of maps, see EXTENSION POINTS";
    case FIELD_LIMITS:
      return "map of names and values";
    case FIELD_PERMISSION_LIST:
      return "list of maps, see PERMISSIONS";
    case FIELD_NETWORK:
      return "text or map, see NETWORK";
    case FIELD_TEST_LIST:
      return "list of maps, see TESTS";
    case FIELD_ANY:
      break;
    }
  return "anything";
}

/* The types of sources that have the key, unless all have. */
static void
print_source_types (const Field *field)
{
  const char *separator = "Of ";

  if (field->scope == 0)
    return;
  for (const SourceType *type = source_types; type->name != NULL; type++)
    if ((field->scope & type->bit) != 0)
      {
        printf ("%s%s", separator, type->name);
        separator = ", ";
      }
  fputs (".\n", stdout);
}

static void
print_field (const FieldTable *table, const Field *field)
{
  fputs (".It Cm ", stdout);
  print_text (field->key);
  printf (" Pq %s\n", field->state == FIELD_NO_EFFECT ? "no effect" : type_name (field));
  if (field->state == FIELD_NO_EFFECT)
    {
      fputs ("Accepted, and nothing comes of it: ", stdout);
      print_text (field->hint);
      fputs (".\n", stdout);
    }
  else
    print_line (field->about);
  if (field->standard != NULL)
    {
      fputs ("Default: ", stdout);
      print_text (field->standard);
      fputs (".\n", stdout);
    }
  if (field->option != NULL)
    {
      fputs ("As ", stdout);
      print_text (field->option);
      print_text (field->suffix != NULL ? "PLACE" : "TEXT");
      print_text (field->suffix ?: "");
      fputs (" in finish\\-args.\n", stdout);
    }
  if (table == &source_fields)
    print_source_types (field);
  if (field->own)
    fputs ("Not known to flatpak\\-builder.\n", stdout);
}

static void
print_table (const char *title, const char *about, const FieldTable *table)
{
  printf (".Sh %s\n%s.Bl -tag -width 8n\n", title, about);
  for (const Field *field = table->fields; field->key != NULL; field++)
    print_field (table, field);
  fputs (".El\n", stdout);
}

static void
print_source_kinds (void)
{
  fputs (".Sh SOURCE TYPES\n.Bl -tag -width 12n\n", stdout);
  for (const SourceType *type = source_types; type->name != NULL; type++)
    {
      printf (".It Cm ");
      print_line (type->name);
      print_line (type->about);
    }
  fputs (".El\n", stdout);
}

static const char head[] =
  ".\\\" SPDX-License-Identifier: LGPL-2.1-or-later\n"
  ".\\\" Written from the field tables of builder/manifest/ while Nacelle is built.\n"
  ".Dd November 23, 2026\n.Dt APPBUILD.YAML 5\n.Os Nacelle\n"
  ".Sh NAME\n.Nm appbuild.yaml\n.Nd what an app or a runtime is built from\n"
  ".Sh DESCRIPTION\n"
  "A manifest is a map of keys in YAML, or in JSON, where comments, line breaks in texts and a comma behind the last item are\n"
  "allowed. Keys and their meaning are those of flatpak\\-builder, with a few more that it does not know.\n"
  ".Pp\n"
  "A text where a list is wanted is a list of one. A text without quotes keeps the form in which it is written: 6.10 is no number.\n"
  "A module, an item of sources, or sources itself may be the name of a file that holds it; names are relative to the file they\n"
  "stand in and stay below the folder of the manifest. Keys that begin with x\\- or //, and $schema, are for others and ignored.\n"
  "A key that is unknown, is there twice, or holds something of another type is an error;\n"
  ".Xr appbuild 1\n"
  "lists all of them with file, line and column.\n"
  ".Pp\n"
  "What a build of this version cannot carry out yet, it refuses before it begins;\n"
  ".Cm appbuild check\nand\n.Cm appbuild plan\nread it all the same.\n";

static const char tests_about[] =
  "At the end of a build\n.Xr apprun 1\nstarts the finished app as it does for a user, once for each text of these lists, and the result\n"
  "appears only if all of it is true. Home and folders of the user are empty ones made for the tests; the session (display, sound,\n"
  "buses) is not there. Each has 60 seconds. The tests are kept in the result, and\n.Cm appbuild test\nruns them again.\n";

static const char example[] =
  ".Sh EXAMPLES\n.Bd -literal\n"
  "id: org.example.Hello\n"
  "runtime: org.nacelle.Platform\n"
  "runtime-version: \"1\"\n"
  "sdk: org.nacelle.Sdk\n"
  "command: hello\n"
  "permissions:\n"
  "  - {share: network, why: to fetch greetings}\n"
  "tests:\n"
  "  - can-run: hello --version\n"
  "    output-contains: hello 1.\n"
  "  - cannot-read: [/etc/shadow, ~/Documents]\n"
  "modules:\n"
  "  - name: hello\n"
  "    buildsystem: meson\n"
  "    sources:\n"
  "      - {type: dir, path: .}\n"
  ".Ed\n"
  ".Sh SEE ALSO\n.Xr appbuild 1 ,\n.Xr apprun 1\n";

int
main (void)
{
  fputs (head, stdout);
  print_table ("KEYS", "", &manifest_fields);
  print_table ("BUILD OPTIONS",
               "Of the manifest, then those of its arch, then of the module, then those of its arch: flags are joined by blanks, "
               "folders\nby colons, lists one behind the other; of other keys the last one counts. "
               "Variables of env replace all of these.\n",
               &options_fields);
  print_table ("MODULES", "", &module_fields);
  print_source_kinds ();
  print_table ("SOURCES", "Files and folders are relative to the file that names them.\n", &source_fields);
  print_table ("EXTENSION POINTS", "By name, NAME or NAME@TAG.\n", &extension_fields);
  print_table ("PERMISSIONS", "Each entry grants what its lists name; the texts are those of finish\\-args.\n", &permission_fields);
  print_table ("NETWORK", "A text is the mode.\n", &network_fields);
  print_table ("TESTS", tests_about, &test_fields);
  fputs (example, stdout);
  return ferror (stdout) || fflush (stdout) != 0 ? 1 : 0;
}
