/* SPDX-License-Identifier: MIT */
/* libetpan's IMAP response parser, unit by unit. */
#include <libetpan/libetpan.h>

#include "tests/bench/speed/contender.h"

/* Exported by the library, but in none of its installed headers. */
int mailimap_response_data_parse(mailstream *stream, MMAPString *buffer,
                                 struct mailimap_parser_context *context, size_t *index,
                                 struct mailimap_response_data **result, size_t progress_rate,
                                 progress_function *progress);

static size_t run(const struct octet_stream *stream)
{
    if (stream->kind != STREAM_IMAP_RESPONSE) {
        return 0;
    }
    mailimap *session = mailimap_new(0, NULL);
    struct mailimap_parser_context *context = mailimap_parser_context_new(session);
    MMAPString *buffer = mmap_string_new("");
    size_t start = 0;
    size_t units = 0;
    for (size_t i = 0; i < stream->count; i++) {
        const char *unit = (const char *)stream->octets + start;
        size_t len = stream->ends[i] - start;
        start = stream->ends[i];
        units++;
        if (unit[0] != '*') {
            continue;
        }
        mmap_string_truncate(buffer, 0);
        mmap_string_append_len(buffer, unit, len);
        struct mailimap_response_data *data = NULL;
        size_t index = 0;
        if (mailimap_response_data_parse(NULL, buffer, context, &index, &data, 0, NULL) !=
            MAILIMAP_NO_ERROR) {
            units = 0;
            break;
        }
        mailimap_response_data_free(data);
    }
    mmap_string_free(buffer);
    mailimap_parser_context_free(context);
    mailimap_free(session);
    return units;
}

const struct contender contenders[] = {{"libetpan", run}, {NULL, NULL}};
