#include "dtc/negotiation.h"

#include "base/text.h"
#include "dtc/encoding.h"
#include "dtc/session.h"

#include <string.h>

/* In the place of an encoding: the server is asked. */
enum { ASKING = DTC_ENCODINGS };

static void try(struct dtc_negotiation *n, int what)
{
    n->is_asking = what == ASKING;
    n->encoding = n->is_asking ? DTC_BINARY_ENCODING : what;
    n->tried |= 1U << what;
}

void dtc_negotiation_begin(struct dtc_negotiation *n, int wanted, int known)
{
    int first = known >= 0 ? known : ASKING;
    *n = (struct dtc_negotiation){.is_automatic = wanted == DTC_ENCODING_AUTO};
    try(n, wanted == DTC_ENCODING_AUTO ? first : wanted);
}

bool dtc_negotiation_next(struct dtc_negotiation *n, int dialect)
{
    const int order[] = {dtc_dialect_encoding((enum dtc_dialect)dialect), ASKING, DTC_JSON_ENCODING,
                         DTC_BINARY_ENCODING};
    if (!n->is_automatic || dialect == DTC_DIALECT_TLS || dialect == DTC_DIALECT_HTTP)
        return false;
    for (size_t i = 0; i < sizeof order / sizeof order[0]; i++) {
        if (order[i] >= 0 && (n->tried & 1U << order[i]) == 0) {
            try(n, order[i]);
            return true;
        }
    }
    return false;
}

const char *dtc_negotiation_tried(const struct dtc_negotiation *n, char *text, size_t size)
{
    size_t length = 0;
    text[0] = '\0';
    for (int i = ASKING; i >= 0; i--) {
        if ((n->tried & 1U << i) == 0)
            continue;
        const char *what = i == ASKING ? "asking for binary" : dtc_encoding_get(i)->title;
        length += text_format(text + length, size - length, "%s%s", length > 0 ? ", " : "", what);
    }
    return text;
}
