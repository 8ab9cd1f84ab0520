/* SPDX-License-Identifier: Apache-2.0 */
/*
 * status_forms: the courier's status (alerters/status_file.h) as a person, a program or Prometheus
 * reads it. Owns: the three forms. Must not own: reading it, where it is put, whether it is
 * healthy. What the status holds is not trusted: a field of another type is left out.
 */
#ifndef CAPWATCH_STATUS_FORMS_H
#define CAPWATCH_STATUS_FORMS_H

#include <jansson.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>

struct status_view {
	const json_t *status; /* NULL: there is none */
	int64_t age_ms;	      /* of it */
	bool runs;	      /* it is not too old */
};

typedef void (*status_form_fn)(const struct status_view *view, FILE *out);

void status_form_text(const struct status_view *view, FILE *out);
/* One object: the status, and "running" and "age_seconds". */
void status_form_json(const struct status_view *view, FILE *out);
/* Prometheus' text format: a file for node_exporter's textfile collector. */
void status_form_prometheus(const struct status_view *view, FILE *out);

#endif
