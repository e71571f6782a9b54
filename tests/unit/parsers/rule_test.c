/* SPDX-License-Identifier: MIT */
/* Names and fields; tests/lint/rules.sh holds quotes and requirements against the RFC texts. */
#include "parsers/rule.h"

#include "parsers/core/ascii.h"
#include "tests/support/table.h"

struct row {
    const char *name;
    enum rule rule;
};

static const struct row rows[] = {
#define RULE(id, name, cite, level, severity, requirement, quote, meaning) {name, RULE_##id},
#include "parsers/rule.def"
#undef RULE
};

/* protocol "." word *("-" word), lower case and digits. */
static bool is_name(struct span name)
{
    size_t dots = 0;
    uint8_t before = '.';
    for (size_t i = 0; i < name.len; i++) {
        uint8_t c = name.ptr[i];
        bool mark = c == '.' || c == '-';
        if (mark ? octet_is(before, CLASS_ALPHA | CLASS_DIGIT) == false
                 : !(c >= 'a' && c <= 'z') && !octet_is(c, CLASS_DIGIT)) {
            return false;
        }
        dots += c == '.';
        before = c;
    }
    return dots == 1 && octet_is(before, CLASS_ALPHA | CLASS_DIGIT);
}

static void is_well_formed(void **state)
{
    const struct row *row = *state;
    const struct rule_info *info = rule_info(row->rule);
    assert_true(is_name(span_text(info->name)));
    assert_int_equal(rule_by_name(span_text(info->name)), row->rule);
    assert_true(info->meaning[0] != '\0');
    if (info->level != LEVEL_LIMIT) {
        assert_true(span_starts_nocase(span_text(info->cite), SPAN_LIT("RFC ")));
        assert_true(info->quote[0] != '\0');
    }
}

int main(void)
{
    static struct CMUnitTest tests[TABLE_MAX];
    size_t count = TABLE_ADD(tests, 0, rows, is_well_formed);
    return table_run("parsers/rule", tests, count);
}
