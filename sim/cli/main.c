/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * main.c - finds the command and runs it
 *
 * `sim --workload=FILE` and `sim FILE.yaml` are `sim run --workload=FILE`. Everything else is a row
 * of commands[].
 */
#include <errno.h>
#include <fcntl.h>
#include <locale.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "cli.h"

static int cli_help(int argc, char **argv);
static int cli_version(int argc, char **argv);

static const struct command {
    const char *name, *summary;
    int (*run)(int argc, char **argv);
} commands[] = {
    {"run", "simulate a workload in the modes off, halt and apf, and report", cli_run},
    {"sweep", "simulate a workload over a grid of parameters, into one CSV file", cli_sweep},
    {"merge", "make the files of a sweep from its shards", cli_merge},
    {"diff", "say what moved between two results, beyond its interval", cli_diff},
    {"report", "draw a results directory and make one HTML page of it", cli_report},
    {"params", "list every parameter: unit, range, default, source", cli_params},
    {"workloads", "list the workloads that can be found, with the question each asks",
     cli_workloads},
    {"trace", "check captures of KVM's events; replay experiments; record page traces", cli_trace},
    {"explain", "one fault: will the guest be told, and how, rule by rule", cli_explain},
    {"check", "explore every interleaving of the protocol: what breaks, and how", cli_check},
    {"calibrate",
     "what each step costs: measured on real guests through /dev/kvm, or from a capture",
     cli_calibrate},
    {"validate", "run small workloads for real and simulated, and compare", cli_validate},
    {"help", "show this, or with the name of a command or topic more of it", cli_help},
    {"version", "show the version", cli_version},
};

/* Pages that are no command. */
static const struct topic {
    const char *name, *summary;
    int (*print)(void);
} topics[] = {
    {"workload", "how to write a workload", cli_help_workload},
    {"words", "what the words and verdicts of a report mean", cli_help_words},
};

static const struct command *command_find(const char *name)
{
    for (unsigned i = 0; i < G_N_ELEMENTS(commands); i++)
        if (!strcmp(commands[i].name, name))
            return &commands[i];
    return NULL;
}

static int fail_unknown(const char *name)
{
    const char *known[G_N_ELEMENTS(commands)], *nearest;

    for (unsigned i = 0; i < G_N_ELEMENTS(commands); i++)
        known[i] = commands[i].name;
    nearest = cfg_nearest(name, known, G_N_ELEMENTS(commands));
    if (nearest)
        return cli_fail(CLI_USAGE, "unknown command '%s' (did you mean '%s'?)", name, nearest);
    return cli_fail(CLI_USAGE, "unknown command '%s'; sim help lists them", name);
}

static int print_overview(void)
{
    g_autoptr(GString) out = g_string_new(NULL);

    g_string_append(out, "Simulates KVM's asynchronous page faults: does APF fire, what does it "
                         "gain, and why not more.\n\n"
                         "  sim memhog.yaml          the same as sim run --workload=memhog.yaml\n\n"
                         "Commands:\n");
    for (unsigned i = 0; i < G_N_ELEMENTS(commands); i++)
        g_string_append_printf(out, "  %-10s %s\n", commands[i].name, commands[i].summary);
    g_string_append(out, "\nTopics:\n");
    for (unsigned i = 0; i < G_N_ELEMENTS(topics); i++)
        g_string_append_printf(out, "  %-10s %s\n", topics[i].name, topics[i].summary);
    g_string_append(out, "\nsim COMMAND --help shows a command's options, sim help TOPIC a topic.\n"
                         "Exit status: 0 good, 1 the run found a broken property, 2 bad usage or "
                         "input, 3 missing facility.\n");
    return cli_print(out->str, out->len);
}

/* `sim help`, `sim help COMMAND` and `sim help TOPIC`. */
static int cli_help(int argc, char **argv)
{
    char help[] = "--help";
    const struct command *c;

    if (argc < 2 || argv[1][0] == '-')
        return print_overview();
    if (argc > 2)
        return cli_fail(CLI_USAGE, "'%s' is not expected here: sim help COMMAND", argv[2]);
    for (unsigned i = 0; i < G_N_ELEMENTS(topics); i++)
        if (!strcmp(argv[1], topics[i].name))
            return topics[i].print();
    c = command_find(argv[1]);
    if (!c)
        return fail_unknown(argv[1]);
    if (c->run == cli_help || c->run == cli_version)
        return print_overview();
    return c->run(2, (char *[]){argv[1], help, NULL});
}

static int cli_version(int argc, char **argv)
{
    static const char text[] = "apfsim " APFSIM_VERSION "\n";

    if (argc > 1 && !strcmp(argv[1], "--help"))
        return print_overview();
    if (argc > 1)
        return cli_fail(CLI_USAGE, "'%s' is not expected after the version", argv[1]);
    return cli_print(text, sizeof text - 1);
}

/*
 * A closed descriptor would be reused by the next file that is opened, and a report would land in
 * it. So 0 and 2 are filled with /dev/null, and a closed 1 with its reading side: every write there
 * fails as it should.
 */
static void guard_descriptors(void)
{
    for (int fd = 0; fd < 3; fd++) {
        if (fcntl(fd, F_GETFD) != -1 || errno != EBADF)
            continue;
        if (open("/dev/null", fd == 2 ? O_WRONLY : O_RDONLY) != fd)
            return;
    }
}

/* Captures are mapped: where somebody makes one shorter meanwhile, there is nothing to be read. */
static void on_bus_error(int number, siginfo_t *info, void *context)
{
    static const char text[] = "sim: error: a file was made shorter while it was read\n";

    (void)context;
    if (info->si_code == BUS_ADRERR && write(STDERR_FILENO, text, sizeof text - 1) > 0)
        _exit(CLI_USAGE);
    signal(number, SIG_DFL);
    raise(number);
}

static void guard_mappings(void)
{
    struct sigaction action = {.sa_sigaction = on_bus_error, .sa_flags = SA_SIGINFO};

    sigaction(SIGBUS, &action, NULL);
}

int main(int argc, char **argv)
{
    const struct command *c;
    char run[] = "run";

    setlocale(LC_CTYPE, ""); /* never LC_NUMERIC: numbers are the same everywhere */
    guard_descriptors();
    guard_mappings();
    signal(SIGPIPE, SIG_IGN);
    signal(SIGXFSZ, SIG_IGN); /* a limit of file sizes is an error of write(), not the end */
    if (argc < 2)
        return cli_fail(CLI_USAGE, "no workload: sim memhog.yaml, or sim help");
    if (!strcmp(argv[1], "--help") || !strcmp(argv[1], "-h"))
        return print_overview();
    if (!strcmp(argv[1], "--version"))
        return cli_version(argc - 1, argv + 1);
    if (argv[1][0] == '-' || g_str_has_suffix(argv[1], ".yaml")) {
        argv[0] = run;
        return cli_run(argc, argv);
    }
    c = command_find(argv[1]);
    return c ? c->run(argc - 1, argv + 1) : fail_unknown(argv[1]);
}
