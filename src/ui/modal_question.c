#include "base/text.h"
#include "ui/format.h"
#include "ui/modal.h"
#include "ui/view.h"

#include <stdarg.h>
#include <string.h>

void question_ask(struct view *v, bool wants_price, struct command command, const char *format, ...)
{
    struct question *q = &v->question;
    memset(q, 0, sizeof *q);
    q->open = true;
    q->wants_price = wants_price;
    q->command = command;
    va_list arguments;
    va_start(arguments, format);
    text_format_list(q->text, sizeof q->text, format, arguments);
    va_end(arguments);
}

static bool is_open_yes_no(const struct view *v)
{
    return v->question.open && !v->question.wants_price;
}

static bool is_open_price(const struct view *v)
{
    return v->question.open && v->question.wants_price;
}

static void draw(struct view *v, struct area screen)
{
    const struct question *q = &v->question;
    struct area window = modal_area(screen, screen.rows, 60), nowhere = modal_inside(window);
    nowhere.rows = 0;
    int rows = draw_words(nowhere, 0, 0, 0, INK_VALUE, q->text);
    window = modal_area(screen, rows + 4, 60);
    struct area inside = modal_frame(window, q->wants_price ? " Price " : " Sure? ", false);
    draw_words(inside, 0, 0, 0, INK_VALUE, q->text);
    int y = inside.rows - 1;
    if (!q->wants_price) {
        int x = draw_text(inside, y, 0, INK_KEY, "y");
        x = draw_text(inside, y, x, INK_NORMAL, " yes   ");
        x = draw_text(inside, y, x, INK_KEY, "n");
        draw_text(inside, y, x, INK_NORMAL, " no");
        return;
    }
    draw_field(inside, y, 0, (int)sizeof q->entry, false, INK_TAB, q->entry);
    draw_text(inside, y, (int)sizeof q->entry + 1, INK_WARNING, q->wrong);
}

static void answer_price(struct view *v)
{
    struct question *q = &v->question;
    struct instrument i;
    char example[32];
    double price;
    view_instrument(v, q->command.symbol, &i);
    if (!instrument_parse_price(&i, q->entry, &price)) {
        text_format(q->wrong, sizeof q->wrong, "a price such as %s",
                    format_price(example, sizeof example, &i, q->example));
        return;
    }
    q->open = false;
    q->command.price = price;
    view_post(v, &q->command, "Closed at that price.");
}

/* What is said once the question was answered with yes. */
static const char *notice_of(enum command_kind kind)
{
    switch (kind) {
    case COMMAND_DISCARD:
        return "Discarded.";
    case COMMAND_NEW_PERIOD:
        return "The balance begins anew.";
    default:
        return "Showing it; u follows the fills again.";
    }
}

static bool act(struct view *v, enum action action)
{
    struct question *q = &v->question;
    size_t length = strlen(q->entry);
    switch (action) {
    case ACTION_NO:
        q->open = false;
        break;
    case ACTION_YES:
        q->open = false;
        view_post(v, &q->command, notice_of(q->command.kind));
        break;
    case ACTION_ACCEPT:
        answer_price(v);
        break;
    case ACTION_ERASE:
        if (length > 0)
            q->entry[length - 1] = '\0';
        break;
    default:
        break;
    }
    return true;
}

static void type(struct view *v, int key)
{
    struct question *q = &v->question;
    size_t length = strlen(q->entry);
    if (key < '!' || key > '~' || strchr("0123456789.-'", key) == NULL ||
        length + 1 >= sizeof q->entry)
        return;
    q->wrong[0] = '\0';
    q->entry[length] = (char)key;
    q->entry[length + 1] = '\0';
}

const struct modal modal_question = {
    .context = CONTEXT_CONFIRM,
    .is_open = is_open_yes_no,
    .draw = draw,
    .act = act,
};

const struct modal modal_price = {
    .context = CONTEXT_ENTRY,
    .is_open = is_open_price,
    .draw = draw,
    .act = act,
    .type = type,
};
