/* SPDX-License-Identifier: MIT */
#include "parsers/imap/code.h"

typedef enum parse_rc code_rule(struct parse *p, struct imap_code *out);

static enum parse_rc sp(struct parse *p)
{
    return imap_parse_sp(p, RULE_IMAP_CODE, "SP");
}

/* RFC 9051 section 9: resp-text-code = … "UIDNEXT" SP nz-number / … */
static enum parse_rc code_uidnext(struct parse *p, struct imap_code *out)
{
    enum parse_rc rc = sp(p);
    return rc == PARSE_OK ? imap_parse_nz_number_or(p, QUIRK_IMAP_UIDNEXT_ZERO, &out->as.number)
                          : rc;
}

/* RFC 9051 section 9: resp-text-code = … "UIDVALIDITY" SP nz-number / … */
static enum parse_rc code_uidvalidity(struct parse *p, struct imap_code *out)
{
    enum parse_rc rc = sp(p);
    return rc == PARSE_OK ? imap_parse_nz_number_or(p, QUIRK_IMAP_UIDVALIDITY_ZERO, &out->as.number)
                          : rc;
}

/* RFC 3501 section 9: resp-text-code = … "UNSEEN" SP nz-number / … */
static enum parse_rc code_unseen(struct parse *p, struct imap_code *out)
{
    enum parse_rc rc = sp(p);
    return rc == PARSE_OK ? imap_parse_nz_number_or(p, QUIRK_IMAP_UNSEEN_ZERO, &out->as.number)
                          : rc;
}

/* RFC 7162 section 7: resp-text-code =/ "HIGHESTMODSEQ" SP mod-sequence-value */
static enum parse_rc code_highestmodseq(struct parse *p, struct imap_code *out)
{
    struct imap_number number = {0};
    enum parse_rc rc = sp(p);
    rc = rc == PARSE_OK ? imap_parse_modseq(p, &number) : rc;
    out->as.modseq = number;
    return rc;
}

/* RFC 7162 section 7: resp-text-code =/ "MODIFIED" SP sequence-set */
static enum parse_rc code_modified(struct parse *p, struct imap_code *out)
{
    enum parse_rc rc = sp(p);
    return rc == PARSE_OK ? imap_parse_uid_set(p, &out->as.set) : rc;
}

/* RFC 4315 section 4: resp-code-apnd = "APPENDUID" SP nz-number SP append-uid; append-uid =/
   uid-set */
static enum parse_rc code_appenduid(struct parse *p, struct imap_code *out)
{
    enum parse_rc rc = sp(p);
    rc = rc == PARSE_OK
             ? imap_parse_nz_number_or(p, QUIRK_IMAP_UIDVALIDITY_ZERO, &out->as.append.validity)
             : rc;
    rc = rc == PARSE_OK ? sp(p) : rc;
    return rc == PARSE_OK ? imap_parse_uid_set(p, &out->as.append.uids) : rc;
}

/* RFC 4315 section 4: resp-code-copy = "COPYUID" SP nz-number SP uid-set SP uid-set */
static enum parse_rc code_copyuid(struct parse *p, struct imap_code *out)
{
    enum parse_rc rc = sp(p);
    rc = rc == PARSE_OK
             ? imap_parse_nz_number_or(p, QUIRK_IMAP_UIDVALIDITY_ZERO, &out->as.copy.validity)
             : rc;
    rc = rc == PARSE_OK ? sp(p) : rc;
    rc = rc == PARSE_OK ? imap_parse_uid_set(p, &out->as.copy.source) : rc;
    rc = rc == PARSE_OK ? sp(p) : rc;
    return rc == PARSE_OK ? imap_parse_uid_set(p, &out->as.copy.target) : rc;
}

/* RFC 9051 section 9: resp-text-code = … "PERMANENTFLAGS" SP "(" [flag-perm *(SP flag-perm)] ")" */
static enum parse_rc code_permanentflags(struct parse *p, struct imap_code *out)
{
    enum parse_rc rc = sp(p);
    return rc == PARSE_OK ? imap_parse_flag_list(p, IMAP_FLAGS_PERM, &out->as.flags) : rc;
}

/* RFC 9051 section 9: resp-text-code = … capability-data / … */
static enum parse_rc code_capability(struct parse *p, struct imap_code *out)
{
    enum parse_rc rc = imap_parse_capabilities(p, &out->as.capabilities);
    return rc == PARSE_OK ? imap_check_revision(p, &out->as.capabilities) : rc;
}

/* "(" astring *(SP astring) ")" */
static enum parse_rc strings(struct parse *p, struct imap_strings *out)
{
    struct imap_string_builder builder = {0};
    bool end = false;
    if (!parse_octet(p, '(')) {
        return PARSE_NOMATCH;
    }
    while (!end) {
        struct imap_string string;
        enum parse_rc rc = imap_parse_astring(p, &string);
        rc = rc == PARSE_OK ? imap_strings_append(p, &builder, &string) : rc;
        rc = rc == PARSE_OK ? imap_parse_list_next(p, 1, RULE_IMAP_CODE, &end) : rc;
        if (rc != PARSE_OK) {
            return rc;
        }
    }
    *out = builder.list;
    return PARSE_OK;
}

/* RFC 3501 section 9: resp-text-code = … "BADCHARSET" [SP "(" astring *(SP astring) ")" ] / …;
   RFC 9051 has charset there, which each astring but a literal and a "]" matches too. */
static enum parse_rc code_badcharset(struct parse *p, struct imap_code *out)
{
    if (parse_peek(p) == ']') {
        return PARSE_OK;
    }
    enum parse_rc rc = sp(p);
    return rc == PARSE_OK ? strings(p, &out->as.strings) : rc;
}

/* RFC 5465 section 8: unsupported-events-code = "BADEVENT" SP "(" event-name *(SP event-name) ")"
 */
static enum parse_rc code_badevent(struct parse *p, struct imap_code *out)
{
    enum parse_rc rc = sp(p);
    return rc == PARSE_OK ? strings(p, &out->as.strings) : rc;
}

static enum parse_rc one_string(struct parse *p, struct imap_code *out,
                                enum parse_rc (*rule)(struct parse *, struct imap_string *))
{
    struct imap_string_builder builder = {0};
    struct imap_string string;
    enum parse_rc rc = sp(p);
    rc = rc == PARSE_OK ? rule(p, &string) : rc;
    rc = rc == PARSE_OK ? imap_strings_append(p, &builder, &string) : rc;
    out->as.strings = builder.list;
    return rc;
}

/* RFC 5267 section 5: resp-text-code =/ "NOUPDATE" SP quoted */
static enum parse_rc code_noupdate(struct parse *p, struct imap_code *out)
{
    return one_string(p, out, imap_parse_quoted);
}

/* RFC 5466 section 3.1: "UNDEFINED-FILTER" SP filter-name, an atom */
static enum parse_rc code_undefined_filter(struct parse *p, struct imap_code *out)
{
    struct imap_string_builder builder = {0};
    struct imap_string string = {.form = IMAP_ATOM};
    enum parse_rc rc = sp(p);
    rc = rc == PARSE_OK ? imap_parse_atom(p, &string.text) : rc;
    rc = rc == PARSE_OK ? imap_strings_append(p, &builder, &string) : rc;
    out->as.strings = builder.list;
    return rc;
}

/* RFC 8474 section 7: resp-text-code =/ "MAILBOXID" SP "(" objectid ")" */
static enum parse_rc code_mailboxid(struct parse *p, struct imap_code *out)
{
    enum parse_rc rc = sp(p);
    return rc == PARSE_OK ? imap_parse_objectid_list(p, &out->as.id) : rc;
}

/* RFC 5464 section 5: resp-text-code =/ "METADATA" SP "LONGENTRIES" SP number, and
   "METADATA" SP ("MAXSIZE" SP number / "TOOMANY" / "NOPRIVATE") */
static enum parse_rc code_metadata(struct parse *p, struct imap_code *out)
{
    enum parse_rc rc = sp(p);
    if (rc != PARSE_OK) {
        return rc;
    }
    size_t start = p->pos;
    bool number = true;
    if (IMAP_KEYWORD(p, "LONGENTRIES")) {
        out->as.metadata.kind = IMAP_METADATA_LONGENTRIES;
    } else if (IMAP_KEYWORD(p, "MAXSIZE")) {
        out->as.metadata.kind = IMAP_METADATA_MAXSIZE;
    } else if (IMAP_KEYWORD(p, "TOOMANY")) {
        out->as.metadata.kind = IMAP_METADATA_TOOMANY;
        number = false;
    } else if (IMAP_KEYWORD(p, "NOPRIVATE")) {
        out->as.metadata.kind = IMAP_METADATA_NOPRIVATE;
        number = false;
    } else {
        return PARSE_NOMATCH;
    }
    out->as.metadata.name = parse_since(p, start);
    rc = number ? sp(p) : rc;
    return rc == PARSE_OK && number ? imap_parse_number(p, &out->as.metadata.number) : rc;
}

/* RFC 9738 section 5: resp-text-code =/ "MESSAGELIMIT" SP message-limit [SP uniqueid] */
static enum parse_rc code_messagelimit(struct parse *p, struct imap_code *out)
{
    enum parse_rc rc = sp(p);
    rc = rc == PARSE_OK ? imap_parse_nz_number(p, &out->as.limit.count) : rc;
    if (rc == PARSE_OK && parse_peek(p) == ' ') {
        out->as.limit.has_uid = true;
        rc = sp(p);
        rc = rc == PARSE_OK ? imap_parse_nz_number_or(p, QUIRK_IMAP_UID_ZERO, &out->as.limit.uid)
                            : rc;
    }
    return rc;
}

/* RFC 9051 section 9: resp-text-code = … atom [SP 1*<any TEXT-CHAR except "]">]. A quirk accepts
   octets above 127. */
static enum parse_rc code_text(struct parse *p, struct imap_code *out)
{
    if (!parse_octet(p, ' ')) {
        return PARSE_OK;
    }
    size_t start = p->pos;
    size_t high = SIZE_MAX;
    while (!parse_at_end(p) && parse_peek(p) != ']' &&
           octet_is(p->in.ptr[p->pos], CLASS_TEXT | CLASS_HIGH)) {
        high = high == SIZE_MAX && p->in.ptr[p->pos] >= 0x80 ? p->pos : high;
        p->pos++;
    }
    out->as.text = parse_since(p, start);
    if (out->as.text.len == 0) {
        return parse_fail(p, RULE_IMAP_CODE, "TEXT-CHAR");
    }
    return high == SIZE_MAX || out->kind == IMAP_CODE_BADURL
               ? PARSE_OK
               : parse_quirk(p, QUIRK_IMAP_TEXT_8BIT, high, 1, "US-ASCII in a response code");
}

/* The same where the RFC demands arguments. */
static enum parse_rc code_some_text(struct parse *p, struct imap_code *out)
{
    return parse_peek(p) == ' ' ? code_text(p, out) : parse_fail(p, RULE_IMAP_CODE, "SP");
}

static enum parse_rc code_plain(struct parse *p, struct imap_code *out)
{
    (void)p;
    (void)out;
    return PARSE_OK;
}

static const struct {
    struct span name;
    code_rule *rule;
} codes[] = {
    [IMAP_CODE_NONE] = {SPAN_INIT(""), code_plain},
    [IMAP_CODE_UNKNOWN] = {SPAN_INIT(""), code_text},
    [IMAP_CODE_ALERT] = {SPAN_INIT("ALERT"), code_plain},
    [IMAP_CODE_ALREADYEXISTS] = {SPAN_INIT("ALREADYEXISTS"), code_plain},
    [IMAP_CODE_AUTHENTICATIONFAILED] = {SPAN_INIT("AUTHENTICATIONFAILED"), code_plain},
    [IMAP_CODE_AUTHORIZATIONFAILED] = {SPAN_INIT("AUTHORIZATIONFAILED"), code_plain},
    [IMAP_CODE_BADCOMPARATOR] = {SPAN_INIT("BADCOMPARATOR"), code_plain},
    [IMAP_CODE_CANNOT] = {SPAN_INIT("CANNOT"), code_plain},
    [IMAP_CODE_CLIENTBUG] = {SPAN_INIT("CLIENTBUG"), code_plain},
    [IMAP_CODE_CLOSED] = {SPAN_INIT("CLOSED"), code_plain},
    [IMAP_CODE_COMPRESSIONACTIVE] = {SPAN_INIT("COMPRESSIONACTIVE"), code_plain},
    [IMAP_CODE_CONTACTADMIN] = {SPAN_INIT("CONTACTADMIN"), code_plain},
    [IMAP_CODE_CORRUPTION] = {SPAN_INIT("CORRUPTION"), code_plain},
    [IMAP_CODE_EXPIRED] = {SPAN_INIT("EXPIRED"), code_plain},
    [IMAP_CODE_EXPUNGEISSUED] = {SPAN_INIT("EXPUNGEISSUED"), code_plain},
    [IMAP_CODE_HASCHILDREN] = {SPAN_INIT("HASCHILDREN"), code_plain},
    [IMAP_CODE_INUSE] = {SPAN_INIT("INUSE"), code_plain},
    [IMAP_CODE_LIMIT] = {SPAN_INIT("LIMIT"), code_plain},
    [IMAP_CODE_NOMODSEQ] = {SPAN_INIT("NOMODSEQ"), code_plain},
    [IMAP_CODE_NONEXISTENT] = {SPAN_INIT("NONEXISTENT"), code_plain},
    [IMAP_CODE_NOPERM] = {SPAN_INIT("NOPERM"), code_plain},
    [IMAP_CODE_NOTIFICATIONOVERFLOW] = {SPAN_INIT("NOTIFICATIONOVERFLOW"), code_plain},
    [IMAP_CODE_NOTSAVED] = {SPAN_INIT("NOTSAVED"), code_plain},
    [IMAP_CODE_OVERQUOTA] = {SPAN_INIT("OVERQUOTA"), code_plain},
    [IMAP_CODE_PARSE] = {SPAN_INIT("PARSE"), code_plain},
    [IMAP_CODE_PRIVACYREQUIRED] = {SPAN_INIT("PRIVACYREQUIRED"), code_plain},
    [IMAP_CODE_READ_ONLY] = {SPAN_INIT("READ-ONLY"), code_plain},
    [IMAP_CODE_READ_WRITE] = {SPAN_INIT("READ-WRITE"), code_plain},
    [IMAP_CODE_SERVERBUG] = {SPAN_INIT("SERVERBUG"), code_plain},
    [IMAP_CODE_TOOBIG] = {SPAN_INIT("TOOBIG"), code_plain},
    [IMAP_CODE_TRYCREATE] = {SPAN_INIT("TRYCREATE"), code_plain},
    [IMAP_CODE_UIDNOTSTICKY] = {SPAN_INIT("UIDNOTSTICKY"), code_plain},
    [IMAP_CODE_UNAVAILABLE] = {SPAN_INIT("UNAVAILABLE"), code_plain},
    [IMAP_CODE_UNKNOWN_CTE] = {SPAN_INIT("UNKNOWN-CTE"), code_plain},
    [IMAP_CODE_USEATTR] = {SPAN_INIT("USEATTR"), code_plain},
    [IMAP_CODE_HIGHESTMODSEQ] = {SPAN_INIT("HIGHESTMODSEQ"), code_highestmodseq},
    [IMAP_CODE_UIDNEXT] = {SPAN_INIT("UIDNEXT"), code_uidnext},
    [IMAP_CODE_UIDVALIDITY] = {SPAN_INIT("UIDVALIDITY"), code_uidvalidity},
    [IMAP_CODE_UNSEEN] = {SPAN_INIT("UNSEEN"), code_unseen},
    [IMAP_CODE_MODIFIED] = {SPAN_INIT("MODIFIED"), code_modified},
    [IMAP_CODE_APPENDUID] = {SPAN_INIT("APPENDUID"), code_appenduid},
    [IMAP_CODE_COPYUID] = {SPAN_INIT("COPYUID"), code_copyuid},
    [IMAP_CODE_PERMANENTFLAGS] = {SPAN_INIT("PERMANENTFLAGS"), code_permanentflags},
    [IMAP_CODE_CAPABILITY] = {SPAN_INIT("CAPABILITY"), code_capability},
    [IMAP_CODE_BADCHARSET] = {SPAN_INIT("BADCHARSET"), code_badcharset},
    [IMAP_CODE_BADEVENT] = {SPAN_INIT("BADEVENT"), code_badevent},
    [IMAP_CODE_UNDEFINED_FILTER] = {SPAN_INIT("UNDEFINED-FILTER"), code_undefined_filter},
    [IMAP_CODE_NOUPDATE] = {SPAN_INIT("NOUPDATE"), code_noupdate},
    [IMAP_CODE_MAILBOXID] = {SPAN_INIT("MAILBOXID"), code_mailboxid},
    [IMAP_CODE_METADATA] = {SPAN_INIT("METADATA"), code_metadata},
    [IMAP_CODE_MESSAGELIMIT] = {SPAN_INIT("MESSAGELIMIT"), code_messagelimit},
    [IMAP_CODE_BADURL] = {SPAN_INIT("BADURL"), code_some_text},
    [IMAP_CODE_REFERRAL] = {SPAN_INIT("REFERRAL"), code_some_text},
    [IMAP_CODE_URLMECH] = {SPAN_INIT("URLMECH"), code_some_text},
    [IMAP_CODE_INPROGRESS] = {SPAN_INIT("INPROGRESS"), code_text},
};
#define CODE_COUNT (sizeof codes / sizeof codes[0])

static enum imap_code_kind kind_of(struct span name)
{
    for (unsigned i = IMAP_CODE_UNKNOWN + 1; i < CODE_COUNT; i++) {
        if (codes[i].name.len == name.len && span_equal_nocase(codes[i].name, name)) {
            return (enum imap_code_kind)i;
        }
    }
    return IMAP_CODE_UNKNOWN;
}

bool imap_code_starts(const struct parse *p)
{
    struct parse ahead = *p;
    return kind_of(parse_run(&ahead, CLASS_ATOM)) != IMAP_CODE_UNKNOWN;
}

const char *imap_code_name(enum imap_code_kind kind)
{
    return kind < CODE_COUNT ? (const char *)codes[kind].name.ptr : "";
}

/* A known code with wrong arguments is left behind up to its "]", as an unknown one. */
static enum parse_rc skip_code(struct parse *p, size_t args, const struct parse_err *before,
                               struct imap_code *out)
{
    const uint8_t *end = memchr(p->in.ptr + args, ']', p->in.len - args);
    if (end == NULL) {
        return PARSE_BAD;
    }
    enum parse_rc rc = parse_recover(p, QUIRK_IMAP_CODE_ARGUMENTS, before);
    p->pos = (size_t)(end - p->in.ptr);
    out->kind = IMAP_CODE_UNKNOWN;
    out->as.text = span_from(parse_since(p, args), 1);
    return rc;
}

/* RFC 9051 section 9: resp-text-code = "ALERT" / … / atom [SP 1*<any TEXT-CHAR except "]">] */
enum parse_rc imap_parse_resp_text_code(struct parse *p, struct imap_code *out)
{
    *out = (struct imap_code){0};
    struct parse_err before = p->err;
    enum parse_rc rc = imap_parse_atom(p, &out->name);
    if (rc != PARSE_OK) {
        return rc;
    }
    size_t args = p->pos;
    out->kind = kind_of(out->name);
    rc = codes[out->kind].rule(p, out);
    if (rc == PARSE_OK && parse_peek(p) != ']') {
        rc = PARSE_NOMATCH;
    }
    if (rc == PARSE_NOMATCH) {
        rc = parse_fail(p, RULE_IMAP_CODE, "the code's arguments, or \"]\"");
    }
    if (rc == PARSE_BAD && out->kind != IMAP_CODE_UNKNOWN) {
        rc = skip_code(p, args, &before, out);
    }
    return rc;
}

static void emit_strings(struct out *o, const struct imap_strings *list)
{
    out_octet(o, '(');
    for (const struct imap_string_list *s = list->first; s != NULL; s = s->next) {
        imap_emit_string(o, &s->value);
        if (s->next != NULL) {
            out_octet(o, ' ');
        }
    }
    out_octet(o, ')');
}

static void emit_metadata(struct out *o, const struct imap_code *code)
{
    static const char *const names[] = {"LONGENTRIES", "MAXSIZE", "TOOMANY", "NOPRIVATE"};
    out_octet(o, ' ');
    imap_emit_keyword(o, code->as.metadata.name, names[code->as.metadata.kind]);
    if (code->as.metadata.kind == IMAP_METADATA_LONGENTRIES ||
        code->as.metadata.kind == IMAP_METADATA_MAXSIZE) {
        out_octet(o, ' ');
        imap_emit_number(o, code->as.metadata.number);
    }
}

static void emit_sets(struct out *o, uint64_t validity, const struct imap_set *first,
                      const struct imap_set *second)
{
    out_octet(o, ' ');
    out_number(o, validity);
    out_octet(o, ' ');
    imap_emit_set(o, first);
    if (second != NULL) {
        out_octet(o, ' ');
        imap_emit_set(o, second);
    }
}

static void emit_limit(struct out *o, const struct imap_code *code)
{
    out_octet(o, ' ');
    out_number(o, code->as.limit.count);
    if (code->as.limit.has_uid) {
        out_octet(o, ' ');
        out_number(o, code->as.limit.uid);
    }
}

static void emit_text(struct out *o, const struct imap_code *code)
{
    if (code->as.text.len > 0) {
        out_octet(o, ' ');
        out_bytes(o, code->as.text);
    }
}

static void emit_list(struct out *o, const struct imap_code *code)
{
    if (code->kind == IMAP_CODE_BADCHARSET && code->as.strings.first == NULL) {
        return;
    }
    out_octet(o, ' ');
    if (code->kind == IMAP_CODE_PERMANENTFLAGS) {
        imap_emit_flag_list(o, &code->as.flags);
    } else if (code->kind == IMAP_CODE_MAILBOXID) {
        out_octet(o, '(');
        out_bytes(o, code->as.id);
        out_octet(o, ')');
    } else if (code->kind == IMAP_CODE_BADCHARSET || code->kind == IMAP_CODE_BADEVENT) {
        emit_strings(o, &code->as.strings);
    } else if (code->as.strings.first != NULL) {
        imap_emit_string(o, &code->as.strings.first->value);
    }
}

void imap_emit_resp_text_code(struct out *o, const struct imap_code *code)
{
    code_rule *rule = codes[code->kind].rule;
    imap_emit_keyword(o, code->name, imap_code_name(code->kind));
    if (code->kind == IMAP_CODE_HIGHESTMODSEQ) {
        out_octet(o, ' ');
        imap_emit_number(o, code->as.modseq);
    } else if (rule == code_uidnext || rule == code_uidvalidity || rule == code_unseen) {
        out_octet(o, ' ');
        out_number(o, code->as.number);
    } else if (rule == code_modified) {
        out_octet(o, ' ');
        imap_emit_set(o, &code->as.set);
    } else if (rule == code_appenduid) {
        emit_sets(o, code->as.append.validity, &code->as.append.uids, NULL);
    } else if (rule == code_copyuid) {
        emit_sets(o, code->as.copy.validity, &code->as.copy.source, &code->as.copy.target);
    } else if (rule == code_capability) {
        imap_emit_capabilities(o, &code->as.capabilities);
    } else if (rule == code_metadata) {
        emit_metadata(o, code);
    } else if (rule == code_messagelimit) {
        emit_limit(o, code);
    } else if (rule == code_text || rule == code_some_text) {
        emit_text(o, code);
    } else if (rule != code_plain) {
        emit_list(o, code);
    }
}
