/* SPDX-License-Identifier: Apache-2.0 */
#include "judge/service.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { BUCKETS = 1024 };

struct service_table {
	struct service *buckets[BUCKETS];
	size_t count;
	struct service *oldest, *newest; /* of those that nothing holds */
};

struct service_table *service_table_new(void)
{
	return calloc(1, sizeof(struct service_table));
}

void service_table_free(struct service_table *table)
{
	if (!table)
		return;
	for (size_t i = 0; i < BUCKETS; i++) {
		struct service *service = table->buckets[i];
		while (service) {
			struct service *next = service->next;
			free(service);
			service = next;
		}
	}
	free(table);
}

static size_t bucket_of(unsigned node, enum service_kind kind, const char *name)
{
	uint32_t hash = 2166136261u ^ node * 31 ^ (unsigned)kind;

	for (; *name; name++)
		hash = (hash ^ (unsigned char)*name) * 16777619u;
	return hash % BUCKETS;
}

struct service *service_find(struct service_table *table, unsigned node, enum service_kind kind,
			     const char *name)
{
	struct service *service = table->buckets[bucket_of(node, kind, name)];

	for (; service; service = service->next) {
		if (!service->ended && service->node == node && service->kind == kind &&
		    strcmp(service->name, name) == 0)
			return service;
	}
	return NULL;
}

static void link_idle(struct service *service)
{
	struct service_table *table = service->table;

	service->older = table->newest;
	service->newer = NULL;
	if (table->newest)
		table->newest->newer = service;
	else
		table->oldest = service;
	table->newest = service;
}

static void unlink_idle(struct service *service)
{
	struct service_table *table = service->table;

	if (service->older)
		service->older->newer = service->newer;
	else
		table->oldest = service->newer;
	if (service->newer)
		service->newer->older = service->older;
	else
		table->newest = service->older;
}

/* Only services that nothing holds may go: the ledger's bound is also theirs. */
static void forget_oldest(struct service_table *table)
{
	struct service *gone = table->oldest;
	struct service **at;

	if (!gone)
		return;
	at = &table->buckets[bucket_of(gone->node, gone->kind, gone->name)];
	while (*at != gone)
		at = &(*at)->next;
	*at = gone->next;
	unlink_idle(gone);
	free(gone);
	table->count--;
}

struct service *service_get(struct service_table *table, unsigned node, enum service_kind kind,
			    const char *name, bool *is_new)
{
	struct service *service;
	char key[SERVICE_NAME_MAX];
	size_t bucket;

	snprintf(key, sizeof(key), "%s", name);
	service = service_find(table, node, kind, key);
	*is_new = !service;
	if (service)
		return service;
	if (table->count >= SERVICES_MAX)
		forget_oldest(table);
	service = calloc(1, sizeof(*service));
	if (!service)
		return NULL;
	bucket = bucket_of(node, kind, key);
	service->kind = kind;
	service->node = node;
	memcpy(service->name, key, sizeof(key));
	service->table = table;
	service->next = table->buckets[bucket];
	table->buckets[bucket] = service;
	table->count++;
	link_idle(service);
	return service;
}

int64_t service_running_from(const struct service *service, const struct service_clock *clock)
{
	int64_t limit, from;

	if (service->first_event == 0)
		return 0;
	if (service->unbegun && !service->started)
		return service->first_event;
	limit = service->first_event + clock->start_timeout_ms;
	if (service->started)
		from = service->started + clock->start_window_ms;
	else if (service->awaits_start)
		from = limit;
	else
		from = service->first_event + clock->start_window_ms;
	return from < limit ? from : limit;
}

enum phase service_phase(const struct service *service, const struct service_clock *clock,
			 int64_t now)
{
	int64_t from = service ? service_running_from(service, clock) : 0;

	if (from == 0)
		return PHASE_UNKNOWN;
	return now < from ? PHASE_STARTING : PHASE_RUNNING;
}

int64_t service_age(const struct service *service, int64_t now)
{
	if (!service || service->first_event == 0)
		return -1;
	return now > service->first_event ? now - service->first_event : 0;
}

void service_hold(struct service *service)
{
	if (service && service->processes++ == 0)
		unlink_idle(service);
}

void service_release(struct service *service)
{
	if (service && --service->processes == 0)
		link_idle(service);
}

void service_each(struct service_table *table, void (*visit)(void *ctx, struct service *service),
		  void *ctx)
{
	for (size_t i = 0; i < BUCKETS; i++)
		for (struct service *service = table->buckets[i]; service; service = service->next)
			visit(ctx, service);
}
