/* SPDX-License-Identifier: MIT */
#include "parsers/message/date.h"

#include <assert.h>

#include "parsers/message/lexer.h"

static const char months[] = "JanFebMarAprMayJunJulAugSepOctNovDec";
static const char weekdays[] = "MonTueWedThuFriSatSun";

static enum parse_rc fail(struct parse *p, const char *expected)
{
    return parse_fail(p, RULE_MESSAGE_DATE_TIME, expected);
}

/* Which of these names of three letters stands here, from 1; 0: none. */
static uint8_t take_name(struct parse *p, const char *names)
{
    struct span all = span_text(names);
    for (size_t i = 0; i < all.len; i += 3) {
        if (parse_text(p, span_sub(all, i, 3))) {
            return (uint8_t)(i / 3 + 1);
        }
    }
    return 0;
}

/* min to max digits and a value up to limit; CFWS may follow. */
static enum parse_rc take_number(struct parse *p, size_t min, size_t max, uint64_t limit,
                                 uint64_t *out)
{
    size_t start = p->pos;
    size_t end = start;
    while (end < p->in.len && octet_is(p->in.ptr[end], CLASS_DIGIT)) {
        end++;
    }
    if (end - start < min || end - start > max) {
        return parse_fail_at(p, end - start > max ? start + max : end, RULE_MESSAGE_DATE_TIME,
                             "digits");
    }
    enum parse_rc rc = parse_number(p, limit, RULE_MESSAGE_DATE_TIME, out);
    return rc == PARSE_OK ? message_skip_cfws(p, NULL) : rc;
}

int64_t message_date_days(const struct message_date *date)
{
    /* Years that begin in March end with the leap day. */
    int64_t year = (int64_t)date->year - (date->month <= 2 ? 1 : 0);
    int64_t month = (date->month + 9) % 12;
    int64_t days = 365 * year + year / 4 - year / 100 + year / 400;
    return days + (153 * month + 2) / 5 + date->day - 1 - 719468;
}

int64_t message_date_seconds(const struct message_date *date)
{
    int64_t minutes = message_date_days(date) * 1440 + date->hour * 60 + date->minute - date->zone;
    return minutes * 60 + date->second;
}

static uint8_t days_in(uint16_t year, uint8_t month)
{
    static const uint8_t days[] = {31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31};
    assert(month >= 1 && month <= 12);
    bool leap = (year % 4 == 0 && year % 100 != 0) || year % 400 == 0;
    return (uint8_t)(days[month - 1] + (month == 2 && leap ? 1 : 0));
}

/* RFC 5322 section 4.3: years of two and three digits. */
static uint64_t full_year(uint64_t year, size_t digits)
{
    return digits == 2 ? year + (year < 50 ? 2000 : 1900) : digits == 3 ? year + 1900 : year;
}

/* RFC 5322 section 3.3: date = day month year */
static enum parse_rc parse_date(struct parse *p, struct message_date *out)
{
    uint64_t number = 0;
    size_t day_pos = p->pos;
    enum parse_rc rc = take_number(p, 1, 2, 31, &number);
    out->day = (uint8_t)number;
    if (rc == PARSE_OK) {
        out->month = take_name(p, months);
        rc = out->month == 0 ? fail(p, "a month") : message_skip_cfws(p, NULL);
    }
    size_t year_pos = p->pos;
    rc = rc == PARSE_OK ? take_number(p, 2, 5, UINT16_MAX, &number) : rc;
    if (rc != PARSE_OK) {
        return rc;
    }
    size_t digits = 0;
    while (year_pos + digits < p->in.len && octet_is(p->in.ptr[year_pos + digits], CLASS_DIGIT)) {
        digits++;
    }
    out->obsolete = out->obsolete || digits < 4;
    out->year = (uint16_t)full_year(number, digits);
    if (out->year < 1900) {
        return parse_fail_at(p, year_pos, RULE_MESSAGE_DATE_TIME, "a year from 1900 on");
    }
    if (out->day == 0 || out->day > days_in(out->year, out->month)) {
        return parse_fail_at(p, day_pos, RULE_MESSAGE_DATE_TIME, "a day of this month");
    }
    return PARSE_OK;
}

/* RFC 5322 section 4.3: obs-zone. Unknown letters mean "-0000". */
static enum parse_rc parse_obs_zone(struct parse *p, struct message_date *out)
{
    static const struct {
        const char *name;
        int16_t hours;
    } zones[] = {{"UT", 0},   {"GMT", 0},  {"EST", -5}, {"EDT", -4}, {"CST", -6},
                 {"CDT", -5}, {"MST", -7}, {"MDT", -6}, {"PST", -8}, {"PDT", -7}};
    struct span name = parse_run(p, CLASS_ALPHA);
    if (name.len == 0) {
        return fail(p, "a zone");
    }
    out->obsolete = true;
    out->zone_unknown = true;
    for (size_t i = 0; i < sizeof zones / sizeof zones[0]; i++) {
        if (span_is(name, zones[i].name)) {
            out->zone = (int16_t)(zones[i].hours * 60);
            out->zone_unknown = false;
        }
    }
    return PARSE_OK;
}

/* RFC 5322 section 3.3: zone = (FWS ( "+" / "-" ) 4DIGIT) / obs-zone */
static enum parse_rc parse_zone(struct parse *p, struct message_date *out)
{
    bool west = parse_peek(p) == '-';
    if (!west && parse_peek(p) != '+') {
        return parse_obs_zone(p, out);
    }
    size_t start = ++p->pos;
    uint64_t number = 0;
    enum parse_rc rc = take_number(p, 4, 4, 9959, &number);
    if (rc == PARSE_OK && number % 100 > 59) {
        return parse_fail_at(p, start + 2, RULE_MESSAGE_DATE_TIME, "minutes up to 59");
    }
    int minutes = (int)(number / 100 * 60 + number % 100);
    out->zone = (int16_t)(west ? -minutes : minutes);
    out->zone_unknown = west && minutes == 0;
    return rc;
}

/* RFC 5322 section 3.3: time = time-of-day zone; time-of-day = hour ":" minute [ ":" second ] */
static enum parse_rc parse_time(struct parse *p, struct message_date *out)
{
    uint64_t number = 0;
    enum parse_rc rc = take_number(p, 2, 2, 23, &number);
    out->hour = (uint8_t)number;
    rc = rc == PARSE_OK ? parse_expect(p, ':', RULE_MESSAGE_DATE_TIME, ":") : rc;
    rc = rc == PARSE_OK ? message_skip_cfws(p, NULL) : rc;
    rc = rc == PARSE_OK ? take_number(p, 2, 2, 59, &number) : rc;
    out->minute = (uint8_t)number;
    if (rc == PARSE_OK && parse_octet(p, ':')) {
        rc = message_skip_cfws(p, NULL);
        rc = rc == PARSE_OK ? take_number(p, 2, 2, 60, &number) : rc;
        out->second = (uint8_t)number;
    }
    return rc == PARSE_OK ? parse_zone(p, out) : rc;
}

/* RFC 5322 section 3.3: date-time = [ day-of-week "," ] date time [CFWS]. The day-of-week "MUST be
   the day implied by the date". */
enum parse_rc message_parse_date_time(struct parse *p, struct message_date *out)
{
    *out = (struct message_date){0};
    enum parse_rc rc = message_skip_cfws(p, NULL);
    size_t start = p->pos;
    if (rc == PARSE_OK && octet_is((uint8_t)(parse_peek(p) < 0 ? 0 : parse_peek(p)), CLASS_ALPHA)) {
        out->weekday = take_name(p, weekdays);
        rc = out->weekday == 0 ? fail(p, "a day of the week") : message_skip_cfws(p, NULL);
        rc = rc == PARSE_OK ? parse_expect(p, ',', RULE_MESSAGE_DATE_TIME, ",") : rc;
        rc = rc == PARSE_OK ? message_skip_cfws(p, NULL) : rc;
    }
    rc = rc == PARSE_OK ? parse_date(p, out) : rc;
    rc = rc == PARSE_OK ? parse_time(p, out) : rc;
    rc = rc == PARSE_OK ? message_skip_cfws(p, NULL) : rc;
    if (rc == PARSE_OK && !parse_at_end(p)) {
        rc = fail(p, "the end of the date");
    }
    /* 1970-01-01 was a Thursday. */
    int64_t weekday = rc == PARSE_OK ? ((message_date_days(out) + 3) % 7 + 7) % 7 + 1 : 0;
    if (rc == PARSE_OK && out->weekday != 0 && out->weekday != weekday) {
        rc = parse_quirk(p, QUIRK_MESSAGE_WEEKDAY, start, 3, "the date's day of the week");
    }
    return rc;
}
