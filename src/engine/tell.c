/* What every part of the engine needs: its outlets and its sense of time. */
#include "engine/internal.h"

#include "base/clock.h"
#include "base/text.h"

#include <stdarg.h>

void engine_store(struct engine *e, const struct change *c)
{
    writer_post(e->writer, c);
}

void engine_say(struct engine *e, enum message_level level, const char *format, ...)
{
    static const enum log_level log_levels[] = {
        [MESSAGE_INFO] = LOG_LEVEL_INFO,
        [MESSAGE_GOOD] = LOG_LEVEL_INFO,
        [MESSAGE_WARNING] = LOG_LEVEL_WARNING,
        [MESSAGE_ERROR] = LOG_LEVEL_ERROR,
    };
    char text[512];
    va_list arguments;
    va_start(arguments, format);
    text_format_list(text, sizeof text, format, arguments);
    va_end(arguments);
    state_add_message(e->state, level, e->wall, "%s", text);
    log_write(e->options.log, log_levels[level], "%s", text);
}

int64_t engine_time(const struct engine *e, int64_t time)
{
    return time > 0 && time <= e->wall + CLOCK_DAY ? time : e->wall;
}
