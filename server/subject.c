/* SPDX-License-Identifier: MIT */
#include "server/subject.h"

#include "parsers/message/header.h"
#include "server/imap_text.h"

static bool is_blank(uint8_t octet)
{
    return octet == ' ' || octet == '\t';
}

static struct span trim(struct span s)
{
    while (s.len != 0 && is_blank(s.ptr[0])) {
        s = span_from(s, 1);
    }
    while (s.len != 0 && is_blank(s.ptr[s.len - 1])) {
        s.len--;
    }
    return s;
}

/* subj-blob = "[" *BLOBCHAR "]" *WSP: how long it is, or 0. */
static size_t blob_len(struct span s)
{
    size_t i = 1;
    if (s.len == 0 || s.ptr[0] != '[') {
        return 0;
    }
    while (i < s.len && s.ptr[i] != ']' && s.ptr[i] != '[') {
        i++;
    }
    if (i == s.len || s.ptr[i] != ']') {
        return 0;
    }
    i++;
    while (i < s.len && is_blank(s.ptr[i])) {
        i++;
    }
    return i;
}

/* subj-refwd = ("re" / ("fw" ["d"])) *WSP [subj-blob] ":", behind any blobs: how long, or 0. */
static size_t leader_len(struct span s)
{
    size_t pos = 0;
    size_t blob = 0;
    while ((blob = blob_len(span_from(s, pos))) != 0) {
        pos += blob;
    }
    struct span word = span_from(s, pos);
    if (span_starts_nocase(word, SPAN_LIT("fwd"))) {
        pos += 3;
    } else if (span_starts_nocase(word, SPAN_LIT("re")) ||
               span_starts_nocase(word, SPAN_LIT("fw"))) {
        pos += 2;
    } else {
        return 0;
    }
    while (pos < s.len && is_blank(s.ptr[pos])) {
        pos++;
    }
    pos += blob_len(span_from(s, pos));
    return pos < s.len && s.ptr[pos] == ':' ? pos + 1 : 0;
}

static struct span base_subject(struct span s, bool *out_reply)
{
    bool again = true;
    bool reply = false;
    while (again) {
        s = trim(s);
        again = s.len >= 5 && span_is(span_from(s, s.len - 5), "(fwd)");
        if (again) {
            s.len -= 5;
            reply = true;
            continue;
        }
        size_t leader = leader_len(s);
        size_t blob = blob_len(s);
        if (leader != 0) {
            s = span_from(s, leader);
            again = true;
            reply = true;
        } else if (blob != 0 && blob < s.len) {
            s = span_from(s, blob);
            again = true;
        } else if (span_starts_nocase(s, SPAN_LIT("[fwd:")) && s.ptr[s.len - 1] == ']') {
            s = span_sub(s, 5, s.len - 6);
            again = true;
            reply = true;
        }
    }
    if (out_reply != NULL) {
        *out_reply = reply;
    }
    return s;
}

struct span subject_of(struct scratch *scratch, const struct message *message, bool *out_reply)
{
    struct message_field field;
    if (out_reply != NULL) {
        *out_reply = false;
    }
    if (!message_field_find(message_octets(message), "Subject", &field)) {
        return (struct span){0};
    }
    return base_subject(text_of_field(scratch, field.value), out_reply);
}
