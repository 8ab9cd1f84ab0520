/* SPDX-License-Identifier: Apache-2.0 */
#define _GNU_SOURCE
#include "judge/identity.h"

#include <ctype.h>
#include <stdio.h>
#include <string.h>

#define DIGITS "0123456789"
#define HEX_DIGITS DIGITS "abcdefABCDEF"

enum { CONTAINER_ID_LENGTH = 64, COMPONENT_MAX = 256 };

/* cgroup components that hold a container's id: "docker-<id>.scope". Of the runtimes' own code and
 * of systemd's driver in opencontainers/cgroups. */
static const struct container_prefix {
	const char *prefix, *runtime;
} container_prefixes[] = {
	{"docker-", "docker"},
	{"cri-containerd-", "containerd"},
	{"nerdctl-", "containerd"},
	{"crio-", "cri-o"},
	{"libpod-payload-", "podman"},
	{"libpod-", "podman"},
	{"runc-", "runc"},
	{"crun-", "crun"},
	{"lxc.payload.", "lxc"},
};

static bool ends_with(const char *text, const char *suffix)
{
	size_t length = strlen(text), suffix_length = strlen(suffix);

	return length >= suffix_length && strcmp(text + length - suffix_length, suffix) == 0;
}

static bool is_hex_id(const char *text, size_t length)
{
	if (length != CONTAINER_ID_LENGTH)
		return false;
	for (size_t i = 0; i < length; i++)
		if (!isxdigit((unsigned char)text[i]))
			return false;
	return true;
}

static void set_container(struct identity *identity, const char *id, size_t length,
			  const char *runtime)
{
	if (length >= SERVICE_ID_MAX)
		length = SERVICE_ID_MAX - 1;
	identity->kind = SERVICE_CONTAINER;
	snprintf(identity->container_id, sizeof(identity->container_id), "%.*s", (int)length, id);
	snprintf(identity->name, sizeof(identity->name), "%s", identity->container_id);
	snprintf(identity->runtime, sizeof(identity->runtime), "%s", runtime);
}

static bool take_container(const char *component, const char *parent, struct identity *identity)
{
	size_t length = strlen(component);
	bool scope = ends_with(component, ".scope");

	for (size_t i = 0; i < sizeof(container_prefixes) / sizeof(container_prefixes[0]); i++) {
		const struct container_prefix *known = &container_prefixes[i];
		size_t skip = strlen(known->prefix);
		size_t id_length;
		/* conmon waits beside its container, on the host */
		if (strncmp(component, known->prefix, skip) != 0 ||
		    strncmp(component + skip, "conmon-", 7) == 0)
			continue;
		id_length = length - skip - (scope ? strlen(".scope") : 0);
		if (id_length == 0 || (!scope && !is_hex_id(component + skip, id_length) &&
				       strcmp(known->runtime, "lxc") != 0))
			continue;
		set_container(identity, component + skip, id_length, known->runtime);
		return true;
	}
	if (is_hex_id(component, length)) {
		bool docker = strcmp(parent, "docker") == 0;
		set_container(identity, component, length, docker ? "docker" : "containerd");
		return true;
	}
	return false;
}

/* "kubepods-burstable-pod1234_ab.slice" or "pod1234-ab": the pod's uid with its dashes. */
static void take_pod(const char *component, struct identity *identity)
{
	const char *pod = strstr(component, "pod");
	char *out = identity->pod_uid;
	size_t used = 0;

	while (pod && strncmp(pod, "pods", 4) == 0)
		pod = strstr(pod + 4, "pod");
	if (!pod || (pod != component && strncmp(component, "kubepods", 8) != 0))
		return;
	for (pod += 3; *pod && *pod != '.' && used < sizeof(identity->pod_uid) - 1; pod++) {
		if (!isxdigit((unsigned char)*pod) && *pod != '_' && *pod != '-') {
			*out = '\0';
			return;
		}
		out[used++] = *pod == '_' ? '-' : *pod;
	}
	out[used] = '\0';
	if (used < 32)
		out[0] = '\0';
}

static bool is_unit_name(const char *component)
{
	return ends_with(component, ".service") || ends_with(component, ".scope") ||
	       ends_with(component, ".socket") || ends_with(component, ".mount") ||
	       ends_with(component, ".swap");
}

struct path_walk {
	const char *at;
	char component[COMPONENT_MAX], parent[COMPONENT_MAX];
};

static bool next_component(struct path_walk *walk)
{
	size_t length;

	while (*walk->at == '/')
		walk->at++;
	length = strcspn(walk->at, "/\n");
	if (length == 0)
		return false;
	memcpy(walk->parent, walk->component, sizeof(walk->parent));
	/* systemd escapes a name that looks like a control file with a leading underscore */
	if (walk->at[0] == '_' && length > 1) {
		walk->at++;
		length--;
	}
	snprintf(walk->component, sizeof(walk->component), "%.*s",
		 (int)(length < COMPONENT_MAX ? length : COMPONENT_MAX - 1), walk->at);
	walk->at += length;
	return true;
}

static void walk_path(const char *path, struct identity *identity)
{
	struct path_walk walk = {.at = path};
	bool user_slice = false, container = false;

	while (next_component(&walk)) {
		take_pod(walk.component, identity);
		/* a user's slice may be inside a container, never the other way about: what is
		 * below it anybody may name as he likes */
		if (!user_slice)
			container = take_container(walk.component, walk.parent, identity) ||
				    container;
		if (!container && strcmp(walk.component, "user.slice") == 0)
			user_slice = true;
		if (identity->unit[0] == '\0' && !container && is_unit_name(walk.component))
			snprintf(identity->unit, sizeof(identity->unit), "%s", walk.component);
	}
	if (container)
		return;
	if (user_slice) {
		identity->kind = SERVICE_SESSION;
		snprintf(identity->name, sizeof(identity->name), "%s",
			 identity->unit[0] ? identity->unit : "user.slice");
	} else if (identity->unit[0]) {
		identity->kind = SERVICE_UNIT;
		snprintf(identity->name, sizeof(identity->name), "%s", identity->unit);
	}
}

/* Lines are "ID:CONTROLLERS:PATH"; returns the path, or NULL when it is the root. */
static const char *line_path(const char *line)
{
	const char *first = strchr(line, ':');
	const char *second = first ? strchr(first + 1, ':') : NULL;

	if (!second || second[1] != '/' || second[2] == '\n' || second[2] == '\0')
		return NULL;
	return second + 1;
}

void identity_from_cgroup(const char *text, struct identity *identity)
{
	struct identity best = {.kind = SERVICE_UNKNOWN};

	for (const char *line = text; line && *line;) {
		const char *path = line_path(line);
		struct identity found = {.kind = SERVICE_UNKNOWN};
		if (path)
			walk_path(path, &found);
		/* the hierarchies agree but for those that nobody uses: a container beats a unit */
		if (found.kind == SERVICE_CONTAINER ||
		    (best.kind == SERVICE_UNKNOWN && found.kind != SERVICE_UNKNOWN))
			if (best.kind != SERVICE_CONTAINER)
				best = found;
		line = strchr(line, '\n');
		line = line ? line + 1 : NULL;
	}
	*identity = best;
}

/* Is this line of one cgroup file also a line of the other? */
static bool has_line(const char *text, const char *line, size_t length)
{
	while (text && *text) {
		size_t other = strcspn(text, "\n");
		if (other == length && memcmp(text, line, length) == 0)
			return true;
		text += other + (text[other] == '\n');
	}
	return false;
}

void identity_container_of_launcher(const char *text, const char *around, const char *runtime,
				    struct identity *identity)
{
	struct path_walk walk = {.at = NULL};

	identity_from_cgroup(text, identity);
	if (identity->kind == SERVICE_CONTAINER)
		return;
	memset(identity, 0, sizeof(*identity));
	identity->kind = SERVICE_UNKNOWN;
	for (const char *line = text; *line;) {
		size_t length = strcspn(line, "\n");
		const char *path = line_path(line);
		if (path && !has_line(around, line, length))
			walk.at = path;
		line += length + (line[length] == '\n');
	}
	if (!walk.at)
		return;
	while (next_component(&walk))
		;
	set_container(identity, walk.component, strlen(walk.component), runtime ? runtime : "");
}

static size_t uuid_length(const char *at)
{
	static const size_t groups[] = {8, 4, 4, 4, 12};
	const char *from = at;

	for (size_t i = 0; i < sizeof(groups) / sizeof(groups[0]); i++) {
		if (i > 0 && *at++ != '-')
			return 0;
		if (strspn(at, HEX_DIGITS) != groups[i])
			return 0;
		at += groups[i];
	}
	return (size_t)(at - from);
}

/* A UUID, a run of digits, or one of 8 hex digits and more: the part of a transient name that
 * changes.
 */
static size_t variable_run(const char *at)
{
	size_t uuid = uuid_length(at);
	size_t hex = strspn(at, HEX_DIGITS);

	if (uuid)
		return uuid;
	return hex >= 8 ? hex : strspn(at, DIGITS);
}

void identity_template(const char *unit, char *buf, size_t size)
{
	const char *instance = strchr(unit, '@');
	const char *suffix = strrchr(unit, '.');
	bool transient = strncmp(unit, "run-", 4) == 0 || ends_with(unit, ".scope");
	size_t used = 0;

	if (instance && suffix && suffix > instance) {
		snprintf(buf, size, "%.*s@%s", (int)(instance - unit), unit, suffix);
		return;
	}
	while (*unit && used + 1 < size) {
		size_t run = transient ? variable_run(unit) : 0;
		if (run > 0) {
			buf[used++] = '*';
			unit += run;
		} else {
			buf[used++] = *unit++;
		}
	}
	buf[used] = '\0';
}

struct service *identity_service(struct world *world, unsigned node,
				 const struct identity *identity, bool *is_new)
{
	char template_name[SERVICE_NAME_MAX] = "container";
	const struct service_labels labels = {.template_name = template_name,
					      .unit = identity->unit,
					      .container_id = identity->container_id,
					      .runtime = identity->runtime,
					      .pod_uid = identity->pod_uid};
	struct service *service;

	*is_new = false;
	if (identity->kind == SERVICE_UNKNOWN)
		return NULL;
	service = service_get(world->services, node, identity->kind, identity->name, is_new);
	if (!service || !*is_new)
		return service;
	if (identity->kind != SERVICE_CONTAINER)
		identity_template(identity->name, template_name, sizeof(template_name));
	service_set_labels(service, &labels);
	return service;
}

static void session_name(int64_t session, char name[SERVICE_NAME_MAX])
{
	snprintf(name, SERVICE_NAME_MAX, "session-%lld", (long long)session);
}

bool identity_known_session(struct world *world, unsigned node, int64_t session)
{
	char name[SERVICE_NAME_MAX];

	session_name(session, name);
	return service_find(world->services, node, SERVICE_SESSION, name) != NULL;
}

struct service *identity_session(struct world *world, unsigned node, int64_t session, bool *is_new)
{
	char name[SERVICE_NAME_MAX];
	struct service *service;

	session_name(session, name);
	service = service_get(world->services, node, SERVICE_SESSION, name, is_new);
	if (service && *is_new)
		service_set_labels(service, &(struct service_labels){.template_name = "session"});
	return service;
}

struct service *identity_program(struct world *world, unsigned node, const char *exe, bool *is_new)
{
	struct service *service = service_get(world->services, node, SERVICE_PROGRAM, exe, is_new);

	if (service && *is_new)
		service_set_labels(service,
				   &(struct service_labels){.template_name = service->name});
	return service;
}

struct service *identity_new_program(struct world *world, unsigned node, const char *exe,
				     int64_t time)
{
	char name[SERVICE_NAME_MAX];
	struct service *service;
	bool is_new;

	snprintf(name, sizeof(name), "%s", exe);
	service = service_find(world->services, node, SERVICE_PROGRAM, name);
	if (service)
		service_end(service);
	service = identity_program(world, node, name, &is_new);
	if (service)
		service->first_event = time;
	return service;
}
