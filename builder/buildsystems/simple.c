/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * Only the commands of the manifest.
 */
#include "builder/buildsystems/buildsystem.h"

const BuildSystem buildsystem_simple = { "simple", 1, NULL, NULL, NULL, NULL };
