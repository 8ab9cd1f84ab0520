/* SPDX-License-Identifier: Apache-2.0 */
/* faulty: each tool of tests/analysis/run must find something here; it is compiled by none else. */
#include <stdlib.h>

int faulty(int which);

int faulty(int which)
{
	char *text = malloc(8);
	char small[4];

	if (which)
		return small[which > 3 ? 4 : 0] + *text;
	free(text);
	return *text;
}
