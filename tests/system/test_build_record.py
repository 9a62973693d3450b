# SPDX-License-Identifier: LGPL-2.1-or-later
"""What a result says of itself: the resolved manifest, the SPDX document, catalogue data."""
import json
import os
import shutil
import unittest

import spdx
from builds import APP, HELLO, BuildTest, module, read
from harness import SOURCE, tree, write
from pictures import png

VARIANTS = ("asan",)


class Record(BuildTest):
    def image(self):
        with open(os.path.join(self.folder, "out.app"), "rb") as f:
            return f.read()

    def test_resolved_manifest_builds_the_same_again(self):
        data = [{"type": "file", "path": "data.txt"}, {"type": "dir", "path": "../tree"}]
        write(os.path.join(self.folder, "parts/more.json"), json.dumps(module(
            "more", "cat data.txt one > /app/more", "echo $A >> /app/more", sources=data, modules=[module("below", "true")])))
        write(os.path.join(self.folder, "parts/data.txt"), "data")
        write(os.path.join(self.folder, "tree/one"), "one")
        result = self.build(self.manifest(HELLO, "parts/more.json", **{
            "build-options": {"env": {"A": "b c", "Z": None}, "arch": {"x86_64": {"cflags": "-O1"}}},
            "add-extensions": {f"{APP}.Plugin": {"directory": "plugins", "autodelete": True}},
            "permissions": [{"share": "network", "why": "to test"}], "finish-args": ["--share=ipc"], "x-mine": {"a": 1}}))
        self.assertOk(result)
        resolved = json.loads(self.content("manifest.json"))
        self.assertEqual([m["name"] for m in resolved["modules"]], ["hello", "more"])
        self.assertEqual(resolved["modules"][1]["modules"][0]["name"], "below")
        self.assertEqual(resolved["build-options"]["env"], {"A": "b c", "Z": None})
        self.assertRegex(resolved["runtime-commit"], "^[0-9a-f]{64}$")
        self.assertEqual(resolved["other-commits"], [])
        self.assertEqual([s["path"] for s in resolved["modules"][1]["sources"]], ["parts/data.txt", "tree"])
        first = self.image()
        again = os.path.join(self.folder, "again")
        os.makedirs(again)
        shutil.copy(os.path.join(self.folder, "unpacked/files/manifest.json"), os.path.join(again, "m.json"))
        for name in ("parts", "tree"):
            shutil.copytree(os.path.join(self.folder, name), os.path.join(again, name))
        self.state += "2"
        self.assertOk(self.build(os.path.join(again, "m.json")))
        self.assertEqual(first, self.image())

    def test_manifest_of_a_base_is_kept(self):
        self.assertOk(self.build(self.manifest(HELLO, module("base", "echo base > /app/manifest.json", "echo old > /app/manifest-base-1.json"))))
        self.assertEqual(json.loads(self.content("manifest.json"))["id"], APP)
        self.assertEqual(self.content("manifest-base-1.json"), "old\n")
        self.assertEqual(self.content("manifest-base-2.json"), "base\n")

    def test_links_at_the_places_of_the_records(self):
        canary = write(os.path.join(self.folder, "home/canary"), "canary")
        self.assertOk(self.build(self.manifest(HELLO, module("links", *(f"ln -s {canary} /app/{name}" for name in ("manifest.json", "sbom.spdx.json"))))))
        self.assertEqual(read(canary), "canary")
        self.assertEqual(json.loads(self.content("sbom.spdx.json"))["spdxVersion"], "SPDX-2.3")

    def test_spdx_document(self):
        write(os.path.join(self.folder, "tree/COPYING"), "do what you like\n")
        with open(os.path.join(SOURCE, "COPYING"), encoding="utf-8") as f:
            write(os.path.join(self.folder, "tree/COPYING.LIB"), f.read())
        licence = "<project_license>GPL-2.0-or-later OR MIT</project_license>"
        write(os.path.join(self.folder, "tree/m.xml"), f"<component><id>x</id>{licence}</component>")
        data = write(os.path.join(self.folder, "data.txt"), "data")
        digest = self.run_command(["sha256sum", data], check=True).out.split()[0]
        sources = [{"type": "dir", "path": "tree"}, {"type": "file", "path": "data.txt", "sha256": digest},
                   {"type": "file", "url": "data:,x", "dest-filename": "x", "sha256":
                    "2d711642b726b04401627ca9fbac32f5c8530fb1903cc4db02258717921a4881"}]
        install = f"mkdir -p /app/share/metainfo && cp m.xml /app/share/metainfo/{APP}.metainfo.xml"
        manifest = self.manifest(HELLO, module("lib", install, sources=sources))
        copy = os.path.join(self.folder, f"{APP}.spdx.json")
        self.assertOk(self.build(manifest, "--extras=sbom"))
        text = self.content("sbom.spdx.json")
        self.assertEqual(read(copy), text)
        document = json.loads(text)
        self.assertEqual(spdx.problems(document), [])
        packages = {p["SPDXID"]: p for p in document["packages"]}
        kinds = [(r["spdxElementId"], r["relationshipType"], r["relatedSpdxElement"]) for r in document["relationships"]]
        for wanted in (("SPDXRef-DOCUMENT", "DESCRIBES", "SPDXRef-Result"), ("SPDXRef-Result", "CONTAINS", "SPDXRef-Module-2"),
                       ("SPDXRef-Module-2", "GENERATED_FROM", "SPDXRef-Source-2-2-1"), ("SPDXRef-Sdk", "BUILD_TOOL_OF", "SPDXRef-Result")):
            self.assertIn(wanted, kinds)
        self.assertEqual(packages["SPDXRef-Source-2-2-1"]["checksums"], [{"algorithm": "SHA256", "checksumValue": digest}])
        self.assertEqual(packages["SPDXRef-Module-2"]["licenseDeclared"], "LicenseRef-1 AND LGPL-2.1-only")
        self.assertEqual([one["extractedText"] for one in document["hasExtractedLicensingInfos"]], ["do what you like\n"])
        self.assertEqual(packages["SPDXRef-Result"]["licenseDeclared"], "GPL-2.0-or-later OR MIT")
        # From the image of an earlier build, too.
        os.unlink(copy)
        self.assertIn("0 modules built", self.assertOk(self.build(manifest, "--extras=sbom")).out)
        self.assertEqual(read(copy), text)


METAINFO = """<?xml version="1.0" encoding="UTF-8"?>
<component type="desktop-application"><id>{id}</id><metadata_license>CC0-1.0</metadata_license><project_license>MIT</project_license>
<name>Tool</name><summary>A tool for tests</summary><description><p>It does nothing, and needs some words for that.</p></description>
<launchable type="desktop-id">{id}.desktop</launchable></component>
"""
DESKTOP = "[Desktop Entry]\nType=Application\nName=Tool\nIcon={id}\nExec=hello\nCategories=Utility;\n"


@unittest.skipUnless(os.path.exists("/usr/libexec/appstreamcli-compose"), "appstream-compose is not installed")
class Catalogue(BuildTest):
    def dressed(self, *commands, metainfo=METAINFO):
        write(os.path.join(self.folder, "tree/m.xml"), metainfo.replace("{id}", APP))
        write(os.path.join(self.folder, "tree/d.desktop"), DESKTOP.replace("{id}", APP))
        with open(os.path.join(self.folder, "tree/i.png"), "wb") as f:
            f.write(png(128))
        share, icons = "/app/share", "/app/share/icons/hicolor/128x128/apps"
        return module("dress", f"mkdir -p {share}/metainfo {share}/applications {icons}", f"cp m.xml {share}/metainfo/{APP}.metainfo.xml",
                      f"cp d.desktop {share}/applications/{APP}.desktop", f"cp i.png {icons}/{APP}.png", *commands,
                      sources=[{"type": "dir", "path": "tree"}])

    def test_composed(self):
        manifest = self.manifest(HELLO, self.dressed(), **{"appstream-compose": True})
        self.assertOk(self.build(manifest))
        place = os.path.join(self.unpacked(), "files/share/app-info")
        self.assertEqual(sorted(name for name, what in tree(place).items() if what.startswith("0o100")),
                         [f"icons/flatpak/128x128/{APP}.png", f"icons/flatpak/64x64/{APP}.png", f"xmls/{APP}.xml.gz"])
        text = self.run_command(["zcat", os.path.join(place, f"xmls/{APP}.xml.gz")], check=True).out
        self.assertIn(f"<id>{APP}</id>", text)
        with open(os.path.join(self.folder, "out.app"), "rb") as f:
            first = f.read()
        self.state += "2"
        self.assertOk(self.build(manifest))
        with open(os.path.join(self.folder, "out.app"), "rb") as f:
            self.assertEqual(first, f.read())
        self.assertOk(self.build(self.manifest(HELLO, self.dressed(), **{"appstream-compose": False})))
        self.assertFalse(os.path.exists(os.path.join(self.unpacked(), "files/share/app-info")))

    def test_refused_data(self):
        bad = self.dressed(metainfo="<component type='desktop-application'><id>{id}</id></component>")
        result = self.assertOk(self.build(self.manifest(HELLO, bad)))
        self.assertIn("no catalogue data was made of the metainfo file", result.err)
        self.assertFalse(os.path.exists(os.path.join(self.unpacked(), "files/share/app-info")))
        self.assertFails(self.build(self.manifest(HELLO, bad, **{"appstream-compose": True})), "appstream-compose: exit status")

    def test_CVE_2022_21682_reads_nothing_of_the_host(self):
        """The app wants all of the host's files and brings its own tools; what makes the catalogue has neither."""
        canary = os.path.join(self.folder, "home/canary.png")
        os.makedirs(os.path.dirname(canary))
        with open(canary, "wb") as f:
            f.write(png(64))
        tools = [f"printf '#!/bin/sh\\necho $0 >> /app/evil\\n' > /app/bin/{name} && chmod 755 /app/bin/{name}"
                 for name in ("appstreamcli", "appstreamcli-compose", "sh")]
        manifest = self.manifest(HELLO, self.dressed(f"ln -sf {canary} /app/share/icons/hicolor/128x128/apps/{APP}.png",
                                                     "mkdir -p /app/bin", *tools),
                                 **{"finish-args": ["--filesystem=host"]})
        self.assertOk(self.build(manifest))
        files = os.path.join(self.unpacked(), "files")
        self.assertFalse(os.path.exists(os.path.join(files, "evil")))
        self.assertFalse(os.path.exists(os.path.join(files, "share/app-info/icons")))

    def test_no_id_48933348_place_that_leads_out(self):
        outside = os.path.join(self.folder, "outside")
        os.makedirs(outside)
        self.build(self.manifest(HELLO, self.dressed(f"ln -s {outside} /app/share/app-info")))
        self.assertEqual(os.listdir(outside), [])


if __name__ == "__main__":
    unittest.main()
