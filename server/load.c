/* SPDX-License-Identifier: MIT */
#include "server/load.h"

#include <dirent.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>

#include "net/buffer.h"
#include "net/memory.h"
#include "parsers/message/date.h"

static bool read_file(const char *file, struct buffer *out, char **error)
{
    enum { STEP = 64 * 1024 };
    size_t len = STEP;
    FILE *f = fopen(file, "r");
    while (f != NULL && len != 0) {
        len = fread(buffer_room(out, STEP), 1, STEP, f);
        buffer_grew(out, len);
    }
    bool ok = f != NULL && ferror(f) == 0;
    if (!ok) {
        *error = memory_format("%s cannot be read: %s", file, strerror(errno));
    }
    if (f != NULL) {
        (void)fclose(f);
    }
    return ok;
}

/* The line with its line end, LF or CRLF. */
static struct span line_of(struct span rest)
{
    const uint8_t *lf = memchr(rest.ptr, '\n', rest.len);
    return lf == NULL ? rest : span_sub(rest, 0, (size_t)(lf - rest.ptr) + 1);
}

/* Appends the line with CRLF for its line end. */
static void add_line(struct buffer *message, struct span line)
{
    size_t len = line.len;
    len -= len != 0 && line.ptr[len - 1] == '\n';
    len -= len != 0 && line.ptr[len - 1] == '\r';
    buffer_append(message, span_sub(line, 0, len));
    buffer_text(message, "\r\n");
}

/* With the flags and the date that the source has. */
static bool append(struct mailbox *mailbox, struct buffer *message, struct message_source *source,
                   const char *file, char **error)
{
    source->octets = buffer_span(message);
    enum store_rc rc = mailbox_append(mailbox, source, NULL);
    buffer_fini(message);
    if (rc != STORE_OK) {
        *error = memory_format("%s: a message is too big, or the mailbox is full", file);
    }
    return rc == STORE_OK;
}

/* RFC 4155: "From " sender " " timestamp, in UTC and as asctime() writes it, is when the message
   came. Where something else stands there it comes now. */
static struct message_source arrived(struct span line)
{
    enum { TIMESTAMP_LEN = 24 }; /* Fri Nov 21 09:55:06 1997 */
    struct message_source source = {.has_date = false};
    while (line.len != 0 && line.ptr[line.len - 1] <= ' ') {
        line.len--;
    }
    if (line.len < TIMESTAMP_LEN) {
        return source;
    }
    const char *time = (const char *)span_from(line, line.len - TIMESTAMP_LEN).ptr;
    char *text =
        memory_format("%.2s %.3s %.4s %.8s +0000", time + 8, time + 4, time + 20, time + 11);
    struct message_date date;
    struct parse p;
    parse_init(&p, span_text(text), 0, NULL);
    if (message_parse_date_time(&p, &date) == PARSE_OK) {
        source.has_date = true;
        source.internal_date = message_date_seconds(&date);
    }
    memory_free(text);
    return source;
}

/* RFC 4155: an empty line and "From " begin a message; ">From " was quoted by the writer. */
bool load_mbox(struct mailbox *mailbox, const char *file, char **error)
{
    struct buffer octets = {0};
    struct buffer message = {0};
    bool ok = read_file(file, &octets, error);
    struct span rest = buffer_span(&octets);
    bool empty = true; /* the line before was empty, or there was none */
    bool inside = false;
    struct message_source source = {.has_date = false};
    if (ok && rest.len != 0 && !span_equal(span_sub(rest, 0, 5), SPAN_LIT("From "))) {
        *error = memory_format("%s is no mbox: it does not begin with \"From \"", file);
        ok = false;
    }
    while (ok && rest.len != 0) {
        struct span line = line_of(rest);
        rest = span_from(rest, line.len);
        if (empty && span_equal(span_sub(line, 0, 5), SPAN_LIT("From "))) {
            /* The empty line in front of "From " belongs to the mbox. */
            message.len -= inside && message.len > 2 ? 2 : 0;
            ok = !inside || append(mailbox, &message, &source, file, error);
            source = arrived(line);
            inside = true;
            empty = false;
            continue;
        }
        empty = line.len == 1 || (line.len == 2 && line.ptr[0] == '\r');
        add_line(&message, line);
    }
    if (ok && inside) {
        message.len -= empty && message.len > 2 ? 2 : 0;
        ok = append(mailbox, &message, &source, file, error);
    }
    buffer_fini(&message);
    buffer_fini(&octets);
    return ok;
}

/* The flags behind ":2," of a Maildir file's name. */
static struct flags maildir_flags(const char *name)
{
    struct flags flags = {0};
    const char *info = strstr(name, ":2,");
    for (info = info == NULL ? "" : info + 3; *info != '\0'; info++) {
        flags.system |= *info == 'S' ? FLAG_SEEN : 0U;
        flags.system |= *info == 'R' ? FLAG_ANSWERED : 0U;
        flags.system |= *info == 'F' ? FLAG_FLAGGED : 0U;
        flags.system |= *info == 'T' ? FLAG_DELETED : 0U;
        flags.system |= *info == 'D' ? FLAG_DRAFT : 0U;
    }
    return flags;
}

static bool load_maildir_file(struct mailbox *mailbox, const char *file, const char *name,
                              char **error)
{
    struct buffer octets = {0};
    struct buffer message = {0};
    bool ok = read_file(file, &octets, error);
    struct span rest = buffer_span(&octets);
    while (ok && rest.len != 0) {
        struct span line = line_of(rest);
        rest = span_from(rest, line.len);
        add_line(&message, line);
    }
    struct stat status;
    struct message_source source = {.flags = maildir_flags(name)};
    if (stat(file, &status) == 0) {
        source.has_date = true;
        source.internal_date = (int64_t)status.st_mtime;
    }
    ok = ok && append(mailbox, &message, &source, file, error);
    buffer_fini(&message);
    buffer_fini(&octets);
    return ok;
}

static int is_message(const struct dirent *entry)
{
    return entry->d_name[0] != '.';
}

bool load_maildir(struct mailbox *mailbox, const char *folder, char **error)
{
    static const char *const parts[] = {"cur", "new"};
    bool ok = true;
    for (size_t i = 0; ok && i < 2; i++) {
        struct dirent **entries = NULL;
        char *path = memory_format("%s/%s", folder, parts[i]);
        int count = scandir(path, &entries, is_message, alphasort);
        if (count < 0) {
            *error = memory_format("%s cannot be read: %s", path, strerror(errno));
            ok = false;
        }
        for (int j = 0; j < count; j++) {
            char *file = memory_format("%s/%s", path, entries[j]->d_name);
            ok = ok && load_maildir_file(mailbox, file, entries[j]->d_name, error);
            memory_free(file);
            free(entries[j]);
        }
        free(entries);
        memory_free(path);
    }
    return ok;
}
