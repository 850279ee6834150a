/* JSON and JSON compact through the descriptors (../dtc README, "Transport and framing"): what
 * comes most with dtc_scan(), everything else with jansson. */
#ifndef SORTIE_DTC_JSON_H
#define SORTIE_DTC_JSON_H

#include "base/error.h"
#include "dtc/message.h"

/* Decodes one object (without its null byte) into `message`. Absent fields have their defaults,
 * unknown ones are ignored, {"Type":n,"F":[...]} is accepted for every message. Numbers may come as
 * integer, double or numeric string, true or false; out of a field's range they are clamped. A
 * date-time's unit is told by its magnitude (below 1e11 seconds, below 1e14 milliseconds, else
 * microseconds) and converted to the field's own. Strings longer than the field are cut. Returns
 * the type; 0 for a message of a type not in the list; -1 with `error` when it is not a JSON object
 * with an integer Type. `message` holds nothing of use unless a type is returned. */
int dtc_json_decode(const char *text, size_t length, union dtc_message *message,
                    struct error *error);
/* The same through jansson alone: the reference that tests hold dtc_scan() against. */
int dtc_json_decode_tree(const char *text, size_t length, union dtc_message *message,
                         struct error *error);

/* Encodes "Type" first, then the fields that differ from their default, and the ending null byte.
 * RequestID, SymbolID and fields whose default is a value (ProtocolVersion, RequestAction) are
 * always there, for peers that take what is absent for 0. A number that is not finite is left out.
 * Returns the bytes written with the null byte, or 0 when `size` is too small or the type is not in
 * the list. */
size_t dtc_json_encode(const union dtc_message *message, char *target, size_t size);

#endif
