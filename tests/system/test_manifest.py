# SPDX-License-Identifier: LGPL-2.1-or-later
"""Manifests as appbuild tells of them: check, plan, and what a build refuses to begin."""

import json
import os
import unittest

from harness import SystemTest

HERE = os.path.dirname(os.path.abspath(__file__))
TESTS = os.path.dirname(HERE)


class ManifestTest(SystemTest):
    def setUp(self):
        self.folder = os.path.join(self.work, self._testMethodName)
        os.makedirs(self.folder)

    def file(self, *parts):
        return os.path.join(TESTS, *parts)

    def test_check_tells_of_several_manifests(self):
        good, bad = os.path.join(self.folder, "good.yaml"), self.file("hostile", "manifests", "unknown-keys.yaml")
        with open(good, "w", encoding="utf-8") as f:
            f.write("id: org.test.App\nruntime: org.test.Platform\nsdk: org.test.Sdk\n"
                    "modules: [{name: one, buildsystem: simple, build-commands: ['true']}]\n")
        result = self.appbuild("check", good)
        self.assertOk(result)
        self.assertIn("0 errors, 0 warnings", result.out)
        result = self.appbuild("check", good, bad)
        self.assertStatus(result, 1)
        self.assertIn("0 errors, 0 warnings", result.out)
        self.assertIn("did you mean", result.out)

    def test_check_for_programs(self):
        good, bad = self.file("plans", "lint", "bad", "app.yaml"), self.file("hostile", "manifests", "unknown-keys.yaml")
        result = self.appbuild("check", "--json", good, bad)
        self.assertStatus(result, 1)
        first, second = json.loads(result.out)
        self.assertEqual(first["manifest"], good)
        self.assertEqual(first["errors"], 0)
        self.assertEqual(first["warnings"], len(first["problems"]))
        self.assertGreater(second["errors"], 0)
        self.assertEqual({"severity", "file", "line", "column", "message"}, set(second["problems"][0]))
        self.assertOk(self.appbuild("check", "--json", good))
        json.loads(self.appbuild("check", "--json", b"\xff\x1b.yaml").out.encode(errors="surrogateescape").decode())

    def test_leniency_is_asked_for(self):
        manifest = self.file("hostile", "manifests", "duplicate-keys.yaml")
        self.assertStatus(self.appbuild("check", manifest), 1)
        result = self.appbuild("check", "--compat", manifest)
        self.assertOk(result)
        self.assertIn("second time", result.out)

    def test_plan_for_programs(self):
        manifest = self.file("plans", "build", "everything.yaml")
        result = self.appbuild("plan", "--json", "--arch", "x86_64", manifest)
        self.assertOk(result)
        plan = json.loads(result.out)
        modules = {module["name"]: module for module in plan["modules"]}
        self.assertEqual(plan["result"], "app/org.test.Everything/x86_64/master")
        self.assertEqual(modules["auto"]["config-opts"], ["--own", "--global", "--arch"])
        self.assertEqual(modules["auto"]["environment"]["LDFLAGS"], "-only")
        self.assertIsNone(modules["auto"]["environment"]["GONE"])
        self.assertEqual(modules["auto"]["sources"][0]["dest"], "sub")
        self.assertEqual(modules["auto"]["steps"][0]["command"][0], "./configure")
        self.assertIn("[Application]", plan["metadata"])
        other = json.loads(self.appbuild("plan", "--json", "--arch", "aarch64", manifest).out)
        self.assertEqual(other["result"], "app/org.test.Everything/aarch64/master")


if __name__ == "__main__":
    unittest.main()
