/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "builder/manifest/rows.h"

#define OBJECT ManifestTest
#define PLACED(key_, member_, about_, ...) ROW (key_, FIELD_PLACED, member_, about_, __VA_ARGS__)
static const Field rows[] = {
  PLACED ("can-read", can_read, "Files that the app can read, and folders that it can list; absolute, or below ~.",
          .check = value_check_test_path),
  PLACED ("cannot-read", cannot_read, "The contrary: it is not there for the app, or closed.", .check = value_check_test_path),
  PLACED ("can-write", can_write, "Files that can be opened for writing or made, and folders in which a file can be made.  "
                                  "No file is changed.", .check = value_check_test_path),
  PLACED ("cannot-write", cannot_write, "The contrary.", .check = value_check_test_path),
  PLACED ("can-connect", can_connect, "What answers a connection: ADDRESS:PORT with a numeric address, the path of a socket, or the name "
                                      "of an abstract one behind @.", .check = value_check_test_peer),
  PLACED ("cannot-connect", cannot_connect, "The contrary: there is no way to it, or nobody who answers.",
          .check = value_check_test_peer),
  PLACED ("can-run", can_run, "Programs of the app or its runtime, each with its arguments, quoted as for a shell; there need be no "
                              "shell.  They have no input, and must end with status.", .check = value_check_test_command),
  PLACED ("cannot-run", cannot_run, "Programs that are not there, or fail.", .check = value_check_test_command),
  ROW ("status", FIELD_INT, status, "Exit status of the programs of can-run.", .check = value_check_test_status, .standard = "0"),
  PLACED ("output-contains", output_contains, "What the output of each program of can-run contains, its errors too."),
  PLACED ("output-lacks", output_lacks, "What it does not contain."),
  TEXT ("why", why, "What depends on it, for who reads of a failure.", .check = value_check_line),
  { 0 }
};
#undef OBJECT

const FieldTable test_fields = { "a test", rows };
