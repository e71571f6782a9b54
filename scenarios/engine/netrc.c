/* SPDX-License-Identifier: MIT */
#include "scenarios/engine/netrc.h"

#include "net/memory.h"
#include "scenarios/engine/pool.h"

static bool is_blank(uint8_t octet)
{
    return octet == ' ' || octet == '\t' || octet == '\r' || octet == '\n';
}

/* The next word: up to a blank, or between quotes, where \ takes the next octet as it is. False at
   the end. */
static bool word_next(struct span *rest, struct bytes *out)
{
    size_t pos = 0;
    out->len = 0;
    for (;;) {
        while (pos < rest->len && is_blank(rest->ptr[pos])) {
            pos++;
        }
        if (pos == rest->len || rest->ptr[pos] != '#') {
            break;
        }
        while (pos < rest->len && rest->ptr[pos] != '\n') {
            pos++;
        }
    }
    if (pos == rest->len) {
        *rest = span_from(*rest, pos);
        return false;
    }
    bool quoted = rest->ptr[pos] == '"';
    pos += quoted ? 1 : 0;
    while (pos < rest->len && (quoted ? rest->ptr[pos] != '"' : !is_blank(rest->ptr[pos]))) {
        pos += rest->ptr[pos] == '\\' && pos + 1 < rest->len ? 1 : 0;
        bytes_add(out, span_sub(*rest, pos, 1));
        pos++;
    }
    *rest = span_from(*rest, pos + (quoted ? 1 : 0));
    return true;
}

/* "macdef NAME": its lines, up to an empty one. */
static void macro_skip(struct span *rest)
{
    size_t pos = 0;
    while (pos < rest->len &&
           !(rest->ptr[pos] == '\n' && (pos + 1 == rest->len || rest->ptr[pos + 1] == '\n'))) {
        pos++;
    }
    *rest = span_from(*rest, pos);
}

struct entry {
    bool here; /* it is about the host */
    bool named;
    bool mine; /* and about the login */
};

char *netrc_password(struct span text, const char *host, const char *login)
{
    struct entry entry = {false, false, false};
    struct bytes word = {0};
    char *password = NULL; /* of the present entry */
    char *found = NULL;
    bool more = true;
    while (found == NULL && more) {
        more = word_next(&text, &word);
        struct span w = bytes_span(&word);
        bool machine = more && span_equal(w, SPAN_LIT("machine"));
        if (!more || machine || span_equal(w, SPAN_LIT("default"))) {
            bool good = entry.here && (entry.mine || !entry.named);
            found = good ? password : NULL;
            if (!good && password != NULL) {
                memory_wipe(password, strlen(password));
                memory_free(password);
            }
            password = NULL;
            entry = (struct entry){.here = !machine};
            more = more && (!machine || word_next(&text, &word));
            entry.here = more && (entry.here || span_is(bytes_span(&word), host));
        } else if (span_equal(w, SPAN_LIT("login"))) {
            entry.named = true;
            entry.mine = word_next(&text, &word) && span_equal(bytes_span(&word), span_text(login));
        } else if (span_equal(w, SPAN_LIT("password"))) {
            (void)word_next(&text, &word);
            if (password == NULL) {
                password = memory_text(bytes_span(&word));
            }
        } else if (span_equal(w, SPAN_LIT("account"))) {
            (void)word_next(&text, &word);
        } else if (span_equal(w, SPAN_LIT("macdef"))) {
            macro_skip(&text);
        }
    }
    memory_wipe(word.ptr, word.len);
    bytes_fini(&word);
    return found;
}
