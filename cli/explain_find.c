/* SPDX-License-Identifier: Apache-2.0 */
/* Where the alert to be explained comes from. Must not own: what it means. */
#define _GNU_SOURCE
#include "cli/explanation.h"

#include <ctype.h>
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "alerters/spool_file.h"
#include "common/text.h"

enum { INPUT_MAX = SPOOL_FILE_TEXT_MAX, ID_MAX = 128 };

/* ---- standard input ---- */

static bool is_blank(const char *text, size_t length)
{
	for (size_t i = 0; i < length; i++)
		if (!isspace((unsigned char)text[i]))
			return false;
	return true;
}

static enum explain_found unfit(struct error *err, const char *what)
{
	error_set(err, "standard input: %s", what);
	return EXPLAIN_UNFIT;
}

/* jansson's words quote the input. */
static enum explain_found unfit_json(struct error *err, const json_error_t *why)
{
	char line[JSON_ERROR_TEXT_LENGTH];

	error_set(err, "standard input, line %d: no JSON: %s; give one alert of the native form",
		  why->line, text_to_line(why->text, strlen(why->text), line, sizeof(line)));
	return EXPLAIN_UNFIT;
}

static enum explain_found read_text(const char *text, size_t length, json_t **alert,
				    struct error *err)
{
	json_error_t why;
	size_t end;

	if (is_blank(text, length))
		return unfit(err, "it is empty: give the JSON of one alert");
	*alert = json_loadb(text, length, JSON_ALLOW_NUL | JSON_DISABLE_EOF_CHECK, &why);
	if (!*alert)
		return unfit_json(err, &why);
	end = (size_t)why.position;
	if (!is_blank(text + end, length - end)) {
		const char *more = text + end + strspn(text + end, " \t\r\n");
		char line[64];

		error_set(err, "standard input: after the first alert comes '%s'; give exactly one",
			  text_to_line(more, strnlen(more, 40), line, sizeof(line)));
		return EXPLAIN_UNFIT;
	}
	if (!json_is_object(*alert) || !json_is_string(json_object_get(*alert, "reason")))
		return unfit(err, "no alert of capwatch: it has no reason; give one of the native "
				  "form");
	return EXPLAIN_FOUND;
}

enum explain_found explanation_read(FILE *file, json_t **alert, struct error *err)
{
	/* the terminator is for strspn() */
	char *text = calloc(1, INPUT_MAX + 64);
	size_t length;
	enum explain_found found;

	if (!text)
		return unfit(err, "out of memory");
	length = fread(text, 1, INPUT_MAX + 1, file);
	if (ferror(file))
		found = unfit(err, "it cannot be read");
	else if (length > INPUT_MAX)
		found = unfit(err, "more than 1 MiB, which is no alert");
	else
		found = read_text(text, length, alert, err);
	free(text);
	return found;
}

/* ---- files ---- */

struct search {
	const char *id;
	json_t *alert;	  /* found, the newest so far */
	char places[512]; /* where was looked */
};

static void note_place(struct search *search, const char *path, const char *why)
{
	size_t used = strlen(search->places);

	snprintf(search->places + used, sizeof(search->places) - used, "%s%s%s%s%s",
		 used ? ", " : "", path, why ? " (" : "", why ? why : "", why ? ")" : "");
}

static void take_if_meant(struct search *search, const char *text, size_t length)
{
	json_t *alert;

	if (!memmem(text, length, search->id, strlen(search->id)))
		return;
	alert = json_loadb(text, length, JSON_ALLOW_NUL, NULL);
	if (alert && strcmp(explanation_text(alert, "id"), search->id) == 0) {
		json_decref(search->alert);
		search->alert = alert;
		return;
	}
	json_decref(alert);
}

/* What is no regular file must not hold us up, nor a line without an end. */
static void search_file(struct search *search, const char *path)
{
	int fd = open(path, O_RDONLY | O_CLOEXEC | O_NOCTTY | O_NONBLOCK);
	FILE *file = fd < 0 ? NULL : fdopen(fd, "r");
	struct stat status;
	char *line = NULL;
	size_t size = 0;
	ssize_t length;

	note_place(search, path, file ? NULL : strerror(errno));
	if (!file) {
		if (fd >= 0)
			close(fd);
		return;
	}
	if (fstat(fd, &status) == 0 && S_ISREG(status.st_mode))
		while ((length = getline(&line, &size, file)) > 0)
			take_if_meant(search, line, (size_t)length);
	free(line);
	fclose(file);
}

static void search_sink(struct search *search, const struct sink_settings *sink)
{
	char rotated[PATH_MAX];

	if (sink->type != SINK_FILE || sink->format != FORMAT_NATIVE)
		return;
	search_file(search, sink->path);
	if (search->alert)
		return;
	snprintf(rotated, sizeof(rotated), "%s.1", sink->path);
	search_file(search, rotated);
}

/* ---- the spool ---- */

static void search_folder(struct search *search, int folder)
{
	uint64_t *sequences = NULL;
	size_t count = 0;

	if (folder < 0 || spool_folder_list(folder, &sequences, &count, NULL) < 0)
		return;
	for (size_t i = count; i > 0 && !search->alert; i--) {
		struct spool_file file;
		char *text = spool_file_load(folder, sequences[i - 1], &file, NULL);

		if (text)
			take_if_meant(search, text, file.length);
		free(text);
	}
	free(sequences);
}

static void search_spool(struct search *search, const struct sink_settings *sink)
{
	char path[PATH_MAX];
	struct error err;
	int folder = spool_folder_look(sink->spool.dir, sink->name, &err), dead;

	snprintf(path, sizeof(path), "%s/%s", sink->spool.dir, sink->name);
	note_place(search, path, folder < 0 ? strerror(errno) : NULL);
	if (folder < 0)
		return;
	search_folder(search, folder);
	dead = search->alert ? -1 : spool_grave_open(folder, SPOOL_DEAD, &err);
	search_folder(search, dead);
	if (dead >= 0)
		close(dead);
	close(folder);
}

enum explain_found explanation_find(const struct settings *settings, const char *id, json_t **alert,
				    struct error *err)
{
	struct search search = {.id = id};
	char name[ID_MAX];

	for (size_t i = 0; i < settings->sink_count && *id && !search.alert; i++)
		search_sink(&search, &settings->sinks[i]);
	for (size_t i = 0; i < settings->sink_count && *id && !search.alert; i++)
		search_spool(&search, &settings->sinks[i]);
	*alert = search.alert;
	if (search.alert)
		return EXPLAIN_FOUND;
	error_set(err,
		  "no alert '%s' was found; looked in: %s; give its JSON on standard input "
		  "instead (capwatch explain -)",
		  text_to_line(id, strlen(id), name, sizeof(name)),
		  search.places[0] ? search.places : "nothing, for the configuration has no sink");
	return EXPLAIN_NOT_FOUND;
}
