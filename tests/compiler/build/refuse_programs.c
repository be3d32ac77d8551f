/* Preloaded by nothing_executed.cmake: the process ends where it would start a program, or write a file that does not lie below
   KERATIN_TEST_WRITES. Functions of the C library that it calls itself are not seen here, so the ones that do these things are all listed. */
#define _GNU_SOURCE
#include <dlfcn.h>
#include <fcntl.h>
#include <spawn.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static void refuse(const char* what, const char* name) {
  fprintf(stderr, "refused: %s %s\n", what, name);
  abort();
}

int execve(const char* path, char* const arguments[], char* const environment[]) { refuse("execve", path); return arguments || environment; }
int execv(const char* path, char* const arguments[]) { refuse("execv", path); return !arguments; }
int execvp(const char* path, char* const arguments[]) { refuse("execvp", path); return !arguments; }
int execvpe(const char* path, char* const arguments[], char* const environment[]) { refuse("execvpe", path); return arguments || environment; }
int execl(const char* path, const char* argument, ...) { refuse("execl", path); return !argument; }
int execlp(const char* path, const char* argument, ...) { refuse("execlp", path); return !argument; }
int system(const char* command) { refuse("system", command); return 0; }
FILE* popen(const char* command, const char* mode) { refuse("popen", command); return mode ? NULL : stdin; }
pid_t fork(void) { refuse("fork", ""); return 0; }
pid_t vfork(void) { refuse("vfork", ""); return 0; }
int posix_spawn(pid_t* child, const char* path, const posix_spawn_file_actions_t* actions, const posix_spawnattr_t* attributes, char* const arguments[], char* const environment[]) {
  refuse("posix_spawn", path);
  return child || actions || attributes || arguments || environment;
}
int posix_spawnp(pid_t* child, const char* path, const posix_spawn_file_actions_t* actions, const posix_spawnattr_t* attributes, char* const arguments[], char* const environment[]) {
  refuse("posix_spawnp", path);
  return child || actions || attributes || arguments || environment;
}

static void judge(const char* path) {
  const char* allowed = getenv("KERATIN_TEST_WRITES");
  if (strncmp(path, "/dev/", 5) == 0) return;
  if (!allowed || strncmp(path, allowed, strlen(allowed)) != 0) refuse("writing", path);
}

#define OPEN(name)                                                       \
  int name(const char* path, int flags, ...) {                           \
    va_list more;                                                        \
    va_start(more, flags);                                               \
    const mode_t mode = flags & (O_CREAT | O_TMPFILE) ? va_arg(more, mode_t) : 0; \
    va_end(more);                                                        \
    if (flags & (O_WRONLY | O_RDWR | O_CREAT)) judge(path);              \
    int (*next)(const char*, int, ...) = (int (*)(const char*, int, ...))dlsym(RTLD_NEXT, #name); \
    return next(path, flags, mode);                                      \
  }
OPEN(open)
OPEN(open64)

#define OPEN_FILE(name)                                                  \
  FILE* name(const char* path, const char* mode) {                       \
    if (strpbrk(mode, "wa+")) judge(path);                               \
    FILE* (*next)(const char*, const char*) = (FILE * (*)(const char*, const char*)) dlsym(RTLD_NEXT, #name); \
    return next(path, mode);                                             \
  }
OPEN_FILE(fopen)
OPEN_FILE(fopen64)

char* mkdtemp(char* pattern) {
  judge(pattern);
  return ((char* (*)(char*))dlsym(RTLD_NEXT, "mkdtemp"))(pattern);
}
int mkstemp(char* pattern) {
  judge(pattern);
  return ((int (*)(char*))dlsym(RTLD_NEXT, "mkstemp"))(pattern);
}
