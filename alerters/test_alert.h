/* SPDX-License-Identifier: Apache-2.0 */
/*
 * test_alert: `capwatch test-alert`: does an alert get through, and if not, where does it stop? It
 * is the courier's, which alone of the programs has a network.
 * Owns: its arguments, the user that it becomes, what is printed. Must not own: the try (trial).
 */
#ifndef CAPWATCH_TEST_ALERT_H
#define CAPWATCH_TEST_ALERT_H

/* The word by which the courier is called for it, as capwatch(1) is. */
#define TEST_ALERT_VERB "test-alert"

/* argv[0] is the verb. Returns the exit code. */
int test_alert_main(int argc, char **argv);

#endif
