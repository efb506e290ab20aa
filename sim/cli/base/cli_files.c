/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * cli_files.c - see cli_files.h
 */
#include "cli_files.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <sys/stat.h>
#include <unistd.h>

#include "cli.h"

int cli_files_prepare(const char *dir)
{
    struct stat st;

    if (!*dir)
        return cli_fail(CLI_USAGE, "--output: the name of a directory is empty");
    if (stat(dir, &st) == 0) {
        if (!S_ISDIR(st.st_mode))
            return cli_fail(CLI_USAGE, "--output=%s: is a file; a directory is needed", dir);
    } else if (g_mkdir_with_parents(dir, 0777) != 0) {
        return cli_fail(CLI_USAGE, "--output=%s: cannot make this directory: %s", dir,
                        g_strerror(errno));
    }
    if (access(dir, W_OK | X_OK) != 0)
        return cli_fail(CLI_USAGE, "--output=%s: cannot write there: %s", dir, g_strerror(errno));
    return CLI_GOOD;
}

char *cli_files_read(const char *dir, const char *name, size_t *ret_bytes)
{
    g_autofree char *path = g_build_filename(dir, name, NULL);
    char *text = NULL;
    gsize bytes = 0;

    if (!g_file_test(path, G_FILE_TEST_IS_REGULAR) ||
        !g_file_get_contents(path, &text, &bytes, NULL))
        return NULL;
    if (ret_bytes)
        *ret_bytes = bytes;
    return text;
}

bool cli_files_strange(const char *path)
{
    struct stat st;

    if (stat(path, &st) != 0 || S_ISREG(st.st_mode))
        return false;
    cli_fail(CLI_USAGE, "%s: not a file", path);
    return true;
}

static char *temporary_name(const char *dir, const char *name)
{
    g_autofree char *hidden = g_strdup_printf(".%s.%ld.tmp", name, (long)getpid());

    return g_build_filename(dir, hidden, NULL);
}

bool cli_files_write_all(int fd, const char *data, size_t bytes)
{
    while (bytes) {
        ssize_t n = write(fd, data, bytes);

        if (n < 0 && errno == EINTR)
            continue;
        if (n < 0)
            return false;
        data += n;
        bytes -= (size_t)n;
    }
    return true;
}

static bool write_temporary(const char *dir, const struct cli_file *f)
{
    g_autofree char *path = temporary_name(dir, f->name);
    int fd = open(path, O_CREAT | O_TRUNC | O_WRONLY | O_CLOEXEC, 0666);
    bool good;

    if (fd < 0)
        return false;
    good = cli_files_write_all(fd, f->data, f->bytes) && fsync(fd) == 0;
    return close(fd) == 0 && good;
}

static bool put_in_place(const char *dir, const struct cli_file *f)
{
    g_autofree char *from = temporary_name(dir, f->name);
    g_autofree char *to = g_build_filename(dir, f->name, NULL);

    return rename(from, to) == 0;
}

static int fail_writing(const char *dir, const struct cli_file *files, unsigned count,
                        const char *name)
{
    int error = errno;

    for (unsigned i = 0; i < count; i++) {
        g_autofree char *path = temporary_name(dir, files[i].name);

        unlink(path);
    }
    return cli_fail(CLI_MISSING, "cannot write %s/%s: %s", dir, name, g_strerror(error));
}

int cli_files_write(const char *dir, const struct cli_file *files, unsigned count)
{
    int fd;

    for (unsigned i = 0; i < count; i++)
        if (!write_temporary(dir, &files[i]))
            return fail_writing(dir, files, count, files[i].name);
    for (unsigned i = 0; i < count; i++)
        if (!put_in_place(dir, &files[i]))
            return fail_writing(dir, files, count, files[i].name);
    fd = open(dir, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (fd >= 0) {
        fsync(fd); /* the renames, too; some file systems refuse, and that is no loss of data */
        close(fd);
    }
    return CLI_GOOD;
}

/* A device, a pipe, /dev/stdout: nothing may take its place. */
static int write_straight(const char *path, const char *data, size_t bytes)
{
    int fd = open(path, O_WRONLY | O_CLOEXEC | O_NOCTTY);
    bool good = fd >= 0 && cli_files_write_all(fd, data, bytes);
    int error = errno;

    if (fd >= 0 && close(fd) != 0 && good) {
        error = errno;
        good = false;
    }
    return good ? CLI_GOOD : cli_fail(CLI_MISSING, "cannot write %s: %s", path, g_strerror(error));
}

int cli_files_write_path(const char *path, const char *data, size_t bytes)
{
    g_autofree char *dir = g_path_get_dirname(path), *name = g_path_get_basename(path);
    struct stat st;

    if (stat(path, &st) == 0 && !S_ISREG(st.st_mode))
        return write_straight(path, data, bytes);
    return cli_files_write(dir, &(struct cli_file){name, data, bytes}, 1);
}

void cli_files_forget(const char *dir, const char *begin)
{
    g_autofree char *hidden = g_strconcat(".", begin, NULL);
    GDir *open = g_dir_open(dir, 0, NULL);
    const char *name;

    while (open && (name = g_dir_read_name(open))) {
        g_autofree char *path = g_build_filename(dir, name, NULL);

        if (g_str_has_prefix(name, hidden) && g_str_has_suffix(name, ".tmp"))
            unlink(path);
    }
    if (open)
        g_dir_close(open);
}
