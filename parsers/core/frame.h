/* SPDX-License-Identifier: MIT */
/* The framer finds whole units in the octets of one direction; the grammar only ever sees whole
   units. It is the only step with memory between calls, and looks at no octet twice. The bytes
   alone do not tell which framing applies, so the session sets the mode before each unit.
   The buffer belongs to the caller, who shows all unconsumed octets, always from the same first
   one, and drops them once they were returned as a unit. */
#ifndef PARSERS_CORE_FRAME_H
#define PARSERS_CORE_FRAME_H

#include "parsers/core/parse.h"
#include "parsers/core/span.h"

enum frame_mode {
    FRAME_MODE_LINE,       /* up to and with the next LF; the grammar judges bare LF and CR */
    FRAME_MODE_SMTP_REPLY, /* lines up to one whose fourth octet is not "-" */
    FRAME_MODE_IMAP,       /* a line; where it ends in a literal's "{n}" CRLF, that and more */
    FRAME_MODE_DOT,        /* message data up to CRLF "." CRLF, in pieces as they come */
    FRAME_MODE_COUNT,      /* a counted run of octets (BDAT), in pieces as they come */
    FRAME_MODE_OPAQUE,     /* octets that are not judged, in pieces as they come */
};

enum frame_rc {
    FRAME_OK = 0,
    FRAME_MORE,     /* need: octets that must be there before a new call can get farther */
    FRAME_DISCARD,  /* IMAP: remove discard octets at buffer position discard_pos (as they come) */
    FRAME_TOO_LONG, /* longer than limit: unit holds its first limit octets, or all up to and with
                       the line that announces a literal without room */
};

#define FRAME_MAX_GAPS 64
#define FRAME_LINE_LIMIT (64U * 1024)

/* Where an IMAP client must wait for "+" before it sends a literal: the framer stops behind the
   literal's head (WAIT) until the session says that the literal comes (GO), or that the server
   refused it (REFUSED), which makes what is there the unit. */
enum frame_sync { FRAME_SYNC_NONE, FRAME_SYNC_WAIT, FRAME_SYNC_GO, FRAME_SYNC_REFUSED };

struct frame_unit {
    struct span octets;     /* the unit, of the caller's buffer; literals shortened at gaps */
    uint64_t off;           /* stream offset of its first octet */
    const struct gap *gaps; /* valid until the next call */
    size_t gap_count;
    enum frame_mode mode;
    size_t line_start; /* IMAP, SMTP reply: where the last line begins, behind a literal too */
    bool last;         /* dot, count: this piece ends the run (dot: octets include the final dot) */
    bool truncated;    /* cut at the limit, or before a refused literal: its end was not seen */
};

struct frame {
    enum frame_mode mode;
    size_t limit;                         /* a unit's most octets in memory; 0: FRAME_LINE_LIMIT */
    size_t literal_keep;                  /* octets of a literal to keep in the unit; 0: all */
    bool (*is_literal)(struct span unit); /* IMAP: may the unit so far end in a literal? or NULL */
    bool sync_stop;       /* IMAP: stop at literals without "+", see enum frame_sync */
    enum frame_sync sync; /* set to WAIT by the framer, to GO or REFUSED by the session */
    uint64_t off;         /* stream offset of the caller's first octet */
    uint64_t counted;     /* count: octets still to come */
    /* the rest is the framer's own */
    size_t seen;       /* octets of the buffer already looked at */
    size_t line_start; /* IMAP, SMTP reply: where the present line of the unit begins */
    uint64_t skip;     /* IMAP: octets still to discard */
    uint8_t dot_state; /* dot: how much of CRLF "." CRLF stands before seen */
    struct gap gaps[FRAME_MAX_GAPS];
    size_t gap_count;
    size_t need;
    size_t discard_pos;
    size_t discard;
};

void frame_init(struct frame *f);

/* The framing of the next unit. Between two units only; a mode that is set already goes on. */
void frame_set_mode(struct frame *f, enum frame_mode mode);

/* What the caller's buffer held is gone, or is to be looked at anew: nothing of a unit that was not
   complete is kept. */
void frame_restart(struct frame *f);

/* The next unit, of the mode that is set. buffer: all octets of this direction that no unit has
   consumed yet. After FRAME_OK and FRAME_TOO_LONG, which alone set out, the caller drops
   out->octets.len octets from the front. After FRAME_DISCARD it takes f->discard octets out of the
   middle, at f->discard_pos, and calls again. */
MUST_USE enum frame_rc frame_next(struct frame *f, struct span buffer, struct frame_unit *out);

/* RFC 9051 section 9: literal = "{" number64 ["+"] "}" CRLF *CHAR8; literal8 = "~{" … "}". What
   stands at the end of a line that is followed by a literal. */
struct literal_head {
    size_t pos;   /* of "{" or "~" in the line */
    uint64_t len; /* octets announced */
    bool binary;  /* "~" */
    bool nonsync; /* "+" */
};

/* The line (with CRLF) ends in a literal head. */
bool frame_literal_head(struct span line, struct literal_head *out);

#endif
