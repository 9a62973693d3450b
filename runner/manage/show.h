/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * What "list --json" and "info --json" say of one deployment.
 */
#pragma once

#include <json-glib/json-glib.h>

#include "store/deployment.h"

/* The members that describe a deployment, into the object that is open. */
void show_add_json (JsonBuilder *builder, const Deployment *deployment);
