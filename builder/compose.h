/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * Catalogue data for software centres, made of an app's metainfo file: share/app-info/xmls/ID.xml.gz and icons/flatpak/.
 */
#pragma once

#include "builder/log.h"
#include "builder/workshop.h"

/* What the manifest wants and this machine can do, as it decides what is in an image: a part of its key. */
const char *compose_key (const BuildPlan *plan);

/* appstreamcli(1) does it, in a sandbox (workshop_find_tools()): it reads images and XML of strangers.  An app without a metainfo file has
 * none.  When the tool is missing or refuses the data, that is a note (char *, owned) in `notes`, and an error when the manifest
 * asks for it in words.  `log` receives what the tool says. */
gboolean compose_catalogue (const Workshop *workshop, GPtrArray *notes, BuildLog *log, GError **error);
