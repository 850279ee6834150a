/* The fixed binary encoding: the messages' own structs (../dtc README, "Transport and framing"). */
#ifndef SORTIE_DTC_BINARY_H
#define SORTIE_DTC_BINARY_H

#include "base/error.h"
#include "dtc/message.h"

/* The type in the header that all binary kinds have; -1 with `error` when its Size is not `length`.
 */
int dtc_binary_type(const char *frame, size_t length, struct error *error);

/* As in struct dtc_encoding. A frame shorter than the struct is an older peer's: what it does not
 * reach keeps its default; the rest of a longer one is ignored. One bounded copy, no memory. */
int dtc_binary_decode(const char *frame, size_t length, union dtc_message *message,
                      struct error *error);
size_t dtc_binary_encode(const union dtc_message *message, char *target, size_t size);

#endif
