#include "tests/support/redis_server.h"

#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include "tests/support/port.h"

bool redis_server_prepare(struct redis_server *server, const char *password)
{
    *server = (struct redis_server){0};
    if (system("command -v redis-server redis-cli >/dev/null") != 0) {
        return false;
    }
    server->port = port_take();
    (void)snprintf(server->folder, sizeof(server->folder), "/tmp/basictap-redis-XXXXXX");
    if (mkdtemp(server->folder) == NULL) {
        perror(server->folder);
        abort();
    }
    (void)snprintf(server->password, sizeof(server->password), "%s", password);
    (void)snprintf(server->url, sizeof(server->url), "redis://127.0.0.1:%u", server->port);
    (void)snprintf(server->unix_url, sizeof(server->unix_url), "unix://%s/socket", server->folder);
    return true;
}

static void write_configuration(const struct redis_server *server)
{
    char path[128];
    FILE *file;

    (void)snprintf(path, sizeof(path), "%s/redis.conf", server->folder);
    file = fopen(path, "w");
    if (file == NULL) {
        perror(path);
        abort();
    }
    (void)fprintf(file, "bind 127.0.0.1\nport %u\ndir %s\nlogfile %s/log\n", server->port,
                  server->folder, server->folder);
    if (!server->is_sentinel) {
        (void)fprintf(file, "unixsocket %s/socket\nsave \"\"\nappendonly yes\nappendfsync always\n",
                      server->folder);
    }
    if (server->password[0] != '\0') {
        (void)fprintf(file, "requirepass %s\n", server->password);
    }
    (void)fputs(server->extra != NULL ? server->extra : "", file);
    (void)fclose(file);
}

/* Says why, as far as the server's log tells. */
static void complain(const struct redis_server *server, const char *words)
{
    char command[128];

    (void)fprintf(stderr, "redis-server %s; its log ends with:\n", words);
    (void)snprintf(command, sizeof(command), "tail -n 20 '%s/log' >&2", server->folder);
    (void)!system(command);
}

static void launch(struct redis_server *server)
{
    char path[128];

    (void)snprintf(path, sizeof(path), "%s/redis.conf", server->folder);
    server->pid = fork();
    if (server->pid == 0) {
        (void)prctl(PR_SET_PDEATHSIG, SIGKILL); /* a failed test leaves nothing behind */
        (void)execlp("redis-server", "redis-server", path,
                     server->is_sentinel ? "--sentinel" : (char *)NULL, (char *)NULL);
        _exit(127);
    }
}

/* False: it has ended by itself. */
static bool comes_up(const struct redis_server *server)
{
    for (int i = 0; i < 1200; i++) {
        if (waitpid(server->pid, NULL, WNOHANG) != 0) {
            complain(server, "has ended");
            return false;
        }
        if (strcmp(redis_server_ask(server, "PING"), "PONG") == 0) {
            return true;
        }
        (void)usleep(50000);
    }
    (void)fprintf(stderr, "redis-cli: %s\n", redis_server_ask(server, "PING"));
    complain(server, "does not answer");
    abort();
}

void redis_server_start(struct redis_server *server)
{
    write_configuration(server);
    for (int i = 0; i < 3; i++) { /* somebody may have its port for a moment */
        launch(server);
        if (comes_up(server)) {
            return;
        }
        (void)sleep(1);
    }
    abort();
}

void redis_server_kill(struct redis_server *server)
{
    if (server->pid > 0) {
        (void)kill(server->pid, SIGKILL);
        (void)waitpid(server->pid, NULL, 0);
        server->pid = 0;
    }
}

void redis_server_clear(struct redis_server *server)
{
    char command[128];

    redis_server_kill(server);
    if (server->folder[0] != '\0') {
        (void)snprintf(command, sizeof(command), "rm -rf '%s'", server->folder);
        (void)!system(command);
    }
}

const char *redis_server_ask(const struct redis_server *server, const char *command)
{
    static char answer[256 * 1024];
    char line[1024];
    size_t len;
    FILE *pipe;

    (void)snprintf(line, sizeof(line), "%s%s redis-cli -p %u %s 2>&1",
                   server->password[0] != '\0' ? "REDISCLI_AUTH=" : "", server->password,
                   server->port, command);
    pipe = popen(line, "r");
    if (pipe == NULL) {
        perror("redis-cli");
        abort();
    }
    len = fread(answer, 1, sizeof(answer) - 1, pipe);
    (void)pclose(pipe);
    answer[len] = '\0';
    if (len > 0 && answer[len - 1] == '\n') {
        answer[len - 1] = '\0';
    }
    return answer;
}
