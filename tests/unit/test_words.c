/* What README and the manual pages say of keys, options, targets and files is so. */
#include "base/text.h"
#include "support/test.h"
#include "ui/keymap.h"

#include <ctype.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

enum { WORDS_MAX = 64, WORD_SIZE = 80, HELP_SIZE = 8192 };

static const enum context contexts[] = {CONTEXT_SCREEN, CONTEXT_RECOVERY, CONTEXT_ACCOUNTS,
                                        CONTEXT_HELP,   CONTEXT_CONFIRM,  CONTEXT_ENTRY};

static void replace_all(char *text, const char *old, const char *new)
{
    size_t old_length = strlen(old), new_length = strlen(new);
    ck_assert_uint_le(new_length, old_length); /* in place */
    for (char *at = strstr(text, old); at != NULL; at = strstr(at + new_length, old)) {
        memcpy(at, new, new_length);
        memmove(at + new_length, at + old_length, strlen(at + old_length) + 1);
    }
}

/* A page's source with the marks of mdoc that stand inside words taken away. */
static char *read_manual(const char *name)
{
    char path[512];
    text_format(path, sizeof path, SOURCE_DIR "/man/%s", name);
    char *text = test_file_read(path);
    replace_all(text, "\\(ha", "^");
    replace_all(text, "\\&", "");
    replace_all(text, "Fl Fl ", "--");
    return text;
}

/* A copy of what stands between `from` and the next `to`, or the end; NULL without `from`. */
static char *cut_out(const char *text, const char *from, const char *to)
{
    const char *start = strstr(text, from);
    if (start == NULL)
        return NULL;
    start += strlen(from);
    const char *end = strstr(start, to);
    return strndup(start, end != NULL ? (size_t)(end - start) : strlen(start));
}

static size_t count_of(const char *text, const char *part)
{
    size_t count = 0;
    for (const char *at = strstr(text, part); at != NULL; at = strstr(at + 1, part))
        count++;
    return count;
}

/* How one of the texts writes the keys down. */
struct notation {
    const char *file;
    const char *context;         /* a format of its heading, for the context's name */
    const char *begin, *row;     /* of any row; a format, for name and help */
    const char *next, *next_key; /* what ends the part of a context, and the keys */
    const char *keys;
};

static const struct notation readme = {
    "README.md", "\n| **%s** | |\n", "\n| `", "\n| `%s` | %s |", "\n| **", "\n## ", "\n## Keys\n"};
static const struct notation manual = {"sortie.1", "\n.Ss %s\n", "\n.It Sy ", "\n.It Sy %s\n%s\n",
                                       "\n.Ss ",   "\n.Sh ",     "\n.Sh KEYS"};

static bool stands_with_its_context(const struct notation *n, const char *keys,
                                    const struct binding *b)
{
    char heading[100], row[300];
    bool found = false;
    text_format(row, sizeof row, n->row, b->name, b->help);
    for (size_t c = 0; c < sizeof contexts / sizeof contexts[0] && !found; c++) {
        if ((b->contexts & (unsigned)contexts[c]) == 0)
            continue;
        text_format(heading, sizeof heading, n->context, context_name(contexts[c]));
        char *part = cut_out(keys, heading, n->next);
        ck_assert_msg(part != NULL, "%s has no keys for \"%s\"", n->file,
                      context_name(contexts[c]));
        /* The heading has taken the line end that a row begins with. */
        found = strncmp(part, row + 1, strlen(row + 1)) == 0 || strstr(part, row) != NULL;
        free(part);
    }
    return found;
}

static void assert_keys(const struct notation *n, const char *text)
{
    char *keys = cut_out(text, n->keys, n->next_key);
    ck_assert_msg(keys != NULL, "%s has no section on keys", n->file);
    for (size_t i = 0; i < KEYMAP_COUNT; i++)
        ck_assert_msg(stands_with_its_context(n, keys, &KEYMAP[i]), "%s lacks the key %s (%s)",
                      n->file, KEYMAP[i].name, KEYMAP[i].help);
    ck_assert_msg(count_of(keys, n->begin) == KEYMAP_COUNT, "%s has %zu keys, not %zu", n->file,
                  count_of(keys, n->begin), KEYMAP_COUNT);
    free(keys);
}

START_TEST(every_key_is_in_readme_as_in_the_table_and_no_other)
{
    char *text = test_file_read(SOURCE_DIR "/README.md");
    assert_keys(&readme, text);
    free(text);
}
END_TEST

START_TEST(every_key_is_in_the_manual_as_in_the_table_and_no_other)
{
    char *text = read_manual("sortie.1");
    assert_keys(&manual, text);
    free(text);
}
END_TEST

struct words {
    char word[WORDS_MAX][WORD_SIZE];
    size_t count;
};

static bool has_word(const struct words *w, const char *word)
{
    for (size_t i = 0; i < w->count; i++)
        if (strcmp(w->word[i], word) == 0)
            return true;
    return false;
}

/* Adds what follows each `mark` and is made of `letters`. */
static void add_words(struct words *w, const char *text, const char *mark, const char *letters)
{
    char word[WORD_SIZE];
    for (const char *at = strstr(text, mark); at != NULL; at = strstr(at, mark)) {
        bool inside =
            *mark == '-' && at > text && (isalnum((unsigned char)at[-1]) || at[-1] == '-');
        at += strlen(mark);
        int length = (int)strspn(at, letters);
        if (inside || length == 0 || *at == '-' || length >= WORD_SIZE)
            continue;
        text_format(word, sizeof word, "%.*s", length, at);
        ck_assert_uint_lt(w->count, WORDS_MAX);
        if (!has_word(w, word))
            text_copy(w->word[w->count++], WORD_SIZE, word);
    }
}

static void add_options(struct words *w, const char *text)
{
    add_words(w, text, "--", "abcdefghijklmnopqrstuvwxyz-");
}

static void add_help(struct words *w, const char *program, const char *subcommand)
{
    char command[600], text[HELP_SIZE];
    text_format(command, sizeof command, "'" BUILD_DIR "/%s' %s --help", program, subcommand);
    FILE *output = popen(command, "r");
    ck_assert_ptr_nonnull(output);
    size_t length = fread(text, 1, sizeof text - 1, output);
    text[length] = '\0';
    ck_assert_int_eq(pclose(output), 0);
    ck_assert_uint_lt(length, sizeof text - 1);
    add_options(w, text);
    ck_assert_msg(has_word(w, "help"), "%s --help says nothing of itself", program);
}

static void assert_within(const struct words *a, const char *a_name, const struct words *b,
                          const char *b_name)
{
    for (size_t i = 0; i < a->count; i++)
        ck_assert_msg(has_word(b, a->word[i]), "%s has \"%s\", %s has not", a_name, a->word[i],
                      b_name);
}

static void assert_options(const char *program, const char *page)
{
    struct words help = {.count = 0}, described = {.count = 0}, synopsis = {.count = 0};
    char *text = read_manual(page);
    char *part = cut_out(text, "\n.Sh SYNOPSIS\n", "\n.Sh ");
    ck_assert_ptr_nonnull(part);
    add_help(&help, program, "");
    if (strcmp(program, "sortie") == 0)
        add_help(&help, program, "positions");
    add_options(&synopsis, part);
    add_words(&described, text, "\n.It --", "abcdefghijklmnopqrstuvwxyz-");
    assert_within(&help, "--help", &described, page);
    assert_within(&described, page, &help, "--help");
    assert_within(&described, page, &synopsis, "its synopsis");
    assert_within(&synopsis, "the synopsis", &described, page);
    free(part);
    free(text);
}

START_TEST(options_of_sortie_are_those_of_its_manual)
{
    assert_options("sortie", "sortie.1");
}
END_TEST

START_TEST(options_of_the_server_are_those_of_its_manual)
{
    assert_options("sortie-sim", "sortie-sim.1");
}
END_TEST

START_TEST(readme_names_no_option_or_target_that_is_not_there)
{
    struct words named = {.count = 0}, known = {.count = 0}, targets = {.count = 0};
    char *text = test_file_read(SOURCE_DIR "/README.md");
    char *rules = test_file_read(SOURCE_DIR "/Makefile");
    add_help(&known, "sortie", "");
    add_help(&known, "sortie", "positions");
    add_help(&known, "sortie-sim", "");
    add_options(&named, text);
    assert_within(&named, "README.md", &known, "--help");

    add_words(&targets, text, "`make ", "abcdefghijklmnopqrstuvwxyz-");
    add_words(&targets, text, "\nmake ", "abcdefghijklmnopqrstuvwxyz-");
    ck_assert(has_word(&targets, "demo") && has_word(&targets, "test"));
    for (size_t i = 0; i < targets.count; i++) {
        char rule[WORD_SIZE + 4];
        text_format(rule, sizeof rule, "\n%s:", targets.word[i]);
        ck_assert_msg(strstr(rules, rule) != NULL, "the Makefile cannot make %s", targets.word[i]);
    }
    free(rules);
    free(text);
}
END_TEST

START_TEST(files_that_readme_names_are_there)
{
    static const char *const roots[] = {"src/",    "include/", "tests/", "man/",
                                        "config/", "tools/",   ".ci/"};
    char *text = test_file_read(SOURCE_DIR "/README.md"), path[512];
    size_t checked = 0;
    for (size_t i = 0; i < sizeof roots / sizeof roots[0]; i++) {
        struct words files = {.count = 0};
        char mark[16];
        text_format(mark, sizeof mark, "`%s", roots[i]);
        add_words(&files, text, mark, "abcdefghijklmnopqrstuvwxyz0123456789_-./NAME");
        for (size_t k = 0; k < files.count; k++) {
            if (strstr(files.word[k], "NAME") != NULL)
                continue; /* a file that the reader would make */
            text_format(path, sizeof path, SOURCE_DIR "/%s%s", roots[i], files.word[k]);
            ck_assert_msg(access(path, F_OK) == 0, "README.md names %s%s, which is not there",
                          roots[i], files.word[k]);
            checked++;
        }
    }
    ck_assert_uint_gt(checked, 0);
    free(text);
}
END_TEST

static Suite *suite(void)
{
    Suite *s = suite_create("words");
    TCase *t = tcase_create("words");
    tcase_add_test(t, every_key_is_in_readme_as_in_the_table_and_no_other);
    tcase_add_test(t, every_key_is_in_the_manual_as_in_the_table_and_no_other);
    tcase_add_test(t, options_of_sortie_are_those_of_its_manual);
    tcase_add_test(t, options_of_the_server_are_those_of_its_manual);
    tcase_add_test(t, readme_names_no_option_or_target_that_is_not_there);
    tcase_add_test(t, files_that_readme_names_are_there);
    suite_add_tcase(s, t);
    return s;
}

TEST_MAIN(suite)
