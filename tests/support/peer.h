/* A DTC server that says what a test tells it to: messages over a real socket on loopback, requests
 * answered from a table that the test fills. In all texts ' stands for ". */
#ifndef SORTIE_TESTS_SUPPORT_PEER_H
#define SORTIE_TESTS_SUPPORT_PEER_H

#include <jansson.h>
#include <stddef.h>

struct peer;

/* Listens. It knows of itself: a logon that is accepted with everything supported, account Sim1, no
 * orders, positions, fills, balances and past prices, and for any symbol tick 0.25 and tick
 * value 1.25 USD. */
struct peer *peer_new(void);
void peer_free(struct peer *p);
int peer_port(const struct peer *p);
/* Before the client comes: the same in that encoding (dtc/encoding.h); without it, JSON. */
void peer_speak(struct peer *p, int encoding);

/* From now on a request of `type` is answered with these messages, a JSON array; where `field` is
 * not NULL, only one with that text or whole number in that field. NULL: not at all. The newest
 * rule that fits is taken. RequestID and the numbers of an answer's messages are filled in where
 * they are not there; a text "$Field" becomes that field of the request. */
void peer_answer(struct peer *p, int type, const char *field, const char *value,
                 const char *messages);
/* Sends something that nobody asked for. */
void peer_send(struct peer *p, const char *format, ...) __attribute__((format(printf, 2, 3)));
void peer_send_bytes(struct peer *p, const void *bytes, size_t length);
/* Sends nothing but these bytes, as soon as the client has said its first words on a connection. */
void peer_answer_with_bytes(struct peer *p, const void *bytes, size_t length);
void peer_hang_up(struct peer *p);
/* Hangs up and refuses connections, until it is opened again on the same port. */
void peer_shut(struct peer *p);
void peer_open(struct peer *p);

/* Takes what has come and answers it; never waits. Returns how much came. */
size_t peer_pump(struct peer *p);
/* Waits a moment for something to come. */
void peer_wait(struct peer *p, int ms);
/* Does the pumping in a thread of its own, until peer_free(). */
void peer_run(struct peer *p);

/* How many requests of that type have come (all types: 0), and a field of the last one: "" or 0
 * where it had none. */
unsigned peer_count(struct peer *p, int type);
double peer_number(struct peer *p, int type, const char *field);
/* Valid until the next request of that type. */
const char *peer_text(struct peer *p, int type, const char *field);

#endif
