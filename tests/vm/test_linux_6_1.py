# SPDX-License-Identifier: LGPL-2.1-or-later
"""A kernel of bookworm-security with the user land of bookworm."""
ALWAYS = True     # also without --vm
LONG = True

from guest import APPS, LIMITS, REFUSALS, UNDELEGATED, machine_test

Kernel = machine_test(("bookworm-security", "linux-image-cloud-amd64", "bookworm"), LIMITS, APPS, REFUSALS, UNDELEGATED)
