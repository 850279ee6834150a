#include "sim/scenario.h"

#include "base/clock.h"
#include "base/memory.h"
#include "base/text.h"
#include "sim/fault.h"
#include "sim/product.h"

#include <errno.h>
#include <jansson.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum kind { NUMBER, SECONDS, COUNT, TEXT, WORD, PRODUCT, TRUTH };

/* The value of a word is its place, counted from 1: as DTC counts sides and types. */
static const char *const sides[] = {"buy", "sell", NULL};
static const char *const types[] = {"market", "limit", "stop", "stop-limit", "market-if-touched",
                                    NULL};

#define MEMBER(field)                                                                              \
    offsetof(struct sim_scenario_entry, field), sizeof(((struct sim_scenario_entry *)0)->field)

enum {
    AT = 1 << 0,
    PRODUCT_SYMBOL = 1 << 1,
    PRICE = 1 << 2,
    PRICE2 = 1 << 3,
    VOLUME = 1 << 4,
    FOR = 1 << 5,
    BY = 1 << 6,
    ACCOUNT = 1 << 7,
    SYMBOL = 1 << 8,
    SIDE = 1 << 9,
    TYPE = 1 << 10,
    QUANTITY = 1 << 11,
    ID = 1 << 12,
    STOP = 1 << 13,
    TARGET = 1 << 14,
    MESSAGES = 1 << 15,
    REORDERED = 1 << 16,
    MESSAGE_TYPE = 1 << 17,
    BYTES = 1 << 18,
    REASON = 1 << 19,
    FINAL = 1 << 20,
    ON = 1 << 21
};

static const struct member {
    int bit;
    const char *name;
    enum kind kind;
    size_t offset, size;
    double least, most;
    const char *const *words;
} members[] = {
    {AT, "at", SECONDS, MEMBER(at), 0, 1e9, NULL},
    {PRODUCT_SYMBOL, "symbol", PRODUCT, MEMBER(product), 0, 0, NULL},
    {PRICE, "price", NUMBER, MEMBER(price), -1e9, 1e9, NULL},
    {PRICE2, "price2", NUMBER, MEMBER(price2), -1e9, 1e9, NULL},
    {VOLUME, "volume", NUMBER, MEMBER(volume), 1, 1e6, NULL},
    {FOR, "for", SECONDS, MEMBER(duration), 0, 1e9, NULL},
    {BY, "by", SECONDS, MEMBER(by), 0, 3600, NULL},
    {ACCOUNT, "account", TEXT, MEMBER(account), 0, 0, NULL},
    {SYMBOL, "symbol", TEXT, MEMBER(symbol), 0, 0, NULL},
    {SIDE, "side", WORD, MEMBER(side), 0, 0, sides},
    {TYPE, "type", WORD, MEMBER(type), 0, 0, types},
    {QUANTITY, "quantity", NUMBER, MEMBER(quantity), 0, 1e6, NULL},
    {ID, "id", TEXT, MEMBER(id), 0, 0, NULL},
    {STOP, "stop", NUMBER, MEMBER(stop), 0, 1e6, NULL},
    {TARGET, "target", NUMBER, MEMBER(target), 0, 1e6, NULL},
    {MESSAGES, "count", COUNT, MEMBER(count), 1, 1e6, NULL},
    {REORDERED, "count", COUNT, MEMBER(count), 2, SIM_REORDER_MAX, NULL},
    {MESSAGE_TYPE, "type", COUNT, MEMBER(message_type), 1, 65535, NULL},
    {BYTES, "bytes", COUNT, MEMBER(bytes), 1, SIM_GARBAGE_MAX, NULL},
    {REASON, "reason", TEXT, MEMBER(reason), 0, 0, NULL},
    {FINAL, "final", TRUTH, MEMBER(is_final), 0, 0, NULL},
    {ON, "on", TRUTH, MEMBER(is_on), 0, 0, NULL},
};

enum { ORDER = ACCOUNT | SYMBOL | SIDE | TYPE | QUANTITY | ID };

/* The members that each action must have, beside "at", and those that it may have. */
static const struct {
    const char *name;
    int needs, takes;
} actions[SIM_ACTIONS] = {
    [SIM_DO_PRICE] = {"price", PRODUCT_SYMBOL | PRICE, 0},
    [SIM_DO_TRADE] = {"trade", PRODUCT_SYMBOL | PRICE | VOLUME, 0},
    [SIM_DO_FREEZE] = {"freeze", FOR, 0},
    [SIM_DO_ORDER] = {"order", ORDER, PRICE | PRICE2},
    [SIM_DO_BRACKET] = {"bracket", ORDER | STOP | TARGET, PRICE | PRICE2},
    [SIM_DO_CANCEL] = {"cancel", ID, 0},
    [SIM_DO_REPLACE] = {"replace", ID, PRICE | PRICE2 | QUANTITY},
    [SIM_DO_FLATTEN] = {"flatten", ACCOUNT, SYMBOL},
    [SIM_DO_DROP] = {"drop", 0, 0},
    [SIM_DO_REFUSE] = {"refuse", FOR, 0},
    [SIM_DO_STALL] = {"stall", FOR, 0},
    [SIM_DO_HALF_OPEN] = {"half-open", 0, 0},
    [SIM_DO_SILENT] = {"silent", FOR, 0},
    [SIM_DO_DELAY] = {"delay", FOR | BY, 0},
    [SIM_DO_LOSE] = {"lose", MESSAGES, MESSAGE_TYPE},
    [SIM_DO_DUPLICATE] = {"duplicate", MESSAGES, MESSAGE_TYPE},
    [SIM_DO_REORDER] = {"reorder", REORDERED, 0},
    [SIM_DO_SPLIT] = {"split", FOR, 0},
    [SIM_DO_JOIN] = {"join", FOR, 0},
    [SIM_DO_TRUNCATE] = {"truncate", 0, 0},
    [SIM_DO_GARBAGE] = {"garbage", BYTES, 0},
    [SIM_DO_WRONG_SIZE] = {"wrong-size", 0, 0},
    [SIM_DO_OVERSIZED] = {"oversized", 0, 0},
    [SIM_DO_WRONG_ENCODING] = {"wrong-encoding", 0, 0},
    [SIM_DO_LOGOFF] = {"logoff", 0, REASON | FINAL},
    [SIM_DO_SIERRA] = {"sierra", ON, 0},
    [SIM_DO_REFUSE_FILL_HISTORY] = {"refuse-fill-history", ON, 0},
    [SIM_DO_REFUSE_PRICE_HISTORY] = {"refuse-price-history", ON, 0},
};

void sim_scenario_free(struct sim_scenario *s)
{
    free(s->entries);
    *s = (struct sim_scenario){0};
}

/* Values. What the two below return false for is said by fail_member(). */

static bool take_number(const struct member *m, const json_t *value, void *target)
{
    double number = json_number_value(value);
    if (!json_is_number(value) || number < m->least || number > m->most)
        return false;
    if (m->kind == COUNT && !json_is_integer(value))
        return false;
    if (m->kind == NUMBER)
        *(double *)target = number;
    else if (m->kind == SECONDS)
        *(int64_t *)target = llround(number * (double)CLOCK_SECOND);
    else
        *(int *)target = (int)number;
    return true;
}

static bool take_value(const struct member *m, const json_t *value, void *target)
{
    const char *text = json_string_value(value);
    switch (m->kind) {
    case TRUTH:
        *(bool *)target = json_is_true(value);
        return json_is_boolean(value);
    case TEXT:
        return text != NULL && text_copy(target, m->size, text);
    case PRODUCT:
        *(int *)target = text != NULL ? sim_product_find(text) : -1;
        return *(int *)target >= 0;
    case WORD:
        for (int i = 0; text != NULL && m->words[i] != NULL; i++)
            if (strcmp(m->words[i], text) == 0)
                *(int32_t *)target = i + 1;
        return *(int32_t *)target > 0;
    default:
        return take_number(m, value, target);
    }
}

static bool fail_member(const struct member *m, int number, struct error *error)
{
    char allowed[128] = "";
    size_t length = 0;
    switch (m->kind) {
    case TRUTH:
        text_copy(allowed, sizeof allowed, "true or false");
        break;
    case TEXT:
        text_format(allowed, sizeof allowed, "a text of at most %zu bytes", m->size - 1);
        break;
    case PRODUCT:
        text_copy(allowed, sizeof allowed, "a symbol that the simulation trades");
        break;
    case WORD:
        for (int i = 0; m->words[i] != NULL; i++)
            length += text_format(allowed + length, sizeof allowed - length, "%s\"%s\"",
                                  i > 0 ? ", " : "one of ", m->words[i]);
        break;
    default:
        text_format(allowed, sizeof allowed, "a %snumber from %g to %g",
                    m->kind == COUNT ? "whole " : "", m->least, m->most);
    }
    return error_set(error, ERROR_USAGE, "line %d: \"%s\" must be %s", number, m->name, allowed);
}

/* Lines. */

static int find_action(const char *name)
{
    for (int i = 0; name != NULL && i < SIM_ACTIONS; i++)
        if (strcmp(actions[i].name, name) == 0)
            return i;
    return -1;
}

static const struct member *find_member(const char *name, int among)
{
    for (size_t i = 0; i < sizeof members / sizeof *members; i++)
        if ((members[i].bit & among) != 0 && strcmp(members[i].name, name) == 0)
            return &members[i];
    return NULL;
}

static bool take_members(struct sim_scenario_entry *e, json_t *object, int number,
                         struct error *error)
{
    int needs = AT | actions[e->action].needs, takes = needs | actions[e->action].takes, has = 0;
    const char *action = actions[e->action].name, *name;
    json_t *value;
    json_object_foreach(object, name, value)
    {
        const struct member *m = find_member(name, takes);
        char shown[64];
        text_clean(shown, sizeof shown, name, strlen(name));
        if (strcmp(name, "do") == 0)
            continue;
        if (m == NULL)
            return error_set(error, ERROR_USAGE, "line %d: \"%s\" is no member of \"%s\"", number,
                             shown, action);
        if (!take_value(m, value, (char *)e + m->offset))
            return fail_member(m, number, error);
        has |= m->bit;
    }
    for (size_t i = 0; i < sizeof members / sizeof *members; i++)
        if ((members[i].bit & needs & ~has) != 0)
            return error_set(error, ERROR_USAGE, "line %d: \"%s\" lacks \"%s\"", number, action,
                             members[i].name);
    return true;
}

static bool take_object(struct sim_scenario_entry *e, json_t *object, int number,
                        struct error *error)
{
    json_t *name = json_object_get(object, "do");
    const char *text = json_string_value(name);
    int action = find_action(text);
    char shown[64] = "";
    if (text != NULL)
        text_clean(shown, sizeof shown, text, strlen(text));
    if (text == NULL)
        return error_set(error, ERROR_USAGE, "line %d: \"do\" must be the name of an action",
                         number);
    if (action < 0)
        return error_set(error, ERROR_USAGE, "line %d: there is no action \"%s\"", number, shown);
    *e = (struct sim_scenario_entry){.action = (enum sim_action)action, .count = 1};
    if (e->action == SIM_DO_REPLACE)
        e->price = e->price2 = NAN;
    return take_members(e, object, number, error);
}

/* Behind all that are not later. */
static void insert(struct sim_scenario *s, const struct sim_scenario_entry *e)
{
    if (s->count == s->capacity) {
        s->capacity = 2 * s->capacity + 16;
        s->entries = memory_resize(s->entries, s->capacity, sizeof *s->entries);
    }
    size_t at = s->count++;
    for (; at > 0 && s->entries[at - 1].at > e->at; at--)
        s->entries[at] = s->entries[at - 1];
    s->entries[at] = *e;
}

bool sim_scenario_add(struct sim_scenario *s, const char *line, int number, struct error *error)
{
    struct sim_scenario_entry entry;
    const char *start = line + strspn(line, " \t\r\n");
    if (*start == '\0' || *start == '#')
        return true;
    json_error_t wrong;
    json_t *object = json_loads(line, JSON_REJECT_DUPLICATES, &wrong);
    char shown[JSON_ERROR_TEXT_LENGTH] = "it is something else";
    if (object == NULL)
        text_clean(shown, sizeof shown, wrong.text, strlen(wrong.text));
    bool taken = json_is_object(object)
                     ? take_object(&entry, object, number, error)
                     : error_set(error, ERROR_USAGE, "line %d: a JSON object is expected: %s",
                                 number, shown);
    json_decref(object);
    if (taken)
        insert(s, &entry);
    return taken;
}

bool sim_scenario_load(struct sim_scenario *s, const char *path, struct error *error)
{
    char *line = NULL;
    size_t size = 0;
    bool fine = true;
    struct error wrong = {0};
    FILE *file = fopen(path, "re");
    if (file == NULL)
        return error_set(error, ERROR_USAGE, "cannot read the scenario %s: %s", path,
                         strerror(errno));
    for (int number = 1; fine && (errno = 0, getline(&line, &size, file)) >= 0; number++) {
        fine = sim_scenario_add(s, line, number, &wrong);
        if (!fine)
            error_set(error, ERROR_USAGE, "%s: %s", path, wrong.text);
    }
    if (fine && ferror(file))
        fine =
            error_set(error, ERROR_USAGE, "cannot read the scenario %s: %s", path, strerror(errno));
    free(line);
    fclose(file);
    return fine;
}
