/* SPDX-License-Identifier: MIT */
/* libetpan's IMAP response parser, as a client calls it: it reads lines from a stream, here of
   memory, and parses one response after the other until the stream ends or one is wrong.
   libetpan follows null pointers after some inputs. This is about how far a fuzzer gets, not about
   these, so that the target lives on: it leaves the input where it crashed. */
#include <libetpan/libetpan.h>
#include <setjmp.h>
#include <signal.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

int LLVMFuzzerInitialize(int *argc, char ***argv);
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* Of libetpan; in none of the headers that it installs. */
int mailimap_response_parse(mailstream *stream, MMAPString *buffer,
                            struct mailimap_parser_context *context, size_t *index,
                            struct mailimap_response **result, size_t progress_rate,
                            progress_function *progress);
struct mailimap_parser_context *mailimap_parser_context_new(mailimap *session);
void mailimap_parser_context_free(struct mailimap_parser_context *context);

struct memory {
    const uint8_t *octets;
    size_t left;
};

/* The end is an error: libetpan asks again without end where a literal's octets are missing. */
static ssize_t memory_read(mailstream_low *low, void *out, size_t size)
{
    struct memory *memory = low->data;
    if (memory->left == 0) {
        return -1;
    }
    size_t len = size < memory->left ? size : memory->left;
    memcpy(out, memory->octets, len);
    memory->octets += len;
    memory->left -= len;
    return (ssize_t)len;
}

static ssize_t memory_write(mailstream_low *low, const void *octets, size_t size)
{
    (void)low;
    (void)octets;
    return (ssize_t)size;
}

static int memory_close(mailstream_low *low)
{
    (void)low;
    return 0;
}

static int memory_fd(mailstream_low *low)
{
    (void)low;
    return -1;
}

static void memory_free(mailstream_low *low)
{
    free(low);
}

static void memory_cancel(mailstream_low *low)
{
    (void)low;
}

static mailstream_low_driver driver = {
    .mailstream_read = memory_read,
    .mailstream_write = memory_write,
    .mailstream_close = memory_close,
    .mailstream_get_fd = memory_fd,
    .mailstream_free = memory_free,
    .mailstream_cancel = memory_cancel,
};

static sigjmp_buf survivor;

static void survive(int number)
{
    siglongjmp(survivor, number);
}

int LLVMFuzzerInitialize(int *argc, char ***argv)
{
    static char stack[1 << 16];
    (void)argc;
    (void)argv;
    (void)sigaltstack(&(stack_t){.ss_sp = stack, .ss_size = sizeof stack}, NULL);
    const struct sigaction action = {.sa_handler = survive, .sa_flags = SA_ONSTACK | SA_NODEFER};
    (void)sigaction(SIGSEGV, &action, NULL);
    (void)sigaction(SIGBUS, &action, NULL);
    (void)sigaction(SIGFPE, &action, NULL);
    (void)sigaction(SIGABRT, &action, NULL);
    return 0;
}

static void parse(const uint8_t *data, size_t size)
{
    struct memory memory = {data, size};
    mailimap *session = mailimap_new(0, NULL);
    struct mailimap_parser_context *context = mailimap_parser_context_new(session);
    mailstream *stream = mailstream_new(mailstream_low_new(&memory, &driver), 4096);
    MMAPString *buffer = mmap_string_new("");
    int rc = MAILIMAP_NO_ERROR;
    while (rc == MAILIMAP_NO_ERROR) {
        struct mailimap_response *response = NULL;
        size_t index = 0;
        mmap_string_truncate(buffer, 0);
        if (mailstream_read_line_append(stream, buffer) == NULL || buffer->len == 0) {
            break;
        }
        rc = mailimap_response_parse(stream, buffer, context, &index, &response, 0, NULL);
        if (rc == MAILIMAP_NO_ERROR) {
            mailimap_response_free(response);
        }
    }
    mmap_string_free(buffer);
    (void)mailstream_close(stream);
    mailimap_parser_context_free(context);
    mailimap_free(session);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    if (sigsetjmp(survivor, 1) == 0) {
        parse(data, size);
    }
    return 0;
}
