/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "runner/manage/show.h"

#include "base/json.h"

void
show_add_json (JsonBuilder *builder, const Deployment *deployment)
{
  g_autofree char *name = ref_format (deployment->ref);

  json_add_string (builder, "ref", name);
  json_add_string (builder, "kind", ref_kind_name (deployment->ref->kind));
  json_add_string (builder, "id", deployment->ref->id);
  json_add_string (builder, "arch", deployment->ref->arch);
  json_add_string (builder, "branch", deployment->ref->branch);
  json_add_string (builder, "form", deployment->form == DEPLOYMENT_IMAGE ? "image" : "tree");
  json_add_string (builder, "checksum", deployment->checksum);
  json_add_string (builder, "origin", deployment->origin);
  json_add_string (builder, "runtime", deployment->metadata->runtime);
  json_add_string (builder, "command", deployment->metadata->command);
  json_add_integer (builder, "size", (gint64) deployment->size);
  json_add_integer (builder, "installed", deployment->install_time);
  json_add_boolean (builder, "system", deployment->system);
}
