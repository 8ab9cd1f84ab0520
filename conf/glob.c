/* SPDX-License-Identifier: Apache-2.0 */
#include "conf/glob.h"

#include <fnmatch.h>
#include <string.h>

size_t glob_beginning(const char *glob)
{
	return strcspn(glob, "*?[\\");
}

bool glob_is_literal(const char *glob)
{
	return glob[glob_beginning(glob)] == '\0';
}

static bool is_special(char c)
{
	return c == '*' || c == '?' || c == '[' || c == '\\';
}

bool glob_matches(const char *glob, const char *text)
{
	size_t same = 0;

	while (glob[same] && glob[same] == text[same] && !is_special(glob[same]))
		same++;
	if (is_special(glob[same]))
		return fnmatch(glob, text, FNM_PATHNAME) == 0;
	return glob[same] == text[same];
}
