/* SPDX-License-Identifier: MIT */
/* How a play begins and ends. */
#include "net/memory.h"
#include "scenarios/engine/play.h"

static const struct url *url_for(const struct play_config *config, enum protocol protocol,
                                 size_t *index)
{
    for (unsigned pass = 0; pass < 2; pass++) {
        for (size_t i = 0; i < config->target->url_count; i++) {
            enum protocol p = config->target->urls[i].protocol;
            if (p == protocol || (pass == 1 && protocol_is_near(protocol, p))) {
                *index = i;
                return &config->target->urls[i];
            }
        }
    }
    return NULL;
}

static uint64_t mix(uint64_t x)
{
    x += 0x9E3779B97F4A7C15U;
    x = (x ^ (x >> 30)) * 0xBF58476D1CE4E5B9U;
    x = (x ^ (x >> 27)) * 0x94D049BB133111EBU;
    return x ^ (x >> 31);
}

static void fill_result(struct play *play)
{
    const struct scenario *s = play->config.scenario;
    struct case_result *r = &play->result;
    r->id = memory_text(span_text(s->id));
    r->row = play->config.row->name != NULL ? memory_text(span_text(play->config.row->name)) : NULL;
    r->title = memory_text(span_text(s->title));
    r->protocol = memory_text(span_text(s->protocol));
    r->file = memory_text(span_text(s->file));
    r->line = s->line;
    r->why = s->why != NULL ? memory_text(span_text(s->why)) : NULL;
    r->start_ms = play->begun_ms;
    r->requirements = memory_zero(s->requirement_count + 1, sizeof *r->requirements);
    for (size_t i = 0; i < s->requirement_count; i++) {
        r->requirements[r->requirement_count++] = (struct requirement_verdict){
            memory_text(span_text(s->requirements[i].id)), s->requirements[i].level, VERDICT_PASS};
    }
}

struct play *play_new(const struct play_config *config)
{
    struct play *play = memory_zero(1, sizeof *play);
    play->config = *config;
    play->transcript.whole = config->keep_whole;
    play->findings_tail = &play->findings;
    play->rand = mix(config->seed);
    play->nonce = pool_format(&play->pool, "%012llx",
                              (unsigned long long)(mix(play->rand) & 0xFFFFFFFFFFFFU));
    play->timer = loop_timer_new(config->loop, play_on_timer, play);
    play->worst = VERDICT_PASS;
    struct channel **tail = &play->channels;
    for (const struct connect *c = config->scenario->body->connects; c != NULL; c = c->next) {
        struct channel *channel = pool_take(&play->pool, sizeof *channel);
        size_t index = 0;
        channel->connect = c;
        channel->url = url_for(config, c->protocol, &index);
        /* Without a submission URL, a case for it runs at the server that there is. */
        channel->protocol = c->protocol == PROTOCOL_SUBMISSION && channel->url != NULL
                                ? channel->url->protocol
                                : c->protocol;
        channel->tls = channel->url != NULL ? config->tls[index] : NULL;
        channel->pace =
            channel->url != NULL && config->paces != NULL ? &config->paces[index] : NULL;
        for (size_t i = 0; i < config->probe_count; i++) {
            const struct probe *p = &config->probes[i];
            bool here = p->url == channel->url;
            channel->upgrade = channel->upgrade || (here && play_upgrades(config->scenario, c, p));
            if (here && p->mechanism != NULL && !play_authenticates(config->scenario, c)) {
                channel->login = p;
            }
        }
        *tail = channel;
        tail = &channel->next;
    }
    for (size_t i = 0; i < config->scenario->parameter_count; i++) {
        play_bind(play, config->scenario->parameters[i], span_text(config->row->values[i]),
                  FORM_TEXT);
    }
    const char *prefix = play_name_part(play, "prefix");
    unsigned serial = 0;
    for (const struct fixture *f = config->scenario->body->fixtures; f != NULL; f = f->next) {
        if (!f->maildrop) {
            char *name = pool_format(&play->pool, "%spostel-%s-%u", prefix != NULL ? prefix : "",
                                     play->nonce, ++serial);
            play_bind(play, f->name, span_text(name), FORM_TEXT);
        }
    }
    return play;
}

void play_start(struct play *play)
{
    play->begun_ms = play_ms(play);
    fill_result(play);
    play_begin_phase(play, PHASE_SETUP);
    play_run(play);
}

void play_interrupt(struct play *play)
{
    if (play->phase == PHASE_DONE || play->running) {
        return;
    }
    play->config.timeout_ms = CLEANUP_MS;
    if (play->phase < PHASE_CLEANUP) {
        memory_free(play->result.actual);
        play->result.actual = memory_text(SPAN_LIT("interrupted"));
        play_worsen(play, VERDICT_BLOCKED);
        play_cleanup(play);
    }
    play_run(play);
}

void play_free(struct play **play)
{
    struct play *p = *play;
    if (p == NULL) {
        return;
    }
    for (struct channel *c = p->channels; c != NULL; c = c->next) {
        channel_close(c);
    }
    loop_timer_free(&p->timer);
    transcript_fini(&p->transcript);
    pool_fini(&p->pool);
    pool_fini(&p->matching);
    memory_free(p);
    *play = NULL;
}
