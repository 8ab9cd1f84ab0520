/* SPDX-License-Identifier: Apache-2.0 */
#include "judge/quota.h"

void quota_begin(struct quota *quota, size_t node_max, size_t others_max)
{
	*quota = (struct quota){.node_max = node_max, .others_max = others_max, .payer = 1};
}

void quota_add(struct quota *quota, unsigned node)
{
	quota->counts[node]++;
	quota->others += node != 0;
	if (node > quota->nodes)
		quota->nodes = node;
}

void quota_remove(struct quota *quota, unsigned node)
{
	quota->counts[node]--;
	quota->others -= node != 0;
}

size_t quota_part(const struct quota *quota, unsigned node)
{
	size_t nodes = node > quota->nodes ? node : quota->nodes;
	size_t part = node ? quota->others_max / nodes : quota->node_max;

	return part < quota->node_max ? part : quota->node_max;
}

unsigned quota_payer(struct quota *quota, unsigned node)
{
	size_t part = quota_part(quota, node);

	if (quota->counts[node] >= part)
		return node;
	if (node == 0 || quota->others < quota->others_max)
		return QUOTA_NOBODY;
	/* where all have their parts at most, and this one less, there is room */
	for (unsigned i = 0; i < quota->nodes && quota->counts[quota->payer] <= part; i++)
		quota->payer = quota->payer % quota->nodes + 1;
	return quota->counts[quota->payer] > part ? quota->payer : QUOTA_NOBODY;
}
