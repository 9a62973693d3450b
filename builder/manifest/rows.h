/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * How a row of a field table is written: key, member of OBJECT, what the manual says of it, then anything else that
 * the row has.
 */
#pragma once

#include "builder/manifest/fields.h"
#include "builder/manifest/value.h"

#define ROW(key_, type_, member_, about_, ...) \
  { .key = key_, .type = type_, .offset = G_STRUCT_OFFSET (OBJECT, member_), .about = about_, __VA_ARGS__ }
#define TEXT(key_, member_, about_, ...) ROW (key_, FIELD_TEXT, member_, about_, __VA_ARGS__)
#define TEXTS(key_, member_, about_, ...) ROW (key_, FIELD_TEXTS, member_, about_, __VA_ARGS__)
#define BOOL(key_, member_, about_, ...) ROW (key_, FIELD_BOOL, member_, about_, __VA_ARGS__)
/* Accepted; changes nothing in any result of ours, for the reason `why_`. */
#define NO_EFFECT(key_, why_, ...) { .key = key_, .type = FIELD_ANY, .state = FIELD_NO_EFFECT, .hint = why_, __VA_ARGS__ }
