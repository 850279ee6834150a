/* The table of settings, and how a text becomes the value of one. A new setting is one row in
 * setting.c, one field in struct config, and its words in sortie.ini(5) and config/sortie.ini. */
#ifndef SORTIE_BASE_SETTING_H
#define SORTIE_BASE_SETTING_H

#include "base/config.h"

enum { SETTING_NAME_SIZE = 64, SETTING_SESSION_START = 17 * 60 };

enum setting_type {
    SETTING_TEXT,    /* up to the size of its field */
    SETTING_LIST,    /* text: at most `max` words separated by commas */
    SETTING_HOSTS,   /* text: at most `max` addresses separated by commas */
    SETTING_CHOICE,  /* one of the words of `choices` */
    SETTING_INTEGER, /* min to max */
    SETTING_NUMBER,  /* min to max */
    SETTING_CLOCK,   /* HH:MM, stored as an int64_t: the minute of the day */
    SETTING_BOOLEAN
};

struct setting {
    const char *section; /* with a dot: one for each name, as in [account.Sim1] */
    const char *key;
    enum setting_type type;
    size_t offset, size; /* of the field in struct config, or in the struct of that name */
    double min, max;
    const char *default_text, *choices, *help;
};

extern const struct setting setting_table[];
extern const size_t setting_count;

/* Whether there is one for each name of an instrument or an account. */
bool setting_is_named(const struct setting *s);

/* Where a value comes from, for the sentence of an error. */
struct setting_origin {
    const char *where; /* "FILE:LINE" or a variable; "" for an option */
    const char *section, *key;
};

/* Finds the setting, checks the value and stores it. ERROR_USAGE says what is allowed, and for an
 * unknown setting which one was probably meant. */
bool setting_apply(struct config *c, const struct setting_origin *o, const char *value,
                   struct error *error);

/* How many bytes have to be put in, taken out or changed to make `b` of `a`; SETTING_NAME_SIZE when
 * `b` is longer than a setting's name can be. */
size_t setting_distance(const char *a, const char *b);

/* A greater distance makes a suggestion a guess. */
enum { SETTING_NEAR = 3 };

#endif
