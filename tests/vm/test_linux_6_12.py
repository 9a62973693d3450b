# SPDX-License-Identifier: LGPL-2.1-or-later
"""A kernel of trixie-security with the user land of trixie."""
from guest import APPARMOR, APPS, LIMITS, REFUSALS, UNDELEGATED, machine_test

Kernel = machine_test(("trixie-security", "linux-image-cloud-amd64", "trixie"), LIMITS, APPS, REFUSALS, APPARMOR, UNDELEGATED)
