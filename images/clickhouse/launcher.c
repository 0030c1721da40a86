/*
 * Runs the ClickHouse engine of libchdb.so as a server.
 *
 * The library exports `clickhouse local`, which holds the server's own HTTP and native handlers and starts them on
 * `SYSTEM START LISTEN`. It has to believe that a person sits at a terminal: in batch mode one malformed connection
 * ends the process. So the engine gets a private pseudo-terminal, at which this launcher is the person: it reads and
 * drops what is printed there, and types `exit` when the container is stopped. Logs go to stderr, as in the
 * official image.
 *
 * usage: clickhouse-server [option of clickhouse local]...
 */
#include <errno.h>
#include <pty.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

/* From libchdb.so; its npm package comes without a header. */
typedef struct chdb_result chdb_result;
extern chdb_result *chdb_query_cmdline(int argc, char **argv);
extern const char *chdb_result_error(chdb_result *result);

static char *const ENGINE[] = {
    "clickhouse-server",
    "--config-file=/etc/clickhouse-server/config.xml",
    "--interactive",
    "--disable_suggestion",
    "--history_file=/dev/null",
    "--log-level=warning", /* the only level that the engine obeys in this mode; the one in config.xml it ignores */
    "--query=SYSTEM START LISTEN HTTP; SYSTEM START LISTEN TCP",
};
enum { ENGINE_ARGUMENTS = sizeof ENGINE / sizeof *ENGINE };

static int terminal = -1; /* our end of the pseudo-terminal */

static void type_exit(int signal_number) {
    (void)signal_number;
    static const char command[] = "exit\n";
    if (write(terminal, command, sizeof command - 1) < 0) _exit(1);
}

static int run_engine(int argc, char **argv) {
    char **arguments = calloc(ENGINE_ARGUMENTS + argc, sizeof *arguments); /* ends with NULL */
    if (!arguments) return 1;
    memcpy(arguments, ENGINE, sizeof ENGINE);
    memcpy(arguments + ENGINE_ARGUMENTS, argv + 1, (argc - 1) * sizeof *argv);
    chdb_result *result = chdb_query_cmdline(ENGINE_ARGUMENTS + argc - 1, arguments);
    const char *error = result ? chdb_result_error(result) : NULL;
    if (error) fprintf(stderr, "clickhouse-server: %s\n", error);
    return error != NULL;
}

/* As process 1 of a container it is also handed every orphan, so it waits for all of them. */
static int wait_for_engine(pid_t engine) {
    int status;
    pid_t ended;
    while ((ended = waitpid(-1, &status, 0)) != engine)
        if (ended < 0 && errno != EINTR) return 1;
    return WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
}

int main(int argc, char **argv) {
    int log = dup(STDERR_FILENO);
    pid_t engine = forkpty(&terminal, NULL, NULL, NULL);
    if (engine < 0) {
        perror("clickhouse-server: no pseudo-terminal");
        return 1;
    }
    if (engine == 0) {
        dup2(log, STDERR_FILENO);
        close(log);
        _exit(run_engine(argc, argv));
    }
    struct sigaction stop = {.sa_handler = type_exit, .sa_flags = SA_RESTART};
    sigaction(SIGTERM, &stop, NULL);
    sigaction(SIGINT, &stop, NULL);

    char dropped[4096];
    while (read(terminal, dropped, sizeof dropped) > 0 || errno == EINTR) {
    }
    return wait_for_engine(engine);
}
