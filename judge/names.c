/* SPDX-License-Identifier: Apache-2.0 */
#include "judge/names.h"

#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "common/hash.h"

enum { BUCKETS = 2048 };

struct name {
	struct names *names;
	struct name *next; /* of its bucket */
	uint32_t hash, holders;
	size_t length;
	char text[];
};

struct names {
	struct name *buckets[BUCKETS];
	size_t count;
};

struct names *names_new(void)
{
	return calloc(1, sizeof(struct names));
}

void names_free(struct names *names)
{
	if (!names)
		return;
	for (size_t i = 0; i < BUCKETS; i++) {
		while (names->buckets[i]) {
			struct name *name = names->buckets[i];
			names->buckets[i] = name->next;
			free(name);
		}
	}
	free(names);
}

static struct name *find_name(struct name *name, uint32_t hash, const char *text, size_t length)
{
	while (name && (name->hash != hash || name->length != length ||
			memcmp(name->text, text, length) != 0))
		name = name->next;
	return name;
}

static struct name *add_name(struct names *names, uint32_t hash, const char *text, size_t length)
{
	struct name *name = malloc(sizeof(*name) + length + 1);
	struct name **bucket = &names->buckets[hash % BUCKETS];

	if (!name)
		return NULL;
	*name = (struct name){.names = names, .next = *bucket, .hash = hash, .length = length};
	memcpy(name->text, text, length);
	name->text[length] = '\0';
	*bucket = name;
	names->count++;
	return name;
}

const char *names_take(struct names *names, const char *text, size_t length)
{
	struct name *name;
	uint32_t hash;

	length = strnlen(text, length);
	hash = hash_text(0, text, length);
	name = find_name(names->buckets[hash % BUCKETS], hash, text, length);
	if (!name)
		name = add_name(names, hash, text, length);
	if (!name)
		return NULL;
	name->holders++;
	return name->text;
}

static struct name *name_of(const char *text)
{
	return (struct name *)(text - offsetof(struct name, text));
}

const char *names_hold(const char *name)
{
	if (name)
		name_of(name)->holders++;
	return name;
}

void names_release(const char *text)
{
	struct name *name = text ? name_of(text) : NULL, **at;

	if (!name || --name->holders > 0)
		return;
	at = &name->names->buckets[name->hash % BUCKETS];
	while (*at != name)
		at = &(*at)->next;
	*at = name->next;
	name->names->count--;
	free(name);
}

size_t names_count(const struct names *names)
{
	return names->count;
}
