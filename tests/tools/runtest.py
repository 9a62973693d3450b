# SPDX-License-Identifier: LGPL-2.1-or-later
"""The base of the tests of `apprun run`."""
import os

from harness import SystemTest

APP = "org.nacelle.test.App"


class RunTest(SystemTest):
    """The tiny runtime and an app whose command runs its arguments."""

    installed = False

    def setUp(self):
        if not type(self).installed:
            self.install_tiny()
            self.install_app(APP)
            type(self).installed = True

    def inside(self, script, *options, app=APP, **keywords):
        return self.apprun(*options, app, "sh", "-c", script, **keywords)

    def inside_ok(self, script, *options, **keywords):
        return self.assertOk(self.inside(script, *options, **keywords)).out

    def data(self, *path, app=APP):
        return os.path.join(self.home, ".var/app", app, *path)
