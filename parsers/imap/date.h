/* SPDX-License-Identifier: MIT */
/* The dates of IMAP, with ranges checked: no day 31 in April, no hour 24. */
#ifndef PARSERS_IMAP_DATE_H
#define PARSERS_IMAP_DATE_H

#include "parsers/imap/imap.h"

struct imap_date {
    uint16_t year;
    uint8_t month; /* 1 to 12 */
    uint8_t day;   /* 1 to 31 */
    bool quoted;   /* date: stood in DQUOTEs */
    uint8_t hour;  /* the rest only in date-time */
    uint8_t minute;
    uint8_t second;   /* 60 for a leap second */
    int16_t zone;     /* minutes east of Greenwich */
    struct span text; /* as written, without DQUOTEs; empty where the value was made by hand */
};

/* date, as SEARCH has it. */
MUST_USE enum parse_rc imap_parse_date(struct parse *p, struct imap_date *out);
/* date-time, as APPEND and INTERNALDATE have it. */
MUST_USE enum parse_rc imap_parse_date_time(struct parse *p, struct imap_date *out);

void imap_emit_date(struct out *o, const struct imap_date *date);
void imap_emit_date_time(struct out *o, const struct imap_date *date);

/* Seconds since 1970-01-01 00:00:00 UTC (a date: of its midnight, zone 0). */
int64_t imap_date_seconds(const struct imap_date *date);

#endif
