#include "dtc/framing.h"

#include "support/test.h"

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
            dtc_framing_init(&f);
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
    dtc_framing_init(&f);
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
    text[0] = '{';
    struct dtc_framing f;
    dtc_framing_init(&f);
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
    dtc_framing_reset(&f);
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
    dtc_framing_init(&f);
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
    dtc_framing_init(&f);
    feed(&f, "{\"half", 6);
    assert_nothing(&f);
    dtc_framing_reset(&f);
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
        {"\xFF\xFE\xFD\xFC\xFB\xFA\xF9\xF8", 8, "binary DTC"},
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        struct dtc_framing f;
        dtc_framing_init(&f);
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
    dtc_framing_init(&f);
    for (size_t i = 0; i < 7; i++) {
        feed(&f, bytes + i, 1);
        assert_nothing(&f);
    }
    feed(&f, bytes + 7, 1);
    assert_refused(&f, "a web server");
    dtc_framing_free(&f);
}
END_TEST

START_TEST(a_frame_that_is_not_json_is_found_behind_good_ones)
{
    struct dtc_framing f;
    dtc_framing_init(&f);
    feed(&f, "{}\0oops", 8);
    assert_frame(&f, "{}");
    assert_refused(&f, "\"oops\"");
    dtc_framing_free(&f);
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
    suite_add_tcase(s, c);
    c = tcase_create("foreign servers");
    tcase_add_test(c, what_a_foreign_server_speaks_is_named);
    tcase_add_test(c, a_foreign_server_is_named_alike_however_its_bytes_arrive);
    tcase_add_test(c, a_frame_that_is_not_json_is_found_behind_good_ones);
    suite_add_tcase(s, c);
    return s;
}

TEST_MAIN(suite)
