/* SPDX-License-Identifier: MIT */
/* Dates of RFC 5322 section 3.3 with the obsolete forms of section 4.3. */
#ifndef PARSERS_MESSAGE_DATE_H
#define PARSERS_MESSAGE_DATE_H

#include "parsers/core/parse.h"

struct message_date {
    uint16_t year;
    uint8_t month;     /* 1 to 12 */
    uint8_t day;       /* 1 to 31 */
    uint8_t hour;      /* 0 to 23 */
    uint8_t minute;    /* 0 to 59 */
    uint8_t second;    /* 0 to 60 */
    uint8_t weekday;   /* 1 (Mon) to 7; 0: not given */
    int16_t zone;      /* minutes east of UTC */
    bool zone_unknown; /* "-0000", or an obsolete letter */
    bool obsolete;     /* a form of section 4.3: legal to read, not to write */
};

/* RFC 5322 section 3.3: date-time, up to the end of the unit (a field's value). */
MUST_USE enum parse_rc message_parse_date_time(struct parse *p, struct message_date *out);

/* Days from 1970-01-01 to this date; earlier dates are negative. */
int64_t message_date_days(const struct message_date *date);

/* Seconds from 1970-01-01T00:00:00Z. */
int64_t message_date_seconds(const struct message_date *date);

#endif
