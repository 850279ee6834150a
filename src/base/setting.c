#include "base/setting.h"

#include "base/address.h"
#include "base/text.h"

#include <math.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define FIELD(structure, name)                                                                     \
    offsetof(struct structure, name), sizeof(((struct structure *)0)->name)
#define TEXT(section, name, standard, help)                                                        \
    {                                                                                              \
        section, #name, SETTING_TEXT, FIELD(config, name), 0, 0, standard, NULL, help              \
    }
#define INTEGER(section, name, min, max, standard, help)                                           \
    {                                                                                              \
        section, #name, SETTING_INTEGER, FIELD(config, name), min, max, standard, NULL, help       \
    }

#define INSTRUMENT "instrument.ROOT"
#define ACCOUNT "account.NAME"

const struct setting setting_table[] = {
    {"server", "host", SETTING_HOSTS, FIELD(config, host), 0, CONFIG_HOSTS, "127.0.0.1", NULL,
     "name or address of the DTC server; several, separated by commas, are tried in turn"},
    INTEGER("server", port, 1, 65535, "11099", "TCP port of a server that host names without one"),
    INTEGER("server", history_port, 0, 65535, "0",
            "TCP port for historical prices; 0: the same as for the rest"),
    {"server", "encoding", SETTING_CHOICE, FIELD(config, encoding), 0, 0, "auto",
     "auto binary binary-vls json json-compact protobuf",
     "encoding of the messages; auto: agreed on with the server"},
    {"server", "tls", SETTING_BOOLEAN, FIELD(config, tls), 0, 0, "no", NULL,
     "encrypt, and check the server's certificate"},
    TEXT("server", tls_ca_file, "",
         "file with the certificates to trust; empty: those of the system"),
    TEXT("server", username, "", "user name for the logon"),
    TEXT("server", password_file, "", "file with the password, mode 0600"),
    TEXT("server", password_command, "", "command that prints the password"),
    INTEGER("server", heartbeat, 5, 60, "10", "seconds between heartbeats"),
    {"server", "symbols", SETTING_LIST, FIELD(config, symbols), 0, CONFIG_SYMBOLS, "", NULL,
     "market data also for these symbols, separated by commas"},
    TEXT("console", account, "", "account shown at the start; empty: the one that last had a fill"),
    {"console", "ascii", SETTING_BOOLEAN, FIELD(config, ascii), 0, 0, "no", NULL,
     "draw with ASCII only"},
    INTEGER("trade", stale_hours, 1, 8760, "24", "hours after which a saved position is stale"),
    {"trade", "sim_start_balance", SETTING_NUMBER, FIELD(config, sim_start_balance), 0, 1e9,
     "10000", NULL, "balance that a SIM account starts with"},
    {"trade", "sim_monthly", SETTING_BOOLEAN, FIELD(config, sim_monthly), 0, 0, "yes", NULL,
     "begin SIM accounts anew at that balance each month"},
    INTEGER("trade", heat_warn, 1, 86400, "180", "seconds against you until the first level"),
    INTEGER("trade", heat_alert, 1, 86400, "270", "seconds against you until the second level"),
    INTEGER("trade", heat_critical, 1, 86400, "300", "seconds against you until the third level"),
    INTEGER("trade", stop_near_ticks, 0, 1000, "4", "ticks from the stop that count as near"),
    INTEGER("trade", reconcile_minutes, 0, 1440, "5",
            "minutes between checks of positions with the server; 0: none"),
    TEXT("files", data_dir, "", "directory for all files; empty: the XDG directories"),
    {INSTRUMENT, "tick", SETTING_NUMBER, FIELD(config_instrument, tick), 1e-9, 1e6, "", NULL,
     "smallest step of the price"},
    {INSTRUMENT, "point_value", SETTING_NUMBER, FIELD(config_instrument, point_value), 1e-9, 1e9,
     "", NULL, "worth of one point and contract, in the currency"},
    {INSTRUMENT, "commission", SETTING_NUMBER, FIELD(config_instrument, commission), 0, 1e6, "0",
     NULL, "commission per contract and side, in the currency"},
    {INSTRUMENT, "currency", SETTING_TEXT, FIELD(config_instrument, currency), 0, 0, "", NULL,
     "currency, as in USD"},
    {INSTRUMENT, "session_start", SETTING_CLOCK, FIELD(config_instrument, session_start), 0, 0,
     "17:00", NULL, "when a trading session begins, in Chicago, where the server does not say"},
    {ACCOUNT, "mode", SETTING_CHOICE, FIELD(config_account, mode), 0, 0, "", "sim live debug",
     "sim, live or debug; without it the account's name decides"},
};

const size_t setting_count = sizeof setting_table / sizeof *setting_table;

static bool refuse(const struct setting_origin *o, struct error *error, const char *format, ...)
    __attribute__((format(printf, 3, 4)));

static bool refuse(const struct setting_origin *o, struct error *error, const char *format, ...)
{
    char reason[200], all[sizeof error->text], clean[sizeof error->text];
    va_list arguments;
    va_start(arguments, format);
    text_format_list(reason, sizeof reason, format, arguments);
    va_end(arguments);
    text_format(all, sizeof all, "%s%s%s.%s %s", o->where, o->where[0] == '\0' ? "" : ": ",
                o->section, o->key, reason);
    text_clean(clean, sizeof clean, all, strlen(all));
    return error_set(error, ERROR_USAGE, "%s", clean);
}

static bool take_text(const struct setting *s, char *field, const char *value,
                      const struct setting_origin *o, struct error *error)
{
    char clean[1024];
    size_t length = strlen(value);
    if (length >= s->size)
        return refuse(o, error, "is too long: at most %zu bytes", s->size - 1);
    text_clean(clean, sizeof clean, value, length);
    if (strcmp(clean, value) != 0)
        return refuse(o, error, "holds a control character or is not UTF-8");
    if (s->type == SETTING_LIST) {
        double words = length > 0;
        for (const char *c = value; *c != '\0'; c++)
            words += *c == ',';
        if (words > s->max)
            return refuse(o, error, "lists too many: at most %.0f, separated by commas", s->max);
    }
    struct address hosts[CONFIG_HOSTS];
    struct error reason;
    if (s->type == SETTING_HOSTS &&
        address_parse_list(value, 1, hosts, (size_t)s->max, &reason) == 0)
        return refuse(o, error, "is wrong: %s", reason.text);
    text_copy(field, s->size, value);
    return true;
}

/* Calls the choices words of a list separated by spaces; keeps the list's own spelling. */
static bool take_choice(const struct setting *s, char *field, const char *value,
                        const struct setting_origin *o, struct error *error)
{
    char words[64], *rest = words;
    text_copy(words, sizeof words, s->choices);
    for (char *word = strtok_r(rest, " ", &rest); word; word = strtok_r(NULL, " ", &rest)) {
        if (text_equal_nocase(word, value)) {
            text_copy(field, s->size, word);
            return true;
        }
    }
    return refuse(o, error, "cannot be \"%.60s\"; allowed: %s", value, s->choices);
}

static bool take_boolean(bool *field, const char *value, const struct setting_origin *o,
                         struct error *error)
{
    static const char *const words[] = {"no", "yes", "off", "on", "false", "true", "0", "1"};
    for (size_t i = 0; i < sizeof words / sizeof *words; i++) {
        if (text_equal_nocase(words[i], value)) {
            *field = i % 2 == 1;
            return true;
        }
    }
    return refuse(o, error, "cannot be \"%.60s\"; allowed: yes, no", value);
}

static bool take_number(const struct setting *s, void *field, const char *value,
                        const struct setting_origin *o, struct error *error)
{
    const char *kind = s->type == SETTING_INTEGER ? "a whole number" : "a number";
    char *end = NULL;
    double number = strtod(value, &end);
    bool hexadecimal = strpbrk(value, "xX") != NULL;
    bool whole = s->type != SETTING_INTEGER || number == floor(number);
    /* Written so that NaN is refused too. */
    if (end == value || *end != '\0' || hexadecimal || !whole ||
        !(number >= s->min && number <= s->max))
        return refuse(o, error, "cannot be \"%.60s\"; allowed: %s from %.10g to %.10g", value, kind,
                      s->min, s->max);
    if (s->type == SETTING_INTEGER)
        *(int64_t *)field = (int64_t)number;
    else
        *(double *)field = number;
    return true;
}

static bool take_clock(int64_t *field, const char *value, const struct setting_origin *o,
                       struct error *error)
{
    unsigned hour, minute;
    int end = 0;
    if (sscanf(value, "%2u:%2u%n", &hour, &minute, &end) != 2 || value[end] != '\0' ||
        strspn(value, "0123456789:") != strlen(value) || hour > 23 || minute > 59)
        return refuse(o, error, "cannot be \"%.60s\"; allowed: a time of day as in 17:00", value);
    *field = hour * 60 + minute;
    return true;
}

static bool take_value(const struct setting *s, void *base, const char *value,
                       const struct setting_origin *o, struct error *error)
{
    void *field = (char *)base + s->offset;
    switch (s->type) {
    case SETTING_TEXT:
    case SETTING_LIST:
    case SETTING_HOSTS:
        return take_text(s, field, value, o, error);
    case SETTING_CHOICE:
        return take_choice(s, field, value, o, error);
    case SETTING_BOOLEAN:
        return take_boolean(field, value, o, error);
    case SETTING_CLOCK:
        return take_clock(field, value, o, error);
    case SETTING_INTEGER:
    case SETTING_NUMBER:
        break;
    }
    return take_number(s, field, value, o, error);
}

/* What follows the dot in "instrument.MES"; NULL in a section without names. */
static const char *name_in(const char *section)
{
    const char *dot = strchr(section, '.');
    return dot == NULL ? NULL : dot + 1;
}

bool setting_is_named(const struct setting *s)
{
    return name_in(s->section) != NULL;
}

static bool same_section(const struct setting *s, const char *section)
{
    const char *name = name_in(s->section);
    return name == NULL ? strcmp(s->section, section) == 0
                        : strncmp(s->section, section, (size_t)(name - s->section)) == 0;
}

static const struct setting *find_setting(const char *section, const char *key)
{
    for (size_t i = 0; i < setting_count; i++) {
        if (same_section(&setting_table[i], section) && strcmp(setting_table[i].key, key) == 0)
            return &setting_table[i];
    }
    return NULL;
}

size_t setting_distance(const char *a, const char *b)
{
    size_t row[SETTING_NAME_SIZE], width = strlen(b);
    if (width >= SETTING_NAME_SIZE)
        return SETTING_NAME_SIZE;
    for (size_t j = 0; j <= width; j++)
        row[j] = j;
    for (size_t i = 0; a[i] != '\0'; i++) {
        size_t diagonal = row[0]++;
        for (size_t j = 0; j < width; j++) {
            size_t best = diagonal + (a[i] != b[j]);
            diagonal = row[j + 1];
            best = row[j] + 1 < best ? row[j] + 1 : best;
            row[j + 1] = diagonal + 1 < best ? diagonal + 1 : best;
        }
    }
    return row[width];
}

static bool refuse_unknown(const struct setting_origin *o, struct error *error)
{
    const struct setting *nearest = NULL;
    size_t least = SETTING_NEAR + 1;
    for (size_t i = 0; i < setting_count; i++) {
        size_t distance = setting_distance(o->key, setting_table[i].key) +
                          (same_section(&setting_table[i], o->section) ? 0 : 1);
        if (distance < least) {
            least = distance;
            nearest = &setting_table[i];
        }
    }
    if (nearest != NULL)
        return refuse(o, error, "is not a setting; did you mean %s in [%s]?", nearest->key,
                      nearest->section);
    return refuse(o, error, "is not a setting; sortie.ini(5) lists them all");
}

/* The entry of that name in one of the two lists, made when it is new; NULL on error. */
static void *entry_of(struct config *c, const struct setting_origin *o, struct error *error)
{
    const char *name = name_in(o->section);
    bool account = strncmp(o->section, "account.", 8) == 0;
    size_t *count = account ? &c->account_count : &c->instrument_count;
    size_t most = account ? CONFIG_ACCOUNTS : CONFIG_INSTRUMENTS;
    size_t width = account ? sizeof c->accounts->name : sizeof c->instruments->root;
    for (size_t i = 0; i < *count; i++) {
        if (strcmp(account ? c->accounts[i].name : c->instruments[i].root, name) == 0)
            return account ? (void *)&c->accounts[i] : (void *)&c->instruments[i];
    }
    if (name[0] == '\0' || strlen(name) >= width) {
        refuse(o, error, "needs a name of 1 to %zu bytes after the dot in its section", width - 1);
        return NULL;
    }
    char clean[SETTING_NAME_SIZE];
    text_clean(clean, sizeof clean, name, strlen(name));
    if (strcmp(clean, name) != 0) {
        refuse(o, error, "has a control character in the name of its section");
        return NULL;
    }
    if (*count == most) {
        refuse(o, error, "is one too many: at most %zu such sections", most);
        return NULL;
    }
    char *entry = account ? c->accounts[*count].name : c->instruments[*count].root;
    text_copy(entry, width, name);
    ++*count;
    if (!account)
        c->instruments[c->instrument_count - 1].session_start = SETTING_SESSION_START;
    return entry; /* the name is the first field */
}

bool setting_apply(struct config *c, const struct setting_origin *o, const char *value,
                   struct error *error)
{
    const struct setting *s = find_setting(o->section, o->key);
    if (s == NULL)
        return refuse_unknown(o, error);
    void *base = setting_is_named(s) ? entry_of(c, o, error) : c;
    return base != NULL && take_value(s, base, value, o, error);
}
