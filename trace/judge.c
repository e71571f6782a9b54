/* SPDX-License-Identifier: MIT */
#include "trace/judge.h"

#include "net/memory.h"

enum {
    LEAST_MEMORY = 8 * 1024 * 1024, /* for the mailbox view and the values of one unit */
    MOST_MEMORY = 256 * 1024 * 1024,
    VALUE_FACTOR = 64, /* octets of values that one octet of a unit can make, with room to spare */
};

/* How much the session may need for a recording of so many octets; only touched pages count. */
static size_t memory_for(size_t octets)
{
    return octets < (MOST_MEMORY - LEAST_MEMORY) / VALUE_FACTOR
               ? LEAST_MEMORY + octets * VALUE_FACTOR
               : MOST_MEMORY;
}

struct judge {
    struct session session;
    uint8_t *memory; /* the session's, then as much scratch */
    size_t room;     /* of both */
    const struct conversation *conversation;
    struct judge_sums *sums;
    void (*report)(void *context, const struct judged *judged);
    void *context;
    size_t shown[2];    /* octets of each side that were seen so far */
    size_t consumed[2]; /* octets of each side that the session has taken */
    bool hidden;        /* nothing of the client's last command is shown */
    bool torn;          /* message data has a hole, which may hold its end */
    bool opaque;        /* the rest is encrypted or compressed */
};

/* What the client said last before this piece of the server has a hole: a password that was
   replaced, say, which the server understood and we do not. */
static bool answers_hole(const struct conversation *c, const struct piece *answer)
{
    const struct piece *piece = answer;
    while (piece > c->pieces && piece->side == SIDE_SERVER) {
        piece--;
    }
    return piece->side == SIDE_CLIENT &&
           conversation_hole(c, SIDE_CLIENT, piece->off, piece->len) != NULL;
}

/* The rule is about what the server makes of the client's octets. */
static bool is_reaction(enum rule rule)
{
    static const char end[] = "-accepted";
    struct span name = span_text(rule_info(rule)->name);
    struct span wanted = span_text(end);
    return name.len > wanted.len && span_equal(span_from(name, name.len - wanted.len), wanted);
}

/* A hole between the start of the finding's unit and its end after which nothing can be said: one
   inside a string hides that string only. */
static bool is_hidden(const struct conversation *c, const struct finding *f)
{
    uint64_t end = f->off + (f->len > 0 ? f->len : 1);
    uint64_t pos = f->unit.len > 0 && f->unit_off < f->off ? f->unit_off : f->off;
    const struct hole *hole = NULL;
    while (pos < end && (hole = conversation_hole(c, f->side, pos, (size_t)(end - pos))) != NULL) {
        pos = hole->off + hole->len;
        if (!hole->inside || pos > f->off) {
            return true;
        }
    }
    return false;
}

/* The unit begins right behind what the capture lacks: it may be the rest of a line. */
static bool is_rest(const struct conversation *c, const struct finding *f)
{
    const struct piece *piece = conversation_piece(c, f->side, f->unit_off);
    const struct hole *hole =
        f->unit_off > 0 ? conversation_hole(c, f->side, f->unit_off - 1, 1) : NULL;
    return piece != NULL && piece->exact && hole != NULL && !hole->inside;
}

/* A tagged OK to this tag comes behind the piece. */
static bool is_answered_ok(const struct conversation *c, const struct piece *asked, struct span tag)
{
    for (const struct piece *p = asked; p < c->pieces + c->piece_count; p++) {
        struct span said = conversation_octets(c, p);
        if (p->side == SIDE_SERVER && said.len > tag.len &&
            span_equal(span_sub(said, 0, tag.len), tag)) {
            return span_starts_nocase(span_from(said, tag.len), SPAN_LIT(" OK"));
        }
    }
    return false;
}

/* The next word of a line, taken from its front. */
static struct span take_word(struct span *line)
{
    size_t len = 0;
    while (len < line->len && line->ptr[len] > ' ') {
        len++;
    }
    struct span word = span_sub(*line, 0, len);
    *line = span_from(*line, len < line->len ? len + 1 : len);
    return word;
}

/* LOGIN with other words than the client's: they are all alike, as in "a LOGIN bla bla bla", or
   more than two, and the server has taken them. */
static bool is_login_rewritten(const struct conversation *c, const struct finding *f)
{
    const struct piece *piece = conversation_piece(c, f->side, f->unit_off);
    struct span rest = f->unit;
    struct span tag = take_word(&rest);
    if (f->side != SIDE_CLIENT || c->protocol != PROTOCOL_IMAP || piece == NULL || piece->exact ||
        !span_is(take_word(&rest), "LOGIN") || f->off <= f->unit_off + tag.len + 1) {
        return false;
    }
    struct span user = take_word(&rest);
    struct span password = take_word(&rest);
    bool more = user.len > 0 && password.len > 0 && rest.len > 0 && rest.ptr[0] > ' ';
    bool alike = more && span_equal(user, password);
    while (alike && rest.len > 0 && rest.ptr[0] > ' ') {
        alike = span_equal(take_word(&rest), user);
    }
    return alike || (more && is_answered_ok(c, piece, tag));
}

/* The server has taken what comes before: the piece is the client's. */
static bool is_accepted(const struct conversation *c, const struct piece *piece)
{
    const struct piece *p = piece;
    while (p < c->pieces + c->piece_count && p->side == SIDE_CLIENT) {
        p++;
    }
    if (p == c->pieces + c->piece_count) {
        return false;
    }
    struct span said = conversation_octets(c, p);
    (void)(c->protocol == PROTOCOL_IMAP ? take_word(&said) : said);
    return span_starts_nocase(said, SPAN_LIT("235")) || span_starts_nocase(said, SPAN_LIT("+OK")) ||
           span_starts_nocase(said, SPAN_LIT("OK"));
}

/* What the client said last, up to this piece, ends with what could be base64 but for its length,
   or with words: "c2VjcmV0Cg=", "my-secret". */
static bool is_like_secret(const struct conversation *c, const struct piece *piece)
{
    while (piece > c->pieces && piece->side != SIDE_CLIENT) {
        piece--;
    }
    if (piece->side != SIDE_CLIENT) {
        return false;
    }
    struct span rest = conversation_octets(c, piece);
    struct span last = {0};
    while (rest.len > 0 && rest.ptr[0] >= ' ') {
        last = take_word(&rest);
    }
    while (last.len > 0 && last.ptr[last.len - 1] == '=') {
        last.len--;
    }
    for (size_t i = 0; i < last.len; i++) {
        uint8_t octet = last.ptr[i];
        if (!octet_is(octet, CLASS_BASE64) && octet != '-' && octet != '_') {
            return false;
        }
    }
    return last.len > 0;
}

/* What is no base64, and the server has taken: somebody put it in place of a secret. */
static bool is_secret_rewritten(const struct conversation *c, const struct finding *f)
{
    const struct piece *piece = conversation_piece(c, f->side, f->unit_off);
    if (piece == NULL || piece->exact || !is_like_secret(c, piece)) {
        return false;
    }
    bool base64 = f->rule == RULE_SMTP_BASE64 || f->rule == RULE_POP3_AUTH_RESPONSE ||
                  f->rule == RULE_IMAP_BASE64;
    return f->rule == RULE_SMTP_AUTH_BASE64_ACCEPTED || f->rule == RULE_POP3_BASE64_ACCEPTED ||
           (base64 && f->side == SIDE_CLIENT && is_accepted(c, piece));
}

/* A password or an initial response that is a star alone, and the server has taken it: it stands
   for one octet, as an empty response's "=" is one. A line that is but a star cancels, and is none.
 */
static bool is_star(const struct conversation *c, const struct finding *f)
{
    const struct piece *piece = conversation_piece(c, f->side, f->off);
    bool reaction =
        f->rule == RULE_SMTP_AUTH_BASE64_ACCEPTED || f->rule == RULE_POP3_BASE64_ACCEPTED;
    while (reaction && piece > c->pieces && piece->side == SIDE_SERVER) {
        piece--;
    }
    if (piece == NULL || piece->side != SIDE_CLIENT) {
        return false;
    }
    struct span said = conversation_octets(c, piece);
    bool star = said.len > 4 && span_equal(span_from(said, said.len - 4), SPAN_LIT(" *\r\n"));
    (void)(c->protocol == PROTOCOL_IMAP ? take_word(&said) : said);
    struct span verb = take_word(&said);
    bool login = span_is(verb, "LOGIN") || span_is(verb, "AUTH") || span_is(verb, "AUTHENTICATE");
    return star && login && (reaction || f->off + 3 == piece->off + piece->len) &&
           is_accepted(c, piece);
}

/* The rule is about data that should have come before the tagged reply. */
static bool is_about_data(enum rule rule)
{
    static const char *const ends[] = {"-missing", "-unanswered", NULL};
    struct span name = span_text(rule_info(rule)->name);
    bool data = span_starts_nocase(name, SPAN_LIT("imap.select-")) || rule == RULE_IMAP_LOGOUT_BYE;
    for (const char *const *end = ends; *end != NULL; end++) {
        struct span wanted = span_text(*end);
        data = data || (name.len > wanted.len &&
                        span_equal(span_from(name, name.len - wanted.len), wanted));
    }
    return data;
}

/* The log has taken the ends of the lines. */
static bool is_rebuilt(const struct conversation *c)
{
    return c->piece_count > 0 && !c->pieces[0].exact;
}

/* The command has data for an answer in any mailbox. */
static bool wants_data(struct span said)
{
    static const char *const verbs[] = {"SELECT", "EXAMINE", "SEARCH",     "STATUS",
                                        "LIST",   "LOGOUT",  "CAPABILITY", NULL};
    (void)take_word(&said);
    struct span verb = take_word(&said);
    bool wants = false;
    for (const char *const *v = verbs; *v != NULL; v++) {
        wants = wants || span_is(verb, *v);
    }
    return wants;
}

/* The log shows tagged replies only, as imapfilter's does: several commands should have brought
   data, and there is none at all but what may be the greeting. */
static bool is_without_data(const struct conversation *c)
{
    enum { LEAST = 3 };
    size_t asked = 0;
    for (const struct piece *p = c->pieces; p < c->pieces + c->piece_count; p++) {
        struct span said = conversation_octets(c, p);
        if (p->side == SIDE_SERVER && said.len > 0 && said.ptr[0] == '*' && p != c->pieces) {
            return false;
        }
        asked += p->side == SIDE_CLIENT && wants_data(said);
    }
    return asked >= LEAST;
}

/* All lines of the server end with a blank: the log has put it there. */
static bool is_padded(const struct conversation *c)
{
    enum { LEAST = 3 };
    size_t lines = 0;
    for (const struct piece *p = c->pieces; p < c->pieces + c->piece_count; p++) {
        bool line = p->side == SIDE_SERVER && !p->exact && p->len > 2;
        if (line && conversation_octets(c, p).ptr[p->len - 3] != ' ') {
            return false;
        }
        lines += line;
    }
    return lines >= LEAST;
}

/* True where the finding rests on octets that the recording does not show. */
static bool is_unfounded(const struct conversation *c, const struct finding *f)
{
    const struct piece *piece = conversation_piece(c, f->side, f->off);
    return is_hidden(c, f) || is_rest(c, f) || is_login_rewritten(c, f) ||
           is_secret_rewritten(c, f) || is_star(c, f) ||
           (c->protocol == PROTOCOL_IMAP && is_about_data(f->rule) && is_rebuilt(c) &&
            is_without_data(c)) ||
           (f->rule == RULE_IMAP_SP_TRAILING && f->side == SIDE_SERVER && is_padded(c)) ||
           (f->side == SIDE_SERVER && piece != NULL && is_reaction(f->rule) &&
            answers_hole(c, piece));
}

static void take_finding(void *context, const struct finding *finding)
{
    struct judge *j = context;
    if (is_unfounded(j->conversation, finding) ||
        (j->torn && finding->rule == RULE_POP3_UNTERMINATED)) {
        return;
    }
    const struct piece *piece = conversation_piece(j->conversation, finding->side, finding->off);
    struct judged judged = {.finding = finding, .conversation = j->conversation};
    if (piece != NULL) {
        judged.line = piece->line;
        judged.column = piece->column + (finding->off - piece->off);
    }
    if (finding->consequence) {
        j->sums->consequences++;
    } else if (level_is_must(rule_info(finding->rule)->level)) {
        j->sums->violations++;
    } else {
        j->sums->notes++;
    }
    if (j->report != NULL) {
        j->report(j->context, &judged);
    }
}

static struct span unconsumed(const struct judge *j, enum side side)
{
    const struct stream *s = &j->conversation->stream[side];
    return span_from((struct span){s->octets, j->shown[side]}, j->consumed[side]);
}

/* The octets look like what people can read, not like a TLS record or a DEFLATE stream. */
static bool is_clear(struct span octets)
{
    return octets.ptr[0] >= 0x20 && octets.ptr[0] < 0x7F;
}

/* The protocol switched to TLS or COMPRESS: the log may show what is inside. True: go on. */
static bool enter_layer(struct judge *j, enum session_rc rc)
{
    for (int side = SIDE_CLIENT; side <= SIDE_SERVER; side++) {
        struct span next = unconsumed(j, (enum side)side);
        if (next.len == 0) {
            continue;
        }
        if (!is_clear(next)) {
            j->opaque = true;
            return false;
        }
        if (rc == SESSION_TLS) {
            session_tls_started(&j->session, true);
        } else {
            session_compress_started(&j->session);
        }
        return true;
    }
    return false;
}

/* What is to come is judged as an excerpt that begins here. */
static void begin_again(struct judge *j)
{
    struct session_config config = j->session.config;
    config.excerpt = true;
    config.tls = j->session.tls;
    session_init(&j->session, &config);
    j->session.frame[SIDE_CLIENT].off = j->consumed[SIDE_CLIENT];
    j->session.frame[SIDE_SERVER].off = j->consumed[SIDE_SERVER];
    j->hidden = false;
    j->torn = false;
}

/* A POP3 command of which nothing is shown has worked: it may have been any, PASS most likely. */
static void pass_over_hidden(struct judge *j, const struct session_event *event)
{
    j->torn = j->torn && event->kind != EVENT_DATA_END;
    const struct frame_unit *unit = &event->unit;
    if (j->conversation->protocol != PROTOCOL_POP3) {
        return;
    }
    if (event->kind == EVENT_COMMAND || event->kind == EVENT_BROKEN) {
        const struct hole *hole = conversation_hole(j->conversation, event->side, unit->off, 1);
        j->hidden = event->side == SIDE_CLIENT && hole != NULL;
    } else if (event->kind == EVENT_REPLY && j->hidden) {
        begin_again(j);
    }
}

/* One unit of this side; true when something moved. */
static bool step(struct judge *j, enum side side, struct session_event *event)
{
    struct span buffer = unconsumed(j, side);
    if (j->opaque) {
        return false;
    }
    enum session_rc rc = session_step(&j->session, side, buffer, event);
    switch (rc) {
    case SESSION_EVENT:
        j->consumed[side] += event->unit.octets.len;
        j->sums->octets += event->unit.octets.len;
        j->sums->units++;
        pass_over_hidden(j, event);
        return true;
    case SESSION_TLS:
    case SESSION_COMPRESS:
        return enter_layer(j, rc);
    case SESSION_MORE:
    case SESSION_WAIT:
    case SESSION_DISCARD:
        break;
    }
    return false;
}

static void drain(struct judge *j, enum side first)
{
    struct session_event event;
    enum side second = first == SIDE_CLIENT ? SIDE_SERVER : SIDE_CLIENT;
    bool moved = true;
    while (moved) {
        moved = false;
        while (step(j, first, &event)) {
            moved = true;
        }
        while (step(j, second, &event)) {
            moved = true;
        }
    }
}

/* What is not consumed ends inside an IMAP literal: the octets that are lacking are of its string.
 */
static bool ends_in_literal(struct span octets)
{
    const uint8_t *lf = NULL;
    while (octets.len > 0 && (lf = memchr(octets.ptr, '\n', octets.len)) != NULL) {
        struct literal_head head = {0};
        struct span line = span_sub(octets, 0, (size_t)(lf - octets.ptr) + 1);
        bool literal = frame_literal_head(line, &head);
        octets = span_from(octets, line.len);
        if (literal && head.len >= octets.len) {
            return true;
        }
        octets = span_from(octets, literal ? (size_t)head.len : 0);
    }
    return false;
}

/* The capture lacks what this piece stands for: replies, commands or capabilities are missing. What
   comes then is judged as an excerpt that begins there. Inside a literal or message data nothing is
   lost but the octets, unless the end of it is among them. */
static void pass_over_hole(struct judge *j, const struct piece *piece)
{
    const struct hole *hole =
        conversation_hole(j->conversation, piece->side, piece->off, piece->len);
    size_t left = unconsumed(j, piece->side).len;
    if (!piece->exact || hole == NULL || hole->inside || hole->off > piece->off ||
        hole->off + hole->len < piece->off + piece->len || j->opaque ||
        (j->conversation->protocol == PROTOCOL_IMAP &&
         ends_in_literal(unconsumed(j, piece->side)))) {
        return;
    }
    if (left == 0) {
        j->torn = true;
    } else {
        j->consumed[piece->side] += left;
        begin_again(j);
    }
}

/* The server answers message data of which a part is missing: its end was there. */
static void end_torn_data(struct judge *j, const struct piece *piece)
{
    enum protocol protocol = j->conversation->protocol;
    bool smtp = protocol != PROTOCOL_POP3 && protocol != PROTOCOL_IMAP;
    if (j->torn && smtp && piece->side == SIDE_SERVER && j->session.as.smtp.in_data) {
        begin_again(j);
    }
}

static void feed_in_order(struct judge *j)
{
    const struct conversation *c = j->conversation;
    for (size_t i = 0; i < c->piece_count && !j->opaque; i++) {
        const struct piece *piece = &c->pieces[i];
        end_torn_data(j, piece);
        j->shown[piece->side] += piece->len;
        drain(j, piece->side);
        pass_over_hole(j, piece);
    }
}

/* The order of the two sides is not known: let the server speak until it has answered, then the
   client once. Without a greeting the client begins. */
static void feed_by_turns(struct judge *j)
{
    const struct conversation *c = j->conversation;
    j->shown[SIDE_CLIENT] = c->stream[SIDE_CLIENT].len;
    j->shown[SIDE_SERVER] = c->stream[SIDE_SERVER].len;
    struct session_event event;
    bool waiting = c->from_start;
    bool moved = true;
    while (moved && !j->opaque) {
        moved = false;
        while (waiting && step(j, SIDE_SERVER, &event)) {
            moved = true;
            waiting = event.kind == EVENT_UNTAGGED || event.kind == EVENT_LINE ||
                      event.kind == EVENT_DATA || event.kind == EVENT_BROKEN ||
                      (event.kind == EVENT_REPLY && event.command < j->session.commands);
        }
        if (step(j, SIDE_CLIENT, &event)) {
            moved = true;
            waiting = event.kind != EVENT_DATA && event.kind != EVENT_NONE;
        } else if (!moved) {
            waiting = true;
            moved = step(j, SIDE_SERVER, &event);
        }
    }
}

/* What the client said is not shown at all. */
static bool is_one_sided(const struct conversation *c)
{
    return c->stream[SIDE_CLIENT].len == 0 && c->piece_count > 1;
}

struct judge *judge_new(void (*report)(void *context, const struct judged *judged), void *context)
{
    struct judge *j = memory_zero(1, sizeof *j);
    j->report = report;
    j->context = context;
    return j;
}

void judge_free(struct judge *j)
{
    memory_free(j->memory);
    memory_free(j);
}

void judge_conversation(struct judge *j, const struct conversation *c, struct judge_sums *sums)
{
    size_t len = memory_for(c->stream[SIDE_CLIENT].len + c->stream[SIDE_SERVER].len);
    if (2 * len > j->room) {
        memory_free(j->memory);
        j->room = 2 * len;
        j->memory = memory_alloc(j->room);
    }
    const struct session_config config = {.protocol = c->protocol,
                                          .tls = c->tls,
                                          .excerpt = !c->from_start || is_one_sided(c),
                                          .rebuilt = is_rebuilt(c),
                                          .unit_limit = SIZE_MAX,
                                          .memory = j->memory,
                                          .memory_len = len,
                                          .scratch = j->memory + len,
                                          .scratch_len = len,
                                          .finding = take_finding,
                                          .context = j};
    j->conversation = c;
    j->sums = sums;
    for (int side = SIDE_CLIENT; side <= SIDE_SERVER; side++) {
        j->shown[side] = 0;
        j->consumed[side] = 0;
    }
    j->hidden = false;
    j->torn = false;
    j->opaque = false;
    session_init(&j->session, &config);
    if (c->unordered) {
        feed_by_turns(j);
    } else {
        feed_in_order(j);
    }
}
