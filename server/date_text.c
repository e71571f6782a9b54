/* SPDX-License-Identifier: MIT */
#include "server/date_text.h"

#include <time.h>

#include "net/memory.h"

void date_text_append(struct buffer *head, int64_t now)
{
    static const char days[][4] = {"Sun", "Mon", "Tue", "Wed", "Thu", "Fri", "Sat"};
    static const char months[][4] = {"Jan", "Feb", "Mar", "Apr", "May", "Jun",
                                     "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"};
    struct tm tm = {0};
    time_t seconds = (time_t)now;
    (void)gmtime_r(&seconds, &tm);
    char *text =
        memory_format("%s, %02d %s %04d %02d:%02d:%02d +0000", days[tm.tm_wday], tm.tm_mday,
                      months[tm.tm_mon], tm.tm_year + 1900, tm.tm_hour, tm.tm_min, tm.tm_sec);
    buffer_text(head, text);
    memory_free(text);
}
