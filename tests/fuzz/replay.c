/* replay: runs a fuzz target once over every file of the folders and files that are named; no
 * fuzzer needed. */
#include <dirent.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static int replay_file(const char *path)
{
    FILE *file = fopen(path, "rb");
    uint8_t *data;
    long size;

    if (file == NULL || fseek(file, 0, SEEK_END) != 0 || (size = ftell(file)) < 0) {
        perror(path);
        return 1;
    }
    rewind(file);
    data =
        malloc((size_t)size + (size == 0)); /* exactly its size: sanitizers see every over-read */
    if (data == NULL || fread(data, 1, (size_t)size, file) != (size_t)size) {
        perror(path);
        return 1;
    }
    (void)LLVMFuzzerTestOneInput(data, (size_t)size);
    free(data);
    (void)fclose(file);
    return 0;
}

int main(int argc, char **argv)
{
    unsigned long num = 0;

    for (int i = 1; i < argc; i++) {
        DIR *folder = opendir(argv[i]);
        struct dirent *entry;

        while (folder != NULL && (entry = readdir(folder)) != NULL) {
            char path[4096];

            if (entry->d_name[0] == '.') {
                continue;
            }
            (void)snprintf(path, sizeof(path), "%s/%s", argv[i], entry->d_name);
            if (replay_file(path) != 0) {
                return 1;
            }
            num++;
        }
        if (folder == NULL) {
            if (replay_file(argv[i]) != 0) {
                return 1;
            }
            num++;
        } else {
            (void)closedir(folder);
        }
    }
    (void)printf("%lu inputs replayed\n", num);
    return num == 0; /* a corpus that is not there is a failure */
}
