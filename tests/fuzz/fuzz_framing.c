/* A stream cut at any places gives the same frames as the stream at once, with bounded memory; and
 * what a peer speaks is told by its first bytes, however few at a time. */
#include "dtc/encoding.h"
#include "dtc/framing.h"
#include "fuzz/fuzz.h"

enum {
    FRAMING_LONG = 0xF0,
    FRAMING_UNIT = DTC_FRAME_MAX / 15, /* so that the longest passes the limit */
    FRAMING_READ = 1 << 16,            /* the room that is promised for a read */
    FRAMING_ROOM_MAX = 4 * DTC_FRAME_MAX,
    FRAMING_TELLING = 64
};

/* The first bytes of an input. Behind them stands the stream. */
struct framing_plan {
    uint8_t encodings;    /* at first, and after the switch */
    uint8_t switch_after; /* so many frames; 0: never */
    uint8_t cut;          /* the longest read; 0: as much as there is room for */
    uint8_t padding;      /* bytes inserted at `padding_at`; from FRAMING_LONG on, units */
    uint8_t padding_at, padding_byte;
};

struct framing_outcome {
    size_t frames;
    uint64_t hash; /* of them all: FNV-1a */
    int result;
};

static void framing_take(struct framing_outcome *o, int encoding, const char *frame, size_t length)
{
    bool is_text = dtc_encoding_get(encoding)->is_text;
    if (is_text)
        FUZZ_REQUIRE(length <= DTC_FRAME_MAX && memchr(frame, '\0', length) == NULL);
    else
        FUZZ_REQUIRE(length >= 4 && (uint8_t)frame[0] + 256 * (uint8_t)frame[1] == (int)length);
    for (size_t i = 0; i < length; i++)
        o->hash = (o->hash ^ (uint8_t)frame[i]) * 0x100000001B3U;
    o->hash = (o->hash ^ length) * 0x100000001B3U;
    o->frames++;
}

/* All frames that are whole by now. */
static void framing_drain(struct dtc_framing *f, const struct framing_plan *plan,
                          struct framing_outcome *o)
{
    struct error error = {0};
    const char *frame;
    size_t length;
    while ((o->result = dtc_framing_next(f, &frame, &length, &error)) > 0) {
        framing_take(o, f->encoding, frame, length);
        if (o->frames == plan->switch_after)
            dtc_framing_switch(f, plan->encodings / DTC_ENCODINGS % DTC_ENCODINGS);
    }
    if (o->result < 0)
        FUZZ_REQUIRE(error.text[0] != '\0' && fuzz_is_clean(error.text));
}

static struct framing_outcome framing_run(const struct framing_plan *plan, const char *stream,
                                          size_t size, size_t cut)
{
    struct framing_outcome o = {.hash = 0xCBF29CE484222325U};
    struct dtc_framing f;
    uint32_t random = plan->cut;
    dtc_framing_init(&f, plan->encodings % DTC_ENCODINGS);
    for (size_t at = 0; at < size && o.result >= 0;) {
        size_t room, piece;
        char *space = dtc_framing_space(&f, &room);
        FUZZ_REQUIRE(room >= FRAMING_READ && f.capacity <= FRAMING_ROOM_MAX);
        space[room - 1] = '\0'; /* it is ours */
        random = random * 1664525 + 1013904223;
        piece = cut > 0 ? 1 + (random >> 16) % cut : room;
        piece = piece < room ? piece : room;
        piece = piece < size - at ? piece : size - at;
        memcpy(space, stream + at, piece);
        dtc_framing_advance(&f, piece);
        at += piece;
        framing_drain(&f, plan, &o);
    }
    int dialect = dtc_framing_dialect(&f);
    FUZZ_REQUIRE(dialect >= DTC_DIALECT_UNTOLD && dialect <= DTC_DIALECT_UNKNOWN);
    dtc_framing_free(&f);
    return o;
}

static void framing_check_dialect(const char *stream, size_t size)
{
    enum dtc_dialect told = DTC_DIALECT_UNTOLD;
    for (size_t length = 0; length <= size && length <= FRAMING_TELLING; length++) {
        char *start = fuzz_copy(stream, length);
        enum dtc_dialect dialect = dtc_dialect_recognise(start, length);
        int encoding = dtc_dialect_encoding(dialect);
        FUZZ_REQUIRE(dialect <= DTC_DIALECT_UNKNOWN);
        FUZZ_REQUIRE(encoding >= -1 && encoding < DTC_ENCODINGS);
        FUZZ_REQUIRE(told == DTC_DIALECT_UNTOLD || dialect == told);
        FUZZ_REQUIRE(length > 0 || dialect == DTC_DIALECT_UNTOLD);
        told = dialect;
        free(start);
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct framing_plan plan;
    if (size < sizeof plan)
        return 0;
    memcpy(&plan, data, sizeof plan);
    data += sizeof plan;
    size -= sizeof plan;
    size_t units = plan.padding < FRAMING_LONG ? 0 : (size_t)plan.padding - FRAMING_LONG + 1;
    size_t padding = units > 0 ? units * FRAMING_UNIT : plan.padding, whole = size + padding;
    size_t before = plan.padding_at < size ? plan.padding_at : size;
    char *stream = fuzz_copy(data, before);
    stream = realloc(stream, whole + 1);
    if (!stream)
        abort();
    memset(stream + before, plan.padding_byte, padding);
    memcpy(stream + before + padding, data + before, size - before);

    /* A long stream goes in larger pieces. */
    size_t cut = plan.cut > 0 && units > 0 ? (size_t)plan.cut * FRAMING_READ : plan.cut;
    struct framing_outcome whole_outcome = framing_run(&plan, stream, whole, 0);
    struct framing_outcome cut_outcome = framing_run(&plan, stream, whole, cut);
    FUZZ_REQUIRE(whole_outcome.frames == cut_outcome.frames);
    FUZZ_REQUIRE(whole_outcome.hash == cut_outcome.hash);
    FUZZ_REQUIRE(whole_outcome.result == cut_outcome.result);
    framing_check_dialect(stream, whole);
    free(stream);
    return 0;
}
