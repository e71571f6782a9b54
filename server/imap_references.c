/* SPDX-License-Identifier: MIT */
#include "server/imap_references.h"

#include <stdlib.h>

#include "parsers/message/address.h"
#include "parsers/message/header.h"
#include "server/imap_search.h"
#include "server/subject.h"

enum {
    REFERENCES_MAX = 1000, /* of one message, the last ones: more only cost time */
    BRANCHES_MAX = 32,     /* parentheses in each other; what is deeper is one chain */
};

/* A message, or the dummy for one that is not there. */
struct node {
    struct span id; /* empty: nobody else can mean it */
    bool real;
    bool gone;    /* pruned or merged */
    bool reply;   /* or forwarded, by its subject */
    size_t index; /* in the view */
    int64_t date;
    struct span subject;
    struct node *parent;
    struct node *first; /* children */
    struct node *last;
    struct node *next; /* siblings */
    struct node *before;
    struct node *newer; /* all nodes, in the order in which they were made */
};

/* Nodes by a text; the size is a power of two and more than the entries. */
struct table {
    struct table_entry {
        struct span key;
        struct node *node;
    } * entries;
    size_t mask;
};

struct threads {
    struct imap_service *imap;
    struct table ids;
    struct node *oldest;
    struct node **newest;
    struct node **roots;
    size_t root_count;
};

static void table_init(struct table *table, struct scratch *scratch, size_t most)
{
    size_t size = 16;
    while (size < most * 2) {
        size *= 2;
    }
    table->mask = size - 1;
    table->entries = scratch_take(scratch, size * sizeof *table->entries);
}

/* The entry of the key, or the free one for it. */
static struct table_entry *table_find(const struct table *table, struct span key)
{
    uint64_t hash = 0xcbf29ce484222325U;
    for (size_t i = 0; i < key.len; i++) {
        hash = (hash ^ key.ptr[i]) * 0x100000001b3U;
    }
    size_t at = (size_t)(hash ^ hash >> 32) & table->mask;
    while (table->entries[at].node != NULL && !span_equal(table->entries[at].key, key)) {
        at = (at + 1) & table->mask;
    }
    return &table->entries[at];
}

/* --- the tree ----------------------------------------------------------------------------------
 */

static struct node *new_node(struct threads *t)
{
    struct node *node = scratch_take(&t->imap->scratch, sizeof *node);
    *t->newest = node;
    t->newest = &node->newer;
    return node;
}

static void unlink_node(struct node *node)
{
    struct node *parent = node->parent;
    if (parent != NULL) {
        *(node->before == NULL ? &parent->first : &node->before->next) = node->next;
        *(node->next == NULL ? &parent->last : &node->next->before) = node->before;
        node->parent = node->next = node->before = NULL;
    }
}

static void append_child(struct node *parent, struct node *child)
{
    child->parent = parent;
    child->before = parent->last;
    *(parent->last == NULL ? &parent->first : &parent->last->next) = child;
    parent->last = child;
}

/* Would the link make a loop: is the parent the child, or below it? */
static bool is_below(const struct node *parent, const struct node *child)
{
    if (child->first == NULL) {
        return parent == child;
    }
    while (parent != NULL && parent != child) {
        parent = parent->parent;
    }
    return parent != NULL;
}

/* Moves the children of one node to the end of another's. */
static void take_children(struct node *to, struct node *from)
{
    while (from->first != NULL) {
        struct node *child = from->first;
        unlink_node(child);
        append_child(to, child);
    }
}

/* --- step 1: messages and their references ------------------------------------------------------
 */

/* The next valid Message ID, quoting normalised. */
static bool next_id(struct threads *t, struct span *rest, struct span *out)
{
    while (rest->len != 0) {
        const uint8_t *start = memchr(rest->ptr, '<', rest->len);
        if (start == NULL) {
            return false;
        }
        struct span from = span_from(*rest, (size_t)(start - rest->ptr));
        struct parse p;
        struct span id;
        parse_init(&p, from, 0, NULL);
        if (message_parse_msg_id(&p, &id) == PARSE_OK) {
            struct out o;
            out_init(&o, scratch_take(&t->imap->scratch, id.len), id.len);
            address_text(&o, span_sub(id, 1, id.len - 2));
            *out = out_span(&o);
            *rest = span_from(from, id.len);
            return true;
        }
        *rest = span_from(from, 1);
    }
    return false;
}

static struct span field_of(const struct message *message, const char *name)
{
    struct message_field field;
    bool found = message_field_find(message_octets(message), name, &field);
    return found ? field.value : (struct span){0};
}

static struct node *node_by_id(struct threads *t, struct span id)
{
    struct table_entry *entry = table_find(&t->ids, id);
    if (entry->node == NULL) {
        *entry = (struct table_entry){id, new_node(t)};
        entry->node->id = id;
    }
    return entry->node;
}

/* The node of a message; a Message ID that an earlier one has, or none, makes it unique. */
static struct node *add_message(struct threads *t, size_t index)
{
    struct message *message = t->imap->view.entries[index].message;
    struct span rest = field_of(message, "Message-ID");
    struct span id;
    struct node *node = next_id(t, &rest, &id) ? node_by_id(t, id) : NULL;
    node = node == NULL || node->real ? new_node(t) : node;
    node->real = true;
    node->index = index;
    node->date = search_sent_seconds(message);
    node->subject = subject_of(&t->imap->scratch, message, &node->reply);
    return node;
}

/* The last Message IDs of a field, REFERENCES_MAX at most. */
static size_t read_ids(struct threads *t, struct span rest, struct span *ids, size_t most)
{
    size_t count = 0;
    while (count < most && next_id(t, &rest, &ids[count])) {
        count++;
    }
    return count;
}

static size_t references_of(struct threads *t, const struct message *message, struct span *ids)
{
    struct span value = field_of(message, "References");
    size_t begin = value.len;
    for (size_t i = 0; begin > 0 && i < REFERENCES_MAX; begin--) {
        i += value.ptr[begin - 1] == '<';
    }
    size_t count = read_ids(t, span_from(value, begin), ids, REFERENCES_MAX);
    return count != 0 ? count : read_ids(t, field_of(message, "In-Reply-To"), ids, 1);
}

static void link_message(struct threads *t, struct node *node, const struct span *ids, size_t count)
{
    struct node *parent = NULL;
    for (size_t i = 0; i < count; i++) {
        struct node *child = node_by_id(t, ids[i]);
        if (parent != NULL && child->parent == NULL && !is_below(parent, child)) {
            append_child(parent, child);
        }
        parent = child;
    }
    unlink_node(node);
    if (parent != NULL && !is_below(parent, node)) {
        append_child(parent, node);
    }
}

static void read_messages(struct threads *t, const size_t *indices, size_t count)
{
    struct scratch *scratch = &t->imap->scratch;
    struct span *ids = scratch_take(scratch, REFERENCES_MAX * sizeof *ids);
    size_t most = count;
    for (size_t i = 0; i < count; i++) {
        const struct message *message = t->imap->view.entries[indices[i]].message;
        most += references_of(t, message, ids);
    }
    table_init(&t->ids, scratch, most);
    for (size_t i = 0; i < count; i++) {
        struct node *node = add_message(t, indices[i]);
        const struct message *message = t->imap->view.entries[indices[i]].message;
        link_message(t, node, ids, references_of(t, message, ids));
    }
}

/* --- steps 2 to 4: roots ------------------------------------------------------------------------
 */

/* Dummies below the roots give their places to their children; at the root only to one. */
static void prune(struct threads *t)
{
    for (struct node *node = t->oldest; node != NULL; node = node->newer) {
        if (!node->real && node->parent != NULL) {
            struct node *parent = node->parent;
            unlink_node(node);
            take_children(parent, node);
            node->gone = true;
        }
    }
    for (struct node *node = t->oldest; node != NULL; node = node->newer) {
        if (!node->real && !node->gone && node->first == node->last) {
            if (node->first != NULL) {
                unlink_node(node->first);
            }
            node->gone = true;
        }
    }
}

/* By the date sent, then by sequence number: RFC 5256 section 2.2. */
static int compare_nodes(const void *a, const void *b)
{
    const struct node *x = *(struct node *const *)a;
    const struct node *y = *(struct node *const *)b;
    x = x->real ? x : x->first;
    y = y->real ? y : y->first;
    int order = (x->date > y->date) - (x->date < y->date);
    return order != 0 ? order : (x->index > y->index) - (x->index < y->index);
}

static void sort_children(struct threads *t, struct node *parent)
{
    size_t count = 0;
    for (const struct node *child = parent->first; child != NULL; child = child->next) {
        count++;
    }
    if (count < 2) {
        return;
    }
    struct node **children = scratch_take(&t->imap->scratch, count * sizeof(struct node *));
    for (size_t i = 0; i < count; i++) {
        children[i] = parent->first;
        unlink_node(parent->first);
    }
    qsort(children, count, sizeof(struct node *), compare_nodes);
    for (size_t i = 0; i < count; i++) {
        append_child(parent, children[i]);
    }
}

static void sort_roots(struct threads *t)
{
    for (size_t i = 0; i < t->root_count; i++) {
        if (!t->roots[i]->real) {
            sort_children(t, t->roots[i]);
        }
    }
    if (t->root_count != 0) {
        qsort(t->roots, t->root_count, sizeof(struct node *), compare_nodes);
    }
}

static void gather_roots(struct threads *t)
{
    size_t count = 0;
    for (const struct node *node = t->oldest; node != NULL; node = node->newer) {
        count += !node->gone && node->parent == NULL;
    }
    t->roots = scratch_take(&t->imap->scratch, (count + 1) * sizeof(struct node *));
    t->root_count = 0;
    for (struct node *node = t->oldest; node != NULL; node = node->newer) {
        if (!node->gone && node->parent == NULL) {
            t->roots[t->root_count++] = node;
        }
    }
}

/* --- step 5: threads of one subject -------------------------------------------------------------
 */

static struct span subject_at(const struct node *root)
{
    return root->real ? root->subject : root->first->subject;
}

static bool is_reply(const struct node *root)
{
    return root->real && root->reply;
}

/* Step 5.C: one of two threads with the same subject goes into the other, or both into a new one.
   Returns the thread that stands for the subject from now on. */
static struct node *merge(struct threads *t, struct node *kept, struct node *root)
{
    if (!kept->real && !root->real) {
        take_children(kept, root);
        root->gone = true;
    } else if (!kept->real || (is_reply(root) && !is_reply(kept))) {
        append_child(kept, root);
    } else {
        struct node *dummy = new_node(t);
        append_child(dummy, kept);
        append_child(dummy, root);
        return dummy;
    }
    return kept;
}

static void merge_subjects(struct threads *t)
{
    struct table subjects;
    table_init(&subjects, &t->imap->scratch, t->root_count);
    for (size_t i = 0; i < t->root_count; i++) {
        struct node *root = t->roots[i];
        struct span subject = subject_at(root);
        struct table_entry *entry = table_find(&subjects, subject);
        if (subject.len == 0) {
            continue;
        }
        struct node *old = entry->node;
        if (old == NULL || (old->real && (!root->real || (old->reply && !root->reply)))) {
            *entry = (struct table_entry){subject, root};
        }
    }
    for (size_t i = 0; i < t->root_count; i++) {
        struct node *root = t->roots[i];
        /* What was merged already is a child now. */
        struct span subject = root->parent == NULL ? subject_at(root) : (struct span){0};
        struct table_entry *entry = table_find(&subjects, subject);
        if (subject.len != 0 && entry->node != root) {
            entry->node = merge(t, entry->node, root);
        }
    }
}

/* --- step 6 and the answer ----------------------------------------------------------------------
 */

struct answer {
    struct threads *t;
    bool uid;
};

static struct imap_thread *thread_node(const struct answer *a, const struct node *node)
{
    struct imap_thread *thread = scratch_take(&a->t->imap->scratch, sizeof *thread);
    if (node->real) {
        thread->number =
            a->uid ? a->t->imap->view.entries[node->index].message->uid : (uint64_t)node->index + 1;
    }
    return thread;
}

/* The node that comes behind this one, when a tree is gone through from the top. */
static const struct node *following(const struct node *node, const struct node *top)
{
    if (node->first != NULL) {
        return node->first;
    }
    while (node != top && node->next == NULL) {
        node = node->parent;
    }
    return node == top ? NULL : node->next;
}

static struct imap_thread *branch(const struct answer *a, const struct node *top, unsigned depth)
{
    struct imap_thread *thread = thread_node(a, top);
    struct imap_thread *last = thread;
    const struct node *node = top;
    while (node->real && (depth == 0 ? (node = following(node, top)) != NULL
                                     : node->first != NULL && node->first == node->last)) {
        node = depth == 0 ? node : node->first;
        struct imap_thread *reply = thread_node(a, node);
        last->reply = reply;
        last = reply;
    }
    const struct imap_thread **tail = &last->nested;
    for (const struct node *child = node == NULL ? NULL : node->first; child != NULL;
         child = child->next) {
        struct imap_thread *nested = branch(a, child, depth - 1);
        *tail = nested;
        tail = &nested->next;
    }
    return thread;
}

const struct imap_thread *thread_references(struct imap_service *imap, const size_t *indices,
                                            size_t count, bool uid)
{
    struct threads t = {.imap = imap};
    const struct answer answer = {&t, uid};
    const struct imap_thread *first = NULL;
    const struct imap_thread **tail = &first;
    t.newest = &t.oldest;
    read_messages(&t, indices, count);
    prune(&t);
    gather_roots(&t);
    sort_roots(&t);
    merge_subjects(&t);
    gather_roots(&t);
    for (struct node *node = t.oldest; node != NULL; node = node->newer) {
        if (!node->gone) {
            sort_children(&t, node);
        }
    }
    sort_roots(&t);
    for (size_t i = 0; i < t.root_count; i++) {
        struct imap_thread *thread = branch(&answer, t.roots[i], BRANCHES_MAX);
        *tail = thread;
        tail = &thread->next;
    }
    return first;
}
