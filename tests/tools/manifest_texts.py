# SPDX-License-Identifier: LGPL-2.1-or-later
"""One tree, written as JSON or YAML in any of the ways that there are: block and flow, quotes or none, block scalars, anchors, comments."""

import json
import re


class Plain(str):
    """A text that stands without quotes, whatever it means then."""


class Shared:
    """The same node again: an alias in YAML."""
    def __init__(self, node):
        self.node = node


# What means nothing but itself without quotes.
PLAIN = re.compile(r"[A-Za-z0-9_./~+=$-]([A-Za-z0-9_./~+=$,*()\-;' -]*[A-Za-z0-9_./~+=$*();])?\Z")
WORD = re.compile(r"(?i)(true|false|null|~|[-+]?[0-9]+|---|\.\.\.|-|=|)\Z")


def is_plain(text, flow):
    """Without quotes it is the same text: also numbers with a point, for flatpak-builder too."""
    return (PLAIN.match(text) and not WORD.match(text) and not text.startswith(("- ", "---", "..."))
            and not (flow and re.search(r"[,*]", text)) and " #" not in text)


class Json:
    """JSON with comments, blanks and line breaks in places that other writers do not think of."""

    def __init__(self, random):
        self.random = random
        self.comments = random.random() < 0.4
        self.indent = random.choice((None, 1, 2, 4, "\t"))

    def gap(self, level):
        text = "" if self.indent is None else "\n" + (self.indent * level if isinstance(self.indent, str) else " " * self.indent * level)
        if self.comments and self.random.random() < 0.05:
            text += self.random.choice(("/* a comment */", "/* with \"quotes\", { and\n lines */", "/**/", "/* // */"))
        return text

    def text(self, value):
        result = json.dumps(value, ensure_ascii=self.random.random() < 0.3)
        if "\\n" in result and self.random.random() < 0.3 and "\\\\n" not in result:
            result = result.replace("\\n", "\n")
        return result.replace("/", "\\/") if self.random.random() < 0.05 else result

    def node(self, node, level=0):
        if isinstance(node, Shared):
            node = node.node
        if isinstance(node, (dict, list)):
            opening, closing = "{}" if isinstance(node, dict) else "[]"
            items = node.items() if isinstance(node, dict) else ((None, item) for item in node)
            inside = [self.gap(level + 1) + (self.text(key) + self.random.choice((":", ": ", " : ")) if key is not None else "")
                      + self.node(value, level + 1) for key, value in items]
            return opening + ",".join(inside) + (self.gap(level) if inside else "") + closing
        return self.text(str(node) if isinstance(node, str) else node)


class Yaml:
    def __init__(self, random):
        self.random = random
        self.step = random.choice((2, 2, 2, 3, 4))
        self.list_step = random.choice((0, 2, 2))
        self.anchors = {}
        self.comments = random.random() < 0.4
        self.shared = set()

    def quoted(self, text):
        simple = "\n" not in text and not re.search(r"[^ -~\u00a0-\ud7ff\ue000-\ufffd]|\\t", text)
        if simple and "\t" not in text and self.random.random() < 0.5:
            return "'" + text.replace("'", "''") + "'"
        if self.random.random() < 0.2:
            return json.dumps(text, ensure_ascii=True) if all(ord(c) < 0x10000 for c in text) else json.dumps(text, ensure_ascii=False)
        return json.dumps(text, ensure_ascii=False).replace("\\u007f", "\\x7f")

    def scalar(self, value, flow):
        if isinstance(value, Plain):
            return str(value)
        if value is None:
            return "null"
        if isinstance(value, bool):
            return "true" if value else "false"        # True and TRUE are for flatpak-builder since 1.3
        if isinstance(value, (int, float)):
            return str(value)
        return value if is_plain(value, flow) and self.random.random() < 0.6 else self.quoted(value)

    def block(self, text, indent):
        """As a block scalar, when that can say it; else None."""
        body = text.rstrip("\n")
        if not body or body != body.strip(" ") or re.search(r"[^\n -~\u00a1-\ud7ff]", text) or body.startswith(("\n", "#")) or "\n " in text:
            return None
        ending = {0: "-", 1: ""}.get(len(text) - len(body), "+")
        lines = body.split("\n") + [""] * (len(text) - len(body) - 1)
        folded = len(lines) == 1 and self.random.random() < 0.5
        if folded and "  " not in body and len(body) > 20:
            middle = body.find(" ", len(body) // 2)
            lines = [body[:middle], body[middle + 1:]] if middle > 0 and body[middle + 1:middle + 2] not in (" ", "") else lines
        return (">" if folded else "|") + ending + "".join("\n" + (" " * indent + line if line else "") for line in lines)

    def flow(self, node):
        if isinstance(node, Shared):
            node = node.node
        if isinstance(node, dict):
            return "{" + ", ".join(f"{self.key(key, True)}: {self.flow(value)}" for key, value in node.items()) + "}"
        if isinstance(node, list):
            return "[" + ", ".join(map(self.flow, node)) + self.random.choice(("]", " ]", ",]" if node else "]"))
        return self.scalar(node, True)

    def key(self, key, flow=False):
        return key if is_plain(key, flow) and self.random.random() < 0.9 else self.quoted(key)

    def comment(self, indent):
        if not self.comments or self.random.random() > 0.08:
            return ""
        return self.random.choice(("\n", "\n\n")) + " " * self.random.choice((0, indent)) + self.random.choice(("# a: b", "#", "#- x", "# \"'{["))

    def behind(self, node, indent):
        """What stands behind "key:" in a map at that column, with the blank or line break in front."""
        anchor = ""
        if isinstance(node, Shared):
            if id(node.node) in self.anchors:
                return " *" + self.anchors[id(node.node)]
            node = node.node
        elif id(node) in self.shared:
            self.anchors[id(node)] = f"a{len(self.anchors)}"
            anchor = " &" + self.anchors[id(node)]
        if isinstance(node, (dict, list)) and node and self.random.random() < 0.85:
            if isinstance(node, dict):
                return anchor + "\n" + self.map(node, indent + self.step)
            return anchor + "\n" + self.list(node, indent + self.list_step)
        block = self.block(node, indent + self.step) if type(node) is str and self.random.random() < 0.3 else None
        if block is not None:
            return anchor + " " + block
        return anchor + " " + (self.flow(node) if isinstance(node, (dict, list)) else self.scalar(node, False))

    def map(self, node, indent):
        return "\n".join(" " * indent + self.key(key) + ":" + self.behind(value, indent) + self.comment(indent) for key, value in node.items())

    def item(self, item, indent):
        if isinstance(item, dict) and item and self.random.random() < 0.8:
            text = self.map(item, indent + 2)
            anchor = ""
            if id(item) in self.shared:
                self.anchors[id(item)] = f"a{len(self.anchors)}"
                anchor = "&" + self.anchors[id(item)] + "\n" + " " * (indent + 2)
            return " " * indent + "- " + anchor + text[indent + 2:]
        return " " * indent + "-" + self.behind(item, indent)

    def list(self, node, indent):
        self.shared.update(id(item.node) for item in node if isinstance(item, Shared))
        return "\n".join(self.item(item, indent) + self.comment(indent) for item in node)

    def node(self, node):
        if isinstance(node, (dict, list)) and node:
            text = self.map(node, 0) if isinstance(node, dict) else self.list(node, 0)
        else:
            text = self.flow(node)
        return self.random.choice(("", "", "---\n", "# first\n")) + text + self.random.choice(("\n", "\n", "", "\n...\n"))


def write(node, as_json, random):
    return Json(random).node(node) if as_json else Yaml(random).node(node)
