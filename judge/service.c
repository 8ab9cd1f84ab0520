/* SPDX-License-Identifier: Apache-2.0 */
#include "judge/service.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "common/hash.h"
#include "judge/names.h"
#include "judge/pool.h"
#include "judge/quota.h"

/* The last bucket is of those that have ended: no look-up by name passes over them. */
enum { BUCKETS = 4096, ENDED = BUCKETS };

/* Of one node, those that nothing holds. */
struct idle {
	struct service *oldest, *newest;
};

struct service_table {
	struct service *buckets[BUCKETS + 1];
	struct idle idle[NODES_MAX];
	struct quota quota;
	struct names *names;
	struct pool *pool;
};

struct service_table *service_table_new(void)
{
	struct service_table *table = calloc(1, sizeof(*table));

	if (!table)
		return NULL;
	quota_begin(&table->quota, SERVICES_MAX, SERVICES_OTHERS_MAX);
	table->names = names_new();
	table->pool = pool_new(sizeof(struct service));
	if (table->names && table->pool)
		return table;
	service_table_free(table);
	return NULL;
}

void service_table_free(struct service_table *table)
{
	if (!table)
		return;
	for (size_t i = 0; i <= ENDED; i++) {
		while (table->buckets[i]) {
			struct service *service = table->buckets[i];
			table->buckets[i] = service->next;
			pool_give(table->pool, service);
		}
	}
	pool_free(table->pool);
	names_free(table->names);
	free(table);
}

static size_t bucket_of(unsigned node, enum service_kind kind, const char *name)
{
	return hash_text((uint64_t)node << 8 | kind, name, strlen(name)) % BUCKETS;
}

struct service *service_find(struct service_table *table, unsigned node, enum service_kind kind,
			     const char *name)
{
	struct service *service = table->buckets[bucket_of(node, kind, name)];

	for (; service; service = service->next) {
		if (service->node == node && service->kind == kind &&
		    strcmp(service->name, name) == 0)
			return service;
	}
	return NULL;
}

static void link_idle(struct service *service)
{
	struct idle *idle = &service->table->idle[service->node];

	service->older = idle->newest;
	service->newer = NULL;
	if (idle->newest)
		idle->newest->newer = service;
	else
		idle->oldest = service;
	idle->newest = service;
}

static void unlink_idle(struct service *service)
{
	struct idle *idle = &service->table->idle[service->node];

	if (service->older)
		service->older->newer = service->newer;
	else
		idle->oldest = service->newer;
	if (service->newer)
		service->newer->older = service->older;
	else
		idle->newest = service->older;
}

static const char *take_label(struct service_table *table, const char *text)
{
	const char *label = text && text[0] ? names_take(table->names, text, strlen(text)) : NULL;

	return label ? label : "";
}

static void release_label(const char *label)
{
	if (label[0])
		names_release(label);
}

static void release_labels(struct service *service)
{
	release_label(service->template_name);
	release_label(service->unit);
	release_label(service->container_id);
	release_label(service->runtime);
	release_label(service->pod_uid);
}

void service_set_labels(struct service *service, const struct service_labels *labels)
{
	struct service_table *table = service->table;

	release_labels(service);
	service->template_name = take_label(table, labels->template_name);
	service->unit = take_label(table, labels->unit);
	service->container_id = take_label(table, labels->container_id);
	service->runtime = take_label(table, labels->runtime);
	service->pod_uid = take_label(table, labels->pod_uid);
}

static void put_into(struct service *service, size_t bucket)
{
	struct service **first = &service->table->buckets[bucket];

	service->place = first;
	service->next = *first;
	if (*first)
		(*first)->place = &service->next;
	*first = service;
}

static void take_out(struct service *service)
{
	*service->place = service->next;
	if (service->next)
		service->next->place = service->place;
}

void service_end(struct service *service)
{
	take_out(service);
	put_into(service, ENDED);
}

/* Only services that nothing holds may go: the ledger's bound is also theirs. */
static void forget_oldest(struct service_table *table, unsigned node)
{
	struct service *gone = table->idle[node].oldest;

	if (!gone)
		return;
	take_out(gone);
	unlink_idle(gone);
	quota_remove(&table->quota, node);
	release_labels(gone);
	names_release(gone->name);
	pool_give(gone->table->pool, gone);
}

static struct service *add_service(struct service_table *table, unsigned node,
				   enum service_kind kind, const char *name)
{
	struct service *service = pool_take(table->pool);

	if (!service)
		return NULL;
	service->name = names_take(table->names, name, strlen(name));
	if (!service->name) {
		pool_give(table->pool, service);
		return NULL;
	}
	service->kind = kind;
	service->node = node;
	service->template_name = service->unit = "";
	service->container_id = service->runtime = service->pod_uid = "";
	service->table = table;
	put_into(service, bucket_of(node, kind, name));
	quota_add(&table->quota, node);
	link_idle(service);
	return service;
}

struct service *service_get(struct service_table *table, unsigned node, enum service_kind kind,
			    const char *name, bool *is_new)
{
	struct service *service;
	char key[SERVICE_NAME_MAX];
	unsigned payer;

	if (strnlen(name, sizeof(key)) == sizeof(key)) {
		memcpy(key, name, sizeof(key) - 1);
		key[sizeof(key) - 1] = '\0';
		name = key;
	}
	service = service_find(table, node, kind, name);
	*is_new = !service;
	if (service)
		return service;
	payer = quota_payer(&table->quota, node);
	if (payer != QUOTA_NOBODY)
		forget_oldest(table, payer);
	return add_service(table, node, kind, name);
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
	for (size_t i = 0; i <= ENDED; i++)
		for (struct service *service = table->buckets[i]; service; service = service->next)
			visit(ctx, service);
}
