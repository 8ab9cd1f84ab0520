/* SPDX-License-Identifier: Apache-2.0 */
/*
 * schemas: the JSON schemas of docs/, in the program, so that it prints the ones that it was built
 * with. schemas.c is made from docs/ by cli/embed-schemas.
 */
#ifndef CAPWATCH_SCHEMAS_H
#define CAPWATCH_SCHEMAS_H

enum { CLI_SCHEMAS = 5 };

struct cli_schema {
	const char *name; /* as --schema names it */
	const char *text;
};

extern const struct cli_schema cli_schemas[CLI_SCHEMAS];

#endif
