/* SPDX-License-Identifier: MIT */
#include "reports/transcript.h"

#include "net/memory.h"
#include "reports/visible.h"

enum { LINES_MAX = 24, LINES_HEAD = 12 };

void color_print(FILE *out, const struct style *style, enum color color)
{
    static const char *const codes[] = {"0", "31", "32", "33", "34", "2", "1"};
    if (style->color) {
        (void)fprintf(out, "\033[%sm", codes[color]);
    }
}

static void count_print(FILE *out, uint64_t count)
{
    char *text = visible_count(count);
    (void)fprintf(out, "… %s octets …", text);
    memory_free(text);
}

/* The octets of one line of text, folded in the middle of nothing: head, then how much is left. */
static void octets_print(FILE *out, const struct style *style, struct span octets)
{
    size_t width = style->width == 0 ? 100 : style->width;
    if (visible_columns(octets) <= width) {
        (void)visible_print(out, octets, SIZE_MAX);
        return;
    }
    size_t shown = visible_print(out, octets, width - 20);
    (void)fputs(" ", out);
    count_print(out, octets.len - shown);
}

/* Up to CRLF, which is not shown; what ends otherwise shows how. */
static struct span line_take(struct span *rest)
{
    for (size_t i = 1; i < rest->len; i++) {
        if (rest->ptr[i - 1] == '\r' && rest->ptr[i] == '\n') {
            struct span line = span_sub(*rest, 0, i - 1);
            *rest = span_from(*rest, i + 1);
            return line;
        }
        if (rest->ptr[i - 1] == '\n' && i < rest->len) {
            /* A bare LF stays visible at the end of its line. */
            struct span line = span_sub(*rest, 0, i);
            *rest = span_from(*rest, i);
            return line;
        }
    }
    struct span line = *rest;
    *rest = span_from(*rest, rest->len);
    return line;
}

static size_t lines_count(struct span data)
{
    size_t count = 0;
    while (data.len != 0) {
        (void)line_take(&data);
        count++;
    }
    return count;
}

static void head_print(FILE *out, const struct style *style, const struct transcript_line *line,
                       double since, unsigned indent)
{
    double seconds = line->ms > since ? (line->ms - since) / 1000.0 : 0.0;
    (void)fprintf(out, "%*s%s ", (int)indent - 2, "", line->marked ? ">" : " ");
    color_print(out, style, line->marked ? COLOR_RED : COLOR_DIM);
    (void)fprintf(out, "%6.3f  ", seconds);
    color_print(out, style, COLOR_PLAIN);
    if (line->conn != NULL && line->conn[0] != '\0') {
        (void)visible_print(out, span_text(line->conn), 20);
        (void)fputc('.', out);
    }
    if (line->dir == '-') {
        (void)fputs("-- ", out);
    } else {
        (void)fprintf(out, "%c%c ", line->dir, line->tls ? '~' : ':');
    }
}

static void line_print(FILE *out, const struct style *style, const struct transcript_line *line,
                       double since, unsigned indent)
{
    struct span rest = {line->data, line->len};
    size_t conn = line->conn == NULL || line->conn[0] == '\0'
                      ? 0
                      : visible_columns(span_text(line->conn)) + 1;
    size_t count = lines_count(rest);
    size_t number = 0;
    head_print(out, style, line, since, indent);
    while (rest.len != 0) {
        if (number != 0) {
            (void)fprintf(out, "\n%*s", (int)(indent + 8 + conn + 3), "");
        }
        if (count > LINES_MAX && number == LINES_HEAD) {
            count_print(out, rest.len);
            break;
        }
        octets_print(out, style, line_take(&rest));
        number++;
    }
    if (line->folded != 0) {
        (void)fputc(' ', out);
        count_print(out, line->folded);
    }
    (void)fputc('\n', out);
}

/* How many lines from here on are of a connection that only makes or removes what the case needs,
   and went well. */
static size_t aside_count(const struct case_result *result, size_t from)
{
    const char *conn = result->transcript[from].conn;
    size_t count = 0;
    if (conn == NULL || strncmp(conn, "fixture", 7) != 0) {
        return 0;
    }
    for (size_t i = 0; i < result->transcript_count; i++) {
        const struct transcript_line *line = &result->transcript[i];
        bool same = line->conn != NULL && strcmp(line->conn, conn) == 0;
        if (same && line->marked) {
            return 0;
        }
        count += same && i == from + count ? 1 : 0;
    }
    return count;
}

void transcript_print(FILE *out, const struct style *style, const struct case_result *result,
                      unsigned indent)
{
    for (size_t i = 0; i < result->transcript_count; i++) {
        size_t aside = aside_count(result, i);
        if (aside > 1) {
            struct transcript_line remark = result->transcript[i];
            remark.dir = '-';
            remark.len = 0;
            remark.folded = 0;
            head_print(out, style, &remark, result->start_ms, indent);
            (void)fprintf(out, "%zu lines, all well\n", aside);
            i += aside - 1;
            continue;
        }
        line_print(out, style, &result->transcript[i], result->start_ms, indent);
    }
}

void excerpt_print(FILE *out, const struct style *style, const struct run_finding *finding,
                   unsigned indent)
{
    struct span excerpt = {finding->excerpt, finding->excerpt_len};
    if (excerpt.len == 0) {
        return;
    }
    size_t width = style->width == 0 ? 100 : style->width;
    size_t pos = finding->excerpt_pos > excerpt.len ? excerpt.len : finding->excerpt_pos;
    size_t start = 0;
    while (visible_columns(span_sub(excerpt, start, pos - start)) > width / 2) {
        start += visible_next(span_from(excerpt, start)).taken;
    }
    (void)fprintf(out, "%*s%c: %s", (int)indent, "", finding->side == SIDE_CLIENT ? 'C' : 'S',
                  start == 0 ? "" : "…");
    size_t shown = visible_print(out, span_from(excerpt, start), width);
    size_t before = start > pos ? 0 : visible_columns(span_sub(excerpt, start, pos - start));
    (void)fprintf(out, "%s\n%*s", start + shown < excerpt.len ? "…" : "",
                  (int)(indent + 3 + (start == 0 ? 0 : 1) + before), "");
    color_print(out, style, COLOR_RED);
    (void)fputs("^", out);
    color_print(out, style, COLOR_PLAIN);
    (void)fputc('\n', out);
}
