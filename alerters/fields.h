/* SPDX-License-Identifier: Apache-2.0 */
/*
 * fields: what the formats take out of an alert's JSON, and how a table of theirs becomes JSON.
 * Owns: finding, converting, composing. Must not own: any format's names.
 * An alert comes from the sensor, which parses what attackers write: each field may be missing or
 * of another type than the schema has, and is then left out.
 */
#ifndef CAPWATCH_FIELDS_H
#define CAPWATCH_FIELDS_H

#include <stdbool.h>
#include <stdint.h>
#include <jansson.h>
#include "alerters/text_out.h"
#include "common/vocab.h"

/* "process.pid" in nested objects; NULL where there is none or it is null. */
const json_t *fields_find(const json_t *root, const char *path);

/* The string there, otherwise NULL. It may hold NULs: json_string_length() tells. */
const char *fields_text(const json_t *root, const char *path);

/* The time there ("2026-11-22T02:13:09.123Z") in ms since the epoch; -1 when there is none. */
int64_t fields_time(const json_t *root, const char *path);

/* The vocabulary's value of the word there; -1 when there is none. */
int fields_word(const json_t *root, const char *path, const struct vocab *vocab);

/* What tells a message apart that is a sign of life, not a finding: its schema. */
bool fields_is_heartbeat(const json_t *root);

/* "expansion-after-start" as "Expansion after start"; "Heartbeat"; "Finding" where no reason is. */
void fields_title(const json_t *root, struct text_out *title);

/* Capabilities gained, each once whichever sets gained it; the sets that gained any. */
void fields_list_gained(const json_t *root, struct text_out *list);
void fields_list_sets(const json_t *root, struct text_out *list);

/* One row of a format's table. Its value, put at to ("process.parent.pid", nested objects), is
 * text, else what make returns for the value at from (NULL: nothing is put), else that value. A row
 * whose from is not in the alert is passed over. */
struct field_row {
	const char *to;
	const char *from;
	json_t *(*make)(const json_t *root, const json_t *value);
	const char *text;
};

/* Puts the rows into the object. */
void fields_fill(json_t *object, const struct field_row *rows, size_t count, const json_t *root);

/* Puts one value there, if it is not NULL; takes the reference. */
void fields_set(json_t *object, const char *path, json_t *value);

/* For tables: an integer as a string; a time as an integer of ms; a string in one line that people
 * may be shown; all capabilities of a list in upper case. */
json_t *fields_make_text(const json_t *root, const json_t *value);
json_t *fields_make_ms(const json_t *root, const json_t *value);
json_t *fields_make_line(const json_t *root, const json_t *value);
json_t *fields_make_upper(const json_t *root, const json_t *value);
/* The last part of a path. */
json_t *fields_make_file_name(const json_t *root, const json_t *value);
/* fields_title(), fields_list_gained(). */
json_t *fields_make_title(const json_t *root, const json_t *value);
json_t *fields_make_gained(const json_t *root, const json_t *value);

#endif
