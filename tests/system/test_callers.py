# SPDX-License-Identifier: LGPL-2.1-or-later
"""Programs of Debian that call bwrap find appbox by that name, and do what they do with bubblewrap."""
import os
import shutil
import subprocess

from callers import CallerTest, unpacked
from harness import SOURCE, write
from pictures import png

PORTAL = ("pool/main/x/xdg-desktop-portal/xdg-desktop-portal_1.16.0-2_amd64.deb",
          "8ea89880666eabcbe436c6dfbcb96eabf411404df5a95ba9b8b0f44654932dbc")
FLATPAK_VALIDATOR = "/usr/libexec/flatpak-validate-icon"

# A thumbnailer that works in a sandbox only: there are no files of the user, no other processes, no network, and it is filtered.
WARY = """[Thumbnailer Entry]
Exec=/bin/sh -c "test ! -e HOME/Documents || exit 3; ls -d /proc/[0-9]* | wc -l | grep -qx '[1-6]' || exit 4; \
test $(grep -c : /proc/net/dev) = 1 || exit 5; grep -qx 'Seccomp:.2' /proc/self/status || exit 6; touch /usr/x 2>/dev/null && exit 7; \
exec gdk-pixbuf-thumbnailer -s 128 $0 $1" %u %o
MimeType=image/x-wary;
"""


class Thumbnails(CallerTest):
    """GNOME's library, with the thumbnailers of Debian and one of ours."""
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        write(os.path.join(cls.home, ".local/share/thumbnailers/wary.thumbnailer"), WARY.replace("HOME", cls.home))
        cls.picture = os.path.join(cls.documents, "a picture")
        with open(cls.picture, "wb") as f:
            f.write(png(300))

    def thumbnail(self, name, kind="image/png", **options):
        cache = os.path.join(self.root, f"cache-{name}")
        shutil.rmtree(cache, ignore_errors=True)
        return self.run_command(["/usr/bin/python3", os.path.join(SOURCE, "tests/tools/thumbnail.py"), self.picture, kind],
                                env={"PATH": self.path_with(name), "XDG_CACHE_HOME": cache, "GSETTINGS_BACKEND": "memory",
                                     "GIO_USE_VFS": "local", "XDG_DATA_DIRS": "/usr/share"}, **options)

    def test_the_same_thumbnail(self):
        made = {}
        for name in self.bwraps:
            if name != "broken":
                path = self.assertOk(self.thumbnail(name)).out.strip()
                self.assertIn(f"/cache-{name}/thumbnails/normal/", path)
                with open(path, "rb") as f:
                    made[name] = f.read()
        self.assertEqual(len(set(made.values())), 1)
        self.assertIn(b"Thumb::URI\0file://", made["appbox"])
        path = write(os.path.join(self.work, "made.png"), made["appbox"])
        pixels = subprocess.run(["convert", path, "-depth", "8", "rgb:-"], stdout=subprocess.PIPE, check=True).stdout
        self.assertEqual(pixels, b"\xff\0\0" * 128 * 128)

    def test_it_really_is_in_a_sandbox(self):
        for name in self.bwraps:
            if name != "broken":
                self.assertOk(self.thumbnail(name, "image/x-wary"))

    def test_without_a_sandbox_there_is_none(self):
        for kind in ("image/png", "image/x-wary"):
            self.assertFails(self.thumbnail("broken", kind), "exited with code 77")


class Icons(CallerTest):
    """The validators of Flatpak and of the portals look at an icon in a sandbox."""
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        for size in (64, 1024):
            with open(os.path.join(cls.work, f"{size}.png"), "wb") as f:
                f.write(png(size))
        write(os.path.join(cls.work, "not.png"), "no picture")

    def validate(self, command):
        """`command(name, FILE)`: the command line with that program as bwrap."""
        for name in self.bwraps:
            good = self.run_command(command(name, "64.png"))
            if name == "broken":
                self.assertFails(good, "no sandbox today")
                continue
            self.assertOk(good)
            self.assertEqual(good.out, "[Icon Validator]\nformat=png\nwidth=64\n")
            self.assertFails(self.run_command(command(name, "1024.png")), "Image too large")
            self.assertFails(self.run_command(command(name, "not.png")), "Format not recognized")

    def test_of_flatpak(self):
        self.validate(lambda name, file: ["env", f"FLATPAK_BWRAP={self.bwrap(name)}", FLATPAK_VALIDATOR, "--sandbox", "512", "512",
                                          os.path.join(self.work, file)])

    def test_of_the_portals(self):
        validator = os.path.join(unpacked(*PORTAL), "usr/libexec/xdg-desktop-portal-validate-icon")
        # It starts itself again in the sandbox, which sees /usr only.
        self.validate(lambda name, file: self.compiled_in(name, FLATPAK_VALIDATOR, "--sandbox", "512", "512", os.path.join(self.work, file),
                                                          over=[(validator, FLATPAK_VALIDATOR)]))
