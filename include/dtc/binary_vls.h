/* Binary with variable-length strings: fixed parts with (offset, length) pairs that point to the
 * strings behind (../dtc README, "Transport and framing"). Messages without text are as in fixed
 * binary. */
#ifndef SORTIE_DTC_BINARY_VLS_H
#define SORTIE_DTC_BINARY_VLS_H

#include "base/error.h"
#include "dtc/message.h"

/* As in struct dtc_encoding. A pair that points outside of the message makes it invalid; fields
 * beyond the peer's BaseSize keep their defaults. Strings longer than the field are cut. */
int dtc_binary_vls_decode(const char *frame, size_t length, union dtc_message *message,
                          struct error *error);
size_t dtc_binary_vls_encode(const union dtc_message *message, char *target, size_t size);

#endif
