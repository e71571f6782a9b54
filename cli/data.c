/* SPDX-License-Identifier: MIT */
#include "cli/data.h"

#include <stdlib.h>
#include <sys/stat.h>

#include "net/memory.h"

static bool is_folder(const char *path)
{
    struct stat status;
    return stat(path, &status) == 0 && S_ISDIR(status.st_mode);
}

char *data_folder(const char *name)
{
    const char *given = getenv("POSTEL_DATA");
    if (given != NULL && *given != '\0') {
        return memory_format("%s/%s", given, name);
    }
    return memory_format("%s/%s",
                         is_folder(POSTEL_SOURCE_DATA "/scenarios") ? POSTEL_SOURCE_DATA
                                                                    : POSTEL_INSTALLED_DATA,
                         name);
}

bool data_load(struct data *data, bool check)
{
    *data = (struct data){.scenarios = data_folder("scenarios")};
    struct problems problems = {0};
    if (!is_folder(data->scenarios)) {
        struct place place = {.file = data->scenarios};
        problems_add(&problems, &place,
                     "this folder is not there; POSTEL_DATA tells where scenarios/ lies");
    } else {
        char *folder = memory_format("%s/requirements", data->scenarios);
        register_load(&data->reg, folder, check, &problems);
        memory_free(folder);
    }
    problems_print(&problems, stderr);
    bool ok = problems.errors == 0;
    problems_fini(&problems);
    return ok;
}

void data_fini(struct data *data)
{
    register_fini(&data->reg);
    memory_free(data->scenarios);
    *data = (struct data){0};
}
