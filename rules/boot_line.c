/* SPDX-License-Identifier: Apache-2.0 */
#include "rules/boot_line.h"

#include <string.h>

const char *boot_line_value(const char *line, const char *name)
{
	const char *value = NULL;

	for (const char *at = line; (at = strstr(at, name)); at += strlen(name))
		if (at == line || at[-1] == ' ')
			value = at + strlen(name);
	return value;
}

bool boot_line_audits(const char *line)
{
	const char *value = boot_line_value(line, "audit=");

	return value && (*value == '1' || strncmp(value, "on", 2) == 0);
}
