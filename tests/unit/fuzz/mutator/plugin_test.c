/* SPDX-License-Identifier: MIT */
/* libpostel-mutator.so, loaded as AFL++ loads it, far from any grammar file. */
#include <dlfcn.h>
#include <stdbool.h>
#include <string.h>

#include "fuzz/mutator/afl.h"
#include "tests/support/table.h"

enum { MAX = 2048 };

struct plugin {
    void *library;
    void *data;
    void *(*init)(void *afl, unsigned int seed);
    size_t (*fuzz)(void *data, uint8_t *octets, size_t size, uint8_t **out, uint8_t *other,
                   size_t other_size, size_t max);
    const char *(*describe)(void *data, size_t max);
    int32_t (*init_trim)(void *data, uint8_t *octets, size_t size);
    size_t (*trim)(void *data, uint8_t **out);
    int32_t (*post_trim)(void *data, unsigned char success);
    void (*deinit)(void *data);
};

/* A function pointer from dlsym(), which says void *. */
static void look_up(void *library, const char *name, void *out)
{
    void *symbol = dlsym(library, name);
    if (symbol == NULL) {
        fail_msg("%s is missing", name);
    }
    memcpy(out, &symbol, sizeof symbol);
}

static struct plugin plugin_open(unsigned seed)
{
    struct plugin p = {.library = dlopen(POSTEL_BUILD "/libpostel-mutator.so", RTLD_NOW)};
    if (p.library == NULL) {
        fail_msg("%s", dlerror());
    }
    look_up(p.library, "afl_custom_init", &p.init);
    look_up(p.library, "afl_custom_fuzz", &p.fuzz);
    look_up(p.library, "afl_custom_describe", &p.describe);
    look_up(p.library, "afl_custom_init_trim", &p.init_trim);
    look_up(p.library, "afl_custom_trim", &p.trim);
    look_up(p.library, "afl_custom_post_trim", &p.post_trim);
    look_up(p.library, "afl_custom_deinit", &p.deinit);
    p.data = p.init(NULL, seed);
    return p;
}

static void plugin_close(struct plugin *p)
{
    p->deinit(p->data);
    (void)dlclose(p->library);
}

/* Two with the same seed make the same, one after the other. */
static void check_fuzz(void **state)
{
    (void)state;
    uint8_t in[] = "* 1 FETCH (FLAGS (\\Seen))\r\n";
    uint8_t other[] = "* LIST () NIL a\r\n";
    struct plugin a = plugin_open(5);
    assert_non_null(a.data);
    void *second = a.init(NULL, 5);
    assert_non_null(second);
    for (unsigned i = 0; i < 500; i++) {
        uint8_t *out = NULL;
        uint8_t *again = NULL;
        size_t max = i % 3 == 0 ? 40 : MAX;
        size_t len = a.fuzz(a.data, in, sizeof in - 1, &out, other, sizeof other - 1, max);
        assert_true(len > 0 && len <= max);
        assert_int_equal(len,
                         a.fuzz(second, in, sizeof in - 1, &again, other, sizeof other - 1, max));
        assert_memory_equal(out, again, len);
        const char *text = a.describe(a.data, 64);
        assert_true(strncmp(text, "postel-", 7) == 0 && strlen(text) < 64);
    }
    a.deinit(second);
    plugin_close(&a);
}

/* As AFL++ does it; what must stay is "X". */
static void check_trim(void **state)
{
    (void)state;
    uint8_t in[] = "* 1 EXISTS\r\n* 2 FETCH (A X B)\r\na OK\r\n";
    struct plugin p = plugin_open(1);
    int32_t steps = p.init_trim(p.data, in, sizeof in - 1);
    assert_true(steps > 0);
    size_t best = sizeof in - 1;
    int32_t rounds = 0;
    for (int32_t step = 0; step < steps; rounds++) {
        uint8_t *out = NULL;
        size_t len = p.trim(p.data, &out);
        bool good = len > 0 && memchr(out, 'X', len) != NULL;
        best = good ? len : best;
        step = p.post_trim(p.data, good ? 1 : 0);
        assert_true(rounds <= steps);
    }
    assert_true(best <= strlen("(X)\r\n"));
    plugin_close(&p);
}

int main(void)
{
    static const struct CMUnitTest tests[] = {
        cmocka_unit_test(check_fuzz),
        cmocka_unit_test(check_trim),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
