/* SPDX-License-Identifier: MIT */
#include "server/note.h"

#include "net/memory.h"

static struct note **place_of(struct note **first, struct span name)
{
    while (*first != NULL && !span_equal_nocase(span_text((*first)->name), name)) {
        first = &(*first)->next;
    }
    return first;
}

static void note_free(struct note *note)
{
    memory_free(note->name);
    memory_free(note->value);
    memory_free(note);
}

const struct note *note_find(const struct note *first, struct span name)
{
    while (first != NULL && !span_equal_nocase(span_text(first->name), name)) {
        first = first->next;
    }
    return first;
}

size_t note_count(const struct note *first)
{
    size_t count = 0;
    for (; first != NULL; first = first->next) {
        count++;
    }
    return count;
}

void note_set(struct note **first, struct span name, struct span value)
{
    struct note **place = place_of(first, name);
    if (*place == NULL) {
        *place = memory_zero(1, sizeof **place);
        (*place)->name = memory_text(name);
    }
    memory_free((*place)->value);
    (*place)->value = memory_alloc(value.len + 1);
    (*place)->len = value.len;
    if (value.len != 0) {
        memcpy((*place)->value, value.ptr, value.len);
    }
}

void note_remove(struct note **first, struct span name)
{
    struct note **place = place_of(first, name);
    struct note *note = *place;
    if (note != NULL) {
        *place = note->next;
        note_free(note);
    }
}

void note_free_all(struct note **first)
{
    while (*first != NULL) {
        struct note *note = *first;
        *first = note->next;
        note_free(note);
    }
}
