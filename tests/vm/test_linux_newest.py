# SPDX-License-Identifier: LGPL-2.1-or-later
"""A kernel of trixie-backports with the user land of trixie."""
from guest import APPARMOR, APPS, LIMITS, REFUSALS, UNDELEGATED, machine_test

Kernel = machine_test(("trixie-backports", "linux-image-amd64", "trixie"), LIMITS, APPS, REFUSALS, APPARMOR, UNDELEGATED)
