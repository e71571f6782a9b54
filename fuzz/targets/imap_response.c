/* SPDX-License-Identifier: MIT */
/* One server response. The first octet chooses quirks, profile and the way the arena ends; the
   rest is the unit. What parsed strictly is written back octet for octet; what parsed leniently is
   still written within bounds. */
#include "fuzz/check/check.h"
#include "parsers/imap/response.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

enum { BLOCK = 1U << 20, LONGEST = 1U << 16 };

static uint64_t block[BLOCK / sizeof(uint64_t)];
static uint8_t written[2 * LONGEST];

static enum parse_rc run(struct parse *p, struct arena *arena, struct span unit, uint8_t options)
{
    struct imap_response response;
    arena_init(arena, block, (options & 0x80) != 0 ? 512 : BLOCK);
    parse_init(p, unit, options & 0x40, arena);
    p->quirks = (options & 1) != 0 ? QUIRKS_ALL : QUIRKS_STRICT;
    p->profile = options >> 1 & 0xE;
    enum parse_rc rc = (options & 0x20) != 0 ? imap_parse_greeting(p, &response)
                                             : imap_parse_response(p, &response);
    CHECK(rc != PARSE_NOMATCH, "a response is OK or BAD");
    if (rc == PARSE_OK) {
        struct out out;
        out_init(&out, written, sizeof written);
        imap_emit_response(&out, &response);
        check_round_trip(p, rc, &out);
    }
    return rc;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    if (size < 1 || size > LONGEST) {
        return 0;
    }
    struct arena arena;
    struct parse p;
    struct span unit = {data + 1, size - 1};
    enum parse_rc rc = run(&p, &arena, unit, data[0]);
    check_parse(&p, rc);
    bool clean = rc == PARSE_OK && p.deviations == NULL;
    if ((data[0] & 1) != 0 && (data[0] & 0x80) == 0) {
        rc = run(&p, &arena, unit, data[0] & 0xFE);
        CHECK((rc == PARSE_OK) == clean, "strict and lenient parses disagree about what is right");
    }
    (void)imap_response_may_have_literal(unit);
    return 0;
}
