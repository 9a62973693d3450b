# SPDX-License-Identifier: LGPL-2.1-or-later
"""What a terminal shows after some output: only the sequences that Nacelle's progress uses."""
import re

TOKEN = re.compile(r"\x1b\[(\d*)([A-Za-z])|(\r)|(\n)|([^\r\n\x1b])", re.S)


class Screen:
    def __init__(self, columns=80):
        self.columns = columns
        self.rows = [""]
        self.row = self.column = 0

    def feed(self, text):
        text = re.sub(r"\x1b(\[\d*)?$", "", text)      # a sequence whose end has not been read yet
        for number, command, carriage, newline, character in TOKEN.findall(text):
            if command:
                self._command(command, int(number or 1))
            elif carriage:
                self.column = 0
            elif newline:
                self._down()
            elif character:
                self._put(character)
        return self

    def _down(self):
        self.row += 1
        self.column = 0
        if self.row == len(self.rows):
            self.rows.append("")

    def _put(self, character):
        if self.column == self.columns:
            self._down()
        line = self.rows[self.row].ljust(self.column)
        self.rows[self.row] = line[:self.column] + character + line[self.column + 1:]
        self.column += 1

    def _command(self, command, number):
        if command == "A":
            self.row = max(0, self.row - number)
        elif command == "K":
            self.rows[self.row] = self.rows[self.row][:self.column]
        elif command == "J":
            self.rows[self.row] = self.rows[self.row][:self.column]
            del self.rows[self.row + 1:]
        elif command != "m":
            raise AssertionError(f"a sequence that this screen does not know: {command}")

    @property
    def lines(self):
        """The rows with something on them."""
        return [row.rstrip() for row in self.rows if row.strip()]
