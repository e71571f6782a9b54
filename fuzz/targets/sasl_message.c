/* SPDX-License-Identifier: MIT */
/* One SASL message. First octet: bit 7 the server's, bits 4 to 6 the step, bits 0 to 3 the
   mechanism. */
#include "parsers/sasl/sasl.h"

#include "fuzz/check/check.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* A message of PLAIN that passes has two NULs and is UTF-8: a second look, by other means. */
static bool is_plain(struct span in)
{
    size_t nuls = 0;
    size_t last = 0;
    size_t first = 0;
    for (size_t i = 0; i < in.len; i++) {
        if (in.ptr[i] == 0) {
            first = nuls == 0 ? i : first;
            last = i;
            nuls++;
        }
    }
    return nuls == 2 && last > first + 1 && last + 1 < in.len;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    if (size == 0 || size > 8192) {
        return 0;
    }
    struct parse p;
    enum sasl_mechanism mechanism = (enum sasl_mechanism)((data[0] & 15U) % (SASL_ANONYMOUS + 1U));
    enum sasl_side side = (data[0] & 0x80) != 0 ? SASL_SERVER : SASL_CLIENT;
    unsigned step = data[0] >> 4 & 7;
    parse_init(&p, (struct span){data + 1, size - 1}, 0, NULL);
    enum parse_rc rc = sasl_judge(&p, mechanism, step, side);
    check_parse(&p, rc);
    CHECK(rc != PARSE_NOMATCH, "a message is there or is broken");
    if (mechanism == SASL_PLAIN && side == SASL_CLIENT && step == 0 && rc == PARSE_OK) {
        CHECK(is_plain(p.in), "a message of PLAIN passed that is none");
    }
    return 0;
}
