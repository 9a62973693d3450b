/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * Slips of the keyboard, and what is said of each: the place that has to be changed, what is wrong and what to do.
 */
#include "builder/manifest/node.h"

#include <string.h>

#define YAML "id: org.test.App\nruntime: org.test.Platform\nruntime-version: \"1\"\nsdk: org.test.Sdk\ncommand: app\n"
#define JSON "{\n \"id\": \"org.test.App\",\n \"runtime\": \"org.test.Platform\", \"runtime-version\": \"1\", \"sdk\": \"org.test.Sdk\", "  \
             "\"command\": \"x\",\n"

typedef struct
{
  const char *file, *data, *said;   /* `said` begins with the place, and is one of the problems */
} Slip;

static const Slip slips[] = {
  { "half.json", "{\"id\": \"\\ud83d\"}", "1:9: error: \"\\ud83d\" is half of a character; the other half is missing" },
  { "no-end.json", "{\"id\": \"no end", "1:8: error: this text has no end; a double quote is missing" },
  { "quote-later.yaml", YAML "modules:\n- name: \"one\n  buildsystem: \"simple\"\n",
    "7:9: error: the quote that opens here is closed only in line 8; it is probably missing at the end of this line" },
  { "amp.yaml", YAML "modules:\n- name: one\n  build-commands:\n  - &\n",
    "9:5: error: a text that begins with '&' stands in quotes, as this would be an anchor: '&'" },
  { "at.yaml", YAML "modules:\n- name: one\n  build-commands:\n  - @echo\n",
    "9:5: error: a text cannot begin with '@' in YAML; put it into quotes: '@echo'" },
  { "bare.json", JSON " branch: \"1\",\n \"modules\": []\n}\n",
    "4:2: error: the key \"branch\" must stand in double quotes" },
  { "barev.json", JSON " \"branch\": stable,\n \"modules\": []\n}\n",
    "4:12: error: \"stable\" is no value of JSON; a text stands in double quotes" },
  { "blockend.yaml", YAML "modules:\n- name: one\n  post-install:\n   - a\n  b\n  buildsystem: simple\n",
    "10:3: error: \"b\" is no key, as no colon follows; and an item of a list begins with \"- \"" },
  { "brace.yaml", YAML "modules:\n- {name: one, buildsystem: simple\n- name: two\n",
    "7:3: error: this '{' is not closed; '}' is missing" },
  { "bracket.yaml", YAML "finish-args: [--share=network, --socket=x11\nmodules:\n- name: one\n  buildsystem: simple\n",
    "6:14: error: this '[' is not closed; ']' is missing" },
  { "colonin.yaml", YAML "modules:\n- name: one\n  build-commands:\n  - echo a: b: c\n",
    "9:14: error: a second \": \" in one line; a text with a colon and a blank stands in quotes: 'echo a: b: c'" },
  { "colonin2.yaml", YAML "command: echo: x\n",
    "6:14: error: a second \": \" in one line; a text with a colon and a blank stands in quotes: 'echo: x'" },
  { "comma.json", JSON " \"branch\": \"1\"\n \"modules\": []\n}\n",
    "4:15: error: a comma is missing here, before \"modules\"" },
  { "comma-inside.json", "{\"id\": \"org.test.App, \"modules\": []}\n",
    "1:8: error: the text that begins here ends in a comma, before \"modules\"; a closing quote is missing before the comma" },
  { "comma2.json", JSON " \"tags\": [\"a\" \"b\"],\n \"modules\": []\n}\n",
    "4:14: error: a comma is missing here, before \"b\"" },
  { "comma3.json", JSON " \"tags\": [\"a\",\n \"b\"\n \"c\"],\n \"modules\": []\n}\n",
    "5:5: error: a comma is missing here, before \"c\"" },
  { "comment.json", JSON " /* x \"branch\": \"1\",\n \"modules\": []\n}\n",
    "4:2: error: this comment has no end; \"*/\" is missing" },
  { "comment.yaml", YAML "modules:\n- name: one\n  config-opts: [a, #b]\n  buildsystem: simple\n",
    "8:16: error: this '[' is not closed; ']' is missing" },
  { "dash.yaml", YAML "modules:\n-name: one\n  buildsystem: simple\n",
    "7:2: error: a blank is missing between '-' and \"name\"" },
  { "doublecomma.json", JSON " \"branch\": \"1\",,\n \"modules\": []\n}\n",
    "4:16: error: a comma too many" },
  { "equals.json", JSON " \"branch\" = \"1\",\n \"modules\": []\n}\n",
    "4:11: error: between a key and its value stands a ':' in JSON, no '='" },
  { "escape.json", JSON " \"branch\": \"a\\d\",\n \"modules\": []\n}\n",
    "4:14: error: there is no escape \"\\d\"; a backslash itself is written \"\\\\\"" },
  { "escape.yaml", YAML "modules:\n- name: one\n  build-commands:\n  - \"a\\d\"\n",
    "9:7: error: there is no escape \"\\d\"; in double quotes a backslash is written \\\\, in single quotes it is one itself" },
  { "extra.json", JSON " \"modules\": []\n}}\n",
    "5:2: error: the manifest has ended before: '}' is too much" },
  { "extra.yaml", YAML "modules:\n- name: one\n  config-opts: [a]]\n",
    "8:19: error: there is no '[' that this ']' could close" },
  { "extra2.json", JSON " \"modules\": []]\n}\n",
    "4:15: error: there is no '[' that this ']' could close" },
  { "flowplain.yaml", YAML "modules:\n- name: one\n  config-opts: [-Da={b}]\n",
    "8:21: error: '{' inside of a text; between '[' and ']' a text with any of [ ] { } , stands in quotes" },
  { "html.json", "<html>\n",
    "1:1: error: unexpected '<'; texts are in double quotes in JSON" },
  { "indent.yaml", YAML "modules:\n  - name: one\n   buildsystem: simple\n",
    "8:4: error: this line begins in column 4, where nothing above begins: the line before begins in column 3, its key further "
    "right; keys and items of one level begin in the same column" },
  { "indent2.yaml", YAML "modules:\n- name: one\n   buildsystem: simple\n",
    "8:4: error: this line begins further right than the one before, which has a value already; keys of one map begin in the "
    "same column, here 3" },
  { "indent3.yaml", YAML "modules:\n  - name: one\n    buildsystem: simple\n - name: two\n",
    "9:2: error: this line begins in column 2, where nothing above begins: the line before begins in column 5; keys and items "
    "of one level begin in the same column" },
  { "indent4.yaml", YAML "modules:\n- name: one\n  build-commands:\n  - a\n - b\n",
    "10:2: error: this line begins in column 2, where nothing above begins: the line before begins in column 3, its key further "
    "right; keys and items of one level begin in the same column" },
  { "indent5.yaml", YAML " modules:\n- name: one\n",
    "6:2: error: this line begins further right than the one before, which has a value already; keys of one map begin in the "
    "same column, here 1" },
  { "mixed.yaml", YAML "finish-args:\n  - --share=network\n  --socket=x11\nmodules: []\n",
    "8:3: error: \"--socket=x11\" is no key; an item of a list begins with \"- \"" },
  { "noblank.yaml", YAML "modules:\n- name:one\n  buildsystem: simple\n",
    "7:8: error: a blank is missing behind the colon of \"name:\"" },
  { "noblank2.yaml", YAML "branch:x\nmodules:\n- name: one\n  buildsystem: simple\n",
    "6:8: error: a blank is missing behind the colon of \"branch:\"" },
  { "noblank3.yaml", YAML "modules:\n- name: one\n  buildsystem:simple\n",
    "8:15: error: a blank is missing behind the colon of \"buildsystem:\"" },
  { "nobrace.json", "\"id\": \"org.test.App\",\n\"modules\": []\n",
    "1:1: error: a '{' is missing at the beginning of the file" },
  { "nocolon.json", JSON " \"branch\" \"1\",\n \"modules\": []\n}\n",
    "4:10: error: a ':' is missing here, between the key \"branch\" and \"1\"" },
  { "nocolon.yaml", YAML "modules:\n- name one\n  buildsystem: simple\n",
    "7:7: error: a colon is missing behind \"name\"" },
  { "nocolon2.yaml", YAML "branch\nmodules: []\n",
    "6:1: error: \"branch\" is no key, as no colon follows; and an item of a list begins with \"- \"" },
  { "percent.json", JSON " \"branch\": %x,\n \"modules\": []\n}\n",
    "4:12: error: unexpected '%'; texts are in double quotes in JSON" },
  { "percent.yaml", YAML "modules:\n- name: one\n  build-commands:\n  - %echo\n",
    "9:5: error: a text cannot begin with '%' in YAML; put it into quotes: '%echo'" },
  { "pipe.yaml", YAML "modules:\n- name: one\n  build-commands: |x\n   a\n",
    "8:20: error: behind '|' and '>' only '+', '-' and a number may follow; the text begins in the next line, further right" },
  { "python.json", JSON " \"separate-locales\": False,\n \"modules\": []\n}\n",
    "4:22: error: False is written false in JSON" },
  { "quote.json", JSON " \"branch: \"1\",\n \"modules\": []\n}\n",
    "4:2: error: the key \"branch: \" has a colon inside; a closing quote is missing before the colon" },
  { "quote.yaml", YAML "modules:\n- name: \"one\n  buildsystem: simple\n- name: two\n",
    "7:9: error: the quote that opens here is not closed to the end of the file" },
  { "quote1.yaml", YAML "modules:\n- name: 'one\n  buildsystem: simple\n- name: two\n",
    "7:9: error: the quote that opens here is not closed to the end of the file" },
  { "quote2.json", JSON " \"branch\": \"1,\n \"modules\": []\n}\n",
    "4:12: error: the text that begins here ends only in line 5, column 2, before \"modules\"; a closing quote is missing in line 4" },
  { "quote2.yaml", YAML "modules:\n- name: \"one\" two\n  buildsystem: simple\n- name: two\n",
    "7:15: error: behind a closing quote only a comment may follow; put the whole text into quotes (other ones, when it has some inside)" },
  { "semicolon.json", JSON " \"branch\": \"1\";\n \"modules\": []\n}\n",
    "4:15: error: behind a value stands a ',' in JSON, no ';'" },
  { "single.json", JSON " 'tags': ['a'],\n \"modules\": []\n}\n",
    "4:2: error: texts stand in double quotes in JSON, not in single ones" },
  { "star.yaml", YAML "cleanup:\n- *.la\n",
    "7:3: error: a text that begins with '*' stands in quotes, as this would be the alias of an anchor: '*.la'" },
  { "star2.yaml", YAML "cleanup: [/include, *]\n",
    "6:21: error: a text that begins with '*' stands in quotes, as this would be the alias of an anchor: '*'" },
  { "tab.yaml", YAML "modules:\n\t- name: one\n\t  buildsystem: simple\n",
    "7:1: error: a tab at the beginning of a line; indentation is made of blanks in YAML" },
  { "tab2.yaml", YAML "modules:\n- name: one\n\tbuildsystem: simple\n",
    "8:1: error: a tab at the beginning of a line; indentation is made of blanks in YAML" },
  { "tick.yaml", YAML "modules:\n- name: one\n  build-commands:\n  - `echo`\n",
    "9:5: error: a text cannot begin with '`' in YAML; put it into quotes: '`echo`'" },
  { "trailing.json", JSON " \"tags\": [\"a\",],\n \"modules\": [],\n}\n",
    "4:14: warning: a comma before ']' is one too many; other programs refuse it" },
  { "unclosed.json", JSON " \"tags\": [\"a\",\n \"modules\": []\n}\n",
    "4:10: error: this '[' is not closed: in its list, a ':' comes in line 5; ']' is missing before that" },
  { "unclosed2.json", JSON " \"modules\": [{\"name\": \"a\"]\n}\n",
    "4:14: error: this '{' is not closed before the ']' in line 4, column 26; '}' is missing" },
  { "unclosed3.json", JSON " \"modules\": [{\"name\": \"a\"}]\n",
    "1:1: error: this '{' is not closed; '}' is missing at the end of the file" },
};

static GPtrArray *
problems_of (const char *file, const char *data, gboolean compat)
{
  GPtrArray *problems = manifest_problems_new ();
  ManifestBudget budget = MANIFEST_BUDGET_INIT;
  g_autoptr (ManifestDocument) document = NULL;

  budget.compat = compat;
  document = manifest_document_parse (file, data, strlen (data), &budget, problems);
  return problems;
}

static void
check_slip (gconstpointer data)
{
  const Slip *slip = data;
  g_autoptr (GPtrArray) problems = problems_of (slip->file, slip->data, FALSE);
  g_autofree char *found = manifest_problems_format (problems);
  g_autofree char *said = g_strconcat (slip->file, ":", slip->said, "\n", NULL);
  gboolean shown = FALSE;

  g_test_message ("%s", found);
  g_assert_nonnull (strstr (found, said));
  for (guint i = 0; i < problems->len; i++)
    shown = shown || ((const ManifestProblem *) problems->pdata[i])->excerpt != NULL;
  g_assert_true (shown);
}

/* The caret stands below the character, whatever is before it; of a long line a part is shown. */
static void
check_excerpt (void)
{
  g_autofree char *blanks = g_strnfill (200, ' ');
  g_autofree char *long_line = g_strconcat ("{", blanks, "'a': 1}", NULL);
  g_autoptr (GPtrArray) some = problems_of ("a.json", "{\n\"\303\251\t\": x}", FALSE);
  g_autoptr (GPtrArray) far = problems_of ("a.json", long_line, FALSE);
  const ManifestProblem *first = some->pdata[0], *second = far->pdata[0];
  const char *caret = strrchr (second->excerpt, '|');

  g_assert_cmpstr (first->excerpt, ==, "    2 | \"\303\251 \": x}\n      |       ^\n");
  g_assert_cmpuint (second->place.column, ==, 202);
  g_assert_cmpuint (strlen (caret), <, 80);
  g_assert_cmpstr (strchr (caret, '^'), ==, "^\n");
  g_assert_cmpint (second->excerpt[8 + (strchr (caret, '^') - caret) - 2], ==, '\'');
}

/* What flatpak-builder takes. */
static void
check_compat (void)
{
  static const char *const data = "{'a': 'b\\q', \"c\": \"d\\q\", /* e */ \"f\": 1}";
  g_autoptr (GPtrArray) strict = problems_of ("a.json", data, FALSE);
  g_autoptr (GPtrArray) lenient = problems_of ("a.json", data, TRUE);

  g_assert_cmpuint (strict->len, ==, 3);
  g_assert_cmpuint (lenient->len, ==, 3);
  for (guint i = 0; i < 3; i++)
    {
      g_assert_true (((const ManifestProblem *) strict->pdata[i])->is_error);
      g_assert_false (((const ManifestProblem *) lenient->pdata[i])->is_error);
    }
}

/* It reads one document, and knows no merge keys. */
static void
check_compat_yaml (void)
{
  static const char *const data = "a: &a {b: c}\n<<: *a\n---\nd: [\n";
  g_autoptr (GPtrArray) strict = problems_of ("a.yaml", data, FALSE);
  g_autoptr (GPtrArray) lenient = problems_of ("a.yaml", data, TRUE);

  g_assert_cmpuint (strict->len, ==, 1);
  g_assert_true (((const ManifestProblem *) strict->pdata[0])->is_error);
  g_assert_cmpuint (lenient->len, ==, 2);
  g_assert_false (((const ManifestProblem *) lenient->pdata[0])->is_error);
  g_assert_cmpuint (((const ManifestProblem *) lenient->pdata[0])->place.line, ==, 2);
  g_assert_false (((const ManifestProblem *) lenient->pdata[1])->is_error);
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  for (gsize i = 0; i < G_N_ELEMENTS (slips); i++)
    {
      g_autofree char *name = g_strconcat ("/syntax/", slips[i].file, NULL);

      g_test_add_data_func (name, &slips[i], check_slip);
    }
  g_test_add_func ("/syntax/excerpt", check_excerpt);
  g_test_add_func ("/syntax/compat", check_compat);
  g_test_add_func ("/syntax/compat-yaml", check_compat_yaml);
  return g_test_run ();
}
