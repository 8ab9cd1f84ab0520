/* SPDX-License-Identifier: Apache-2.0 */
/*
 * settings_values: kinds of values that only delivery's keys have: sizes, rates, the spool,
 * headers. Owns: their syntax. Must not own: which sink may have which key (settings).
 */
#ifndef CAPWATCH_SETTINGS_VALUES_H
#define CAPWATCH_SETTINGS_VALUES_H

#include "conf/yaml_read.h"

/* "64MiB" and so on into an int64_t; 1 GiB is not 1 GB, and only the first can be written. */
int settings_read_size(const struct yaml_reader *reader, const struct yaml_node *node,
		       void *target);

/* "60/min" and so on into a struct settings_rate. */
int settings_read_rate(const struct yaml_reader *reader, const struct yaml_node *node,
		       void *target);

/* A list of reasons, or one, into the bits of a uint32_t. */
int settings_read_reasons(const struct yaml_reader *reader, const struct yaml_node *node,
			  void *target);

/* A duration of at least a second, so that no receiver is flooded by mistake. */
int settings_read_heartbeat(const struct yaml_reader *reader, const struct yaml_node *node,
			    void *target);

/* Headers of a request, by name, into a struct settings_headers; of header_files the value is the
 * path of a file that holds it. */
int settings_read_headers(const struct yaml_reader *reader, const struct yaml_node *node,
			  void *target);
int settings_read_header_files(const struct yaml_reader *reader, const struct yaml_node *node,
			       void *target);

/* "sha256//BASE64", several with ";" between, into a char *. */
int settings_read_pin(const struct yaml_reader *reader, const struct yaml_node *node, void *target);

/* The mapping of spool: into a struct spool_settings. */
int settings_read_spool(const struct yaml_reader *reader, const struct yaml_node *node,
			void *target);

#endif
