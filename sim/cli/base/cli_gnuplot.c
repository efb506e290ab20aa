/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * cli_gnuplot.c - see cli_gnuplot.h
 */
#include "cli_gnuplot.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <spawn.h>
#include <stdio.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "cli.h"

#define WORDS_BYTES 4096 /* of what it says when it fails */

static int start(const char *dir, char *script, int say, pid_t *ret_pid)
{
    char gnuplot[] = "gnuplot", plain[] = "-d";
    char *argv[] = {gnuplot, plain, script, NULL};
    g_auto(GStrv) env = g_environ_setenv(g_get_environ(), "LC_ALL", "C.UTF-8", TRUE);
    posix_spawn_file_actions_t actions;
    posix_spawnattr_t as;
    sigset_t deadly;
    int error;

    sigemptyset(&deadly); /* a picture cut short must not look like one that was drawn */
    sigaddset(&deadly, SIGXFSZ);
    posix_spawnattr_init(&as);
    posix_spawnattr_setsigdefault(&as, &deadly);
    posix_spawnattr_setflags(&as, POSIX_SPAWN_SETSIGDEF);
    posix_spawn_file_actions_init(&actions);
    error = posix_spawn_file_actions_addchdir_np(&actions, dir);
    if (!error)
        error = posix_spawn_file_actions_addopen(&actions, 0, "/dev/null", O_RDONLY, 0);
    if (!error)
        error = posix_spawn_file_actions_adddup2(&actions, say, 1);
    if (!error)
        error = posix_spawn_file_actions_adddup2(&actions, say, 2);
    if (!error)
        error = posix_spawnp(ret_pid, gnuplot, &actions, &as, argv, env);
    posix_spawn_file_actions_destroy(&actions);
    posix_spawnattr_destroy(&as);
    return error;
}

static int wait_for(pid_t pid)
{
    int status;

    while (waitpid(pid, &status, 0) < 0)
        if (errno != EINTR)
            return -1;
    return status;
}

/* The last line that is not blank: gnuplot's message comes after the line that it is about. One
 * that was killed says nothing. */
static int fail_said(const char *dir, const char *script, FILE *said, int status)
{
    char words[WORDS_BYTES];
    size_t bytes;

    rewind(said);
    bytes = fread(words, 1, sizeof words - 1, said);
    words[bytes] = 0;
    g_strchomp(words);
    const char *last = strrchr(words, '\n');

    if (!*words)
        snprintf(words, sizeof words,
                 WIFSIGNALED(status) ? "signal %d ended it" : "it ended with %d",
                 WIFSIGNALED(status) ? WTERMSIG(status) : WEXITSTATUS(status));
    return cli_fail(CLI_MISSING, "gnuplot cannot draw %s/%s: %s", dir, script,
                    last ? last + 1 : words);
}

/* Is the mark among its last bytes? */
static bool ends_in(const char *path, const char *mark)
{
    char last[16];
    FILE *file = fopen(path, "re");
    bool good = file && fseek(file, -(long)sizeof last, SEEK_END) == 0 &&
                fread(last, 1, sizeof last, file) == sizeof last &&
                memmem(last, sizeof last, mark, strlen(mark));

    if (file)
        fclose(file);
    return good;
}

/* gnuplot does not notice that it could not write. Half a picture goes away: it would be shown. */
static int check_whole(const char *dir, const char *name)
{
    static const struct {
        const char *suffix, *end;
        bool always; /* not every script makes a PNG */
    } picture[] = {{".svg", "</svg>", true}, {".png", "IEND", false}};

    for (unsigned i = 0; i < G_N_ELEMENTS(picture); i++) {
        g_autofree char *file = g_strconcat(name, picture[i].suffix, NULL);
        g_autofree char *path = g_build_filename(dir, file, NULL);

        if (ends_in(path, picture[i].end) || (!picture[i].always && access(path, F_OK) != 0))
            continue;
        unlink(path);
        return cli_fail(CLI_MISSING,
                        "gnuplot left no whole %s: is there room, and may it be written?", path);
    }
    return CLI_GOOD;
}

int cli_gnuplot(const char *dir, const char *name)
{
    g_autofree char *script = g_strconcat(name, ".gp", NULL);
    FILE *said = tmpfile();
    int error, status;
    pid_t pid = 0;

    if (!said)
        return cli_fail(CLI_MISSING, "no temporary file: %s", g_strerror(errno));
    error = start(dir, script, fileno(said), &pid);
    if (error) {
        fclose(said);
        if (error == ENOENT)
            return cli_fail(CLI_MISSING,
                            "gnuplot is not installed: apt-get install gnuplot-nox; data and "
                            "scripts are in %s, gnuplot -d %s draws one there",
                            dir, script);
        return cli_fail(CLI_MISSING, "cannot start gnuplot: %s", g_strerror(error));
    }
    status = wait_for(pid);
    status =
        WIFEXITED(status) && !WEXITSTATUS(status) ? CLI_GOOD : fail_said(dir, script, said, status);
    fclose(said);
    return status == CLI_GOOD ? check_whole(dir, name) : status;
}
