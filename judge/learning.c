/* SPDX-License-Identifier: Apache-2.0 */
#include "judge/learning.h"

#include <fnmatch.h>

#include "judge/world.h"

bool learning_is_on(const struct world *world)
{
	return world->settings->mode == MODE_LEARN || world->learning.on;
}

static bool is_unit(const char *glob, const struct service *service)
{
	return service && service->unit[0] &&
	       (fnmatch(glob, service->unit, 0) == 0 ||
		fnmatch(glob, service->template_name, 0) == 0);
}

bool learning_covers(const struct world *world, const struct service *service)
{
	if (world->settings->mode == MODE_LEARN)
		return true;
	return world->learning.on &&
	       (!world->learning.unit[0] || is_unit(world->learning.unit, service));
}

bool learning_takes(enum reason reason)
{
	switch (reason) {
	case REASON_EXPANSION_AFTER_START:
	case REASON_EXPANSION_AT_START:
	case REASON_ABOVE_CEILING:
	case REASON_AMBIENT_RAISE:
	case REASON_SECUREBITS_CHANGE:
	case REASON_EXEC_GAIN:
	case REASON_SETUID_GAIN:
	case REASON_USERNS_GAIN:
	case REASON_GAIN_DENIED:
	case REASON_FILE_CAPS_SET:
		return true;
	case REASON_IMPOSSIBLE_TRANSITION:
	case REASON_UNEXPLAINED_GAIN:
	case REASON_CAP_LAST_CAP_WRITE:
	case REASON_CONFIG_CHANGE:
	case REASON_COVERAGE_LOSS:
		break;
	}
	return false;
}
