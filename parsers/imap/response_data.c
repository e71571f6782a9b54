/* SPDX-License-Identifier: MIT */
#include "parsers/imap/response_data.h"

#include "parsers/core/frame.h"

typedef enum parse_rc data_rule(struct parse *p, struct imap_response *out);
typedef void data_emit(struct out *o, const struct imap_response *response);

static enum parse_rc sp(struct parse *p)
{
    return imap_parse_sp(p, RULE_IMAP_RESPONSE, "SP");
}

/* RFC 9051 section 9: resp-cond-state = ("OK" / "NO" / "BAD") SP resp-text. A quirk accepts the
   word alone. */
static enum parse_rc data_text(struct parse *p, struct imap_response *out)
{
    if (parse_peek(p) == '\r' || parse_peek(p) == '\n') {
        return parse_quirk(p, QUIRK_IMAP_RESP_TEXT_MISSING, p->pos, 0, "SP and text");
    }
    if (!parse_octet(p, ' ')) {
        return parse_fail(p, RULE_IMAP_RESP_COND, "SP");
    }
    return imap_parse_resp_text(p, &out->as.text);
}

static enum parse_rc data_capability(struct parse *p, struct imap_response *out)
{
    enum parse_rc rc = imap_parse_capabilities(p, &out->as.capabilities);
    return rc == PARSE_OK ? imap_check_revision(p, &out->as.capabilities) : rc;
}

static enum parse_rc data_enabled(struct parse *p, struct imap_response *out)
{
    return imap_parse_capabilities(p, &out->as.capabilities);
}

static enum parse_rc data_list(struct parse *p, struct imap_response *out)
{
    enum parse_rc rc = sp(p);
    return rc == PARSE_OK ? imap_parse_mailbox_list(p, &out->as.list) : rc;
}

static enum parse_rc data_status(struct parse *p, struct imap_response *out)
{
    enum parse_rc rc = sp(p);
    return rc == PARSE_OK ? imap_parse_status_data(p, &out->as.status) : rc;
}

static enum parse_rc data_search(struct parse *p, struct imap_response *out)
{
    return imap_parse_search_data(p, &out->as.search);
}

static enum parse_rc data_thread(struct parse *p, struct imap_response *out)
{
    return imap_parse_thread_data(p, &out->as.thread);
}

static enum parse_rc data_esearch(struct parse *p, struct imap_response *out)
{
    return imap_parse_esearch_response(p, &out->as.esearch);
}

static enum parse_rc data_flags(struct parse *p, struct imap_response *out)
{
    enum parse_rc rc = sp(p);
    rc = rc == PARSE_OK ? imap_parse_flag_list(p, IMAP_FLAGS, &out->as.flags) : rc;
    return rc == PARSE_NOMATCH ? parse_fail(p, RULE_IMAP_FLAG_LIST, "\"(\"") : rc;
}

/* RFC 7162 section 7: expunged-resp = "VANISHED" [SP "(EARLIER)"] SP known-uids */
static enum parse_rc data_vanished(struct parse *p, struct imap_response *out)
{
    enum parse_rc rc = sp(p);
    size_t start = p->pos;
    if (rc == PARSE_OK && PARSE_TEXT(p, "(EARLIER)")) {
        out->as.vanished.earlier = parse_since(p, start);
        rc = sp(p);
    }
    rc = rc == PARSE_OK ? imap_parse_uid_set(p, &out->as.vanished.uids) : rc;
    return rc == PARSE_NOMATCH ? parse_fail(p, RULE_IMAP_VANISHED, "known-uids") : rc;
}

static enum parse_rc data_namespace(struct parse *p, struct imap_response *out)
{
    enum parse_rc rc = sp(p);
    return rc == PARSE_OK ? imap_parse_namespace_response(p, &out->as.namespaces) : rc;
}

static enum parse_rc data_id(struct parse *p, struct imap_response *out)
{
    enum parse_rc rc = sp(p);
    rc = rc == PARSE_OK ? imap_parse_id_params_list(p, &out->as.params) : rc;
    return rc == PARSE_NOMATCH ? parse_fail(p, RULE_IMAP_PARAM, "\"(\" or NIL") : rc;
}

static enum parse_rc data_acl(struct parse *p, struct imap_response *out)
{
    enum parse_rc rc = sp(p);
    return rc == PARSE_OK ? imap_parse_acl_data(p, &out->as.acl) : rc;
}

static enum parse_rc data_listrights(struct parse *p, struct imap_response *out)
{
    enum parse_rc rc = sp(p);
    return rc == PARSE_OK ? imap_parse_listrights_data(p, &out->as.acl) : rc;
}

static enum parse_rc data_myrights(struct parse *p, struct imap_response *out)
{
    enum parse_rc rc = sp(p);
    return rc == PARSE_OK ? imap_parse_myrights_data(p, &out->as.acl) : rc;
}

static enum parse_rc data_quota(struct parse *p, struct imap_response *out)
{
    enum parse_rc rc = sp(p);
    return rc == PARSE_OK ? imap_parse_quota_response(p, &out->as.quota) : rc;
}

static enum parse_rc data_quotaroot(struct parse *p, struct imap_response *out)
{
    enum parse_rc rc = sp(p);
    return rc == PARSE_OK ? imap_parse_quotaroot_response(p, &out->as.quota) : rc;
}

static enum parse_rc data_metadata(struct parse *p, struct imap_response *out)
{
    enum parse_rc rc = sp(p);
    return rc == PARSE_OK ? imap_parse_metadata_resp(p, &out->as.metadata) : rc;
}

/* "(" astring *(SP astring) ")" */
static enum parse_rc string_list(struct parse *p, struct imap_strings *out)
{
    struct imap_string_builder builder = {0};
    enum parse_rc rc = parse_expect(p, '(', RULE_IMAP_RESPONSE, "\"(\"");
    for (bool end = false; rc == PARSE_OK && !end;) {
        struct imap_string string;
        rc = imap_parse_astring(p, &string);
        rc = rc == PARSE_OK ? imap_strings_append(p, &builder, &string) : rc;
        rc = rc == PARSE_OK ? imap_parse_list_next(p, 1, RULE_IMAP_RESPONSE, &end) : rc;
    }
    *out = builder.list;
    return rc == PARSE_NOMATCH ? parse_fail(p, RULE_IMAP_ASTRING, "astring") : rc;
}

/* RFC 5255 section 3.5: language-data = "LANGUAGE" SP "(" lang-tag-quoted *(SP lang-tag-quoted)
   ")" */
static enum parse_rc data_language(struct parse *p, struct imap_response *out)
{
    enum parse_rc rc = sp(p);
    return rc == PARSE_OK ? string_list(p, &out->as.strings) : rc;
}

/* RFC 5255 section 4.10: comparator-data = "COMPARATOR" SP comp-sel-quoted [SP "(" comp-id-quoted
 *(SP comp-id-quoted) ")"] */
static enum parse_rc data_comparator(struct parse *p, struct imap_response *out)
{
    enum parse_rc rc = sp(p);
    rc = rc == PARSE_OK ? imap_parse_astring(p, &out->as.comparator.active) : rc;
    if (rc == PARSE_OK && parse_peek(p) == ' ' && !imap_at_trailing_sp(p)) {
        out->as.comparator.has_list = true;
        rc = sp(p);
        rc = rc == PARSE_OK ? string_list(p, &out->as.comparator.others) : rc;
    }
    return rc == PARSE_NOMATCH ? parse_fail(p, RULE_IMAP_ASTRING, "astring") : rc;
}

/* RFC 4467 section 9: genurlauth-data = "*" SP "GENURLAUTH" 1*(SP url-full) */
static enum parse_rc data_genurlauth(struct parse *p, struct imap_response *out)
{
    struct imap_string_builder builder = {0};
    enum parse_rc rc = PARSE_OK;
    do {
        struct imap_string url;
        rc = sp(p);
        rc = rc == PARSE_OK ? imap_parse_astring(p, &url) : rc;
        rc = rc == PARSE_OK ? imap_strings_append(p, &builder, &url) : rc;
    } while (rc == PARSE_OK && parse_peek(p) == ' ' && !imap_at_trailing_sp(p));
    out->as.strings = builder.list;
    return rc == PARSE_NOMATCH ? parse_fail(p, RULE_IMAP_ASTRING, "url-full") : rc;
}

/* RFC 4467 section 9: urlfetch-data = "*" SP "URLFETCH" 1*(SP url-full SP nstring) */
static enum parse_rc data_urlfetch(struct parse *p, struct imap_response *out)
{
    const struct imap_param **tail = &out->as.urls.first;
    enum parse_rc rc = PARSE_OK;
    do {
        struct imap_param *node = parse_take(p, sizeof *node);
        if (node == NULL) {
            return PARSE_BAD;
        }
        rc = sp(p);
        rc = rc == PARSE_OK ? imap_parse_astring(p, &node->name) : rc;
        rc = rc == PARSE_OK ? sp(p) : rc;
        rc = rc == PARSE_OK ? imap_parse_some_nstring(p, &node->value) : rc;
        *tail = node;
        tail = &node->next;
        out->as.urls.count++;
    } while (rc == PARSE_OK && parse_peek(p) == ' ' && !imap_at_trailing_sp(p));
    return rc == PARSE_NOMATCH ? parse_fail(p, RULE_IMAP_ASTRING, "url-full") : rc;
}

/* SP and a value, as long as they follow. */
static enum parse_rc values(struct parse *p, const struct imap_value **out)
{
    const struct imap_value **tail = out;
    enum parse_rc rc = PARSE_OK;
    while (rc == PARSE_OK && parse_octet(p, ' ')) {
        struct imap_value *node = parse_take(p, sizeof *node);
        if (node == NULL) {
            return PARSE_BAD;
        }
        rc = imap_parse_any(p, node);
        *tail = node;
        tail = &node->next;
    }
    if (rc == PARSE_OK && parse_peek(p) != '\r' && parse_peek(p) != '\n') {
        rc = PARSE_NOMATCH;
    }
    return rc;
}

/* The rest of the unit as one word: a line, or several with literals between. */
static enum parse_rc rest_of_unit(struct parse *p, const struct imap_value **out)
{
    struct imap_value *node = parse_take(p, sizeof *node);
    if (node == NULL) {
        return PARSE_BAD;
    }
    size_t start = ++p->pos;
    enum parse_rc rc = imap_parse_rest(p);
    node->string = (struct imap_string){.form = IMAP_ATOM, .text = parse_since(p, start)};
    *out = node;
    return rc;
}

/* A response that no RFC we know has: its parts as a tree or, where that does not work out, the
   rest of the unit as one word. Nobody can say what is wrong in it, so no quirk is noted. */
static enum parse_rc data_unknown(struct parse *p, struct imap_response *out)
{
    struct quirks quirks = p->quirks;
    struct parse_err before = p->err;
    struct literal_head head;
    size_t start = p->pos;
    uint32_t depth = p->depth;
    p->quirks = QUIRKS_STRICT;
    enum parse_rc rc = values(p, &out->as.value);
    p->quirks = quirks;
    p->depth = depth;
    if ((rc == PARSE_OK && parse_left(p) <= 2) ||
        (rc == PARSE_BAD && p->err.rule == RULE_LIMIT_ARENA)) {
        return rc;
    }
    out->as.value = NULL;
    p->pos = start;
    if (parse_peek(p) != ' ') {
        return parse_fail(p, RULE_IMAP_RESPONSE, "SP or CRLF");
    }
    p->err = before;
    if (frame_literal_head(p->in, &head)) {
        return parse_fail_at(p, p->in.len, RULE_IMAP_LITERAL_SHORT, "the rest of the response");
    }
    return rest_of_unit(p, &out->as.value);
}

static enum parse_rc data_none(struct parse *p, struct imap_response *out)
{
    (void)p;
    (void)out;
    return PARSE_OK;
}

static enum parse_rc data_fetch(struct parse *p, struct imap_response *out)
{
    enum parse_rc rc = sp(p);
    return rc == PARSE_OK ? imap_parse_msg_att(p, &out->as.fetch) : rc;
}

static void emit_strings(struct out *o, const struct imap_strings *list, bool parens)
{
    if (parens) {
        out_text(o, " (");
    }
    for (const struct imap_string_list *s = list->first; s != NULL; s = s->next) {
        if (!parens || s != list->first) {
            out_octet(o, ' ');
        }
        imap_emit_string(o, &s->value);
    }
    if (parens) {
        out_octet(o, ')');
    }
}

static void emit_vanished(struct out *o, const struct imap_response *response)
{
    out_octet(o, ' ');
    if (response->as.vanished.earlier.len > 0) {
        out_bytes(o, response->as.vanished.earlier);
        out_octet(o, ' ');
    }
    imap_emit_set(o, &response->as.vanished.uids);
}

static void emit_comparator(struct out *o, const struct imap_response *response)
{
    out_octet(o, ' ');
    imap_emit_string(o, &response->as.comparator.active);
    if (response->as.comparator.has_list) {
        emit_strings(o, &response->as.comparator.others, true);
    }
}

static void emit_urlfetch(struct out *o, const struct imap_response *response)
{
    for (const struct imap_param *url = response->as.urls.first; url != NULL; url = url->next) {
        out_octet(o, ' ');
        imap_emit_string(o, &url->name);
        out_octet(o, ' ');
        imap_emit_string(o, &url->value);
    }
}

static void emit_list(struct out *o, const struct imap_response *response)
{
    out_octet(o, ' ');
    imap_emit_mailbox_list(o, &response->as.list);
}

static void emit_status(struct out *o, const struct imap_response *response)
{
    out_octet(o, ' ');
    imap_emit_status_data(o, &response->as.status);
}

static void emit_flags(struct out *o, const struct imap_response *response)
{
    out_octet(o, ' ');
    imap_emit_flag_list(o, &response->as.flags);
}

static void emit_fetch(struct out *o, const struct imap_response *response)
{
    out_octet(o, ' ');
    imap_emit_msg_att(o, &response->as.fetch);
}

static void emit_namespace(struct out *o, const struct imap_response *response)
{
    out_octet(o, ' ');
    imap_emit_namespace_response(o, &response->as.namespaces);
}

static void emit_id(struct out *o, const struct imap_response *response)
{
    out_octet(o, ' ');
    imap_emit_params(o, &response->as.params);
}

static void emit_acl(struct out *o, const struct imap_response *response)
{
    out_octet(o, ' ');
    imap_emit_acl_data(o, &response->as.acl);
}

static void emit_listrights(struct out *o, const struct imap_response *response)
{
    out_octet(o, ' ');
    imap_emit_listrights_data(o, &response->as.acl);
}

static void emit_myrights(struct out *o, const struct imap_response *response)
{
    out_octet(o, ' ');
    imap_emit_myrights_data(o, &response->as.acl);
}

static void emit_quota(struct out *o, const struct imap_response *response)
{
    out_octet(o, ' ');
    imap_emit_quota_response(o, &response->as.quota);
}

static void emit_quotaroot(struct out *o, const struct imap_response *response)
{
    out_octet(o, ' ');
    imap_emit_quotaroot_response(o, &response->as.quota);
}

static void emit_metadata(struct out *o, const struct imap_response *response)
{
    out_octet(o, ' ');
    imap_emit_metadata_resp(o, &response->as.metadata);
}

static void emit_text(struct out *o, const struct imap_response *response)
{
    out_octet(o, ' ');
    imap_emit_resp_text(o, &response->as.text);
}

static void emit_capabilities(struct out *o, const struct imap_response *response)
{
    imap_emit_capabilities(o, &response->as.capabilities);
}

static void emit_search(struct out *o, const struct imap_response *response)
{
    imap_emit_search_data(o, &response->as.search);
}

static void emit_thread(struct out *o, const struct imap_response *response)
{
    imap_emit_thread_data(o, response->as.thread);
}

static void emit_esearch(struct out *o, const struct imap_response *response)
{
    imap_emit_esearch_response(o, &response->as.esearch);
}

static void emit_language(struct out *o, const struct imap_response *response)
{
    emit_strings(o, &response->as.strings, true);
}

static void emit_genurlauth(struct out *o, const struct imap_response *response)
{
    emit_strings(o, &response->as.strings, false);
}

static void emit_none(struct out *o, const struct imap_response *response)
{
    (void)o;
    (void)response;
}

static void emit_unknown(struct out *o, const struct imap_response *response)
{
    if (response->as.value != NULL) {
        out_octet(o, ' ');
        imap_emit_values(o, response->as.value);
    }
}

static const struct {
    struct span name;
    data_rule *rule;
    data_emit *emit;
    bool numbered;
} types[] = {
    [IMAP_RESPONSE_UNKNOWN] = {SPAN_INIT(""), data_unknown, emit_unknown, false},
    [IMAP_RESPONSE_OK] = {SPAN_INIT("OK"), data_text, emit_text, false},
    [IMAP_RESPONSE_NO] = {SPAN_INIT("NO"), data_text, emit_text, false},
    [IMAP_RESPONSE_BAD] = {SPAN_INIT("BAD"), data_text, emit_text, false},
    [IMAP_RESPONSE_PREAUTH] = {SPAN_INIT("PREAUTH"), data_text, emit_text, false},
    [IMAP_RESPONSE_BYE] = {SPAN_INIT("BYE"), data_text, emit_text, false},
    [IMAP_RESPONSE_CONTINUE] = {SPAN_INIT(""), data_text, emit_text, false},
    [IMAP_RESPONSE_CAPABILITY] = {SPAN_INIT("CAPABILITY"), data_capability, emit_capabilities,
                                  false},
    [IMAP_RESPONSE_ENABLED] = {SPAN_INIT("ENABLED"), data_enabled, emit_capabilities, false},
    [IMAP_RESPONSE_LIST] = {SPAN_INIT("LIST"), data_list, emit_list, false},
    [IMAP_RESPONSE_LSUB] = {SPAN_INIT("LSUB"), data_list, emit_list, false},
    [IMAP_RESPONSE_XLIST] = {SPAN_INIT("XLIST"), data_list, emit_list, false},
    [IMAP_RESPONSE_STATUS] = {SPAN_INIT("STATUS"), data_status, emit_status, false},
    [IMAP_RESPONSE_SEARCH] = {SPAN_INIT("SEARCH"), data_search, emit_search, false},
    [IMAP_RESPONSE_SORT] = {SPAN_INIT("SORT"), data_search, emit_search, false},
    [IMAP_RESPONSE_THREAD] = {SPAN_INIT("THREAD"), data_thread, emit_thread, false},
    [IMAP_RESPONSE_ESEARCH] = {SPAN_INIT("ESEARCH"), data_esearch, emit_esearch, false},
    [IMAP_RESPONSE_FLAGS] = {SPAN_INIT("FLAGS"), data_flags, emit_flags, false},
    [IMAP_RESPONSE_EXISTS] = {SPAN_INIT("EXISTS"), data_none, emit_none, true},
    [IMAP_RESPONSE_RECENT] = {SPAN_INIT("RECENT"), data_none, emit_none, true},
    [IMAP_RESPONSE_EXPUNGE] = {SPAN_INIT("EXPUNGE"), data_none, emit_none, true},
    [IMAP_RESPONSE_FETCH] = {SPAN_INIT("FETCH"), data_fetch, emit_fetch, true},
    [IMAP_RESPONSE_VANISHED] = {SPAN_INIT("VANISHED"), data_vanished, emit_vanished, false},
    [IMAP_RESPONSE_NAMESPACE] = {SPAN_INIT("NAMESPACE"), data_namespace, emit_namespace, false},
    [IMAP_RESPONSE_ID] = {SPAN_INIT("ID"), data_id, emit_id, false},
    [IMAP_RESPONSE_ACL] = {SPAN_INIT("ACL"), data_acl, emit_acl, false},
    [IMAP_RESPONSE_LISTRIGHTS] = {SPAN_INIT("LISTRIGHTS"), data_listrights, emit_listrights, false},
    [IMAP_RESPONSE_MYRIGHTS] = {SPAN_INIT("MYRIGHTS"), data_myrights, emit_myrights, false},
    [IMAP_RESPONSE_QUOTA] = {SPAN_INIT("QUOTA"), data_quota, emit_quota, false},
    [IMAP_RESPONSE_QUOTAROOT] = {SPAN_INIT("QUOTAROOT"), data_quotaroot, emit_quotaroot, false},
    [IMAP_RESPONSE_METADATA] = {SPAN_INIT("METADATA"), data_metadata, emit_metadata, false},
    [IMAP_RESPONSE_LANGUAGE] = {SPAN_INIT("LANGUAGE"), data_language, emit_language, false},
    [IMAP_RESPONSE_COMPARATOR] = {SPAN_INIT("COMPARATOR"), data_comparator, emit_comparator, false},
    [IMAP_RESPONSE_GENURLAUTH] = {SPAN_INIT("GENURLAUTH"), data_genurlauth, emit_genurlauth, false},
    [IMAP_RESPONSE_URLFETCH] = {SPAN_INIT("URLFETCH"), data_urlfetch, emit_urlfetch, false},
};
#define TYPE_COUNT (sizeof types / sizeof types[0])

const char *imap_response_name(enum imap_response_type type)
{
    return type < TYPE_COUNT ? (const char *)types[type].name.ptr : "";
}

enum imap_response_type imap_response_type_of(struct span keyword, bool numbered)
{
    if (numbered && span_equal_nocase(keyword, types[IMAP_RESPONSE_FETCH].name)) {
        return IMAP_RESPONSE_FETCH;
    }
    for (unsigned i = IMAP_RESPONSE_OK; i < TYPE_COUNT; i++) {
        if (types[i].name.len > 0 && types[i].numbered == numbered &&
            span_equal_nocase(keyword, types[i].name)) {
            return (enum imap_response_type)i;
        }
    }
    return IMAP_RESPONSE_UNKNOWN;
}

/* RFC 9051 section 9: response-data = "*" SP (…) CRLF, from the data on. */
enum parse_rc imap_parse_response_data(struct parse *p, struct imap_response *out)
{
    return types[out->type].rule(p, out);
}

void imap_emit_response_data(struct out *o, const struct imap_response *response)
{
    types[response->type].emit(o, response);
}
