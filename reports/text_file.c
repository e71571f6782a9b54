/* SPDX-License-Identifier: MIT */
#include "reports/text_file.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "net/memory.h"

bool text_file_read(const char *path, size_t limit, struct span *out)
{
    *out = (struct span){0};
    FILE *stream = fopen(path, "rbe");
    if (stream == NULL) {
        return false;
    }
    size_t cap = 8192;
    size_t len = 0;
    uint8_t *octets = NULL;
    size_t got = 0;
    do {
        cap = cap * 2 < limit + 1 ? cap * 2 : limit + 1;
        octets = memory_resize(octets, cap + 1, 1);
        got = fread(octets + len, 1, cap - len, stream);
        len += got;
    } while (got != 0 && len <= limit);
    int error = ferror(stream) != 0 ? errno : len > limit ? EFBIG : 0;
    (void)fclose(stream);
    if (error != 0) {
        memory_free(octets);
        errno = error;
        return false;
    }
    octets[len] = 0;
    *out = (struct span){octets, len};
    return true;
}

static void forget(struct text_file *file)
{
    memory_free(file->path);
    memory_free(file->temporary);
    *file = (struct text_file){0};
}

bool text_file_open(struct text_file *file, const char *path)
{
    *file = (struct text_file){.path = memory_text(span_text(path))};
    if (strcmp(path, "-") == 0) {
        file->stream = stdout;
        return true;
    }
    struct stat status;
    if (stat(path, &status) == 0 && !S_ISREG(status.st_mode)) {
        /* Devices and pipes cannot be replaced by renaming. */
        file->stream = fopen(path, "we");
    } else {
        file->temporary = memory_format("%s.XXXXXX", path);
        int fd = mkstemp(file->temporary);
        mode_t mask = umask(0);
        (void)umask(mask);
        if (fd >= 0 && fchmod(fd, 0666 & ~mask) == 0) {
            file->stream = fdopen(fd, "w");
        }
    }
    if (file->stream == NULL) {
        int error = errno;
        forget(file);
        errno = error;
        return false;
    }
    return true;
}

bool text_file_open_growing(struct text_file *file, const char *path)
{
    bool standard = strcmp(path, "-") == 0;
    *file = (struct text_file){.stream = standard ? stdout : fopen(path, "we")};
    if (file->stream != NULL) {
        file->path = memory_text(span_text(path));
    }
    return file->stream != NULL;
}

bool text_file_close(struct text_file *file)
{
    if (file->stream == NULL) {
        return true;
    }
    errno = 0;
    bool ok = ferror(file->stream) == 0 && fflush(file->stream) == 0;
    if (file->stream != stdout) {
        ok = fclose(file->stream) == 0 && ok;
    }
    if (ok && file->temporary != NULL) {
        ok = rename(file->temporary, file->path) == 0;
    }
    int error = errno == 0 ? EIO : errno;
    if (!ok && file->temporary != NULL) {
        (void)unlink(file->temporary);
    }
    forget(file);
    errno = error;
    return ok;
}

void text_file_abandon(struct text_file *file)
{
    if (file->stream == NULL) {
        return;
    }
    if (file->stream != stdout) {
        (void)fclose(file->stream);
    }
    if (file->temporary != NULL) {
        (void)unlink(file->temporary);
    }
    forget(file);
}
