/*
 * What a straightforward C program does with the same bytes: no intrinsics, no tricks, one pass, constants where TypeScript
 * has tables. Built by bench/native.ts with -O3 -march=native; the compiler may vectorise what it likes.
 *
 * It reads one command per line and answers one line:
 *   file NAME PATH       load a file into memory            -> ok
 *   run WORKLOAD ARGS    once; thread CPU time of the work   -> nanoseconds
 *   write PATH           what the last run wrote             -> ok BYTES
 */
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

typedef uint8_t u8;
typedef uint32_t u32;
typedef uint64_t u64;

static u64 cpu(void) {
  struct timespec t;
  clock_gettime(CLOCK_THREAD_CPUTIME_ID, &t);
  return (u64)t.tv_sec * 1000000000 + t.tv_nsec;
}

/* ------------------------------------------------------------------------------------------------ buffers */
typedef struct {
  char name[32];
  u8 *bytes;
  size_t size;
} Buffer;
static Buffer files[16];
static int file_count;
static Buffer out[16]; /* the columns of the last run, in the order in which they are written */
static int out_count;

static void *need(size_t size) {
  void *p = aligned_alloc(4096, (size + 4096) & ~(size_t)4095);
  if (!p) exit(3);
  return p;
}
static Buffer *file(const char *name) {
  for (int i = 0; i < file_count; i++)
    if (!strcmp(files[i].name, name)) return &files[i];
  fprintf(stderr, "no file %s\n", name);
  exit(2);
}
static void load(const char *name, const char *path) {
  Buffer *b = NULL;
  for (int i = 0; i < file_count; i++)
    if (!strcmp(files[i].name, name)) {
      b = &files[i];
      free(b->bytes);
    }
  if (!b) b = &files[file_count++];
  snprintf(b->name, sizeof b->name, "%s", name);
  FILE *f = fopen(path, "rb");
  if (!f) exit(2);
  fseek(f, 0, SEEK_END);
  b->size = ftell(f);
  rewind(f);
  b->bytes = need(b->size + 64); /* zero bytes behind a text */
  memset(b->bytes + b->size, 0, 64);
  if (fread(b->bytes, 1, b->size, f) != b->size) exit(2);
  fclose(f);
}
/* a column of the result, kept between runs */
static void *column(int i, size_t capacity) {
  static size_t room[16];
  if (room[i] < capacity) {
    free(out[i].bytes);
    out[i].bytes = need(capacity);
    memset(out[i].bytes, 0, capacity);
    room[i] = capacity;
  }
  out[i].size = capacity;
  if (out_count <= i) out_count = i + 1;
  return out[i].bytes;
}

/* ------------------------------------------------------------------------------------------- flat, histogram */
/* keys as a C programmer would write them: the bits that matter, with constants */
#define KEY_S2(d) (((d) & 0x7ff) | (((d) >> 42) & 0x1800))   /* arm64 stage 2: [10:0], [54:53] */
#define KEY_EPT(d) (((d) & 0x7ff) | (((d) >> 52) & 0x800))   /* EPT: [10:0], [63] */
#define KEY_X86(d) (((d) & 0x1fff) | (((d) >> 50) & 0x2000)) /* x86: [12:0], [63] */

#define FLAT(NAME, KEY)                                                                    \
  __attribute__((noinline)) static void flat_##NAME(const u64 *restrict w, size_t n, u8 *restrict o, const u8 *restrict lut) { \
    for (size_t i = 0; i < n; i++) o[i] = lut[KEY(w[i])];                                   \
  }                                                                                        \
  __attribute__((noinline)) static void histogram_##NAME(const u64 *w, size_t n, double *counts, const u8 *lut) { \
    static u32 bank[4][256]; /* four, so that equal neighbours do not wait for each other */ \
    memset(bank, 0, sizeof bank);                                                          \
    size_t i = 0;                                                                          \
    for (; i + 4 <= n; i += 4) {                                                           \
      bank[0][lut[KEY(w[i])]]++;                                                           \
      bank[1][lut[KEY(w[i + 1])]]++;                                                       \
      bank[2][lut[KEY(w[i + 2])]]++;                                                       \
      bank[3][lut[KEY(w[i + 3])]]++;                                                       \
    }                                                                                      \
    for (; i < n; i++) bank[0][lut[KEY(w[i])]]++;                                          \
    for (int c = 0; c < 256; c++) counts[c] = (double)bank[0][c] + bank[1][c] + bank[2][c] + bank[3][c]; \
  }
FLAT(s2, KEY_S2)
FLAT(ept, KEY_EPT)
FLAT(x86, KEY_X86)

__attribute__((noinline)) static u64 sum(const u64 *w, size_t n) {
  u64 s = 0;
  for (size_t i = 0; i < n; i++) s += w[i];
  return s;
}

/* ------------------------------------------------------------------------------------------------- tree walk */
#define ADDRESS 0x0000fffffffff000ull
typedef struct {
  double *input, *output, *frames, *at;
  u32 *lo, *hi, *inherited;
  u8 *level, *kind;
  size_t n;
} Rows;
typedef struct {
  const u8 *image;
  size_t size;
  Rows rows;
  /* the open range */
  int open, level;
  u64 input, output, frames, first, at;
} Walk;

static void walk_close(Walk *w) {
  if (!w->open) return;
  Rows *r = &w->rows;
  size_t n = r->n++;
  r->input[n] = (double)w->input;
  r->output[n] = (double)w->output;
  r->frames[n] = (double)w->frames;
  r->at[n] = (double)w->at;
  r->lo[n] = (u32)w->first;
  r->hi[n] = (u32)(w->first >> 32);
  r->inherited[n] = 0;
  r->level[n] = (u8)w->level;
  r->kind[n] = 3;
  w->open = 0;
}
static inline void walk_leaf(Walk *w, u64 d, u64 input, int level, u64 at) {
  u64 span = 1ull << (9 * level), output = (d & ADDRESS) >> 12;
  if (w->open && w->level == level && w->input + w->frames == input && w->output + w->frames == output &&
      ((w->first ^ d) & ~ADDRESS) == 0) {
    w->frames += span;
    return;
  }
  walk_close(w);
  w->open = 1;
  w->level = level;
  w->input = input;
  w->output = output;
  w->frames = span;
  w->first = d;
  w->at = at;
}
/* level 0 is the leaf level */
static void walk_table(Walk *w, u64 table, int level, u64 input) {
  if (table + 4096 > w->size) return;
  const u64 *t = (const u64 *)(w->image + table);
  for (int i = 0; i < 512; i++, input += 1ull << (9 * level)) {
    u64 d = t[i];
    if (!(d & 1)) continue;
    if (level == 0) {
      if (d & 2) walk_leaf(w, d, input, 0, table + 8 * i);
    } else if (d & 2) walk_table(w, d & ADDRESS, level - 1, input);
    else walk_leaf(w, d, input, level, table + 8 * i);
  }
}
static void walk_columns(Rows *r, size_t capacity) {
  r->input = column(0, capacity * 8);
  r->output = column(1, capacity * 8);
  r->frames = column(2, capacity * 8);
  r->at = column(3, capacity * 8);
  r->lo = column(4, capacity * 4);
  r->hi = column(5, capacity * 4);
  r->inherited = column(6, capacity * 4);
  r->level = column(7, capacity);
  r->kind = column(8, capacity);
  r->n = 0;
}
static void walk_sizes(size_t n) {
  const size_t size[] = {8, 8, 8, 8, 4, 4, 4, 1, 1};
  for (int i = 0; i < 9; i++) out[i].size = n * size[i];
  out_count = 9;
}

/* -------------------------------------------------------------------------------------------------- look-ups */
/* one address: the leaf entry and the output address, or all ones */
static inline u64 translate(const u8 *image, size_t size, u64 root, u64 address, u64 *leaf) {
  u64 table = root;
  *leaf = 0;
  for (int shift = 39; shift >= 12; shift -= 9) {
    if (table + 4096 > size) return ~0ull;
    u64 d = *(const u64 *)(image + table + ((address >> shift) & 511) * 8);
    if (!(d & 1)) return ~0ull;
    if (shift == 12 || !(d & 2)) {
      if (shift == 12 && !(d & 2)) return ~0ull;
      u64 mask = (1ull << shift) - 1;
      *leaf = d;
      return (d & ADDRESS & ~mask) | (address & mask);
    }
    table = d & ADDRESS;
  }
  return ~0ull;
}
__attribute__((noinline)) static void lookups(const u8 *image, size_t size, u64 root, const u64 *addresses, size_t n,
                                              u64 *outputs, u64 *leaves) {
  for (size_t i = 0; i < n; i++) outputs[i] = translate(image, size, root, addresses[i], &leaves[i]);
}

/* ---------------------------------------------------------------------------------------------------- nested */
/* stage 1 walked through stage 2; for every page that both map, the code of the pair, and totals per code */
typedef struct {
  const u8 *image;
  size_t size;
  u64 root2;
  const u8 *lut1, *lut2, *pairs;
  u8 *codes;
  double *totals;
  u64 count[256];
  size_t n;
  /* the last 2 MiB of stage 2, as every walker keeps it */
  u64 tag;
  const u64 *table;
  u64 block;
} Nested;
static u64 stage2_page(Nested *w, u64 ipa) {
  u64 granule = ipa >> 21;
  if (granule != w->tag) {
    w->tag = granule;
    w->table = NULL;
    w->block = 0;
    u64 table = w->root2;
    for (int shift = 39; shift >= 21; shift -= 9) {
      if (table + 4096 > w->size) return 0;
      u64 d = *(const u64 *)(w->image + table + ((ipa >> shift) & 511) * 8);
      if (!(d & 1)) return 0;
      if (!(d & 2)) {
        u64 mask = (1ull << shift) - 1;
        w->block = (d & ~(ADDRESS & mask)) | (granule << 21 & mask) | 2;
        break;
      }
      table = d & ADDRESS;
      if (shift == 21 && table + 4096 <= w->size) w->table = (const u64 *)(w->image + table);
    }
  }
  if (w->block) return w->block | (ipa & 0x1ff000);
  u64 d = w->table ? w->table[(ipa >> 12) & 511] : 0;
  return (d & 3) == 3 ? d : 0;
}
static inline void nested_page(Nested *w, u64 d1, u64 ipa) {
  u64 d2 = stage2_page(w, ipa);
  if (!d2) return;
  u8 code = w->pairs[(w->lut1[KEY_S2(d1)] << 8) | w->lut2[KEY_S2(d2)]];
  w->codes[w->n++] = code;
  w->count[code]++;
}
static void nested_table(Nested *w, u64 table, int level) {
  u64 d2 = stage2_page(w, table); /* stage 1 tables are read through stage 2 */
  if (!d2 || (d2 & ADDRESS) + 4096 > w->size) return;
  const u64 *t = (const u64 *)(w->image + (d2 & ADDRESS));
  for (int i = 0; i < 512; i++) {
    u64 d = t[i];
    if (!(d & 1)) continue;
    if (level == 0) {
      if (d & 2) nested_page(w, d, d & ADDRESS);
    } else if (d & 2) nested_table(w, d & ADDRESS, level - 1);
    else
      for (u64 k = 0; k < 1ull << (9 * level); k++) nested_page(w, d | 2, (d & ADDRESS) + (k << 12));
  }
}

/* -------------------------------------------------------------------------------------------------- hex text */
/* 0..15 a digit, 16 another character of a token, 17 a separator */
__attribute__((noinline)) static size_t hex_words(const u8 *s, size_t size, const u8 *class, u64 *words, u32 *counts) {
  const u8 *end = s + size;
  u64 *first = words;
  counts[0] = counts[1] = 0;
  while (s < end) {
    if (class[*s] == 17) {
      s++;
      continue;
    }
    int prefix = s[0] == '0' && (s[1] | 32) == 'x';
    if (prefix) s += 2;
    const u8 *digits = s;
    u64 word = 0;
    while (class[*s] < 16) word = word << 4 | class[*s++];
    size_t n = s - digits;
    int whole = class[*s] == 17;
    if (whole && n > 0 && *s == ':') counts[0]++;
    else if (whole && (prefix ? n > 0 && n <= 16 : n == 16)) *words++ = word;
    else counts[1]++;
    while (class[*s] != 17) s++;
  }
  return words - first;
}

/* ------------------------------------------------------------------------------------------------- commands */
static u64 run(char **arg, int n) {
  const char *what = arg[0];
  u64 start;
  if (!strncmp(what, "flat.", 5) || !strncmp(what, "histogram.", 10)) {
    Buffer *words = file(arg[1]), *lut = file(arg[2]);
    size_t count = words->size / 8;
    const u64 *w = (const u64 *)words->bytes;
    out_count = 0;
    if (what[0] == 'f') {
      u8 *codes = column(0, count);
      start = cpu();
      if (!strcmp(what + 5, "s2")) flat_s2(w, count, codes, lut->bytes);
      else if (!strcmp(what + 5, "ept")) flat_ept(w, count, codes, lut->bytes);
      else flat_x86(w, count, codes, lut->bytes);
    } else {
      double *counts = column(0, 256 * 8);
      start = cpu();
      if (!strcmp(what + 10, "s2")) histogram_s2(w, count, counts, lut->bytes);
      else if (!strcmp(what + 10, "ept")) histogram_ept(w, count, counts, lut->bytes);
      else histogram_x86(w, count, counts, lut->bytes);
    }
    return cpu() - start;
  }
  if (!strcmp(what, "read")) {
    Buffer *words = file(arg[1]);
    out_count = 0;
    u64 *total = column(0, 8);
    start = cpu();
    *total = sum((const u64 *)words->bytes, words->size / 8);
    return cpu() - start;
  }
  if (!strcmp(what, "walk")) { /* image root capacity */
    Buffer *image = file(arg[1]);
    static Walk w;
    memset(&w, 0, sizeof w);
    w.image = image->bytes;
    w.size = image->size;
    out_count = 0;
    walk_columns(&w.rows, strtoull(arg[3], 0, 0));
    start = cpu();
    walk_table(&w, strtoull(arg[2], 0, 0), 3, 0);
    walk_close(&w);
    u64 time = cpu() - start;
    walk_sizes(w.rows.n);
    return time;
  }
  if (!strcmp(what, "lookups")) { /* image root addresses */
    Buffer *image = file(arg[1]), *addresses = file(arg[3]);
    size_t count = addresses->size / 8;
    out_count = 0;
    u64 *outputs = column(0, count * 8), *leaves = column(1, count * 8);
    u64 root = strtoull(arg[2], 0, 0);
    start = cpu();
    lookups(image->bytes, image->size, root, (const u64 *)addresses->bytes, count, outputs, leaves);
    return cpu() - start;
  }
  if (!strcmp(what, "nested")) { /* image root1 root2 lut1 lut2 pairs capacity */
    Buffer *image = file(arg[1]);
    static Nested w;
    memset(&w, 0, sizeof w);
    w.image = image->bytes;
    w.size = image->size;
    w.root2 = strtoull(arg[3], 0, 0);
    w.lut1 = file(arg[4])->bytes;
    w.lut2 = file(arg[5])->bytes;
    w.pairs = file(arg[6])->bytes;
    w.tag = ~0ull;
    out_count = 0;
    w.codes = column(0, strtoull(arg[7], 0, 0));
    w.totals = column(1, 256 * 8);
    start = cpu();
    nested_table(&w, strtoull(arg[2], 0, 0), 3);
    for (int c = 0; c < 256; c++) w.totals[c] = (double)w.count[c];
    u64 time = cpu() - start;
    out[0].size = w.n;
    return time;
  }
  if (!strcmp(what, "text")) { /* text classes */
    Buffer *text = file(arg[1]);
    out_count = 0;
    u64 *words = column(0, text->size * 4);
    u32 *counts = column(1, 8);
    start = cpu();
    size_t count = hex_words(text->bytes, text->size, file(arg[2])->bytes, words, counts);
    u64 time = cpu() - start;
    out[0].size = count * 8;
    return time;
  }
  (void)n;
  fprintf(stderr, "no workload %s\n", what);
  exit(2);
}

int main(void) {
  static char line[4096];
  while (fgets(line, sizeof line, stdin)) {
    char *arg[16];
    int n = 0;
    for (char *word = strtok(line, " \n"); word && n < 16; word = strtok(NULL, " \n")) arg[n++] = word;
    if (n == 0) continue;
    if (!strcmp(arg[0], "file")) {
      load(arg[1], arg[2]);
      puts("ok");
    } else if (!strcmp(arg[0], "run")) {
      printf("%llu\n", (unsigned long long)run(arg + 1, n - 1));
    } else if (!strcmp(arg[0], "write")) {
      FILE *f = fopen(arg[1], "wb");
      if (!f) return 2;
      size_t total = 0;
      for (int i = 0; i < out_count; i++) total += fwrite(out[i].bytes, 1, out[i].size, f);
      fclose(f);
      printf("ok %zu\n", total);
    }
    fflush(stdout);
  }
  return 0;
}
