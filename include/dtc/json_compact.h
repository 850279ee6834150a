/* JSON compact: messages that come often as {"Type":107,"F":[...]} with the values in the list's
 * order, the others as plain JSON. Reading it is dtc_json_decode(), which takes either form. */
#ifndef SORTIE_DTC_JSON_COMPACT_H
#define SORTIE_DTC_JSON_COMPACT_H

#include "dtc/message.h"

/* As in struct dtc_encoding. */
size_t dtc_json_compact_encode(const union dtc_message *message, char *target, size_t size);

#endif
