#include "dtc/number.h"

#include <math.h>

/* Units of the time kinds a second; 0 for kinds that are no times. */
static double time_units(int kind)
{
    switch (kind) {
    case DTC_TIME_S:
    case DTC_TIME_S4:
    case DTC_TIME_F:
        return 1;
    case DTC_TIME_MS:
        return 1e3;
    case DTC_TIME_US:
        return 1e6;
    default:
        return 0;
    }
}

/* From the unit that the magnitude tells to the field's own. Only dividing is exact in binary, and
 * a fraction of a decimal second needs rounding once it has become an integer. */
static double time_convert(double value, double units)
{
    double told = fabs(value) < 1e11 ? 1 : fabs(value) < 1e14 ? 1e3 : 1e6;
    if (units == told)
        return value;
    return units > told ? round(value * (units / told)) : value / (told / units);
}

void dtc_number_convert(union dtc_message *message, const struct dtc_field *field,
                        const struct dtc_number *number)
{
    double units = time_units(field->kind);
    if (units > 0) {
        dtc_field_set(message, field, time_convert(number->value, units));
    } else if (number->is_integer) {
        dtc_field_set_integer(message, field, number->integer);
    } else {
        dtc_field_set(message, field, number->value);
    }
}
