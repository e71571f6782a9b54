/* SPDX-License-Identifier: MIT */
#include "session/pop3_parts.h"

enum { CHUNK = 1024, PROBES = 64, FIRST_TABLE = 256 };

const struct pop3_message *pop3_maildrop_find(const struct pop3_maildrop *m, uint64_t number)
{
    if (m->chunks == NULL || number == 0 || (number - 1) / CHUNK >= POP3_MAX_CHUNKS) {
        return NULL;
    }
    const struct pop3_message *chunk = m->chunks[(number - 1) / CHUNK];
    return chunk == NULL ? NULL : &chunk[(number - 1) % CHUNK];
}

struct pop3_message *pop3_maildrop_get(struct session *s, uint64_t number)
{
    struct pop3_maildrop *m = &s->as.pop3.maildrop;
    if (m->chunks == NULL) {
        m->chunks = arena_take(&s->memory, POP3_MAX_CHUNKS * sizeof *m->chunks);
    }
    if (m->chunks == NULL || number == 0 || (number - 1) / CHUNK >= POP3_MAX_CHUNKS) {
        m->forgetful = true;
        return NULL;
    }
    struct pop3_message **chunk = &m->chunks[(number - 1) / CHUNK];
    if (*chunk == NULL) {
        *chunk = arena_take(&s->memory, CHUNK * sizeof **chunk);
    }
    m->forgetful = m->forgetful || *chunk == NULL;
    return *chunk == NULL ? NULL : &(*chunk)[(number - 1) % CHUNK];
}

static void report(struct session *s, const struct frame_unit *unit, enum rule rule,
                   const char *text)
{
    session_report_unit(s, SIDE_SERVER, unit, rule, text);
}

/* The sum of STAT against the sizes of LIST, once both are known in full. */
static void compare_sums(struct session *s, const struct frame_unit *unit)
{
    const struct pop3_maildrop *m = &s->as.pop3.maildrop;
    if (m->has_stat && m->has_total && m->sized == m->total && !m->forgetful &&
        m->stat_size != m->size_sum - m->deleted_size) {
        bool all = m->stat_size == m->size_sum;
        report(s, unit, all ? RULE_POP3_STAT_DELETED : RULE_POP3_STAT_SIZE,
               all ? "the sizes of the messages not deleted" : "the sum of the sizes in LIST");
    }
}

/* How many messages there are, deleted ones included, as a listing or STAT has shown. */
static void learn_total(struct session *s, const struct frame_unit *unit, uint64_t count,
                        enum rule rule)
{
    struct pop3_maildrop *m = &s->as.pop3.maildrop;
    if (m->has_total && pop3_maildrop_count(m) != count && !m->forgetful) {
        report(s, unit, rule, "as many messages as before");
        m->has_stat = false;
    }
    /* An excerpt may have begun behind a DELE. */
    if (!s->config.excerpt) {
        m->has_total = true;
        m->total = count + m->deleted;
    }
}

void pop3_maildrop_stat(struct session *s, const struct frame_unit *unit, uint64_t count,
                        uint64_t size)
{
    struct pop3_maildrop *m = &s->as.pop3.maildrop;
    if (m->has_total && m->deleted > 0 && count == m->total && !m->forgetful) {
        report(s, unit, RULE_POP3_STAT_DELETED, "the number of messages not deleted");
        return;
    }
    learn_total(s, unit, count, RULE_POP3_MAILDROP_CHANGED);
    m->has_stat = !s->config.excerpt;
    m->stat_size = size;
    compare_sums(s, unit);
}

void pop3_maildrop_size(struct session *s, const struct frame_unit *unit, uint64_t number,
                        uint64_t size)
{
    struct pop3_maildrop *m = &s->as.pop3.maildrop;
    struct pop3_message *message = pop3_maildrop_get(s, number);
    if (message == NULL) {
        return;
    }
    if (message->has_size && message->size != size) {
        report(s, unit, RULE_POP3_SIZE_CHANGED, "the same size as before");
        m->size_sum -= message->size;
        m->size_sum += size;
    } else if (!message->has_size) {
        m->sized++;
        m->size_sum += size;
    }
    message->has_size = true;
    message->size = size;
}

/* FNV-1a. */
static uint64_t hash_of(struct span text)
{
    uint64_t hash = 0xCBF29CE484222325U;
    for (size_t i = 0; i < text.len; i++) {
        hash = (hash ^ text.ptr[i]) * 0x100000001B3U;
    }
    return hash;
}

/* Where a unique-id stands in the hash table: its message's number, or an empty place; NULL when
   neither is near. */
static uint32_t *place_of(const struct pop3_maildrop *m, uint64_t hash)
{
    for (size_t i = 0; i < PROBES && m->unique_id_cap > 0; i++) {
        uint32_t *place = &m->unique_ids[(hash + i) & (m->unique_id_cap - 1)];
        const struct pop3_message *there = pop3_maildrop_find(m, *place);
        if (*place == 0 || (there != NULL && there->unique_id == hash)) {
            return place;
        }
    }
    return NULL;
}

/* Makes the table twice as large; the old one stays in the arena, so all of them together are as
   large as the last one. */
static void grow(struct session *s)
{
    struct pop3_maildrop *m = &s->as.pop3.maildrop;
    struct pop3_maildrop bigger = *m;
    bigger.unique_id_cap = m->unique_id_cap == 0 ? FIRST_TABLE : m->unique_id_cap * 2;
    bigger.unique_ids = arena_take(&s->memory, bigger.unique_id_cap * sizeof *bigger.unique_ids);
    if (bigger.unique_ids == NULL) {
        return;
    }
    for (size_t i = 0; i < m->unique_id_cap; i++) {
        const struct pop3_message *message = pop3_maildrop_find(m, m->unique_ids[i]);
        uint32_t *place = message == NULL ? NULL : place_of(&bigger, message->unique_id);
        if (place != NULL) {
            *place = m->unique_ids[i];
        }
    }
    *m = bigger;
}

/* RFC 1939 section 7 permits two identical copies of a message to have the same unique-id: only
   messages of different sizes cannot be copies. */
static void judge_shared(struct session *s, const struct frame_unit *unit, uint64_t number,
                         const struct pop3_message *message)
{
    struct pop3_maildrop *m = &s->as.pop3.maildrop;
    if (m->unique_id_count * 2 >= m->unique_id_cap) {
        grow(s);
    }
    uint32_t *place = place_of(m, message->unique_id);
    if (place == NULL) {
        return;
    }
    const struct pop3_message *other = *place == 0 ? NULL : pop3_maildrop_find(m, *place);
    if (other == NULL) {
        *place = (uint32_t)number;
        m->unique_id_count++;
    } else if (other != message && other->has_size && message->has_size &&
               other->size != message->size) {
        report(s, unit, RULE_POP3_UNIQUE_ID_SHARED, "a unique-id of its own");
    }
}

void pop3_maildrop_unique_id(struct session *s, const struct frame_unit *unit, uint64_t number,
                             struct span unique_id)
{
    struct pop3_message *message = pop3_maildrop_get(s, number);
    uint64_t hash = hash_of(unique_id);
    if (message == NULL) {
        return;
    }
    if (message->has_unique_id && message->unique_id != hash) {
        report(s, unit, RULE_POP3_UNIQUE_ID_CHANGED, "the same unique-id as before");
        return;
    }
    if (!message->has_unique_id) {
        message->has_unique_id = true;
        message->unique_id = hash;
        judge_shared(s, unit, number, message);
    }
}

/* A LIST or UIDL without argument has ended. */
void pop3_maildrop_listed(struct session *s, const struct frame_unit *unit)
{
    struct pop3_session *p = &s->as.pop3;
    if (p->body.listing_broken) {
        return;
    }
    learn_total(s, unit, p->body.entries, RULE_POP3_LISTING_COUNT);
    if (p->current.verb == POP3_LIST) {
        compare_sums(s, unit);
    }
}

void pop3_maildrop_delete(struct session *s, uint64_t number)
{
    struct pop3_maildrop *m = &s->as.pop3.maildrop;
    if (m->has_total && number > m->total) {
        return;
    }
    struct pop3_message *message = pop3_maildrop_get(s, number);
    if (message != NULL && !message->deleted) {
        message->deleted = true;
        m->deleted++;
        m->deleted_size += message->has_size ? message->size : 0;
        m->has_stat = false;
    }
}

void pop3_maildrop_reset(struct session *s)
{
    struct pop3_maildrop *m = &s->as.pop3.maildrop;
    for (size_t chunk = 0; m->chunks != NULL && m->deleted > 0 && chunk < POP3_MAX_CHUNKS;
         chunk++) {
        for (size_t i = 0; m->chunks[chunk] != NULL && i < CHUNK; i++) {
            m->chunks[chunk][i].deleted = false;
        }
    }
    m->deleted = 0;
    m->deleted_size = 0;
    m->has_stat = false;
}
