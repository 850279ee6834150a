/* `sortie [console]`: wires the threads together. */
#include "base/clock.h"
#include "base/config.h"
#include "base/log.h"
#include "base/text.h"
#include "cmd/command.h"
#include "cmd/demo.h"
#include "cmd/keeper.h"
#include "engine/engine.h"
#include "store/lock.h"
#include "store/spill.h"
#include "store/writer.h"
#include "ui/ui.h"

#include <getopt.h>
#include <locale.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

extern char **environ;

struct choices {
    struct config config;
    char config_file[512];
    bool demo, headless;
};

/* Everything that runs, in the order in which it is started; stopped in reverse. */
struct console {
    const struct config *config;
    struct paths paths;
    int lock;
    struct log *log;
    struct repository *repository; /* the writer's once that runs */
    struct snapshot_map *snapshots;
    struct command_queue *commands;
    struct state *state;
    struct engine *engine;
    struct writer *writer;
    struct keeper *keeper;
};

static volatile sig_atomic_t stop_asked;

static void ask_stop(int number)
{
    (void)number;
    stop_asked = 1;
}

static void print_help(void)
{
    puts("usage: sortie [console] [options]\n"
         "       sortie backup [options] FILE\n"
         "       sortie doctor [options]\n"
         "       sortie positions [options]\n"
         "\n"
         "A terminal console for trading on Sierra Chart and other DTC servers.\n"
         "\n"
         "  --demo             a simulated server with a bot that trades; data kept apart\n"
         "  --host HOST        the DTC server, or several with commas (default 127.0.0.1)\n"
         "  --port PORT        its port (default 11099)\n"
         "  --encoding NAME    auto (default), binary, binary-vls, json, json-compact, protobuf\n"
         "  --account NAME     show this account, and stay on it\n"
         "  --config FILE      settings (default $XDG_CONFIG_HOME/sortie/sortie.ini)\n"
         "  --data-dir DIR     keep all files in DIR\n"
         "  --ascii            draw with ASCII characters only\n"
         "  --headless         run without a screen\n"
         "  --help, --version\n"
         "\n"
         "Keys: ? in the console. Settings: sortie.ini(5). Exit status: 0 done, 1 failed, 2 wrong "
         "usage.");
}

/* Options that are settings by another name. */
static const struct {
    const char *option, *setting;
} SETTINGS[] = {
    {"host", "server.host"},        {"port", "server.port"},        {"encoding", "server.encoding"},
    {"account", "console.account"}, {"data-dir", "files.data_dir"},
};

enum {
    OPTION_DEMO = 256,
    OPTION_HEADLESS,
    OPTION_ASCII,
    OPTION_CONFIG,
    OPTION_HELP,
    OPTION_VERSION
};

static const struct option OPTIONS[] = {
    {"host", required_argument, NULL, 0},
    {"port", required_argument, NULL, 1},
    {"encoding", required_argument, NULL, 2},
    {"account", required_argument, NULL, 3},
    {"data-dir", required_argument, NULL, 4},
    {"demo", no_argument, NULL, OPTION_DEMO},
    {"headless", no_argument, NULL, OPTION_HEADLESS},
    {"ascii", no_argument, NULL, OPTION_ASCII},
    {"config", required_argument, NULL, OPTION_CONFIG},
    {"help", no_argument, NULL, OPTION_HELP},
    {"version", no_argument, NULL, OPTION_VERSION},
    {NULL, 0, NULL, 0},
};

static bool load_settings(struct choices *c, struct error *error)
{
    bool named = c->config_file[0] != '\0';
    if (!named)
        paths_settings_file(c->config_file, sizeof c->config_file);
    /* the demo is the same for everybody, whatever server the user's settings name */
    if (c->demo && !named)
        return true;
    return (c->config_file[0] == '\0' ||
            config_load_file(&c->config, c->config_file, named, error)) &&
           config_load_environment(&c->config, environ, error);
}

/* Settings are read in the order file, environment, options, wherever the options stand. Returns -1
 * to go on, else the exit status. */
static int read_options(int argc, char **argv, struct choices *c, struct error *error)
{
    const char *values[sizeof SETTINGS / sizeof SETTINGS[0]] = {NULL};
    int option;
    bool ascii = false;
    while ((option = getopt_long(argc, argv, "", OPTIONS, NULL)) != -1) {
        switch (option) {
        case OPTION_DEMO:
            c->demo = true;
            break;
        case OPTION_HEADLESS:
            c->headless = true;
            break;
        case OPTION_ASCII:
            ascii = true;
            break;
        case OPTION_CONFIG:
            text_copy(c->config_file, sizeof c->config_file, optarg);
            break;
        case OPTION_HELP:
            print_help();
            return EXIT_DONE;
        case OPTION_VERSION:
            puts("sortie " SORTIE_VERSION);
            return EXIT_DONE;
        case '?':
            fputs("sortie: see sortie --help\n", stderr);
            return EXIT_USAGE;
        default:
            values[option] = optarg;
        }
    }
    if (optind < argc) {
        error_set(error, ERROR_USAGE, "there is no command or argument '%s': see sortie --help",
                  argv[optind]);
        return EXIT_USAGE;
    }
    if (!load_settings(c, error))
        return EXIT_USAGE;
    for (size_t i = 0; i < sizeof SETTINGS / sizeof SETTINGS[0]; i++) {
        if (values[i] == NULL || config_set(&c->config, SETTINGS[i].setting, values[i], error))
            continue;
        return EXIT_USAGE;
    }
    c->config.ascii = c->config.ascii || ascii;
    return -1;
}

static void on_durable(void *context, uint64_t sequence)
{
    struct console *c = context;
    state_acknowledge(c->state, sequence);
    state_publish(c->state);
}

static void on_trouble(void *context, bool lost, const char *sentence)
{
    struct console *c = context;
    bool refused = sentence[0] != '\0';
    const char *text = refused ? sentence : "the database works again: everything is saved";
    state_set_store_trouble(c->state, lost, sentence);
    state_add_message(c->state, refused ? MESSAGE_ERROR : MESSAGE_GOOD, clock_wall_us(), "%s",
                      text);
    log_write(c->log, refused ? LOG_LEVEL_ERROR : LOG_LEVEL_INFO, "%s", text);
    state_publish(c->state);
}

/* State and engine as the database has them, with what a journal holds that it once refused. */
static bool load(struct console *c, size_t *replayed, struct error *error)
{
    c->repository = repository_open(c->paths.database, error);
    if (c->repository == NULL || !spill_replay(c->paths.spill, c->repository, replayed, error))
        return false;
    struct state_options state = {
        .snapshots = c->snapshots,
        .sim_start_balance = money_from_double(c->config->sim_start_balance),
    };
    c->state = state_new(&state, clock_wall_us());
    struct engine_options engine = {c->config, c->state, c->commands, c->log};
    c->engine = engine_new(&engine);
    return engine_restore(c->engine, c->repository, error);
}

static void unload(struct console *c)
{
    engine_free(c->engine);
    state_free(c->state);
    repository_close(c->repository);
    c->engine = NULL;
    c->state = NULL;
    c->repository = NULL;
}

static void tell(struct console *c, enum message_level level, const char *text)
{
    state_add_message(c->state, level, clock_wall_us(), "%s", text);
    log_write(c->log, level == MESSAGE_GOOD ? LOG_LEVEL_INFO : LOG_LEVEL_WARNING, "%s", text);
}

/* What the user must know of how the database was read. `error` is of the journal: something was
 * set aside. */
static void tell_loaded(struct console *c, size_t replayed, const struct error *error)
{
    char text[700];
    if (repository_news(c->repository)[0] != '\0')
        tell(c, MESSAGE_WARNING, repository_news(c->repository));
    if (error->code != ERROR_NONE)
        tell(c, MESSAGE_WARNING, error->text);
    text_format(text, sizeof text, "%zu changes that the database had refused were saved from %s",
                replayed, c->paths.spill);
    if (replayed > 0)
        tell(c, MESSAGE_GOOD, text);
}

static bool start(struct console *c, struct error *error)
{
    size_t replayed = 0;
    c->lock = lock_take(c->paths.lock, error);
    c->log = c->lock >= 0 ? log_open(c->paths.log, LOG_LEVEL_INFO, error) : NULL;
    c->snapshots = c->log ? snapshot_map_create(c->paths.snapshot, error) : NULL;
    if (c->snapshots == NULL)
        return false;
    c->commands = command_queue_new();
    if (c->commands == NULL)
        return error_set(error, ERROR_SYSTEM, "cannot start: no file descriptors are left");
    bool loaded = load(c, &replayed, error);
    if (!loaded && error->code == ERROR_DAMAGED) { /* met late: a second opening salvages */
        unload(c);
        *error = (struct error){0};
        loaded = load(c, &replayed, error);
    }
    if (!loaded)
        return false;
    tell_loaded(c, replayed, error);
    error->code = ERROR_NONE;
    struct writer_listener listener = {c, on_durable, on_trouble};
    c->writer = writer_start(c->repository, c->paths.spill, &listener, error);
    c->repository = NULL; /* the writer closes it, also when it does not start */
    c->keeper = c->writer != NULL ? keeper_start(&c->paths, c->state, c->log, error) : NULL;
    if (c->keeper == NULL)
        return false;
    state_publish(c->state);
    return engine_start(c->engine, c->writer, c->paths.database, error);
}

static bool stop(struct console *c, bool started, struct error *error)
{
    bool saved = true;
    if (started) {
        /* a full queue empties with the thread's next turn */
        while (!command_post(c->commands, &(struct command){.kind = COMMAND_STOP}))
            poll(NULL, 0, 10);
        engine_join(c->engine);
    }
    keeper_stop(c->keeper);
    if (c->writer != NULL)
        saved = writer_stop(c->writer, error);
    unload(c);
    command_queue_free(c->commands);
    snapshot_map_close(c->snapshots);
    log_close(c->log);
    if (c->lock >= 0)
        lock_release(c->lock);
    return saved;
}

static bool show(struct console *c, const struct choices *choices, struct error *error)
{
    if (choices->headless) {
        sigset_t none;
        sigemptyset(&none);
        while (!stop_asked)
            sigsuspend(&none);
        return true;
    }
    struct ui_options ui = {
        .snapshots = c->snapshots,
        .commands = c->commands,
        .ascii = c->config->ascii,
        .heat_warn = c->config->heat_warn,
        .heat_alert = c->config->heat_alert,
        .heat_critical = c->config->heat_critical,
        .stop_near_ticks = c->config->stop_near_ticks,
        .stop = &stop_asked,
    };
    return ui_run(&ui, error);
}

/* The threads are born with the signals blocked, so only the main thread takes them. Without a
 * screen nothing is lost with the terminal; a limit on the size of files is a full disk, told as
 * one. */
static void prepare_signals(bool headless, sigset_t *blocked, sigset_t *before)
{
    static const int ENDING[] = {SIGTERM, SIGINT, SIGHUP};
    struct sigaction end = {.sa_handler = ask_stop}, ignore = {.sa_handler = SIG_IGN};
    sigemptyset(blocked);
    for (size_t i = 0; i < sizeof ENDING / sizeof ENDING[0]; i++) {
        sigaction(ENDING[i], &end, NULL);
        sigaddset(blocked, ENDING[i]);
    }
    sigaction(SIGPIPE, &ignore, NULL);
    sigaction(SIGXFSZ, &ignore, NULL);
    if (headless)
        sigaction(SIGHUP, &ignore, NULL);
    sigaddset(blocked, SIGWINCH);
    sigaddset(blocked, SIGTSTP);
    pthread_sigmask(SIG_BLOCK, blocked, before);
}

static bool run_console(const struct choices *choices, struct error *error)
{
    struct console c = {.config = &choices->config, .lock = -1};
    sigset_t blocked, before;
    struct error ending = {0};
    if (!paths_prepare(&c.paths, c.config, error))
        return false;
    prepare_signals(choices->headless, &blocked, &before);
    bool started = start(&c, error), done = false;
    if (started) {
        if (!choices->headless)
            pthread_sigmask(SIG_SETMASK, &before, NULL);
        done = show(&c, choices, error);
    }
    bool saved = stop(&c, started, &ending);
    if (!saved)
        fprintf(stderr, "sortie: %s\n", ending.text);
    return done && saved;
}

static bool prepare_demo(struct choices *c, struct error *error)
{
    char *directory = c->config.data_dir;
    if (directory[0] == '\0' && !paths_demo_directory(directory, sizeof c->config.data_dir))
        return error_set(error, ERROR_USAGE,
                         "neither HOME nor XDG_DATA_HOME is set: use --data-dir");
    struct paths paths;
    int port;
    if (!paths_prepare(&paths, &c->config, error) || !demo_find_server(paths.data, &port, error))
        return false;
    text_copy(c->config.host, sizeof c->config.host, "127.0.0.1");
    c->config.port = port;
    c->config.tls = false;
    if (c->config.symbols[0] == '\0')
        text_copy(c->config.symbols, sizeof c->config.symbols, "MESZ26_FUT_CME,MNQZ26_FUT_CME");
    return true;
}

static int console_run(int argc, char **argv)
{
    static struct choices choices; /* some tens of KiB */
    struct error error = {0};
    setlocale(LC_CTYPE, ""); /* numbers keep their point */
    tzset();                 /* before there are threads that ask for local time */
    config_set_defaults(&choices.config);
    int status = read_options(argc, argv, &choices, &error);
    if (status < 0) {
        bool done = config_load_password(&choices.config, &error) &&
                    (!choices.demo || prepare_demo(&choices, &error)) &&
                    run_console(&choices, &error);
        status = done ? EXIT_DONE : EXIT_FAILED;
    }
    if (error.code != ERROR_NONE)
        fprintf(stderr, "sortie: %s\n", error.text);
    return status;
}

const struct subcommand console_command = {"console", console_run};
