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
            f.write("id: org.test.App\nruntime: org.test.Platform\nruntime-version: '1'\nsdk: org.test.Sdk\ncommand: app\n"
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
        self.assertEqual({"severity", "rule", "file", "line", "column", "message"}, set(second["problems"][0]))
        self.assertEqual(second["problems"][0]["rule"], "unknown-key")
        self.assertOk(self.appbuild("check", "--json", good))
        json.loads(self.appbuild("check", "--json", b"\xff\x1b.yaml").out.encode(errors="surrogateescape").decode())

    def test_errors_hide_no_warnings(self):
        manifest = self.file("plans", "lint", "with-errors", "app.yaml")
        result = self.appbuild("check", manifest)
        self.assertStatus(result, 1)
        for text in ('unknown key "modlues"', 'no type "archiv"', "--filesystem=home shows all files", "by http://"):
            self.assertIn(text, result.out)

    def test_time_decides_about_runtimes(self):
        manifest = self.file("plans", "lint", "recipes", "app.yaml")
        for time, old in (("1700000000", False), ("1764374400", True)):
            result = self.appbuild("check", "--json", manifest, env={"SOURCE_DATE_EPOCH": time})
            self.assertOk(result)
            rules = {problem["rule"] for problem in json.loads(result.out)[0]["problems"]}
            self.assertEqual("runtime-old" in rules, old)

    def test_leniency_is_asked_for(self):
        manifest = self.file("hostile", "manifests", "duplicate-keys.yaml")
        self.assertStatus(self.appbuild("check", manifest), 1)
        self.assertFails(self.appbuild("plan", manifest), "so does --compat", status=125)
        self.assertNotIn("--compat", self.appbuild("plan", self.file("hostile", "manifests", "bad-names.yaml")).err)
        result = self.appbuild("check", "--compat", manifest)
        self.assertOk(result)
        self.assertIn("second time", result.out)
        self.assertFails(self.appbuild("fetch", manifest), "so does --compat", status=125)
        self.assertOk(self.appbuild("fetch", "--compat", manifest))
        for verb in ("bundle-sources", "lock", "run", "test", "verify", "why"):
            self.assertIn("--compat", self.appbuild(verb, "--help").out, verb)

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
        self.assertEqual(modules["auto"]["sources"][0]["destination"], "/run/build/auto/sub")
        self.assertIsNone(modules["auto"]["key"])
        self.assertIn("is not installed", plan["keys-missing"])
        self.assertEqual(modules["auto"]["steps"][0]["command"][0], "./configure")
        self.assertIn("[Application]", plan["metadata"])
        other = json.loads(self.appbuild("plan", "--json", "--arch", "aarch64", manifest).out)
        self.assertEqual(other["result"], "app/org.test.Everything/aarch64/master")


if __name__ == "__main__":
    unittest.main()
