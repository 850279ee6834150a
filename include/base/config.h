/* Settings: defaults, then the file ($XDG_CONFIG_HOME/sortie/sortie.ini), then SORTIE_* variables,
 * then options. Documented in sortie.ini(5). */
#ifndef SORTIE_BASE_CONFIG_H
#define SORTIE_BASE_CONFIG_H

#include "base/error.h"
#include "base/paths.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define CONFIG_INSTRUMENTS 64
#define CONFIG_ACCOUNTS 32
#define CONFIG_SYMBOLS 16
#define CONFIG_HOSTS 8

struct config_instrument { /* [instrument.ROOT] */
    char root[16];
    double tick, point_value; /* 0: not set here */
    double commission;        /* per contract and side, in the currency; 0 by default */
    char currency[8];
    int64_t session_start; /* minute of Chicago's day; default 17:00 */
};

struct config_account { /* [account.NAME] */
    char name[32];
    char mode[8]; /* sim, live or debug */
};

struct config {
    /* [server] */
    char host[512];       /* a list for address_parse_list(), at most CONFIG_HOSTS */
    int64_t port;         /* of those without one: 1 to 65535; default 11099 */
    int64_t history_port; /* of the same hosts, for historical data; 0 (default): as above */
    char encoding[16];    /* a name of dtc/encoding.h, or "auto" (default) */
    bool tls;
    char tls_ca_file[256]; /* empty: the system's certificates */
    char username[32];
    char password[32];       /* from SORTIE_PASSWORD, password_file or password_command only */
    char password_file[256]; /* refused unless its mode is 0600 or stricter */
    char password_command[256];
    int64_t heartbeat; /* seconds, 5 to 60; default 10 */
    char symbols[256]; /* market data also for these, separated by commas */
    /* [console] */
    char account[32]; /* pinned at start; empty: follow the fills */
    bool ascii;
    /* [trade] */
    int64_t stale_hours;      /* default 24 */
    double sim_start_balance; /* default 10000 */
    bool sim_monthly;         /* a new period of the SIM ledger each month; default yes */
    int64_t heat_warn, heat_alert, heat_critical; /* seconds: 180, 270, 300 */
    int64_t stop_near_ticks;                      /* default 4 */
    int64_t reconcile_minutes; /* positions and orders asked for again; default 5, 0 = never */
    /* [files] */
    char data_dir[256]; /* --data-dir; empty: XDG */
    struct config_instrument instruments[CONFIG_INSTRUMENTS];
    size_t instrument_count;
    struct config_account accounts[CONFIG_ACCOUNTS];
    size_t account_count;
};

/* Fills in every default. */
void config_set_defaults(struct config *c);

/* What is known of a product before the server or a setting tells (domain.md, "Instruments"). NULL:
 * nothing. */
const struct config_instrument *config_find_shipped(const char *root);

/* Reads `path`. A missing file is an error only when `must_exist`. An unknown section or setting,
 * or a value out of range, is an error that names file, line, setting and what is allowed. */
bool config_load_file(struct config *c, const char *path, bool must_exist, struct error *error);

/* Reads SORTIE_SERVER_HOST, SORTIE_TRADE_STALE_HOURS, ... (section and key in capitals). An unknown
 * SORTIE_* variable is an error, except SORTIE_PASSWORD. */
bool config_load_environment(struct config *c, char *const *environment, struct error *error);

/* Sets one setting by "section.key", as options do. */
bool config_set(struct config *c, const char *name, const char *value, struct error *error);

/* Fills `password` from password_file or password_command when it is not set yet. */
bool config_load_password(struct config *c, struct error *error);

/* Calls back for every setting in the table: for help, and for the test that sortie.ini(5) and
 * config/sortie.ini name them all. */
void config_each_setting(void (*visit)(void *context, const char *section, const char *key,
                                       const char *default_text, const char *help),
                         void *context);

#endif
