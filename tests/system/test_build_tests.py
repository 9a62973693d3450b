# SPDX-License-Identifier: LGPL-2.1-or-later
"""A module's own tests, and what a build gets from the environment of its caller."""
import os
import unittest

from builds import HELLO, BuildTest, module, read

TOOL = ("printf '%s\\n' '#!/bin/sh' 'echo $0 \"$@\" >> /run/build/t/calls' > /app/bin/TOOL && chmod 755 /app/bin/TOOL")
TOOLS = module("tools", "mkdir -p /app/bin", *(TOOL.replace("TOOL", name) for name in ("make", "ninja")), cleanup=["/bin/make", "/bin/ninja"])
CONFIGURE = {"type": "inline", "dest-filename": "configure", "contents": "#!/bin/sh\necho configure \"$@\" >> calls\n"}
RUNNABLE = {"type": "shell", "commands": ["chmod 755 configure"]}


class Tests(BuildTest):
    def log(self, name):
        return read(os.path.join(self.state, "logs", f"{name}.log"))

    def project(self, *, keep="cp calls /app/calls", **keys):
        return {"name": "t", "sources": [CONFIGURE, RUNNABLE], "post-install": [keep], **keys}

    def test_rule_and_commands_come_last_and_cannot_write(self):
        tests = ["cat calls; ! touch /app/x; ! rm /app/bin/hello; echo $T; touch here"]
        keys = {"run-tests": True, "test-commands": tests, "build-options": {"test-args": ["--env=T=of tests"]}}
        self.assertOk(self.build(self.manifest(HELLO, TOOLS, self.project(**keys))))
        calls = self.log("t").split("test-commands[1]")[1]
        self.assertRegex(calls, r"make install\n/app/bin/make check\n")
        self.assertIn("of tests\n", calls)
        self.assertNotIn("check", self.content("calls"))

    def test_not_run_unless_asked_for(self):
        self.assertOk(self.build(self.manifest(HELLO, TOOLS, self.project(**{"test-rule": "mine", "test-commands": ["exit 3"]}))))
        self.assertNotIn("mine", self.log("t"))

    def test_failed_test_fails_the_build(self):
        result = self.build(self.manifest(HELLO, module("t", "true", **{"run-tests": True, "test-commands": ["true", "exit 3"]})))
        self.assertFails(result, r"module 't', step test-commands\[2\] \(exit 3\): exit status 3")

    def test_no_rule(self):
        keys = {"run-tests": True, "test-rule": "", "test-commands": ["echo only"]}
        self.assertOk(self.build(self.manifest(HELLO, TOOLS, self.project(**keys))))
        self.assertNotIn("make check", self.log("t"))
        self.assertIn("\nonly\n", self.log("t"))

    # --- variables of the caller

    def test_secrets_reach_commands_and_nothing_else(self):
        secret = "s3cr3t-value"
        project = self.project(**{"secret-env": ["SECRET_A", "SECRET_NONE"], "config-opts": ["--plain"],
                                  "secret-opts": ["-DKEY=$SECRET_A", "--none=$SECRET_NONE"],
                                  "build-commands": ["test ${#SECRET_A} = 12 && test -z \"$SECRET_NONE\""]})
        manifest = self.manifest(HELLO, TOOLS, project)
        result = self.build(manifest, "-v", env={"SECRET_A": secret})
        self.assertOk(result)
        self.assertIn(f"configure --prefix=/app --plain -DKEY={secret}\n", self.content("calls"))
        self.assertIn("-DKEY=$SECRET_A", self.log("t"))
        self.assertNotIn(secret, result.out + result.err)
        found = self.run_command(["grep", "-rl", secret, "--exclude-dir=cache", "--exclude-dir=images", self.state])
        self.assertEqual(found.out.split(), [])
        self.assertNotIn(secret, self.appbuild("plan", "--json", manifest, env={"SECRET_A": secret}).out)
        # The value is in no key.
        self.assertRegex(self.build(manifest, env={"SECRET_A": "other"}).out, "0 modules built, 3 unchanged")

    def test_strangers_get_no_secret(self):
        for keys in ({"secret-env": ["HOME"]}, {"secret-opts": ["-DX=$HOME"]}):
            with self.subTest(keys=keys):
                manifest = self.manifest(HELLO, module("m", "true", **keys))
                self.assertFails(self.build(manifest, "--sandbox"), r"module 'm' wants a variable of yours .* with --sandbox none is handed on")
                self.assertOk(self.build(manifest))


if __name__ == "__main__":
    unittest.main()
