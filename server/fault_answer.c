/* SPDX-License-Identifier: MIT */
#include "server/fault_answer.h"

static const struct fault_answer answers[] = {
    {FAULT_IMAP_NAMESPACE_EMPTY, PROTOCOL_IMAP, {"NAMESPACE", NULL, "OK Done"}},
    {FAULT_IMAP_ENABLE_BAD, PROTOCOL_IMAP, {"ENABLE", NULL, "BAD Unknown command"}},
    {FAULT_IMAP_ID_BAD, PROTOCOL_IMAP, {"ID", NULL, "BAD Unknown command"}},
    {FAULT_IMAP_DELETE_LIES, PROTOCOL_IMAP, {"DELETE", NULL, "OK Deleted"}},
    {FAULT_IMAP_RENAME_LIES, PROTOCOL_IMAP, {"RENAME", NULL, "OK Renamed"}},
    {FAULT_IMAP_SUBSCRIBE_LIES, PROTOCOL_IMAP, {"SUBSCRIBE", NULL, "OK Subscribed"}},
    {FAULT_IMAP_LIST_EMPTY, PROTOCOL_IMAP, {"LIST", NULL, "OK Listed"}},
    {FAULT_IMAP_STATUS_EMPTY, PROTOCOL_IMAP, {"STATUS", NULL, "OK Done"}},
    {FAULT_IMAP_EXPUNGE_REFUSED, PROTOCOL_IMAP, {"EXPUNGE", NULL, "NO Not now"}},
    {FAULT_IMAP_MOVE_LIES, PROTOCOL_IMAP, {"MOVE", NULL, "OK Moved"}},
    {FAULT_IMAP_FETCH_MACROS, PROTOCOL_IMAP, {"FETCH", "* ALL", "BAD Unknown item"}},
    {FAULT_IMAP_FETCH_ENVELOPE, PROTOCOL_IMAP, {"FETCH", "*ENVELOPE*", "NO Not available"}},
    {FAULT_IMAP_FETCH_DESCENDING, PROTOCOL_IMAP, {"FETCH", "?:1 *", "BAD Wrong order"}},
    {FAULT_IMAP_SEARCH_US_ASCII,
     PROTOCOL_IMAP,
     {"SEARCH", "*US-ASCII*", "NO [BADCHARSET] Unknown charset"}},
    {FAULT_IMAP_STORE_RECENT, PROTOCOL_IMAP, {"STORE", "*\\Recent*", "OK Stored"}},
    {FAULT_IMAP_CHECK_BAD, PROTOCOL_IMAP, {"CHECK", NULL, "BAD Unknown command"}},
    {FAULT_IMAP_IDLE_BAD, PROTOCOL_IMAP, {"IDLE", NULL, "BAD Unknown command"}},
    {FAULT_IMAP_UID_STORE_MISSING, PROTOCOL_IMAP, {"STORE", "4294967290 *", "NO No such message"}},
    {FAULT_IMAP_QUOTAROOT_EMPTY, PROTOCOL_IMAP, {"GETQUOTAROOT", NULL, "OK Done"}},
    {FAULT_IMAP_SORT_EMPTY, PROTOCOL_IMAP, {"SORT", NULL, "OK Sorted"}},
    {FAULT_IMAP_THREAD_FLAT, PROTOCOL_IMAP, {"THREAD", NULL, "* THREAD (1)(2)(3)\nOK Done"}},
    {FAULT_IMAP_SEARCHRES_BAD, PROTOCOL_IMAP, {"FETCH", "$ *", "BAD Nothing is saved"}},
#define ANSWER(id, name, protocol, breaks, level, text, verb, argument, reply)                     \
    {FAULT_##id, protocol, {verb, argument, reply}},
#include "server/fault_pop3_answer.def"
#include "server/fault_smtp_answer.def"
#undef ANSWER
};

const struct fault_answer *fault_answer_at(size_t index)
{
    return index < sizeof answers / sizeof answers[0] ? &answers[index] : NULL;
}
