/* SPDX-License-Identifier: MIT */
/* What SEARCH, SORT and THREAD share. */
#ifndef SERVER_IMAP_SEARCH_H
#define SERVER_IMAP_SEARCH_H

#include "server/imap.h"
#include "server/imap_text.h"

/* What is looked at, one message at a time. */
struct searching {
    struct imap_service *imap;
    struct scratch scratch; /* of one message */
    size_t index;
    struct message *message;
    bool has_modseq; /* MODSEQ is among the keys */
    bool bad_number; /* a message number that there is not */
};

/* The charset and the keys can be used; otherwise answers NO or BAD. */
MUST_USE bool search_check(struct imap_service *imap, const struct imap_search_args *search);

/* marks[i]: the message matches all keys; *out_modseq: a MODSEQ key was there. */
bool *search_run(struct imap_service *imap, const struct imap_search_key *keys, bool *out_modseq);

/* Seconds since 1970 of the Date field, or the internal date where it cannot be read. */
int64_t search_sent_seconds(const struct message *message);

/* SORT: puts the indices of the view in order. */
void sort_indices(struct imap_service *imap, const struct imap_item *criteria, size_t *indices,
                  size_t count);
MUST_USE bool sort_check(const struct imap_item *criteria);

#endif
