/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * The key `network`: a mode, or a map.
 */
#include "builder/manifest/load.h"

#include "builder/manifest/check.h"

void
load_network (const LoadFile *file, const ManifestEntry *entry, ManifestNetwork **member)
{
  const ManifestNode *node = entry->value;
  ManifestNetwork *network;

  if (node->kind == NODE_LIST)
    {
      load_wrong_type (file, node, entry->key, "a text or a map, such as {mode: isolated, publish: 8080:80}");
      return;
    }
  network = g_new0 (ManifestNetwork, 1);
  *member = network;
  network->place = manifest_node_place (file->document, node);
  if (node->kind == NODE_MAP)
    load_object (file, node, &network_fields, 0, network);
  else
    {
      const char *const mode[] = { node->text, NULL };
      network->mode = g_strdupv ((char **) mode);
    }
  check_network (network, file->loader->problems);
}
