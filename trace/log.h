/* SPDX-License-Identifier: MIT */
/* Readers of line-oriented logs and pasted transcripts. Each format says, line by line, who spoke
   and what was said; what is the same for all (lost line ends, wrapped lines, literals, passwords
   replaced by stars, parts left out) is done once, here. */
#ifndef TRACE_LOG_H
#define TRACE_LOG_H

#include "trace/recording.h"

enum log_kind {
    LOG_REMARK = 0, /* the log's own words */
    LOG_SAID,       /* a line of the conversation, without its end */
    LOG_EXACT,      /* octets of the conversation, as they were */
    LOG_LITERAL,    /* a literal of this many octets passed that the log does not show */
    LOG_UNMARKED,   /* not marked by the format: more of what was said before, or a remark */
};

/* What one line of a log says. Spans point into the line or into the reader's buffer. */
struct log_line {
    enum log_kind kind;
    enum side side;
    struct span said;
    uint64_t literal;
    struct span key; /* which connection; empty where the log has one only */
    bool opens;      /* a new connection begins here, before what is said */
    bool closes;     /* the connection ends here, after what is said */
    double seconds;  /* or -1 */
};

struct log_reader {
    const struct log_format *format;
    struct recording *recording;
    uint64_t line;    /* of the input, from 1 */
    uint8_t *decoded; /* octets of the line, where the log writes them escaped */
    size_t decoded_cap;
    bool detail;   /* python: the log has the lines "*put*" and "*get*" */
    bool chevrons; /* mbsync: the log has lines that begin with ">>> " */
    enum side last_side;
    char verb[32];   /* the client's last command, where its reply may have many lines */
    bool in_data;    /* the client sends message data */
    bool data_shown; /* and the log shows it */
    bool in_lines;   /* the server sends the lines of a POP3 reply */
    bool in_literal; /* an announced IMAP literal of last_side is not complete */
};

struct log_format {
    const char *name;
    const char *title; /* for --help and messages */
    /* Says what the line holds. LOG_SAID and LOG_EXACT count as recognised. */
    void (*read)(struct log_reader *r, struct span line, struct log_line *out);
    bool wraps; /* unmarked lines may be the rest of a wrapped one */
};

/* The formats, the most telling first; ends with an entry without a name. */
extern const struct log_format log_formats[];

/* The format of this name, or NULL. */
const struct log_format *log_format_find(const char *name);

/* The format that recognises most of the text's lines; NULL when none recognises any. */
const struct log_format *log_format_guess(struct span text);

/* Reads the whole text into the recording. */
void log_read(struct recording *recording, const struct log_format *format, struct span text);

/* --- for the formats ---------------------------------------------------------------------------
 */

/* The position of text in the line from pos on, or SIZE_MAX. */
size_t log_find(struct span line, size_t pos, const char *text);

/* Decodes a Python string or bytes literal (b'…', '…', "…") that begins at pos into the reader's
   buffer; false when there is none. */
bool log_decode_python(struct log_reader *r, struct span line, size_t pos, struct span *out);

void log_read_postel(struct log_reader *r, struct span line, struct log_line *out);
void log_read_python(struct log_reader *r, struct span line, struct log_line *out);
void log_read_thunderbird(struct log_reader *r, struct span line, struct log_line *out);
void log_read_mutt(struct log_reader *r, struct span line, struct log_line *out);
void log_read_postfix(struct log_reader *r, struct span line, struct log_line *out);
void log_read_curl(struct log_reader *r, struct span line, struct log_line *out);
void log_read_swaks(struct log_reader *r, struct span line, struct log_line *out);
void log_read_rawlog(struct log_reader *r, struct span line, struct log_line *out);
void log_read_plain(struct log_reader *r, struct span line, struct log_line *out);
void log_read_mbsync(struct log_reader *r, struct span line, struct log_line *out);
void log_read_session(struct log_reader *r, struct span line, struct log_line *out);

#endif
