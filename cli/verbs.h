/* SPDX-License-Identifier: Apache-2.0 */
/*
 * verbs: what `capwatch VERB` runs, one function a verb, each in its file.
 * Each takes argv with argv[0] the verb, prints results to stdout and messages to stderr, handles
 * its own --help, and returns the exit code: 2 for bad usage or input.
 */
#ifndef CAPWATCH_VERBS_H
#define CAPWATCH_VERBS_H

enum { EXIT_USAGE = 2 };

int cli_replay(int argc, char **argv);
int cli_check(int argc, char **argv);
int cli_doctor(int argc, char **argv);
int cli_explain(int argc, char **argv);
int cli_learn(int argc, char **argv);
int cli_rules(int argc, char **argv);
int cli_spool(int argc, char **argv);
int cli_status(int argc, char **argv);
int cli_suggest(int argc, char **argv);
int cli_test_alert(int argc, char **argv);

#endif
