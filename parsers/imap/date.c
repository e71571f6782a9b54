/* SPDX-License-Identifier: MIT */
#include "parsers/imap/date.h"

static const char months[12][4] = {"Jan", "Feb", "Mar", "Apr", "May", "Jun",
                                   "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"};

static bool is_leap(unsigned year)
{
    return (year % 4 == 0 && year % 100 != 0) || year % 400 == 0;
}

static unsigned days_of(unsigned month, unsigned year)
{
    static const uint8_t days[] = {31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31};
    return month == 2 && is_leap(year) ? 29U : days[month - 1];
}

/* Exactly count digits. */
static enum parse_rc digits(struct parse *p, unsigned count, unsigned *out)
{
    *out = 0;
    for (unsigned i = 0; i < count; i++) {
        int octet = parse_peek(p);
        if (octet < '0' || octet > '9') {
            return parse_fail(p, RULE_IMAP_DATE, "DIGIT");
        }
        *out = *out * 10 + (unsigned)(octet - '0');
        p->pos++;
    }
    return PARSE_OK;
}

static enum parse_rc out_of_range(struct parse *p, size_t pos)
{
    return parse_quirk(p, QUIRK_IMAP_DATE_RANGE, pos, p->pos - pos, "a date and time that exist");
}

/* count digits with a value up to max. */
static enum parse_rc digits_upto(struct parse *p, unsigned count, unsigned max, unsigned *out)
{
    size_t start = p->pos;
    enum parse_rc rc = digits(p, count, out);
    return rc == PARSE_OK && *out > max ? out_of_range(p, start) : rc;
}

static enum parse_rc octet(struct parse *p, uint8_t expected, const char *text)
{
    return parse_expect(p, expected, RULE_IMAP_DATE, text);
}

/* RFC 9051 section 9: date-month = "Jan" / "Feb" / … / "Dec" */
static enum parse_rc date_month(struct parse *p, struct imap_date *out)
{
    for (unsigned i = 0; i < 12; i++) {
        if (parse_text(p, (struct span){(const uint8_t *)months[i], 3})) {
            out->month = (uint8_t)(i + 1);
            return PARSE_OK;
        }
    }
    return parse_fail(p, RULE_IMAP_DATE, "date-month");
}

/* "-" date-month "-" date-year, behind the day that stood at day_pos. */
static enum parse_rc month_year(struct parse *p, size_t day_pos, struct imap_date *out)
{
    unsigned year = 0;
    size_t day_end = p->pos;
    enum parse_rc rc = octet(p, '-', "\"-\"");
    rc = rc == PARSE_OK ? date_month(p, out) : rc;
    rc = rc == PARSE_OK ? octet(p, '-', "\"-\"") : rc;
    rc = rc == PARSE_OK ? digits(p, 4, &year) : rc;
    if (rc != PARSE_OK) {
        return rc;
    }
    out->year = (uint16_t)year;
    if (out->day == 0 || out->day > days_of(out->month, year)) {
        return parse_quirk(p, QUIRK_IMAP_DATE_RANGE, day_pos, day_end - day_pos,
                           "a day that exists");
    }
    return PARSE_OK;
}

/* RFC 9051 section 9: date-text = date-day "-" date-month "-" date-year */
static enum parse_rc date_text(struct parse *p, struct imap_date *out)
{
    size_t start = p->pos;
    unsigned day = 0;
    while (p->pos - start < 2 && parse_peek(p) >= '0' && parse_peek(p) <= '9') {
        day = day * 10 + (unsigned)(parse_peek(p) - '0');
        p->pos++;
    }
    if (p->pos == start) {
        return PARSE_NOMATCH;
    }
    out->day = (uint8_t)day;
    enum parse_rc rc = month_year(p, start, out);
    out->text = parse_since(p, start);
    return rc;
}

/* RFC 9051 section 9: date = date-text / DQUOTE date-text DQUOTE */
enum parse_rc imap_parse_date(struct parse *p, struct imap_date *out)
{
    *out = (struct imap_date){.quoted = parse_octet(p, '"')};
    enum parse_rc rc = date_text(p, out);
    if (!out->quoted) {
        return rc;
    }
    if (rc == PARSE_NOMATCH) {
        return parse_fail(p, RULE_IMAP_DATE, "date-day");
    }
    return rc == PARSE_OK ? octet(p, '"', "DQUOTE") : rc;
}

/* RFC 9051 section 9: date-day-fixed = (SP DIGIT) / 2DIGIT. A quirk accepts DIGIT alone. */
static enum parse_rc date_day_fixed(struct parse *p, struct imap_date *out)
{
    unsigned day = 0;
    bool padded = parse_octet(p, ' ');
    enum parse_rc rc = digits(p, 1, &day);
    if (rc == PARSE_OK && !padded) {
        unsigned second = 0;
        if (parse_peek(p) == '-') {
            rc = parse_quirk(p, QUIRK_IMAP_DATE_DAY, p->pos, 0, "two digits, or SP and a digit");
        } else {
            rc = digits(p, 1, &second);
            day = day * 10 + second;
        }
    }
    out->day = (uint8_t)day;
    return rc;
}

/* RFC 9051 section 9: time = 2DIGIT ":" 2DIGIT ":" 2DIGIT */
static enum parse_rc time_of_day(struct parse *p, struct imap_date *out)
{
    unsigned value[3] = {0};
    static const unsigned max[3] = {23, 59, 60};
    for (unsigned i = 0; i < 3; i++) {
        enum parse_rc rc = i > 0 ? octet(p, ':', "\":\"") : PARSE_OK;
        rc = rc == PARSE_OK ? digits_upto(p, 2, max[i], &value[i]) : rc;
        if (rc != PARSE_OK) {
            return rc;
        }
    }
    out->hour = (uint8_t)value[0];
    out->minute = (uint8_t)value[1];
    out->second = (uint8_t)value[2];
    return PARSE_OK;
}

/* RFC 9051 section 9: zone = ("+" / "-") 4DIGIT */
static enum parse_rc zone(struct parse *p, struct imap_date *out)
{
    bool west = parse_peek(p) == '-';
    if (!parse_octet(p, '-') && !parse_octet(p, '+')) {
        return parse_fail(p, RULE_IMAP_DATE, "\"+\" or \"-\" of the zone");
    }
    unsigned hours = 0;
    unsigned minutes = 0;
    enum parse_rc rc = digits(p, 2, &hours);
    rc = rc == PARSE_OK ? digits_upto(p, 2, 59, &minutes) : rc;
    int offset = (int)(hours * 60 + minutes);
    out->zone = (int16_t)(west ? -offset : offset);
    return rc;
}

/* RFC 9051 section 9: date-time = DQUOTE date-day-fixed "-" date-month "-" date-year SP time SP
   zone DQUOTE */
enum parse_rc imap_parse_date_time(struct parse *p, struct imap_date *out)
{
    *out = (struct imap_date){.quoted = true};
    if (!parse_octet(p, '"')) {
        return PARSE_NOMATCH;
    }
    size_t start = p->pos;
    enum parse_rc rc = date_day_fixed(p, out);
    rc = rc == PARSE_OK ? month_year(p, start, out) : rc;
    rc = rc == PARSE_OK ? imap_parse_sp(p, RULE_IMAP_DATE, "SP") : rc;
    rc = rc == PARSE_OK ? time_of_day(p, out) : rc;
    rc = rc == PARSE_OK ? imap_parse_sp(p, RULE_IMAP_DATE, "SP") : rc;
    rc = rc == PARSE_OK ? zone(p, out) : rc;
    out->text = parse_since(p, start);
    return rc == PARSE_OK ? octet(p, '"', "DQUOTE") : rc;
}

static void emit_day(struct out *o, const struct imap_date *date, unsigned width)
{
    if (width == 2 && date->day < 10) {
        out_octet(o, ' ');
    }
    out_number(o, date->day);
    out_octet(o, '-');
    out_text(o, months[date->month >= 1 && date->month <= 12 ? date->month - 1 : 0]);
    out_octet(o, '-');
    out_padded(o, date->year, 4);
}

void imap_emit_date(struct out *o, const struct imap_date *date)
{
    if (date->quoted) {
        out_octet(o, '"');
    }
    if (date->text.len > 0) {
        out_bytes(o, date->text);
    } else {
        emit_day(o, date, 1);
    }
    if (date->quoted) {
        out_octet(o, '"');
    }
}

void imap_emit_date_time(struct out *o, const struct imap_date *date)
{
    out_octet(o, '"');
    if (date->text.len > 0) {
        out_bytes(o, date->text);
    } else {
        unsigned offset = (unsigned)(date->zone < 0 ? -date->zone : date->zone);
        emit_day(o, date, 2);
        out_octet(o, ' ');
        out_padded(o, date->hour, 2);
        out_octet(o, ':');
        out_padded(o, date->minute, 2);
        out_octet(o, ':');
        out_padded(o, date->second, 2);
        out_text(o, date->zone < 0 ? " -" : " +");
        out_padded(o, offset / 60 * 100 + offset % 60, 4);
    }
    out_octet(o, '"');
}

int64_t imap_date_seconds(const struct imap_date *date)
{
    int64_t year = date->year;
    int64_t days = year * 365;
    if (year > 0) {
        days += (year - 1) / 4 - (year - 1) / 100 + (year - 1) / 400 + 1;
    }
    for (unsigned month = 1; month < date->month && month <= 12; month++) {
        days += days_of(month, date->year);
    }
    days += date->day - 1 - 719528;
    return days * 86400 + date->hour * 3600 + date->minute * 60 + date->second -
           (int64_t)date->zone * 60;
}
