#include "base/text.h"
#include "ui/format.h"
#include "ui/view.h"

enum { TEXT_COLUMN = 10, SLOW_MS = 250 };

static const struct message *message_at(const struct snapshot *s, uint64_t n)
{
    return &s->messages[(n - 1) % SNAPSHOT_MESSAGES];
}

/* One message, wrapped under itself; returns its rows. Above or below the area it only counts. */
static int draw_message(const struct view *v, struct area a, int y, const struct message *m)
{
    static const struct {
        const char *word;
        unsigned style;
    } levels[] = {
        [MESSAGE_INFO] = {"", INK_NORMAL},
        [MESSAGE_GOOD] = {"", INK_GOOD},
        [MESSAGE_WARNING] = {"warning: ", INK_WARNING},
        [MESSAGE_ERROR] = {"ERROR: ", INK_CRITICAL},
    };
    char text[32];
    (void)v;
    int left = a.cols > 40 ? TEXT_COLUMN : 0;
    if (left > 0)
        draw_text(a, y, 0, INK_LABEL, format_clock(text, sizeof text, m->time));
    int x = draw_text(a, y, left, levels[m->level].style, levels[m->level].word);
    unsigned style = m->level == MESSAGE_ERROR ? INK_VALUE : levels[m->level].style;
    return draw_words(a, y, left, x, style, m->text);
}

static uint64_t first_message(const struct snapshot *s)
{
    return s->message_total > SNAPSHOT_MESSAGES ? s->message_total - SNAPSHOT_MESSAGES + 1 : 1;
}

/* Newest at the bottom; `messages_scroll` counts rows up from there. */
static void draw(struct view *v, struct area a)
{
    const struct snapshot *s = v->snapshot;
    struct area nowhere = a;
    nowhere.rows = 0;
    int rows = 0;
    for (uint64_t n = first_message(s); n <= s->message_total; n++)
        rows += draw_message(v, nowhere, 0, message_at(s, n));
    int last = rows > a.rows ? rows - a.rows : 0;
    v->messages_scroll = v->messages_scroll > last ? last : v->messages_scroll;
    int y = rows > a.rows ? a.rows - rows + v->messages_scroll : 0;
    for (uint64_t n = first_message(s); n <= s->message_total && y < a.rows; n++)
        y += draw_message(v, a, y, message_at(s, n));
}

static void draw_title(const struct view *v, struct area line, unsigned style)
{
    const struct saving *saving = &v->snapshot->saving;
    char text[80];
    int x = draw_text(line, 0, 0, style, " Messages ");
    long long ms = (long long)(saving->now / 1000);
    size_t used = text_format(text, sizeof text, " saving takes %lld ms", ms);
    if (saving->waiting > 0)
        used += text_format(text + used, sizeof text - used, ", %llu waiting",
                            (unsigned long long)saving->waiting);
    text_format(text + used, sizeof text - used, " ");
    if (ms >= SLOW_MS)
        draw_text(line, 0, x, INK_WARNING, text);
    if (v->messages_scroll > 0)
        draw_text(line, 0, line.cols - 18, INK_TITLE, " newer ones below ");
}

static bool act(struct view *v, enum action action)
{
    static const enum action upside_down[][2] = {
        {ACTION_UP, ACTION_DOWN},           {ACTION_DOWN, ACTION_UP},
        {ACTION_PAGE_UP, ACTION_PAGE_DOWN}, {ACTION_PAGE_DOWN, ACTION_PAGE_UP},
        {ACTION_FIRST, ACTION_LAST},        {ACTION_LAST, ACTION_FIRST},
    };
    for (size_t i = 0; i < sizeof upside_down / sizeof upside_down[0]; i++)
        if (upside_down[i][0] == action)
            return view_scroll(&v->messages_scroll, upside_down[i][1], 3, INT16_MAX);
    return false;
}

static int wanted_rows(const struct view *v, int cols)
{
    (void)v;
    (void)cols;
    return 4;
}

const struct panel panel_messages = {
    .name = "Messages",
    .place = PLACE_BELOW,
    .rank = 4,
    .least_rows = 2,
    .grows = true,
    .wanted_rows = wanted_rows,
    .draw_title = draw_title,
    .draw = draw,
    .act = act,
};
