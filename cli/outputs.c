/* SPDX-License-Identifier: MIT */
#include "cli/outputs.h"

#include <errno.h>
#include <sys/stat.h>

#include "net/memory.h"
#include "reports/capture.h"

static const struct format {
    const char *name;
    void (*write)(const struct report *report, FILE *out);
} formats[] = {
    {"json", report_json}, {"ndjson", NULL},        {"junit", report_junit},
    {"tap", report_tap},   {"sarif", report_sarif}, {"markdown", report_markdown},
};

/* One file for each case, in a folder. */
static const struct capture {
    const char *name;
    const char *suffix;
    void (*write)(const struct case_result *result, const struct run *run, FILE *out);
} captures[] = {{"trace", "trace", capture_trace}, {"pcap", "pcapng", capture_pcap}};

static void complain(const char *path)
{
    (void)fprintf(stderr, "postel: %s: cannot be written: %s\n", path, strerror(errno));
}

bool outputs_open(struct outputs *outputs, const struct arguments *arguments)
{
    *outputs = (struct outputs){0};
    for (size_t i = 0; i < OUTPUT_FOLDERS; i++) {
        const char *folder = arguments_value(arguments, captures[i].name);
        if (folder != NULL && mkdir(folder, 0777) != 0 && errno != EEXIST) {
            complain(folder);
            return false;
        }
        outputs->folders[i] = folder;
    }
    for (size_t i = 0; i < sizeof formats / sizeof *formats; i++) {
        size_t position = 0;
        const char *path = NULL;
        while ((path = arguments_next(arguments, formats[i].name, &position)) != NULL) {
            struct output *output = &outputs->items[outputs->count];
            if (outputs->count == OUTPUTS_MAX) {
                (void)usage_error(arguments->command, "at most %d reports", (int)OUTPUTS_MAX);
                return false;
            }
            *output = (struct output){.write = formats[i].write, .path = path};
            if (!(output->write == NULL ? text_file_open_growing(&output->file, path)
                                        : text_file_open(&output->file, path))) {
                complain(path);
                return false;
            }
            outputs->count++;
            if (formats[i].write == NULL) {
                outputs->ndjson = (struct ndjson){output->file.stream, POSTEL_VERSION, 0};
            }
        }
    }
    return true;
}

bool outputs_use_stdout(const struct outputs *outputs)
{
    for (size_t i = 0; i < outputs->count; i++) {
        if (outputs->items[i].file.stream == stdout) {
            return true;
        }
    }
    return false;
}

bool outputs_want_captures(const struct outputs *outputs)
{
    return outputs->folders[0] != NULL || outputs->folders[1] != NULL;
}

void outputs_case(struct outputs *outputs, const struct run *run, const struct case_result *result)
{
    for (size_t i = 0; i < OUTPUT_FOLDERS && result->transcript_count != 0; i++) {
        if (outputs->folders[i] == NULL) {
            continue;
        }
        char *name = capture_name(result);
        char *path = memory_format("%s/%s.%s", outputs->folders[i], name, captures[i].suffix);
        struct text_file file;
        bool ok = text_file_open(&file, path);
        if (ok) {
            captures[i].write(result, run, file.stream);
            ok = text_file_close(&file);
        }
        if (!ok && !outputs->failed) {
            outputs->failed = true;
            complain(path);
        }
        memory_free(path);
        memory_free(name);
    }
}

bool outputs_write(struct outputs *outputs, const struct report *report)
{
    bool ok = !outputs->failed;
    for (size_t i = 0; i < outputs->count; i++) {
        struct output *output = &outputs->items[i];
        if (output->write != NULL) {
            output->write(report, output->file.stream);
        }
        if (!text_file_close(&output->file)) {
            complain(output->path);
            ok = false;
        }
    }
    outputs->count = 0;
    return ok;
}

void outputs_fini(struct outputs *outputs)
{
    for (size_t i = 0; i < outputs->count; i++) {
        text_file_abandon(&outputs->items[i].file);
    }
    outputs->count = 0;
}
