#include "trade/fill.h"

#include "base/text.h"
#include "trade/instrument.h"

#include <inttypes.h>
#include <math.h>

size_t fill_format_quantity(double quantity, char *target, size_t size)
{
    if (!price_is_set(quantity))
        return text_format(target, size, "-");
    double whole = floor(fabs(quantity));
    int64_t billionths = llround((fabs(quantity) - whole) * 1e9);
    if (billionths == INT64_C(1000000000)) {
        whole += 1;
        billionths = 0;
    }
    const char *sign = quantity < 0 && (whole > 0 || billionths > 0) ? "-" : "";
    if (billionths == 0)
        return text_format(target, size, "%s%.0f", sign, whole);
    int decimals = 9;
    for (; billionths % 10 == 0; billionths /= 10)
        decimals--;
    return text_format(target, size, "%s%.0f.%0*" PRId64, sign, whole, decimals, billionths);
}

bool fill_identify(const struct fill *f, char key[FILL_KEY_SIZE])
{
    if (f->execution_id[0] != '\0') {
        text_format(key, FILL_KEY_SIZE, "%s|%s|e:%s", f->key.account, f->symbol, f->execution_id);
        return true;
    }
    return fill_identify_by_order(f, key);
}

bool fill_identify_by_order(const struct fill *f, char key[FILL_KEY_SIZE])
{
    if (f->order_id[0] == '\0' || !(f->order_filled > 0) || !price_is_set(f->order_filled))
        return false;
    char cumulative[64];
    fill_format_quantity(f->order_filled, cumulative, sizeof cumulative);
    text_format(key, FILL_KEY_SIZE, "%s|%s|o:%s|%s", f->key.account, f->symbol, f->order_id,
                cumulative);
    return true;
}

bool fill_is_valid(const struct fill *f)
{
    return price_is_set(f->price) && f->quantity > 0 && price_is_set(f->quantity) &&
           (f->side == SIDE_LONG || f->side == SIDE_SHORT) && f->symbol[0] != '\0';
}
