/* SPDX-License-Identifier: Apache-2.0 */
#include "common/capmask.h"

#include <linux/capability.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/capability.h>

/* Not in the headers of the oldest systems we build on; the kernel's numbers never change. */
#ifndef CAP_BPF
#define CAP_BPF 39
#endif
#ifndef CAP_CHECKPOINT_RESTORE
#define CAP_CHECKPOINT_RESTORE 40
#endif

/* Each of these alone leads to full root on a usual host. */
static const int root_equivalent_bits[] = {
	CAP_SYS_ADMIN,		/* mounts, namespaces, and most of what root may */
	CAP_SYS_MODULE,		/* loads code into the kernel */
	CAP_SYS_RAWIO,		/* reads and writes kernel memory through ports and devices */
	CAP_SYS_PTRACE,		/* writes into any process, also root's */
	CAP_SYS_BOOT,		/* kexec: boots a kernel of its own */
	CAP_BPF,		/* programs in the kernel that read its memory */
	CAP_DAC_OVERRIDE,	/* writes /etc/shadow */
	CAP_DAC_READ_SEARCH,	/* reads every key; open_by_handle_at leaves a container */
	CAP_FOWNER,		/* chmods any file */
	CAP_CHOWN,		/* takes any file */
	CAP_SETUID,		/* becomes uid 0 */
	CAP_SETGID,		/* joins the groups shadow, disk, docker */
	CAP_SETPCAP,		/* raises inheritable to its bounding set, sets securebits */
	CAP_SETFCAP,		/* gives a file capabilities */
	CAP_MAC_ADMIN,		/* rewrites the MAC policy */
	CAP_MAC_OVERRIDE,	/* ignores it */
	CAP_NET_ADMIN,		/* redirects all traffic, and reaches much kernel code */
	CAP_MKNOD,		/* makes a node of the root disk */
	CAP_LINUX_IMMUTABLE,	/* unlocks files and append-only logs kept from root */
	CAP_CHECKPOINT_RESTORE, /* replaces exe links, writes ns_last_pid, forges a restored process
				 */
	CAP_AUDIT_CONTROL,	/* switches off what capwatch sees by */
};

capmask capmask_known(void)
{
	int bits = cap_max_bits();

	if (bits <= 0 || bits >= CAPMASK_BITS)
		return UINT64_MAX;
	return CAPMASK_BIT(bits) - 1;
}

const char *capmask_name(int bit)
{
	static char names[CAPMASK_BITS][CAPMASK_NAME_MAX];
	char *name = names[bit], *given;

	if (name[0])
		return name;
	given = cap_to_name((cap_value_t)bit);
	if (given && strncmp(given, "cap_", 4) == 0)
		snprintf(name, CAPMASK_NAME_MAX, "%s", given);
	else
		snprintf(name, CAPMASK_NAME_MAX, "%d", bit);
	cap_free(given);
	return name;
}

static int bit_from_digits(const char *digits, int *bit)
{
	char *end;
	long value;

	if (digits[0] < '0' || digits[0] > '9' || (digits[0] == '0' && digits[1]))
		return -1;
	value = strtol(digits, &end, 10);
	if (*end || value >= CAPMASK_BITS)
		return -1;
	*bit = (int)value;
	return 0;
}

/* Not cap_from_name(3): that one takes "cap_chown=ep" for cap_chown. */
int capmask_bit_from_name(const char *name, int *bit)
{
	if (bit_from_digits(name, bit) == 0)
		return 0;
	for (int i = 0; i < CAPMASK_BITS; i++) {
		if (strcasecmp(capmask_name(i), name) == 0) {
			*bit = i;
			return 0;
		}
	}
	return -1;
}

json_t *capmask_to_json(capmask mask)
{
	json_t *names = json_array();

	for (int i = 0; names && i < CAPMASK_BITS; i++)
		if (mask & CAPMASK_BIT(i))
			json_array_append_new(names, json_string_nocheck(capmask_name(i)));
	return names;
}

capmask capmask_from_json(const json_t *names)
{
	capmask mask = 0;
	const json_t *name;
	size_t i;
	int bit;

	json_array_foreach(names, i, name)
	{
		const char *text = json_string_value(name);

		if (text && capmask_bit_from_name(text, &bit) == 0)
			mask |= CAPMASK_BIT(bit);
	}
	return mask;
}

char *capmask_to_text(capmask mask, char *buf, unsigned size)
{
	size_t used = 0;

	if (size == 0)
		return buf;
	snprintf(buf, size, "%s", mask ? "" : "none");
	for (int i = 0; i < CAPMASK_BITS && used + 1 < size; i++) {
		if (!(mask & CAPMASK_BIT(i)))
			continue;
		snprintf(buf + used, size - used, "%s%s", used ? ", " : "", capmask_name(i));
		used += strlen(buf + used);
	}
	return buf;
}

bool capmask_root_equivalent(capmask mask)
{
	for (size_t i = 0; i < sizeof(root_equivalent_bits) / sizeof(root_equivalent_bits[0]); i++)
		if (mask & CAPMASK_BIT(root_equivalent_bits[i]))
			return true;
	return false;
}
