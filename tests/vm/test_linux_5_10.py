# SPDX-License-Identifier: LGPL-2.1-or-later
"""A kernel of bullseye-security with the user land of bookworm."""
from guest import APPS, LIMITS, REFUSALS, UNDELEGATED, machine_test

Kernel = machine_test(("bullseye-security", "linux-image-cloud-amd64", "bookworm"), LIMITS, APPS, REFUSALS, UNDELEGATED)
