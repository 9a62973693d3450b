# SPDX-License-Identifier: LGPL-2.1-or-later
"""A GTK 3 application in its sandbox: its window on a real X server, with theme, fonts and icons of the Desktop runtime."""
import configparser
import os
import xml.etree.ElementTree

from display import Screen
from harness import program, time_limit, wait_until
from programs import ProgramTest

LONG = True

APP = "org.example.Calculator"
TITLE = "galculator"
LIGHT, DARK = (0xf6, 0xf5, 0xf4), (0x35, 0x35, 0x35)     # what Adwaita and its dark variant paint windows with


class Desktop(ProgramTest):
    @classmethod
    @time_limit(900)
    def setUpClass(cls):
        super().setUpClass()
        cls("test_the_window").install_program(APP)
        cls.screen = Screen(cls.root)
        cls.addClassCleanup(cls.screen.close)

    def show(self, *options):
        """Start the calculator; (process, id, x, y, width, height) of its window."""
        process = self.start([program("apprun"), *options, APP], env=self.screen.env)
        return (process, *self.screen.window(TITLE, process))

    def end(self, process):
        process.terminate()
        self.assertIn(process.wait(20), (-15, 143))

    def colours(self, rows):
        counts = {}
        for row in rows:
            for pixel in row:
                counts[pixel] = counts.get(pixel, 0) + 1
        return counts

    @time_limit(120)
    def test_the_window(self):
        """Title, size, the theme's background, letters with smooth edges; the runtime's font cache is taken as it is."""
        process, _, x, y, width, height = self.show()
        self.assertGreater(width, 200)
        self.assertGreater(height, 200)
        counts = self.colours(self.screen.settled(x, y, width, height))
        self.assertGreater(counts.get(LIGHT, 0), width * height // 10)
        greys = [colour for colour in counts if max(colour) - min(colour) < 6 and 0x30 < colour[0] < 0xe0]
        self.assertGreater(len(greys), 30, "letters that are drawn smoothly have many greys")
        self.end(process)
        self.assertFalse(os.path.exists(os.path.join(self.home, ".var/app", APP, "cache/fontconfig")))

    @time_limit(120)
    def test_it_calculates(self):
        """6*7= shows what 42 shows, and not what 43 shows."""
        process, _, x, y, width, _ = self.show()
        display = (x, y + 30, width, 60)
        self.screen.run("xdotool", "mousemove", str(x + 40), str(y + 60))

        def shown(keys):
            before = self.screen.settled(*display)
            self.screen.type(keys)
            wait_until(lambda: self.screen.pixels(*display) != before, 30, "another screen")
            rows = self.screen.settled(*display)
            self.screen.run("xdotool", "key", "Escape")
            return rows
        self.screen.settled(*display)
        product, same, other = shown("6*7="), shown("42"), shown("43")
        self.assertEqual(product, same)
        self.assertNotEqual(product, other)
        self.end(process)

    @time_limit(120)
    def test_another_theme(self):
        """The twin of the colours of the window: they are the theme's, which the environment can change."""
        process, _, x, y, width, height = self.show("--env=GTK_THEME=Adwaita:dark")
        counts = self.colours(self.screen.settled(x, y, width, height))
        self.assertGreater(counts.get(DARK, 0), width * height // 10)
        self.assertEqual(counts.get(LIGHT, 0), 0)
        self.end(process)

    @time_limit(60)
    def test_no_window_without_the_permission(self):
        done = self.apprun("--nosocket=x11", "--nosocket=fallback-x11", "--nosocket=wayland", APP, env=self.screen.env)
        self.assertFails(done, "cannot open display", status=1)
        self.assertEqual(self.screen.windows(), {})

    @time_limit(60)
    def test_no_window_without_the_key(self):
        """The server has a key, and only its entry for this display is handed on."""
        env = {**self.screen.env, "XAUTHORITY": os.path.join(self.root, "missing")}
        self.assertFails(self.apprun(APP, env=env), "cannot open display", status=1)

    @time_limit(60)
    def test_settings_fonts_and_icons_of_the_runtime(self):
        def inside(*argv):
            return self.apprun(f"--command={argv[0]}", APP, *argv[1:], env=self.screen.env, check=True).out
        settings = inside("gtk-query-settings")
        for name, value in (("gtk-theme-name", "Adwaita"), ("gtk-icon-theme-name", "Adwaita"), ("gtk-font-name", "DejaVu Sans 10")):
            self.assertRegex(settings, rf'{name}: "{value}"')
        self.assertIn("DejaVuSans.ttf", inside("fc-match", "sans-serif"))
        self.assertIn("DejaVuSansMono.ttf", inside("fc-match", "monospace"))
        self.assertIn("org.gtk.Settings.FileChooser", inside("gsettings", "list-schemas"))
        self.assertIn("image/svg+xml", inside("gio", "info", "-a", "standard::content-type",
                                              f"/app/share/icons/hicolor/scalable/apps/{APP}.svg"))

    @time_limit(60)
    def test_what_the_desktop_gets(self):
        """Desktop file, icons and metainfo, under the app's id."""
        image = os.path.join(self.work, "unpacked")
        self.run_command(["unsquashfs", "-q", "-n", "-d", image, self.image(APP)], check=True)
        exports = os.path.join(image, "export/share")
        desktop = configparser.ConfigParser(interpolation=None, strict=True)
        desktop.optionxform = str
        desktop.read(os.path.join(exports, "applications", f"{APP}.desktop"), encoding="utf-8")
        entry = desktop["Desktop Entry"]
        self.assertEqual(entry["Icon"], APP)
        self.assertEqual(entry["X-Flatpak-RenamedFrom"], "galculator.desktop;")
        self.assertEqual(entry["Comment"], "Perform simple and scientific calculations")
        for icon in ("48x48/apps/{}.png", "scalable/apps/{}.svg"):
            self.assertTrue(os.path.exists(os.path.join(exports, "icons/hicolor", icon.format(APP))), icon)
            self.assertFalse(os.path.exists(os.path.join(exports, "icons/hicolor", icon.format("galculator"))))
            self.assertTrue(os.path.exists(os.path.join(image, "files/share/icons/hicolor", icon.format("galculator"))))
        metainfo = xml.etree.ElementTree.parse(os.path.join(exports, "metainfo", f"{APP}.metainfo.xml")).getroot()
        self.assertEqual(metainfo.findtext("id"), APP)
        self.assertEqual(metainfo.findtext("project_license"), "GPL-2.0-or-later")
        self.assertEqual([e.text for e in metainfo.iterfind("provides/id")], ["galculator.desktop"])
