/* Protocol buffers: the 4-byte header of binary, then a proto3 body (protobuf.dev, "Encoding"). */
#ifndef SORTIE_DTC_PROTOBUF_H
#define SORTIE_DTC_PROTOBUF_H

#include "base/error.h"
#include "dtc/message.h"

/* As in struct dtc_encoding, but for what proto3 says of absent numbers: they are 0, so a peer that
 * means "unset" writes the default out. Unknown fields are skipped; of a field that comes twice the
 * last counts; a known field with a foreign wire type is skipped as well. Strings longer than the
 * field are cut. */
int dtc_protobuf_decode(const char *frame, size_t length, union dtc_message *message,
                        struct error *error);
size_t dtc_protobuf_encode(const union dtc_message *message, char *target, size_t size);

#endif
