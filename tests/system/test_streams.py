# SPDX-License-Identifier: LGPL-2.1-or-later
"""What programs print: it is all there or the status says that it is not, and what is for programs is JSON and nothing else."""
import json
import os

from harness import SystemTest, write

MANIFEST = {"id": "org.nacelle.test.App", "runtime": "org.nacelle.test.Tiny", "runtime-version": "1", "sdk": "org.nacelle.test.Tiny",
            "command": "app", "modules": [{"name": "app", "buildsystem": "simple", "build-commands": ["true"]}]}


class Streams(SystemTest):
    def setUp(self):
        super().setUp()
        self.manifest = os.path.join(self.work, "org.nacelle.test.App.json")
        write(self.manifest, json.dumps(MANIFEST))

    def test_full_disk_behind_the_output(self):
        for name, *words in (("apprun", "list"), ("apprun", "--version"), ("apprun", "run", "--help"), ("appbuild", "--help"),
                             ("appbuild", "check", self.manifest), ("appbuild", "plan", self.manifest),
                             ("appbuild", "gc"), ("appbox", "--help"), ("appbox", "--version"),
                             ("appbox", "--ro-bind", "/", "/", "--explain", "true")):
            with self.subTest(command=[name, *words]):
                command = [self.program(name), *words]
                self.assertOk(self.run_command(["sh", "-c", '"$@" >/dev/null', "sh", *command]))
                result = self.run_command(["sh", "-c", '"$@" >/dev/full', "sh", *command])
                self.assertFails(result, f"^{name}: cannot write the output", status=1 if name == "appbox" else 125)

    def test_json_is_all_there_is(self):
        for name, *words in (("apprun", "list"), ("apprun", "doctor"), ("apprun", "update"), ("apprun", "remote", "list"),
                             ("appbuild", "check", self.manifest), ("appbuild", "plan", self.manifest)):
            with self.subTest(command=[name, *words]):
                json.loads(self.assertOk(self.run_command([self.program(name), *words, "--json"])).out)

    def test_limit_of_sizes_is_an_error(self):
        for limit, status in (("", 0), ("ulimit -f 0; ", 125)):      # and not the end of the program by SIGXFSZ
            result = self.run_command(["sh", "-c", f'{limit}exec "$@" >out', "sh", self.program("appbuild"), "plan", self.manifest])
            self.assertStatus(result, status)
        self.assertIn("cannot write the output", result.err)
