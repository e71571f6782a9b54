/* SPDX-License-Identifier: MIT */
/* Replays files and folders through LLVMFuzzerTestOneInput, without any fuzzer. */
#include <dirent.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static int replay(const char *path, unsigned *count);

static int replay_folder(const char *path, unsigned *count)
{
    DIR *folder = opendir(path);
    int rc = folder == NULL;
    for (struct dirent *entry; folder != NULL && (entry = readdir(folder)) != NULL;) {
        char name[4096];
        if (entry->d_name[0] != '.' &&
            snprintf(name, sizeof name, "%s/%s", path, entry->d_name) < (int)sizeof name) {
            rc |= replay(name, count);
        }
    }
    if (folder != NULL) {
        (void)closedir(folder);
    }
    return rc;
}

static int replay_file(const char *path, size_t size, unsigned *count)
{
    FILE *file = fopen(path, "rb");
    uint8_t *data = malloc(size > 0 ? size : 1);
    if (file == NULL || data == NULL || fread(data, 1, size, file) != size) {
        (void)fprintf(stderr, "%s: cannot be read\n", path);
        free(data);
        if (file != NULL) {
            (void)fclose(file);
        }
        return 1;
    }
    (void)fclose(file);
    (void)LLVMFuzzerTestOneInput(data, size);
    free(data);
    (*count)++;
    return 0;
}

static int replay(const char *path, unsigned *count)
{
    struct stat st;
    if (stat(path, &st) != 0) {
        (void)fprintf(stderr, "%s: no such file or folder\n", path);
        return 1;
    }
    return S_ISDIR(st.st_mode) ? replay_folder(path, count)
                               : replay_file(path, (size_t)st.st_size, count);
}

int main(int argc, char **argv)
{
    unsigned count = 0;
    int rc = 0;
    for (int i = 1; i < argc; i++) {
        rc |= replay(argv[i], &count);
    }
    (void)printf("%u inputs replayed\n", count);
    return rc != 0 || count == 0;
}
