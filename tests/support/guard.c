/* SPDX-License-Identifier: MIT */
#include "tests/support/guard.h"

#include <assert.h>
#include <sys/mman.h>
#include <unistd.h>

void guard_init(struct guard *g, struct span octets)
{
    size_t page = (size_t)sysconf(_SC_PAGESIZE);
    size_t readable = (octets.len / page + 1) * page;
    g->map_len = readable + page;
    g->map = mmap(NULL, g->map_len, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    assert(g->map != MAP_FAILED);
    uint8_t *start = (uint8_t *)g->map + readable - octets.len;
    if (octets.len > 0) {
        memcpy(start, octets.ptr, octets.len);
    }
    int rc = mprotect(g->map, readable, PROT_READ);
    rc |= mprotect((uint8_t *)g->map + readable, page, PROT_NONE);
    assert(rc == 0);
    (void)rc;
    g->span = (struct span){start, octets.len};
}

void guard_fini(struct guard *g)
{
    (void)munmap(g->map, g->map_len);
    *g = (struct guard){0};
}
