#include "support/test.h"
#include "ui/canvas.h"

#include <locale.h>
#include <string.h>

static struct canvas c;
static struct surface s;

static void set_up(void)
{
    setlocale(LC_CTYPE, "C.UTF-8");
    memset(&c, 0, sizeof c);
    memset(&s, 0, sizeof s);
    surface_resize(&s, 2, 4);
}

static void tear_down(void)
{
    canvas_free(&c);
    surface_free(&s);
}

static wchar_t at(int y, int x)
{
    return s.cells[y * s.cols + x].character;
}

START_TEST(dots_become_the_braille_patterns_of_unicode)
{
    canvas_start(&c, 2, 4, false);
    ck_assert_int_eq(c.dots_high, 8);
    ck_assert_int_eq(c.dots_wide, 8);
    canvas_dot(&c, 0, 0); /* dot 1 */
    canvas_dot(&c, 3, 1); /* dot 8 */
    canvas_dot(&c, 7, 6); /* dot 7 of the last cell */
    canvas_dot(&c, 8, 0);
    canvas_dot(&c, -1, 0);
    canvas_dot(&c, 0, 8);
    canvas_show(&c, area_whole(&s), INK_PROFIT);
    ck_assert_int_eq(at(0, 0), 0x2800 + 0x81);
    ck_assert_int_eq(at(1, 3), 0x2800 + 0x40);
    ck_assert_int_eq(at(0, 1), L' ');
    ck_assert_uint_eq(s.cells[0].style, INK_PROFIT);
}
END_TEST

START_TEST(a_line_reaches_both_ends_without_gaps)
{
    canvas_start(&c, 2, 4, false);
    canvas_line(&c, 7, 0, 0, 7);
    canvas_show(&c, area_whole(&s), INK_PROFIT);
    /* The diagonal from the lower left: dots 7, 6 | 3, 4 of each pair of cells. */
    ck_assert_int_eq(at(1, 0), 0x2800 + (0x40 | 0x20));
    ck_assert_int_eq(at(1, 1), 0x2800 + (0x02 | 0x08));
    ck_assert_int_eq(at(0, 2), 0x2800 + (0x40 | 0x20));
    ck_assert_int_eq(at(0, 3), 0x2800 + (0x02 | 0x08));
    canvas_start(&c, 2, 4, false);
    canvas_line(&c, 5, 3, 5, 3);
    canvas_show(&c, area_whole(&s), INK_PROFIT);
    ck_assert_int_eq(at(1, 1), 0x2800 + 0x10);
}
END_TEST

START_TEST(ascii_marks_three_heights)
{
    canvas_start(&c, 2, 4, true);
    ck_assert_int_eq(c.dots_high, 6);
    ck_assert_int_eq(c.dots_wide, 4);
    canvas_dot(&c, 0, 0);
    canvas_dot(&c, 1, 1);
    canvas_dot(&c, 2, 2);
    canvas_line(&c, 3, 3, 5, 3);
    s.ascii = true;
    canvas_show(&c, area_whole(&s), INK_LOSS);
    ck_assert_int_eq(at(0, 0), L'\'');
    ck_assert_int_eq(at(0, 1), L'-');
    ck_assert_int_eq(at(0, 2), L'.');
    ck_assert_int_eq(at(1, 3), L'|');
}
END_TEST

static Suite *suite(void)
{
    Suite *all = suite_create("ui canvas");
    TCase *t = tcase_create("canvas");
    tcase_add_checked_fixture(t, set_up, tear_down);
    tcase_add_test(t, dots_become_the_braille_patterns_of_unicode);
    tcase_add_test(t, a_line_reaches_both_ends_without_gaps);
    tcase_add_test(t, ascii_marks_three_heights);
    suite_add_tcase(all, t);
    return all;
}

TEST_MAIN(suite)
