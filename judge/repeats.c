/* SPDX-License-Identifier: Apache-2.0 */
#define _GNU_SOURCE
#include "judge/repeats.h"

#include <stddef.h>
#include <stdlib.h>
#include <string.h>

struct kind {
	struct alert *first; /* a copy with all its strings behind it; NULL: a free place */
	size_t size;	     /* of the copy */
	int64_t opened;
	int64_t count;		       /* beyond the first */
	int64_t first_time, last_time; /* of those beyond the first */
	int64_t last_observed;
};

struct repeats {
	judge_alert_fn deliver;
	void *ctx;
	int64_t window;
	size_t used, bytes;
	int64_t expires_at;	    /* no window is over before; a summary may be due later */
	uint64_t tags[REPEATS_MAX]; /* of fingerprints, so that the kinds themselves are rarely
				       looked at; of a free place, whatever was there */
	struct kind kinds[REPEATS_MAX];
	struct fingerprints fingerprints;
};

#define STRING(member) offsetof(struct alert, member)

/* Every borrowed string of an alert but the records. */
static const size_t strings[] = {
	STRING(host),
	STRING(host_id),
	STRING(process.comm),
	STRING(process.exe),
	STRING(process.command_line),
	STRING(process.tty),
	STRING(process.subject),
	STRING(process.user),
	STRING(process.login_user),
	STRING(process.parent_comm),
	STRING(process.parent_exe),
	STRING(service.name),
	STRING(service.unit),
	STRING(service.template_name),
	STRING(service.container.id),
	STRING(service.container.runtime),
	STRING(service.container.pod_uid),
	STRING(service.container.name),
	STRING(service.container.image),
	STRING(service.container.namespace_),
	STRING(service.container.pod_name),
	STRING(service.container.workload),
	STRING(file.path),
	STRING(coverage.lost),
	STRING(coverage.rule),
	STRING(coverage.by_exe),
	STRING(coverage.act),
	STRING(coverage.boot_id),
	STRING(baseline.entry),
	STRING(baseline.file),
	STRING(baseline.suggestion),
	STRING(baseline.digest),
	STRING(detail),
	STRING(audit.node),
	STRING(audit.arch),
	STRING(audit.syscall),
	STRING(audit.key),
};

enum { STRING_COUNT = sizeof(strings) / sizeof(strings[0]) };

static struct bytes *string_at(struct alert *alert, size_t i)
{
	return i < STRING_COUNT ? (struct bytes *)((char *)alert + strings[i])
				: &alert->audit.records[i - STRING_COUNT];
}

static size_t string_count(const struct alert *alert)
{
	return STRING_COUNT + alert->audit.record_count;
}

static size_t size_of_copy(const struct alert *alert)
{
	struct alert source = *alert;
	size_t size = sizeof(source);

	for (size_t i = 0; i < string_count(&source); i++)
		size += string_at(&source, i)->length;
	return size;
}

/* One block: the alert, then its strings. */
static struct alert *copy_alert(const struct alert *alert, size_t size)
{
	size_t count = string_count(alert);
	struct alert *copy = malloc(size);
	char *at;

	if (!copy)
		return NULL;
	*copy = *alert;
	at = (char *)(copy + 1);
	for (size_t i = 0; i < count; i++) {
		struct bytes *string = string_at(copy, i);
		if (!string->data)
			continue;
		memcpy(at, string->data, string->length);
		string->data = at;
		at += string->length;
	}
	return copy;
}

struct repeats *repeats_new(judge_alert_fn deliver, void *ctx)
{
	struct repeats *repeats = calloc(1, sizeof(*repeats));

	if (!repeats)
		return NULL;
	repeats->deliver = deliver;
	repeats->ctx = ctx;
	return repeats;
}

void repeats_free(struct repeats *repeats)
{
	if (!repeats)
		return;
	for (size_t i = 0; i < REPEATS_MAX; i++)
		free(repeats->kinds[i].first);
	free(repeats);
}

void repeats_set_window(struct repeats *repeats, int64_t milliseconds)
{
	repeats->window = milliseconds;
	repeats->expires_at = 0; /* by the new window it may be earlier */
}

static void close_kind(struct repeats *repeats, struct kind *kind)
{
	struct alert *alert = kind->first;

	kind->first = NULL;
	repeats->used--;
	repeats->bytes -= kind->size;
	if (kind->count > 0) {
		alert->is_summary = true;
		alert->count = kind->count;
		alert->first_time = kind->first_time;
		alert->last_time = kind->last_time;
		alert->time = kind->last_time;
		alert->observed_time = kind->last_observed;
		/* one refused attempt is a mistake, many are a search for a way */
		if (alert->reason == REASON_GAIN_DENIED && alert->severity < SEVERITY_MEDIUM)
			alert->severity = SEVERITY_MEDIUM;
		alert_make_id(alert);
		repeats->deliver(repeats->ctx, alert);
	}
	free(alert);
}

static bool same_bytes(struct bytes a, struct bytes b)
{
	return a.length == b.length && (a.length == 0 || memcmp(a.data, b.data, a.length) == 0);
}

/* What is lost, told again because it lasts, and its end are not repeats of each other. */
static bool same_loss(const struct alert *a, const struct alert *b)
{
	if (!a->coverage.present && !b->coverage.present)
		return true;
	return a->coverage.state == b->coverage.state && a->severity == b->severity &&
	       same_bytes(a->coverage.lost, b->coverage.lost);
}

/* Its beginning: it is a hash itself. */
static uint64_t tag_of(const struct alert *alert)
{
	uint64_t tag;

	_Static_assert(sizeof(alert->fingerprint) >= sizeof(tag), "a fingerprint is longer");
	memcpy(&tag, alert->fingerprint, sizeof(tag));
	return tag;
}

static struct kind *find_kind(struct repeats *repeats, const struct alert *alert)
{
	uint64_t tag = tag_of(alert);

	for (size_t i = 0; repeats->used > 0 && i < REPEATS_MAX; i++) {
		struct kind *kind = &repeats->kinds[i];
		if (repeats->tags[i] == tag && kind->first &&
		    same_bytes(kind->first->host, alert->host) &&
		    kind->first->disposition == alert->disposition &&
		    same_loss(kind->first, alert) &&
		    strcmp(kind->first->fingerprint, alert->fingerprint) == 0)
			return kind;
	}
	return NULL;
}

/* Of a table that is not full. */
static struct kind *free_kind(struct repeats *repeats)
{
	struct kind *kind = repeats->kinds;

	while (kind->first)
		kind++;
	return kind;
}

static void close_oldest(struct repeats *repeats)
{
	struct kind *oldest = NULL;

	for (size_t i = 0; i < REPEATS_MAX; i++) {
		struct kind *kind = &repeats->kinds[i];
		if (kind->first && (!oldest || kind->opened < oldest->opened))
			oldest = kind;
	}
	if (oldest)
		close_kind(repeats, oldest);
}

/* Without memory every alert goes out by itself. */
static void open_kind(struct repeats *repeats, const struct alert *alert, int64_t now)
{
	size_t size = size_of_copy(alert);
	struct alert *copy;
	struct kind *kind;

	while (repeats->used == REPEATS_MAX ||
	       (repeats->used > 0 && repeats->bytes + size > REPEATS_BYTES_MAX))
		close_oldest(repeats);
	copy = copy_alert(alert, size);
	if (!copy)
		return;
	if (repeats->used == 0 || now + repeats->window < repeats->expires_at)
		repeats->expires_at = now + repeats->window;
	kind = free_kind(repeats);
	*kind = (struct kind){.first = copy, .size = size, .opened = now};
	repeats->tags[kind - repeats->kinds] = tag_of(alert);
	repeats->used++;
	repeats->bytes += size;
}

bool repeats_count(struct repeats *repeats, struct alert *alert, int64_t now)
{
	struct kind *kind;

	alert_make_fingerprint(alert, &repeats->fingerprints);
	if (repeats->window == 0)
		return false;
	repeats_expire(repeats, now);
	kind = find_kind(repeats, alert);
	if (!kind)
		return false;
	if (kind->count++ == 0)
		kind->first_time = alert->time;
	kind->last_time = alert->time;
	kind->last_observed = alert->observed_time;
	return true;
}

void repeats_deliver(struct repeats *repeats, struct alert *alert, int64_t now)
{
	alert_make_id(alert);
	if (repeats->window > 0)
		open_kind(repeats, alert, now);
	repeats->deliver(repeats->ctx, alert);
}

void repeats_expire(struct repeats *repeats, int64_t now)
{
	int64_t earliest = INT64_MAX;

	if (repeats->used == 0 || now < repeats->expires_at)
		return;
	for (size_t i = 0; repeats->used > 0 && i < REPEATS_MAX; i++) {
		struct kind *kind = &repeats->kinds[i];
		if (!kind->first)
			continue;
		if (now - kind->opened >= repeats->window)
			close_kind(repeats, kind);
		else if (kind->opened + repeats->window < earliest)
			earliest = kind->opened + repeats->window;
	}
	repeats->expires_at = earliest;
}

void repeats_flush(struct repeats *repeats)
{
	for (size_t i = 0; repeats->used > 0 && i < REPEATS_MAX; i++)
		if (repeats->kinds[i].first)
			close_kind(repeats, &repeats->kinds[i]);
}

int64_t repeats_deadline(const struct repeats *repeats)
{
	int64_t deadline = -1;

	for (size_t i = 0; repeats->used > 0 && i < REPEATS_MAX; i++) {
		const struct kind *kind = &repeats->kinds[i];
		if (kind->first && kind->count > 0 &&
		    (deadline < 0 || kind->opened + repeats->window < deadline))
			deadline = kind->opened + repeats->window;
	}
	return deadline;
}
