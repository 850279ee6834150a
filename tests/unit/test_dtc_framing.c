#include "dtc/encoding.h"
#include "dtc/framing.h"

#include "support/test.h"

#include <stdio.h>
#include <string.h>

static void feed(struct dtc_framing *f, const char *bytes, size_t length)
{
    while (length > 0) {
        size_t size;
        char *space = dtc_framing_space(f, &size);
        ck_assert_uint_ge(size, 65536);
        if (size > length)
            size = length;
        memcpy(space, bytes, size);
        dtc_framing_advance(f, size);
        bytes += size;
        length -= size;
    }
}

static void assert_frame(struct dtc_framing *f, const char *expected)
{
    const char *frame;
    size_t length;
    struct error error;
    ck_assert_int_eq(dtc_framing_next(f, &frame, &length, &error), 1);
    ck_assert_uint_eq(length, strlen(expected));
    ck_assert_mem_eq(frame, expected, length);
}

static void assert_nothing(struct dtc_framing *f)
{
    const char *frame;
    size_t length;
    struct error error;
    ck_assert_int_eq(dtc_framing_next(f, &frame, &length, &error), 0);
}

static void assert_refused(struct dtc_framing *f, const char *expected)
{
    const char *frame;
    size_t length;
    struct error error;
    ck_assert_int_eq(dtc_framing_next(f, &frame, &length, &error), -1);
    ck_assert_int_eq(error.code, ERROR_PROTOCOL);
    ck_assert_msg(strstr(error.text, expected) != NULL, "%s", error.text);
    for (const char *c = error.text; *c; c++)
        ck_assert_msg((unsigned char)*c >= ' ' && *c != 0x7F, "%s", error.text);
}

START_TEST(every_split_of_a_stream_gives_the_same_frames)
{
    static const char stream[] = "{\"Type\":3}\0\0\n {\"a\":\"\xC3\xA9\"}\0 \0{}\0{\"rest";
    size_t length = sizeof stream - 1;
    for (size_t first = 0; first <= length; first++) {
        for (size_t second = first; second <= length; second++) {
            struct dtc_framing f;
            const char *expected[] = {"{\"Type\":3}", "\n {\"a\":\"\xC3\xA9\"}", "{}"};
            size_t ends[] = {0, first, second, length}, frames = 0;
            dtc_framing_init(&f, DTC_JSON_ENCODING);
            for (int part = 0; part < 3; part++) {
                const char *frame;
                size_t size;
                struct error error;
                feed(&f, stream + ends[part], ends[part + 1] - ends[part]);
                while (dtc_framing_next(&f, &frame, &size, &error) == 1) {
                    ck_assert_uint_lt(frames, 3);
                    ck_assert_uint_eq(size, strlen(expected[frames]));
                    ck_assert_mem_eq(frame, expected[frames], size);
                    frames++;
                }
            }
            ck_assert_uint_eq(frames, 3);
            feed(&f, "\"}", 3);
            assert_frame(&f, "{\"rest\"}");
            assert_nothing(&f);
            dtc_framing_free(&f);
        }
    }
}
END_TEST

START_TEST(a_stream_of_single_bytes_gives_the_same_frames)
{
    static const char stream[] = "{\"Type\":3}\0{\"Type\":5}";
    struct dtc_framing f;
    dtc_framing_init(&f, DTC_JSON_ENCODING);
    for (size_t i = 0; i < sizeof stream; i++) {
        feed(&f, stream + i, 1);
        if (i == 10)
            assert_frame(&f, "{\"Type\":3}");
        else if (i == 21)
            assert_frame(&f, "{\"Type\":5}");
        else
            assert_nothing(&f);
    }
    dtc_framing_free(&f);
}
END_TEST

START_TEST(the_longest_frame_is_taken_and_one_byte_more_is_not)
{
    char *text = malloc(DTC_FRAME_MAX + 2);
    ck_assert_ptr_nonnull(text);
    memset(text, 'x', DTC_FRAME_MAX + 2);
    memcpy(text, "{\"", 2);
    struct dtc_framing f;
    dtc_framing_init(&f, DTC_JSON_ENCODING);
    feed(&f, text, DTC_FRAME_MAX);
    assert_nothing(&f);
    feed(&f, "", 1);
    const char *frame;
    size_t length;
    struct error error;
    ck_assert_int_eq(dtc_framing_next(&f, &frame, &length, &error), 1);
    ck_assert_uint_eq(length, DTC_FRAME_MAX);
    ck_assert_mem_eq(frame, text, length);
    feed(&f, text, DTC_FRAME_MAX + 1); /* known to be too long before it ends */
    assert_refused(&f, "longer than 1048576 bytes");
    dtc_framing_reset(&f, DTC_JSON_ENCODING);
    text[DTC_FRAME_MAX + 1] = '\0';
    feed(&f, text, DTC_FRAME_MAX + 2);
    assert_refused(&f, "longer than 1048576 bytes");
    dtc_framing_free(&f);
    free(text);
}
END_TEST

START_TEST(memory_stays_bounded_over_many_frames)
{
    struct dtc_framing f;
    dtc_framing_init(&f, DTC_JSON_ENCODING);
    for (int i = 0; i < 100000; i++) {
        feed(&f, "{\"Type\":3}\0{\"Ty", 15);
        assert_frame(&f, "{\"Type\":3}");
        assert_nothing(&f);
        feed(&f, "pe\":5}", 7);
        assert_frame(&f, "{\"Type\":5}");
    }
    ck_assert_uint_le(f.capacity, 1 << 18);
    dtc_framing_free(&f);
}
END_TEST

START_TEST(reset_forgets_half_a_frame)
{
    struct dtc_framing f;
    dtc_framing_init(&f, DTC_JSON_ENCODING);
    feed(&f, "{\"half", 6);
    assert_nothing(&f);
    dtc_framing_reset(&f, DTC_JSON_ENCODING);
    feed(&f, "{}", 3);
    assert_frame(&f, "{}");
    dtc_framing_free(&f);
}
END_TEST

START_TEST(what_a_foreign_server_speaks_is_named)
{
    static const struct {
        const char *bytes;
        size_t length;
        const char *expected;
    } rows[] = {
        {"\x10\0\x07\0\x08\0\0\0\0\0\0\0DTC\0", 16, "binary DTC"}, /* ENCODING_RESPONSE */
        {"\0\1\2\0\x08\0\0\0\1\0\0\0", 12, "binary DTC"},          /* LOGON_RESPONSE of 256 bytes */
        {"\x68\0\2\0\x08\0\0\0\2\0\0\0", 12, "binary DTC"},        /* its size is a letter */
        {"\x15\x03\x01\0\x02\x02\x46", 7, "TLS"},
        {"\x16\x03\x03\0\x7A\x02\0\0", 8, "TLS"},
        {"HTTP/1.1 400 Bad Request\r\n", 26, "a web server"},
        {"SSH-2.0-OpenSSH_9.2\r\n", 21, "\"SSH-2.0-\""},
        {"[1,2]", 6, "\"[1,2]\""},
        {"\n\nxy\x1B[31m", 10, "\"xy?[31m\""},
        {"\xFF\xFE\xFD\xFC\xFB\xFA\xF9\xF8", 8, "does not speak JSON DTC"},
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        struct dtc_framing f;
        dtc_framing_init(&f, DTC_JSON_ENCODING);
        feed(&f, rows[i].bytes, rows[i].length);
        assert_refused(&f, rows[i].expected);
        dtc_framing_free(&f);
    }
}
END_TEST

START_TEST(a_foreign_server_is_named_alike_however_its_bytes_arrive)
{
    static const char bytes[] = "HTTP/1.1 200 OK\r\n";
    struct dtc_framing f;
    dtc_framing_init(&f, DTC_JSON_ENCODING);
    for (size_t i = 0; i < 4; i++) {
        feed(&f, bytes + i, 1);
        assert_nothing(&f);
    }
    feed(&f, bytes + 4, 1);
    assert_refused(&f, "a web server");
    dtc_framing_free(&f);
}
END_TEST

START_TEST(a_frame_that_is_not_json_is_found_behind_good_ones)
{
    struct dtc_framing f;
    dtc_framing_init(&f, DTC_JSON_ENCODING);
    feed(&f, "{}\0oops", 8);
    assert_frame(&f, "{}");
    assert_refused(&f, "\"oops\"");
    dtc_framing_free(&f);
}
END_TEST

/* A LOGON_RESPONSE, a HEARTBEAT and a LOGOFF as one stream. */
static size_t make_stream(int encoding, char *stream, size_t size, size_t ends[3])
{
    static const uint16_t types[] = {DTC_LOGON_RESPONSE, DTC_HEARTBEAT, DTC_LOGOFF};
    size_t length = 0;
    for (size_t i = 0; i < 3; i++) {
        union dtc_message m;
        dtc_message_init(&m, types[i]);
        if (types[i] == DTC_LOGON_RESPONSE)
            m.logon_response.Result = DTC_LOGON_SUCCESS;
        if (types[i] == DTC_LOGOFF)
            dtc_text_set(m.logoff.Reason, sizeof m.logoff.Reason, "bye");
        size_t written = dtc_encoding_get(encoding)->encode(&m, stream + length, size - length);
        ck_assert_uint_gt(written, 0);
        length += written;
        ends[i] = length;
    }
    return length;
}

START_TEST(every_encoding_is_framed_alike_at_every_split)
{
    int encoding = _i;
    char stream[1024];
    size_t ends[3], null = dtc_encoding_get(encoding)->is_text ? 1 : 0;
    size_t length = make_stream(encoding, stream, sizeof stream, ends);
    for (size_t split = 0; split <= length; split++) {
        struct dtc_framing f;
        size_t parts[] = {0, split, length}, frames = 0, start = 0;
        dtc_framing_init(&f, encoding);
        for (int part = 0; part < 2; part++) {
            const char *frame;
            size_t size;
            struct error error;
            int result;
            feed(&f, stream + parts[part], parts[part + 1] - parts[part]);
            while ((result = dtc_framing_next(&f, &frame, &size, &error)) == 1) {
                if (frames == 3 || size != ends[frames] - start - null ||
                    memcmp(frame, stream + start, size) != 0)
                    ck_abort_msg("frame %zu of split %zu", frames, split);
                start = ends[frames++];
            }
            if (result < 0)
                ck_abort_msg("split %zu: %s", split, error.text);
        }
        ck_assert_uint_eq(frames, 3);
        dtc_framing_free(&f);
    }
}
END_TEST

START_TEST(every_encoding_is_framed_from_single_bytes)
{
    int encoding = _i;
    char stream[1024];
    size_t ends[3], frames = 0;
    size_t length = make_stream(encoding, stream, sizeof stream, ends);
    struct dtc_framing f;
    dtc_framing_init(&f, encoding);
    for (size_t i = 0; i < length; i++) {
        const char *frame;
        size_t size;
        struct error error;
        feed(&f, stream + i, 1);
        int result = dtc_framing_next(&f, &frame, &size, &error);
        ck_assert_int_eq(result, i + 1 == ends[frames]);
        frames += result == 1;
    }
    ck_assert_uint_eq(frames, 3);
    dtc_framing_free(&f);
}
END_TEST

/* Who expects one encoding and hears another is told of both by the first bytes. */
START_TEST(every_encoding_is_recognised_by_who_expects_another)
{
    char stream[1024], expected[64];
    size_t ends[3];
    for (int theirs = 0; theirs < DTC_ENCODINGS; theirs++) {
        make_stream(theirs, stream, sizeof stream, ends);
        bool is_json = dtc_encoding_get(theirs)->is_text;
        for (int ours = 0; ours < DTC_ENCODINGS; ours++) {
            struct dtc_framing f;
            dtc_framing_init(&f, ours);
            ck_assert_int_eq(dtc_framing_dialect(&f), DTC_DIALECT_UNTOLD);
            feed(&f, stream, ends[0]);
            int told = dtc_dialect_encoding((enum dtc_dialect)dtc_framing_dialect(&f));
            ck_assert_int_eq(told, is_json ? DTC_JSON_ENCODING : theirs);
            if (ours == theirs || (is_json && dtc_encoding_get(ours)->is_text)) {
                const char *frame;
                size_t length;
                struct error error;
                ck_assert_int_eq(dtc_framing_next(&f, &frame, &length, &error), 1);
            } else {
                snprintf(expected, sizeof expected,
                         "speaks %s DTC, not %s: ", dtc_encoding_get(told)->title,
                         dtc_encoding_get(ours)->title);
                assert_refused(&f, expected);
            }
            dtc_framing_free(&f);
        }
    }
}
END_TEST

START_TEST(an_encoding_can_change_between_two_frames)
{
    struct dtc_framing f;
    dtc_framing_init(&f, DTC_BINARY_ENCODING);
    feed(&f, "\x10\0\7\0\x08\0\0\0\2\0\0\0DTC\0{\"Type\":3}", 27);
    const char *frame;
    size_t length;
    struct error error;
    ck_assert_int_eq(dtc_framing_next(&f, &frame, &length, &error), 1);
    ck_assert_uint_eq(length, 16);
    dtc_framing_switch(&f, DTC_JSON_ENCODING);
    assert_frame(&f, "{\"Type\":3}");
    assert_nothing(&f);
    dtc_framing_switch(&f, DTC_PROTOCOL_BUFFERS); /* but the peer goes on in JSON */
    feed(&f, "{\"Type\":3}", 11);
    assert_refused(&f, "speaks JSON DTC, not protocol buffers");
    dtc_framing_free(&f);
}
END_TEST

START_TEST(messages_without_text_suit_both_binary_encodings)
{
    struct dtc_framing f;
    dtc_framing_init(&f, DTC_BINARY_WITH_VARIABLE_LENGTH_STRINGS);
    feed(&f, "\x10\0\3\0\0\0\0\0\0\0\0\0\0\0\0\0", 16);
    const char *frame;
    size_t length;
    struct error error;
    ck_assert_int_eq(dtc_framing_next(&f, &frame, &length, &error), 1);
    ck_assert_uint_eq(length, 16);
    dtc_framing_free(&f);
}
END_TEST

START_TEST(a_size_less_than_a_header_is_refused)
{
    for (int size = 0; size < 4; size++) {
        struct dtc_framing f;
        dtc_framing_init(&f, DTC_BINARY_ENCODING);
        feed(&f, "\x10\0\3\0\0\0\0\0\0\0\0\0\0\0\0\0", 16);
        const char *frame;
        size_t length;
        struct error error;
        ck_assert_int_eq(dtc_framing_next(&f, &frame, &length, &error), 1);
        feed(&f, (char[]){(char)size, 0}, 2);
        assert_refused(&f, "claims to have");
        dtc_framing_free(&f);
    }
}
END_TEST

START_TEST(the_longest_binary_message_is_taken)
{
    static char frame[UINT16_MAX] = "\xFF\xFF\2\0\x08";
    struct dtc_framing f;
    dtc_framing_init(&f, DTC_BINARY_ENCODING);
    for (int i = 0; i < 100; i++) {
        const char *taken;
        size_t length;
        struct error error;
        feed(&f, frame, sizeof frame - 1);
        assert_nothing(&f);
        feed(&f, frame, 1);
        ck_assert_int_eq(dtc_framing_next(&f, &taken, &length, &error), 1);
        ck_assert_uint_eq(length, UINT16_MAX);
    }
    ck_assert_uint_le(f.capacity, 1 << 18);
    dtc_framing_free(&f);
}
END_TEST

START_TEST(what_a_long_message_took_is_given_back)
{
    char *text = malloc(DTC_FRAME_MAX);
    ck_assert_ptr_nonnull(text);
    memset(text, ' ', DTC_FRAME_MAX);
    text[0] = '{';
    text[DTC_FRAME_MAX - 2] = '}';
    text[DTC_FRAME_MAX - 1] = '\0';
    struct dtc_framing f;
    dtc_framing_init(&f, DTC_JSON_ENCODING);
    feed(&f, text, DTC_FRAME_MAX);
    const char *frame;
    size_t length;
    struct error error;
    ck_assert_int_eq(dtc_framing_next(&f, &frame, &length, &error), 1);
    ck_assert_uint_ge(f.capacity, DTC_FRAME_MAX);
    ck_assert_uint_le(f.capacity, 2 * DTC_FRAME_MAX);
    feed(&f, "{}", 3);
    assert_frame(&f, "{}");
    ck_assert_uint_le(f.capacity, 1 << 18);
    dtc_framing_free(&f);
    free(text);
}
END_TEST

static Suite *suite(void)
{
    Suite *s = suite_create("dtc framing");
    TCase *c = tcase_create("frames");
    tcase_add_test(c, every_split_of_a_stream_gives_the_same_frames);
    tcase_add_test(c, a_stream_of_single_bytes_gives_the_same_frames);
    tcase_add_test(c, the_longest_frame_is_taken_and_one_byte_more_is_not);
    tcase_add_test(c, memory_stays_bounded_over_many_frames);
    tcase_add_test(c, reset_forgets_half_a_frame);
    tcase_add_loop_test(c, every_encoding_is_framed_alike_at_every_split, 0, DTC_ENCODINGS);
    tcase_add_loop_test(c, every_encoding_is_framed_from_single_bytes, 0, DTC_ENCODINGS);
    tcase_add_test(c, an_encoding_can_change_between_two_frames);
    tcase_add_test(c, messages_without_text_suit_both_binary_encodings);
    tcase_add_test(c, a_size_less_than_a_header_is_refused);
    tcase_add_test(c, the_longest_binary_message_is_taken);
    tcase_add_test(c, what_a_long_message_took_is_given_back);
    suite_add_tcase(s, c);
    c = tcase_create("foreign servers");
    tcase_add_test(c, what_a_foreign_server_speaks_is_named);
    tcase_add_test(c, every_encoding_is_recognised_by_who_expects_another);
    tcase_add_test(c, a_foreign_server_is_named_alike_however_its_bytes_arrive);
    tcase_add_test(c, a_frame_that_is_not_json_is_found_behind_good_ones);
    suite_add_tcase(s, c);
    return s;
}

TEST_MAIN(suite)
