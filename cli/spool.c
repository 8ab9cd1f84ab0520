/* SPDX-License-Identifier: Apache-2.0 */
/* capwatch spool: the alerts that lie in the courier's spool, looked at and moved from outside. */
#include "cli/verbs.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <getopt.h>
#include <inttypes.h>
#include <pwd.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include "alerters/spool_file.h"
#include "alerters/status_file.h"
#include "cli/words.h"
#include "common/text.h"
#include "common/vocab.h"
#include "conf/settings.h"

static const char help[] =
	"usage: capwatch spool [list] [OPTION...]\n"
	"       capwatch spool show|retry|drop [OPTION...] ID...\n"
	"       capwatch spool retry|drop --all [OPTION...]\n\n"
	"  list   what waits, what was given up (dead) and what is no whole alert (corrupt)\n"
	"  show   print alerts, and why they were given up\n"
	"  retry  have dead or corrupt alerts delivered after all, and try all that waits at once\n"
	"  drop   remove alerts for good\n\n"
	"An ID is an alert's id, or its number in the list.\n\n"
	"  --sink NAME    of this sink alone\n"
	"  --all          all that are dead or corrupt; never what waits\n"
	"  --config FILE  default " SETTINGS_DEFAULT_FILE "\n\n"
	"Exit code: 0 done; 1 no such alert; 2 an error.\n";

enum place { WAITING, DEAD, CORRUPT, PLACES };

enum { WHY_SIZE = 512, NAME_SIZE = 256, STATUS_TEXT_SIZE = 4096 };

static const char *const place_words[] = {"waiting", "dead", "corrupt"};
static const enum spool_grave graves[] = {[DEAD] = SPOOL_DEAD, [CORRUPT] = SPOOL_CORRUPT};

/* One alert file, as it lies there. */
struct item {
	const char *sink;
	enum place place;
	int sink_folder, folder; /* of the sink; of the place */
	uint64_t sequence;
	struct spool_file file;
	const char *text; /* NULL: it cannot be read */
};

struct work;

/* -1 with err ends it all. */
typedef int (*item_fn)(struct work *work, const struct item *item, struct error *err);

struct work {
	const char *config, *sink;
	bool all, help;
	char **ids;
	size_t id_count;
	item_fn act;
	size_t found;
	bool moved; /* the courier should look again */
};

/* ---- walking through ---- */

static bool is_meant(const struct work *work, const struct item *item)
{
	char number[24];

	if (work->all || work->id_count == 0)
		return !work->all || item->place != WAITING;
	snprintf(number, sizeof(number), "%" PRIx64, item->sequence);
	for (size_t i = 0; i < work->id_count; i++)
		if (strcmp(work->ids[i], number) == 0 ||
		    (item->text && strcmp(work->ids[i], item->file.id) == 0))
			return true;
	return false;
}

static int walk_item(struct work *work, struct item *item, struct error *err)
{
	struct error why;
	char *text = spool_file_load(item->folder, item->sequence, &item->file, &why);
	int result = 0;

	item->text = text;
	if (is_meant(work, item)) {
		work->found++;
		result = work->act(work, item, err);
	}
	free(text);
	return result;
}

static int walk_place(struct work *work, struct item *item, struct error *err)
{
	uint64_t *sequences;
	size_t count;
	int result = 0;

	if (spool_folder_list(item->folder, &sequences, &count, err) < 0)
		return -1;
	for (size_t i = 0; i < count && result == 0; i++) {
		item->sequence = sequences[i];
		result = walk_item(work, item, err);
	}
	free(sequences);
	return result;
}

static int walk_sink(struct work *work, const char *dir, const char *sink, struct error *err)
{
	struct item item = {.sink = sink, .sink_folder = spool_folder_look(dir, sink, err)};
	int result = item.sink_folder < 0 ? -1 : 0;

	for (item.place = WAITING; item.place < PLACES && result == 0; item.place++) {
		item.folder = item.place == WAITING
				      ? item.sink_folder
				      : spool_grave_open(item.sink_folder, graves[item.place], err);
		result = item.folder < 0 ? -1 : walk_place(work, &item, err);
		if (item.folder >= 0 && item.place != WAITING)
			close(item.folder);
	}
	if (item.sink_folder >= 0)
		close(item.sink_folder);
	return result;
}

/* As conf has them: what the courier's user put there besides is not ours, nor fit for a terminal.
 */
static int is_sink_folder(const struct dirent *entry)
{
	static const char valid[] =
		"abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_-.";
	const char *name = entry->d_name;

	return name[0] != '.' && strspn(name, valid) == strlen(name) &&
	       (entry->d_type == DT_DIR || entry->d_type == DT_UNKNOWN);
}

/* Folders of sinks that are configured no more are there as well. */
static int walk_all(struct work *work, const char *dir, struct error *err)
{
	struct dirent **entries;
	int count = scandir(dir, &entries, is_sink_folder, alphasort), result = 0;

	if (count < 0)
		return error_set(err, "cannot read %s: %s; %s", dir, strerror(errno),
				 errno == ENOENT ? "the courier makes it when it starts"
						 : "root and the courier's user alone may");
	for (int i = 0; i < count; i++) {
		const char *name = entries[i]->d_name;

		if (result == 0 && (!work->sink || strcmp(work->sink, name) == 0))
			result = walk_sink(work, dir, name, err);
		free(entries[i]);
	}
	free(entries);
	return result;
}

/* ---- what is done ---- */

static int list_item(struct work *work, const struct item *item, struct error *err)
{
	char time[32] = "-", id[SPOOL_FILE_ID_SIZE] = "-", why[WHY_SIZE], line[WHY_SIZE];

	(void)err;
	if (work->found == 1)
		printf("%-16s %-8s %6s %-8s %-24s %8s  %s\n", "SINK", "STATE", "NUMBER", "SEVERITY",
		       "SINCE", "FAILURES", "ID");
	if (item->text) {
		text_time(item->file.created, time, sizeof(time));
		text_to_line(item->file.id, strlen(item->file.id), id, sizeof(id));
	}
	printf("%-16s %-8s %6" PRIx64 " %-8s %-24s %8u  %s\n", item->sink, place_words[item->place],
	       item->sequence, item->text ? vocab_word(&vocab_severity, item->file.severity) : "-",
	       time, item->text ? item->file.attempts : 0, id);
	if (item->place == WAITING)
		return 0;
	spool_grave_why(item->folder, item->sequence, why, sizeof(why));
	if (why[0])
		printf("    %s\n", text_to_line(why, strlen(why), line, sizeof(line)));
	return 0;
}

static int show_item(struct work *work, const struct item *item, struct error *err)
{
	json_t *alert = item->text ? json_loads(item->text, JSON_ALLOW_NUL, NULL) : NULL;
	char why[WHY_SIZE], line[WHY_SIZE];

	(void)work;
	(void)err;
	spool_grave_why(item->folder, item->sequence, why, sizeof(why));
	printf("# %s, %s, number %" PRIx64 "%s%s\n", item->sink, place_words[item->place],
	       item->sequence, why[0] ? ": " : "",
	       text_to_line(why, strlen(why), line, sizeof(line)));
	if (alert)
		json_dumpf(alert, stdout, JSON_INDENT(2) | JSON_ENSURE_ASCII);
	puts(alert ? "" : "it cannot be read");
	json_decref(alert);
	return 0;
}

static int retry_item(struct work *work, const struct item *item, struct error *err)
{
	work->moved = true;
	if (item->place == WAITING)
		return 0;
	if (!item->text) {
		fprintf(stderr, "capwatch spool: %s, number %" PRIx64 ": it is no whole alert\n",
			item->sink, item->sequence);
		return 0;
	}
	return spool_file_exhume(item->sink_folder, item->sequence, graves[item->place], err);
}

static int drop_item(struct work *work, const struct item *item, struct error *err)
{
	work->moved = true;
	return item->place == WAITING ? spool_file_remove(item->folder, item->sequence, err)
				      : spool_grave_remove(item->folder, item->sequence, err);
}

/* ---- the courier ---- */

/* The number is from a file that a courier taken over may have written: it must be a process of the
 * courier's name and user. */
static bool is_courier(pid_t pid, const char *user)
{
	char path[64], text[STATUS_TEXT_SIZE], uid[64];
	const struct passwd *account = getpwnam(user);
	FILE *file;
	size_t got;

	snprintf(path, sizeof(path), "/proc/%d/status", (int)pid);
	file = fopen(path, "re");
	if (!file)
		return false;
	got = fread(text, 1, sizeof(text) - 1, file);
	fclose(file);
	text[got] = '\0';
	snprintf(uid, sizeof(uid), "\nUid:\t%u\t", account ? account->pw_uid : geteuid());
	return strncmp(text, "Name:\tcapwatch-courie\n", strlen("Name:\tcapwatch-courie\n")) == 0 &&
	       strstr(text, uid) != NULL;
}

/* It takes in what is new in its folders, and tries all that waits. */
static void tell_courier(const struct settings *settings)
{
	struct error err;
	json_t *status = status_file_read(settings->spool.dir, &err);
	pid_t pid = (pid_t)json_integer_value(json_object_get(status, "pid"));

	if (status && pid > 1 && is_courier(pid, settings->courier_user) && kill(pid, SIGHUP) == 0)
		puts("the courier was told to look again.");
	else
		puts("no courier was told: it looks again when it starts, or gets SIGHUP.");
	json_decref(status);
}

/* ---- the verb ---- */

static const struct action {
	const char *name;
	item_fn act;
	bool wants_ids;
} actions[] = {
	{"list", list_item, false}, /* first: what is done when none is named */
	{"show", show_item, true},
	{"retry", retry_item, true},
	{"drop", drop_item, true},
};
static const struct words_table action_names = {actions, sizeof(actions[0]),
						sizeof(actions) / sizeof(actions[0])};

static int run(struct work *work, struct error *err)
{
	struct settings *settings = settings_load(work->config, err);
	int result;

	if (!settings)
		return -1;
	result = walk_all(work, settings->spool.dir, err);
	if (result == 0 && work->found == 0)
		puts(work->id_count > 0 ? "no such alert." : "no alerts.");
	if (work->moved)
		tell_courier(settings);
	settings_free(settings);
	return result < 0 ? -1 : work->found == 0 && work->id_count > 0;
}

/* Options and action alike; the rest are ids. 0, or -1 with err. */
static int read_arguments(int argc, char **argv, struct work *work, struct error *err)
{
	static const struct option options[] = {{"sink", required_argument, NULL, 's'},
						{"all", no_argument, NULL, 'a'},
						{"config", required_argument, NULL, 'c'},
						{"help", no_argument, NULL, 'h'},
						{NULL, 0, NULL, 0}};
	const struct action *action;
	int option;

	optind = 1;
	while ((option = getopt_long(argc, argv, "h", options, NULL)) != -1) {
		if (option == 's')
			work->sink = optarg;
		else if (option == 'a')
			work->all = true;
		else if (option == 'c')
			work->config = optarg;
		else if (option == 'h')
			work->help = true;
		else
			return error_set(err, "see capwatch spool --help");
	}
	if (work->help)
		return 0;
	action = optind < argc ? words_find(&action_names, argv[optind++], err) : &actions[0];
	if (!action)
		return -1;
	work->act = action->act;
	work->moved = action->act == retry_item && work->all;
	work->ids = argv + optind;
	work->id_count = (size_t)(argc - optind);
	if (action->wants_ids == (work->id_count > 0 || work->all))
		return 0;
	return error_set(err,
			 action->wants_ids ? "%s what? Name ids or numbers of the list, or --all"
					   : "%s takes no id",
			 action->name);
}

int cli_spool(int argc, char **argv)
{
	struct work work = {.config = SETTINGS_DEFAULT_FILE};
	struct error err = {""};
	int result = read_arguments(argc, argv, &work, &err);

	if (result == 0 && work.help) {
		fputs(help, stdout);
		return 0;
	}
	if (result == 0)
		result = run(&work, &err);
	if (result >= 0)
		return result;
	fprintf(stderr, "capwatch spool: %s\n", err.text);
	return EXIT_USAGE;
}
