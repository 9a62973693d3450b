/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "builder/sbom.h"

#include <string.h>

#include "base/error.h"
#include "base/file.h"
#include "base/json.h"
#include "builder/epoch.h"
#include "builder/licence-text.h"
#include "builder/metainfo.h"
#include "builder/sbom-licences.h"

#define NONE "NOASSERTION"
#define METAINFO_MAX (1u << 20)

typedef struct
{
  const BuildPlan *plan;
  const SourceContext *sources;
  JsonBuilder *json;
  GPtrArray *relations;    /* char *[3], each freed as a GStrv */
  SbomLicences *licences;
  int files_fd;
} Sbom;

/* One SPDX package; every text may be NULL. */
typedef struct
{
  const char *id, *name, *version, *place, *purpose, *licence, *locator;
  const char *licence_comment;
  const char *sums[4];     /* as sum_names */
} Part;

static const char *const sum_names[] = { "MD5", "SHA1", "SHA256", "SHA512" };

static void
relate (Sbom *sbom, const char *from, const char *how, const char *to)
{
  char **relation = g_new0 (char *, 4);

  relation[0] = g_strdup (from);
  relation[1] = g_strdup (how);
  relation[2] = g_strdup (to);
  g_ptr_array_add (sbom->relations, relation);
}

static void
add_sums (JsonBuilder *json, const Part *part)
{
  json_builder_set_member_name (json, "checksums");
  json_builder_begin_array (json);
  for (gsize i = 0; i < G_N_ELEMENTS (sum_names); i++)
    if (part->sums[i] != NULL)
      {
        json_builder_begin_object (json);
        json_add_string (json, "algorithm", sum_names[i]);
        json_add_string (json, "checksumValue", part->sums[i]);
        json_builder_end_object (json);
      }
  json_builder_end_array (json);
}

static void
add_part (Sbom *sbom, const Part *part)
{
  JsonBuilder *json = sbom->json;

  json_builder_begin_object (json);
  json_add_string (json, "SPDXID", part->id);
  json_add_string (json, "name", part->name);
  if (part->version != NULL)
    json_add_string (json, "versionInfo", part->version);
  json_add_string (json, "downloadLocation", part->place != NULL ? part->place : NONE);
  json_add_boolean (json, "filesAnalyzed", FALSE);
  json_add_string (json, "licenseConcluded", NONE);
  json_add_string (json, "licenseDeclared", part->licence != NULL ? part->licence : NONE);
  if (part->licence_comment != NULL)
    json_add_string (json, "licenseComments", part->licence_comment);
  json_add_string (json, "copyrightText", NONE);
  if (part->purpose != NULL)
    json_add_string (json, "primaryPackagePurpose", part->purpose);
  if (part->sums[0] != NULL || part->sums[1] != NULL || part->sums[2] != NULL || part->sums[3] != NULL)
    add_sums (json, part);
  if (part->locator != NULL)
    {
      json_builder_set_member_name (json, "externalRefs");
      json_builder_begin_array (json);
      json_builder_begin_object (json);
      json_add_string (json, "referenceCategory", "PACKAGE-MANAGER");
      json_add_string (json, "referenceType", "purl");
      json_add_string (json, "referenceLocator", part->locator);
      json_builder_end_object (json);
      json_builder_end_array (json);
    }
  json_builder_end_object (json);
}

/* "git+https://...@COMMIT", or the address itself; NULL for what is no place in the net, such as files of this machine. */
static char *
place_of (const ManifestSource *source, const SourcePart *part)
{
  static const char *const schemes[] = { "https", "http", "ftp", NULL };
  g_autofree char *scheme = source->url != NULL ? g_uri_parse_scheme (source->url) : NULL;
  const char *commit = part != NULL && part->commit != NULL ? part->commit : source->commit;

  if (scheme == NULL || !g_strv_contains (schemes, scheme) || !g_uri_is_valid (source->url, G_URI_FLAGS_PARSE_RELAXED, NULL))
    return NULL;
  if (g_str_equal (source->type, "git") && commit != NULL)
    return g_strdup_printf ("git+%s@%s", source->url, commit);
  if ((g_str_equal (source->type, "svn") || g_str_equal (source->type, "bzr")) && source->revision != NULL)
    return g_strdup_printf ("%s+%s@%s", source->type, source->url, source->revision);
  return g_strdup (source->url);
}

static char *
package_locator (const char *name, const char *version, const char *arch)
{
  g_autofree char *safe_name = g_uri_escape_string (name, NULL, FALSE);
  g_autofree char *safe_version = version != NULL ? g_uri_escape_string (version, NULL, FALSE) : NULL;

  return g_strdup_printf ("pkg:deb/debian/%s%s%s?arch=%s", safe_name, version != NULL ? "@" : "", safe_version ?: "", arch);
}

/* "debian:pool/main/n/nano/nano_7.2.orig.tar.xz" is of the source package nano.  Which revision of it Debian had is not said. */
static char *
pool_locator (const char *url)
{
  gboolean is_source = url != NULL && g_str_has_prefix (url, "debian:pool/") && !g_str_has_suffix (url, ".deb");
  g_auto (GStrv) parts = is_source ? g_strsplit (url, "/", -1) : NULL;

  return parts != NULL && g_strv_length (parts) == 5 ? package_locator (parts[3], NULL, "source") : NULL;
}

static void
add_package (Sbom *sbom, const SourcePart *package, const char *module_id, const char *id)
{
  g_autofree char *comment = NULL;
  g_autofree char *licence = sbom_licences_of_package (sbom->licences, package->name, sbom->files_fd, &comment);
  g_autofree char *locator = package_locator (package->name, package->version, package->arch);
  const Part part = { .id = id, .name = package->name, .version = package->version, .purpose = "INSTALL", .locator = locator,
                      .licence = licence, .licence_comment = comment, .sums = { NULL, NULL, package->sha256, NULL } };

  add_part (sbom, &part);
  relate (sbom, module_id, "CONTAINS", id);
}

static void
add_source (Sbom *sbom, const ManifestSource *source, const SourcePart *part, const char *module_id, const char *id)
{
  g_autofree char *place = place_of (source, part);
  g_autofree char *locator = pool_locator (source->url);
  const char *from = source->url != NULL && !g_str_has_prefix (source->url, "data:") ? source->url : source->path;
  g_autofree char *base = from != NULL ? g_path_get_basename (from) : g_strdup (source->type);
  const Part entry = { .id = id, .name = base, .place = place, .purpose = "SOURCE", .locator = locator,
                       .version = part != NULL ? part->commit : source->revision,
                       .sums = { source->md5, source->sha1, source->sha256, source->sha512 } };

  add_part (sbom, &entry);
  relate (sbom, module_id, "GENERATED_FROM", id);
}

static gboolean
add_sources (Sbom *sbom, const BuildModule *module, guint number, const char *module_id, GError **error)
{
  for (guint i = 0; i < module->sources->len; i++)
    {
      const ManifestSource *source = module->sources->pdata[i];
      const SourceKind *kind = source_kind_find (source->type);
      g_autoptr (GPtrArray) parts = source_parts_new ();

      if (kind != NULL && kind->resolve != NULL && !kind->resolve (source, sbom->sources, parts, error))
        return FALSE;
      for (guint j = 0; j < MAX (parts->len, 1); j++)
        {
          g_autofree char *id = g_strdup_printf ("SPDXRef-Source-%u-%u-%u", number + 1, i + 1, j + 1);

          const SourcePart *part = parts->len > 0 ? parts->pdata[j] : NULL;

          if (part != NULL && part->name != NULL)
            add_package (sbom, part, module_id, id);
          else
            add_source (sbom, source, part, module_id, id);
        }
    }
  return TRUE;
}

static gboolean
add_modules (Sbom *sbom, GError **error)
{
  for (guint i = 0; i < sbom->plan->modules->len; i++)
    {
      const BuildModule *module = sbom->plan->modules->pdata[i];
      g_autofree char *id = g_strdup_printf ("SPDXRef-Module-%u", i + 1);
      g_autoptr (GError) local = NULL;
      g_autofree char *licence = sbom_licences_of_module (sbom->licences, sbom->plan->ref->id, module->name, sbom->files_fd, &local);
      const Part part = { .id = id, .name = module->name, .licence = licence };

      if (local != NULL)
        {
          g_propagate_error (error, g_steal_pointer (&local));
          return FALSE;
        }
      add_part (sbom, &part);
      relate (sbom, "SPDXRef-Result", "CONTAINS", id);
      if (!add_sources (sbom, module, i, id, error))
        return FALSE;
    }
  return TRUE;
}

static void
add_base (Sbom *sbom, const Ground *ground, const Ref *ref, const char *id, gboolean to_result, const char *how)
{
  if (ground == NULL || ref == NULL)
    return;
  g_autofree char *version = g_strconcat (ref->branch, " (", ground->deployment->checksum, ")", NULL);
  const Part part = { .id = id, .name = ref->id, .version = version };
  add_part (sbom, &part);
  relate (sbom, to_result ? id : "SPDXRef-Result", how, to_result ? "SPDXRef-Result" : id);
}

static void
add_relations (Sbom *sbom)
{
  json_builder_set_member_name (sbom->json, "relationships");
  json_builder_begin_array (sbom->json);
  for (guint i = 0; i < sbom->relations->len; i++)
    {
      char **relation = sbom->relations->pdata[i];

      json_builder_begin_object (sbom->json);
      json_add_string (sbom->json, "spdxElementId", relation[0]);
      json_add_string (sbom->json, "relationshipType", relation[1]);
      json_add_string (sbom->json, "relatedSpdxElement", relation[2]);
      json_builder_end_object (sbom->json);
    }
  json_builder_end_array (sbom->json);
}

/* A document needs an address of its own; nobody need serve it. */
static void
add_head (Sbom *sbom, const char *digest)
{
  JsonBuilder *json = sbom->json;
  g_autofree char *ref = ref_format (sbom->plan->ref);
  g_autofree char *space = g_strdup_printf ("https://spdx.org/spdxdocs/%s-%s", sbom->plan->ref->id, digest);
  g_autoptr (GDateTime) time = g_date_time_new_from_unix_utc (build_epoch ());
  g_autofree char *created = time != NULL ? g_date_time_format (time, "%Y-%m-%dT%H:%M:%SZ") : g_strdup ("1970-01-01T00:00:00Z");
  char *creators[] = { (char *) "Tool: appbuild-" NACELLE_VERSION, NULL };

  json_add_string (json, "spdxVersion", "SPDX-2.3");
  json_add_string (json, "dataLicense", "CC0-1.0");
  json_add_string (json, "SPDXID", "SPDXRef-DOCUMENT");
  json_add_string (json, "name", ref);
  json_add_string (json, "documentNamespace", space);
  json_builder_set_member_name (json, "creationInfo");
  json_builder_begin_object (json);
  json_add_string (json, "created", created);
  json_add_strings (json, "creators", creators);
  json_builder_end_object (json);
}

/* What the metainfo of the app says, which appdata-license is written into; NULL: nothing.  Caller frees. */
static char *
licence_of_result (const Sbom *sbom)
{
  static const char *const places[] = { "share/metainfo/%s.metainfo.xml", "share/metainfo/%s.appdata.xml", "share/appdata/%s.appdata.xml" };

  for (gsize i = 0; i < G_N_ELEMENTS (places); i++)
    {
      g_auto (GStrv) halves = g_strsplit (places[i], "%s", 2);
      g_autofree char *path = g_strconcat (halves[0], sbom->plan->ref->id, halves[1], NULL);
      autofd fd = file_open_beneath (sbom->files_fd, path, O_RDONLY | O_NONBLOCK, 0, NULL);
      g_autofree char *text = fd >= 0 ? file_read_fd (fd, path, METAINFO_MAX, NULL, NULL) : NULL;
      char *licence = text != NULL && g_utf8_validate (text, -1, NULL) ? metainfo_licence (text) : NULL;

      if (licence != NULL)
        return licence;
    }
  return g_strdup (sbom->plan->manifest->appdata_license);
}

static char *
write_document (Sbom *sbom, const Bases *bases, const char *digest, GError **error)
{
  g_autoptr (JsonBuilder) json = json_builder_new ();
  g_autoptr (SbomLicences) licences = sbom_licences_new ();
  const Ref *ref = sbom->plan->ref;
  g_autofree char *said = licence_of_result (sbom);
  g_autofree char *comment = NULL;
  gboolean valid = said != NULL && licence_expression_check (said, NULL);
  if (said != NULL && !valid)
    comment = g_strdup_printf ("The metainfo says \"%s\", which is no SPDX expression.", said);
  const Part result = { .id = "SPDXRef-Result", .name = ref->id, .version = ref->branch,
                        .licence = valid ? said : NULL, .licence_comment = comment,
                        .purpose = ref->kind == REF_APP ? "APPLICATION" : "FRAMEWORK" };

  sbom->json = json;
  sbom->licences = licences;
  g_ptr_array_set_size (sbom->relations, 0);
  json_builder_begin_object (json);
  add_head (sbom, digest);
  json_builder_set_member_name (json, "packages");
  json_builder_begin_array (json);
  relate (sbom, "SPDXRef-DOCUMENT", "DESCRIBES", "SPDXRef-Result");
  add_part (sbom, &result);
  add_base (sbom, bases->runtime, sbom->plan->runtime, "SPDXRef-Runtime", TRUE, "RUNTIME_DEPENDENCY_OF");
  add_base (sbom, bases->sdk, sbom->plan->sdk, "SPDXRef-Sdk", TRUE, "BUILD_TOOL_OF");
  add_base (sbom, bases->base, sbom->plan->base, "SPDXRef-Base", FALSE, "CONTAINS");
  if (!add_modules (sbom, error))
    return NULL;
  json_builder_end_array (json);
  sbom_licences_write (licences, json);
  add_relations (sbom);
  json_builder_end_object (json);
  return json_to_text (json);
}

char *
sbom_new (const BuildPlan *plan, const Bases *bases, const SourceContext *sources, int files_fd, GError **error)
{
  g_autoptr (GPtrArray) relations = g_ptr_array_new_with_free_func ((GDestroyNotify) g_strfreev);
  Sbom sbom = { .plan = plan, .sources = sources, .relations = relations, .files_fd = files_fd };
  g_autofree char *draft = write_document (&sbom, bases, "", error);

  if (draft == NULL)
    return NULL;
  g_autofree char *digest = g_compute_checksum_for_string (G_CHECKSUM_SHA256, draft, -1);
  return write_document (&sbom, bases, digest, error);
}
