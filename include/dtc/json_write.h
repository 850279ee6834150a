/* Pieces of JSON text, for the two encodings that are JSON. */
#ifndef SORTIE_DTC_JSON_WRITE_H
#define SORTIE_DTC_JSON_WRITE_H

#include "dtc/message.h"

/* What is still free of the target; `at` is NULL once something did not fit. */
struct dtc_json_writer {
    char *at, *end;
};

void dtc_json_write_bytes(struct dtc_json_writer *w, const char *bytes, size_t length);
/* {"Type":n */
void dtc_json_write_head(struct dtc_json_writer *w, uint16_t type);
/* A field's value: a string, in which bytes that are not UTF-8 are '?', or a number with the fewest
 * digits that read back as the same; one that is not finite as the field's default. */
void dtc_json_write_value(struct dtc_json_writer *w, const union dtc_message *message,
                          const struct dtc_field *field);

#endif
