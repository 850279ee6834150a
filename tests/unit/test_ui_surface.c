#include "support/test.h"
#include "ui/surface.h"

#include <locale.h>
#include <string.h>

static struct surface s;

static void set_up(void)
{
    setlocale(LC_CTYPE, "C.UTF-8");
    memset(&s, 0, sizeof s);
    surface_resize(&s, 6, 20);
}

static void tear_down(void)
{
    surface_free(&s);
}

/* A row without the blanks at its end; the right half of a wide character shows as '_'. */
static const char *row(int y)
{
    static char text[256];
    size_t used = 0, end = 0;
    for (int x = 0; x < s.cols; x++) {
        wchar_t c = s.cells[y * s.cols + x].character;
        if (c == 0) {
            text[used++] = '_';
        } else if (c < 0x80) {
            text[used++] = (char)c;
        } else {
            text[used++] = (char)(0xE0 | c >> 12);
            text[used++] = (char)(0x80 | (c >> 6 & 0x3F));
            text[used++] = (char)(0x80 | (c & 0x3F));
        }
        end = c != L' ' ? used : end;
    }
    text[end] = '\0';
    return text;
}

START_TEST(text_is_cut_at_the_area_on_both_sides)
{
    struct area a = area_part(area_whole(&s), 1, 5, 2, 8);
    ck_assert_int_eq(draw_text(a, 0, 0, INK_NORMAL, "0123456789"), 10);
    draw_text(a, 1, -3, INK_NORMAL, "0123456789AB");
    draw_text(a, 2, 0, INK_NORMAL, "below");
    draw_text(a, -1, 0, INK_NORMAL, "above");
    ck_assert_str_eq(row(0), "");
    ck_assert_str_eq(row(1), "     01234567");
    ck_assert_str_eq(row(2), "     3456789A");
    ck_assert_str_eq(row(3), "");
}
END_TEST

START_TEST(a_part_never_leaves_its_area)
{
    struct area a = area_part(area_whole(&s), 4, 15, 10, 10);
    ck_assert_int_eq(a.rows, 2);
    ck_assert_int_eq(a.cols, 5);
    a = area_part(a, -3, 7, 10, 10);
    ck_assert_int_eq(a.cols, 0);
    draw_blank(a, INK_NORMAL);
    draw_box(a, INK_NORMAL);
    draw_text(a, 0, 0, INK_NORMAL, "x");
    for (int y = 0; y < s.rows; y++)
        ck_assert_str_eq(row(y), "");
}
END_TEST

START_TEST(fields_are_padded_aligned_and_cut_with_a_mark)
{
    struct area a = area_whole(&s);
    draw_text(a, 0, 0, INK_NORMAL, "....................");
    ck_assert_int_eq(draw_field(a, 0, 2, 6, false, INK_NORMAL, "ab"), 8);
    ck_assert_str_eq(row(0), "..ab    ............");
    draw_field(a, 0, 2, 6, true, INK_NORMAL, "ab");
    ck_assert_str_eq(row(0), "..    ab............");
    draw_field(a, 0, 2, 6, true, INK_NORMAL, "abcdefg");
    ck_assert_str_eq(row(0), "..abcde…............");
    draw_field(a, 0, 2, 0, true, INK_NORMAL, "abc");
    ck_assert_str_eq(row(0), "..abcde…............");
}
END_TEST

START_TEST(control_characters_become_question_marks)
{
    draw_text(area_whole(&s), 0, 0, INK_NORMAL, "a\033[2J\nb\xC2\x9B\xFFz");
    ck_assert_str_eq(row(0), "a?[2J?b??z");
}
END_TEST

START_TEST(ascii_replaces_each_other_character_by_one_mark)
{
    s.ascii = true;
    draw_text(area_whole(&s), 0, 0, INK_NORMAL, "Grüße 日本");
    ck_assert_str_eq(row(0), "Gr??e ??");
    ck_assert_str_eq(draw_glyph(&s, GLYPH_ON), "*");
}
END_TEST

START_TEST(every_glyph_has_both_forms)
{
    for (int g = 0; g < GLYPH_COUNT; g++) {
        s.ascii = false;
        ck_assert_int_eq(draw_width(&s, draw_glyph(&s, (enum glyph)g)), 1);
        s.ascii = true;
        ck_assert_uint_eq(strlen(draw_glyph(&s, (enum glyph)g)), 1);
    }
}
END_TEST

START_TEST(half_a_wide_character_is_never_left)
{
    struct area a = area_whole(&s);
    ck_assert_int_eq(draw_width(&s, "日本"), 4);
    draw_text(a, 0, 0, INK_NORMAL, "日本");
    ck_assert_str_eq(row(0), "日_本_");
    draw_text(a, 0, 1, INK_NORMAL, "x");
    ck_assert_str_eq(row(0), " x本_");
    draw_text(a, 0, 2, INK_NORMAL, "y");
    ck_assert_str_eq(row(0), " xy");
    draw_text(area_part(a, 1, 0, 1, 3), 0, 0, INK_NORMAL, "日本");
    ck_assert_str_eq(row(1), "日_");
}
END_TEST

START_TEST(boxes_that_share_edges_join)
{
    struct area a = area_whole(&s);
    draw_box(area_part(a, 0, 0, 3, 5), INK_NORMAL);
    draw_box(area_part(a, 0, 4, 3, 5), INK_NORMAL);
    draw_box(area_part(a, 2, 0, 3, 9), INK_NORMAL);
    ck_assert_str_eq(row(0), "┌───┬───┐");
    ck_assert_str_eq(row(1), "│   │   │");
    ck_assert_str_eq(row(2), "├───┴───┤");
    ck_assert_str_eq(row(4), "└───────┘");
    surface_clear(&s);
    s.line_set = LINES_DOUBLE;
    draw_box(area_part(a, 0, 0, 3, 5), INK_NORMAL);
    draw_box(area_part(a, 2, 0, 3, 3), INK_NORMAL);
    ck_assert_str_eq(row(0), "╔═══╗");
    ck_assert_str_eq(row(2), "╠═╦═╝");
}
END_TEST

START_TEST(words_wrap_at_blanks_and_long_ones_anywhere)
{
    struct area a = area_part(area_whole(&s), 0, 0, 6, 10);
    ck_assert_int_eq(draw_words(a, 0, 2, 4, INK_NORMAL, "one two three"), 3);
    ck_assert_str_eq(row(0), "    one");
    ck_assert_str_eq(row(1), "  two");
    ck_assert_str_eq(row(2), "  three");
    surface_clear(&s);
    ck_assert_int_eq(draw_words(a, 0, 0, 0, INK_NORMAL, "abcdefghijklm nop"), 2);
    ck_assert_str_eq(row(0), "abcdefghij");
    ck_assert_str_eq(row(1), "klm nop");
    ck_assert_int_eq(draw_words(a, 3, 0, 0, INK_NORMAL, ""), 1);
    ck_assert_int_eq(draw_words(area_part(a, 0, 0, 1, 0), 0, 0, 0, INK_NORMAL, "abc"), 3);
}
END_TEST

START_TEST(figures_stand_in_columns_and_take_their_short_name)
{
    struct field fields[] = {{"Total P&L", NULL, INK_VALUE, "+115.00"},
                             {"Max drawdown", "Max DD", INK_VALUE, "32.50"},
                             {"Trades", NULL, INK_VALUE, "9"}};
    surface_resize(&s, 3, 35);
    ck_assert_int_eq(field_columns(35), 2);
    ck_assert_int_eq(draw_fields(area_whole(&s), fields, 3), 2);
    ck_assert_str_eq(row(0), "Total P&L +115.00 Max DD      32.50");
    ck_assert_str_eq(row(1), "Trades          9");
    surface_resize(&s, 1, 12);
    ck_assert_int_eq(draw_fields(area_whole(&s), fields, 3), 1);
    ck_assert_str_eq(row(0), "Tot… +115.00");
}
END_TEST

static Suite *suite(void)
{
    Suite *all = suite_create("ui surface");
    TCase *t = tcase_create("surface");
    tcase_add_checked_fixture(t, set_up, tear_down);
    tcase_add_test(t, text_is_cut_at_the_area_on_both_sides);
    tcase_add_test(t, a_part_never_leaves_its_area);
    tcase_add_test(t, fields_are_padded_aligned_and_cut_with_a_mark);
    tcase_add_test(t, control_characters_become_question_marks);
    tcase_add_test(t, ascii_replaces_each_other_character_by_one_mark);
    tcase_add_test(t, every_glyph_has_both_forms);
    tcase_add_test(t, half_a_wide_character_is_never_left);
    tcase_add_test(t, boxes_that_share_edges_join);
    tcase_add_test(t, words_wrap_at_blanks_and_long_ones_anywhere);
    tcase_add_test(t, figures_stand_in_columns_and_take_their_short_name);
    suite_add_tcase(all, t);
    return all;
}

TEST_MAIN(suite)
