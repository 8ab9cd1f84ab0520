/* SPDX-License-Identifier: Apache-2.0 */
#include "rules/loader.h"

#include <stddef.h>
#include <unistd.h>

static const char *const augenrules_paths[] = {"/usr/sbin/augenrules", "/sbin/augenrules"};

static const char *find_augenrules(void)
{
	for (size_t i = 0; i < sizeof(augenrules_paths) / sizeof(augenrules_paths[0]); i++)
		if (access(augenrules_paths[i], X_OK) == 0)
			return augenrules_paths[i];
	return NULL;
}

int loader_run(bool load, struct loader_result *result, struct error *err)
{
	const char *path = find_augenrules();
	const char *const arguments[] = {"augenrules", load ? "--load" : NULL, NULL};

	*result = (struct loader_result){.found = path};
	return path ? program_run(path, arguments, &result->run, err) : 0;
}
