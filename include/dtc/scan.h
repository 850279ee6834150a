/* The fast way to read the JSON messages that come most: prices, depth, history records. */
#ifndef SORTIE_DTC_SCAN_H
#define SORTIE_DTC_SCAN_H

#include "dtc/message.h"

/* Decodes {"Type":107,"SymbolID":1,...} or {"Type":107,"F":[...]} without a null byte behind it and
 * without taking memory. Only what is plain is accepted: "Type" first, a known one; after it
 * numbers alone, each with few enough digits to be converted exactly by one multiplication or
 * division; no text field, alias, escape or repeated key. Unknown keys with such numbers are
 * skipped. Returns false for everything else, right or wrong, and leaves `message` with any
 * content: dtc_json_decode() then looks at it. What is accepted is, bit for bit, what
 * dtc_json_decode_tree() makes of it. */
bool dtc_scan(const char *text, size_t length, union dtc_message *message);

#endif
