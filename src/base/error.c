#include "base/error.h"

#include "base/text.h"

#include <stdarg.h>

bool error_set(struct error *error, enum error_code code, const char *format, ...)
{
    if (error == NULL)
        return false;
    error->code = code;
    va_list arguments;
    va_start(arguments, format);
    text_format_list(error->text, sizeof error->text, format, arguments);
    va_end(arguments);
    return false;
}
