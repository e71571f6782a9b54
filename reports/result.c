/* SPDX-License-Identifier: MIT */
#include "reports/result.h"

#include "net/memory.h"

const char *verdict_text(enum verdict verdict)
{
    static const char *const text[VERDICT_COUNT] = {
        "pass", "fail", "nonstrict", "info", "n/a", "skip", "blocked", "flaky", "crash", "error",
    };
    return (unsigned)verdict < VERDICT_COUNT ? text[verdict] : "error";
}

static void case_fini(struct case_result *result)
{
    memory_free(result->id);
    memory_free(result->row);
    memory_free(result->title);
    memory_free(result->protocol);
    memory_free(result->file);
    memory_free(result->why);
    memory_free(result->expected);
    memory_free(result->actual);
    for (size_t i = 0; i < result->requirement_count; i++) {
        memory_free(result->requirements[i].id);
    }
    memory_free(result->requirements);
    for (size_t i = 0; i < result->observation_count; i++) {
        memory_free(result->observations[i].name);
        memory_free(result->observations[i].value);
    }
    memory_free(result->observations);
    for (size_t i = 0; i < result->transcript_count; i++) {
        memory_free(result->transcript[i].conn);
        memory_free(result->transcript[i].data);
    }
    memory_free(result->transcript);
    memory_free(result->findings);
}

static void finding_fini(struct run_finding *finding)
{
    memory_free(finding->case_id);
    memory_free(finding->conn);
    memory_free(finding->excerpt);
    memory_free(finding->text);
}

static void peer_fini(struct run_peer *peer)
{
    memory_free(peer->protocol);
    memory_free(peer->url);
    memory_free(peer->greeting);
    for (size_t i = 0; i < peer->capability_count; i++) {
        memory_free(peer->capabilities[i]);
    }
    memory_free(peer->capabilities);
}

bool run_has_notice(const struct run *run, const char *reason)
{
    for (size_t i = 0; reason != NULL && i < run->notice_count; i++) {
        if (strcmp(run->notices[i], reason) == 0) {
            return true;
        }
    }
    return false;
}

void run_fini(struct run *run)
{
    memory_free(run->target);
    memory_free(run->profile);
    for (size_t i = 0; i < run->peer_count; i++) {
        peer_fini(&run->peers[i]);
    }
    memory_free(run->peers);
    for (size_t i = 0; i < run->result_count; i++) {
        case_fini(&run->results[i]);
    }
    memory_free(run->results);
    for (size_t i = 0; i < run->finding_count; i++) {
        finding_fini(&run->findings[i]);
    }
    memory_free(run->findings);
    for (size_t i = 0; i < run->notice_count; i++) {
        memory_free(run->notices[i]);
    }
    memory_free(run->notices);
    *run = (struct run){0};
}
