/* SPDX-License-Identifier: Apache-2.0 */
#include "conf/glob_index.h"

#include <stdint.h>
#include <string.h>

#include "common/hash.h"
#include "conf/glob.h"

enum {
	/* A longer beginning counts up to here: the rest is compared anyway. */
	BEGINNING_MAX = 255,
	UNMATCHED = 64, /* a power of two */
	UNMATCHED_MAX = 63,
};

struct glob_node {
	const char *glob;
	size_t length; /* of its key: all of a literal, else its beginning */
	bool literal;
	uint32_t hash; /* of its key */
	size_t rank;
	struct glob_node *next; /* of its bucket: of the same or a higher rank */
};

/* Texts that no glob has matched: of what a host runs by far the most are, again and again. Each
 * has one place, and may find another there. */
struct unmatched {
	unsigned char length; /* 0: none */
	char text[UNMATCHED_MAX];
};

struct glob_index {
	struct arena *arena;
	struct unmatched *unmatched;
	struct glob_node **buckets;
	size_t mask;
	bool begins[BEGINNING_MAX + 1]; /* a glob with wildcards has a key of this length */
};

struct glob_index *glob_index_new(struct arena *arena, size_t globs)
{
	struct glob_index *index = arena_alloc(arena, 1, sizeof(*index));
	size_t buckets = 16;

	while (buckets < globs * 2)
		buckets *= 2;
	if (!index)
		return NULL;
	index->arena = arena;
	index->mask = buckets - 1;
	index->buckets = arena_alloc(arena, buckets, sizeof(struct glob_node *));
	index->unmatched = arena_alloc(arena, UNMATCHED, sizeof(*index->unmatched));
	return index->buckets && index->unmatched ? index : NULL;
}

static void find_key(struct glob_node *node)
{
	node->length = glob_beginning(node->glob);
	node->literal = node->glob[node->length] == '\0';
	if (!node->literal && node->length > BEGINNING_MAX)
		node->length = BEGINNING_MAX;
	node->hash = hash_bytes(HASH_START, node->glob, node->length);
}

static int add_glob(struct glob_index *index, const char *glob, size_t rank)
{
	struct glob_node *node = arena_alloc(index->arena, 1, sizeof(*node)), **bucket;

	if (!node)
		return -1;
	node->glob = glob;
	node->rank = rank;
	find_key(node);
	if (!node->literal)
		index->begins[node->length] = true;
	bucket = &index->buckets[node->hash & index->mask];
	node->next = *bucket;
	*bucket = node;
	memset(index->unmatched, 0, UNMATCHED * sizeof(*index->unmatched));
	return 0;
}

int glob_index_add(struct glob_index *index, const struct string_list *globs, size_t rank)
{
	for (size_t i = 0; i < globs->count; i++)
		if (add_glob(index, globs->items[i], rank) < 0)
			return -1;
	return 0;
}

bool glob_index_has_often(const struct glob_index *index, const char *glob, size_t times)
{
	struct glob_node key = {.glob = glob}, *node;
	size_t count = 0;

	find_key(&key);
	for (node = index->buckets[key.hash & index->mask]; node && count < times;
	     node = node->next)
		count += node->hash == key.hash && strcmp(node->glob, glob) == 0;
	return count >= times;
}

/* The text, or what of it has been read, as a key: one reading gives the hash of each beginning. */
struct text_key {
	const char *text;
	size_t length;
	uint32_t hash;
};

static bool node_matches(const struct glob_node *node, const struct text_key *key, bool literal)
{
	return node->hash == key->hash && node->literal == literal && node->length == key->length &&
	       glob_matches(node->glob, key->text);
}

/* Returns whether a glob matched, or some were not asked. */
static bool search_key(const struct glob_index *index, const struct text_key *key, bool literal,
		       struct glob_search *search)
{
	const struct glob_node *node = index->buckets[key->hash & index->mask];
	bool matched = false;

	for (; node && node->rank < search->found; node = node->next) {
		if (!node_matches(node, key, literal))
			continue;
		matched = true;
		if (!search->fits || search->fits(search->ctx, node->rank))
			search->found = node->rank;
	}
	return matched || node;
}

/* By its end: the beginnings of paths are alike. NULL: too short or too long. */
static struct unmatched *place_of(const struct glob_index *index, const char *text, size_t length)
{
	uint64_t end;

	if (length < sizeof(end) || length > UNMATCHED_MAX)
		return NULL;
	memcpy(&end, text + length - sizeof(end), sizeof(end));
	return &index->unmatched[hash_spread(end) % UNMATCHED];
}

void glob_index_search(const struct glob_index *index, const char *text, struct glob_search *search)
{
	const size_t length = strlen(text);
	struct unmatched *place = place_of(index, text, length);
	struct text_key key = {text, 0, HASH_START};
	bool matched = false;

	if (place && place->length == length && memcmp(place->text, text, length) == 0)
		return;
	for (;; key.length++) {
		if (key.length <= BEGINNING_MAX && index->begins[key.length])
			matched |= search_key(index, &key, false, search);
		if (!text[key.length])
			break;
		key.hash = hash_byte(key.hash, text[key.length]);
	}
	matched |= search_key(index, &key, true, search);
	if (matched || !place)
		return;
	place->length = (unsigned char)length;
	memcpy(place->text, text, length);
}

size_t glob_index_first(const struct glob_index *index, const char *text)
{
	struct glob_search search = {.found = GLOB_INDEX_NONE};

	glob_index_search(index, text, &search);
	return search.found;
}
