#include "support/sample.h"
#include "support/test.h"
#include "ui/keymap.h"
#include "ui/layout.h"
#include "ui/screen.h"

#include <locale.h>
#include <string.h>

static struct view *v;
static struct ui_options options;
static volatile sig_atomic_t stop;

static void set_up(void)
{
    setlocale(LC_CTYPE, "C.UTF-8");
    options = (struct ui_options){.stop = &stop,
                                  .heat_warn = 180,
                                  .heat_alert = 270,
                                  .heat_critical = 300,
                                  .stop_near_ticks = 4};
    v = view_new(&options);
    sample_trading(v->snapshot, INT64_C(1764943402000000));
    view_update(v, INT64_C(1764943402000000), 1);
}

static void tear_down(void)
{
    view_free(v);
}

/* Inside the screen, at least as large as the panel needs, and no inside in another's frame. */
static void check_layout(const struct layout *l, int rows, int cols)
{
    static unsigned char owner[200][260];
    memset(owner, 0, sizeof owner);
    for (int id = 0; id < PANEL_COUNT; id++) {
        const struct place *p = &l->frames[id];
        if (p->rows == 0)
            continue;
        ck_assert_int_ge(p->y, l->banner ? 2 : 1);
        ck_assert_int_ge(p->x, 0);
        ck_assert_int_le(p->y + p->rows, rows);
        ck_assert_int_le(p->x + p->cols, cols);
        ck_assert_int_ge(p->rows - 2, panel_get((enum panel_id)id)->least_rows);
        for (int y = p->y; y < p->y + p->rows; y++) {
            for (int x = p->x; x < p->x + p->cols; x++) {
                bool edge =
                    y == p->y || y == p->y + p->rows - 1 || x == p->x || x == p->x + p->cols - 1;
                if (owner[y][x] != 0 && (!edge || owner[y][x] != 2))
                    ck_abort_msg("%d x %d: panels overlap at %d, %d", rows, cols, y, x);
                owner[y][x] = edge ? 2 : 1;
            }
        }
    }
    for (int y = l->banner ? 2 : 1; y < rows; y++)
        for (int x = 0; x < cols; x++)
            if (owner[y][x] == 0)
                ck_abort_msg("%d x %d: nothing at %d, %d", rows, cols, y, x);
}

START_TEST(every_size_is_filled_without_overlap)
{
    struct layout l;
    for (int rows = LAYOUT_LEAST_ROWS; rows <= 200; rows += rows < 40 ? 1 : 40) {
        for (int cols = LAYOUT_LEAST_COLS; cols <= 260; cols += cols < 90 ? 1 : 34) {
            layout_compute(&l, v, rows, cols, _i == 1);
            ck_assert(!l.tiny);
            check_layout(&l, rows, cols);
        }
    }
}
END_TEST

START_TEST(smaller_than_forty_by_ten_is_one_line)
{
    struct layout l;
    layout_compute(&l, v, 9, 200, true);
    ck_assert(l.tiny && !l.banner);
    layout_compute(&l, v, 50, 39, false);
    ck_assert(l.tiny);
    layout_compute(&l, v, 10, 40, false);
    ck_assert(!l.tiny);
    ck_assert_int_gt(l.frames[PANEL_position].rows, 0);
    ck_assert_int_eq(l.frames[PANEL_statistics].rows, 0);
}
END_TEST

START_TEST(a_focused_panel_without_room_gets_the_screen)
{
    struct layout l;
    v->focus = PANEL_statistics;
    layout_compute(&l, v, 10, 40, false);
    ck_assert_int_eq(l.frames[PANEL_statistics].rows, 9);
    ck_assert_int_eq(l.frames[PANEL_position].rows, 0);
}
END_TEST

/* Whatever is open, drawing stays inside; the sanitizers watch the cells. */
START_TEST(everything_draws_at_every_size)
{
    struct surface s = {.ascii = _i == 1};
    sample_recovery(v->snapshot, v->now);
    v->notice[0] = '\0';
    for (int rows = 1; rows <= 40; rows += 3) {
        for (int cols = 1; cols <= 130; cols += 13) {
            surface_resize(&s, rows, cols);
            for (int open = 0; open < 8; open++) {
                v->recovery_accepted = (open & 1) == 0;
                v->help_open = (open & 2) != 0;
                v->accounts_open = (open & 4) != 0;
                v->question.open = open == 7;
                v->focus = (enum panel_id)(open % PANEL_COUNT);
                screen_draw(v, &s);
            }
        }
    }
    ck_assert_int_eq(s.rows, 40);
    surface_free(&s);
}
END_TEST

START_TEST(any_key_in_any_order_is_answered)
{
    struct surface s = {0};
    unsigned seed = 7;
    sample_recovery(v->snapshot, v->now);
    surface_resize(&s, 24, 80);
    for (int i = 0; i < 3000; i++) {
        seed = seed * 1103515245U + 12345U;
        screen_press(v, (int)(seed >> 16) % 600);
        if (i % 20 == 0)
            screen_draw(v, &s);
    }
    ck_assert(v->focus < PANEL_COUNT);
    ck_assert(v->timeframe < TIMEFRAME_COUNT);
    surface_free(&s);
}
END_TEST

START_TEST(no_key_means_two_things_in_one_place)
{
    for (size_t i = 0; i < KEYMAP_COUNT; i++) {
        for (size_t k = 0; k < KEYS_MAX && KEYMAP[i].keys[k] != 0; k++) {
            for (size_t j = i + 1; j < KEYMAP_COUNT; j++) {
                if ((KEYMAP[i].contexts & KEYMAP[j].contexts) == 0)
                    continue;
                for (size_t n = 0; n < KEYS_MAX && KEYMAP[j].keys[n] != 0; n++)
                    ck_assert_msg(KEYMAP[i].keys[k] != KEYMAP[j].keys[n], "%s and %s: %s",
                                  KEYMAP[i].help, KEYMAP[j].help, KEYMAP[i].name);
            }
        }
        ck_assert_str_ne(KEYMAP[i].name, "");
        ck_assert_str_ne(KEYMAP[i].help, "");
        ck_assert_int_ne(KEYMAP[i].keys[0], 0);
    }
}
END_TEST

START_TEST(every_window_can_be_left_by_a_key)
{
    ck_assert_int_eq(keymap_find('\r', CONTEXT_RECOVERY), ACTION_ACCEPT);
    ck_assert_int_eq(keymap_find('k', CONTEXT_RECOVERY), ACTION_KEEP);
    ck_assert_int_eq(keymap_find('k', CONTEXT_SCREEN), ACTION_UP);
    ck_assert_int_eq(keymap_find(27, CONTEXT_ACCOUNTS), ACTION_CLOSE);
    ck_assert_int_eq(keymap_find(27, CONTEXT_HELP), ACTION_CLOSE);
    ck_assert_int_eq(keymap_find(27, CONTEXT_CONFIRM), ACTION_NO);
    ck_assert_int_eq(keymap_find(27, CONTEXT_ENTRY), ACTION_NO);
    for (int context = CONTEXT_SCREEN; context <= CONTEXT_ENTRY; context *= 2) {
        ck_assert_int_eq(keymap_find(3, (enum context)context), ACTION_QUIT);
        ck_assert_str_ne(context_name((enum context)context), "");
    }
    ck_assert_int_eq(keymap_find('f', CONTEXT_SCREEN), ACTION_NONE);
}
END_TEST

static Suite *suite(void)
{
    Suite *s = suite_create("ui layout and keys");
    TCase *t = tcase_create("layout and keys");
    tcase_add_checked_fixture(t, set_up, tear_down);
    tcase_set_timeout(t, 120);
    tcase_add_loop_test(t, every_size_is_filled_without_overlap, 0, 2);
    tcase_add_test(t, smaller_than_forty_by_ten_is_one_line);
    tcase_add_test(t, a_focused_panel_without_room_gets_the_screen);
    tcase_add_loop_test(t, everything_draws_at_every_size, 0, 2);
    tcase_add_test(t, any_key_in_any_order_is_answered);
    tcase_add_test(t, no_key_means_two_things_in_one_place);
    tcase_add_test(t, every_window_can_be_left_by_a_key);
    suite_add_tcase(s, t);
    return s;
}

TEST_MAIN(suite)
