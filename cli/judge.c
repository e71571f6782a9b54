/* SPDX-License-Identifier: MIT */
#include "trace/judge.h"

#include <jansson.h>
#include <stdio.h>

#include "cli/command.h"
#include "cli/data.h"
#include "net/memory.h"
#include "reports/visible.h"
#include "trace/input.h"
#include "trace/quirk.h"

struct judgement {
    struct judge *judge;
    const struct recording *recording;
    bool json;
    bool all;                         /* consequences too */
    bool strict;                      /* notes count as findings */
    const struct conversation *shown; /* the one that was named last */
    size_t folded;                    /* consequences since the last finding */
    struct knowledge knowledge;
    struct judge_sums sums;
};

/* The unit's line that holds the finding, without its end, and where the finding stands in it. */
static struct span line_of(const struct finding *f, size_t *pos)
{
    size_t at = f->off > f->unit_off ? (size_t)(f->off - f->unit_off) : 0;
    at = at < f->unit.len ? at : f->unit.len;
    size_t start = at;
    if (start == f->unit.len && start > 0) {
        start--;
    }
    while (start > 0 && f->unit.ptr[start - 1] != '\n') {
        start--;
    }
    size_t end = start;
    while (end < f->unit.len && f->unit.ptr[end] != '\n') {
        end++;
    }
    if (end > start && f->unit.ptr[end - 1] == '\r') {
        end--;
    }
    *pos = at > start ? at - start : 0;
    return span_sub(f->unit, start, end - start);
}

enum { EXCERPT = 200, WIDTH = 100, BEFORE = 60 };

static void print_json(const struct judgement *j, const struct judged *judged)
{
    const struct finding *f = judged->finding;
    const struct rule_info *info = rule_info(f->rule);
    size_t pos = 0;
    struct span line = span_sub(line_of(f, &pos), 0, EXCERPT);
    char *visible = is_utf8_text(line) ? NULL : visible_text(line);
    const struct known *known =
        knowledge_of_finding(&j->knowledge, j->recording, judged->conversation, f);
    char *hint = known == NULL
                     ? memory_text(span_text(info->meaning))
                     : memory_format("%s: %s %s", known->title, known->cause, known->remedy);
    json_t *object =
        json_pack("{s:s, s:s, s:I, s:I, s:I, s:I, s:s, s:s, s:s, s:s, s:s, s:s, s:s, s:s, s:b}",
                  "file", j->recording->file, "conversation", judged->conversation->name, "line",
                  (json_int_t)judged->line, "column", (json_int_t)judged->column + 1, "offset",
                  (json_int_t)f->off, "length", (json_int_t)f->len, "side", side_text(f->side),
                  "rule", info->name, "requirement", info->requirement, "cite", info->cite, "level",
                  level_text(info->level), "severity", severity_text(info->severity), "text",
                  f->text == NULL ? "" : f->text, "hint", hint, "consequence", (int)f->consequence);
    json_t *excerpt =
        visible == NULL ? json_stringn((const char *)line.ptr, line.len) : json_string(visible);
    (void)json_object_set_new(object, "excerpt", excerpt);
    char *text = json_dumps(object, JSON_COMPACT);
    (void)puts(text == NULL ? "{}" : text);
    free(text);
    json_decref(object);
    memory_free(visible);
    memory_free(hint);
}

static void end_fold(struct judgement *j)
{
    if (j->folded > 0) {
        (void)printf("      … and %zu more that only follow from it\n", j->folded);
    }
    j->folded = 0;
}

static void print_known(const struct known *known)
{
    (void)printf("      hint (%s, %s): %s %s\n", known->id, known->title, known->cause,
                 known->remedy);
}

/* What replies are signs of, without any rule being broken. */
static void print_signs(struct judgement *j, const struct conversation *c)
{
    uint64_t line = 0;
    const struct known *known = NULL;
    while ((known = knowledge_of_reply(&j->knowledge, j->recording, c, known, &line)) != NULL) {
        (void)printf("%s:%llu: known behaviour\n", j->recording->file, (unsigned long long)line);
        print_known(known);
    }
}

static void print_text(struct judgement *j, const struct judged *judged)
{
    const struct finding *f = judged->finding;
    const struct rule_info *info = rule_info(f->rule);
    end_fold(j);
    if (j->shown != judged->conversation && j->recording->count > 1) {
        (void)printf("%s\n", judged->conversation->name);
    }
    j->shown = judged->conversation;
    (void)printf("%s:%llu: the %s %s %s  %s  (%s, %s)\n", j->recording->file,
                 (unsigned long long)judged->line, side_text(f->side),
                 level_is_must(info->level) ? "breaks a" : "does not follow a",
                 level_text(info->level), info->name, info->cite, severity_text(info->severity));
    size_t pos = 0;
    struct span line = line_of(f, &pos);
    size_t skip = pos > BEFORE ? pos - BEFORE : 0;
    (void)printf("      %c: %s", f->side == SIDE_CLIENT ? 'C' : 'S', skip > 0 ? "…" : "");
    (void)visible_print(stdout, span_from(line, skip), WIDTH);
    (void)printf("\n         %*s^ %s\n",
                 (int)visible_columns(span_sub(line, skip, pos - skip)) + (skip > 0 ? 1 : 0), "",
                 f->text == NULL ? "" : f->text);
    if (info->quote[0] != '\0') {
        (void)printf("      \"%s\"\n", info->quote);
    }
    if (info->meaning[0] != '\0') {
        (void)printf("      %s\n", info->meaning);
    }
    const struct known *known =
        knowledge_of_finding(&j->knowledge, j->recording, judged->conversation, f);
    if (known != NULL) {
        print_known(known);
    }
}

static void report(void *context, const struct judged *judged)
{
    struct judgement *j = context;
    if (judged->finding->consequence && !j->all) {
        j->folded++;
        return;
    }
    if (j->json) {
        print_json(j, judged);
    } else {
        print_text(j, judged);
    }
}

static const char *protocol_text(enum protocol protocol)
{
    static const char *const names[] = {"SMTP", "submission", "LMTP", "POP3", "IMAP"};
    return names[protocol];
}

/* False: nothing in it is of any protocol. */
static bool judge_recording(struct judgement *j)
{
    bool any = false;
    if (j->recording->count == 0) {
        (void)fprintf(stderr, "postel: %s: no conversation is recognised in it\n",
                      j->recording->file);
    }
    for (size_t i = 0; i < j->recording->count; i++) {
        const struct conversation *c = &j->recording->conversations[i];
        if (!c->known) {
            (void)fprintf(stderr, "postel: %s: %s: no mail protocol is recognised in it\n",
                          j->recording->file, c->name);
            continue;
        }
        any = true;
        struct judge_sums before = j->sums;
        judge_conversation(j->judge, c, &j->sums);
        if (j->json) {
            continue;
        }
        end_fold(j);
        if (c->remark != NULL) {
            (void)printf("%s: %s: %s\n", j->recording->file, c->name, c->remark);
        }
        print_signs(j, c);
        (void)printf("%s: %s, %s: %llu octets in %llu units: %zu violations, %zu notes\n",
                     j->recording->file, c->name, protocol_text(c->protocol),
                     (unsigned long long)(j->sums.octets - before.octets),
                     (unsigned long long)(j->sums.units - before.units),
                     j->sums.violations - before.violations, j->sums.notes - before.notes);
    }
    return any;
}

static void add_format(void *context, const char *name, const char *title)
{
    (void)context;
    (void)fprintf(stderr, "  %-12s %s\n", name, title);
}

static bool judge_file(struct judgement *j, const char *file, const struct arguments *arguments)
{
    struct recording recording;
    struct input_error error;
    const char *format = arguments_value(arguments, "format");
    bool ok = input_read(&recording, file, format, arguments_value(arguments, "keylog"), &error);
    if (ok) {
        j->recording = &recording;
        j->shown = NULL;
        ok = judge_recording(j);
    } else {
        (void)fprintf(stderr, "postel: %s\n", error.text);
    }
    recording_fini(&recording);
    return ok;
}

static void print_problem(void *context, const char *text)
{
    (void)context;
    (void)fprintf(stderr, "postel: %s\n", text);
}

static int judge_run(const struct arguments *arguments)
{
    struct judgement j = {.json = arguments_count(arguments, "json") > 0,
                          .all = arguments_count(arguments, "all") > 0,
                          .strict = arguments_count(arguments, "strict") > 0};
    if (arguments->word_count == 0) {
        return usage_error(&judge_command, "name a recording, or - for the standard input");
    }
    const char *format = arguments_value(arguments, "format");
    if (format != NULL && !input_is_format(format)) {
        int code = usage_error(&judge_command, "--format %s: there is no such format", format);
        input_formats(add_format, NULL);
        return code;
    }
    char *quirks = data_folder("trace/quirks");
    bool readable = knowledge_load(&j.knowledge, quirks, print_problem, NULL);
    memory_free(quirks);
    j.judge = judge_new(report, &j);
    for (size_t i = 0; i < arguments->word_count; i++) {
        readable = judge_file(&j, arguments->words[i], arguments) && readable;
    }
    judge_free(j.judge);
    knowledge_fini(&j.knowledge);
    if (!readable) {
        return EXIT_LOAD;
    }
    return j.sums.violations > 0 || (j.strict && j.sums.notes > 0) ? EXIT_FINDINGS : EXIT_NOTHING;
}

static const struct option options[] = {
    {0, "format", "NAME", "take the input for this format instead of guessing by its content"},
    {0, "json", NULL, "one JSON object a line for each finding"},
    {0, "all", NULL, "also what only follows from an earlier finding"},
    {0, "strict", NULL, "exit with 1 for a SHOULD that is not followed, too"},
    {0, "keylog", "FILE", "a TLS key log, to look into the TLS of a capture"},
};

const struct command judge_command = {
    .name = "judge",
    .synopsis = "FILE…",
    .summary = "say who broke which rule in a log, a capture or a pasted transcript",
    .text = "Reads recordings of SMTP, LMTP, POP3 or IMAP: transcripts with C: and S:, the logs of "
            "MailKit, JavaMail, Python, curl, swaks, Thunderbird, mutt, Postfix and Dovecot "
            "(rawlog), captures of tcpdump, and postel's own traces. A recording may begin and "
            "end anywhere: what it does not show is held against nobody.",
    .options = options,
    .option_count = sizeof options / sizeof *options,
    .run = judge_run,
};
