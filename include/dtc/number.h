/* From a number in JSON to a field: one place for all who read JSON. */
#ifndef SORTIE_DTC_NUMBER_H
#define SORTIE_DTC_NUMBER_H

#include "dtc/message.h"

#include <string.h>

struct dtc_number {
    double value;
    int64_t integer; /* where is_integer: exact, also where `value` is rounded */
    bool is_integer; /* written without fraction and exponent */
};

/* Sets a field that is no text: out of its range clamped, a date-time converted from the unit that
 * its magnitude tells (below 1e11 seconds, below 1e14 milliseconds, else microseconds) to the
 * field's own. */
void dtc_number_convert(union dtc_message *message, const struct dtc_field *field,
                        const struct dtc_number *number);

/* The same; most fields are doubles, and a finite one is stored as it is. */
static inline void dtc_number_store(union dtc_message *message, const struct dtc_field *field,
                                    const struct dtc_number *number)
{
    if (field->kind == DTC_F64 && isfinite(number->value))
        memcpy((char *)message + field->offset, &number->value, sizeof number->value);
    else
        dtc_number_convert(message, field, number);
}

#endif
