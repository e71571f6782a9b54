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
    bool unseen;     /* the log does not show the rest of the literal that was announced */
    bool breaks;     /* the literal that was announced is over, whatever its count says */
    double seconds;  /* or -1 */
};

/* The lines of a text, each without what all have in front: indentation, marks of quotation. */
struct log_lines {
    struct span text;
    size_t pos;
    size_t indent;   /* blanks that all lines begin with */
    unsigned quotes; /* ">" that all lines begin with */
    size_t skipped;  /* octets before the last line taken */
};

/* How often what follows a mark was like one side's words. */
struct log_mark {
    struct span text; /* in the log */
    unsigned client;
    unsigned server;
};

#define LOG_UNSEEN_MOST (64U * 1024 * 1024) /* octets put in place of a literal not shown */

enum { LOG_MARKS = 32, LOG_SPEECH_TAGS = 16, LOG_SPEECH_TAG = 12 };

/* What a web page, a mail or a debugger did to the text. */
struct log_paste {
    bool escapes;    /* some lines have \" for each DQUOTE */
    bool doubled;    /* each backslash is two */
    bool entities;   /* &lt; &quot; and the like */
    bool angles;     /* `<a@b>` for each path, or \<a@b\> */
    bool breaks;     /* lines end with the backslash of Markdown */
    uint8_t *text;   /* all of it without entities, where it has some */
    uint8_t *octets; /* of the line, where it had to be rewritten */
    size_t cap;
};

/* How the peers talk: tags without a digit that are answered somewhere. */
struct log_speech {
    struct span tags[LOG_SPEECH_TAGS];
    size_t count;
};

struct log_reader {
    const struct log_format *format;
    struct recording *recording;
    uint64_t line;                 /* of the input, from 1 */
    const struct log_lines *lines; /* where the lines come from, for a look ahead */
    struct log_paste paste;
    struct log_speech speech;
    bool imap;      /* the log names an address of IMAP */
    bool fence;     /* a code block began or ended since the last line of the conversation */
    bool fenced;    /* inside a code block */
    bool json_said; /* imapflow: the side of the message that follows is known */
    enum side json_side;
    uint8_t *decoded; /* octets of the line, where the log writes them escaped */
    size_t decoded_cap;
    bool detail;   /* python: the log has the lines "*put*" and "*get*" */
    bool chevrons; /* mbsync: the log has lines that begin with ">>> " */
    bool framed;   /* mbsync: inside a literal that stands between two lines of "=" */
    bool rest;     /* mbsync: what comes is the rest of a response, behind such a literal */
    enum side last_side;
    struct span last_key; /* of the line that was marked last */
    char verb[32];        /* the client's last command, where its reply may have many lines */
    char tag[32];         /* of the client's last IMAP command */
    bool refused_data;    /* DATA was refused: the client may send its message all the same */
    bool hello;           /* the client's last command is EHLO or LHLO */
    bool in_data;         /* the client sends message data */
    bool data_shown;      /* and the log shows it */
    bool in_lines;        /* the server sends the lines of a POP3 reply */
    bool lines_shown;     /* and the log shows them */
    bool in_message;      /* they are a message */
    bool in_literal;      /* an announced IMAP literal of last_side is not complete */
    bool in_auth;         /* the server asks for a response that the client has not given */
    bool ends_written;    /* the log writes the ends of lines: "\r\n" */
    unsigned waiting;     /* commands of the client that no reply has answered */
    bool untagged;        /* a line began with "* ": the protocol is IMAP */
    bool blank;           /* a blank line came last: what follows is no rest of a wrapped line */
    bool angles;          /* the log has "<": its paths were not taken for markup */
    bool blanks;          /* the log has a line with a blank at its end: they were not taken */
    bool letters;         /* plain: the log has "C: " and "S: "; arrows are the log's own words */
    bool notes;           /* somebody has written notes behind lines */
    struct log_mark marks[LOG_MARKS];
    size_t mark_count;
    bool one_mark; /* the same mark stands before what both sides say */
    bool heading;  /* a mark stood on a line of its own: what follows is this side's */
    enum side heading_side;
    bool heading_quoted; /* and is in quotes */
    bool server_marks;   /* only what the server says is marked */
    uint64_t dump;       /* curl: octets of what is dumped */
};

struct log_format {
    const char *name;
    const char *title; /* for --help and messages */
    /* Says what the line holds. LOG_SAID and LOG_EXACT count as recognised. */
    void (*read)(struct log_reader *r, struct span line, struct log_line *out);
    bool wraps;    /* unmarked lines may be the rest of a wrapped one */
    bool escaping; /* octets are escaped by the format's own rules */
    bool whole;    /* the log shows all lines of a reply, or what it leaves out is marked */
    void (*learn)(struct log_reader *r, struct span head); /* looks the log over first; or NULL */
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

/* The lines of a text, from its first. */
void log_lines_init(struct log_lines *l, struct span text);
/* The next line, without its end; false behind the last. */
bool log_lines_next(struct log_lines *l, struct span *line);
/* The line that comes next, empty behind the last. */
struct span log_lines_peek(const struct log_lines *l);

/* Looks at the text as a whole, before its lines are read. */
void log_paste_learn(struct log_paste *paste, struct span text);
/* The text without the entities of HTML: as it is, or octets of the paste. Once, after learning. */
struct span log_paste_text(struct log_paste *paste, struct span text);
void log_paste_fini(struct log_paste *paste);

/* The line as it was before it was pasted: a part of it, or octets of the paste that live until the
   next call. Where the format has its own escapes, octets stay as they are. */
struct span log_paste_line(struct log_paste *paste, struct span line, bool escaping);

/* The line begins or ends a block of code. */
bool log_paste_is_fence(struct span line);

/* Remembers the tag of a tagged reply. The line lives as long as the speech. */
void log_speech_learn(struct log_speech *speech, struct span line);

/* The line begins as the server's, or the client's, of any of the protocols do, and not as what
   people write about them. */
bool log_is_server(const struct log_speech *speech, struct span line);
bool log_is_client(const struct log_speech *speech, struct span line);

/* The tag of the IMAP command or tagged reply; empty where the line is neither. */
struct span log_tag_of(const struct log_speech *speech, enum side side, struct span line);

/* How far the tag is behind the other one, of the same letters; 0 where they cannot be compared. */
uint64_t log_tag_distance(struct span tag, struct span last);

/* Puts the literals of a conversation right whose shown octets are far from being as many as
   announced: what they hold becomes a hole. A count that is wrong by a few octets is left as it is,
   for that is what servers do wrong. */
void log_settle_literals(struct conversation *c);

/* Where a line goes on behind its time stamp; 0 where it has none. */
size_t log_skip_stamp(struct span line);

/* The line has an open parenthesis or quote: an IMAP line that goes on. */
bool log_is_unbalanced(struct span line);

/* The IMAP line, or the one that ends in base64, is not complete, and this is the rest, or more of
   it; glue is what was between them. */
bool log_goes_on(enum side side, struct span open, struct span rest, struct span *glue);

/* Without a remark that people write behind a line of an example: "a NOOP     ; nothing new". */
struct span log_without_remark(struct span said, enum side side);
/* Without a note that points at the line or comments it: "a NOOP <-- here", "QUIT # done". */
struct span log_without_note(struct span said, enum side side);
/* The whole line is such a remark: "<the client hangs up>". */
bool log_is_remark(struct span said);

/* Marks what the log put in place of the real octets, in what the side said last. */
void log_add_gaps(struct conversation *c, enum side side, struct span said);
/* A whole line that says "here something was left out". */
bool log_is_omission(struct span line);
/* The line stands for message data that is not shown. */
bool log_is_placeholder(struct span line);

/* Adds what the format has read of the line to its conversation. skipped: octets of the input's
   line that stand before whole. */
void log_take(struct log_reader *r, size_t skipped, struct span whole, const struct log_line *line);

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
void log_read_marked(struct log_reader *r, struct span line, struct log_line *out);
void log_learn_marked(struct log_reader *r, struct span head);
void log_read_imapflow(struct log_reader *r, struct span line, struct log_line *out);
void log_read_cyrus(struct log_reader *r, struct span line, struct log_line *out);
void log_read_curl_trace(struct log_reader *r, struct span line, struct log_line *out);
void log_read_session(struct log_reader *r, struct span line, struct log_line *out);

#endif
