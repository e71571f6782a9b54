/* SPDX-License-Identifier: MIT */
/* Delivery status notifications (RFC 3461, 3464) to senders who are users of the store. */
#ifndef SERVER_SMTP_DSN_H
#define SERVER_SMTP_DSN_H

#include "server/smtp.h"

/* What RCPT and MAIL asked for. */
void smtp_dsn_take_mail(struct smtp_service *smtp, const struct smtp_param *params);
void smtp_dsn_take_rcpt(struct smtp_recipient *recipient, const struct smtp_param *params);

/* A failure of this recipient can be told to the sender, or need not be. */
MUST_USE bool smtp_dsn_covers(const struct smtp_service *smtp,
                              const struct smtp_recipient *recipient);

/* After delivery, with every recipient's outcome set: one notification for all that want one. */
void smtp_dsn_send(struct smtp_service *smtp, struct span message);

#endif
