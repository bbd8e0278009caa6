/* SPDX-License-Identifier: MIT */
#include "base/shmap.h"

#include <fcntl.h>
#include <string.h>
#include <sys/file.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

enum { TRIES = 100, PIECE = 4096 };

/* As long as somebody else may need to fill the file, and no longer: it may
** have been stopped while it does. */
static const struct timespec between_tries = {.tv_nsec = 1000 * 1000};

/* Between opening and locking, somebody else may have deleted the file. */
static bool is_in_place(int fd, const char *path) {
  struct stat opened, named;

  return fstat(fd, &opened) == 0 && lstat(path, &named) == 0 &&
         opened.st_dev == named.st_dev && opened.st_ino == named.st_ino;
}

static bool has_size(int fd, size_t n_bytes) {
  struct stat st;

  return fstat(fd, &st) == 0 && st.st_size == (off_t)n_bytes;
}

/* Owner and permissions as SQLite gives them to its own files. */
static void resemble(int fd, const char *like) {
  struct stat st;

  if (stat(like, &st)) return;
  if (geteuid() == 0 && fchown(fd, st.st_uid, st.st_gid)) return;
  if (fchmod(fd, st.st_mode & 0666)) return;
}

static bool fill(int fd, size_t n_bytes) {
  static const char zeros[PIECE];

  for (size_t i = 0; i < n_bytes; i += PIECE) {
    size_t n = n_bytes - i < PIECE ? n_bytes - i : PIECE;
    if (pwrite(fd, zeros, n, (off_t)i) != (ssize_t)n) return false;
  }
  return ftruncate(fd, (off_t)n_bytes) == 0;
}

typedef enum turn { READY, AGAIN, NEVER } turn;

/* Alone: makes the file new. A file that cannot be filled is deleted. */
static turn make(int fd, const char *path, const char *like, size_t n_bytes) {
  if (!is_in_place(fd, path)) return AGAIN;
  resemble(fd, like);
  if (!fill(fd, n_bytes)) {
    unlink(path);
    return NEVER;
  }
  /* Whoever gets in between the two locks makes it new once more. */
  return flock(fd, LOCK_SH | LOCK_NB) == 0 ? READY : AGAIN;
}

static turn lock(int fd, const char *path, const char *like, size_t n_bytes) {
  if (flock(fd, LOCK_EX | LOCK_NB) == 0) return make(fd, path, like, n_bytes);
  if (flock(fd, LOCK_SH | LOCK_NB) != 0) return AGAIN;
  if (!is_in_place(fd, path)) return AGAIN;
  return has_size(fd, n_bytes) ? READY : NEVER;
}

static turn map(int fd, size_t n_bytes, hp_shmap *out) {
  out->at = mmap(NULL, n_bytes, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
  if (out->at == MAP_FAILED) {
    out->at = NULL;
    return NEVER;
  }
  out->n_bytes = n_bytes;
  out->fd = fd;
  return READY;
}

static turn attempt(const char *path, const char *like, size_t n_bytes,
                    hp_shmap *out) {
  int fd = open(path, O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0600);
  turn t = fd < 0 ? NEVER : lock(fd, path, like, n_bytes);

  if (t == READY) t = map(fd, n_bytes, out);
  if (t != READY && fd >= 0) close(fd);
  return t;
}

int hp_shmap_open(const char *path, const char *like, size_t n_bytes,
                  hp_shmap *out) {
  turn t = AGAIN;

  *out = (hp_shmap){.fd = -1};
  for (int i = 0; i < TRIES && t == AGAIN; i++) {
    if (i) nanosleep(&between_tries, NULL);
    t = attempt(path, like, n_bytes, out);
  }
  if (t != READY) return SQLITE_CANTOPEN;
  out->path = sqlite3_mprintf("%s", path);
  if (out->path) return SQLITE_OK;
  hp_shmap_abandon(out);
  return SQLITE_NOMEM;
}

/* lseek() takes a third of the time of fstat(); nobody uses the offset. */
bool hp_shmap_is_whole(const hp_shmap *m) {
  return lseek(m->fd, 0, SEEK_END) == (off_t)m->n_bytes;
}

void hp_shmap_close(hp_shmap *m) {
  char *path = m->path;

  if (m->at && flock(m->fd, LOCK_EX | LOCK_NB) == 0 &&
      is_in_place(m->fd, m->path)) {
    unlink(path);
  }
  hp_shmap_abandon(m);
  sqlite3_free(path);
}

void hp_shmap_abandon(hp_shmap *m) {
  if (m->at) {
    munmap(m->at, m->n_bytes);
    close(m->fd);
  }
  *m = (hp_shmap){.fd = -1};
}
