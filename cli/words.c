/* SPDX-License-Identifier: Apache-2.0 */
#include "cli/words.h"

#include <stdio.h>
#include <string.h>
#include "common/vocab.h"

enum { LIST_SIZE = 256 };

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

int words_find(const char *const *names, size_t count, const char *word, struct error *err)
{
	const char *nearest;
	char list[LIST_SIZE];

	for (size_t i = 0; i < count; i++)
		if (strcmp(word, names[i]) == 0)
			return (int)i;
	nearest = vocab_nearest(names, count, word);
	list_names(names, count, list);
	return error_set(err, "unknown action '%s'%s%s: there are %s", word,
			 nearest ? ", did you mean " : "", nearest ? nearest : "", list);
}
