/* SPDX-License-Identifier: MIT */
#include "parsers/core/arena.h"

#include "tests/support/table.h"

static void hands_out_zeroed_memory_until_full(void **state)
{
    (void)state;
    uint8_t block[64];
    memset(block, 0xAA, sizeof block);
    struct arena arena;
    arena_init(&arena, block, sizeof block);
    uint8_t *first = arena_take(&arena, 8);
    assert_non_null(first);
    for (size_t i = 0; i < 8; i++) {
        assert_int_equal(first[i], 0);
    }
    assert_null(arena_take(&arena, sizeof block));
    size_t mark = arena_mark(&arena);
    uint8_t *second = arena_take(&arena, 8);
    assert_non_null(second);
    arena_release(&arena, mark);
    assert_ptr_equal(arena_take(&arena, 8), second);
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(hands_out_zeroed_memory_until_full)};
    return cmocka_run_group_tests_name("parsers/core/arena", tests, NULL, NULL);
}
