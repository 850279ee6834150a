/* Figures as a trader reads them. Each writes into `target` and returns it. */
#ifndef SORTIE_UI_FORMAT_H
#define SORTIE_UI_FORMAT_H

#include "trade/instrument.h"
#include "trade/money.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* "0:07", "4:12", "1:04:12", "2d 03:04"; below 0 counts as 0. */
char *format_duration(char *target, size_t size, int64_t us);
/* "12s", "4m", "3h 12m", "2d 4h". */
char *format_age(char *target, size_t size, int64_t us);
/* Local time: "14:03:22", "14:03", and "12-05 14:03" when it is not of the day of `now`. */
char *format_clock(char *target, size_t size, int64_t us);
char *format_minute(char *target, size_t size, int64_t us);
char *format_moment(char *target, size_t size, int64_t us, int64_t now);
/* "-" when unset. */
char *format_money(char *target, size_t size, money m);
char *format_gain(char *target, size_t size, money m); /* with a sign */
/* Grouped, no more decimals than needed: "2", "1,204", "0.125"; `plus` as in money_format(). "-"
 * when not finite. */
char *format_quantity(char *target, size_t size, double quantity, bool plus);
/* With that many decimals and `unit` behind it ("", "R", " %"). "-" when not finite. */
char *format_number(char *target, size_t size, double number, int decimals, bool plus,
                    const char *unit);
char *format_price(char *target, size_t size, const struct instrument *i, double price);
/* Without what names the exchange: "MESZ25_FUT_CME" -> "MESZ25". */
char *format_short_symbol(char *target, size_t size, const char *symbol);
/* A signed distance in the instrument's format. */
char *format_points(char *target, size_t size, const struct instrument *i, double points);

#endif
