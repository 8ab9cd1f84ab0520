/* SPDX-License-Identifier: Apache-2.0 */
#include "cli/words.h"

#include <stdio.h>
#include <string.h>
#include "common/vocab.h"

enum { LIST_SIZE = 256, NAMES_MAX = 16 };

/* "a, b and c" */
static void list_names(const char *const *names, size_t count, char list[LIST_SIZE])
{
	size_t used = 0;

	list[0] = '\0';
	for (size_t i = 0; i < count && used < LIST_SIZE; i++)
		used += (size_t)snprintf(list + used, LIST_SIZE - used, "%s%s",
					 i == 0		  ? ""
					 : i + 1 == count ? " and "
							  : ", ",
					 names[i]);
}

const void *words_find(const struct words_table *table, const char *word, struct error *err)
{
	const char *names[NAMES_MAX], *nearest;
	char list[LIST_SIZE];

	for (size_t i = 0; i < table->count; i++) {
		const char *row = (const char *)table->rows + i * table->size;

		memcpy(&names[i], row, sizeof(names[i]));
		if (strcmp(word, names[i]) == 0)
			return row;
	}
	nearest = vocab_nearest(names, table->count, word);
	list_names(names, table->count, list);
	error_set(err, "unknown action '%s'%s%s: there are %s", word,
		  nearest ? ", did you mean " : "", nearest ? nearest : "", list);
	return NULL;
}
