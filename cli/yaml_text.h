/* SPDX-License-Identifier: Apache-2.0 */
/*
 * yaml_text: names from outside as they are written into a baseline: in YAML's double quotes, and
 * so that as a glob (fnmatch(3)) they fit themselves alone.
 */
#ifndef CAPWATCH_YAML_TEXT_H
#define CAPWATCH_YAML_TEXT_H

#include <stdio.h>

void yaml_text_path(FILE *out, const char *path);

/* A unit's template, whose * stands for any instance. */
void yaml_text_unit(FILE *out, const char *unit);

#endif
