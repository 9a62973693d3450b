# SPDX-License-Identifier: LGPL-2.1-or-later
"""Properties of the result that come from finish-args, from a metadata file, and those of its commit."""
import configparser
import os
import unittest

from builds import APP, HELLO, BuildTest, module, read, script
from harness import ARCH, TINY, write


class Properties(BuildTest):
    def metadata(self):
        parser = configparser.RawConfigParser(delimiters=("=",), strict=True)
        parser.optionxform = str
        parser.read_string(read(os.path.join(self.unpacked(), "metadata")))
        return {name: dict(parser[name]) for name in parser.sections()}

    def test_command_of_a_finish_arg_is_the_one_that_must_be_there(self):
        self.assertOk(self.build(self.manifest(HELLO, command="none", **{"finish-args": ["--command=hello"]})))
        self.assertEqual(self.metadata()["Application"]["command"], "hello")
        self.assertFails(self.build(self.manifest(HELLO, **{"finish-args": ["--command=none"]})), "the command 'none' does not exist")

    def test_runtime_and_sdk_of_finish_args(self):
        args = [f"--runtime={TINY}/{ARCH}/7", f"--sdk={TINY}/{ARCH}/8"]
        self.assertOk(self.build(self.manifest(HELLO, **{"finish-args": args})))
        self.assertEqual(self.metadata()["Application"]["runtime"], f"{TINY}/{ARCH}/7")
        self.assertEqual(self.metadata()["Application"]["sdk"], f"{TINY}/{ARCH}/8")

    def test_no_exports(self):
        desktop = module("d", "mkdir -p /app/share/applications",
                         f"printf '[Desktop Entry]\\nName=x\\nType=Application\\nExec=hello\\n' > /app/share/applications/{APP}.desktop")
        self.assertOk(self.build(self.manifest(HELLO, desktop)))
        self.assertTrue(os.path.exists(os.path.join(self.unpacked(), "export/share/applications", f"{APP}.desktop")))
        self.assertOk(self.build(self.manifest(HELLO, desktop, **{"finish-args": ["--no-exports"]})))
        self.assertFalse(os.path.exists(os.path.join(self.unpacked(), "export")))

    def test_metadata_file(self):
        text = (f"[Application]\nname={APP}\nruntime={TINY}/{ARCH}/1\nsdk={TINY}/{ARCH}/1\ncommand=other\n\n"
                "[Extension org.nacelle.test.X]\ndirectory=x\n")
        write(os.path.join(self.folder, "base.metadata"), text)
        other = module("other", *script("other", "echo other"))
        keys = {"metadata": "base.metadata", "finish-args": ["--share=network"]}
        self.assertOk(self.build(self.manifest(HELLO, other, **keys)))
        metadata = self.metadata()
        self.assertEqual(metadata["Application"]["command"], "other")
        self.assertEqual(metadata["Context"]["shared"], "network;")
        self.assertIn("Extension org.nacelle.test.X", metadata)
        write(os.path.join(self.folder, "base.metadata"), text.replace(f"name={APP}", "name=org.nacelle.test.Other"))
        self.assertFails(self.build(self.manifest(HELLO, **keys)), rf"json:\d+:\d+: error: \"metadata\": base.metadata must have the line name={APP}")
        self.assertFails(self.build(self.manifest(HELLO, **{"metadata": "../../secret"})), "\"metadata\": ")

    def test_collection_and_token(self):
        repo = os.path.join(self.folder, "repo")
        manifest = self.manifest(HELLO, **{"collection-id": "org.nacelle.test.Collection", "token-type": 2})
        self.assertOk(self.build(manifest, "--repo", repo))
        ref = f"app/{APP}/{ARCH}/master"
        ostree = lambda *args: self.run_command(["ostree", f"--repo={repo}", *args], check=True).out.strip()
        self.assertEqual(ostree("config", "get", "core.collection-id"), "org.nacelle.test.Collection")
        self.assertEqual(ostree("show", "--print-metadata-key=ostree.collection-binding", ref), "'org.nacelle.test.Collection'")
        # Flatpak has it with the low byte first; ostree takes every number for one with the high byte first.
        self.assertEqual(ostree("show", "--print-metadata-key=xa.token-type", ref), str(2 << 24))
        self.assertFails(self.build(self.manifest(HELLO, **{"collection-id": "org.nacelle.test.Other"}), "--repo", repo),
                         "the manifest's collection is org.nacelle.test.Other, and the repository's is org.nacelle.test.Collection")


if __name__ == "__main__":
    unittest.main()
