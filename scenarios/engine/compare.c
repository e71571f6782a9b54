/* SPDX-License-Identifier: MIT */
#include "scenarios/engine/compare.h"

#include "parsers/message/stamp.h"

/* The next field with its folded lines; false at the end. */
static bool field_next(struct span *rest, struct span *out)
{
    size_t end = 0;
    if (rest->len == 0) {
        return false;
    }
    do {
        while (end < rest->len && rest->ptr[end] != '\n') {
            end++;
        }
        end += end < rest->len ? 1 : 0;
    } while (end < rest->len && (rest->ptr[end] == ' ' || rest->ptr[end] == '\t'));
    *out = span_sub(*rest, 0, end);
    *rest = span_from(*rest, end);
    return true;
}

static bool is_field(struct span field, struct span name)
{
    return field.len > name.len && field.ptr[name.len] == ':' &&
           span_equal_nocase(span_sub(field, 0, name.len), name);
}

bool header_field(struct span header, struct span name, struct span *out)
{
    struct span field = {0};
    while (field_next(&header, &field)) {
        if (is_field(field, name)) {
            struct span value = span_from(field, name.len + 1);
            while (value.len > 0 && (value.ptr[0] == ' ' || value.ptr[0] == '\t')) {
                value = span_from(value, 1);
            }
            while (value.len > 0 &&
                   (value.ptr[value.len - 1] == '\n' || value.ptr[value.len - 1] == '\r' ||
                    value.ptr[value.len - 1] == ' ')) {
                value.len--;
            }
            *out = value;
            return true;
        }
    }
    return false;
}

bool header_keeps(struct span got, struct span sent)
{
    struct span want = {0};
    struct span have = {0};
    while (field_next(&sent, &want)) {
        do {
            if (!field_next(&got, &have)) {
                return false;
            }
        } while (!span_equal(have, want));
    }
    return true;
}

bool header_has_above(struct span got, struct span name, struct span sent)
{
    struct span first = {0};
    struct span have = {0};
    bool any = field_next(&sent, &first);
    while (field_next(&got, &have)) {
        if (any && span_equal(have, first)) {
            return false;
        }
        if (is_field(have, name)) {
            return true;
        }
    }
    return false;
}

bool header_stamped_above(struct span got, struct span sent, struct span *where,
                          const char **expected)
{
    const struct span received = SPAN_LIT("Received");
    struct span first = {0};
    struct span have = {0};
    bool any = field_next(&sent, &first);
    while (field_next(&got, &have) && !(any && span_equal(have, first))) {
        struct span value = {0};
        if (!is_field(have, received) || !header_field(have, received, &value)) {
            continue;
        }
        struct parse p;
        struct message_stamp stamp;
        parse_init(&p, value, 0, NULL);
        if (message_parse_stamp(&p, &stamp) != PARSE_OK) {
            *where = span_from(value, (size_t)p.err.off);
            *expected = p.err.expected;
            return false;
        }
    }
    return true;
}
