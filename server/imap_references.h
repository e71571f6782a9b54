/* SPDX-License-Identifier: MIT */
/* The REFERENCES threading algorithm (RFC 5256 section 3). */
#ifndef SERVER_IMAP_REFERENCES_H
#define SERVER_IMAP_REFERENCES_H

#include "server/imap.h"

/* The messages at these places of the view, which ascend; in the scratch of the answer. */
const struct imap_thread *thread_references(struct imap_service *imap, const size_t *indices,
                                            size_t count, bool uid);

#endif
