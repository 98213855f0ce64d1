#include "tests/support/syslog_server.h"

#include <arpa/inet.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include "tests/support/port.h"

static const char make_certificates[] =
    "cd '%s' && exec >/dev/null 2>&1 && set -e\n"
    "new='-newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes'\n"
    "for ca in ca other-ca; do\n"
    "  openssl req -x509 $new -keyout $ca.key -out $ca.pem -subj /CN=$ca -days 2\n"
    "done\n"
    "for name in localhost tap-1.example.net stranger.example.net; do\n"
    "  echo subjectAltName=DNS:$name >names\n"
    "  openssl req $new -keyout $name.key -out request -subj /CN=$name\n"
    "  openssl x509 -req -in request -CA ca.pem -CAkey ca.key -CAcreateserial -out $name.pem "
    "-days 2 -extfile names\n"
    "done\n"
    "cp localhost.pem server.pem && cp localhost.key server.key\n";

static const char make_configuration[] =
    "sed -e 's|port=\"514\"|port=\"%u\" address=\"127.0.0.1\"|' "
    "-e 's|port=\"601\"|port=\"%u\" address=\"127.0.0.1\"|' "
    "-e 's|port=\"6514\"|port=\"%u\" address=\"127.0.0.1\"|' "
    "-e 's|/var/log/basictap|%s|' -e 's|/etc/rsyslog.d/basictap|%s|' "
    "'" SOURCE_DIR "/export/integrations/%s' >'%s/rsyslog.conf'";

static void fail_here(const char *what)
{
    (void)fprintf(stderr, "syslog_server: %s\n", what);
    abort();
}

bool syslog_server_prepare(struct syslog_server *server, const char *configuration)
{
    char command[2048];

    *server = (struct syslog_server){.folder = "/tmp/basictap-syslog-XXXXXX"};
    if (system("command -v rsyslogd openssl >/dev/null && "
               "ls /usr/lib/*/rsyslog/lmnsd_gtls.so >/dev/null 2>&1") != 0) {
        return false;
    }
    if (mkdtemp(server->folder) == NULL) {
        fail_here("no folder");
    }
    server->listens = strcmp(configuration, "rsyslog-receive.conf") == 0;
    server->udp = port_take();
    server->tcp = port_take();
    server->tls = port_take();
    (void)snprintf(command, sizeof(command), make_certificates, server->folder);
    if (system(command) != 0) {
        fail_here("no certificates");
    }
    (void)snprintf(command, sizeof(command), make_configuration, server->udp, server->tcp,
                   server->tls, server->folder, server->folder, configuration, server->folder);
    if (system(command) != 0) {
        fail_here("no configuration");
    }
    return true;
}

static bool listens(unsigned port)
{
    struct sockaddr_in address = {.sin_family = AF_INET,
                                  .sin_port = htons((uint16_t)port),
                                  .sin_addr = {.s_addr = htonl(INADDR_LOOPBACK)}};
    int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    bool is_there = connect(fd, (struct sockaddr *)&address, sizeof(address)) == 0;

    (void)close(fd);
    return is_there;
}

void syslog_server_start(struct syslog_server *server)
{
    char configuration[128];
    char pid_file[128];

    (void)snprintf(configuration, sizeof(configuration), "%s/rsyslog.conf", server->folder);
    (void)snprintf(pid_file, sizeof(pid_file), "%s/pid", server->folder);
    (void)unlink(pid_file);
    server->pid = fork();
    if (server->pid == 0) {
        (void)prctl(PR_SET_PDEATHSIG, SIGKILL); /* a failed test leaves nothing behind */
        (void)execlp("rsyslogd", "rsyslogd", "-n", "-f", configuration, "-i", pid_file,
                     (char *)NULL);
        _exit(127);
    }
    for (int i = 0; i < 400; i++) {
        if (!server->listens || (listens(server->tcp) && listens(server->tls))) {
            return;
        }
        (void)usleep(25000);
    }
    fail_here("rsyslogd does not listen");
}

static void end(struct syslog_server *server, int with)
{
    if (server->pid > 0) {
        (void)kill(server->pid, with);
        (void)waitpid(server->pid, NULL, 0);
        server->pid = 0;
    }
}

void syslog_server_kill(struct syslog_server *server)
{
    end(server, SIGKILL);
}

void syslog_server_stop(struct syslog_server *server)
{
    end(server, SIGTERM);
}

void syslog_server_clear(struct syslog_server *server)
{
    char command[128];

    syslog_server_kill(server);
    (void)snprintf(command, sizeof(command), "rm -rf '%s'", server->folder);
    (void)!system(command);
}

static size_t count_lines(const char *text)
{
    size_t num = 0;

    for (; *text != '\0'; text++) {
        num += *text == '\n';
    }
    return num;
}

const char *syslog_server_received(const struct syslog_server *server, size_t num_lines)
{
    return syslog_server_read(server, "received.ndjson", num_lines);
}

const char *syslog_server_read(const struct syslog_server *server, const char *name,
                               size_t num_lines)
{
    static char text[8 << 20];
    char path[128];

    (void)snprintf(path, sizeof(path), "%s/%s", server->folder, name);
    for (int i = 0; i < 200; i++) {
        FILE *file = fopen(path, "re");

        text[file != NULL ? fread(text, 1, sizeof(text) - 1, file) : 0] = '\0';
        if (file != NULL) {
            (void)fclose(file);
        }
        if (count_lines(text) >= num_lines) {
            break;
        }
        (void)usleep(25000);
    }
    return text;
}
