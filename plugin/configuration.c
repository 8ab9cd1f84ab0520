/* SPDX-License-Identifier: Apache-2.0 */
#include "plugin/configuration.h"

#include <stdbool.h>

int configuration_load(struct configuration *configuration, const char *file, struct error *err)
{
	struct configuration loaded;

	loaded.settings = settings_load(file, err);
	if (!loaded.settings)
		return -1;
	loaded.baseline = baseline_load(loaded.settings->baseline, false, err);
	if (!loaded.baseline) {
		settings_free(loaded.settings);
		return -1;
	}
	*configuration = loaded;
	return 0;
}

void configuration_free(struct configuration *configuration)
{
	baseline_free(configuration->baseline);
	settings_free(configuration->settings);
	configuration->baseline = NULL;
	configuration->settings = NULL;
}

int configuration_check(const char *file, struct error *err)
{
	struct configuration loaded = {0};
	int rc;

	if (configuration_load(&loaded, file, err) < 0)
		return -1;
	rc = baseline_check_ties(loaded.baseline, err);
	if (rc == 0)
		rc = settings_check_files(loaded.settings, err);
	configuration_free(&loaded);
	return rc;
}
